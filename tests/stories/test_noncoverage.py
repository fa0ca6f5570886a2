"""What Original Medicare is expected to refuse is told before the visit, and the claim says how it stands."""

from dataclasses import replace
from datetime import date, timedelta

from sqlmodel import select

from activities.check_desk import check
from activities.desk import Desk
from billing.claim import Claim
from billing.coordination import own_policy
from billing.held_policies import HeldPolicy
from billing.money import Cents
from billing.noncoverage import Choice, NoticeRule
from database import appointments, held_policies, noncoverage, registrations, tasks
from database.noncoverage import Told
from database.tables import Appointment, Encounter, Patient, Task
from tests.builders import a_claim, a_line, an_837p
from tests.office import Office
from tests.stories.amending import went_out
from tests.stories.test_coming_visit import booked, go_on

BOTH_DATABASES = True
LIPIDS = "80061"


def for_medicare(office: Office, number: int = 1) -> Claim:
    claim = a_claim(a_line(LIPIDS, service_date=office.today), member_id="1EG4TE5MK73", control_number=f"LAB{number}")
    return replace(claim, coverage=replace(claim.coverage, filing_indicator="MB"))


def rule(office: Office) -> None:
    with office.database.writing() as session:
        wanted = NoticeRule(LIPIDS, LIPIDS, "Medicare pays this test once in five years", date(2020, 1, 1))
        noncoverage.add_rule(session, wanted, practice_id=office.practice_id)


def planned(office: Office) -> str:
    """A visit of a patient of Original Medicare with the test."""
    appointment = booked(office, is_insured=False)
    with office.database.writing() as session:
        row = session.get_one(Appointment, appointment)
        row.procedures = LIPIDS
        patient = session.get_one(Patient, row.patient_id)
        registrations.know_as(session, patient, for_medicare(office))
        policy = HeldPolicy(own_policy(for_medicare(office)))
        held_policies.keep(session, patient, [policy], at=office.now, by=office.worker_id)
        appointments.wake(session, row, at=office.now)
    return appointment


def wanted(office: Office, appointment: str) -> list[Task]:
    go_on(office, appointment)
    with office.database.reading() as session:
        found = tasks.open_tasks(session, practice_id=office.practice_id, subject_id=appointment)
        return [one for one in found if one.type == "notice_wanted"]


def chose(office: Office, choice: Choice) -> None:
    with office.database.writing() as session:
        patient = session.exec(select(Patient).where(Patient.practice_id == office.practice_id)).one()
        told = Told((LIPIDS,), "once in five years", Cents(4500), choice, office.today)
        noncoverage.keep(session, patient, told, at=office.now, by=office.worker_id)


def came(office: Office) -> str:
    before = set(office.encounter_ids())
    office.take_in(an_837p(for_medicare(office)))
    [encounter] = set(office.encounter_ids()) - before
    office.go_on(encounter)
    return encounter


def test_a_notice_is_asked_for_before_the_visit_and_its_signature_goes_on_the_claim(office: Office) -> None:
    rule(office)
    appointment = planned(office)
    [task] = wanted(office, appointment)
    assert "80061: Medicare pays this test once in five years" in task.reason
    assert task.role == "front_desk"
    chose(office, Choice.BILL_MEDICARE)
    assert wanted(office, appointment) == []
    encounter = came(office)
    assert went_out(office).lines[0].modifiers == ("GA",)
    assert "The patient signed a notice of non-coverage: GA goes on the claim" in office.story(encounter)


def test_the_notice_is_asked_for_with_the_day_to_which_the_visit_moved(office: Office) -> None:
    rule(office)
    appointment = planned(office)
    assert len(wanted(office, appointment)) == 1
    with office.database.writing() as session:
        row = session.get_one(Appointment, appointment)
        row.day += timedelta(days=2)
        later = row.day
    [task] = wanted(office, appointment)
    assert task.reason.startswith(f"The visit of {later} ")


def test_without_a_notice_the_claim_waits_until_it_says_so(office: Office) -> None:
    rule(office)
    encounter = came(office)
    assert office.open_task_types(encounter) == ["claim_edit_failed"]
    office.complete(encounter, "claim_edit_failed", "fixed", {"corrections": "line.1.modifiers = GZ"})
    office.go_on(encounter)
    assert went_out(office).lines[0].modifiers == ("GZ",)


def test_who_wants_no_claim_to_medicare_is_not_billed_there(office: Office) -> None:
    rule(office)
    appointment = planned(office)
    chose(office, Choice.PAY_ALONE)
    assert wanted(office, appointment) == []
    encounter = came(office)
    [task] = [one for one in office.open_task_types(encounter) if one == "claim_edit_failed"]
    assert task
    assert office.wire.claims == {}


def test_who_is_not_with_original_medicare_is_asked_nothing(office: Office) -> None:
    rule(office)
    appointment = booked(office)
    with office.database.writing() as session:
        row = session.get_one(Appointment, appointment)
        row.procedures = LIPIDS
        session.add(row)
    assert wanted(office, appointment) == []


def test_a_signed_notice_counts_while_codes_are_typed(office: Office) -> None:
    rule(office)
    encounter = came(office)
    with office.database.writing() as session:
        patient = session.get_one(Patient, office.patient_of(encounter))
        told = Told((LIPIDS,), "once in five years", Cents(4500), Choice.BILL_MEDICARE, office.today)
        noncoverage.keep(session, patient, told, at=office.now, by=office.worker_id)
        desk = Desk(session, session.get_one(Encounter, encounter), office.now)
        assert [one.edit for one in check(desk, {}, {}).findings if one.edit.startswith("A03")] == []
        session.rollback()
