"""The board of figures over the API and on its page."""

import pytest
from sqlmodel import select

from billing.roles import Role
from database.tables import AuditEvent, Submission
from tests.api.conftest import Book


@pytest.fixture
def sent(book: Book) -> str:
    """A first claim that left in March."""
    visit = book.encounter()
    with book.database.writing() as session:
        claim = Submission(
            control_number="C1",
            practice_id=book.practice_id,
            encounter_id=visit.id,
            payer_id=visit.payer_id,
            partner_id=book.partner_id,
            ordinal=1,
            state="transmitted",
            claim="{}",
            ready_at=book.now,
            transmitted_at=book.now,
        )
        session.add(claim)
    return visit.id


async def test_page_api_and_csv_say_the_same(book: Book, sent: str) -> None:
    async with book.connect(Role.SUPERVISOR) as client:
        found = (await client.get("/api/v1/figures?month=2026-03")).json()
        table = (await client.get("/api/v1/figures/lines.csv?month=2026-03")).text
        usual = (await client.get("/api/v1/figures")).json()
    async with book.signed_in(Role.BILLER) as browser:
        page = (await browser.get("/figures?month=2026-03")).text
        unread = await browser.get("/figures?month=soon")
    [clean] = [one for one in found["figures"] if one["name"] == "clean_claims"]
    assert (clean["numerator"], clean["denominator"], clean["value"]) == (1, 1, "100.0")
    assert "clean_claims,Clean claims,100.0,percent,1,1,1,visits / visits," in table
    assert usual["month"] == "2026-02"
    assert "100.0 %" in page
    assert '<svg class="chart"' in page
    assert "<title id=" in page
    assert unread.status_code == 422
    assert "A month: write the month as YYYY-MM" in unread.text


async def test_a_figure_leads_to_its_visits_and_who_looks_is_written_down(book: Book, sent: str) -> None:
    async with book.connect(Role.SUPERVISOR) as client:
        found = (await client.get("/api/v1/figures/clean_claims?month=2026-03")).json()
        unknown = await client.get("/api/v1/figures/luck?month=2026-03")
    async with book.connect(token=book.stranger) as stranger:
        theirs = (await stranger.get("/api/v1/figures/clean_claims?month=2026-03")).json()
    assert [one["encounter_id"] for one in found["rows"]] == [sent]
    assert unknown.status_code == 404
    assert theirs["rows"] == []
    with book.database.reading() as session:
        seen = session.exec(select(AuditEvent).where(AuditEvent.action == "view")).all()
    assert [(one.subject, one.subject_id) for one in seen] == [("figure", "clean_claims")]
