"""Who pays alone is given a good-faith estimate on paper, in the law's time."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from activities.coming_visit import ComingVisitActivities
from activities.messages import ComingVisitStep
from billing.charges import Price
from billing.money import Cents
from billing.roles import Role
from database import encounters, good_faith, prices, worklists
from database.appointments import Coming
from database.engine import Database
from database.tables import Appointment, BalanceItem, Patient, Task
from tests.api import builders
from tests.api.conftest import Book, open_book
from tests.api.page_forms import faults_of
from tests.databases import empty, kind, postgres

__all__ = ["empty", "kind", "postgres"]

PATIENT = {
    "last_name": "Zwiebelturm",
    "first_name": "Ottilie",
    "birth_date": "1970-05-01",
    "sex": "F",
    "address": {"street": "1 Main St", "city": "Springfield", "state": "IL", "postal_code": "62701"},
}
BILLING = {
    "npi": "1993999998",
    "name": "Family Practice",
    "tax_id": "12-3456780",
    "street": "2 Main St",
    "city": "Springfield",
    "state": "IL",
    "postal_code": "62701-0001",
}
MINE = {"payer": {"id": "60054", "name": "Plain Health"}, "member_id": "A1"}


def key(number: int) -> dict[str, str]:
    return {"Idempotency-Key": f"good-faith-{number:04}"}


@pytest.fixture
def book(empty: Database, tmp_path: Path) -> Book:
    """The same office on either database, with a price."""
    book = open_book(empty, tmp_path)
    known = [Price("99213", Cents(15000), date(2026, 1, 1), description="Office visit")]
    with book.database.writing() as session:
        prices.save(session, prices.compare(session, known, practice_id=book.practice_id), practice_id=book.practice_id)
    return book


@pytest.fixture
async def client(book: Book) -> AsyncIterator[httpx.AsyncClient]:
    async with book.connect(Role.SUPERVISOR) as client:
        yield client


@pytest.fixture
async def desk(book: Book) -> AsyncIterator[httpx.AsyncClient]:
    async with book.signed_in(Role.FRONT_DESK) as client:
        yield client


@pytest.fixture
async def patient(client: httpx.AsyncClient) -> str:
    """Registered, without insurance."""
    found: str = (await client.post("/api/v1/patients", json=PATIENT, headers=key(1))).json()["patient_id"]
    return found


async def booked(client: httpx.AsyncClient, book: Book, patient: str, *, days: int, number: int = 10) -> str:
    day = str(book.now.date() + timedelta(days=days))
    body = {"patient_id": patient, "day": day, "at_time": "09:30", "provider": "Curie"}
    answer = await client.post("/api/v1/appointments", json=body, headers=key(number))
    found: str = answer.json()["appointment_id"]
    look(book, found)
    return found


def look(book: Book, appointment: str) -> None:
    """What the coming visit's workflow does when it is woken."""
    step = ComingVisitStep(practice_id=book.practice_id, appointment_id=appointment, at=book.now)
    ComingVisitActivities(book.database).look_ahead(step)


def asked(book: Book, appointment: str) -> list[Task]:
    with book.database.reading() as session:
        found = good_faith.asked_for(session, appointment)
        session.expunge_all()
        return found


async def insured(client: httpx.AsyncClient, patient: str, *policies: dict[str, Any], **more: Any) -> None:
    url = f"/api/v1/patients/{patient}/insurance"
    version = (await client.get(url)).json()["version"]
    answer = await client.put(url, json={"version": version, "policies": policies} | more, headers=key(50 + version))
    assert answer.status_code == 200, answer.text


async def estimated(client: httpx.AsyncClient, book: Book, patient: str, *, days: int, number: int = 20) -> str:
    day = str(book.now.date() + timedelta(days=days))
    body = {"day": day, "lines": [{"procedure": "99213"}], "diagnoses": ["J06.9"]}
    answer = await client.post(f"/api/v1/patients/{patient}/estimates", json=body, headers=key(number))
    found: str = answer.json()["estimate_id"]
    return found


async def billed_under(client: httpx.AsyncClient) -> None:
    answer = await client.put("/api/v1/practice/billing-entities", json=BILLING, headers=key(40))
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(("days", "business_days"), [(1, None), (3, 1), (11, 1), (14, 3)])
async def test_the_estimate_is_asked_for_in_its_time(
    book: Book, client: httpx.AsyncClient, patient: str, days: int, business_days: int | None
) -> None:
    """It is Monday, 2 March 2026."""
    appointment = await booked(client, book, patient, days=days)
    look(book, appointment)
    found = asked(book, appointment)
    assert [one.due_at for one in found] == (
        [] if business_days is None else [book.now + timedelta(days=business_days)]
    )


