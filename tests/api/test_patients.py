"""Patients: found by everything a caller can say, shown with every balance, and nobody else's."""

from datetime import date
from typing import Any

import pytest
from sqlmodel import select

from billing.ledger import Account, Entry, EntryKind, transfer
from billing.letters import Letter as Content
from billing.money import Cents
from billing.roles import Role
from billing.sent_visits import SentNumber
from database import ledger, records, sent
from database.columns import new_id
from database.tables import AuditEvent, Encounter, Letter, Patient
from tests.api import builders
from tests.api.conftest import OPENED, Book

HOSTILE = "<script>alert('x')</script>"


def charge(book: Book, encounter: Encounter, *, payer: int, patient: int = 0) -> None:
    """Post that payer and patient owe this much."""
    sides = transfer(Account.AR_INSURANCE, Account.REVENUE, Cents(payer))
    sides += transfer(Account.AR_PATIENT, Account.REVENUE, Cents(patient))
    entry = Entry(EntryKind.CHARGE, f"charge:{encounter.id}", sides)
    with book.database.writing() as session:
        ledger.post(session, [entry], practice_id=book.practice_id, at=book.now, encounter_id=encounter.id)


@pytest.fixture
def encounter(book: Book) -> Encounter:
    return book.encounter()


async def sought(book: Book, q: str, role: Role = Role.FRONT_DESK) -> list[dict[str, Any]]:
    async with book.connect(role) as client:
        return (await client.get("/api/v1/patients", params={"q": q})).json()["items"]


@pytest.mark.parametrize(
    "q",
    [
        "zwieb",
        "ZWIEBELTURM",
        "Zwiebelturm, o",
        "1970-05-01",
        "5/1/1970",
        builders.MEMBER_ID,
        builders.MEMBER_ID.lower(),
        f" {builders.MEMBER_ID[:5]} {builders.MEMBER_ID[5:]} ",
        "VISIT-1",
        "visit-1",
    ],
)
async def test_a_patient_is_found_by_whatever_is_known(q: str, book: Book, encounter: Encounter) -> None:
    charge(book, encounter, payer=10000, patient=2500)
    [row] = await sought(book, q)

    assert row["name"] == "Zwiebelturm, Ottilie"
    assert (row["birth_date"], row["last_visit"]) == ("1970-05-01", "2026-03-01")
    assert (row["visits"], row["open_cents"]) == (1, 12500)


@pytest.mark.parametrize("q", ["", " ", ",", "turm", "Zwiebelturm, x", "1970-05-02", "QX9988", "VISIT", "%", "_wiebel"])
async def test_what_fits_nobody_finds_nobody(q: str, book: Book, encounter: Encounter) -> None:
    assert await sought(book, q) == []


async def test_a_long_list_says_that_there_is_more(book: Book) -> None:
    for number in range(51):
        book.encounter(builders.claim(patient={"last_name": f"Zwiebel{number:02d}"}))
    async with book.signed_in(Role.FRONT_DESK) as browser:
        page = (await browser.get("/patients?q=zwiebel")).text

    assert "The first 50; there are more" in page
    assert "Zwiebel49" in page
    assert "Zwiebel50" not in page


async def test_a_patient_has_every_visit_with_who_owes_what(book: Book, encounter: Encounter) -> None:
    charge(book, encounter, payer=10000, patient=2500)
    lines = [{"procedure": "99214", "service_date": "2026-02-01", "charge": "80.00"}]
    older = book.encounter(builders.claim(external_id="VISIT-0", lines=lines))
    coverage = {"payer": {"id": "70001", "name": "New Health"}, "member_id": "NEW1"}
    elsewhere = book.encounter(builders.claim(external_id="VISIT-9", coverage=coverage))
    async with book.connect(Role.AUDITOR) as client:
        seen = (await client.get(f"/api/v1/patients/{encounter.patient_id}")).json()

    assert [one["id"] for one in seen["visits"]] == [encounter.id, older.id]
    assert (seen["payer_owed_cents"], seen["patient_owed_cents"], seen["charge_cents"]) == (10000, 2500, 26920)
    assert (seen["coverage"]["payer"], seen["coverage"]["member_id"]) == ("Plain Health", builders.MEMBER_ID)
    assert [one["id"] for one in seen["other_coverages"]] == [elsewhere.patient_id]


