"""A patient's record beside the visits: what a correction and a later file say of the patient, on the books."""

from dataclasses import replace
from datetime import date

import pytest
from sqlmodel import select

from billing.amendments import Change
from billing.claim import Address, Claim
from billing.patients import Registration
from database import registrations
from database.tables import AuditEvent, Encounter, Patient
from tests.builders import a_277ca, a_claim, a_line, an_837p
from tests.office import Office

BOTH_DATABASES = True


def at(street: str) -> Address:
    return Address(street, "SPRINGFIELD", "IL", "62701")


def a_visit(day: int = 20, street: str = "1 MAIN ST", last: str = "DOE") -> Claim:
    claim = a_claim(a_line(service_date=date(2026, 10, day)), control_number=f"V{day}")
    patient = replace(claim.patient, name=replace(claim.patient.name, last=last), address=at(street))
    return replace(claim, patient=patient, subscriber=patient)


def rejected(office: Office, claim: Claim) -> str:
    """An encounter whose claim was rejected: a person is asked to correct it."""
    office.take_in(an_837p(claim))
    [encounter] = office.encounter_ids()
    office.go_on(encounter)
    office.send_claims()
    number = office.submission(encounter).control_number
    office.deliver(a_277ca(number, accepted=False))
    office.go_on(encounter)
    return encounter


def record(office: Office) -> Registration:
    with office.database.reading() as session:
        return registrations.of_row(session.exec(select(Patient)).one())


def audited(office: Office) -> list[tuple[str, str]]:
    with office.database.reading() as session:
        rows = session.exec(select(AuditEvent).where(AuditEvent.subject == "patient"))
        return [(one.actor_id, one.reason) for one in rows]


def test_a_name_put_right_on_a_task_is_put_right_on_the_patient(office: Office) -> None:
    encounter = rejected(office, a_visit(last="DOH"))
    typed = {"corrections": "patient.last_name = DOE\npatient.street = 9 NORTH ST"}
    done = office.complete(encounter, "claim_rejected", "corrected_new_claim", typed)
    office.take_in(an_837p(a_visit(21, street="9 NORTH ST")))
    known = record(office)

    assert done.answer.done
    assert (known.last_name, known.address) == ("DOE", at("9 NORTH ST"))
    assert audited(office) == [(office.worker_id, f"by a correction of visit {encounter}: last name, address")]
    assert "The patient's record takes over: last name, address" in office.story(encounter)


def test_a_visit_that_was_another_persons_renames_nobody(office: Office) -> None:
    encounter = rejected(office, a_visit())
    typed = {"corrections": "patient.first_name = JOHN\npatient.birth_date = 1979-12-24"}
    office.complete(encounter, "claim_rejected", "corrected_new_claim", typed)
    with office.database.reading() as session:
        said = session.exec(select(Encounter.record)).one()

    assert "JOHN" in said
    assert record(office).first_name == a_claim().patient.name.first
    assert audited(office) == []


def test_an_amendment_puts_the_patient_right_too(office: Office) -> None:
    encounter = rejected(office, a_visit())
    typed = {"corrections": "patient.sex = M", "reason": "misread"}
    office.amend(encounter, Change.CORRECT, typed)
    office.go_on(encounter)

    assert record(office).sex == "M"
    assert audited(office) == [(office.supervisor_id, f"by a correction of visit {encounter}: sex")]


@pytest.mark.parametrize(("day", "street"), [(21, "9 NORTH ST"), (5, "1 MAIN ST")])
def test_a_later_file_moves_the_patient_and_an_older_visit_does_not(office: Office, day: int, street: str) -> None:
    office.take_in(an_837p(a_visit()))
    office.take_in(an_837p(a_visit(day, street="9 NORTH ST")))
    assert record(office).address == at(street)
