"""Patients registered without a visit, and changed: every fault at once, nobody undone, nothing sent rewritten."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import select

from activities.statement_papers import write_statement
from billing.dunning import BalanceItem, Notice
from billing.roles import Role
from billing.stages import Stage
from database import encounters
from database.engine import Database
from database.tables import AuditEvent, Encounter, Patient
from tests.api import builders
from tests.api.conftest import OPENED, Book, open_book
from tests.api.page_forms import faults_of, inputs_of
from tests.databases import empty, kind, postgres

__all__ = ["empty", "kind", "postgres"]

HOSTILE = "<script>alert('x')</script>"
TYPED = {
    "key": "0123456789abcdefghjk",
    "patient.last_name": "Apfelbaum",
    "patient.first_name": "Theo",
    "patient.middle_name": "",
    "patient.suffix": "Jr",
    "patient.birth_date": "1988-02-03",
    "patient.sex": "M",
    "patient.address.street": "3 Main St",
    "patient.address.street_2": "",
    "patient.address.city": "Springfield",
    "patient.address.state": "il",
    "patient.address.postal_code": "62701-1234",
    "telephone": "(614) 555-0100",
    "email": "theo@example.com",
}
ADDRESS = {"street": "1 Main St", "city": "Springfield", "state": "IL", "postal_code": "62701"}
MOVED = {"street": "9 North St", "city": "Springfield", "state": "IL", "postal_code": "62702"}
KNOWN = {"last_name": "Zwiebelturm", "first_name": "Ottilie", "birth_date": "1970-05-01", "sex": "F"}
TWIN = {"last_name": "zwiebelturm", "first_name": "Otto", "birth_date": "1970-05-01"}


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
    return {"Idempotency-Key": f"patient-{number:04}"}


def patients_of(book: Book) -> list[Patient]:
    with book.database.reading() as session:
        return list(session.exec(select(Patient).order_by(Patient.last_name, Patient.id)))


def audited(book: Book) -> list[tuple[str, str]]:
    with book.database.reading() as session:
        query = select(AuditEvent.action, AuditEvent.reason)
        of_patients = query.where(AuditEvent.subject == "patient", AuditEvent.action != "view")
        return [tuple(row) for row in session.exec(of_patients.order_by(AuditEvent.id))]  # type: ignore[arg-type, misc]


async def record_of(program: httpx.AsyncClient, patient_id: str) -> dict[str, Any]:
    record: dict[str, Any] = (await program.get(f"/api/v1/patients/{patient_id}")).json()["record"]
    return record


async def test_a_patient_is_registered_without_a_visit_and_found_by_telephone(
    book: Book, desk: httpx.AsyncClient
) -> None:
    blank = await desk.get("/patients/new")
    twice = [await desk.post("/patients/new", data=TYPED) for _ in range(2)]
    [row] = patients_of(book)
    page = (await desk.get(twice[0].headers["location"])).text
    found = (await desk.get("/patients", params={"q": "614.555.0100"})).text
    account = await desk.get(f"/accounts/{row.id}")
    booked = await desk.get(f"/appointments?patient={row.id}")

    assert (blank.status_code, faults_of(blank.text)) == (200, {})
    assert [one.headers["location"] for one in twice] == [f"/patients/{row.id}?note=registered"] * 2
    assert (row.suffix, row.telephone, row.email) == ("Jr", "6145550100", "theo@example.com")
    assert "The patient is registered." in page
    assert "3 Main St, Springfield IL 627011234" in page
    assert (account.status_code, booked.status_code) == (200, 200)
    assert "No visits yet." in page
    assert f'href="/visits/new?patient={row.id}"' in page
    assert "(614) 555-0100" in found
    assert f'href="/patients/{row.id}"' in found
    assert audited(book) == [("create", "registered")]


async def test_the_same_form_with_somebody_else_in_it_says_so_in_a_persons_words(
    book: Book, desk: httpx.AsyncClient
) -> None:
    typed = {"key": "0123456789abcdefghjk", "patient.last_name": "Apfelbaum", "patient.birth_date": "1988-02-03"}
    await desk.post("/patients/new", data=typed)
    other = await desk.post("/patients/new", data=typed | {"patient.last_name": "Birnbaum"})

    assert other.status_code == 422
    assert "This form was sent already, with something else in it" in other.text
    assert "Idempotency-Key" not in other.text
    assert len(patients_of(book)) == 1


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"patient.last_name": " "}, "is needed"),
        ({"patient.birth_date": "2026-03-03"}, "lies in the future"),
        ({"patient.birth_date": "1888-01-01"}, "must be at least 1900-01-01"),
        ({"patient.birth_date": "May"}, "write the day as YYYY-MM-DD"),
        ({"patient.sex": "X"}, "must be 'F', 'M' or 'U'"),
        ({"patient.address.street": ""}, "is needed"),
        ({"patient.address.city": ""}, "is needed"),
        ({"patient.address.state": "Ill"}, "two letters, such as OH"),
        ({"patient.address.postal_code": "627"}, "five or nine digits"),
        ({"telephone": "555-0100"}, "must be ten digits, such as 614-555-0100"),
        ({"email": "theo@example"}, "must be one e-mail address, such as jane.doe@example.com"),
        ({"email": "theo@example.com, ann@example.com"}, "must be one e-mail address, such as jane.doe@example.com"),
        ({"email": "t" * 250 + "@example.com"}, "must be at most 254 characters"),
    ],
)
async def test_a_fault_stands_at_its_input_and_the_visits_form_says_the_same(
    typed: dict[str, str], words: str, book: Book, desk: httpx.AsyncClient
) -> None:
    response = await desk.post("/patients/new", data=TYPED | typed)
    [name] = typed
    assert (response.status_code, faults_of(response.text)) == (422, {name: words})
    assert patients_of(book) == []
    if name.startswith("patient."):
        visit = await desk.post("/visits/new", data=TYPED | typed)
        assert faults_of(visit.text)[name] == words


async def test_every_fault_comes_at_once_and_everything_typed_is_kept(book: Book, desk: httpx.AsyncClient) -> None:
    wrong = {"patient.last_name": "", "patient.birth_date": "2027-01-01", "telephone": "1", "email": HOSTILE}
    response = await desk.post("/patients/new", data=TYPED | wrong)

    assert set(faults_of(response.text)) == set(wrong)
    kept = inputs_of(response.text)
    assert {name: kept[name] for name in TYPED if name != "key"} == {
        name: text for name, text in (TYPED | wrong).items() if name != "key"
    }
    assert kept["key"] != TYPED["key"]
    assert "data-unsaved" in response.text
    assert HOSTILE not in response.text
    assert re.findall(r'name="([^"]+)"[^>]*autofocus', response.text) == ["patient.last_name"]


async def test_who_is_likely_known_is_shown_and_registered_only_as_another_person(
    book: Book, encounter: Encounter, desk: httpx.AsyncClient
) -> None:
    twin = TYPED | {f"patient.{name}": text for name, text in TWIN.items()}
    warned = await desk.post("/patients/new", data=twin)
    assert (warned.status_code, len(patients_of(book))) == (409, 1)
    assert "This patient is likely known already." in warned.text
    assert f'href="/patients/{encounter.patient_id}"' in warned.text
    assert "This is another person" in warned.text
    assert inputs_of(warned.text)["patient.first_name"] == "Otto"

    told_apart = await desk.post("/patients/new", data=inputs_of(warned.text) | {"is_another_person": "yes"})
    assert told_apart.status_code == 303
    assert len(patients_of(book)) == 2
    assert audited(book) == [("create", "registered, told apart from 1 alike")]


async def test_a_program_is_told_of_likely_duplicates_by_id(
    book: Book, encounter: Encounter, program: httpx.AsyncClient
) -> None:
    path = "/api/v1/patients"
    warned = await program.post(path, json=TWIN, headers=key(1))
    done = [await program.post(path, json=TWIN | {"is_another_person": True}, headers=key(2)) for _ in range(2)]
    wrong = await program.post(path, json={"last_name": "Roe", "birth_date": "2026-03-03"}, headers=key(3))

    assert (warned.status_code, warned.json()["type"].rsplit("/", 1)[1]) == (409, "likely-duplicate")
    assert encounter.patient_id in warned.json()["faults"][0]["message"]
    assert [one.status_code for one in done] == [201, 201]
    assert done[0].json() == done[1].json()
    assert done[0].headers["location"] == f"{path}/{done[0].json()['patient_id']}"
    assert wrong.json()["faults"] == [{"field": "birth_date", "message": "lies in the future"}]


async def test_a_first_visit_starts_with_all_that_is_known_and_is_this_patients(
    book: Book, desk: httpx.AsyncClient, program: httpx.AsyncClient
) -> None:
    made = await desk.post("/patients/new", data=TYPED)
    [row] = patients_of(book)
    form = inputs_of((await desk.get(f"/visits/new?patient={row.id}")).text)
    said = {"last_name": "APFELBAUM", "first_name": "Theo", "address": MOVED}
    body = builders.visit(patient=said, patient_id=row.id)
    opened = await program.post("/api/v1/encounters", json=body, headers=key(1))
    another = builders.visit(external_id="VISIT-2", patient_id=row.id)
    refused = await program.post("/api/v1/encounters", json=another, headers=key(2))
    lost = await program.post("/api/v1/encounters", json=another | {"patient_id": "nobody"}, headers=key(3))
    again = builders.claim(external_id="VISIT-3", patient={"last_name": "Apfelbaum", "first_name": "THEO"})

    assert made.status_code == 303
    assert {name: form[name] for name in ("patient.last_name", "patient.address.city", "patient.suffix")} == {
        "patient.last_name": "Apfelbaum",
        "patient.address.city": "Springfield",
        "patient.suffix": "Jr",
    }
    assert opened.status_code == 201
    assert (await record_of(program, row.id))["address"]["street"] == "9 North St"
    assert [one["field"] for one in refused.json()["faults"]] == [
        "patient.last_name",
        "patient.first_name",
        "patient.birth_date",
    ]
    assert lost.json()["faults"] == [{"field": "patient_id", "message": "is no patient of this practice"}]
    assert [one["external_id"] for one in (await program.get(f"/api/v1/patients/{row.id}")).json()["visits"]] == [
        "VISIT-1"
    ]
    assert book.encounter(again).patient_id == row.id


async def test_a_visit_from_the_patients_page_is_theirs_under_another_plan_and_no_other_persons(
    book: Book, encounter: Encounter, desk: httpx.AsyncClient
) -> None:
    way = f"/visits/new?patient={encounter.patient_id}"
    typed = inputs_of((await desk.get(way)).text)
    typed |= {"diagnoses.0": "J06.9", "lines.0.procedure": "99213", "lines.0.charge": "10"}
    other_plan = {"coverage.member_id": "NEW1", "patient.address.street": "9 North St"}
    refused = await desk.post(way, data=typed | {"patient.first_name": "Olga"})
    opened = await desk.post(way, data=inputs_of(refused.text) | {"patient.first_name": "OTTILIE"} | other_plan)
    by_file = book.encounter(
        builders.claim(
            external_id="V-9", coverage={"payer": {"id": "60054", "name": "Plain Health"}, "member_id": "NEW1"}
        )
    )
    page = (await desk.get(f"/patients/{encounter.patient_id}")).text

    assert list(faults_of(refused.text)) == ["patient.first_name"]
    assert "mend it on the patient's page first" in faults_of(refused.text)["patient.first_name"]
    assert opened.status_code == 303
    assert by_file.patient_id == encounter.patient_id
    assert "<dd>9 North St, Springfield IL 62701</dd>" in page
    assert len(patients_of(book)) == 1


async def test_a_patient_is_changed_and_what_was_entered_on_visits_stays(
    book: Book, encounter: Encounter, desk: httpx.AsyncClient
) -> None:
    edit = f"/patients/{encounter.patient_id}/edit"
    form = await desk.get(edit)
    typed = inputs_of(form.text) | {"patient.last_name": "Birnbaum", "patient.address.street": "9 North St"}
    twice = [await desk.post(edit, data=typed | {"telephone": "614 555 0100"}) for _ in range(2)]
    page = (await desk.get(twice[0].headers["location"])).text
    nothing = await desk.post(edit, data=inputs_of((await desk.get(edit)).text))
    with book.database.reading() as session:
        kept = encounters.claim_of(session.get_one(Encounter, encounter.id))
    again = builders.claim(external_id="V-2", patient=KNOWN | {"last_name": "BIRNBAUM", "address": ADDRESS})

    assert "1 open visit keeps what was entered on it" in " ".join(form.text.split())
    assert f'href="/encounters/{encounter.id}">VISIT-1' in form.text
    assert [one.status_code for one in twice] == [303, 303]
    assert "<h1>Birnbaum, Ottilie</h1>" in page
    assert "VISIT-1</a> of 2026-03-01 says otherwise: last name “Zwiebelturm”, here “Birnbaum”; address" in page
    assert nothing.status_code == 303
    assert kept.patient.name.last == builders.SURNAME
    assert audited(book) == [("update", "changed: last name, address, telephone")]
    assert book.encounter(again).patient_id == encounter.patient_id


async def test_what_the_last_visit_says_is_taken_over_by_the_form(
    book: Book, encounter: Encounter, desk: httpx.AsyncClient, program: httpx.AsyncClient
) -> None:
    path, mended = f"/api/v1/patients/{encounter.patient_id}", KNOWN | {"last_name": "Birnbaum", "address": MOVED}
    await program.put(path, json=mended | {"version": 0, "email": "o@example.com"}, headers=key(1))
    page = (await desk.get(f"/patients/{encounter.patient_id}")).text
    [way] = re.findall(r'href="([^"]+visit=[^"]+)"', page)
    typed = inputs_of((await desk.get(way)).text)
    await desk.post(way.partition("?")[0], data=typed)
    seen = (await program.get(path)).json()

    assert (typed["patient.last_name"], typed["email"]) == (builders.SURNAME, "o@example.com")
    assert (seen["otherwise"], seen["record"]["email"]) == (None, "o@example.com")


async def test_a_form_that_somebody_has_overtaken_is_refused_and_shows_what_stands_now(
    book: Book, encounter: Encounter, desk: httpx.AsyncClient, program: httpx.AsyncClient
) -> None:
    edit, path = f"/patients/{encounter.patient_id}/edit", f"/api/v1/patients/{encounter.patient_id}"
    mine = {"patient.first_name": "Olga", "patient.address.city": "Chicago"}
    typed = inputs_of((await desk.get(edit)).text) | mine
    answer = await program.put(path, json=KNOWN | {"address": MOVED, "version": 0}, headers=key(1))
    late = await program.put(path, json=KNOWN | {"version": 0}, headers=key(2))
    refused = await desk.post(edit, data=typed)
    caught_up = inputs_of(refused.text)
    again = await desk.post(edit, data=caught_up)
    record = await record_of(program, encounter.patient_id)

    assert answer.json() == {"patient_id": encounter.patient_id, "version": 1, "changed": ["address"]}
    assert (late.status_code, refused.status_code) == (409, 409)
    assert "Somebody changed this patient meanwhile." in refused.text
    assert "the office knows now: first name “Ottilie”; city “Springfield”." in refused.text
    assert (caught_up["patient.first_name"], caught_up["patient.address.street"]) == ("Olga", "9 North St")
    assert again.status_code == 303
    assert (record["first_name"], record["address"]["street"]) == ("Olga", "9 North St")
    assert record["address"]["city"] == "Chicago"


async def test_a_form_without_its_version_is_a_fault(encounter: Encounter, desk: httpx.AsyncClient) -> None:
    for version in ({}, {"version": "x"}):
        response = await desk.post(f"/patients/{encounter.patient_id}/edit", data=TYPED | version)
        assert (response.status_code, "patient.last_name" in response.text) == (422, True)


async def test_two_who_save_at_once_undo_nobody(book: Book, encounter: Encounter) -> None:
    path = f"/api/v1/patients/{encounter.patient_id}"
    async with book.connect(Role.FRONT_DESK) as client:
        for version in range(5):
            bodies = [KNOWN | {"middle_name": f"{version}{one}", "version": version} for one in "ab"]
            both = await asyncio.gather(
                *(
                    client.put(path, json=one, headers={"Idempotency-Key": f"at-once-{one['middle_name']}"})
                    for one in bodies
                )
            )
            assert sorted(one.status_code for one in both) == [200, 409]


async def test_papers_go_to_the_patient_as_known_today(
    book: Book, encounter: Encounter, program: httpx.AsyncClient
) -> None:
    mended = KNOWN | {"last_name": "Birnbaum", "address": MOVED, "version": 0}
    await program.put(f"/api/v1/patients/{encounter.patient_id}", json=mended, headers=key(1))
    with book.database.reading() as session:
        item = BalanceItem(encounter.id, 2000, OPENED)
        today = book.now.date()
        paper = write_statement(
            session, [item], number="1", notice=Notice.STATEMENT, written_on=today, pay_by_days=30, zone=UTC
        )

    assert paper.addressee == ("Ottilie Birnbaum", "9 North St", "Springfield IL 62702")


async def test_a_later_visit_moves_the_patient_unless_the_desk_said_otherwise(
    book: Book, encounter: Encounter, program: httpx.AsyncClient
) -> None:
    path = f"/api/v1/patients/{encounter.patient_id}"
    moved = {"patient": KNOWN | {"address": MOVED}}
    book.encounter(builders.claim(external_id="V-2", **moved))
    followed = await record_of(program, encounter.patient_id)
    away = {"street": "PO Box 7", "city": "Chicago", "state": "IL", "postal_code": "60601"}
    await program.put(path, json=KNOWN | {"address": away, "version": 1}, headers=key(1))
    book.encounter(builders.claim(external_id="V-3", **moved))
    said = await record_of(program, encounter.patient_id)
    older = [{"procedure": "99213", "service_date": "2026-01-05", "charge": "150.00"}]
    book.encounter(builders.claim(external_id="V-0", lines=older))

    assert followed["address"]["street"] == "9 North St"
    assert said["address"]["street"] == "PO Box 7"
    assert (await record_of(program, encounter.patient_id))["address"]["street"] == "PO Box 7"


async def test_closed_visits_are_not_counted_as_open(book: Book, encounter: Encounter, desk: httpx.AsyncClient) -> None:
    with book.database.writing() as session:
        session.get_one(Encounter, encounter.id).stage = Stage.CLOSED
    assert "No visit is open." in (await desk.get(f"/patients/{encounter.patient_id}/edit")).text


async def test_only_who_takes_visits_in_changes_patients_and_nobody_those_of_others(
    book: Book, encounter: Encounter
) -> None:
    edit, path = f"/patients/{encounter.patient_id}/edit", f"/api/v1/patients/{encounter.patient_id}"
    for role in (Role.CODER, Role.AUDITOR, Role.INTEGRATION):
        async with book.signed_in(role) as browser:
            assert [(await browser.get(one)).status_code for one in ("/patients/new", edit)] == [403, 403]
            assert [(await browser.post(one, data=TYPED)).status_code for one in ("/patients/new", edit)] == [403, 403]
    async with book.signed_in(Role.CODER) as coder:
        page = (await coder.get(f"/patients/{encounter.patient_id}")).text
        assert f'href="{edit}"' not in page
    async with book.connect(token=book.stranger, headers={"Accept": "text/html"}) as stranger:
        assert (await stranger.get(edit)).status_code == 404
        assert (await stranger.post(edit, data=TYPED | {"version": "0"})).status_code == 404
        assert (await stranger.put(path, json=KNOWN | {"version": 0}, headers=key(1))).status_code == 404
        twin = await stranger.post("/api/v1/patients", json=TWIN, headers=key(2))
        visit = builders.visit(patient_id=encounter.patient_id)
        taken = await stranger.post("/api/v1/encounters", json=visit, headers=key(3))
    assert (twin.status_code, taken.status_code) == (201, 422)
