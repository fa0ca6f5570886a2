"""The book of appointments, day by day."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlmodel import Session, col, select

from database.columns import new_id
from database.tables import Appointment, Patient


class Coming(StrEnum):
    """What became of an appointment."""

    BOOKED = "booked"
    ARRIVED = "arrived"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class AppointmentView:
    """One line of the day."""

    id: str
    patient_id: str
    patient: str
    birth_date: date | None
    day: date
    at_time: str
    minutes: int
    provider: str
    reason: str
    state: Coming


def book(
    session: Session,
    *,
    practice_id: str,
    patient_id: str,
    day: date,
    at_time: str,
    minutes: int,
    provider: str,
    reason: str,
    at: datetime,
    by: str,
) -> Appointment:
    """Write an appointment into the book."""
    row = Appointment(
        id=new_id(),
        practice_id=practice_id,
        patient_id=patient_id,
        day=day,
        at_time=at_time,
        minutes=minutes,
        provider=provider,
        reason=reason,
        booked_at=at,
        booked_by=by,
    )
    session.add(row)
    session.flush()
    return row


def of_day(session: Session, *, practice_id: str, day: date) -> list[AppointmentView]:
    """Everybody expected on a day, by time."""
    rows = session.exec(
        select(Appointment, Patient)
        .join(Patient, col(Patient.id) == col(Appointment.patient_id))
        .where(Appointment.practice_id == practice_id, Appointment.day == day)
        .order_by(Appointment.at_time, Appointment.id)
    )
    return [_view(row, patient) for row, patient in rows]


def of_patient(session: Session, *, practice_id: str, patient_id: str, since: date) -> list[AppointmentView]:
    """One patient's appointments from a day on, the next first."""
    rows = session.exec(
        select(Appointment, Patient)
        .join(Patient, col(Patient.id) == col(Appointment.patient_id))
        .where(
            Appointment.practice_id == practice_id, Appointment.patient_id == patient_id, col(Appointment.day) >= since
        )
        .order_by(col(Appointment.day), Appointment.at_time)
    )
    return [_view(row, patient) for row, patient in rows]


def clashing(session: Session, *, practice_id: str, day: date, at_time: str, provider: str) -> bool:
    """Whether the provider has somebody booked at the same time."""
    query = select(Appointment.id).where(
        Appointment.practice_id == practice_id,
        Appointment.day == day,
        Appointment.at_time == at_time,
        Appointment.provider == provider,
        col(Appointment.state).in_((Coming.BOOKED, Coming.ARRIVED)),
    )
    return session.exec(query).first() is not None


def find(session: Session, *, practice_id: str, appointment_id: str) -> Appointment | None:
    """One appointment of the practice, held until the transaction ends; or None."""
    query = select(Appointment).where(Appointment.practice_id == practice_id, Appointment.id == appointment_id)
    return session.exec(query.with_for_update()).first()


def _view(row: Appointment, patient: Patient) -> AppointmentView:
    return AppointmentView(
        id=row.id,
        patient_id=row.patient_id,
        patient=f"{patient.last_name}, {patient.first_name or ''}".rstrip(", "),
        birth_date=patient.birth_date,
        day=row.day,
        at_time=row.at_time,
        minutes=row.minutes,
        provider=row.provider,
        reason=row.reason,
        state=Coming(row.state),
    )
