"""Papers that wait and runs over them, for the stories about statements."""

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Any

from sqlmodel import select
from temporalio.testing import ActivityEnvironment

from activities import statement_runs as running
from activities.mail_line import MailServer
from activities.messages import ReconcileStep, StatementRunStanding, StatementRunStep
from activities.statement_runs import StatementRunActivities
from billing.consents import Consent, ConsentKind
from billing.dunning import Notice
from billing.statement_runs import RunStep
from database import consents, statement_runs
from database.tables import CrossedPayment, Letter, Patient, StatementRun, StatementRunItem
from tests.office import Office
from tests.stories.test_households import billed, child

NO_SERVER = MailServer("")
SHARE = 2000


def waiting(office: Office, count: int, *, first: int = 1) -> list[str]:
    """So many visits, each with a statement that waits in the print queue."""
    visits = [child(office, f"CHILD{number}", number, share=SHARE) for number in range(first, first + count)]
    billed(office, *(office.patient_of(one) for one in visits))
    assert all(letter_of(office, one).sent_at is None for one in visits)
    return visits


def letter_of(office: Office, visit: str) -> Letter:
    """The newest paper of the visit's account."""
    with office.database.reading() as session:
        query = select(Letter).where(Letter.patient_id == office.patient_of(visit))
        return session.exec(query.order_by(Letter.written_at.desc())).first()  # type: ignore[attr-defined,return-value]


def wants_email(office: Office, visit: str, address: str, *, is_given: bool = True) -> None:
    with office.database.writing() as session:
        patient = session.get_one(Patient, office.patient_of(visit))
        patient.email = address
        session.add(patient)
        said = Consent(ConsentKind.ELECTRONIC, is_given, date(2026, 1, 2), "the patient")
        consents.keep(session, patient, said, at=office.now, by=office.worker_id)


def begun(office: Office, *kinds: Notice) -> str:
    with office.database.writing() as session:
        chosen = kinds or tuple(Notice)
        row = running.begin(session, practice_id=office.practice_id, kinds=chosen, at=office.now, by=office.worker_id)
        return row.id


def step_of(office: Office, run_id: str) -> StatementRunStep:
    return StatementRunStep(practice_id=office.practice_id, run_id=run_id, at=office.now)


def call(office: Office, server: MailServer, name: str, run_id: str) -> StatementRunStanding:
    """One step, as the workflow would take it."""
    activities = StatementRunActivities(office.database, server)
    made: Any = ActivityEnvironment().run(getattr(activities, name), step_of(office, run_id))
    return made


STEPS = {
    RunStep.TAKE: "take_papers",
    RunStep.MAIL: "mail_papers",
    RunStep.SET: "set_papers",
    RunStep.MAKE_FILE: "make_file",
}


def go_on(office: Office, run_id: str, server: MailServer = NO_SERVER) -> StatementRunStanding:
    """Every step until the run ends or waits."""
    standing = call(office, server, "take_papers", run_id)
    while standing.step in STEPS:
        standing = call(office, server, STEPS[standing.step], run_id)
    return standing


def run(office: Office, server: MailServer = NO_SERVER) -> str:
    run_id = begun(office)
    go_on(office, run_id, server)
    return run_id


def row_of(office: Office, run_id: str) -> StatementRun:
    with office.database.reading() as session:
        return session.get_one(StatementRun, run_id)


def file_of(office: Office, run_id: str) -> bytes:
    with office.database.reading() as session:
        found = statement_runs.file_of(session, run_id)
    assert found is not None
    return found


def items(office: Office, run_id: str) -> list[StatementRunItem]:
    with office.database.reading() as session:
        return list(statement_runs.items(session, run_id))


def fates(office: Office, run_id: str) -> list[tuple[str, str]]:
    return [(one.channel, one.state) for one in items(office, run_id)]


def crossed(office: Office) -> dict[str, int]:
    """Cents by letter."""
    with office.database.reading() as session:
        return {one.letter_id: one.amount_cents for one in session.exec(select(CrossedPayment))}


def begun_by_plan(office: Office) -> int:
    """What the schedule begins now."""
    activities = StatementRunActivities(office.database, NO_SERVER)
    return activities.begin_due_runs(ReconcileStep(at=office.now)).runs


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what a worker does beside."""
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come to that")
