"""Coordination of benefits on a claim: what other payers decided before (loops 2320, 2330B and 2430), and its sums.

line     SV102 = SVD02 + the line's adjustments by that payer
claim    CLM02 = AMT*D + all adjustments by that payer, on the claim and its lines
payment  AMT*D = the sum of its SVD02 - its adjustments on the claim, when it decided every line

Source: the balancing section of the 837 guides. AMT*EAF and AMT*A8 are information and enter no sum.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing.money import Cents
from billing.remittance import Adjustment, Imbalance, total


@dataclass(frozen=True, slots=True)
class LineDecision:
    """One 2430: what another payer decided on one line."""

    line: int
    """Ordinal of the service line, from 1"""
    payer_id: str
    """SVD01: NM109 of that payer's 2330B"""
    paid_cents: Cents
    """SVD02"""
    procedure: str
    """SVD03-2: the code that was decided on"""
    units: Decimal | None = None
    """SVD05"""
    adjustments: tuple[Adjustment, ...] = ()
    adjudicated_on: date | None = None
    """DTP*573"""


@dataclass(frozen=True, slots=True)
class OtherDecision:
    """One 2320: what another payer decided on the claim."""

    responsibility: str
    """SBR01: P, S, T ..."""
    payer_id: str | None
    """NM109 of 2330B"""
    paid_cents: Cents | None
    """AMT*D; None when it has not decided"""
    payer_claim_number: str | None = None
    """REF*F8 of 2330B"""
    adjustments: tuple[Adjustment, ...] = ()
    """CAS of 2320: on the claim as a whole"""
    remaining_cents: Cents | None = None
    """AMT*EAF: what that payer leaves to the patient"""
    non_covered_cents: Cents | None = None
    """AMT*A8"""
    adjudicated_on: date | None = None
    """DTP*573 of 2330B"""
    lines: tuple[LineDecision, ...] = ()


def coordination_imbalances(
    decision: OtherDecision, *, charge_cents: Cents, line_charges: Sequence[Cents], ordinal: int
) -> list[Imbalance]:
    """The sums of one other payer's decision that do not come out. `ordinal` is its place among them, from 1."""
    where = f"other payer {ordinal}"
    found: list[Imbalance] = []
    for one in decision.lines:
        charge = line_charges[one.line - 1]
        explained = Cents(one.paid_cents + total(one.adjustments))
        if explained != charge:
            found.append(
                Imbalance(
                    "line", f"{where} line {one.line}", charge, explained, "SV102 = SVD02 + line CAS", 2, one.line
                )
            )
    if decision.paid_cents is None:
        return found
    of_claim, of_lines = total(decision.adjustments), sum(total(one.adjustments) for one in decision.lines)
    explained = Cents(decision.paid_cents + of_claim + of_lines)
    has_adjustments = bool(decision.adjustments) or any(one.adjustments for one in decision.lines)
    if explained != charge_cents and (has_adjustments or decision.lines):
        found.append(Imbalance("claim", where, charge_cents, explained, "CLM02 = AMT*D + all CAS of that payer", 2))
    if {one.line for one in decision.lines} == set(range(1, len(line_charges) + 1)):
        paid = Cents(sum(one.paid_cents for one in decision.lines) - of_claim)
        if paid != decision.paid_cents:
            found.append(Imbalance("claim", where, decision.paid_cents, paid, "AMT*D = sum of SVD02 - claim CAS", 2))
    return found
