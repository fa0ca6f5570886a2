"""An authorization is asked for before the visit, goes on the claim by itself, and is counted."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from sqlmodel import select

from billing.authorizations import AuthorizationRule, AuthorizationState
from billing.eligibility import Benefit
from billing.tasks import TaskType
from database import appointments, authorizations, tasks
from database.authorizations import Said
from database.tables import Appointment, Patient, Task
from tests.builders import a_claim, a_line, an_837p
from tests.office import Office, active
from tests.stories.amending import went_out
from tests.stories.test_coming_visit import booked, go_on

BOTH_DATABASES = True
MRI = "70551"


def rule(office: Office) -> None:
    with office.database.writing() as session:
        wanted = AuthorizationRule("99999", "70540", "70559", date(2026, 1, 1))
        authorizations.add_rule(session, wanted, "the payer's list", practice_id=office.practice_id)


def open_tasks(office: Office, appointment: str) -> list[Task]:
    with office.database.reading() as session:
        found = tasks.open_tasks(session, practice_id=office.practice_id, subject_id=appointment)
        return [one for one in found if one.type == TaskType.AUTHORIZATION_MISSING]


def authorized(office: Office, *, until: date, units: int | None = 1) -> None:
    said = Said(
        "99999",
        AuthorizationState.APPROVED,
        "AUTH77",
        valid_from=office.today,
        valid_to=until,
        procedures=(MRI,),
        units=None if units is None else Decimal(units),
    )
    with office.database.writing() as session:
        patient = session.exec(select(Patient).where(Patient.practice_id == office.practice_id)).one()
        authorizations.keep(session, patient, said, at=office.now, by=office.worker_id)


def planned(office: Office, appointment: str, day: date | None = None, procedures: str = MRI) -> None:
    with office.database.writing() as session:
        row = session.get_one(Appointment, appointment)
        row.procedures = procedures
        row.day = day or row.day
        session.add(row)
        appointments.wake(session, row, at=office.now)


def test_it_is_asked_for_before_the_visit_and_the_task_ends_with_it(office: Office) -> None:
    rule(office)
    appointment = booked(office)
    planned(office, appointment)
    go_on(office, appointment)
    [task] = open_tasks(office, appointment)
    assert task.type == "authorization_missing"
    assert MRI in task.reason
    authorized(office, until=office.today + timedelta(days=30))
    assert go_on(office, appointment).open_tasks == 0


def test_it_ends_between_booking_and_the_visit_that_was_put_off(office: Office) -> None:
    rule(office)
    appointment = booked(office)
    authorized(office, until=office.today + timedelta(days=25))
    planned(office, appointment)
    assert go_on(office, appointment).open_tasks == 0
    planned(office, appointment, office.today + timedelta(days=26))
    go_on(office, appointment)
    [task] = open_tasks(office, appointment)
    assert "AUTH77 holds from" in task.reason


def test_what_is_asked_for_says_the_day_and_the_services_of_the_visit_as_it_is_now(office: Office) -> None:
    rule(office)
    appointment = booked(office)
    planned(office, appointment)
    go_on(office, appointment)
    later = office.today + timedelta(days=26)
    planned(office, appointment, later, procedures=f"{MRI} 70552")
    assert go_on(office, appointment).open_tasks == 1
    [task] = open_tasks(office, appointment)
    assert task.reason.startswith(f"The visit of {later} 09:30")
    assert "70552" in task.reason
    assert go_on(office, appointment).open_tasks == 1
    assert [one.id for one in open_tasks(office, appointment)] == [task.id]


def test_nothing_is_asked_for_a_service_that_is_no_longer_planned_until_it_is_again(office: Office) -> None:
    rule(office)
    appointment = booked(office)
    for _ in range(2):
        planned(office, appointment)
        go_on(office, appointment)
        assert len(open_tasks(office, appointment)) == 1
        planned(office, appointment, procedures="")
        assert go_on(office, appointment).open_tasks == 0


def test_what_a_person_has_dealt_with_is_not_asked_again(office: Office) -> None:
    rule(office)
    appointment = booked(office)
    planned(office, appointment)
    go_on(office, appointment)
    with office.database.writing() as session:
        [task] = open_tasks(office, appointment)
        row = session.get_one(Task, task.id)
        tasks.close_task(session, row, resolution="answered", at=office.now, actor_id=office.worker_id)
    assert go_on(office, appointment).open_tasks == 0


def visit(office: Office, number: int) -> str:
    claim = a_claim(a_line(MRI, service_date=office.today), control_number=f"MRI{number}")
    before = set(office.encounter_ids())
    office.take_in(an_837p(claim, number=number))
    [encounter] = set(office.encounter_ids()) - before
    office.go_on(encounter)
    return encounter


def test_the_only_one_goes_on_the_claim_and_its_units_are_counted(office: Office) -> None:
    rule(office)
    booked(office)
    authorized(office, until=office.today + timedelta(days=5))
    first = visit(office, 1)
    assert went_out(office).authorization == "AUTH77"
    assert any("AUTH77" in text for text in office.story(first))
    with office.database.reading() as session:
        [one] = authorizations.of_patient(session, office.patient_of(first), today=office.today)
    assert (one.used, one.is_over) == (Decimal(1), True)
    office.now += timedelta(days=1)
    second = visit(office, 2)
    assert office.open_task_types(second) == ["claim_edit_failed"]
    told = {"corrections": "authorization = NEW99"}
    result = office.complete(second, "claim_edit_failed", "fixed", told)
    assert result.answer.done, result.answer
    office.go_on(second)
    assert went_out(office).authorization == "NEW99"


def test_after_it_has_ended_the_claim_waits(office: Office) -> None:
    rule(office)
    booked(office)
    authorized(office, until=office.today + timedelta(days=1), units=None)
    office.now += timedelta(days=2)
    encounter = visit(office, 1)
    assert office.open_task_types(encounter) == ["claim_edit_failed"]
    assert office.wire.claims == {}


def test_what_the_payer_says_it_wants_authorized_needs_no_rule_of_ours(office: Office) -> None:
    told = Benefit("1", service_types=("4",), authorization_required="Y", procedure=f"HC:{MRI}")
    office.wire.answer = lambda inquiry: replace(active(inquiry), benefits=(*active(inquiry).benefits, told))
    appointment = booked(office)
    planned(office, appointment)
    go_on(office, appointment)
    [task] = open_tasks(office, appointment)
    assert f"{MRI} must be authorized" in task.reason
    encounter = visit(office, 1)
    assert office.open_task_types(encounter) == ["claim_edit_failed"]
