"""Good-faith letters: written from an estimate, given to the patient, and what was given for a day."""

from datetime import date, datetime

from sqlmodel import Session, col, select

from billing.estimates import Asked, Estimate
from billing.good_faith import Giver, good_faith_letter
from billing.tasks import TaskType
from database import consents, office, records, registrations, tasks
from database.columns import new_id
from database.tables import Appointment, EstimateRow, Letter, Patient, Task

LETTER = "good_faith_estimate"
"""Kind of the letter"""


def write(
    session: Session, row: EstimateRow, giver: Giver, *, written_on: date, at: datetime, by: str
) -> tuple[Letter, bool]:
    """The estimate's letter and whether it is new: one is written once, and again after it was withdrawn."""
    session.refresh(row, with_for_update={"key_share": True})
    known = session.get(Letter, row.letter_id) if row.letter_id else None
    if known is not None and known.withdrawn_at is None:
        return known, False
    patient = session.get_one(Patient, row.patient_id)
    asked = records.load(Asked, row.asked)
    procedures = [line.procedure for line in asked.lines]
    master = office.charge_master(session, practice_id=row.practice_id, procedures=procedures)
    content = good_faith_letter(
        records.load(Estimate, row.result),
        registrations.of_row(patient).person,
        giver,
        addressee=consents.addressee(patient, on=written_on),
        written_on=written_on,
        day=row.day,
        diagnoses=asked.diagnoses,
        words=[master.description_of(line) for line in asked.lines],
    )
    letter = Letter(
        id=new_id(),
        practice_id=row.practice_id,
        patient_id=row.patient_id,
        kind=LETTER,
        content=records.dump(content),
        written_at=at,
        written_by=by,
    )
    session.add(letter)
    session.flush()
    row.letter_id = letter.id
    session.add(row)
    return letter, True


def given(session: Session, *, patient_id: str, day: date) -> EstimateRow | None:
    """The newest estimate for a day of service that the patient was given on paper, or None."""
    query = select(EstimateRow).join(Letter, col(Letter.id) == col(EstimateRow.letter_id))
    query = query.where(EstimateRow.patient_id == patient_id, EstimateRow.day == day, col(Letter.sent_at).is_not(None))
    return session.exec(query.order_by(col(Letter.sent_at).desc(), EstimateRow.id)).first()


def asked_for(session: Session, appointment_id: str) -> list[Task]:
    """Every task that asked for an estimate of an appointment, oldest first."""
    query = select(Task).where(
        Task.subject == "appointment",
        Task.subject_id == appointment_id,
        Task.type == TaskType.GOOD_FAITH_ESTIMATE_DUE,
    )
    return list(session.exec(query.order_by(col(Task.opened_at), Task.id)).all())


def close_asked(session: Session, letter: Letter, *, at: datetime, by: str) -> None:
    """The letter is on its way: who was asked for it has done so, for every appointment of that day."""
    row = session.exec(select(EstimateRow).where(EstimateRow.letter_id == letter.id)).first()
    if row is None:
        return
    booked = select(Appointment.id).where(Appointment.patient_id == row.patient_id, Appointment.day == row.day)
    for appointment_id in session.exec(booked).all():
        for task in asked_for(session, appointment_id):
            if task.state == "open":
                tasks.close_task(session, task, resolution="estimate_sent", at=at, actor_id=by)
