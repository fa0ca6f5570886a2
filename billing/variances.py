"""What a payer allowed beside what it should have: underpaid, overpaid, or as expected.

Allowed is what the contract left of the charge: charge - contractual adjustments = paid + patient's share +
sequestration. Where something was refused nothing is compared: what is refused has a task of its own. Nor is the answer
of a payer that comes after another one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from billing.adjustment_codes import Treatment, treatment
from billing.money import Cents, format_dollars
from billing.posting import BilledLine, match_lines
from billing.remittance import REVERSAL, Adjustment, ClaimPayment


@dataclass(frozen=True, slots=True)
class Compared:
    """One line, or a whole claim."""

    allowed_cents: Cents | None
    """None: some of it was refused"""
    expected_cents: Cents | None
    """None: not known"""

    @property
    def difference_cents(self) -> int | None:
        """Allowed less expected; None: one of them is not known."""
        if self.allowed_cents is None or self.expected_cents is None:
            return None
        return self.allowed_cents - self.expected_cents

    @property
    def words(self) -> str:
        """Such as `underpaid by $12.00`; empty: nothing to compare."""
        difference = self.difference_cents
        if difference is None:
            return ""
        if difference == 0:
            return "as expected"
        return f"{'under' if difference < 0 else 'over'}paid by {format_dollars(abs(difference))}"


NOTHING = Compared(None, None)


def allowed_of(charge_cents: Cents, adjustments: Iterable[Adjustment]) -> Cents | None:
    """What was allowed of a charge; None: some of it was refused, or another payer came first (OA-23)."""
    kinds = [(treatment(one), one.amount_cents) for one in adjustments if one.amount_cents]
    if any(kind in {Treatment.DENIAL, Treatment.MEMO} for kind, _ in kinds):
        return None
    return Cents(charge_cents - sum(cents for kind, cents in kinds if kind == Treatment.CONTRACTUAL))


def claim_compared(payment: ClaimPayment, expected: Sequence[Cents | None]) -> Compared:
    """The whole answer beside what was expected of each line; a reversal, or the answer to a part of a claim that the
    payer split, is beside nothing."""
    is_part = payment.lines and len(payment.lines) != len(expected)
    if payment.status == REVERSAL or not expected or is_part:
        return NOTHING
    known = [one for one in expected if one is not None]
    whole = Cents(sum(known)) if len(known) == len(expected) else None
    return Compared(allowed_of(payment.charge_cents, payment.all_adjustments()), whole)


def lines_compared(
    payment: ClaimPayment, billed: Sequence[BilledLine], expected: Mapping[str, Cents | None]
) -> list[Compared]:
    """Each SVC in order beside what was expected of its line, by the line's id; claim-level adjustments are shared out
    as they are when they are posted."""
    pairs = None if payment.status == REVERSAL or not payment.lines else match_lines(payment, billed)
    if pairs is None:
        return [NOTHING for _ in payment.lines]
    return [Compared(allowed_of(line.charge_cents, line.adjustments), expected.get(of.line_id)) for of, line in pairs]
