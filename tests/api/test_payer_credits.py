"""Payer credits: every one with its deadline and how far it has come; the lines add up to the ledger."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlmodel import select

from billing.ledger import Account
from billing.roles import Role
from database import access, ledger
from database.tables import Letter
from tests.api.conftest import Book
from tests.builders import a_claim, a_payment, an_835, an_837p
from tests.office import Office

PATH = "/api/v1/payer-credits"
REASON = {"reason": "paid twice"}


@pytest.fixture
def office(book: Book) -> Office:
    found = Office(book.database)
    with book.database.writing() as session:
        book.tokens = access.install_staff(session, practice_id=found.practice_id, prefix="third", at=found.now)
    book.now = found.now
    return found


def overpaid(office: Office, number: int, cents: int) -> str:
    """A visit whose payer has given so much too much."""
    known = set(office.encounter_ids())
    office.take_in(an_837p(a_claim(member_id=f"MEMBER{number}", control_number=f"EXT{number}"), number=number))
    [visit] = set(office.encounter_ids()) - known
    office.go_on(visit)
    office.send_claims()
    icn = f"ICN{number}"
    payment = a_payment(
        office.submission(visit).control_number, adjustments=(("CO", "45", 7000),), payer_claim_number=icn
    )
    office.deliver_835(an_835(payment, trace=f"EFT{number}", number=number))
    office.go_on(visit)
    office.deliver_835(an_835(trace=f"EFT{number}X", number=100 + number, plb=(("CS", icn, -cents),)))
    assert office.complete_office_task("plb_review", "linked", {"control_number": icn}, by=office.worker_id).done
    office.go_on(visit)
    assert office.open_task_types(visit) == ["payer_credit"]
    return visit


async def test_no_credit_is_said(book: Book, office: Office) -> None:
    async with book.signed_in(Role.AUDITOR) as client:
        page = (await client.get("/payer-credits")).text
        lines = (await client.get("/payer-credits/lines.csv")).text
    assert "No payer is owed anything" in page
    assert len(lines.splitlines()) == 1


async def test_each_credit_says_how_far_it_has_come(book: Book, office: Office) -> None:
    found, recouped, proposed, posted, paid = (overpaid(office, one, 1000 * one) for one in range(1, 6))
    day = (office.today + timedelta(days=30)).isoformat()
    office.complete(recouped, "payer_credit", "payer_will_recoup", {"reference": "R1", "follow_up": day})
    for visit in (paid, posted, proposed):
        office.complete(visit, "payer_credit", "refund_payer", REASON)
        office.go_on(visit)
        if visit == paid:
            cheque = {"reference": "cheque 1"}
            assert office.complete_office_task("refund_approval", "paid", cheque, by=office.supervisor_id).done
        if visit == posted:
            with book.database.writing() as session:
                letter = session.exec(select(Letter).where(Letter.encounter_id == visit)).one()
                letter.sent_at = office.now
                session.add(letter)
    office.let_pass(days=61)
    book.now = office.now
    async with book.signed_in(Role.POSTER) as client:
        shown = (await client.get(PATH)).json()
        page = (await client.get("/payer-credits")).text
        rows = list(csv.DictReader(io.StringIO((await client.get(f"{PATH}/lines.csv")).text)))
    states = {one["encounter_id"]: one["state"] for one in shown["open"]["items"]}
    assert states == {found: "found", recouped: "will_recoup", proposed: "proposed", posted: "letter_sent"}
    assert [one["encounter_id"] for one in shown["paid_back"]] == [paid]
    assert {one["days_left"] for one in shown["open"]["items"]} == {-1}
    first = next(one for one in shown["open"]["items"] if one["encounter_id"] == recouped)
    assert (first["follow_up"], first["task_id"], first["payer_claim_number"]) == (day, None, "ICN2")
    with book.database.reading() as session:
        totals = ledger.account_totals(session, practice_id=office.practice_id)
    owed = sum(Decimal(one["amount"]) for one in rows if one["account"] == Account.PAYER_REFUND_DUE)
    assert owed * 100 == -totals[Account.PAYER_REFUND_DUE] == shown["open"]["ledger_cents"] == 7000
    assert sum(Decimal(one["amount"]) for one in rows if one["account"] == Account.AR_INSURANCE) == 30
    for words in ("1 day over", "The ledger says the same", "looked at again", "paid back"):
        assert words in page


async def test_asking_again_starts_no_clock_anew(book: Book, office: Office) -> None:
    visit = overpaid(office, 1, 2000)
    day = (office.today + timedelta(days=20)).isoformat()
    office.complete(visit, "payer_credit", "payer_will_recoup", {"reference": "R1", "follow_up": day})
    office.go_on(visit)
    began = office.today
    office.let_pass(days=21)
    office.go_on(visit)
    book.now = office.now
    assert "payer_credit" in office.open_task_types(visit)
    async with book.signed_in(Role.POSTER) as client:
        [one] = (await client.get(PATH)).json()["open"]["items"]
    assert (one["identified_on"], one["days_left"], one["state"]) == (began.isoformat(), 39, "found")


async def test_the_nearest_day_comes_first_and_others_see_nothing(book: Book, office: Office) -> None:
    later_found = overpaid(office, 1, 5000)
    office.let_pass(days=3)
    book.now = office.now
    second = overpaid(office, 2, 1000)
    async with book.signed_in(Role.AUDITOR) as client:
        listed = [one["encounter_id"] for one in (await client.get(PATH)).json()["open"]["items"]]
    async with book.connect(token=book.stranger) as client:
        theirs = (await client.get(PATH)).json()
    async with book.connect(Role.INTEGRATION) as client:
        refused = await client.get(PATH)
    assert listed == [later_found, second]
    assert (theirs["open"]["items"], theirs["open"]["ledger_cents"]) == ([], 0)
    assert refused.status_code == 403