async def test_the_page_leads_to_visits_letters_and_a_new_visit(book: Book, encounter: Encounter) -> None:
    content = Content("Appeal", date(2026, 3, 2), ("Clinic",), ("Plain Health",), (), ("x",))
    letter = Letter(
        id=new_id(),
        practice_id=book.practice_id,
        encounter_id=encounter.id,
        kind="appeal",
        content=records.dump(content),
        written_at=OPENED,
        written_by=new_id(),
    )
    with book.database.writing() as session:
        session.add(letter)
    async with book.signed_in(Role.FRONT_DESK) as desk, book.signed_in(Role.CODER) as coder:
        listed = (await desk.get("/patients?q=zwie")).text
        page = (await desk.get(f"/patients/{encounter.patient_id}")).text
        of_coder = (await coder.get(f"/patients/{encounter.patient_id}")).text

    assert f'href="/patients/{encounter.patient_id}"' in listed
    assert f'href="/encounters/{encounter.id}"' in page
    assert f'href="/letters/{letter.id}"' in page
    assert f'href="/visits/new?patient={encounter.patient_id}"' in page
    assert "/visits/new" not in of_coder


async def test_nothing_found_and_nothing_asked_say_so(book: Book) -> None:
    async with book.signed_in(Role.FRONT_DESK) as browser:
        asked = (await browser.get("/patients", params={"q": HOSTILE})).text
        empty = (await browser.get("/patients")).text

    assert "Nobody was found." in asked
    assert HOSTILE not in asked
    assert "Type the beginning of a name" in empty


async def test_another_practice_finds_nobody(book: Book, encounter: Encounter) -> None:
    async with book.connect(token=book.stranger) as client:
        for q in ("zwieb", "1970-05-01", builders.MEMBER_ID, "VISIT-1"):
            assert (await client.get("/api/v1/patients", params={"q": q})).json()["items"] == []
        assert (await client.get(f"/api/v1/patients/{encounter.patient_id}")).status_code == 404
        assert (await client.get(f"/patients/{encounter.patient_id}")).status_code == 404


async def test_who_looked_at_whom_is_written_down(book: Book, encounter: Encounter) -> None:
    await sought(book, "zwieb")
    async with book.connect(Role.CODER) as client:
        await client.get(f"/api/v1/patients/{encounter.patient_id}")
    with book.database.reading() as session:
        seen = [(one.action, one.subject, one.subject_id) for one in session.exec(select(AuditEvent))]

    assert seen == [("view", "patients", "search"), ("view", "patient", encounter.patient_id)]


async def test_a_program_that_only_sends_visits_sees_no_patients(book: Book, encounter: Encounter) -> None:
    async with book.connect(Role.INTEGRATION) as program:
        assert (await program.get("/api/v1/patients?q=z")).status_code == 403
        assert (await program.get(f"/patients/{encounter.patient_id}")).status_code == 403


async def test_what_other_systems_call_the_patient_stands_on_the_page(book: Book, encounter: Encounter) -> None:
    url = f"/patients/{encounter.patient_id}"
    async with book.signed_in(Role.FRONT_DESK) as client:
        assert "Numbers elsewhere" not in (await client.get(url)).text
        with book.database.writing() as session:
            row = session.get_one(Patient, encounter.patient_id)
            numbers = [SentNumber("North clinic", "M7"), SentNumber("previous office system", "P0001")]
            sent.number_patient(session, row, numbers, were_free=True)
        page = (await client.get(url)).text
        told = (await client.get(f"/api/v1{url}")).json()["numbers"]
    assert 'M7 <span class="quiet">(North clinic)</span>, P0001' in page
    assert told == [
        {"system": "North clinic", "number": "M7"},
        {"system": "previous office system", "number": "P0001"},
    ]
