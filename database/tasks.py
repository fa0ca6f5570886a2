"""Tasks: opened once per cause, listed by money and deadline, closed once."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from billing.tasks import ESCALATION_STEP, LAST_ESCALATION, NewTask
from database.columns import Id, new_id
from database.tables import Task

WEEKLY = timedelta(days=7)
"""How often a fully escalated task is brought up again"""


_OPEN = (
    select(Task)
    .where(
        Task.practice_id == sa.bindparam("practice_id", type_=Id),
        Task.subject_id == sa.bindparam("subject_id", type_=Id),
        Task.state == "open",
    )
    .order_by(col(Task.opened_at), Task.id)
)


def open_task(
    session: Session, new: NewTask, *, practice_id: str, subject: str, subject_id: str, at: datetime
) -> Task | None:
    """Open a task; None when the same cause opened it before."""
    key = f"{subject_id}:{new.type}:{new.key}"
    known = session.exec(select(Task.id).where(Task.practice_id == practice_id, Task.opening_key == key)).first()
    if known is not None:
        return None
    task = Task(
        id=new_id(),
        practice_id=practice_id,
        type=new.type,
        role=new.owner,
        subject=subject,
        subject_id=subject_id,
        opening_key=key,
        amount_cents=new.amount_cents,
        opened_at=at,
        due_at=new.due_at(at),
        reason=new.reason,
        detail=json.dumps(new.detail) if new.detail else "",
    )
    session.add(task)
    session.flush()
    return task


def opened_for(session: Session, new: NewTask, *, practice_id: str, subject_id: str) -> list[Task]:
    """Every task that this cause has opened, each time it came back, oldest first."""
    key = f"{subject_id}:{new.type}:{new.key}"
    again = col(Task.opening_key).startswith(f"{key}:", autoescape=True)
    query = select(Task).where(Task.practice_id == practice_id, Task.subject_id == subject_id, Task.type == new.type)
    return list(session.exec(query.where((col(Task.opening_key) == key) | again).order_by(col(Task.opened_at))))


def close_task(session: Session, task: Task, *, resolution: str, at: datetime, actor_id: str | None) -> None:
    """Mark a task done. `actor_id` None: the cause went away by itself."""
    task.state = "done"
    task.resolution = resolution
    task.closed_at = at
    task.closed_by = actor_id
    session.add(task)


def was_approved(session: Session, subject_id: str, reason: str) -> bool:
    """Whether somebody approved what a task asked in these very words."""
    query = select(Task.id).where(Task.subject_id == subject_id, Task.reason == reason, Task.resolution == "approved")
    return session.exec(query).first() is not None


def open_tasks(session: Session, *, practice_id: str, subject_id: str) -> Sequence[Task]:
    """Open tasks of one encounter, remittance, batch or message, oldest first."""
    found = session.exec(_OPEN, params={"practice_id": practice_id, "subject_id": subject_id})
    return [task for task in found if task.state == "open"]


def task(session: Session, *, practice_id: str, task_id: str) -> Task | None:
    """One task of the practice, or None."""
    return session.exec(select(Task).where(Task.practice_id == practice_id, Task.id == task_id)).first()


def next_rung(one: Task) -> datetime:
    """When the task is next brought up: its due time, then a day a rung, then once a week."""
    if one.escalation < LAST_ESCALATION:
        return one.due_at + one.escalation * ESCALATION_STEP
    return one.due_at + LAST_ESCALATION * ESCALATION_STEP + (one.escalation - LAST_ESCALATION) * WEEKLY
