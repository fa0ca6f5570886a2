"""A copy of one patient's record holds everything of theirs, to the cent, and nothing of anybody else."""

import csv
import hashlib
import io
import json
import zipfile
from collections import Counter
from decimal import Decimal
from typing import Any

from sqlmodel import col, select

from activities import assistance as helping
from activities.patient_record import copy_record
from billing.assistance import Per, Way
from billing.attachments import FileKind
from billing.record_copies import Requester
from database import accounts, attachments, audit, ledger, merges, notes
from database.attachments import FileSubject
from database.notes import NoteSubject
from database.tables import AuditEvent, Encounter, Letter, Patient, PayLink
from tests.office import PUBLIC_URL, Office
from tests.stories.test_households import MOTHER, answers_for, billed, child

BOTH_DATABASES = True


def copied(office: Office, patient_id: str) -> zipfile.ZipFile:
    file = io.BytesIO()
    copy_record(
        office.database,
        file,
        practice_id=office.practice_id,
        patient_id=patient_id,
        at=office.now,
        by=office.supervisor_id,
        asked=Requester.AUTHORIZED,
    )
    return zipfile.ZipFile(file)


def rows(archive: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(archive.read(f"{name}.json"))
    return found


def sheet(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive.read(f"money/{name}.csv").decode())))


def everything(archive: zipfile.ZipFile) -> str:
    """Every name of a file and every text in the copy."""
    bodies = (archive.read(name).decode("latin-1") for name in archive.namelist())
    return "\n".join((*archive.namelist(), *bodies))


def siblings(office: Office) -> tuple[str, str]:
    """Two visits of two children on one account, of which each paper tells."""
    first, second = child(office, "ANNALENA", 1), child(office, "BERTHILDE", 2, share=3100)
    holder = answers_for(office, first, MOTHER)
    assert answers_for(office, second, MOTHER) == holder
    billed(office, holder)
    return first, second


def test_the_money_of_a_copy_is_the_ledgers_to_the_cent(office: Office) -> None:
    first, second = siblings(office)
    office.pay(first, 700)
    office.go_on(first)
    archive = copied(office, office.patient_of(first))
    told = Counter[str]()
    for one in sheet(archive, "ledger"):
        assert one["visit"] == first
        told[one["account"]] += int(Decimal(one["amount"]) * 100)
    with office.database.reading() as session:
        postings = ledger.journal_of_encounter(session, practice_id=office.practice_id, encounter_id=first)
    by_account = Counter[str]()
    for _, posting in postings:
        by_account[posting.account] += posting.amount_cents
    assert told == by_account
    assert (told["AR_INS"], told["AR_PAT"] + told["PAT_UNAPPLIED"]) == (0, 2000 - 700)
    assert json.loads(archive.read("manifest.json"))["ledger_cents"] == dict(by_account)
    assert sum(by_account.values()) == 0
    [visit] = sheet(archive, "visits")
    assert (visit["id"], visit["charge"]) == (first, "150.00")
    [payment] = sheet(archive, "patient-payments")
    assert payment["amount"] == "7.00"
    assert second not in everything(archive)


def test_nothing_of_a_sibling_on_the_same_account_is_in_a_copy(office: Office) -> None:
    first, second = siblings(office)
    with office.database.reading() as session:
        [paper] = session.exec(select(Letter).where(col(Letter.encounter_id).is_(None))).all()
        assert {one["number"] for one in json.loads(paper.content)["visits"]} == {"V1", "V2"}
    for mine, others, name, other_name in (
        (first, second, "ANNALENA", "BERTHILDE"),
        (second, first, "BERTHILDE", "ANNALENA"),
    ):
        archive = copied(office, office.patient_of(mine))
        text = everything(archive)
        strange = (others, office.patient_of(others), other_name, office.submission(others).control_number)
        assert [one for one in strange if one in text] == []
        assert name in text
        assert json.loads(archive.read("manifest.json"))["left_out"] == {
            "papers about an account on which others' visits stand": 1
        }
        assert rows(archive, "account") == []


def test_who_shares_an_account_with_nobody_has_its_papers_without_the_way_in(office: Office) -> None:
    visit, stranger = child(office, "ANNALENA", 1), child(office, "BERTHILDE", 2)
    patient = office.patient_of(visit)
    billed(office, patient)
    with office.database.writing() as session:
        session.get_one(Encounter, stranger).external_id = "V1"  # another sender numbers from one, too
    with office.database.reading() as session:
        [paper] = session.exec(select(Letter).where(Letter.patient_id == patient)).all()
        secret = json.loads(paper.content)["pay_at"].rpartition("/")[2]
        keys = session.exec(select(PayLink.sha256)).all()
    assert secret
    archive = copied(office, patient)
    assert archive.read(f"letters/{paper.id}.pdf").startswith(b"%PDF-")
    [told] = [one for one in rows(archive, "letters") if one["id"] == paper.id]
    assert told["content"]["visits"][0]["number"] == "V1"
    assert told["content"]["pay_at"] == "[withheld]"
    text = everything(archive)
    assert [one for one in (secret, f"{PUBLIC_URL}/pay/", *keys) if one in text] == []
    assert rows(archive, "account")[0]["owed_cents"] == 2000


