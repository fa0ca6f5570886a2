"""Moves of offices: begun once, added to until everything is taken over, signed off by a person."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from billing.ledger import Account, EntryKind
from billing.moving import MovingOffice, Tie
from database.columns import Id, new_id
from database.tables import (
    ControlNumberAlias,
    Encounter,
    Journal,
    Move,
    MovedPatientRow,
    MovedVisitRow,
    PatientAccount,
    PaymentPlan,
    Posting,
    Submission,
    Task,
    User,
)

OPEN_ACCOUNTS = (Account.AR_INSURANCE, Account.AR_PATIENT, Account.PATIENT_UNAPPLIED)
"""What a visit's open balance is made of; money that is held for the patient takes off"""
_HELD = (
    select(MovedPatientRow.move_id)
    .join(Move, col(Move.id) == col(MovedPatientRow.move_id))
    .where(
        MovedPatientRow.patient_id == sa.bindparam("patient_id", type_=Id),
        col(Move.signed_off_at).is_(None),
    )
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class MoveView:
    """One move as people see it."""

    id: str
    as_of: date
    patients: int
    visits: int
    lines: int
    insurance_cents: int
    patient_cents: int
    booked_cents: int
    """What its opening balances come to in the ledger"""
    cells: list[dict[str, object]]
    """The old aging beside the lines: owed_by, bucket, told_cents, found_cents"""
    begun_at: datetime
    ended_at: datetime | None
    signed_off_at: datetime | None
    signed_off_by: str | None
    """A name"""
    total_cents: int
    ties: bool
    """The ledger says what the old aging said"""
    task_id: str | None
    """Where it is signed off; None: not yet, or not any more"""


def of_files(session: Session, digest: str, *, practice_id: str) -> Move | None:
    """The move of these very files."""
    return session.exec(select(Move).where(Move.practice_id == practice_id, Move.digest == digest)).first()


def unfinished(session: Session, *, practice_id: str) -> Move | None:
    """The move that has begun and not taken everything over."""
    query = select(Move).where(Move.practice_id == practice_id, col(Move.ended_at).is_(None))
    return session.exec(query.order_by(col(Move.begun_at))).first()


def lock(session: Session, move_id: str, *, practice_id: str) -> Move | None:
    """One move of the practice, held until the transaction ends; None where there is none."""
    query = select(Move).where(Move.practice_id == practice_id, Move.id == move_id).with_for_update()
    return session.exec(query.execution_options(populate_existing=True)).first()


def begin(
    session: Session, tie: Tie, told: MovingOffice, *, practice_id: str, digest: str, at: datetime, by: str
) -> Move:
    """Open a move for what was told and ties."""
    assert tie.as_of is not None, "only what ties is moved"
    move = Move(
        id=new_id(),
        practice_id=practice_id,
        digest=digest,
        as_of=tie.as_of,
        insurance_cents=tie.insurance_cents,
        patient_cents=tie.patient_cents,
        patient_count=len(told.patients),
        visit_count=len(told.visits),
        line_count=len(told.lines),
        tie=json.dumps([asdict(one) for one in tie.cells]),
        begun_at=at,
        begun_by=by,
    )
    session.add(move)
    session.flush()
    return move


def keep_patient(session: Session, move: Move, patient_id: str) -> None:
    """The patient came with this move."""
    if session.get(MovedPatientRow, (move.id, patient_id)) is None:
        session.add(MovedPatientRow(move_id=move.id, patient_id=patient_id, practice_id=move.practice_id))
        session.flush()


def keep_visit(session: Session, move: Move, encounter: Encounter, *, number: str) -> None:
    """The visit came with this move under the old system's number."""
    session.add(MovedVisitRow(encounter_id=encounter.id, practice_id=move.practice_id, move_id=move.id, number=number))
    session.flush()


def visits(session: Session, *, practice_id: str) -> dict[str, MovedVisitRow]:
    """Every visit that moved here, by the old system's number."""
    rows = session.exec(select(MovedVisitRow).where(MovedVisitRow.practice_id == practice_id))
    return {one.number: one for one in rows}


def encounters_of(session: Session, move_id: str) -> Sequence[str]:
    """The visits of one move."""
    return session.exec(select(MovedVisitRow.encounter_id).where(MovedVisitRow.move_id == move_id)).all()


def name_also(session: Session, submission: Submission, number: str) -> None:
    """Let a payer's answer that names the old number be about this claim; the newest claim of a number is meant."""
    key = number.upper()
    row = session.get(ControlNumberAlias, (submission.practice_id, key))
    row = row or ControlNumberAlias(practice_id=submission.practice_id, number=key, control_number="")
    row.control_number = submission.control_number
    session.add(row)
    session.flush()


def aliases(session: Session, *, practice_id: str) -> dict[str, str]:
    """Old control number to the visit that it leads to."""
    rows = session.exec(
        select(ControlNumberAlias.number, Submission.encounter_id)
        .join(Submission, col(Submission.control_number) == col(ControlNumberAlias.control_number))
        .where(ControlNumberAlias.practice_id == practice_id)
    )
    return dict(rows.all())


def aliases_of(session: Session, encounter_id: str) -> dict[str, str]:
    """Old control number to the claim's own, of one visit."""
    rows = session.exec(
        select(ControlNumberAlias.number, ControlNumberAlias.control_number)
        .join(Submission, col(Submission.control_number) == col(ControlNumberAlias.control_number))
        .where(Submission.encounter_id == encounter_id)
    )
    return dict(rows.all())


def keep_plan(session: Session, patient_id: str, told: PaymentPlan) -> None:
    """What the patient pays by instalments, in the place of what was told before."""
    known = session.get(PaymentPlan, patient_id)
    if known is not None:
        session.delete(known)
        session.flush()
    session.add(told)
    session.flush()


def is_held(session: Session, patient_id: str) -> bool:
    """Whether the patient came with a move that nobody has signed off."""
    return session.exec(_HELD, params={"patient_id": patient_id}).first() is not None


def held(session: Session) -> set[str]:
    """Every patient who came with a move that nobody has signed off."""
    rows = session.exec(
        select(MovedPatientRow.patient_id)
        .join(Move, col(Move.id) == col(MovedPatientRow.move_id))
        .where(col(Move.signed_off_at).is_(None))
    )
    return set(rows)


def accounts_of(session: Session, move: Move) -> Sequence[PatientAccount]:
    """The accounts of the patients who came with a move."""
    query = (
        select(PatientAccount)
        .join(MovedPatientRow, col(MovedPatientRow.patient_id) == col(PatientAccount.patient_id))
        .where(MovedPatientRow.move_id == move.id)
    )
    return session.exec(query.order_by(PatientAccount.patient_id)).all()


def booked_cents(session: Session, move_id: str) -> int:
    """What a move's opening balances come to in the ledger: owed by payers and patients, less what is held."""
    total = session.exec(
        select(func.coalesce(func.sum(Posting.amount_cents), 0))
        .join(Journal, col(Journal.number) == col(Posting.journal_number))
        .join(MovedVisitRow, col(MovedVisitRow.encounter_id) == col(Journal.encounter_id))
        .where(
            MovedVisitRow.move_id == move_id,
            Journal.kind == EntryKind.OPENING,
            col(Posting.account).in_(OPEN_ACCOUNTS),
        )
    ).one()
    return int(total)


def all_ended(session: Session) -> Iterable[Move]:
    """Every move that took everything over, of whatever practice: for who proves the books."""
    return session.exec(select(Move).where(col(Move.ended_at).is_not(None)).order_by(Move.id)).all()


def view(session: Session, *, practice_id: str) -> list[MoveView]:
    """The practice's moves, the newest first."""
    rows = session.exec(select(Move).where(Move.practice_id == practice_id).order_by(col(Move.begun_at).desc()))
    return [_view(session, one) for one in rows]


def _view(session: Session, move: Move) -> MoveView:
    person = session.get(User, move.signed_off_by) if move.signed_off_by else None
    task = session.exec(select(Task.id).where(Task.subject == "move", Task.subject_id == move.id, Task.state == "open"))
    booked, total = booked_cents(session, move.id), move.insurance_cents + move.patient_cents
    return MoveView(
        id=move.id,
        as_of=move.as_of,
        patients=move.patient_count,
        visits=move.visit_count,
        lines=move.line_count,
        insurance_cents=move.insurance_cents,
        patient_cents=move.patient_cents,
        booked_cents=booked,
        cells=json.loads(move.tie),
        begun_at=move.begun_at,
        ended_at=move.ended_at,
        signed_off_at=move.signed_off_at,
        signed_off_by=person.display_name if person else move.signed_off_by,
        total_cents=total,
        ties=booked == total,
        task_id=task.first(),
    )
