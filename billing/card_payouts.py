"""A payout of the card processor: what it collected for the office less what went back and what it keeps, in one sum.

Source: the protocol of docs/pay-page.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from billing.money import Cents, format_dollars

LONGEST = 100
"""Characters of a number of the processor's"""
MOST_CENTS = 10**12


class LineKind(StrEnum):
    """What a line of a payout is."""

    CHARGE = "charge"
    """A payment by card"""
    REFUND = "refund"
    """Paid back to the card"""
    CHARGEBACK = "chargeback"
    """Taken back by the cardholder"""


@dataclass(frozen=True, slots=True)
class PayoutLine:
    """One payment, or its return."""

    kind: LineKind
    reference: str
    """Our checkout or refund; empty: of a payment that the office asked nothing for, as at a terminal"""
    payment: str
    """The processor's number of the payment"""
    amount_cents: Cents
    """Never below zero: the kind says which way it goes"""

    @property
    def signed_cents(self) -> Cents:
        """Above zero: it comes to the office."""
        return self.amount_cents if self.kind == LineKind.CHARGE else Cents(-self.amount_cents)


@dataclass(frozen=True, slots=True)
class Payout:
    """One sum that the processor sends to the bank account, or takes from it where the net is below zero."""

    id: str
    day: date
    """On which it was sent"""
    charges_cents: Cents
    refunds_cents: Cents
    chargebacks_cents: Cents
    fees_cents: Cents
    """What the processor keeps; below zero: it gives fees back"""
    net_cents: Cents
    """Charges less refunds, chargebacks and fees"""
    lines: tuple[PayoutLine, ...]


def faults(payout: Payout) -> list[str]:
    """What contradicts itself in a report, in words; nothing of such a one is taken."""
    found = []
    if not payout.id.strip() or len(payout.id) > LONGEST:
        found.append(f"its number has to have 1 to {LONGEST} characters")
    if any(one.amount_cents < 0 for one in payout.lines):
        found.append("a line is below zero")
    if (
        max(abs(payout.net_cents), abs(payout.fees_cents), *(abs(one.amount_cents) for one in payout.lines))
        > MOST_CENTS
    ):
        found.append("an amount is beyond all measure")
    told = {
        LineKind.CHARGE: payout.charges_cents,
        LineKind.REFUND: payout.refunds_cents,
        LineKind.CHARGEBACK: payout.chargebacks_cents,
    }
    for kind, cents in told.items():
        found += _differs(f"its {kind}s", cents, sum_of(payout.lines, kind))
    net = Cents(payout.charges_cents - payout.refunds_cents - payout.chargebacks_cents - payout.fees_cents)
    return found + _differs("its net", payout.net_cents, net)


def sum_of(lines: Sequence[PayoutLine], kind: LineKind) -> Cents:
    """All lines of one kind."""
    return Cents(sum(one.amount_cents for one in lines if one.kind == kind))


def _differs(what: str, told: Cents, summed: Cents) -> list[str]:
    if told == summed:
        return []
    return [f"it says {format_dollars(told)} for {what}, and its parts sum to {format_dollars(summed)}"]
