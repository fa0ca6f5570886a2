"""Cheques of a bank's lockbox: kept once, found again, and held against the books."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from billing.days import start_of
from billing.ledger import Account
from billing.lockbox import LOCKBOX, Cheque
from billing.stages import FactKind
from database import account_lists, households, office, records, tasks
from database.columns import new_id
from database.tables import (
    BankMovement,
    Encounter,
    Fact,
    LockboxBatch,
    LockboxCheque,
    PatientPayment,
    Posting,
    Submission,
)

PLACED, UNPLACED, GONE = "placed", "unplaced", "gone"
BOOKED_WITHIN = timedelta(days=180)
"""Until the bank books that a cheque's money left which was sent back"""
BOOKED_LATE = timedelta(days=14)
"""The longest between a lockbox's day and its booking that is still taken for its own"""


@dataclass(frozen=True, slots=True)
class UnplacedView:
    """A cheque that is on no account yet."""

    id: str
    task_id: str | None
    amount_cents: int
    deposited_on: date
    number: str
    remitter: str


def cheque_of(row: LockboxCheque) -> Cheque:
    """What the bank says."""
    return records.load(Cheque, row.record)


def key_of(cheque: Cheque, batch: LockboxBatch, *, nth: int) -> str:
    """What makes it one of a kind. `nth`: among cheques of the file that say the same. Its place
    in the batch is no part of it: a bank may tell of more of a batch later."""
    said = f"{batch.lockbox}|{batch.deposited_on}|{batch.number}|{records.dump(replace(cheque, item=0))}|{nth}"
    return hashlib.sha256(said.encode()).hexdigest()


def is_known(session: Session, key: str, *, practice_id: str) -> bool:
    """Whether a file told of it before."""
    query = select(LockboxCheque.id).where(LockboxCheque.practice_id == practice_id, LockboxCheque.content_key == key)
    return session.exec(query).first() is not None


def keep(session: Session, cheque: Cheque, batch: LockboxBatch, key: str) -> LockboxCheque:
    """A new one, on no account yet."""
    row = LockboxCheque(
        id=new_id(),
        practice_id=batch.practice_id,
        batch_id=batch.id,
        content_key=key,
        amount_cents=cheque.amount_cents,
        record=records.dump(cheque),
        state=UNPLACED,
    )
    session.add(row)
    session.flush()
    return row


def accounts_named(session: Session, cheque: Cheque, *, practice_id: str) -> set[str]:
    """Whose accounts its numbers name: a statement's, or a visit's or claim's where it stands alone in its place."""
    by_paper = {account_lists.by_paper(session, one, practice_id=practice_id) for one in cheque.papers}
    by_visit = {account_of_visit(session, one, practice_id=practice_id) for one in cheque.invoices}
    return {one for one in by_paper | by_visit if one is not None}


def account_named(session: Session, text: str, *, practice_id: str) -> str | None:
    """Whose account a statement's, visit's or claim's number names; None: nobody's, or more than one."""
    by_paper = account_lists.by_paper(session, text, practice_id=practice_id)
    return by_paper or account_of_visit(session, text, practice_id=practice_id)


def account_of_visit(session: Session, number: str, *, practice_id: str) -> str | None:
    """Whose account a visit of this number, or a claim of this control number, stands on."""
    spellings = {number, number.upper()}
    visits = select(households.ANSWERING).where(
        Encounter.practice_id == practice_id, col(Encounter.external_id).in_(spellings)
    )
    claims = (
        select(households.ANSWERING)
        .join(Submission, col(Submission.encounter_id) == col(Encounter.id))
        .where(Submission.practice_id == practice_id, col(Submission.control_number).in_(spellings))
    )
    patients = {*session.exec(visits), *session.exec(claims)}
    holders = {households.holder_of(session, one) for one in patients}
    return holders.pop() if len(holders) == 1 else None


def of_receipt(session: Session, receipt_id: str) -> LockboxCheque | None:
    """The cheque that a receipt was, held."""
    query = select(LockboxCheque).where(LockboxCheque.receipt_id == receipt_id, LockboxCheque.state == PLACED)
    return session.exec(query.with_for_update().execution_options(populate_existing=True)).first()


def unplaced(session: Session, *, practice_id: str, cents: int | None = None) -> Sequence[tuple[LockboxCheque, date]]:
    """Cheques that are on no account, with their days, the oldest first; of one amount, or all."""
    query = (
        select(LockboxCheque, col(LockboxBatch.deposited_on))
        .join(LockboxBatch, col(LockboxBatch.id) == col(LockboxCheque.batch_id))
        .where(LockboxCheque.practice_id == practice_id, LockboxCheque.state == UNPLACED)
        .order_by(col(LockboxBatch.deposited_on), LockboxCheque.id)
    )
    if cents is not None:
        query = query.where(LockboxCheque.amount_cents == cents)
    return [(row, day) for row, day in session.exec(query)]


