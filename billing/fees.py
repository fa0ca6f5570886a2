"""What a billing company asks of a practice for a month: a share of what was collected, by agreement.

A receipt is what an entry of the ledger brought, or took away again, told by its kind. The base of a month is the sum
of its receipts; the fee is a share of it, in basis points, rounded half up once, on the whole. A base below zero asks
for no share and is carried into the next invoice.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from billing.ledger import Account, EntryKind, Side
from billing.money import Cents
from billing.roll_forward import Movement, moves

WHOLE = 10_000
"""Basis points of all that is collected"""
ROUNDING = "The share is rounded half up to the cent, once, on the whole base."


class Receipt(StrEnum):
    """What was collected, and what went away again."""

    PAYERS_PAID = "payers_paid"
    PAYERS_REVERSED = "payers_reversed"
    """Reversed by a payer on the claim (CLP02 22)"""
    PAYERS_TOOK_BACK = "payers_took_back"
    """Taken out of another payment (PLB)"""
    PAYERS_REFUNDED = "payers_refunded"
    """Owed back to a payer, from the day on which that was decided"""
    PATIENTS_PAID = "patients_paid"
    PATIENTS_RETURNED = "patients_returned"
    """Taken back at the desk, or not paid by the bank"""
    PATIENTS_REFUNDED = "patients_refunded"


RECEIPT_WORDS = {
    Receipt.PAYERS_PAID: "Payments of payers",
    Receipt.PAYERS_REVERSED: "less reversed by payers",
    Receipt.PAYERS_TOOK_BACK: "less taken back by payers out of other payments",
    Receipt.PAYERS_REFUNDED: "less refunds to payers",
    Receipt.PATIENTS_PAID: "Payments of patients",
    Receipt.PATIENTS_RETURNED: "less payments of patients that were taken back or returned",
    Receipt.PATIENTS_REFUNDED: "less refunds to patients",
}
"""As an invoice says them, in its order"""
OF_PAYERS = frozenset({Receipt.PAYERS_PAID, Receipt.PAYERS_REVERSED, Receipt.PAYERS_TOOK_BACK, Receipt.PAYERS_REFUNDED})
_OF_MOVEMENT = {
    Movement.INSURANCE_PAID: Receipt.PAYERS_PAID,
    Movement.INSURANCE_REVERSED: Receipt.PAYERS_REVERSED,
    Movement.TAKEN_BACK: Receipt.PAYERS_TOOK_BACK,
    Movement.INSURANCE_REFUND: Receipt.PAYERS_REFUNDED,
}


@dataclass(frozen=True, slots=True)
class Terms:
    """What practice and billing company agreed on, from a month on."""

    basis_points: int
    """Of the base: 625 is 6.25 percent"""
    of_payers: bool
    of_patients: bool
    minimum_cents: int
    """The least that is asked for a month"""
    excluded_payers: frozenset[str] = frozenset()
    """Ids of payers whose payments are no part of the base"""

    def counts(self, receipt: Receipt, payer_id: str) -> bool:
        """Whether a receipt is part of the base."""
        if receipt in OF_PAYERS:
            return self.of_payers and payer_id not in self.excluded_payers
        return self.of_patients


@dataclass(frozen=True, slots=True)
class Collected:
    """What one entry brought; below zero, what it took away again."""

    receipt: Receipt
    payer_id: str
    """Empty: the patient's, or nobody named"""
    cents: int


@dataclass(frozen=True, slots=True)
class Fee:
    """What a base comes to."""

    base_cents: int
    """Receipts of the month and what was carried in"""
    share_cents: int
    """Of the base, before the minimum"""
    fee_cents: int
    carried_out_cents: int
    """Zero or less: the base below zero, for the next invoice"""


@dataclass(frozen=True, slots=True)
class Agreed:
    """Terms, and who asks under them."""

    terms: Terms
    biller: str
    biller_address: str
    pay_within_days: int


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One line of an invoice."""

    receipt: Receipt
    words: str
    payer: str
    payer_class: str
    entries: int
    cents: int


@dataclass(frozen=True, slots=True)
class Invoice:
    """One invoice, whole."""

    id: str
    number: str
    """With leading zeros"""
    month: str
    practice: str
    agreed: Agreed
    lines: list[InvoiceLine]
    receipts_cents: int
    carried_in_cents: int
    base_cents: int
    share_cents: int
    fee_cents: int
    carried_out_cents: int
    made_on: date
    made_by: str
    pay_by: date
    after_entry: int
    through_entry: int


def collected(kind: str, sides: Iterable[Side]) -> list[Collected]:
    """What an entry of the ledger brought. Nothing of money paid by the head, of bonuses or of what no claim took."""
    listed = list(sides)
    if kind in (EntryKind.PATIENT_PAYMENT, EntryKind.REFUND):
        cents = -sum(one.amount_cents for one in listed if one.account == Account.PATIENT_UNAPPLIED)
        received = Receipt.PATIENTS_PAID if cents > 0 else Receipt.PATIENTS_RETURNED
        receipt = Receipt.PATIENTS_REFUNDED if kind == EntryKind.REFUND else received
        return [Collected(receipt, "", cents)] if cents else []
    payer_id = next((one.detail for one in listed if one.account == Account.AR_INSURANCE and one.detail), "")
    return [
        Collected(_OF_MOVEMENT[one.movement], payer_id, -one.cents)
        for one in moves(kind, listed)
        if one.movement in _OF_MOVEMENT and one.cents
    ]


def fee_of(receipts_cents: int, carried_in_cents: int, terms: Terms) -> Fee:
    """The fee of a month; its base is what was collected and what the invoice before carried into it."""
    base = receipts_cents + carried_in_cents
    share = share_of(max(base, 0), terms.basis_points)
    return Fee(base, share, max(share, terms.minimum_cents), min(base, 0))


def share_of(base_cents: int, basis_points: int) -> Cents:
    """A share of a base that is not below zero, rounded half up to the cent: the one rounding of an invoice."""
    exact = Decimal(base_cents) * basis_points / WHOLE
    return Cents(int(exact.quantize(Decimal(1), ROUND_HALF_UP)))


def percent(basis_points: int) -> str:
    """625 -> `6.25 %`, 600 -> `6 %`."""
    return f"{(Decimal(basis_points) / 100).normalize():f} %"
