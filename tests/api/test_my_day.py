"""My day: what waits for whom, in the order of money and deadline, and what changed since the last day of work."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from billing import urgency
from billing.ledger import Account, EntryKind
from billing.roles import Role
from billing.tasks import NewTask, TaskType
from database import tasks
from database.tables import AuditEvent, Encounter, Journal, Posting, Task
from tests.api.conftest import Book

PATH = "/api/v1/my-day"


def put(book: Book, visit: str, key: str, *, cents: int, due_in: timedelta) -> str:
    row = book.task(NewTask(TaskType.CODE_REVIEW, key=key, reason=f"missing {key}"), subject_id=visit)
    with book.database.writing() as session:
        task = session.get_one(Task, row.id)
        task.amount_cents, task.due_at = cents, book.now + due_in
    return row.id


@pytest.fixture
def four(book: Book) -> list[str]:
    """In the order in which they should be worked: overdue, dear, soon, and dear but far."""
    visit = book.encounter().id
    return [
        put(book, visit, "overdue", cents=30_000, due_in=-timedelta(hours=1)),
        put(book, visit, "dear", cents=100_000, due_in=timedelta(days=5)),
        put(book, visit, "today", cents=0, due_in=timedelta(hours=1)),
        put(book, visit, "far", cents=20_000, due_in=timedelta(days=40)),
    ]


async def day_of(book: Book, role: Role) -> dict[str, Any]:
    async with book.connect(role) as client:
        answer = await client.get(PATH)
    found: dict[str, Any] = answer.json()
    return found


async def test_the_order_is_money_times_deadline_and_says_why(book: Book, four: list[str]) -> None:
    day = await day_of(book, Role.CODER)

    assert [one["task"]["id"] for one in day["waiting"]] == four
    assert [one["why"] for one in day["waiting"]] == [
        "$300.00, overdue since 2026-03-02",
        "$1,000.00, due 2026-03-07",
        "no money of its own, due today",
        "$200.00, due 2026-04-11",
    ]
    ranks = [urgency.rank(one["task"]["amount_cents"], urgency.Nearness(one["nearness"])) for one in day["waiting"]]
    assert ranks == sorted(ranks, reverse=True)
    assert day["held"] == []
    [queue] = day["queues"]
    shown = {name: queue[name] for name in ("type", "role", "count", "overdue", "held", "amount_cents")}
    expected = {"type": "code_review", "role": "coder", "count": 4, "overdue": 1, "held": 0, "amount_cents": 150_000}
    assert shown == expected


async def test_what_i_take_stands_above_and_is_offered_to_nobody_else(book: Book, four: list[str]) -> None:
    async with book.connect(Role.CODER) as coder:
        await coder.post(f"/api/v1/tasks/{four[1]}/take")
        mine = (await coder.get(PATH)).json()
    theirs = await day_of(book, Role.SUPERVISOR)

    assert [one["task"]["id"] for one in mine["held"]] == [four[1]]
    assert [one["task"]["id"] for one in mine["waiting"]] == [four[0], *four[2:]]
    assert mine["queues"][0]["held"] == 1
    assert theirs["held"] == []
    assert [one["task"]["id"] for one in theirs["waiting"]] == [four[0], *four[2:]]


async def test_other_roles_and_other_practices_see_none_of_it(book: Book, four: list[str]) -> None:
    desk = await day_of(book, Role.FRONT_DESK)
    async with book.connect(token=book.stranger) as stranger:
        strangers = (await stranger.get(PATH)).json()

    assert [(one["waiting"], one["queues"]) for one in (desk, strangers)] == [([], [])] * 2
    assert {one["count"] for one in strangers["changes"]} == {0}
    assert {one["name"]: one["count"] for one in desk["changes"]}["tasks opened"] == len(four)


async def test_what_changed_is_counted_from_the_last_day_of_work(book: Book, four: list[str]) -> None:
    """Monday looks back to Friday; what came before it is not news."""
    with book.database.writing() as session:
        for ordinal, (cents, days) in enumerate([(5_000, 0), (-2_000, 3), (900, 4)]):
            _journal(session, book, ordinal, cents, days)
        visit = session.exec(select(Encounter)).one()
        visit.closed_at = book.now - timedelta(days=3)
        tasks.close_task(session, session.get_one(Task, four[3]), resolution="gone", at=book.now, actor_id=None)
    day = await day_of(book, Role.CODER)

    assert day["since"] == "2026-02-27"
    changes = {one["name"]: (one["count"], one["amount_cents"]) for one in day["changes"]}
    assert changes == {
        "payments from payers": (0, 0),
        "payments from patients": (2, 3_000),
        "visits that came to zero": (1, None),
        "tasks opened": (4, 150_000),
        "tasks finished by people": (0, 0),
        "tasks whose cause went away": (1, 20_000),
    }


def _journal(session: Any, book: Book, ordinal: int, cents: int, days: int) -> None:
    at = book.now - timedelta(days=days)
    row = Journal(
        practice_id=book.practice_id,
        kind=EntryKind.PATIENT_PAYMENT,
        source_key=f"payment:{ordinal}",
        posted_on=at.date(),
        recorded_at=at,
    )
    session.add(row)
    session.flush()
    for account, amount in ((Account.UNDEPOSITED, cents), (Account.PATIENT_UNAPPLIED, -cents)):
        session.add(
            Posting(journal_number=row.number, practice_id=book.practice_id, account=account, amount_cents=amount)
        )


async def test_the_page_is_the_first_one_and_takes_from_there(book: Book, four: list[str]) -> None:
    async with book.signed_in(Role.CODER) as browser:
        before = (await browser.get("/my-day")).text
        taken = await browser.post(f"/tasks/{four[0]}/take", data={"from": "my_day"})
        after = (await browser.get(taken.headers["location"])).text
        queue = (await browser.get("/?work=coder&kind=code_review")).text
        none = (await browser.get("/?work=coder&kind=charge_review")).text

    assert "You hold no task." in before
    assert taken.headers["location"] == "/my-day?note=done"
    assert "You hold no task." not in after
    assert after.count('aria-label="Take: ') == len(four) - 1
    assert all(f"/tasks/{one}" in queue for one in four)
    assert "No open tasks here." in none
    with book.database.reading() as session:
        looks = session.exec(select(AuditEvent.subject_id).where(AuditEvent.action == "view")).all()
    assert looks.count("my_day") == 2


async def test_an_empty_day_says_so_and_an_auditor_takes_nothing(book: Book) -> None:
    async with book.signed_in(Role.AUDITOR) as browser:
        empty = (await browser.get("/my-day")).text
    assert "Nothing waits that nobody holds." in empty
    assert "No open tasks of your roles." in empty
    book.task(NewTask(TaskType.CODE_REVIEW, key="1", reason="missing"), subject_id=book.encounter().id)
    async with book.signed_in(Role.AUDITOR) as browser:
        assert "/take" not in (await browser.get("/my-day")).text
