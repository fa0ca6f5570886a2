"""Asks for the good-faith estimate that the law wants for who pays alone, and stops asking when the reason is gone."""

from datetime import datetime

from sqlmodel import Session

from billing.deadlines import after_business_days
from billing.good_faith import due_in
from billing.tasks import NewTask, TaskType
from database import good_faith, office, tasks
from database.appointments import Coming
from database.tables import Appointment


def keep_asking(session: Session, row: Appointment, *, pays_alone: bool, at: datetime) -> None:
    """Open the task for a booked visit in its legal time, once for a day; or close it: the patient is insured after
    all, does not come, or comes on another day."""
    asked = good_faith.asked_for(session, row.id)
    key = str(row.day)
    waits = row.state == Coming.BOOKED and pays_alone
    for task in asked:
        if task.state == "open" and not (waits and f":{key}:" in task.opening_key):
            tasks.close_task(session, task, resolution="no_longer_due", at=at, actor_id=None)
    about = [task for task in asked if f":{key}:" in task.opening_key]
    if not waits or any(task.state == "open" or task.closed_by for task in about):
        return
    if good_faith.given(session, patient_id=row.patient_id, day=row.day) is not None:
        return
    booked = office.policies_for(session, practice_id=row.practice_id, payer_id=None).day(row.booked_at)
    days = due_in(booked, row.day)
    if days is None:
        return
    reason = (
        f"The patient pays alone and was booked on {booked} for {row.day} at {row.at_time}: a good-faith estimate is "
        f"due within {days} business day{'s' if days > 1 else ''} of booking (45 CFR 149.610)."
    )
    new = NewTask(
        TaskType.GOOD_FAITH_ESTIMATE_DUE,
        key=f"{key}:{len(about)}",
        reason=reason,
        detail={"patient_id": row.patient_id},
        business_days=days,
        not_after=after_business_days(row.booked_at, days),
    )
    tasks.open_task(session, new, practice_id=row.practice_id, subject="appointment", subject_id=row.id, at=at)
