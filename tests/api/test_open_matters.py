"""Everything that is open with payers on one page: the most pressing first, one kind alone, and nobody else's."""

from datetime import date

from sqlmodel import select

from billing.information import RequestState
from billing.recovery_notices import NoticeState
from billing.roles import Role
from database.columns import new_id
from database.tables import Appeal, InformationRequest, RecoveryNotice, User
from tests.api.conftest import OPENED, Book


def opened(book: Book) -> str:
    """A visit with one matter of each kind, and one of each that is over."""
    visit = book.encounter()
    about = {"practice_id": book.practice_id, "encounter_id": visit.id, "payer_id": visit.payer_id}
    with book.database.writing() as session:
        who = session.exec(select(User.id).where(User.practice_id == book.practice_id)).first()
        for outcome, day in ((None, date(2026, 4, 2)), ("lost", date(2026, 1, 1))):
            session.add(
                Appeal(
                    id=new_id(),
                    **about,
                    control_number="C1",
                    level=1,
                    name="first",
                    amount_cents=5000,
                    filed_at=OPENED,
                    filed_by=who,
                    file_by=day,
                    outcome=outcome,
                )
            )
        for number, state in enumerate((RequestState.OPEN, RequestState.ANSWERED)):
            session.add(
                InformationRequest(
                    id=new_id(),
                    **about,
                    control_number="C1",
                    source_key=f"s{number}",
                    asked="operative note",
                    codes="CO-252",
                    amount_cents=7000,
                    due_on=date(2026, 2, 1),
                    opened_at=OPENED,
                    state=state,
                    attachment_number=f"R{number}",
                )
            )
        for number, ended in enumerate((NoticeState.OPEN, NoticeState.TAKEN)):
            session.add(
                RecoveryNotice(
                    id=new_id(),
                    **about,
                    amount_cents=9000,
                    reference=f"OP{number}",
                    dated_on=date(2026, 2, 1),
                    dispute_by=date(2026, 3, 20),
                    state=ended,
                    recorded_at=OPENED,
                    recorded_by=who,
                )
            )
    return visit.id


async def test_what_is_open_is_listed_by_its_day_and_what_is_over_is_not(book: Book) -> None:
    visit = opened(book)
    async with book.signed_in(Role.BILLER) as client:
        found = (await client.get("/api/v1/open-matters")).json()
        assert [(one["kind"], one["day"], one["encounter_id"]) for one in found] == [
            ("documents", "2026-02-01", visit),
            ("recovery", "2026-03-20", visit),
            ("appeal", "2026-04-02", visit),
        ]
        only = (await client.get("/api/v1/open-matters", params={"kind": "appeal"})).json()
        assert [one["kind"] for one in only] == ["appeal"]
        page = (await client.get("/disputes")).text
    assert "operative note" in page
    assert "overdue" in page
    assert "$210.00" in page


async def test_nobody_sees_anothers_and_an_empty_page_says_so(book: Book) -> None:
    async with book.signed_in(Role.BILLER) as client:
        assert "Nothing is open with any payer" in (await client.get("/disputes")).text
    opened(book)
    async with book.connect(token=book.stranger) as client:
        assert (await client.get("/api/v1/open-matters")).json() == []
    async with book.signed_in(Role.BILLER) as client:
        assert "operative note" in (await client.get("/disputes?kind=nonsense")).text
