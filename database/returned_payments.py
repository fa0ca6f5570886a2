"""Patients' cheques that the bank gave back: which they may have been, and which were undone already."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from billing.ledger import Account
from billing.lockbox import LOCKBOX
from database import ledger, lockbox, receipts
from database.tables import AccountReceipt, BankMovement, LockboxCheque, PatientPayment

COMES_BACK_WITHIN = timedelta(days=180)
"""From the day it was received: older ones no bank takes (UCC 4-404), much less gives back"""


@dataclass(frozen=True, slots=True)
class Cheque:
    """One cheque of a patient: for one visit, or spread over an account."""

    id: str
    """Of the payment, of the receipt, or of the lockbox's cheque"""
    reference: str
    received_on: date
    payments: tuple[PatientPayment, ...]
    receipt: AccountReceipt | None = None
    unplaced: LockboxCheque | None = None
    """It came by a lockbox and is on no account yet"""


def cheques(session: Session, row: BankMovement) -> list[Cheque]:
    """The practice's cheques of this amount that stand, the newest first."""
    first = row.booked_on - COMES_BACK_WITHIN
    undoing = aliased(PatientPayment)
    single = session.exec(
        select(PatientPayment)
        .outerjoin(undoing, col(undoing.takes_back) == col(PatientPayment.id))
        .where(
            PatientPayment.practice_id == row.practice_id,
            PatientPayment.method == "cheque",
            PatientPayment.amount_cents == -row.amount_cents,
            col(PatientPayment.receipt_id).is_(None),
            PatientPayment.received_on <= row.booked_on,
            PatientPayment.received_on >= first,
            col(undoing.id).is_(None),
        )
    )
    whole = session.exec(
        select(AccountReceipt).where(
            AccountReceipt.practice_id == row.practice_id,
            col(AccountReceipt.method).in_(("cheque", LOCKBOX)),
            AccountReceipt.amount_cents == -row.amount_cents,
            AccountReceipt.received_on <= row.booked_on,
            AccountReceipt.received_on >= first,
            col(AccountReceipt.taken_back_at).is_(None),
        )
    )
    found = [Cheque(one.id, one.reference or "", one.received_on, (one,)) for one in single]
    for one in whole:
        paid = tuple(receipts.payments_of(session, one.id))
        found.append(Cheque(one.id, one.reference or "", one.received_on, paid, one))
    for cheque, day in lockbox.unplaced(session, practice_id=row.practice_id, cents=-row.amount_cents):
        if first <= day <= row.booked_on:
            found.append(Cheque(cheque.id, lockbox.cheque_of(cheque).number, day, (), unplaced=cheque))
    return sorted(found, key=lambda one: (-one.received_on.toordinal(), one.id))


def last_cheque(session: Session, encounter_ids: Collection[str]) -> date | None:
    """The day on which the newest cheque towards one of the visits was received that stands; None: no cheque pays
    them."""
    undoing = aliased(PatientPayment)
    return session.exec(
        select(func.max(PatientPayment.received_on))
        .outerjoin(undoing, col(undoing.takes_back) == col(PatientPayment.id))
        .where(
            col(PatientPayment.encounter_id).in_(encounter_ids),
            col(PatientPayment.method).in_(("cheque", LOCKBOX)),
            PatientPayment.amount_cents > 0,
            col(undoing.id).is_(None),
        )
    ).one()


def undone(session: Session, row: BankMovement) -> Sequence[PatientPayment]:
    """The rows that took a cheque of this amount back at the bank, when there are some without a booking."""
    paid = aliased(PatientPayment)
    rows = session.exec(
        select(PatientPayment)
        .join(paid, col(PatientPayment.takes_back) == col(paid.id))
        .where(
            PatientPayment.practice_id == row.practice_id,
            col(paid.method) == "cheque",
            PatientPayment.method == "eft",
            PatientPayment.received_on >= row.booked_on - timedelta(days=30),
            col(PatientPayment.bank_movement_id).is_(None),
        )
        .order_by(col(PatientPayment.received_on), PatientPayment.id)
    ).all()
    by_cheque: dict[str, list[PatientPayment]] = {}
    for one in rows:
        by_cheque.setdefault(one.receipt_id or one.id, []).append(one)
    fitting = (one for one in by_cheque.values() if sum(part.amount_cents for part in one) == row.amount_cents)
    return next(fitting, [])


def is_whole(session: Session, paid: PatientPayment) -> bool:
    """Whether the payment's money is on its visit: posted, and no part of it paid back to the patient."""
    where = {"practice_id": paid.practice_id, "encounter_id": paid.encounter_id}
    held = -ledger.balances(session, **where).line(Account.PATIENT_UNAPPLIED, None)
    return held + sum(ledger.applied_by_line(session, **where).values()) >= paid.amount_cents
