"""Estimates: worked out from prices, contract and benefits that the office has, kept as they were, and shown."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import col, select

from billing.charges import Price
from billing.claim import Name, Party
from billing.deadlines import after_business_days
from billing.eligibility import Benefit, EligibilityResponse
from billing.money import Cents
from billing.roles import Role
from billing.verification import read_answer
from billing.verification_times import CheckKind
from database import coverage_checks, encounters, messages, office, prices, records
from database.engine import Database
from database.tables import Appointment, Encounter, Task
from tests.api import builders
from tests.api.conftest import Book, open_book
from tests.api.page_forms import faults_of, inputs_of
from tests.databases import empty, kind, postgres

__all__ = ["empty", "kind", "postgres"]

DAY = "2026-03-20"
ASKED = {"day": DAY, "lines": [{"procedure": "99213"}, {"procedure": "87880", "modifiers": ["qw"]}]}
CONTRACT = {"name": "Plain Health 2026", "begins": "2026-01-01", "basis": "charge", "percent": "60", "reason": "page 7"}
ANSWER = (
    Benefit("1", service_types=("30",)),
    Benefit("B", service_types=("98",), amount_cents=Cents(2500)),
    Benefit("C", period="29", amount_cents=Cents(1000)),
    Benefit("A", percent=Decimal("0.2")),
    Benefit("G", period="29", amount_cents=Cents(100000)),
)
ALONE = {"policies": [], "wish": "no_insurance", "wish_reason": "says so"}


@pytest.fixture
def book(empty: Database, tmp_path: Path) -> Book:
    """The same office on either database, with two prices."""
    book = open_book(empty, tmp_path)
    known = [Price("99213", Cents(15000), date(2026, 1, 1)), Price("87880", Cents(3920), date(2026, 1, 1))]
    with book.database.writing() as session:
        prices.save(session, prices.compare(session, known, practice_id=book.practice_id), practice_id=book.practice_id)
    return book


@pytest.fixture
async def supervisor(book: Book) -> AsyncIterator[httpx.AsyncClient]:
    async with book.connect(Role.SUPERVISOR) as client:
        yield client


@pytest.fixture
async def desk(book: Book) -> AsyncIterator[httpx.AsyncClient]:
    async with book.signed_in(Role.FRONT_DESK) as client:
        yield client


@pytest.fixture
def encounter(book: Book) -> Encounter:
    return book.encounter()


def key(number: int) -> dict[str, str]:
    return {"Idempotency-Key": f"estimate-{number:04}"}


def verified(book: Book, encounter: Encounter, *benefits: Benefit, days_ago: int = 1) -> None:
    """The payer told of the patient's benefits."""
    said = EligibilityResponse("1", Party("PR", False, Name("Plain Health")), None, None, benefits=benefits)
    at = book.now - timedelta(days=days_ago)
    with book.database.writing() as session:
        message, _ = messages.store_inbound(
            session, partner_id=book.partner_id, kind="271", body=repr(benefits).encode(), received_at=at
        )
        encounters.keep_benefits(
            session,
            session.get_one(Encounter, encounter.id),
            read_answer(said, service_date=date(2026, 3, 1)),
            response=records.dump(said),
            at=at,
            message_id=message.id,
        )


async def made(client: httpx.AsyncClient, patient: str, number: int = 1, **changes: Any) -> dict[str, Any]:
    url = f"/api/v1/patients/{patient}/estimates"
    answer = await client.post(url, json=ASKED | changes, headers=key(number))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = (await client.get(f"/api/v1/estimates/{answer.json()['estimate_id']}")).json()
    return found


async def kept(client: httpx.AsyncClient, patient: str, body: dict[str, Any]) -> None:
    url = f"/api/v1/patients/{patient}/insurance"
    version = (await client.get(url)).json()["version"]
    answer = await client.put(url, json=body | {"version": version}, headers=key(9000 + version))
    assert answer.status_code == 200, answer.text


async def test_contract_and_benefits_make_the_range_and_what_is_not_known_is_said(
    book: Book, supervisor: httpx.AsyncClient, encounter: Encounter
) -> None:
    patient = encounter.patient_id
    first = await made(supervisor, patient)
    assert (first["low_cents"], first["high_cents"]) == (0, 18920)
    assert "no contract with this payer" in first["lines"][0]["reason"]
    assert "verify the coverage" in first["notes"][0]

    url = f"/api/v1/payers/{encounter.payer_id}/contracts"
    assert (await supervisor.post(url, json=CONTRACT, headers=key(2))).status_code == 201
    verified(book, encounter, *ANSWER)
    second = await made(supervisor, patient, 3)
    assert second["contract"] == "Plain Health 2026"
    assert [one["allowed_cents"] for one in second["lines"]] == [9000, 2352]
    # 99213: copay 25.00, and 20 % of the other 65.00; the deductible of 10.00 falls on the line without copay
    assert [(one["low_cents"], one["high_cents"]) for one in second["lines"]] == [(2500, 3800), (1270, 1270)]
    assert second["lines"][1]["deductible_cents"] == 1000
    assert second["benefits"]["out_of_pocket_remaining_cents"] == 100000

    listed = (await supervisor.get(f"/api/v1/patients/{patient}/estimates")).json()
    assert {one["id"] for one in listed} == {first["id"], second["id"]}
    unchanged = next(one for one in listed if one["id"] == first["id"])
    assert unchanged == first, "what was said stays as it was said"


