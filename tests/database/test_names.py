"""Names beyond the English letters: found and recognised whatever their capitals, on both databases."""

from dataclasses import replace
from datetime import date

import pytest
from sqlmodel import select

from billing.claim import Name
from billing.patients import Registration
from database import patients, registrations
from database.duplicates import visits_alike
from database.tables import Patient
from tests.builders import NOON, a_claim, an_837p
from tests.office import Office

BORN = date(1980, 1, 31)
ALVAREZ = Registration("Álvarez", "Ñuño", birth_date=BORN)


@pytest.mark.parametrize("typed", ["Álvarez", "álvarez", "ÁLVAREZ", "álv, ñu", "ÑUÑO ÁL"])
def test_a_patient_is_found_however_the_name_is_typed(office: Office, typed: str) -> None:
    with office.database.writing() as session:
        row = registrations.register(session, ALVAREZ, practice_id=office.practice_id, at=NOON)
    with office.database.reading() as session:
        found = patients.search(session, practice_id=office.practice_id, text=typed)
    assert [one.id for one in found.items] == [row.id]


def test_the_same_person_in_other_capitals_is_recognised(office: Office) -> None:
    told = replace(ALVAREZ, last_name="áLVAREZ", first_name="ÑUÑO")
    with office.database.writing() as session:
        first = registrations.register(session, ALVAREZ, practice_id=office.practice_id, at=NOON)
        second = registrations.register(session, told, practice_id=office.practice_id, at=NOON)
    with office.database.reading() as session:
        alike = registrations.alike(session, told, practice_id=office.practice_id)
        view = patients.patient(session, practice_id=office.practice_id, patient_id=first.id)
    assert {one.id for one in alike} == {first.id, second.id}
    assert view is not None
    assert [one.id for one in view.other_coverages] == [second.id]


def test_a_visit_of_the_same_person_in_other_capitals_is_alike(office: Office) -> None:
    claim = a_claim(control_number="V1")
    office.take_in(an_837p(claim))
    with office.database.writing() as session:
        [row] = session.exec(select(Patient)).all()
        row.last_name, row.first_name = "Ñandú", "Álvaro"
        session.add(row)
    again = replace(claim, patient=replace(claim.patient, name=Name("ÑANDÚ", "ÁLVARO")), control_number="V2")
    with office.database.reading() as session:
        alike = visits_alike(session, again, practice_id=office.practice_id, patient_id=None)
    assert [one.number for one in alike] == ["V1"]
