"""The book of appointments, day by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlmodel import Session, col, select

from billing.double_booking import NOT_NAMED, Slot, clashes
from billing.sent_appointments import SentAppointment, SentState
from billing.verification_times import NOTHING_TO_DO
from database import outbox, patient_names
from database.columns import new_id
from database.outbox import OutboxKind
from database.tables import Appointment, CoverageCheck, Patient, Practice


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
    procedures: str
    """Planned services, codes apart by spaces"""
    state: Coming
    coverage: str = ""
    """What the last check of the coverage said, in words; empty: not asked yet"""
    coverage_is_good: bool = False
    coverage_open: bool = False
    """The payer is being asked"""
    overlaps: tuple[str, ...] = ()
    """What else takes the provider's or the patient's time then, in words"""


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
    procedures: str = "",
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
        procedures=procedures,
        booked_at=at,
        booked_by=by,
    )
    session.add(row)
    session.flush()
    wake(session, row, at=at)
    return row


def wake(session: Session, row: Appointment, *, at: datetime) -> None:
    """Let the coming visit's workflow look at the appointment."""
    outbox.enqueue(session, OutboxKind.WAKE_APPOINTMENT, practice_id=row.practice_id, subject_id=row.id, at=at)


def wake_all(session: Session, patient: Patient, *, at: datetime) -> None:
    """Let every booked visit of a patient look at it: something that its coverage hangs on has changed."""
    query = select(Appointment).where(Appointment.patient_id == patient.id, Appointment.state == Coming.BOOKED)
    for row in session.exec(query):
        wake(session, row, at=at)


class NotBooked(LookupError):
    """The message names no time, and nobody knows the appointment. The message says what to do."""


USUAL_MINUTES = 20
"""Of an appointment whose sender does not say how long it takes"""
_TAKES_TIME = (Coming.BOOKED, Coming.ARRIVED)
_ENDS = {SentState.ARRIVED: Coming.ARRIVED, SentState.CANCELLED: Coming.CANCELLED, SentState.NO_SHOW: Coming.NO_SHOW}


def follow(session: Session, told: SentAppointment, *, practice_id: str, patient_id: str, at: datetime) -> str:
    """Write what another system says of an appointment into the book: what became of it, in words.

    A message older than the last one changes nothing. Raises NotBooked.
    """
    query = select(Appointment).where(
        Appointment.practice_id == practice_id,
        Appointment.sender == told.number.system,
        Appointment.number == told.number.number,
    )
    row = session.exec(query.with_for_update()).first()
    if row is None:
        return _told_first(session, told, practice_id=practice_id, patient_id=patient_id, at=at)
    if told.told_at and told.told_at < row.told_at:
        return "an older message than the last one about this appointment; nothing is changed"
    before = (row.patient_id, row.day, row.at_time, row.minutes, row.provider, row.reason, row.state)
    row.patient_id = patient_id
    row.day, row.at_time = (told.day, told.at_time) if told.day else (row.day, row.at_time)
    row.minutes = told.minutes or row.minutes
    row.provider, row.reason = told.provider or row.provider, told.reason or row.reason
    row.told_at = told.told_at or row.told_at
    _end(row, told, at=at)
    session.add(row)
    wake(session, row, at=at)
    after = (row.patient_id, row.day, row.at_time, row.minutes, row.provider, row.reason, row.state)
    return f"the appointment is known; {'nothing' if before == after else 'something'} is new{_beside(session, row)}"


def _told_first(session: Session, told: SentAppointment, *, practice_id: str, patient_id: str, at: datetime) -> str:
    if told.day is None:
        raise NotBooked("no day and time, and no appointment of this number is known: send it whole (S12)")
    row = Appointment(
        id=new_id(),
        practice_id=practice_id,
        patient_id=patient_id,
        day=told.day,
        at_time=told.at_time,
        minutes=told.minutes or USUAL_MINUTES,
        provider=told.provider or NOT_NAMED,
        reason=told.reason,
        booked_at=at,
        sender=told.number.system,
        number=told.number.number,
        told_at=told.told_at,
    )
    _end(row, told, at=at)
    session.add(row)
    session.flush()
    wake(session, row, at=at)
    return f"the appointment is {row.state.replace('_', ' ')}{_beside(session, row)}"


