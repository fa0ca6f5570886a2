"""What came for an account: cheques and cards for all of it, and payments towards one visit, as its page lists them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from database import households
from database.tables import AccountReceipt, Encounter, PatientPayment


@dataclass(frozen=True, slots=True)
class PartView:
    """What one visit got of it."""

    encounter_id: str
    number: str
    cents: int


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """Money that came at once."""

    received_on: date
    method: str
    reference: str
    amount_cents: int
    parts: list[PartView]
    receipt_id: str | None
    """It was taken for the whole account here; None: for one visit, or on the pay page"""
    is_taken_back: bool


def find(session: Session, *, practice_id: str, receipt_id: str, hold: bool = False) -> AccountReceipt | None:
    """A receipt of the practice; with `hold` nobody else takes it back meanwhile."""
    row = session.get(AccountReceipt, receipt_id)
    if row is None or row.practice_id != practice_id:
        return None
    if hold:
        session.refresh(row, with_for_update=True)
    return row


def payments_of(session: Session, receipt_id: str) -> Sequence[PatientPayment]:
    """Its payments, and what undid them."""
    query = select(PatientPayment).where(PatientPayment.receipt_id == receipt_id)
    return session.exec(query.order_by(col(PatientPayment.received_at), PatientPayment.id)).all()


def of_account(session: Session, *, practice_id: str, holder_id: str, limit: int) -> list[ReceiptView]:
    """The last money that came for visits of anybody on the account, the newest first."""
    rows = session.exec(
        select(PatientPayment, Encounter.external_id)
        .join(Encounter, col(Encounter.id) == col(PatientPayment.encounter_id))
        .where(
            PatientPayment.practice_id == practice_id,
            households.ANSWERING.in_(households.members(session, holder_id)),
        )
        .order_by(col(PatientPayment.received_at).desc(), PatientPayment.id)
    ).all()
    undone = {payment.takes_back for payment, _ in rows}
    grouped: dict[str, list[tuple[PatientPayment, str]]] = {}
    for payment, number in rows:
        if payment.takes_back is None:
            came_as = payment.receipt_id or payment.checkout_id or payment.id
            grouped.setdefault(came_as, []).append((payment, number))
    return [_view(one, undone) for one in list(grouped.values())[:limit]]


def _view(rows: Sequence[tuple[PatientPayment, str]], undone: set[str | None]) -> ReceiptView:
    first = rows[0][0]
    return ReceiptView(
        received_on=first.received_on,
        method=first.method,
        reference=first.reference or "",
        amount_cents=sum(payment.amount_cents for payment, _ in rows),
        parts=[PartView(payment.encounter_id, number, payment.amount_cents) for payment, number in rows],
        receipt_id=first.receipt_id,
        is_taken_back=all(payment.id in undone for payment, _ in rows),
    )
