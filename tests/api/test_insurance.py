"""How a patient is insured: kept as a whole, in the order of the rules, and what a new visit is filled in with."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import select

from billing.roles import Role
from database.engine import Database
from database.tables import AuditEvent, Encounter, Payer
from tests.api import builders
from tests.api.conftest import Book, open_book
from tests.api.page_forms import faults_of, inputs_of
from tests.databases import empty, kind, postgres

__all__ = ["empty", "kind", "postgres"]

MINE = {"payer": {"id": "NEW01", "name": "NEW HEALTH"}, "member_id": "N1", "filing_indicator": "CI"}
MEDICARE = {
    "payer": {"id": "MCARE", "name": "MEDICARE"},
    "member_id": "1EG4TE5MK72",
    "filing_indicator": "MB",
    "basis": "medicare",
}
WORK = MINE | {"basis": "active_employment"}
CHILD = {"last_name": "Kern", "first_name": "Mia", "birth_date": "2020-01-01", "sex": "F"}


def parents(last: str, born: str, payer: str, **more: Any) -> dict[str, Any]:
    subscriber = {"last_name": last, "first_name": "Pat", "birth_date": born, "sex": "U"}
    insured = {"payer": {"id": payer, "name": payer}, "member_id": f"{payer}1", "relationship": "19"}
    return insured | {"subscriber": subscriber, "basis": "active_employment"} | more


@pytest.fixture
def book(empty: Database, tmp_path: Path) -> Book:
    """The same office on either database."""
    return open_book(empty, tmp_path)


@pytest.fixture
async def desk(book: Book) -> AsyncIterator[httpx.AsyncClient]:
    async with book.signed_in(Role.FRONT_DESK) as client:
        yield client


@pytest.fixture
async def program(book: Book) -> AsyncIterator[httpx.AsyncClient]:
    async with book.connect(Role.BILLER) as client:
        yield client


@pytest.fixture
def encounter(book: Book) -> Encounter:
    return book.encounter()


def key(number: int) -> dict[str, str]:
    return {"Idempotency-Key": f"insured-{number:04}"}


async def registered(program: httpx.AsyncClient, body: dict[str, Any]) -> str:
    answer = await program.post("/api/v1/patients", json=body, headers=key(9000))
    found: str = answer.json()["patient_id"]
    return found


async def kept(program: httpx.AsyncClient, patient: str, *policies: dict[str, Any], **more: Any) -> dict[str, Any]:
    url = f"/api/v1/patients/{patient}/insurance"
    version = (await program.get(url)).json()["version"]
    body = {"version": version, "policies": policies} | more
    answer = await program.put(url, json=body, headers=key(version))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = (await program.get(url)).json()
    return found


def order(view: dict[str, Any]) -> list[str]:
    return [one["policy"]["coverage"]["payer"]["id"] for one in view["today"]["policies"]]


async def test_what_is_held_fills_in_the_next_visit_and_a_second_click_does_nothing(
    book: Book, program: httpx.AsyncClient, desk: httpx.AsyncClient, encounter: Encounter
) -> None:
    url = f"/api/v1/patients/{encounter.patient_id}/insurance"
    before = (await desk.get(f"/visits/new?patient={encounter.patient_id}")).text
    assert inputs_of(before)["coverage.member_id"] == builders.MEMBER_ID
    version = (await program.get(url)).json()["version"]
    body = {"version": version, "policies": [MINE]}
    first = await program.put(url, json=body, headers=key(1))
    again = await program.put(url, json=body, headers=key(1))
    assert first.json() == again.json() == {"patient_id": encounter.patient_id, "version": version + 1}
    same = await program.put(url, json=body | {"version": version + 1}, headers=key(2))
    assert same.json()["version"] == version + 1, "nothing was new"
    visit = inputs_of((await desk.get(f"/visits/new?patient={encounter.patient_id}")).text)
    assert (visit["coverage.member_id"], visit["coverage.payer.id"]) == ("N1", "NEW01")
    assert visit["patient.last_name"], "who they are is filled in too"
    with book.database.reading() as session:
        said = session.exec(select(AuditEvent.reason).where(AuditEvent.action == "update")).all()
    assert [one for one in said if one.startswith("coverage")] == ["coverage: 1 policies"]


async def test_medicare_beside_work_is_asked_about_and_the_answers_turn_the_order(
    program: httpx.AsyncClient, encounter: Encounter
) -> None:
    patient = encounter.patient_id
    found = await kept(program, patient, MEDICARE, WORK)
    assert found["today"]["unknown"] == ["MEDICARE and NEW HEALTH: ask the Medicare secondary payer questions"]
    assert found["asks_medicare"]
    url = f"/api/v1/patients/{patient}/medicare-answers"
    said = {"answered_on": "2026-03-02", "entitlement": "age", "has_employer_plan": True}
    refused = await program.post(url, json=said, headers=key(7))
    assert refused.status_code == 422
    assert [one["field"] for one in refused.json()["faults"]] == ["employer_size"]
    await program.post(url, json=said | {"employer_size": "under_100"}, headers=key(8))
    found = (await program.get(f"/api/v1/patients/{patient}/insurance")).json()
    assert order(found) == ["NEW01", "MCARE"]
    assert found["today"]["policies"][1]["policy"]["coverage"]["insurance_type"] == "12"
    assert found["medicare"]["insurance_type"] == "12"


async def test_parents_apart_a_court_order_and_a_person_who_knows_better(program: httpx.AsyncClient) -> None:
    patient = await registered(program, CHILD)
    mother, father = parents("Kern", "1990-03-09", "MOM"), parents("Birn", "1985-07-30", "DAD")
    assert order(await kept(program, patient, father, mother)) == ["MOM", "DAD"], "birthday rule"
    ordered = await kept(program, patient, father | {"custody": "ordered"}, mother)
    assert order(ordered) == ["DAD", "MOM"]
    assert ordered["today"]["reasons"] == ["DAD first: a court made this parent answer for the child's health care"]
    by_hand = await kept(program, patient, father, mother, order_reason="both payers agreed by telephone on March 1")
    assert order(by_hand) == ["DAD", "MOM"]
    assert by_hand["today"]["reasons"] == ["both payers agreed by telephone on March 1"]
    assert by_hand["is_minor"]


async def test_a_plan_that_ended_yesterday_is_not_billed_today_and_stays_on_the_page(
    program: httpx.AsyncClient, desk: httpx.AsyncClient, encounter: Encounter
) -> None:
    ended = MINE | {"valid_to": "2026-03-01"}
    other = MINE | {"payer": {"id": "OTHER", "name": "OTHER PLAN"}, "member_id": "O1", "valid_from": "2026-03-02"}
    found = await kept(program, encounter.patient_id, ended, other)
    assert order(found) == ["OTHER"]
    assert len(found["held"]) == 2
    assert "2026-03-01" in (await desk.get(f"/patients/{encounter.patient_id}/insurance")).text


async def test_who_wants_no_plan_told_is_offered_self_pay(
    program: httpx.AsyncClient, desk: httpx.AsyncClient, encounter: Encounter
) -> None:
    await kept(program, encounter.patient_id, MINE, wish="do_not_bill", wish_reason="signed on March 1")
    visit = (await desk.get(f"/visits/new?patient={encounter.patient_id}")).text
    assert re.search(r'<option value="yes" selected>self-pay', visit)
    assert inputs_of(visit)["coverage.member_id"] == ""


FAULTS = [
    ({"policies.0.member_id": ""}, "policies.0.member_id", "is needed"),
    ({"policies.0.payer": ""}, "policies.0.payer", "choose a payer, or name a new one below"),
    ({"policies.0.payer.name": "X"}, "policies.0.payer", "a new payer is named below"),
    ({"policies.0.member_id": "M<1*"}, "policies.0.member_id", "cannot be sent"),
    ({"policies.0.relationship": "19"}, "policies.0.payer", "name the subscriber"),
    ({"policies.0.valid_from": "2026-02-31"}, "policies.0.valid_from", ""),
    ({"policies.0.valid_from": "2026-02-02", "policies.0.valid_to": "2026-02-01"}, "policies.0.payer", "last day"),
    ({"wish": "no_insurance"}, "wish_reason", "say who said"),
]


@pytest.mark.parametrize(("changes", "field", "words"), FAULTS)
async def test_a_wrong_policy_says_where_and_keeps_what_was_typed(
    changes: dict[str, str], field: str, words: str, book: Book, desk: httpx.AsyncClient, encounter: Encounter
) -> None:
    with book.database.reading() as session:
        payer = session.exec(select(Payer.id)).first()
    url = f"/patients/{encounter.patient_id}/insurance"
    form = inputs_of((await desk.get(url)).text)
    typed = form | {"policies.0.payer": payer or "", "policies.0.member_id": "M1", "policies.0.relationship": "18"}
    refused = await desk.post(url, data=typed | {"policies.0.group_number": "G77"} | changes)
    assert refused.status_code == 422
    assert field in faults_of(refused.text)
    assert words in refused.text
    assert "G77" in refused.text


async def test_the_page_keeps_policies_guarantor_answers_and_consents(
    book: Book, desk: httpx.AsyncClient, program: httpx.AsyncClient, encounter: Encounter
) -> None:
    with book.database.reading() as session:
        payer = session.exec(select(Payer.id)).first()
    url = f"/patients/{encounter.patient_id}/insurance"
    form = inputs_of((await desk.get(url)).text)
    typed = form | {"policies.0.payer": payer or "", "policies.0.member_id": "M1", "policies.0.relationship": "18"}
    assert (await desk.post(url, data=typed)).status_code == 303
    said = {"guarantor.last_name": "Kern", "guarantor.relationship": "parent", "guarantor.telephone": "614 555 0100"}
    assert (await desk.post(f"{url}/guarantor", data=said | {"key": "k" * 20})).status_code == 303
    wrong = await desk.post(f"{url}/guarantor", data=said | {"guarantor.telephone": "12", "key": "w" * 20})
    assert "guarantor.telephone" in faults_of(wrong.text)
    signed = {"kind": "assignment_of_benefits", "is_given": "true", "signed_on": "2026-03-02", "signed_by": "she"}
    assert (await desk.post(f"{url}/consent", data=signed | {"key": "c" * 20})).status_code == 303
    early = await desk.post(f"{url}/consent", data=signed | {"signed_on": "2026-03-03", "key": "e" * 20})
    assert (early.status_code, "lies in the future" in early.text) == (422, True)
    page = (await desk.get(url)).text
    assert "Kern (parent) answers for what the patient owes" in page
    assert "assignment of benefits: given 2026-03-02 by she" in page
    found = (await program.get(f"/api/v1{url}")).json()
    assert found["guarantor"]["telephone"] == "6145550100"
    assert "assignment_of_benefits" not in found["not_signed"]
    assert (await desk.post(f"{url}/guarantor", data={"do": "remove", "key": "r" * 20})).status_code == 303
    assert (await program.get(f"/api/v1{url}")).json()["guarantor"] is None


async def test_two_people_at_once_and_the_second_is_told(program: httpx.AsyncClient, encounter: Encounter) -> None:
    url = f"/api/v1/patients/{encounter.patient_id}/insurance"
    version = (await program.get(url)).json()["version"]
    bodies = [{"version": version, "policies": [MINE | {"member_id": one}]} for one in ("A1", "B2")]
    answers = await asyncio.gather(
        *(program.put(url, json=body, headers=key(20 + place)) for place, body in enumerate(bodies))
    )
    assert sorted(one.status_code for one in answers) == [200, 409]
    assert len((await program.get(url)).json()["held"]) == 1


async def test_nobody_elses_patient_and_nobody_without_the_right(
    book: Book, program: httpx.AsyncClient, encounter: Encounter
) -> None:
    missing = await program.put(
        "/api/v1/patients/nobody/insurance", json={"version": 0, "policies": []}, headers=key(3)
    )
    assert missing.status_code == 404
    async with book.connect(Role.CODER) as coder:
        url = f"/api/v1/patients/{encounter.patient_id}/insurance"
        assert (await coder.put(url, json={"version": 0}, headers=key(4))).status_code == 403


async def test_a_form_that_somebody_overtook_is_saved_with_the_second_click(
    book: Book, desk: httpx.AsyncClient, program: httpx.AsyncClient, encounter: Encounter
) -> None:
    url = f"/patients/{encounter.patient_id}/insurance"
    with book.database.reading() as session:
        payer = session.exec(select(Payer.id)).first()
    form = inputs_of((await desk.get(url)).text)
    await kept(program, encounter.patient_id, MINE)
    typed = form | {"policies.0.payer": payer or "", "policies.0.member_id": "M9", "policies.0.relationship": "18"}
    stale = await desk.post(url, data=typed | {"key": "s" * 20})
    assert stale.status_code == 409
    again = inputs_of(stale.text)
    assert again["policies.0.member_id"] == "M9"
    assert (await desk.post(url, data=typed | {"version": again["version"], "key": "t" * 20})).status_code == 303


async def test_answers_that_contradict_each_other_are_asked_again(
    desk: httpx.AsyncClient, encounter: Encounter
) -> None:
    url = f"/patients/{encounter.patient_id}/insurance"
    said = {"answered_on": "2026-03-02", "entitlement": "age", "employer_size": "from_100", "key": "m" * 20}
    refused = await desk.post(f"{url}/medicare", data=said | {"is_veterans": "true"})
    assert faults_of(refused.text)["employer_size"] == "is given, and no employer's plan: tick it too, or clear this"
    later = await desk.post(f"{url}/medicare", data=said | {"employer_size": "", "renal_since": "2026-03-03"})
    assert "renal_since" in faults_of(later.text)


async def test_a_guarantor_with_one_name_and_one_yet_to_be_born(desk: httpx.AsyncClient, encounter: Encounter) -> None:
    url = f"/patients/{encounter.patient_id}/insurance"
    said = {"guarantor.last_name": "Kern", "guarantor.relationship": "parent"}
    refused = await desk.post(f"{url}/guarantor", data=said | {"guarantor.birth_date": "2030-01-01", "key": "b" * 20})
    assert faults_of(refused.text)["guarantor.birth_date"] == "lies in the future"
    await desk.post(f"{url}/guarantor", data=said | {"key": "g" * 20})
    page = (await desk.get(url)).text
    assert "Kern (parent)" in page
    assert "None Kern" not in page


async def test_a_visit_without_a_member_id_does_not_hide_what_earlier_ones_named(
    book: Book, desk: httpx.AsyncClient, program: httpx.AsyncClient, encounter: Encounter
) -> None:
    body = builders.visit(external_id="NOID1", patient_id=encounter.patient_id)
    body["coverage"].pop("member_id")
    assert (await program.post("/api/v1/encounters", json=body, headers=key(40))).status_code == 201
    visit = inputs_of((await desk.get(f"/visits/new?patient={encounter.patient_id}")).text)
    assert visit["coverage.member_id"] == builders.MEMBER_ID


async def test_a_new_visit_says_what_is_not_known_of_the_coverage_and_is_opened_all_the_same(
    desk: httpx.AsyncClient, program: httpx.AsyncClient, encounter: Encounter
) -> None:
    patient = encounter.patient_id
    shown = (await program.get(f"/api/v1/patients/{patient}/insurance")).json()
    said = {"version": shown["version"], "policies": [MEDICARE, WORK]}
    kept = await program.put(
        f"/api/v1/patients/{patient}/insurance", json=said, headers={"Idempotency-Key": "held-0001"}
    )
    assert kept.status_code == 200, kept.text
    page = (await desk.get(f"/visits/new?patient={patient}")).text
    link = f'href="/patients/{patient}/insurance" target="_blank"'
    assert "ask the Medicare secondary payer questions" in page
    assert page.count(link) == 1

    answers = {
        "answered_on": "2026-03-02",
        "entitlement": "age",
        "has_employer_plan": True,
        "employer_size": "from_100",
    }
    asked = await program.post(
        f"/api/v1/patients/{patient}/medicare-answers", json=answers, headers={"Idempotency-Key": "asked-0001"}
    )
    assert asked.status_code == 200, asked.text
    page = (await desk.get(f"/visits/new?patient={patient}")).text
    assert link not in page
    later = inputs_of(page) | {"lines.0.service_date": "2026-09-01", "lines.0.procedure": "99213", "do": "add-line"}
    page = (await desk.post(f"/visits/new?patient={patient}", data=later)).text
    assert "were answered on 2026-03-02, and are asked again after 90 days" in page
    alone = (await desk.post(f"/visits/new?patient={patient}", data=later | {"self_pay": "yes"})).text
    assert link not in alone
