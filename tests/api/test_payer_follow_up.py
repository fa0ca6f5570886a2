"""The page and the CSV of claims that payers have: what is shown adds up, and odd questions are answered calmly."""

import csv
import io

import pytest

from billing.ledger import Account, Entry, EntryKind, transfer
from billing.money import Cents
from billing.roles import Role
from database import encounters, ledger
from database.tables import Encounter, Submission
from tests.api.conftest import Book


@pytest.fixture
def out(book: Book) -> Encounter:
    """A visit whose payer has 189.20 open, sent twenty days ago."""
    visit = book.encounter()
    with book.database.writing() as session:
        [line, *_] = encounters.lines(session, visit)
        sides = transfer(Account.AR_INSURANCE, Account.REVENUE, Cents(18920), line_id=line.id)
        entry = Entry(EntryKind.CHARGE, "charge", sides)
        ledger.post(session, [entry], practice_id=book.practice_id, at=book.now, encounter_id=visit.id)
        session.add(
            Submission(
                control_number="ZB1",
                practice_id=book.practice_id,
                encounter_id=visit.id,
                payer_id=visit.payer_id,
                partner_id=book.partner_id,
                ordinal=1,
                state="sent",
                claim="{}",
                ready_at=book.now,
                transmitted_at=book.now,
            )
        )
    book.wait(days=20)
    return visit


async def test_the_page_the_answer_and_the_csv_say_the_same(book: Book, out: Encounter) -> None:
    async with book.signed_in(Role.BILLER) as browser:
        page = (await browser.get("/payer-follow-up")).text
        [claim] = (await browser.get("/api/v1/payer-follow-up")).json()["claims"]
        rows = list(csv.DictReader(io.StringIO((await browser.get("/payer-follow-up/claims.csv")).text)))
        old = (await browser.get("/payer-follow-up", params={"days": "31"})).text
        odd = await browser.get("/payer-follow-up", params={"days": "many", "order": "luck", "payer": "nobody"})
    assert (claim["open_cents"], claim["days_out"], claim["encounter_id"]) == (18920, 20, out.id)
    assert f'href="/encounters/{out.id}"' in page
    assert page.count("$189.20") >= 3
    assert [one["open"] for one in rows] == ["189.20", "189.20"]
    assert rows[-1]["payer"] == "total"
    assert "No claim is so." in old
    assert odd.status_code == 200


async def test_another_practice_and_an_empty_office_see_nothing(book: Book, out: Encounter) -> None:
    async with book.connect(token=book.stranger) as client:
        assert (await client.get("/api/v1/payer-follow-up")).json() == {"totals": [], "claims": []}
