"""Data for analysis says what was done and paid, and of nobody who they are."""

import csv
import io
import zipfile
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal

from sqlmodel import col, select

import phi_proof
from activities import deidentified
from billing.claim import Address, Name, Reference
from database import ledger, records
from database.tables import AuditEvent, Encounter, Patient, Posting
from tests.builders import a_claim, a_line, an_837p
from tests.office import Office
from tests.stories.test_households import billed_visit

BOTH_DATABASES = True
PLANTED = ("PLANTEDNAME", "PLANTEDMEMBER1", "PLANTED STREET", "PLANTEDCITY", "PLANTEDVISIT", "2025-11-13", "1931-02-03")


def taken(office: Office) -> dict[str, list[dict[str, str]]]:
    """The export: name of a file -> its rows."""
    file = io.BytesIO()
    counts = deidentified.export(
        office.database, file, practice_id=office.practice_id, at=office.now, by=office.supervisor_id
    )
    with zipfile.ZipFile(file) as archive:
        found = {
            name: list(csv.DictReader(io.StringIO(archive.read(name).decode())))
            for name in archive.namelist()
            if name.endswith(".csv")
        }
    assert counts == {name: len(rows) for name, rows in found.items()}
    return found


def everything(found: dict[str, list[dict[str, str]]]) -> str:
    return "\n".join(" | ".join(row.values()) for rows in found.values() for row in rows)


def planted(office: Office) -> str:
    """A visit with something that names a person in every field that a person can type into."""
    office.take_in(an_837p(a_claim(), number=7))
    [visit] = office.encounter_ids()
    with office.database.writing() as session:
        row = session.get_one(Encounter, visit)
        claim = records.load(type(a_claim()), row.record)
        line = replace(
            claim.lines[0],
            procedure="PLANTEDNAME",
            modifiers=("PLANTEDNAME", "25"),
            procedure_description="PLANTEDNAME",
            service_date=date(2025, 11, 13),
        )
        person = replace(
            claim.patient,
            name=Name("PLANTEDNAME", "PLANTEDNAME"),
            birth_date=date(1931, 2, 3),
            address=Address("PLANTED STREET 1", "PLANTEDCITY", "VT", "036010001"),
            references=(Reference("SY", "PLANTEDMEMBER1"),),
        )
        coverage = replace(
            claim.coverage, member_id="PLANTEDMEMBER1", filing_indicator="PLANTEDNAME", group_name="PLANTEDNAME"
        )
        diagnoses = (*claim.diagnoses, replace(claim.diagnoses[0], code="PLANTEDNAME"))
        told = replace(claim, lines=(line,), patient=person, subscriber=person, coverage=coverage, diagnoses=diagnoses)
        row.record = records.dump(replace(told, place_of_service="PLANTED STREET"))
        row.service_date = date(2025, 11, 13)
        row.external_id = "PLANTEDVISIT"
        row.hold_reason = row.parted_because = "PLANTEDNAME"
        patient = session.get_one(Patient, row.patient_id)
        patient.last_name = patient.first_name = patient.wish_reason = "PLANTEDNAME"
    return visit


def test_nothing_that_names_a_person_is_found_again(office: Office) -> None:
    visit = planted(office)
    found = taken(office)
    text = everything(found)
    assert [one for one in (*PLANTED, visit, office.patient_of(visit), office.practice_id) if one in text] == []
    [row] = found["visits.csv"]
    assert (row["year"], row["age"], row["zip3"], row["payer_class"]) == ("2025", "90+", "000", "Other")
    assert row["place_of_service"] == ""
    [line] = found["lines.csv"]
    assert (line["procedure"], line["modifiers"], line["charge"]) == ("", "25", "150.00")


def test_no_identifier_of_a_lived_in_book_is_found_but_the_diagnoses_that_it_is_for(office: Office) -> None:
    for number, first in enumerate(("ANNALENA", "BERTHILDE"), start=1):
        claim = a_claim(a_line(), member_id=f"MEMBER{number}XYZ")
        billed_visit(office, claim, first, number, born=date(1950, 6, number), share=2000)
    found = taken(office)
    place = phi_proof.Place("export", "names nobody")
    with office.database.reading() as session:
        named = [one for one in phi_proof.identifiers(session) if one[0] != "a diagnosis"]
    phi_proof.Identifiers(named).look(place, "the export", everything(found))
    assert len(named) > 8
    assert place.found == []
    assert {row["procedure"] for row in found["lines.csv"]} == {a_line().procedure}


def test_the_money_is_the_ledgers_and_says_why_it_was_taken_off(office: Office) -> None:
    visit = billed_visit(office, a_claim(), "ANNALENA", 1, born=date(1980, 6, 1), share=2000)
    told = Counter[str]()
    money = taken(office)["money.csv"]
    for row in money:
        told[row["account"]] += int(Decimal(row["amount"]) * 100)
    booked = Counter[str]()
    with office.database.reading() as session:
        totals = ledger.account_totals(session, practice_id=office.practice_id)
        for posting in session.exec(select(Posting).where(col(Posting.encounter_id) == visit)):
            booked[posting.account] += posting.amount_cents
    assert told == booked
    assert told["AR_PAT"] == totals["AR_PAT"] == 2000
    off = [(row["group"], row["reason"], row["amount"]) for row in money if row["account"] == "ADJ_CONTRACT"]
    assert off == [("CO", "45", "50.00")]


def test_two_exports_share_no_number_and_each_is_written_down(office: Office) -> None:
    billed_visit(office, a_claim(), "ANNALENA", 1, born=date(1980, 6, 1), share=2000)
    first, second = taken(office), taken(office)
    numbers = [{row[name] for row in one["visits.csv"] for name in ("visit", "patient")} for one in (first, second)]
    assert len(numbers[0]) == len(numbers[1]) == 2
    assert numbers[0] & numbers[1] == set()
    assert {row["visit"] for row in first["lines.csv"]} == {row["visit"] for row in first["visits.csv"]}
    with office.database.reading() as session:
        events = session.exec(select(AuditEvent).where(AuditEvent.action == "export_deidentified")).all()
    assert len(events) == 2