async def test_the_answer_for_a_booked_visit_counts_too(
    book: Book, supervisor: httpx.AsyncClient, encounter: Encounter
) -> None:
    verified(book, encounter, *ANSWER, days_ago=30)
    body = {"patient_id": encounter.patient_id, "day": DAY, "at_time": "09:30", "provider": "Curie"}
    booked = (await supervisor.post("/api/v1/appointments", json=body, headers=key(7))).json()["appointment_id"]
    said = EligibilityResponse(
        "1", None, None, None, benefits=(ANSWER[0], replace(ANSWER[1], amount_cents=Cents(4000)))
    )
    with book.database.writing() as session:
        row = session.get_one(Appointment, booked)
        policy = coverage_checks.policy_text("60054", builders.MEMBER_ID)
        check = coverage_checks.begin(
            session, row, CheckKind.BOOKING, ordinal=1, policy=policy, payer="Plain Health", at=book.now
        )
        check.outcome, check.ended_at = "active", book.now
        message, _ = messages.store_inbound(
            session, partner_id=book.partner_id, kind="271", body=b"later", received_at=book.now
        )
        verification = read_answer(said, service_date=row.day)
        coverage_checks.keep_answer(session, row, verification, said, at=book.now, message_id=message.id)
    found = await made(supervisor, encounter.patient_id, appointment_id=booked)
    assert found["benefits"]["copay_cents"] == 4000, "the newer one"
    assert found["appointment_id"] == booked


async def test_answers_of_another_year_tell_no_deductible(
    book: Book, supervisor: httpx.AsyncClient, encounter: Encounter
) -> None:
    verified(book, encounter, *ANSWER)
    found = await made(supervisor, encounter.patient_id, day="2027-01-05")
    assert found["benefits"]["deductible_remaining_cents"] is None
    assert found["benefits"]["copay_cents"] == 2500


async def test_a_coverage_that_is_not_active_tells_nothing(
    book: Book, supervisor: httpx.AsyncClient, encounter: Encounter
) -> None:
    verified(book, encounter, *ANSWER, days_ago=5)
    verified(book, encounter, Benefit("6"), days_ago=1)
    assert (await made(supervisor, encounter.patient_id))["benefits"] is None


@pytest.mark.parametrize(
    ("told", "filing", "words"),
    [
        (Benefit("1", service_types=("30",), insurance_type="QM"), "MB", "qualified Medicare beneficiary"),
        (Benefit("1", service_types=("30",)), "MC", "Medicaid pays in full"),
    ],
)
async def test_who_may_not_be_billed_owes_nothing(
    book: Book, supervisor: httpx.AsyncClient, encounter: Encounter, told: Benefit, filing: str, words: str
) -> None:
    verified(book, encounter, told)
    policy = {"payer": {"id": "60054", "name": "Plain Health"}, "member_id": "A1", "filing_indicator": filing}
    await kept(supervisor, encounter.patient_id, {"policies": [policy]})
    found = await made(supervisor, encounter.patient_id)
    assert (found["low_cents"], found["high_cents"]) == (0, 0)
    assert words in found["lines"][0]["reason"]


async def test_many_later_answers_that_are_silent_of_it_do_not_hide_a_qualified_beneficiary(
    book: Book, supervisor: httpx.AsyncClient, encounter: Encounter
) -> None:
    verified(book, encounter, Benefit("1", service_types=("30",), insurance_type="QM"), days_ago=60)
    for days_ago in range(25, 0, -1):
        verified(book, encounter, Benefit("1", service_types=("30",)), days_ago=days_ago)
    policy = {"payer": {"id": "60054", "name": "Plain Health"}, "member_id": "A1", "filing_indicator": "MB"}
    await kept(supervisor, encounter.patient_id, {"policies": [policy]})
    found = await made(supervisor, encounter.patient_id)
    assert (found["low_cents"], found["high_cents"]) == (0, 0)


