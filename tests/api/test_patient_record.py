"""A copy of one patient's record: who may take it, of whom, and what is written down."""

import io
import json
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from sqlmodel import col, func, select

from activities.patient_record import copy_record
from billing.record_copies import Requester
from billing.roles import Role
from database.engine import Database
from database.patient_record import KINDS
from database.tables import AuditEvent, Encounter, Patient, Posting
from tests.api import builders
from tests.api.conftest import Book, open_book
from tests.api.lived_in import lived_in
from tests.databases import empty, kind, postgres

__all__ = ["empty", "kind", "postgres"]


OF_THE_OFFICE = {"tasks", "task-forms", "payers-answers", "payers-adjustments"}
"""Kinds of which some rows are about nobody, such as an answer that no claim is found for"""


@pytest.fixture
def book(empty: Database, tmp_path: Path) -> Book:
    return open_book(empty, tmp_path)


@pytest.fixture
def encounter(book: Book) -> Encounter:
    return book.encounter()


async def test_a_supervisor_takes_it_on_the_patients_page_and_for_whom_is_written_down(
    book: Book, encounter: Encounter
) -> None:
    home = f"/patients/{encounter.patient_id}"
    async with book.signed_in(Role.SUPERVISOR) as browser:
        page = (await browser.get(home)).text
        assert f'action="{home}/record.zip"' in page
        assert 'value="authorized"' in page
        taken = await browser.get(f"{home}/record.zip", params={"asked": "authorized"})
    assert taken.headers["content-type"] == "application/zip"
    assert taken.headers["cache-control"] == "no-store"
    assert int(taken.headers["content-length"]) == len(taken.content)
    assert taken.headers["content-disposition"] == f'attachment; filename="record-{encounter.patient_id}.zip"'
    archive = zipfile.ZipFile(io.BytesIO(taken.content))
    assert archive.testzip() is None
    assert [one["id"] for one in json.loads(archive.read("visits.json"))] == [encounter.id]
    with book.database.reading() as session:
        [event] = session.exec(select(AuditEvent).where(AuditEvent.action == "copy_record")).all()
    assert (event.subject, event.subject_id) == ("patient", encounter.patient_id)
    assert event.reason.startswith("asked for by authorized; ")


@pytest.mark.parametrize("role", [Role.BILLER, Role.FRONT_DESK, Role.AUDITOR])
async def test_nobody_else_may(book: Book, encounter: Encounter, role: Role) -> None:
    home = f"/patients/{encounter.patient_id}"
    async with book.connect(role) as client:
        assert (await client.get(f"/api/v1{home}/record.zip")).status_code == 403
    async with book.signed_in(role) as browser:
        assert "record.zip" not in (await browser.get(home)).text


async def test_who_is_of_another_practice_or_asked_for_by_nobody_known_is_refused(
    book: Book, encounter: Encounter
) -> None:
    home = f"/api/v1/patients/{encounter.patient_id}/record.zip"
    async with book.connect(token=book.stranger) as client:
        assert (await client.get(home)).status_code == 404
    async with book.connect(Role.SUPERVISOR) as client:
        assert (await client.get(home, params={"asked": "a neighbour"})).status_code == 422
    with book.database.reading() as session:
        assert session.exec(select(AuditEvent).where(AuditEvent.action == "copy_record")).all() == []


async def test_who_was_merged_leads_to_who_was_kept(book: Book, encounter: Encounter) -> None:
    person = builders.claim().patient
    with book.database.writing() as session:
        gone = Patient(
            id="twin0000000000000000",
            practice_id=book.practice_id,
            identity_key="a twin",
            last_name=person.name.last,
            created_at=book.now,
        )
        session.add(gone)
        session.flush()
        gone.merged_into = encounter.patient_id
    async with book.connect(Role.SUPERVISOR) as client:
        answer = await client.get("/api/v1/patients/twin0000000000000000/record.zip")
    assert (answer.status_code, answer.json()["patient_id"]) == (410, encounter.patient_id)


def test_the_copies_of_everybody_are_the_whole_book_to_the_row_and_to_the_cent(tmp_path: Path) -> None:
    book = lived_in(tmp_path)
    rows, told, booked = Counter[str](), Counter[str](), Counter[str]()
    with book.database.reading() as session:
        patients = session.exec(select(Patient.id)).all()
        for posting in session.exec(select(Posting).where(col(Posting.encounter_id).is_not(None))):
            booked[posting.account] += posting.amount_cents
        kept = {one.name: session.exec(select(func.count()).select_from(one.table)).one() for one in KINDS}
    for patient_id in patients:
        where = {"practice_id": book.practice_id, "patient_id": patient_id, "at": book.now, "by": "operator"}
        copied = copy_record(book.database, io.BytesIO(), **where, asked=Requester.PATIENT)
        told.update(copied.ledger_cents)
        rows.update({one["name"].removesuffix(".json"): one["rows"] for one in copied.files if one["rows"]})
    assert len(patients) > 20
    assert told == booked
    assert {name: count for name, count in kept.items() if rows[name] != count and name not in OF_THE_OFFICE} == {}
