"""What it costs: M."""

from collections.abc import Iterator

from billing.claim import Claim
from billing.coding import is_for_nothing
from billing.edits.registry import Scope, Severity, Situation, edit
from billing.money import format_dollars


@edit("M01", fix="Price the line.", scope=Scope.LINE)
def charges_positive(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Every line is charged (2400 SV102, SV203); codes that only report (CPT category II, HIPPS) may be for nothing."""
    for number, line in enumerate(claim.lines, start=1):
        reports = is_for_nothing(line) and line.charge_cents == 0
        if line.charge_cents <= 0 and not reports:
            yield f"line.{number}.charge", f"line {number} has no charge"


@edit("M02", fix="Correct the line's charge; the sum follows.")
def charges_add_up(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The claim's charge is the sum of its lines' (2300 CLM02)."""
    lines = sum(line.charge_cents for line in claim.lines)
    if lines != claim.charge_cents:
        yield (
            "charge",
            f"the claim says {format_dollars(claim.charge_cents)}, its lines sum to {format_dollars(lines)}",
        )


@edit("M02B", fix="Give the units.", scope=Scope.LINE)
def units_positive(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Units are above zero (2400 SV104, SV205)."""
    for number, line in enumerate(claim.lines, start=1):
        if line.units <= 0:
            yield f"line.{number}.units", f"line {number} has no units"


@edit("M03", fix="Correct what the patient paid.")
def paid_within_charge(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The patient paid no more than the charge (2300 AMT*F5)."""
    if claim.patient_paid_cents is not None and not 0 <= claim.patient_paid_cents <= claim.charge_cents:
        yield "patient_paid", "the amount paid by the patient is below zero or more than the charge"


@edit("M02C", Severity.WARNING, fix="Give whole units.", scope=Scope.LINE)
def units_whole(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Units of service are whole numbers (2400 SV103 UN, SV104)."""
    for number, line in enumerate(claim.lines, start=1):
        if line.unit_basis == "UN" and line.units != line.units.to_integral_value():
            yield f"line.{number}.units", f"line {number}: most payers take whole units only"


@edit("M01B", Severity.WARNING, fix="Check the charge; a slip of the point is common.", scope=Scope.LINE)
def charges_believable(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A line's charge is within the practice's limit (policy line_charge_limit_cents)."""
    most = situation.policies.value("line_charge_limit_cents", as_of=situation.today)
    for number, line in enumerate(claim.lines, start=1):
        if line.charge_cents > most:
            yield f"line.{number}.charge", f"line {number}: {format_dollars(line.charge_cents)} is unusually much"