def test_a_copy_has_what_was_typed_and_attached_and_who_looked(office: Office) -> None:
    visit = child(office, "ANNALENA", 1)
    patient = office.patient_of(visit)
    where = {"practice_id": office.practice_id, "at": office.now}
    with office.database.writing() as session:
        for subject, id_, text in (
            (NoteSubject.ENCOUNTER, visit, "called the plan"),
            (NoteSubject.ACCOUNT, patient, "prefers the evening"),
        ):
            notes.add(session, subject=subject, subject_id=id_, text=text, author_id=office.supervisor_id, **where)
        about = {"actor_id": office.supervisor_id, "subject": "patient", "subject_id": patient, **where}
        audit.record(session, action="view", **about)
        audit.record(session, action="mark_sensitive", reason="may see it: Carla", **about)
    archive = copied(office, patient)
    assert {one["text"] for one in rows(archive, "notes")} == {"called the plan", "prefers the evening"}
    looks = {(one["did"], one["why"]) for one in rows(archive, "looks") if one["kind_of_record"] == "patient"}
    assert looks == {("view", ""), ("mark_sensitive", "")}
    assert rows(archive, "visits")[0]["record"]["patient"]["name"]["first"] == "ANNALENA"
    assert [one["payment"]["paid_cents"] for one in rows(archive, "payers-answers")] == [8000]
    assert len(rows(archive, "claims")) == 1


def test_the_manifest_tells_every_file_as_it_is(office: Office) -> None:
    visit = child(office, "ANNALENA", 1)
    billed(office, office.patient_of(visit))
    archive = copied(office, office.patient_of(visit))
    manifest = json.loads(archive.read("manifest.json"))
    assert {one["name"] for one in manifest["files"]} | {"manifest.json"} == set(archive.namelist())
    for one in manifest["files"]:
        body = archive.read(one["name"])
        assert (len(body), hashlib.sha256(body).hexdigest()) == (one["bytes"], one["sha256"])
        if one["name"].endswith(".json"):
            assert len(json.loads(body)) == one["rows"], one["name"]
    with office.database.reading() as session:
        [event] = session.exec(select(AuditEvent).where(AuditEvent.action == "copy_record")).all()
    whole = hashlib.sha256(archive.read("manifest.json")).hexdigest()
    assert event.reason.endswith(f"manifest {whole}")
    assert "authorized" in event.reason


def test_who_was_merged_is_in_the_copy_of_whom_they_turned_out_to_be(office: Office) -> None:
    first, twin = child(office, "ANNALENA", 1), child(office, "ANNALENE", 2)
    kept, gone = office.patient_of(first), office.patient_of(twin)
    with office.database.writing() as session:
        both = (session.get_one(Patient, kept), session.get_one(Patient, gone))
        merges.merge(session, *both, reason="same card", at=office.now, by=office.worker_id)
    archive = copied(office, kept)
    assert {one["id"] for one in rows(archive, "registration")} == {kept, gone}
    assert {one["id"] for one in rows(archive, "visits")} == {first, twin}
    assert [(one["kept_id"], one["gone_id"]) for one in rows(archive, "merges")] == [(kept, gone)]


def test_a_file_is_in_the_copy_byte_for_byte_under_a_name_of_nobody(office: Office) -> None:
    patient = office.patient_of(child(office, "ANNALENA", 1))
    with office.database.writing() as session:
        id_, _ = attachments.add(
            session,
            practice_id=office.practice_id,
            subject=FileSubject.PATIENT,
            subject_id=patient,
            kind=FileKind.OTHER,
            name="ANNALENA DOE card.pdf",
            content_type="application/pdf",
            body=b"%PDF-1.7 a card",
            at=office.now,
            by=office.supervisor_id,
        )
    archive = copied(office, patient)
    assert archive.read(f"files/{id_}.pdf") == b"%PDF-1.7 a card"
    assert rows(archive, "files")[0]["name"] == "ANNALENA DOE card.pdf"
    assert [one for one in archive.namelist() if "DOE" in one or "ANNA" in one] == []


def test_an_application_for_help_of_everybody_on_the_account_is_in_nobodys_copy(office: Office) -> None:
    first, second = child(office, "ANNALENA", 1), child(office, "BERTHILDE", 2, share=3100)
    holder = office.patient_of(first)
    where = {"practice_id": office.practice_id, "at": office.now, "by": office.supervisor_id}
    said = helping.Said("MARLENE DOE", 3, 900_00, Per.MONTH, "none", "we both lost our work")
    with office.database.writing() as session:
        account = accounts.lock(session, practice_id=office.practice_id, patient_id=holder, at=office.now)
        received = {"received_on": office.today, "by": office.supervisor_id, "at": office.now}
        row = helping.receive(session, account, said, way=Way.MAIL, **received)  # type: ignore[arg-type]
        about = {"subject": FileSubject.ASSISTANCE, "subject_id": row.id, "kind": FileKind.OTHER}
        body = {"name": "wages.pdf", "content_type": "application/pdf", "body": b"%PDF-1.7 wages"}
        attachments.add(session, **about, **body, **where)  # type: ignore[arg-type]
    alone = copied(office, holder)
    assert [one["applicant"] for one in rows(alone, "help-with-the-bill")] == ["MARLENE DOE"]
    assert len(rows(alone, "files")) == 1
    assert [one["subject"] for one in rows(alone, "tasks")] == ["assistance"]
    assert json.loads(alone.read("manifest.json"))["left_out"] == {}
    for visit in (first, second):
        assert answers_for(office, visit, MOTHER) == holder
    for visit in (first, second):
        archive = copied(office, office.patient_of(visit))
        assert [rows(archive, name) for name in ("help-with-the-bill", "files", "tasks")] == [[], [], []]
        assert [one for one in ("MARLENE", "wages", "lost our work") if one in everything(archive)] == []
        left = json.loads(archive.read("manifest.json"))["left_out"]
        assert left["applications for help with the bill of everybody on the account"] == 1
