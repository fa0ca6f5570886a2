"""Encounters over REST: opened once, shown to their own practice, paid towards."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlmodel import select

from billing.roles import Role
from billing.stages import FactKind
from database import encounters
from database.tables import AuditEvent, Encounter, Fact, PatientPayment
from tests.api import builders
from tests.api.builders import MEMBER_ID, SURNAME, visit
from tests.api.conftest import Book

KEY = {"Idempotency-Key": "key-00000001"}


def assert_is_problem(response: httpx.Response, status: int, name: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["type"] == f"https://zerobalance.dev/problems/{name}"
    assert body["status"] == status
    assert set(body) == {"type", "title", "status", "detail", "faults"}
    for secret in (SURNAME, MEMBER_ID, "1970", "J06"):
        assert secret not in response.text


async def test_a_visit_becomes_an_encounter_with_the_claim_it_describes(book: Book) -> None:
    async with book.connect(Role.INTEGRATION) as ehr:
        response = await ehr.post("/api/v1/encounters", json=visit(), headers=KEY)

    assert response.status_code == 201
    encounter_id = response.json()["encounter_id"]
    assert response.headers["location"] == f"/api/v1/encounters/{encounter_id}"
    with book.database.reading() as session:
        stored = encounters.find(session, practice_id=book.practice_id, encounter_id=encounter_id)
        assert stored is not None
        claim = encounters.claim_of(stored)
    assert claim == builders.claim()
    assert claim.charge_cents == 18920
    assert claim.lines[1].modifiers == ("QW",)
    assert [(one.code, one.qualifier) for one in claim.diagnoses] == [("J069", "ABK")]
    assert claim.billing_provider.reference("EI") == "123456780"
    assert claim.patient == claim.subscriber


SECOND = {"payer": {"id": "88888", "name": "SECOND"}, "member_id": "S1"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"other_coverages": [SECOND, SECOND]}, "the same policy"),
        ({"other_coverages": [SECOND | {"member_id": None}]}, "member id of every further policy"),
        ({"other_coverages": [SECOND | {"filing_indicator": "MB"}]}, "why Medicare does not pay first"),
        ({"coverage": None, "self_pay": True, "authorization": "A1"}, "no authorization"),
    ],
)
async def test_policies_that_can_not_be_billed_are_refused(changes: dict[str, Any], words: str, book: Book) -> None:
    async with book.connect(Role.INTEGRATION) as ehr:
        response = await ehr.post("/api/v1/encounters", json=visit(**changes), headers=KEY)
    assert response.status_code == 422
    assert words in response.text


async def test_the_same_request_twice_is_one_encounter(book: Book) -> None:
    async with book.connect(Role.INTEGRATION) as ehr:
        together = [ehr.post("/api/v1/encounters", json=visit(), headers=KEY) for _ in range(4)]
        answers = await asyncio.gather(*together)
        again = await ehr.post("/api/v1/encounters", json=visit(), headers=KEY)

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in [*answers, again]}) == 1


async def test_the_same_visit_under_another_key_is_the_same_encounter(book: Book) -> None:
    async with book.connect(Role.INTEGRATION) as ehr:
        first = await ehr.post("/api/v1/encounters", json=visit(), headers=KEY)
        second = await ehr.post("/api/v1/encounters", json=visit(), headers={"Idempotency-Key": "key-00000002"})

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["encounter_id"] == second.json()["encounter_id"]


async def test_a_key_serves_one_body(book: Book) -> None:
    async with book.connect(Role.INTEGRATION) as ehr:
        await ehr.post("/api/v1/encounters", json=visit(), headers=KEY)
        response = await ehr.post("/api/v1/encounters", json=visit(external_id="VISIT-2"), headers=KEY)

    assert_is_problem(response, 422, "key-reused")


@pytest.mark.parametrize(("headers", "words"), [({}, "is needed"), ({"Idempotency-Key": "k1"}, "at least 8")])
async def test_a_key_is_asked_for(headers: dict[str, str], words: str, book: Book) -> None:
    async with book.connect(Role.INTEGRATION) as ehr:
        response = await ehr.post("/api/v1/encounters", json=visit(), headers=headers)

    assert_is_problem(response, 422, "invalid")
    [fault] = response.json()["faults"]
    assert fault["field"] == "header.Idempotency-Key"
    assert words in fault["message"]


async def test_all_faults_are_named_at_once_without_their_values(book: Book) -> None:
    wrong = visit(
        patient={"last_name": SURNAME, "birth_date": f"{SURNAME} 1970", "sex": MEMBER_ID, SURNAME + " x": 1},
        lines=[{"procedure": "99213", "service_date": "J06", "charge": 150.0}, {"procedure": "1 1", "charge": "1.234"}],
    )
    async with book.connect(Role.INTEGRATION) as ehr:
        response = await ehr.post("/api/v1/encounters", json=wrong, headers=KEY)

    assert_is_problem(response, 422, "invalid")
    faults = {fault["field"]: fault["message"] for fault in response.json()["faults"]}
    assert {
        "patient.birth_date",
        "patient.sex",
        "patient.(unknown)",
        "lines.0.service_date",
        "lines.0.charge",
        "lines.1.procedure",
        "lines.1.service_date",
        "lines.1.charge",
    } == set(faults)
    assert faults["lines.1.charge"] == "amount has a fraction of a cent"


async def test_broken_json_is_a_problem(book: Book) -> None:
    async with book.connect(Role.INTEGRATION) as ehr:
        headers = KEY | {"Content-Type": "application/json"}
        response = await ehr.post("/api/v1/encounters", content=f'{{"{SURNAME}'.encode(), headers=headers)

    assert_is_problem(response, 422, "invalid")


async def test_a_billing_provider_of_another_practice_is_refused(book: Book) -> None:
    book.encounter()
    async with book.connect(token=book.stranger) as stranger:
        response = await stranger.post("/api/v1/encounters", json=visit(), headers=KEY)

    assert_is_problem(response, 409, "payee-of-another-practice")


async def test_an_encounter_is_shown_whole_and_the_look_is_kept(book: Book) -> None:
    encounter = book.encounter()
    async with book.connect(Role.BILLER) as biller:
        response = await biller.get(f"/api/v1/encounters/{encounter.id}")

    shown = response.json()
    assert shown["stage"] == "registration"
    assert shown["waiting_on"] == "front desk"
    assert [line["charge_cents"] for line in shown["lines"]] == [15000, 3920]
    assert [event["text"] for event in shown["timeline"]] == ["Encounter opened"]
    with book.database.reading() as session:
        looks = session.exec(select(AuditEvent.subject_id).where(AuditEvent.action == "view")).all()
    assert looks == [encounter.id]


async def test_another_practice_sees_nothing(book: Book) -> None:
    encounter = book.encounter()
    async with book.connect(token=book.stranger) as stranger:
        listed = await stranger.get("/api/v1/encounters")
        shown = await stranger.get(f"/api/v1/encounters/{encounter.id}")
        body = {"amount": "1", "method": "cash", "received_on": "2026-03-02"}
        paid = await stranger.post(f"/api/v1/encounters/{encounter.id}/payments", json=body, headers=KEY)
        ledger = await stranger.get(f"/api/v1/ledger/encounters/{encounter.id}")

    assert listed.json()["items"] == []
    assert_is_problem(shown, 404, "not-found")
    assert_is_problem(paid, 404, "not-found")
    assert_is_problem(ledger, 404, "not-found")


async def test_pages_follow_each_other_without_gap_or_repeat(book: Book) -> None:
    wanted = {book.encounter(builders.claim(external_id=f"VISIT-{number}")).id for number in range(5)}
    found: list[str] = []
    after = ""
    async with book.connect(Role.BILLER) as biller:
        while True:
            page = (await biller.get(f"/api/v1/encounters?limit=2&stage=registration{after}")).json()
            found += [item["id"] for item in page["items"]]
            if page["next_after"] is None:
                break
            after = f"&after={page['next_after']}"

    assert len(found) == 5
    assert set(found) == wanted


async def test_a_payment_is_one_row_and_one_fact_however_often_it_is_sent(book: Book) -> None:
    encounter = book.encounter()
    body = {"amount": "25.50", "method": "card", "received_on": "2026-03-01", "reference": "receipt 12"}
    async with book.connect(Role.FRONT_DESK) as desk:
        first = await desk.post(f"/api/v1/encounters/{encounter.id}/payments", json=body, headers=KEY)
        second = await desk.post(f"/api/v1/encounters/{encounter.id}/payments", json=body, headers=KEY)

    assert (first.status_code, first.text) == (second.status_code, second.text) == (201, first.text)
    with book.database.reading() as session:
        payment = session.exec(select(PatientPayment)).one()
        fact = session.exec(select(Fact)).one()
        assert (payment.amount_cents, payment.method) == (2550, "card")
        assert payment.received_at.date().isoformat() == "2026-03-01"
        assert (fact.kind, fact.subject_id) == (FactKind.PATIENT_PAID, payment.id)
        assert fact.source_key == f"payment:{payment.id}"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": "0"}, "amount"),
        ({"amount": "-5"}, "amount"),
        ({"amount": "1e3"}, "amount"),
        ({"amount": "99999999999999999999.00"}, "amount"),
        ({"amount": "100000.00"}, "amount"),
        ({"received_on": "1900-01-01"}, "received_on"),
        ({"received_on": "2026-03-03"}, "received_on"),
        ({"reference": "4111 1111 1111 1111"}, "reference"),
    ],
)
async def test_a_wrong_payment_is_refused(change: dict[str, str], field: str, book: Book) -> None:
    encounter = book.encounter()
    body = {"amount": "25.50", "method": "cash", "received_on": "2026-03-02"} | change
    async with book.connect(Role.FRONT_DESK) as desk:
        response = await desk.post(f"/api/v1/encounters/{encounter.id}/payments", json=body, headers=KEY)

    assert_is_problem(response, 422, "invalid")
    assert [fault["field"] for fault in response.json()["faults"]] == [field]


@pytest.mark.parametrize(
    ("method", "path", "status", "name"),
    [
        ("GET", "/api/v1/nothing", 404, "not-found"),
        ("DELETE", "/api/v1/encounters", 405, "method-not-allowed"),
        ("GET", f"/api/v1/claims/{SURNAME}", 404, "not-found"),
        ("GET", "/api/v1/remittances/none", 404, "not-found"),
        ("GET", "/api/v1/encounters/none/claims", 404, "not-found"),
        ("GET", "/api/v1/ledger/encounters/none", 404, "not-found"),
        ("GET", "/api/v1/commands/none-yet-00", 404, "not-found"),
        ("GET", "/api/v1/encounters?limit=0", 422, "invalid"),
        ("GET", "/api/v1/tasks?after=nonsense", 422, "invalid"),
        ("GET", "/readyz", 503, "not-ready"),
    ],
)
async def test_every_refusal_is_a_problem(
    method: str, path: str, status: int, name: str, supervisor: httpx.AsyncClient
) -> None:
    assert_is_problem(await supervisor.request(method, path), status, name)


async def test_a_bug_is_a_problem_without_data(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(f"{SURNAME} broke it")

    monkeypatch.setattr("database.views.encounter_page", fail)
    async with book.connect(Role.BILLER, raise_app_exceptions=False) as biller:
        response = await biller.get("/api/v1/encounters")

    assert_is_problem(response, 500, "internal")


@pytest.mark.parametrize("is_declared", [True, False])
async def test_a_body_above_the_limit_is_refused(is_declared: bool, book: Book) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(51):
            yield b" " * 1_000_000

    async with book.connect(Role.INTEGRATION) as ehr:
        headers = KEY | {"Content-Type": "application/json"}
        content = b" " * 50_000_001 if is_declared else pieces()
        response = await ehr.post("/api/v1/encounters", content=content, headers=headers)

    assert_is_problem(response, 413, "too-large")


async def test_metrics_name_routes_and_no_ids(book: Book) -> None:
    encounter = book.encounter()
    async with book.connect(Role.SUPERVISOR) as client:
        await client.get(f"/api/v1/encounters/{encounter.id}")
        text = (await client.get("/metrics")).text
        pending = (await client.get("/api/v1/operations/pending")).json()

    assert 'route="/api/v1/encounters/{encounter_id}",status="200"' in text
    assert "zerobalance_outbox_rows 1.0" in text
    assert encounter.id not in text
    assert pending["outbox_rows"] == 1


async def test_the_description_names_every_route(supervisor: httpx.AsyncClient) -> None:
    described = (await supervisor.get("/api/v1/openapi.json")).json()

    assert "/api/v1/encounters/{encounter_id}/payments" in described["paths"]
    assert described["paths"]["/api/v1/encounters"]["post"]["requestBody"]


async def test_broken_json_is_told_by_its_place(book: Book) -> None:
    async with book.connect(Role.FRONT_DESK) as desk:
        response = await desk.post(
            "/api/v1/encounters", content=b'{"lines": ', headers=KEY | {"Content-Type": "application/json"}
        )

    assert_is_problem(response, 422, "invalid")
    [fault] = response.json()["faults"]
    assert (fault["field"], "at character" in fault["message"]) == ("body", True)


async def test_a_visit_says_that_its_note_is_not_signed(book: Book) -> None:
    async with book.connect(Role.BILLER) as client:
        body = visit(note_signed=False)
        opened = await client.post("/api/v1/encounters", json=body, headers={"Idempotency-Key": "unsigned-0001"})
    assert opened.status_code == 201
    with book.database.reading() as session:
        assert session.get_one(Encounter, opened.json()["encounter_id"]).note_unsigned