def unplaced_views(session: Session, *, practice_id: str, limit: int) -> list[UnplacedView]:
    """The same for people."""
    found = []
    for row, day in unplaced(session, practice_id=practice_id)[:limit]:
        cheque = cheque_of(row)
        asked = tasks.open_tasks(session, practice_id=practice_id, subject_id=row.id)
        task_id = asked[0].id if asked else None
        found.append(UnplacedView(row.id, task_id, row.amount_cents, day, cheque.number, cheque.remitter))
    return found


def unconfirmed(session: Session, *, practice_id: str) -> Sequence[LockboxBatch]:
    """Batches that the bank has not booked yet, the oldest first."""
    query = select(LockboxBatch).where(
        LockboxBatch.practice_id == practice_id, col(LockboxBatch.bank_movement_id).is_(None)
    )
    return session.exec(query.order_by(col(LockboxBatch.deposited_on), LockboxBatch.id)).all()


def fitting(session: Session, row: BankMovement) -> list[LockboxBatch]:
    """The batches that a booking is: one of its amount, else all that one lockbox brought on one day and sum to it."""
    near = [
        one
        for one in unconfirmed(session, practice_id=row.practice_id)
        if one.deposited_on - timedelta(days=1) <= row.booked_on <= one.deposited_on + BOOKED_LATE
    ]
    alone = [one for one in near if one.amount_cents == row.amount_cents]
    if alone:
        return alone[:1]
    together: dict[tuple[str, date], list[LockboxBatch]] = defaultdict(list)
    for one in near:
        together[one.lockbox, one.deposited_on].append(one)
    sums = (batches for batches in together.values() if sum(one.amount_cents for one in batches) == row.amount_cents)
    return next(sums, [])


def gone_unbooked(session: Session, row: BankMovement) -> LockboxCheque | None:
    """A cheque of this amount that was sent back, where the bank has not booked yet that its money left."""
    since = start_of(row.booked_on - BOOKED_WITHIN, office.zone_of(session, row.practice_id))
    query = select(LockboxCheque).where(
        LockboxCheque.practice_id == row.practice_id,
        LockboxCheque.state == GONE,
        LockboxCheque.amount_cents == -row.amount_cents,
        col(LockboxCheque.bank_movement_id).is_(None),
        col(LockboxCheque.receipt_id).is_(None),
        col(LockboxCheque.settled_at) >= since,
    )
    return session.exec(query.order_by(col(LockboxCheque.settled_at), LockboxCheque.id)).first()


def lost(session: Session) -> tuple[int, list[str]]:
    """(cheques, what does not add up): a batch is its cheques, and what stands on UNPLACED is the cheques that are on
    no account and the payments that no visit has posted yet."""
    cheques = session.exec(
        select(LockboxCheque.batch_id, func.sum(LockboxCheque.amount_cents)).group_by(LockboxCheque.batch_id)
    ).all()
    sums = {batch: int(cents) for batch, cents in cheques}
    off = [
        f"lockbox batch {one.id}"
        for one in session.exec(select(LockboxBatch))
        if sums.get(one.id, 0) != one.amount_cents
    ]
    waiting = (
        select(LockboxCheque.practice_id, func.sum(LockboxCheque.amount_cents))
        .where(LockboxCheque.state == UNPLACED)
        .group_by(LockboxCheque.practice_id)
    )
    under_way = (
        select(PatientPayment.practice_id, func.sum(PatientPayment.amount_cents))
        .join(Fact, col(Fact.subject_id) == col(PatientPayment.id))
        .where(
            PatientPayment.method == LOCKBOX,
            Fact.kind == FactKind.PATIENT_PAID,
            col(Fact.absorbed_at).is_(None),
        )
        .group_by(PatientPayment.practice_id)
    )
    books = (
        select(Posting.practice_id, func.sum(Posting.amount_cents))
        .where(Posting.account == Account.UNPLACED)
        .group_by(Posting.practice_id)
    )
    rest: dict[str, int] = defaultdict(int)
    for query in (waiting, under_way, books):
        for practice_id, cents in session.exec(query):
            rest[practice_id] += int(cents)
    off += [f"practice {one}: {cents} cents" for one, cents in rest.items() if cents]
    return session.exec(select(sa.func.count()).select_from(LockboxCheque)).one(), off