async def test_given_on_paper_it_is_not_asked_for_any_more(
    book: Book, client: httpx.AsyncClient, desk: httpx.AsyncClient, patient: str
) -> None:
    appointment = await booked(client, book, patient, days=14)
    [task] = asked(book, appointment)
    with book.database.reading() as session:
        row = worklists.task(session, practice_id=book.practice_id, task_id=task.id)
    assert row is not None
    assert (row.patient, row.role) == ("Zwiebelturm, Ottilie", Role.FRONT_DESK)
    page = (await desk.get(f"/tasks/{task.id}")).text
    assert f"/patients/{patient}/estimates?appointment={appointment}" in page

    estimate = await estimated(client, book, patient, days=14)
    url = f"/api/v1/estimates/{estimate}/letter"
    refused = await client.post(url, json={}, headers=key(21))
    assert (refused.status_code, refused.json()["title"]) == (409, "Nobody is set up to bill under")
    await billed_under(client)
    written = [(await client.post(url, json={}, headers=key(number))).json() for number in (22, 23)]
    assert written[0] == written[1], "one letter, however often"
    letter = written[0]["letter_id"]
    content = (await client.get(f"/api/v1/letters/{letter}")).json()
    assert content["items"] == ["Office visit, code 99213: $150.00"]
    assert (await client.get(f"/api/v1/letters/{letter}/letter.pdf")).content.startswith(b"%PDF")
    assert [one.state for one in asked(book, appointment)] == ["open"], "written is not given"

    assert (await client.post(f"/api/v1/letters/{letter}/sent")).status_code == 204
    assert [(one.state, one.resolution) for one in asked(book, appointment)] == [("done", "estimate_sent")]
    look(book, appointment)
    assert len(asked(book, appointment)) == 1
    shown = (await client.get(f"/api/v1/estimates/{estimate}")).json()
    assert shown["letter"]["sent_at"] is not None


async def test_who_turns_out_to_be_insured_or_does_not_come_is_not_asked_about(
    book: Book, client: httpx.AsyncClient, patient: str
) -> None:
    appointment = await booked(client, book, patient, days=14)
    await insured(client, patient, MINE)
    look(book, appointment)
    assert [(one.state, one.resolution) for one in asked(book, appointment)] == [("done", "no_longer_due")]
    await insured(client, patient, MINE, wish="do_not_bill", wish_reason="asked us")
    book.wait(minutes=1)
    look(book, appointment)
    assert [one.state for one in asked(book, appointment)] == ["done", "open"], "the wish makes it due"
    with book.database.writing() as session:
        row = session.get_one(Appointment, appointment)
        row.state = Coming.CANCELLED
        session.add(row)
    look(book, appointment)
    assert [one.state for one in asked(book, appointment)] == ["done", "done"]


async def test_another_day_is_another_estimate(book: Book, client: httpx.AsyncClient, patient: str) -> None:
    appointment = await booked(client, book, patient, days=14)
    with book.database.writing() as session:
        row = session.get_one(Appointment, appointment)
        row.day += timedelta(days=7)
        session.add(row)
    book.wait(minutes=1)
    look(book, appointment)
    assert [one.state for one in asked(book, appointment)] == ["done", "open"]


async def test_what_a_person_said_stands(book: Book, client: httpx.AsyncClient, patient: str) -> None:
    appointment = await booked(client, book, patient, days=14)
    [task] = asked(book, appointment)
    body = {"resolution": "estimate_sent", "values": {"reason": "read out on the telephone, then mailed"}}
    answer = await client.post(f"/api/v1/tasks/{task.id}/complete", json=body, headers=key(30))
    assert answer.status_code == 200, answer.text
    look(book, appointment)
    assert [one.state for one in asked(book, appointment)] == ["done"]


async def test_the_insured_get_no_such_letter(book: Book, client: httpx.AsyncClient, patient: str) -> None:
    await insured(client, patient, MINE)
    estimate = await estimated(client, book, patient, days=14)
    answer = await client.post(f"/api/v1/estimates/{estimate}/letter", json={}, headers=key(22))
    assert (answer.status_code, answer.json()["title"]) == (409, "The patient is insured for that day")


@pytest.mark.parametrize("body", [{"billing_npi": "1245319599"}, {"location_id": "NOWHERE"}])
async def test_a_giver_of_nowhere_is_refused(
    book: Book, client: httpx.AsyncClient, patient: str, body: dict[str, str]
) -> None:
    await billed_under(client)
    estimate = await estimated(client, book, patient, days=14)
    answer = await client.post(f"/api/v1/estimates/{estimate}/letter", json=body, headers=key(22))
    assert [one["field"] for one in answer.json()["faults"]] == list(body)


async def test_the_page_leads_to_the_letter(
    book: Book, client: httpx.AsyncClient, desk: httpx.AsyncClient, patient: str
) -> None:
    await billed_under(client)
    estimate = await estimated(client, book, patient, days=14)
    url = f"/patients/{patient}/estimates"
    page = (await desk.get(url)).text
    assert "Write the good-faith letter" in page
    answer = await desk.post(f"{url}/{estimate}/letter", data={"key": "a-key-of-the-form", "location_id": ""})
    assert answer.status_code == 303
    letter = (await desk.get(answer.headers["location"])).text
    assert "Good faith estimate" in letter
    assert "Printed and sent" in letter
    page = (await desk.get(url)).text
    assert "Write the good-faith letter" not in page
    assert "waits to be printed" in page