def _beside(session: Session, row: Appointment) -> str:
    """What a message's appointment overlaps with: the sender's book counts, and a person should know."""
    if row.state not in _TAKES_TIME:
        return ""
    return "".join(f"; {words}" for words in clashing(session, slot_of(row), practice_id=row.practice_id))


def _end(row: Appointment, told: SentAppointment, *, at: datetime) -> None:
    """What the message says of whether it stands; who arrived at the desk has arrived whatever is said later."""
    if row.state == Coming.ARRIVED or told.state == SentState.CHANGED:
        return
    state = _ENDS.get(told.state, Coming.BOOKED)
    if state != row.state:
        row.state, row.ended_at = state, None if state == Coming.BOOKED else at


def of_day(session: Session, *, practice_id: str, day: date) -> list[AppointmentView]:
    """Everybody expected on a day, by time."""
    rows = session.exec(
        select(Appointment, Patient)
        .join(Patient, col(Patient.id) == col(Appointment.patient_id))
        .where(Appointment.practice_id == practice_id, Appointment.day == day)
        .order_by(Appointment.at_time, Appointment.id)
    ).all()
    checks = _latest_checks(session, [row.id for row, _ in rows])
    slots = [slot_of(row) for row, _ in rows if row.state in _TAKES_TIME]
    return [_view(row, patient, checks.get(row.id), slots) for row, patient in rows]


def _latest_checks(session: Session, ids: Sequence[str]) -> dict[str, CoverageCheck]:
    query = select(CoverageCheck).where(col(CoverageCheck.appointment_id).in_(ids))
    return {one.appointment_id: one for one in session.exec(query.order_by(col(CoverageCheck.ordinal)))}


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


def slot_of(row: Appointment) -> Slot:
    """Whose time it takes."""
    return Slot(row.id, row.patient_id, row.provider, row.day, row.at_time, row.minutes)


def lock_book(session: Session, *, practice_id: str) -> None:
    """Two people do not book the same minutes at once: the second one waits until the first has booked."""
    session.get_one(Practice, practice_id, with_for_update={"key_share": True})


def clashing(session: Session, slot: Slot, *, practice_id: str) -> list[str]:
    """What else takes the provider's or the patient's time then, in words."""
    query = select(Appointment).where(
        Appointment.practice_id == practice_id,
        col(Appointment.day).between(slot.day - timedelta(days=1), slot.day + timedelta(days=1)),
        col(Appointment.state).in_(_TAKES_TIME),
    )
    return clashes(slot, (slot_of(one) for one in session.exec(query)))


def find(session: Session, *, practice_id: str, appointment_id: str) -> Appointment | None:
    """One appointment of the practice, held until the transaction ends; or None."""
    query = select(Appointment).where(Appointment.practice_id == practice_id, Appointment.id == appointment_id)
    return session.exec(query.with_for_update()).first()


def _view(
    row: Appointment, patient: Patient, check: CoverageCheck | None = None, slots: Sequence[Slot] = ()
) -> AppointmentView:
    return AppointmentView(
        id=row.id,
        patient_id=row.patient_id,
        patient=patient_names.name_of(patient),
        birth_date=patient_names.unless_kept(patient.id, patient.birth_date),
        day=row.day,
        at_time=row.at_time,
        minutes=row.minutes,
        provider=row.provider,
        reason=patient_names.words(patient.id, row.reason),
        procedures=patient_names.words(patient.id, row.procedures),
        state=Coming(row.state),
        coverage=check.said if check else "",
        coverage_is_good=check is not None and check.outcome in NOTHING_TO_DO,
        coverage_open=check is not None and check.outcome is None,
        overlaps=tuple(clashes(slot_of(row), slots)) if row.state in _TAKES_TIME else (),
    )