async def test_who_pays_alone_owes_the_charge_less_the_discount(
    book: Book, supervisor: httpx.AsyncClient, encounter: Encounter
) -> None:
    with book.database.writing() as session:
        office.set_policy(
            session,
            practice_id=book.practice_id,
            name="self_pay_discount_percent",
            value=20,
            effective_from=date(2026, 1, 1),
        )
    await kept(supervisor, encounter.patient_id, ALONE)
    found = await made(supervisor, encounter.patient_id)
    assert found["is_self_pay"]
    assert found["payer"] is None
    assert (found["low_cents"], found["high_cents"]) == (15136, 15136)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"day": "2026-03-01"}, "day"),
        ({"day": "2036-03-20"}, "day"),
        ({"lines": []}, "lines"),
        ({"lines": [{"procedure": "99213"}, {"procedure": "0001U"}]}, "lines.1.procedure"),
        ({"lines": [{"procedure": "99213", "modifiers": ["TOO"]}]}, "lines.0.modifiers"),
        ({"appointment_id": "NOBODYS"}, "appointment_id"),
        ({"diagnoses": ["J06.9", "foo"]}, "diagnoses"),
        ({"place_of_service": "00"}, "place_of_service"),
    ],
)
async def test_what_cannot_be_estimated_is_refused_where_it_is_wrong(
    supervisor: httpx.AsyncClient, encounter: Encounter, body: dict[str, Any], field: str
) -> None:
    url = f"/api/v1/patients/{encounter.patient_id}/estimates"
    answer = await supervisor.post(url, json=ASKED | body, headers=key(1))
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["faults"]] == [field]


async def test_another_practice_sees_nothing(book: Book, supervisor: httpx.AsyncClient, encounter: Encounter) -> None:
    found = await made(supervisor, encounter.patient_id)
    async with book.connect(token=book.stranger) as stranger:
        for url in (f"/api/v1/estimates/{found['id']}", f"/api/v1/patients/{encounter.patient_id}/estimates"):
            assert (await stranger.get(url)).status_code == 404


async def test_the_page_shows_the_estimate_and_a_second_click_makes_no_other(
    desk: httpx.AsyncClient, encounter: Encounter
) -> None:
    url = f"/patients/{encounter.patient_id}/estimates"
    page = (await desk.get(url)).text
    assert "Nothing was estimated" in page
    typed = inputs_of(page) | {"day": DAY, "lines.1.procedure": "99213", "lines.1.modifiers": "25"}
    typed |= {"diagnoses": "j06.9, R05"}
    for _ in range(2):
        assert (await desk.post(url, data=typed)).status_code == 303
    page = (await desk.get(url)).text
    assert page.count('<h2 id="estimate-') == 1
    assert "$0.00 to $150.00" in page
    assert "99213-25" in page
    assert "J06.9, R05" in page


async def test_a_refused_form_keeps_what_was_typed_and_names_the_row(
    desk: httpx.AsyncClient, encounter: Encounter
) -> None:
    url = f"/patients/{encounter.patient_id}/estimates"
    typed = inputs_of((await desk.get(url)).text) | {"day": DAY, "lines.2.procedure": "0001U"}
    answer = await desk.post(url, data=typed)
    assert answer.status_code == 422
    assert list(faults_of(answer.text)) == ["estimate-lines.2.procedure"]
    assert inputs_of(answer.text)["lines.2.procedure"] == "0001U"
    nothing = await desk.post(url, data=typed | {"lines.2.procedure": ""})
    assert list(faults_of(nothing.text)) == ["estimate-lines.0.procedure"]


async def test_who_asks_for_an_estimate_gets_it_in_three_business_days(
    book: Book, desk: httpx.AsyncClient, encounter: Encounter
) -> None:
    page = f"/patients/{encounter.patient_id}/estimates"
    for _ in range(2):
        typed = inputs_of((await desk.get(page)).text) | {"visit_on": DAY}
        assert (await desk.post(f"{page}/requests", data=typed)).status_code == 303
    url = f"/api/v1{page}/requests"
    again = await desk.post(url, json={"visit_on": DAY}, headers=key(1))
    other = await desk.post(url, json={}, headers=key(2))
    past = await desk.post(f"{page}/requests", data=typed | {"visit_on": "2020-01-01"})
    stranger = await desk.post("/api/v1/patients/nobody/estimates/requests", json={}, headers=key(3))
    assert (again.json(), other.status_code, stranger.status_code) == ({"task_id": None}, 201, 404)
    assert (past.status_code, list(faults_of(past.text))) == (422, ["request-visit_on"])
    with book.database.reading() as session:
        query = select(Task).where(Task.type == "good_faith_estimate_due").order_by(col(Task.reason))
        [about_day, about_any] = session.exec(query).all()
        assert f"a visit on {DAY}" in about_day.reason
        assert about_day.due_at == after_business_days(about_day.opened_at, 3)
    shown = await desk.get(f"/tasks/{about_any.id}")
    assert f'<a href="/patients/{encounter.patient_id}">' in shown.text