async def given(client: httpx.AsyncClient, book: Book, patient: str) -> str:
    """An estimate that the patient has on paper."""
    await billed_under(client)
    estimate = await estimated(client, book, patient, days=14)
    letter = (await client.post(f"/api/v1/estimates/{estimate}/letter", json={}, headers=key(22))).json()["letter_id"]
    assert (await client.post(f"/api/v1/letters/{letter}/sent")).status_code == 204
    return estimate


def first_statement(book: Book, patient: str, *, days_after: int = 0) -> None:
    """The visit of the estimate's day was billed that day, and so many days have passed."""
    book.wait(days=14)
    with book.database.writing() as session:
        visit, _ = encounters.create(
            session,
            builders.claim(lines=[{"procedure": "99213", "service_date": str(book.now.date()), "charge": "600.00"}]),
            practice_id=book.practice_id,
            partner_id=book.partner_id,
            external_id="VISIT-9",
            at=book.now,
            patient=session.get_one(Patient, patient),
            is_self_pay=True,
        )
        session.add(
            BalanceItem(
                encounter_id=visit.id,
                practice_id=book.practice_id,
                patient_id=patient,
                due_since=book.now,
                statements=1,
                first_statement_at=book.now,
            )
        )
    book.wait(days=days_after)


async def test_a_dispute_is_recorded_once_and_shown(book: Book, client: httpx.AsyncClient, patient: str) -> None:
    estimate = await given(client, book, patient)
    first_statement(book, patient)
    url, today = f"/patients/{patient}/estimates", str(book.now.date())
    typed = {"key": "dispute-of-the-page", "disputed_on": today, "note": "Twice the price", "late_reason": ""}
    async with book.signed_in(Role.FRONT_DESK) as desk:
        assert "The patient disputes the bill" in (await desk.get(url)).text
        empty_note = await desk.post(f"{url}/{estimate}/dispute", data=typed | {"note": ""})
        assert list(faults_of(empty_note.text)) == [f"dispute-{estimate}-note"]
        for _ in range(2):
            assert (await desk.post(f"{url}/{estimate}/dispute", data=typed)).status_code == 303
        page = (await desk.get(url)).text
    assert "Twice the price" in page
    assert "The patient disputes the bill" not in page
    body = {"disputed_on": today, "note": "once more"}
    again = await client.post(f"/api/v1/estimates/{estimate}/dispute", json=body, headers=key(31))
    assert again.status_code == 409
    with book.database.reading() as session:
        [task] = worklists.tasks_of(session, practice_id=book.practice_id, subject_id=estimate)
    assert "Twice the price" in task.reason
    ended = {"resolution": "adjusted", "values": {"reason": "lowered to the estimate"}}
    assert (await client.post(f"/api/v1/tasks/{task.id}/complete", json=ended, headers=key(32))).status_code == 200


@pytest.mark.parametrize(("days_after", "is_late"), [(120, False), (121, True)])
async def test_after_120_days_a_supervisor_says_why(
    book: Book, client: httpx.AsyncClient, patient: str, days_after: int, is_late: bool
) -> None:
    estimate = await given(client, book, patient)
    first_statement(book, patient, days_after=days_after)
    url = f"/api/v1/estimates/{estimate}/dispute"
    body = {"disputed_on": str(book.now.date()), "note": "too much"}
    async with book.connect(Role.ACCOUNT_REP) as clerk:
        answer = await clerk.post(url, json=body, headers=key(33))
        assert answer.status_code == (422 if is_late else 200)
        if not is_late:
            return
        assert [one["field"] for one in answer.json()["faults"]] == ["late_reason"]
        reasoned = body | {"late_reason": "the statement went to an old address"}
        assert (await clerk.post(url, json=reasoned, headers=key(34))).status_code == 403
    assert (await client.post(url, json=reasoned, headers=key(35))).status_code == 200
    shown = (await client.get(f"/api/v1/estimates/{estimate}")).json()
    assert shown["dispute_note"] == "too much (taken late: the statement went to an old address)"


async def test_no_dispute_of_tomorrow_or_of_what_was_never_given(
    book: Book, client: httpx.AsyncClient, patient: str
) -> None:
    estimate = await estimated(client, book, patient, days=14)
    url = f"/api/v1/estimates/{estimate}/dispute"
    today = book.now.date()
    answer = await client.post(url, json={"disputed_on": str(today), "note": "x"}, headers=key(31))
    assert answer.status_code == 409
    assert "was not given" in answer.json()["detail"]
    tomorrow = {"disputed_on": str(today + timedelta(days=1)), "note": "x"}
    assert (await client.post(url, json=tomorrow, headers=key(32))).status_code == 422
