"""Appointments of an office that moves: who is still expected, into the book once, and out of it again."""

from collections.abc import Iterator, Mapping
from datetime import date

from sqlmodel import Session, col, select

from activities.moved_visits import Mover
from billing.moving import OLD_SYSTEM, MovedAppointment
from database import appointments
from database.appointments import Coming
from database.columns import new_id
from database.engine import Database
from database.tables import Appointment


def keep_appointments(database: Database, mover: Mover, people: Mapping[str, str]) -> None:
    """Write each into the book, and let its coverage be verified. What was taken over before stays as it is now."""
    for one in mover.told.appointments:
        with database.writing() as session:
            if not _is_there(session, mover, one):
                _keep(session, mover, one, people[one.patient])


def _is_there(session: Session, mover: Mover, told: MovedAppointment) -> bool:
    query = select(Appointment.id).where(
        Appointment.practice_id == mover.practice_id,
        Appointment.sender == OLD_SYSTEM,
        Appointment.number == told.appointment,
    )
    return session.exec(query).first() is not None


def _keep(session: Session, mover: Mover, told: MovedAppointment, patient_id: str) -> None:
    row = Appointment(
        id=new_id(),
        practice_id=mover.practice_id,
        patient_id=patient_id,
        day=told.day,
        at_time=told.at_time,
        minutes=told.minutes,
        provider=told.provider,
        reason=told.reason,
        procedures=" ".join(told.procedures),
        booked_at=mover.at,
        sender=OLD_SYSTEM,
        number=told.appointment,
    )
    session.add(row)
    session.flush()
    appointments.wake(session, row, at=mover.at)


def coming(session: Session, practice_id: str, today: date) -> Iterator[MovedAppointment]:
    """Who is expected from today on, each under the number of the system that it was moved from, else its own."""
    rows = session.exec(
        select(Appointment)
        .where(
            Appointment.practice_id == practice_id,
            Appointment.state == Coming.BOOKED,
            col(Appointment.day) >= today,
        )
        .order_by(col(Appointment.day), Appointment.at_time, Appointment.id)
    )
    for row in rows:
        yield MovedAppointment(
            line=0,
            appointment=row.number if row.sender == OLD_SYSTEM and row.number else row.id,
            patient=row.patient_id,
            day=row.day,
            at_time=row.at_time,
            minutes=row.minutes,
            provider=row.provider,
            reason=row.reason,
            procedures=tuple(row.procedures.split()),
        )
