"""Published FHIR and HL7 samples start encounters that reach submission through the tasks of the office's people."""

from pathlib import Path

import pytest
from sqlmodel import select

from billing.stages import Stage
from database import appointments, encounters, sent, tasks
from database.appointments import Coming
from database.tables import Appointment, Encounter, Patient, VisitNumber
from tests.builders import CLINIC_NPI
from tests.database.crowd import together
from tests.interchange.hl7_messages import adt, dft, ft1
from tests.interchange.hl7_shapes import DFT_SHAPES, SIU_SHAPES, UNREADABLE_SHAPES, message
from tests.office import Office
from tests.stories.test_bad_input import office_tasks
from tests.stories.test_fhir_intake import set_price, set_up

BOTH_DATABASES = True
PUBLISHED = Path(__file__).parents[1] / "interchange" / "published"
POLICY = "payer_id = 99999\npayer_name = Example Payer\nmember_id = ABC123456"
PERSON = {
    "birth date": "patient.birth_date = 1980-01-01",
    "sex": "patient.sex = F",
    "address": "patient.street = 1 Elm St\npatient.city = Anytown\npatient.state = OH\npatient.postal_code = 44101",
}


def asked(office: Office, encounter: str) -> dict[str, str]:
    """The open tasks of a visit: type and reason."""
    with office.database.reading() as session:
        found = tasks.open_tasks(session, practice_id=office.practice_id, subject_id=encounter)
        return {one.type: one.reason for one in found}


def stage(office: Office, encounter: str) -> str:
    with office.database.reading() as session:
        return session.get_one(Encounter, encounter).stage


def to_submission(office: Office, encounter: str) -> bytes:
    """People complete what they are asked until the claim is in a batch: its bytes."""
    before = set(office.wire.claims)
    office.go_on(encounter)
    for _ in range(6):
        open_now = asked(office, encounter)
        if "registration_incomplete" in open_now:
            reason = open_now["registration_incomplete"]
            typed = [words for what, words in PERSON.items() if f"{what} is missing" in reason]
            typed += [POLICY] if "member id is missing" in reason else []
            office.complete(encounter, "registration_incomplete", "fields_completed", {"corrections": "\n".join(typed)})
        elif "code_review" in open_now:
            office.complete(encounter, "code_review", "recoded", {"corrections": codes_for(office, encounter)})
        elif "charge_review" in open_now:
            prices = "\n".join(f"line.{number}.charge = 80.00" for number in unpriced(office, encounter))
            given = ("changed", {"corrections": prices}) if prices else ("approved", {"reason": "as the sender says"})
            office.complete(encounter, "charge_review", *given)
        elif "claim_edit_failed" in open_now:
            office.complete(
                encounter, "claim_edit_failed", "overridden", {"reason": "a sample"}, by=office.supervisor_id
            )
        else:
            break
        office.go_on(encounter)
    assert (stage(office, encounter), asked(office, encounter)) == (Stage.SUBMISSION, {})
    office.send_claims()
    [new] = set(office.wire.claims) - before
    return office.wire.claims[new]


def codes_for(office: Office, encounter: str) -> str:
    """What a coder types: a code for each service in words, a diagnosis where there is none."""
    with office.database.reading() as session:
        claim = encounters.claim_of(session.get_one(Encounter, encounter))
    typed = [f"line.{number}.procedure = 99213" for number, one in enumerate(claim.lines, 1) if not one.procedure]
    typed += ["diagnoses = J06.9"] if not claim.diagnoses else []
    missing = [number for number, one in enumerate(claim.lines, 1) if not one.diagnosis_pointers]
    typed += [f"line.{number}.pointers = 1" for number in missing if claim.diagnoses]
    return "\n".join(typed)


def unpriced(office: Office, encounter: str) -> list[int]:
    with office.database.reading() as session:
        claim = encounters.claim_of(session.get_one(Encounter, encounter))
    return [number for number, one in enumerate(claim.lines, 1) if not one.charge_cents]


def test_a_visit_of_synthea_is_coded_by_a_person_from_its_own_words(office: Office) -> None:
    set_up(office)
    body = (PUBLISHED / "synthea-visit.json").read_bytes()
    for _ in range(2):
        report = office.take_in(body)
        assert report.refused == []
    assert (report.created, report.duplicates) == (0, 1)
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    assert "member id is missing" in asked(office, encounter)["registration_incomplete"]
    office.complete(encounter, "registration_incomplete", "fields_completed", {"corrections": POLICY})
    office.go_on(encounter)
    reason = asked(office, encounter)["code_review"]
    assert "service 1: General examination of patient (procedure) (SNOMED CT 162673000)" in reason
    assert "diagnosis 1: Anemia (disorder) (SNOMED CT 271737000)" in reason
    body = to_submission(office, encounter)
    assert b"SV1*HC:99213*129.16*UN*1" in body
    assert b"HI*ABK:J069~" in body
    assert b"NM1*85*2*Example Clinic*****XX*" + CLINIC_NPI.encode() in body
    with office.database.reading() as session:
        [row] = session.exec(select(Patient).where(Patient.practice_id == office.practice_id))
        numbers = sent.numbers_of(session, practice_id=office.practice_id, patient_id=row.id)
    assert [one.system for one in numbers] == ["http://hospital.smarthealthit.org"]


