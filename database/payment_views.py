"""What patients paid towards a visit, as its page tells it."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from billing.ledger import Account, EntryKind
from database import ledger
from database.tables import Encounter, PatientPayment


@dataclass(frozen=True, slots=True)
class PaymentView:
    """Money that the patient paid towards the visit."""

    id: str
    amount_cents: int
    method: str
    reference: str | None
    received_on: date
    """The till's day"""
    received_at: datetime
    takes_back: str | None
    """The payment that this one undoes; then the amount is below zero, and the reference says why"""
    is_taken_back: bool
    receipt_id: str | None
    """The money for the whole account that it is a part of"""


def of_visit(session: Session, row: Encounter) -> list[PaymentView]:
    """What was paid towards it and taken back, the oldest first."""
    rows = session.exec(
        select(PatientPayment)
        .where(PatientPayment.encounter_id == row.id)
        .order_by(col(PatientPayment.received_at), PatientPayment.id)
    )
    found = sorted(rows, key=lambda one: (one.received_at, one.takes_back is not None))
    undone = {one.takes_back for one in found}
    return [
        PaymentView(
            one.id,
            one.amount_cents,
            one.method,
            one.reference,
            one.received_on,
            one.received_at,
            one.takes_back,
            one.id in undone,
            one.receipt_id,
        )
        for one in found
    ]


def refunded_cents(session: Session, row: Encounter) -> int:
    """What of it was paid back to the patient."""
    entries = ledger.journal_of_encounter(session, practice_id=row.practice_id, encounter_id=row.id)
    return sum(
        posting.amount_cents
        for journal, posting in entries
        if (journal.kind, posting.account) == (EntryKind.REFUND, Account.PATIENT_UNAPPLIED)
    )
