"""The enrolment matrix as rows: read for a claim, written by a person or a file, and who waits for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from billing.enrolments import Enrolment, EnrolmentKind, EnrolmentState
from billing.tasks import TaskType
from database.columns import new_id
from database.tables import Encounter, EnrolmentRow, Payer, Task


@dataclass(frozen=True, slots=True)
class Entry:
    """What a person or a file says of one cell."""

    payer_id: str
    enrolment: Enrolment
    recheck_on: date | None = None
    reference: str = ""
    note: str = ""


def of_payer(session: Session, *, practice_id: str, payer_id: str) -> list[Enrolment]:
    """The payer's cells as they stand in the database now, whatever this session has seen of them before."""
    rows = session.execute(
        sa.select(
            col(EnrolmentRow.npi),
            col(EnrolmentRow.kind),
            col(EnrolmentRow.state),
            col(EnrolmentRow.effective_from),
            col(EnrolmentRow.effective_to),
        ).where(col(EnrolmentRow.practice_id) == practice_id, col(EnrolmentRow.payer_id) == payer_id)
    )
    return [
        Enrolment(npi, EnrolmentKind(kind), EnrolmentState(state), first, last)
        for npi, kind, state, first, last in rows
    ]


def take_turn(session: Session, payer_ids: Iterable[str]) -> None:
    """Hold the payers until the transaction ends: who opens a task for a gap and who fills it come one by one.

    Without it, a claim could be held for a row that has become active meanwhile, and nothing would wake it. Rows that
    refer to a payer may still be written.
    """
    wanted = sorted(set(payer_ids))
    order = select(Payer.id).where(col(Payer.id).in_(wanted)).order_by(Payer.id)
    session.exec(order.with_for_update(key_share=True)).all()


def find(session: Session, *, practice_id: str, payer_id: str, npi: str, kind: EnrolmentKind) -> EnrolmentRow | None:
    """One cell of the practice, or None."""
    return session.exec(
        select(EnrolmentRow).where(
            EnrolmentRow.practice_id == practice_id,
            EnrolmentRow.payer_id == payer_id,
            EnrolmentRow.npi == npi,
            EnrolmentRow.kind == kind,
        )
    ).first()


def entry_of(row: EnrolmentRow) -> Entry:
    """The row as what is said of its cell."""
    cell = Enrolment(row.npi, EnrolmentKind(row.kind), EnrolmentState(row.state), row.effective_from, row.effective_to)
    return Entry(row.payer_id, cell, row.recheck_on, row.reference, row.note)


def save(session: Session, entry: Entry, *, practice_id: str, at: datetime, by: str) -> Entry | None:
    """Write one cell; returns what it was before, None when it is new."""
    told = entry.enrolment
    row = find(session, practice_id=practice_id, payer_id=entry.payer_id, npi=told.npi, kind=told.kind)
    before = entry_of(row) if row else None
    row = row or EnrolmentRow(
        id=new_id(),
        practice_id=practice_id,
        payer_id=entry.payer_id,
        npi=told.npi,
        kind=told.kind,
        state=told.state,
        changed_at=at,
        changed_by=by,
    )
    row.state = told.state
    row.effective_from, row.effective_to = told.effective_from, told.effective_to
    row.recheck_on, row.reference, row.note = entry.recheck_on, entry.reference, entry.note
    row.changed_at, row.changed_by = at, by
    session.add(row)
    session.flush()
    return before


def waiting(session: Session, *, practice_id: str, payer_id: str) -> Sequence[tuple[Task, Encounter]]:
    """Open tasks for a missing enrolment of this payer, with the visits that wait, oldest first."""
    return session.exec(
        select(Task, Encounter)
        .join(Encounter, col(Encounter.id) == col(Task.subject_id))
        .where(
            Task.practice_id == practice_id,
            Task.type == TaskType.ENROLMENT_MISSING,
            Task.state == "open",
            Encounter.practice_id == practice_id,
            Encounter.payer_id == payer_id,
        )
        .order_by(col(Task.opened_at), Task.id)
    ).all()
