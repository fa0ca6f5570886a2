"""Patients' cheques that the bank gave back: which they may have been, and which were undone already."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from billing.ledger import Account
from database import ledger
from database.tables import BankMovement, PatientPayment

COMES_BACK_WITHIN = timedelta(days=180)
"""From the day it was received: older ones no bank takes (UCC 4-404), much less gives back"""


def cheques(session: Session, row: BankMovement) -> Sequence[PatientPayment]:
    """The practice's cheques of this amount that stand, the newest first."""
    undoing = aliased(PatientPayment)
    query = (
        select(PatientPayment)
        .outerjoin(undoing, col(undoing.takes_back) == col(PatientPayment.id))
        .where(
            PatientPayment.practice_id == row.practice_id,
            PatientPayment.method == "cheque",
            PatientPayment.amount_cents == -row.amount_cents,
            PatientPayment.received_on <= row.booked_on,
            PatientPayment.received_on >= row.booked_on - COMES_BACK_WITHIN,
            col(undoing.id).is_(None),
        )
    )
    return session.exec(query.order_by(col(PatientPayment.received_on).desc(), PatientPayment.id)).all()


def undone(session: Session, row: BankMovement) -> PatientPayment | None:
    """The row that took a cheque of this amount back at the bank, when there is one without a booking."""
    paid = aliased(PatientPayment)
    query = (
        select(PatientPayment)
        .join(paid, col(PatientPayment.takes_back) == col(paid.id))
        .where(
            PatientPayment.practice_id == row.practice_id,
            col(paid.method) == "cheque",
            PatientPayment.method == "eft",
            PatientPayment.amount_cents == row.amount_cents,
            PatientPayment.received_on >= row.booked_on - timedelta(days=30),
            col(PatientPayment.bank_movement_id).is_(None),
        )
    )
    return session.exec(query.order_by(col(PatientPayment.received_on), PatientPayment.id)).first()


def is_whole(session: Session, paid: PatientPayment) -> bool:
    """Whether the payment's money is on its visit: posted, and no part of it paid back to the patient."""
    where = {"practice_id": paid.practice_id, "encounter_id": paid.encounter_id}
    held = -ledger.balances(session, **where).line(Account.PATIENT_UNAPPLIED, None)
    return held + sum(ledger.applied_by_line(session, **where).values()) >= paid.amount_cents
