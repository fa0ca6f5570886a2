"""The first page: whose work it is, whom it is about, and every visit found, the newest first, page by page."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from billing.claim import Claim, Name
from billing.roles import Role
from billing.stages import Stage
from billing.tasks import NewTask, TaskType
from database import access, encounters, tasks, views, worklists
from database.tables import Encounter, Submission
from database.worklists import NotACursor
from tests.api import builders
from tests.api.conftest import Book


def visit(book: Book, number: str, last: str = "Curie", first: str | None = "Marie") -> Encounter:
    claim: Claim = builders.claim(external_id=number)
    claim = replace(claim, patient=replace(claim.patient, name=Name(last, first)))
    with book.database.writing() as session:
        made, _ = encounters.create(
            session,
            claim,
            practice_id=book.practice_id,
            partner_id=book.partner_id,
            external_id=number,
            at=book.now,
        )
    return made


def listed(page: str) -> list[str]:
    """Numbers of the visits on the page, in its order."""
    return re.findall(r'<th scope="row"><a href="/encounters/\w+">([\w-]+)</a></th>', page)


async def test_a_task_names_patient_and_day_and_leads_to_the_visit(book: Book) -> None:
    encounter = visit(book, "V-1")
    book.task(NewTask(TaskType.CODE_REVIEW, key="1", reason="missing"), subject_id=encounter.id)
    book.task(NewTask(TaskType.ERA_UNBALANCED, key="1", reason="off"), subject="remittance", subject_id="r")
    async with book.signed_in(Role.SUPERVISOR) as browser:
        page = (await browser.get("/")).text
        items = (await browser.get("/api/v1/tasks")).json()["items"]

    row = f'<td><a href="/encounters/{encounter.id}">Curie, Marie</a></td>\n<td class="day">2026-03-01</td>'
    assert row in page
    assert {(one["patient"], one["service_date"]) for one in items} == {("Curie, Marie", "2026-03-01"), (None, None)}


async def test_it_begins_with_ones_own_work(book: Book) -> None:
    encounter = visit(book, "V-1")
    book.task(NewTask(TaskType.CODE_REVIEW, key="1", reason="of the coder"), subject_id=encounter.id)
    book.task(NewTask(TaskType.CLAIM_EDIT_FAILED, key="1", reason="of the biller"), subject_id=encounter.id)
    async with book.signed_in(Role.CODER) as browser:
        mine, everybodys, billers = [
            (await browser.get(path)).text for path in ("/", "/?work=all", "/?work=edi_analyst")
        ]
        api = (await browser.get("/api/v1/tasks?mine=true")).json()["items"]
        neither = (await browser.get("/api/v1/tasks?mine=true&role=biller")).json()["items"]
    async with book.signed_in(Role.SUPERVISOR) as browser:
        leads = (await browser.get("/")).text

    assert ("of the coder" in mine, "of the biller" in mine) == (True, False)
    assert ("of the coder" in everybodys, "of the biller" in everybodys) == (True, True)
    assert "of the coder" not in billers
    assert [one["reason"] for one in api] == ["of the coder"]
    assert neither == []
    assert ("of the coder" in leads, "of the biller" in leads) == (True, True)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("curie", ["V-3", "V-2", "V-1"]),
        ("marie", ["V-1"]),
        ("Curie, Mar", ["V-1"]),
        ("marie cur", ["V-1"]),
        ("curie marie", ["V-1"]),
        ("van der Berg", ["V-4"]),
        ("jan van der", ["V-4"]),
        ("marie berg", []),
        ("v-2", ["V-2"]),
        ("zfound0000000001", ["V-3"]),
        ("%", []),
        (" , ", ["V-4", "V-3", "V-2", "V-1"]),
    ],
)
async def test_visits_are_found_by_name_in_any_order_or_by_number(text: str, numbers: list[str], book: Book) -> None:
    made = {}
    for number, last, first in (
        ("V-1", "Curie", "Marie"),
        ("V-2", "Curie", "Pierre"),
        ("V-3", "Curie", None),
        ("V-4", "van der Berg", "Jan"),
    ):
        made[number] = visit(book, number, last, first)
        book.wait(minutes=1)
    with book.database.writing() as session:
        session.add(
            Submission(
                control_number="ZFOUND0000000001",
                practice_id=book.practice_id,
                encounter_id=made["V-3"].id,
                payer_id=made["V-3"].payer_id,
                partner_id=book.partner_id,
                ordinal=1,
                state="transmitted",
                claim="{}",
                ready_at=book.now,
            )
        )
    async with book.signed_in(Role.BILLER) as browser:
        page = (await browser.get("/", params={"q": text})).text

    assert listed(page) == numbers


async def test_the_newest_come_first_and_no_page_repeats_or_skips(book: Book) -> None:
    opened = []
    for number in range(7):
        opened.append(visit(book, f"V-{number}").id)
        book.wait(minutes=number % 2)  # some at the very same instant
    seen: list[str] = []
    before: str | None = None
    with book.database.reading() as session:
        while True:
            page = views.newest_encounters(
                session, practice_id=book.practice_id, stage=Stage.REGISTRATION, text="curie", before=before, limit=2
            )
            seen += [one.id for one in page.items]
            before = page.next_after
            if before is None:
                break
        with pytest.raises(NotACursor):
            views.newest_encounters(
                session, practice_id=book.practice_id, stage=None, text="", before="nowhere", limit=2
            )
        times = {one: encounters.find(session, practice_id=book.practice_id, encounter_id=one) for one in seen}

    assert sorted(seen) == sorted(opened)
    assert seen == sorted(seen, key=lambda one: (times[one].created_at, one), reverse=True)  # type: ignore[union-attr]


async def test_a_patient_is_found_by_the_first_name_too(book: Book) -> None:
    visit(book, "V-1")
    async with book.connect(Role.FRONT_DESK) as client:
        found = [(await client.get("/api/v1/patients", params={"q": q})).json()["items"] for q in ("marie", "Marie Cu")]

    assert [[one["name"] for one in items] for items in found] == [["Curie, Marie"]] * 2
    assert found[0][0]["last_visit"] == str(date(2026, 3, 1))


async def test_an_ended_task_says_who_ended_it_and_what_they_typed(book: Book) -> None:
    encounter = visit(book, "V-1")
    task = book.task(NewTask(TaskType.CLAIM_EDIT_FAILED, key="1", reason="E1"), subject_id=encounter.id)
    lapsed = book.task(NewTask(TaskType.CODE_REVIEW, key="1", reason="gone"), subject_id=encounter.id)
    with book.database.writing() as session:
        lead = access.person_of_token(session, book.tokens[Role.SUPERVISOR], at=book.now)
        assert lead is not None
        for at, reason in ((book.now, "known <quirk>"), (book.now + timedelta(hours=1), "too late")):
            worklists.save_form(
                session,
                practice_id=book.practice_id,
                task_id=task.id,
                actor_id=lead.user_id,
                resolution="overridden",
                values={"reason": reason},
                at=at,
            )
        for one, way, actor in ((task, "overridden", lead.user_id), (lapsed, "recoded", None)):
            row = tasks.task(session, practice_id=book.practice_id, task_id=one.id)
            assert row is not None
            tasks.close_task(session, row, resolution=way, at=book.now, actor_id=actor)
    async with book.signed_in(Role.BILLER) as browser:
        page = (await browser.get(f"/encounters/{encounter.id}")).text

    assert "Ended 2026-03-02 04:00 EST by Supervisor: overridden" in page
    assert "known &lt;quirk&gt;</li>" in page
    assert "too late" not in page
    assert "Ended 2026-03-02 04:00 EST by itself: recoded" in page
