"""Asks for the charges of who arrived and has no visit: the money that is lost without a trace."""

from datetime import datetime, timedelta

from sqlmodel import Session

from billing.tasks import NewTask, TaskType
from database import missing_charges, office, tasks

LOOK_BACK = timedelta(days=30)
"""How old an appointment is asked about"""


def look(session: Session, *, at: datetime) -> int:
    """Open a task for each appointment that has no visit in time, and close those whose visit has come; gives how many
    were opened."""
    opened = 0
    for practice in office.practices(session):
        policies = office.policies_for(session, practice_id=practice.id, payer_id=None)
        today = policies.day(at)
        for task in missing_charges.answered(session, practice_id=practice.id):
            tasks.close_task(session, task, resolution="visit_entered", at=at, actor_id=None)
        days = policies.value("missing_charge_days", as_of=today)
        if not days:
            continue
        last = today - timedelta(days=days)
        for one in missing_charges.unbilled(session, practice_id=practice.id, since=today - LOOK_BACK, until=last):
            reason = (
                f"the patient who arrived on {one.day} at {one.at_time} for {one.provider} has no visit of that day: "
                "enter it, or say why nothing is billed"
            )
            new = NewTask(TaskType.MISSING_CHARGE, key="", reason=reason)
            subject = {"subject": "appointment", "subject_id": one.id}
            opened += tasks.open_task(session, new, practice_id=practice.id, at=at, **subject) is not None
    return opened
