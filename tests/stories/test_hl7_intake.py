"""HL7 v2 charges start encounters that reach submission; the same message twice starts one; nothing is lost."""

from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from database import encounters, sent
from database.tables import Encounter, InboundMessage, Patient
from tests.builders import CLINIC_NPI
from tests.interchange.hl7_messages import adt, dft, ft1
from tests.office import Office
from tests.stories.test_bad_input import office_tasks
from tests.stories.test_fhir_intake import set_up

BOTH_DATABASES = True


def test_charges_reach_submission_once(office: Office) -> None:
    set_up(office)
    for control in ("M1", "M1", "M2"):
        report = office.take_in(dft(control=control))
        assert (report.kind, report.claims, report.refused) == ("HL7v2", 1, [])
    assert (report.created, report.duplicates) == (0, 1)
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    [body] = office.wire.claims.values()
    assert b"SV1*HC:99213*150*UN*1" in body
    assert b"NM1*85*2*Example Clinic*****XX*" + CLINIC_NPI.encode() in body
    assert office_tasks(office) == []


def test_a_file_of_many_messages_keeps_its_good_ones(office: Office) -> None:
    set_up(office)
    good, bad = dft(), dft(ft1(""), control="M2")
    other = dft(control="M3", kind="MDM^T02")
    report = office.take_in(b"".join(b"\x0b" + one + b"\x1c\r" for one in (good, bad, other)))
    assert (report.claims, report.created) == (3, 1)
    assert [(one.claim, one.segment) for one in report.refused] == [("V2001", "FT1[0]-25"), ("M3", "MSH-9")]
    [(kind, reason)] = office_tasks(office)
    assert kind == "intake_error"
    assert "FT1[0]-25: no code" in reason
    with office.database.reading() as session:
        kept = session.exec(select(InboundMessage).where(InboundMessage.practice_id == office.practice_id)).one()
    assert (kept.kind, kept.state) == ("HL7v2", "filed")


def test_a_message_that_cannot_be_read_is_kept_with_a_task(office: Office) -> None:
    report = office.take_in(b"MSH|^^^^|A")
    assert report.unreadable is not None
    assert [kind for kind, _ in office_tasks(office)] == ["intake_error"]


def patients(office: Office) -> list[Patient]:
    with office.database.reading() as session:
        query = select(Patient).where(Patient.practice_id == office.practice_id)
        rows = list(session.exec(query.order_by(Patient.created_at, Patient.id)))
        session.expunge_all()
        return rows


def test_a_patient_is_registered_once_and_followed(office: Office) -> None:
    for control in ("A1", "A2"):
        report = office.take_in(adt(control=control))
        assert (report.claims, report.refused) == (0, [])
    [row] = patients(office)
    assert (row.last_name, row.first_name, row.telephone) == ("Doe", "Jane", "5555550123")
    office.take_in(adt("A08", pid_11="2 Oak St^^Anytown^OH^44101", pid_13=""))
    [row] = patients(office)
    assert "2 Oak St" in (row.address or "")
    assert row.telephone == "5555550123"


def test_a_visit_finds_the_patient_whom_an_adt_registered(office: Office) -> None:
    set_up(office)
    office.take_in(adt())
    office.take_in(dft())
    [row] = patients(office)
    assert row.telephone == "5555550123"


def test_a_patient_without_a_policy_is_known_by_name_and_birth_date(office: Office) -> None:
    office.take_in(adt(policy=None))
    office.take_in(adt("A31", control="A2"))
    office.take_in(adt("A31", control="A3", pid_3="MRN78^^^CLINIC^MR", pid_5="Doe^John"))
    assert sorted(one.first_name or "" for one in patients(office)) == ["Jane", "John"]


@pytest.mark.parametrize(
    ("body", "place"),
    [(adt(pid_5=""), "PID-5"), (adt(policy=None, pid_3="", pid_7="1980"), "PID-7"), (adt("A40"), "MSH-9")],
)
def test_a_patient_whom_nobody_would_know_again_is_a_task(office: Office, body: bytes, place: str) -> None:
    report = office.take_in(body)
    assert [one.segment for one in report.refused] == [place]
    assert [kind for kind, _ in office_tasks(office)] == ["intake_error"]
    assert patients(office) == []


def test_late_charges_told_one_after_the_other_are_all_kept(office: Office) -> None:
    set_up(office)
    office.take_in(dft())
    for number, code in enumerate(("93000", "36415", "81002"), start=2):
        office.now += timedelta(seconds=1)
        report = office.take_in(dft(ft1(code, price="20.00"), control=f"M{number}"))
        assert (report.amended, report.refused) == (1, [])
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.go_on(encounter)
    with office.database.reading() as session:
        billed = encounters.claim_of(session.get_one(Encounter, encounter)).lines
    assert sorted(line.procedure for line in billed) == ["36415", "81002", "93000", "99213"]
    assert office.take_in(dft(ft1("93000", price="20.00"), control="M9")).duplicates == 1


def test_a_visit_that_another_told_of_at_this_moment_is_counted_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number of the visit is given away between the look and the write: the visit is taken in once more."""
    set_up(office)
    real, tries = sent.keep_words, count(1)

    def beaten(*given: Any) -> None:
        if next(tries) == 1:
            raise IntegrityError("INSERT INTO visit_number", None, Exception("it is there"))
        real(*given)

    monkeypatch.setattr(sent, "keep_words", beaten)
    report = office.take_in(dft())
    assert next(tries) == 3
    assert (report.claims, report.created, report.duplicates, report.refused) == (1, 1, 0, [])
    assert len(office.encounter_ids()) == 1


def test_a_charge_of_somebody_unknown_under_a_known_visit_number_is_a_task(office: Office) -> None:
    set_up(office)
    office.take_in(dft())
    pid = "PID|1||NEW1^^^CLINIC^MR||Zimmer^Zoe||19900101|F|||1 Elm St^^Anytown^OH^44101"
    other = dft(ft1("99215", price="300.00"), control="M2", PID=pid, IN1="")
    report = office.take_in(other)
    assert (report.amended, len(report.refused)) == (0, 1)
    assert "somebody with another name or birth date" in report.refused[0].reason