def test_a_published_charge_with_its_code_in_a_strange_field_keeps_every_word(office: Office) -> None:
    set_up(office)
    report = office.take_in((PUBLISHED / "medplum-dft.hl7").read_bytes())
    assert (report.created, report.refused) == (1, [])
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    reason = asked(office, encounter)
    if "registration_incomplete" in reason:
        office.complete(encounter, "registration_incomplete", "fields_completed", {"corrections": POLICY})
        office.go_on(encounter)
    told = asked(office, encounter)["code_review"]
    assert "150.00" in told
    assert "Blood Test (CPT 85025)" in told
    assert b"SV1*HC:99213*80*UN*1" in to_submission(office, encounter)


def test_a_published_message_without_a_charge_is_kept_with_a_task(office: Office) -> None:
    report = office.take_in((PUBLISHED / "linuxforhealth-dft.hl7").read_bytes())
    [refused] = report.refused
    assert (refused.segment, refused.reason.split(";")[0]) == ("FT1", "no charge: nothing to bill")
    assert [kind for kind, _ in office_tasks(office)] == ["intake_error"]


@pytest.mark.parametrize("shape", DFT_SHAPES)
def test_a_charge_of_every_shape_reaches_submission_once(office: Office, shape: str) -> None:
    set_up(office)
    set_price(office)
    for control in ("M1", "M2"):
        report = office.take_in(message(*DFT_SHAPES[shape], control=control))
        assert report.refused == []
    assert (report.created, report.duplicates) == (0, 1)
    [encounter] = office.encounter_ids()
    assert b"SV1*HC:" in to_submission(office, encounter)
    assert office_tasks(office) == []


@pytest.mark.parametrize("shape", UNREADABLE_SHAPES)
def test_a_charge_without_patient_day_or_service_is_kept_with_a_task(office: Office, shape: str) -> None:
    report = office.take_in(message(*UNREADABLE_SHAPES[shape]))
    assert (report.created, len(report.refused)) == (0, 1)
    assert [kind for kind, _ in office_tasks(office)] == ["intake_error"]


def test_a_patient_is_found_again_by_the_number_of_the_sending_system(office: Office) -> None:
    set_up(office)
    office.take_in(adt())
    report = office.take_in(dft(IN1="", PID="PID|1||MRN77^^^CLINIC^MR||Doe-Smith^Jane"))
    assert (report.created, report.refused) == (1, [])
    with office.database.reading() as session:
        [row] = session.exec(select(Patient).where(Patient.practice_id == office.practice_id))
        [number] = session.exec(select(VisitNumber).where(VisitNumber.practice_id == office.practice_id))
    assert row.last_name == "Doe-Smith"
    assert (number.system, number.number, number.message_number) == ("EHR CLINIC", "V2001", "M1")
    [encounter] = office.encounter_ids()
    body = to_submission(office, encounter)
    assert b"NM1*IL*1*Doe-Smith*Jane****MI*ABC123456~" in body
    assert b"NM1*PR*2*Example Payer*****PI*99999~" in body


def test_a_number_that_names_somebody_else_is_asked_about(office: Office) -> None:
    set_up(office)
    office.take_in(adt())
    report = office.take_in(dft(PID="PID|1||MRN77^^^CLINIC^MR||Poe^Edgar||19090119|M"))
    [refused] = report.refused
    assert (refused.segment, "another patient's here" in refused.reason) == ("DFT P03 patient", True)
    assert [kind for kind, _ in office_tasks(office)] == ["intake_error"]


def test_a_charge_that_comes_later_under_the_visits_number_is_added(office: Office) -> None:
    set_up(office)
    office.take_in(dft())
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    late = dft(ft1(), ft1("36415", "12.00"), control="M2")
    for _ in range(2):
        report = office.take_in(late)
        assert report.refused == []
    assert (report.amended, report.duplicates) == (0, 1)
    office.go_on(encounter)
    assert office.take_in(dft(ft1("36415", "12.00"), control="M3")).duplicates == 1
    assert office.encounter_ids() == [encounter]
    body = to_submission(office, encounter)
    assert b"SV1*HC:99213*150*UN*1" in body
    assert b"SV1*HC:36415*12*UN*1" in body


def test_a_charge_that_comes_again_with_another_price_is_asked_about(office: Office) -> None:
    set_up(office)
    office.take_in(dft())
    report = office.take_in(dft(ft1(price="175.00"), control="M2"))
    assert "another price" in report.refused[0].reason
    assert len(office.encounter_ids()) == 1
    assert [kind for kind, _ in office_tasks(office)] == ["intake_error"]


