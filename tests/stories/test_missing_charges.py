"""Who arrived and has no visit by the next day is asked for, once, until the visit comes."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import select
from temporalio.testing import ActivityEnvironment

from activities import missing_charges
from activities.messages import ReconcileStep
from activities.office_tasks import complete_office_task
from activities.reconcile import ReconcileActivities
from database import appointments, tasks, worklists
from database.appointments import Coming
from database.tables import Appointment, Task
from tests.builders import a_claim, a_line, an_837p
from tests.office import Office
from tests.stories.running import running

BOTH_DATABASES = True
ARRIVED = date(2026, 10, 30)


@pytest.fixture
def patient(office: Office) -> str:
    """Known from an earlier visit."""
    office.take_in(an_837p(a_claim(control_number="EARLIER")))
    [earlier] = office.encounter_ids()
    return office.patient_of(earlier)


def come(office: Office, patient: str, *, day: date = ARRIVED, state: Coming = Coming.ARRIVED) -> str:
    with office.database.writing() as session:
        row = appointments.book(
            session,
            practice_id=office.practice_id,
            patient_id=patient,
            day=day,
            at_time="09:30",
            minutes=20,
            provider="SMITH",
            reason="cough",
            at=office.now,
            by=office.worker_id,
        )
        row.state = state
        session.add(row)
        return row.id


def look(office: Office) -> int:
    with office.database.writing() as session:
        return missing_charges.look(session, at=office.now)


def asked(office: Office) -> list[Task]:
    with office.database.reading() as session:
        rows = session.exec(
            select(Task).where(Task.practice_id == office.practice_id, Task.type == "missing_charge")
        ).all()
        return list(rows)


def enter_visit(office: Office) -> None:
    office.take_in(an_837p(a_claim(a_line(service_date=ARRIVED), control_number="LATE"), number=2))


def test_it_is_asked_once_and_shown_with_the_patient(office: Office, patient: str) -> None:
    appointment = come(office, patient)
    assert [look(office), look(office)] == [1, 0]
    [task] = asked(office)
    assert (task.subject, task.subject_id, task.role) == ("appointment", appointment, "charge_reviewer")
    assert "arrived on 2026-10-30 at 09:30 for SMITH has no visit of that day" in task.reason
    with office.database.reading() as session:
        row = worklists.task(session, practice_id=office.practice_id, task_id=task.id)
    assert row is not None
    assert (row.patient, row.service_date) == ("DOE, JANE", ARRIVED)


@pytest.mark.parametrize(
    ("days_ago", "state", "policy", "count"),
    [
        (0, Coming.ARRIVED, 1, 0),
        (1, Coming.ARRIVED, 1, 1),
        (1, Coming.ARRIVED, 2, 0),
        (2, Coming.ARRIVED, 2, 1),
        (5, Coming.ARRIVED, 0, 0),
        (5, Coming.BOOKED, 1, 0),
        (5, Coming.NO_SHOW, 1, 0),
        (30, Coming.ARRIVED, 1, 1),
        (31, Coming.ARRIVED, 1, 0),
    ],
)
def test_whom_it_asks_about(
    office: Office, patient: str, days_ago: int, state: Coming, policy: int, count: int
) -> None:
    office.policy("missing_charge_days", policy)
    come(office, patient, day=office.today - timedelta(days=days_ago), state=state)
    assert look(office) == count


def test_who_has_a_visit_of_that_day_is_not_asked_about(office: Office, patient: str) -> None:
    come(office, patient)
    enter_visit(office)
    assert look(office) == 0


def test_the_task_closes_by_itself_when_the_visit_comes(office: Office, patient: str) -> None:
    come(office, patient)
    look(office)
    enter_visit(office)
    look(office)
    [task] = asked(office)
    assert (task.state, task.resolution, task.closed_by) == ("done", "visit_entered", None)
    assert look(office) == 0


def test_it_closes_when_the_patient_did_not_come_after_all(office: Office, patient: str) -> None:
    appointment = come(office, patient)
    look(office)
    with office.database.writing() as session:
        row = session.get_one(Appointment, appointment)
        row.state = Coming.NO_SHOW
        session.add(row)
    look(office)
    assert [one.state for one in asked(office)] == ["done"]


def test_a_person_says_why_nothing_is_billed_and_is_not_asked_again(office: Office, patient: str) -> None:
    come(office, patient)
    look(office)
    [task] = asked(office)
    with office.database.writing() as session:
        row = tasks.task(session, practice_id=office.practice_id, task_id=task.id)
        assert row is not None
        done = complete_office_task(
            session,
            practice_id=office.practice_id,
            task=row,
            resolution="not_billable",
            values={"reason": "a follow-up within the global period"},
            actor_id=office.worker_id,
            at=office.now,
        )
    assert done.done
    assert look(office) == 0
    assert [one.resolution for one in asked(office)] == ["not_billable"]


async def test_the_safety_net_asks_every_time_it_runs(office: Office, patient: str, engine: Any) -> None:
    async with running(office, engine) as live:
        come(office, patient, day=office.today - timedelta(days=21))
        reconcile = ReconcileActivities(office.database, live.client)
        for _ in range(2):
            await ActivityEnvironment().run(reconcile.reconcile, ReconcileStep(at=office.now))
    assert len(asked(office)) == 1
