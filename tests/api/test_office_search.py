"""One search for everything that a person may have before them."""

from datetime import date
from typing import Any

import httpx
import pytest
from sqlmodel import Session, select

from billing.roles import Role
from database.columns import new_id
from database.tables import (
    AccountReceipt,
    BankMovement,
    ControlNumberAlias,
    Encounter,
    LockboxBatch,
    LockboxCheque,
    PatientPayment,
    RemittanceClaim,
    RemittanceFile,
    SearchText,
    Submission,
)
from tests.api import builders
from tests.api.conftest import OPENED, Book
from tests.api.test_recovery_notices import paid

DAY = date(2026, 3, 1)


def _patients_money(session: Session, visit: Encounter, message_id: str, whose: dict[str, Any]) -> None:
    session.add(
        PatientPayment(
            **whose,
            id=new_id(),
            encounter_id=visit.id,
            amount_cents=2575,
            method="cheque",
            reference="4711",
            received_on=DAY,
            received_at=OPENED,
            recorded_by=new_id(),
        )
    )
    session.add(
        AccountReceipt(
            **whose,
            id=new_id(),
            patient_id=visit.patient_id,
            amount_cents=5050,
            method="cheque",
            reference="4712",
            received_on=DAY,
            taken_at=OPENED,
            taken_by=new_id(),
        )
    )
    batch = LockboxBatch(
        **whose,
        id=new_id(),
        message_id=message_id,
        lockbox="1",
        number="1",
        deposited_on=DAY,
        amount_cents=5050,
        received_at=OPENED,
    )
    session.add(batch)
    session.flush()
    session.add(
        LockboxCheque(
            **whose,
            id=new_id(),
            batch_id=batch.id,
            content_key="2" * 64,
            amount_cents=5050,
            record="{}",
            state="unplaced",
        )
    )


@pytest.fixture
def visit(book: Book) -> Encounter:
    """A visit with a claim, an answer, and money of every kind."""
    visit = paid(book)
    with book.database.writing() as session:
        file = session.exec(select(RemittanceFile)).one()
        answer = session.exec(select(RemittanceClaim)).one()
        answer.payer_claim_number = "ICN778"
        session.add(answer)
        whose: dict[str, Any] = {"practice_id": book.practice_id}
        session.add(
            Submission(
                **whose,
                control_number="ZB7Q",
                encounter_id=visit.id,
                payer_id=visit.payer_id,
                partner_id=book.partner_id,
                ordinal=1,
                state="adjudicated",
                claim="{}",
                ready_at=OPENED,
                payer_claim_number="ICN778",
            )
        )
        session.flush()
        session.add(ControlNumberAlias(**whose, number="OLD55", control_number="ZB7Q"))
        session.add(
            BankMovement(
                **whose,
                id=new_id(),
                message_id=file.message_id,
                content_key="1" * 64,
                booked_on=DAY,
                amount_cents=10000,
                trace="EFT1",
                record="{}",
                state="open",
                received_at=OPENED,
            )
        )
        _patients_money(session, visit, file.message_id, whose)
    return visit


async def sought(book: Book, q: str, *, token: str | None = None) -> dict[str, int]:
    """How many records of each kind."""
    async with book.connect(None if token else Role.AUDITOR, token=token) as client:
        answer = await client.get("/api/v1/search", params={"q": q})
    assert answer.status_code == 200, answer.text
    return {hits["kind"]: len(hits["items"]) for hits in answer.json()}


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("zwiebel", {"patient": 1}),
        ("Ottilie Zwiebelturm", {"patient": 1}),
        ("5/1/1970", {"patient": 1}),
        (builders.MEMBER_ID.lower(), {"patient": 1}),
        ("QX 9988 7766", {"patient": 1}),
        ("visit-1", {"patient": 1, "visit": 1}),
        ("zb7q", {"patient": 1, "claim": 1}),
        ("old55", {"patient": 1, "visit": 1}),
        ("icn778", {"claim": 1, "remittance": 1}),
        ("eft1", {"remittance": 1, "bank_movement": 1}),
        ("$100", {"remittance": 1, "bank_movement": 1}),
        ("100.00", {"remittance": 1, "bank_movement": 1}),
        ("4711", {"payment": 1}),
        ("25.75", {"payment": 1}),
        ("4712", {"receipt": 1}),
        ("$50.50", {"receipt": 1, "cheque": 1}),
        ("189.20", {"visit": 1}),
        ("100", {}),
        ("$1,5", {}),
        ("z", {}),
        ("", {}),
        ("%", {}),
        ("EFT", {}),
    ],
)
async def test_whatever_is_known_leads_to_its_record(
    q: str, found: dict[str, int], book: Book, visit: Encounter
) -> None:
    assert await sought(book, q) == found
    assert await sought(book, q, token=book.stranger) == {}


async def look(browser: httpx.AsyncClient, q: str, **more: str) -> httpx.Response:
    """What the search box does; the address that follows carries an id."""
    answer = await browser.post("/search", data={"q": q, **more})
    assert answer.status_code == 303
    assert q not in answer.headers["location"]
    return answer


async def test_one_record_is_opened_and_several_are_listed(book: Book, visit: Encounter) -> None:
    async with book.signed_in(Role.BILLER) as browser:
        one = await look(browser, "4711")
        several = await browser.get((await look(browser, "zb7q")).headers["location"])
        none = await browser.get((await look(browser, "nobody-here")).headers["location"])

    assert one.headers["location"] == f"/encounters/{visit.id}"
    assert f'href="/patients/{visit.patient_id}"' in several.text
    assert 'href="/claims/ZB7Q"' in several.text
    assert 'value="zb7q"' in several.text
    assert "Nothing is found for" in none.text


async def test_patients_and_visits_are_looked_for_on_their_own_pages(book: Book, visit: Encounter) -> None:
    async with book.signed_in(Role.BILLER) as browser:
        patients = await browser.get((await look(browser, "zwiebel", on="patients")).headers["location"])
        visits = await browser.get((await look(browser, "zwiebel", on="visits")).headers["location"])
        nothing = await browser.post("/search", data={"q": " ", "on": "visits"})

    assert patients.url.path == "/patients"
    assert f'href="/patients/{visit.patient_id}"' in patients.text
    assert visits.url.path == "/"
    assert 'name="asked"' in visits.text
    assert f'href="/encounters/{visit.id}"' in visits.text
    assert nothing.headers["location"] == "/"


async def test_a_search_is_its_persons_own_and_over_after_a_day(book: Book, visit: Encounter) -> None:
    async with book.signed_in(Role.BILLER) as browser:
        place = (await look(browser, "nobody-here")).headers["location"]
    async with book.signed_in(Role.CODER) as other:
        theirs = await other.get(place)
    book.wait(days=1, seconds=1)
    async with book.signed_in(Role.BILLER) as browser:
        late = await browser.get(place)
        await look(browser, "nobody-else")

    assert theirs.status_code == late.status_code == 404
    assert "This search is over" in late.text
    assert "nobody-here" not in theirs.text
    with book.database.reading() as session:
        assert [row.text for row in session.exec(select(SearchText))] == ["nobody-else"]


async def test_there_are_ten_of_a_kind_and_a_word_of_more(book: Book) -> None:
    for number in range(11):
        book.encounter(builders.claim(patient={"last_name": f"Zwiebel{number:02d}"}))
    async with book.signed_in(Role.BILLER) as browser:
        page = (await browser.get((await look(browser, "zwiebel")).headers["location"])).text

    assert "Zwiebel09" in page
    assert "Zwiebel10" not in page
    assert "There are more" in page
