"""Money that comes at once for a whole account becomes payments of its visits, and is undone as a whole."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from billing.account_payments import Share
from billing.money import Cents
from database import patient_payments, receipts
from database.columns import new_id
from database.tables import AccountReceipt, PatientPayment


def take(
    session: Session, receipt: AccountReceipt, spread: Sequence[Share], *, till: int, received_at: datetime
) -> None:
    """Keep the receipt and a payment for each visit. The account's row is locked; `spread` sums to the receipt's
    amount."""
    assert sum(one.cents for one in spread) == receipt.amount_cents, "not a cent more or less than what came"
    session.add(receipt)
    session.flush()
    for one in spread:
        payment = PatientPayment(
            id=new_id(),
            practice_id=receipt.practice_id,
            encounter_id=one.encounter_id,
            amount_cents=one.cents,
            method=receipt.method,
            reference=receipt.reference,
            received_on=receipt.received_on,
            till=till,
            received_at=received_at,
            recorded_by=receipt.taken_by,
            receipt_id=receipt.id,
        )
        patient_payments.keep(session, payment, at=receipt.taken_at)


def undo(session: Session, receipt: AccountReceipt, undoing: Sequence[PatientPayment], *, at: datetime) -> Cents:
    """Keep the rows that undo each of the receipt's payments; gives what is owed again."""
    for row in undoing:
        row.receipt_id = receipt.id
        patient_payments.keep(session, row, at=at)
    receipt.taken_back_at = at
    session.add(receipt)
    return Cents(-sum(row.amount_cents for row in undoing))


def open_payments(session: Session, receipt: AccountReceipt) -> list[PatientPayment]:
    """The payments of a receipt that nobody has undone."""
    rows = receipts.payments_of(session, receipt.id)
    undone = {one.takes_back for one in rows}
    return [one for one in rows if one.takes_back is None and one.id not in undone]
