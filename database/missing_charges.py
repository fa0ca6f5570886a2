"""Patients who arrived for an appointment and have no visit of that day."""

from collections.abc import Sequence
from datetime import date

from sqlmodel import Session, col, or_, select

from billing.tasks import TaskType
from database.appointments import Coming
from database.tables import Appointment, Encounter, Task

_HAS_VISIT = (
    select(Encounter.id)
    .where(
        Encounter.practice_id == Appointment.practice_id,
        Encounter.patient_id == Appointment.patient_id,
        Encounter.service_date == Appointment.day,
    )
    .exists()
)


def unbilled(session: Session, *, practice_id: str, since: date, until: date) -> Sequence[Appointment]:
    """Appointments of these days whose patient arrived, without a visit; by day and time."""
    return session.exec(
        select(Appointment)
        .where(
            Appointment.practice_id == practice_id,
            Appointment.state == Coming.ARRIVED,
            col(Appointment.day).between(since, until),
            ~_HAS_VISIT,
        )
        .order_by(col(Appointment.day), Appointment.at_time, Appointment.id)
    ).all()


def answered(session: Session, *, practice_id: str) -> Sequence[Task]:
    """Open tasks about a missing charge whose visit has come since, or whose patient did not come after all."""
    return session.exec(
        select(Task)
        .join(Appointment, col(Appointment.id) == col(Task.subject_id))
        .where(
            Task.practice_id == practice_id,
            Task.type == TaskType.MISSING_CHARGE,
            Task.state == "open",
            or_(col(Appointment.state) != Coming.ARRIVED, _HAS_VISIT),
        )
    ).all()
