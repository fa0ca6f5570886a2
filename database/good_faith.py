"""Good-faith letters: written from an estimate, given to the patient, held against the bill, and disputed."""

import json
from datetime import date, datetime

from sqlmodel import Session, col, func, select

from billing.estimates import Asked, Estimate
from billing.good_faith import Giver, good_faith_letter
from billing.ledger import Account, EntryKind
from billing.money import Cents
from billing.tasks import TaskType
from database import consents, households, office, records, registrations, tasks
from database.columns import new_id
from database.tables import (
    Appointment,
    BalanceItem,
    Encounter,
    EstimateRow,
    Journal,
    Letter,
    Patient,
    Placement,
    Posting,
    Task,
)

LETTER = "good_faith_estimate"
"""Kind of the letter"""


_HOLDS = (
    Task.subject == "estimate",
    Task.state == "open",
    col(Task.type).in_((TaskType.BILL_ABOVE_ESTIMATE, TaskType.ESTIMATE_DISPUTED)),
)
"""Tasks that keep a bill back"""


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
    session.flush()
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


def requested(session: Session, patient_id: str) -> list[Task]:
    """Every task about an estimate that a patient asked for, oldest first."""
    query = select(Task).where(
        Task.subject == "patient", Task.subject_id == patient_id, Task.type == TaskType.GOOD_FAITH_ESTIMATE_DUE
    )
    return list(session.exec(query.order_by(col(Task.opened_at), Task.id)).all())


def close_asked(session: Session, letter: Letter, *, at: datetime, by: str) -> None:
    """The letter is on its way: who was asked for it has done so, for every appointment of that day, and for what the
    patient asked about that day or about none."""
    row = session.exec(select(EstimateRow).where(EstimateRow.letter_id == letter.id)).first()
    if row is None:
        return
    booked = select(Appointment.id).where(Appointment.patient_id == row.patient_id, Appointment.day == row.day)
    due = [task for appointment_id in session.exec(booked).all() for task in asked_for(session, appointment_id)]
    due += [one for one in requested(session, row.patient_id) if json.loads(one.detail)["day"] in {"", str(row.day)}]
    for task in due:
        if task.state == "open":
            tasks.close_task(session, task, resolution="estimate_sent", at=at, actor_id=by)


def asked_about_bill(session: Session, encounter_id: str) -> list[Task]:
    """Tasks about a visit's bill that lies far above the estimate, oldest first."""
    encounter = session.get_one(Encounter, encounter_id)
    about = select(EstimateRow.id).where(EstimateRow.patient_id == encounter.patient_id)
    query = select(Task).where(
        Task.subject == "estimate", Task.type == TaskType.BILL_ABOVE_ESTIMATE, col(Task.subject_id).in_(about)
    )
    found = session.exec(query.order_by(col(Task.opened_at), Task.id)).all()
    return [one for one in found if _visit_of(one) == encounter_id]


def billed_alone(session: Session, *, patient_id: str, day: date) -> Cents:
    """What all visits of a day were billed to who pays alone, payments aside."""
    query = (
        select(func.coalesce(func.sum(Posting.amount_cents), 0))
        .join(Journal, col(Journal.number) == col(Posting.journal_number))
        .join(Encounter, col(Encounter.id) == col(Posting.encounter_id))
        .where(
            Encounter.patient_id == patient_id,
            Encounter.service_date == day,
            Journal.kind == EntryKind.SELF_PAY,
            Posting.account == Account.AR_PATIENT,
        )
    )
    return Cents(int(session.exec(query).one()))


def held_up(session: Session, *, practice_id: str, patient_id: str) -> set[str]:
    """Visits of an account of which nothing may be asked now: a person looks at the bill, or it is disputed."""
    everybody = households.patients(session, patient_id)
    query = select(Task, EstimateRow).join(EstimateRow, col(EstimateRow.id) == col(Task.subject_id))
    open_tasks = session.exec(
        query.where(EstimateRow.practice_id == practice_id, col(EstimateRow.patient_id).in_(everybody), *_HOLDS)
    ).all()
    held = {_visit_of(task) for task, _ in open_tasks if task.type == TaskType.BILL_ABOVE_ESTIMATE}
    days = [row.day for task, row in open_tasks if task.type == TaskType.ESTIMATE_DISPUTED]
    visits = select(Encounter.id).where(
        col(Encounter.patient_id).in_(everybody), col(Encounter.service_date).in_(days), col(Encounter.is_self_pay)
    )
    return held | set(session.exec(visits)) if days else held


def held_up_patients(session: Session) -> set[str]:
    """Patients of whom something may not be asked now, for the proof of the books."""
    query = select(EstimateRow.patient_id).join(Task, col(EstimateRow.id) == col(Task.subject_id))
    return set(session.exec(query.where(*_HOLDS)))


def first_bill_at(session: Session, row: EstimateRow) -> datetime | None:
    """When the first statement about the day's visits was written; None: none was."""
    visits = select(Encounter.id).where(Encounter.patient_id == row.patient_id, Encounter.service_date == row.day)
    instants = [
        session.exec(select(func.min(table.first_statement_at)).where(col(table.encounter_id).in_(visits))).one()
        for table in (BalanceItem, Placement)
    ]
    return min((one for one in instants if one is not None), default=None)


def ask_anew(session: Session, row: EstimateRow) -> None:
    """After a dispute a person decides anew before anything of the day is placed."""
    visits = select(Encounter.id).where(Encounter.patient_id == row.patient_id, Encounter.service_date == row.day)
    for item in session.exec(select(BalanceItem).where(col(BalanceItem.encounter_id).in_(visits))).all():
        item.reviewed_at = None
        session.add(item)


def _visit_of(task: Task) -> str:
    found: str = json.loads(task.detail)["encounter_id"]
    return found