def test_a_service_that_is_not_billed_is_left_out_by_the_coder(office: Office) -> None:
    set_up(office)
    told = dft(ft1(), "FT1|2|||20261020||CG|NOTE^Notes taken^L|||1|1.00")
    office.take_in(told)
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.complete(encounter, "code_review", "recoded", {"corrections": "line.2.procedure = none"})
    office.go_on(encounter)
    body = to_submission(office, encounter)
    assert body.count(b"SV1*") == 1
    assert b"*150***11:B:1*" in body


def book(office: Office) -> list[Appointment]:
    with office.database.reading() as session:
        rows = list(session.exec(select(Appointment).where(Appointment.practice_id == office.practice_id)))
        session.expunge_all()
        return rows


@pytest.mark.parametrize("shape", SIU_SHAPES)
def test_an_appointment_of_every_shape_is_in_the_book_once(office: Office, shape: str) -> None:
    for control in ("S1", "S2"):
        report = office.take_in(message(*SIU_SHAPES[shape], kind="SIU^S12", control=control))
        assert report.refused == []
    [row] = book(office)
    assert (str(row.day), row.at_time, row.state, row.booked_by) == ("2026-11-17", "08:45", Coming.BOOKED, None)
    with office.database.reading() as session:
        [shown] = appointments.of_day(session, practice_id=office.practice_id, day=row.day)
    assert shown.minutes in {20, 30, 60}


def siu(event: str, start: str = "20261117084500", *, at: str, **changed: str) -> bytes:
    rows = {
        "SCH": f"SCH|P1|F1|||||FU^Follow-up^L||||^^30^{start}",
        "PID": "PID|1||A7^^^PM^PI||Roe^Ada||19620803|F",
    } | changed
    return message(*rows.values(), kind=f"SIU^{event}", control=f"{event}{at}", at=at)


def test_an_appointment_is_followed_whatever_comes_late(office: Office) -> None:
    steps = [
        ("S12", "20261117084500", "1", "2026-11-17", Coming.BOOKED),
        ("S13", "20261118093000", "3", "2026-11-18", Coming.BOOKED),
        ("S14", "20261117084500", "2", "2026-11-18", Coming.BOOKED),
        ("S15", "20261118093000", "4", "2026-11-18", Coming.CANCELLED),
        ("S12", "20261119100000", "5", "2026-11-19", Coming.BOOKED),
        ("S26", "20261119100000", "6", "2026-11-19", Coming.NO_SHOW),
        ("S17", "20261119100000", "7", "2026-11-19", Coming.CANCELLED),
    ]
    for event, start, second, day, state in steps:
        report = office.take_in(siu(event, start, at=f"2026102108000{second}"))
        assert report.refused == []
        [row] = book(office)
        assert (str(row.day), row.state) == (day, state)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (siu("S12", "soon", at="20261021080001"), "SCH-11"),
        (siu("S15", "", at="20261021080001"), "SCH-11"),
        (siu("S12", at="20261021080001", SCH="SCH||||||||||||^^^20261117084500"), "SCH-2"),
        (siu("S12", at="20261021080001", PID="PID|1"), "PID-5"),
        (siu("S19", at="20261021080001"), "MSH-9"),
    ],
)
def test_an_appointment_that_cannot_be_read_is_kept_with_a_task(office: Office, body: bytes, place: str) -> None:
    report = office.take_in(body)
    assert [one.segment for one in report.refused] == [place]
    assert [kind for kind, _ in office_tasks(office)] == ["intake_error"]
    assert book(office) == []


def test_an_appointment_that_overlaps_is_kept_and_told(office: Office) -> None:
    office.take_in(siu("S12", at="20261021080001"))
    other = {"SCH": "SCH|P2|F2|||||FU^Follow-up^L||||^^30^20261117090000"}
    report = office.take_in(siu("S12", at="20261021080002", **other))
    assert report.refused == []
    assert any("the patient is expected from 08:45 to 09:15, provider not named" in note for note in report.notes)
    with office.database.reading() as session:
        shown = appointments.of_day(session, practice_id=office.practice_id, day=book(office)[0].day)
    assert [len(one.overlaps) for one in shown] == [1, 1]
    report = office.take_in(siu("S15", at="20261021080003", **other))
    assert not any("expected" in note for note in report.notes)


def test_an_appointment_told_twice_at_the_same_moment_is_one(office: Office) -> None:
    def take(number: int) -> list[str]:
        return [one.reason for one in office.take_in(siu("S12", at=f"2026102108000{number}")).refused]

    assert together(4, take) == [[], [], [], []]
    [row] = book(office)
    with office.database.reading() as session:
        known = session.exec(select(Patient).where(Patient.practice_id == office.practice_id)).all()
    assert [one.id for one in known] == [row.patient_id]
