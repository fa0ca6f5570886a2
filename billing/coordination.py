"""Coordination of benefits: the patient's other policies, what their payers decided before, and its sums.

Loops 2320, 2330A, 2330B and 2430 of the claim, and the answers (835) they are made from.

line     SV102 = SVD02 + the line's adjustments by that payer
claim    CLM02 = AMT*D + all adjustments by that payer, on the claim and its lines
payment  AMT*D = the sum of its SVD02 - its adjustments on the claim, when it decided every line

Source: the balancing section of the 837 guides. AMT*EAF and AMT*A8 are information and enter no sum.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from billing.claim import Claim, Coverage, Person
from billing.money import Cents
from billing.remittance import Adjustment, ClaimPayment, Group, Imbalance, total

PRIMARY = "P"
"""SBR01"""
IN_ORDER = "PSTABCDEFGH"
"""SBR01: primary, secondary, tertiary, then the fourth to the eleventh payer"""
MEDICARE = frozenset({"MA", "MB"})
"""SBR09"""
_ANSWERS_AS = {"1": "P", "19": "P", "2": "S", "20": "S", "3": "T", "21": "T"}
"""CLP02: as which payer it processed the claim"""
REVENUE_CODE = "NU"
"""SVC01-1: the line is answered by its revenue code, for it has no procedure"""
FORWARDED = frozenset({"19", "20", "21"})
"""CLP02: processed, and passed on to the next payer (a crossover)"""


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
    """SVD03-2: the code that was decided on; empty where a revenue code says enough"""
    units: Decimal | None = None
    """SVD05"""
    modifiers: tuple[str, ...] = ()
    """SVD03-3 to -6"""
    procedure_qualifier: str = "HC"
    """SVD03-1"""
    adjustments: tuple[Adjustment, ...] = ()
    adjudicated_on: date | None = None
    """DTP*573"""
    revenue_code: str | None = None
    """SVD04 of an institutional line"""


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
    remarks: tuple[str, ...] = ()
    """MOA03-07"""


@dataclass(frozen=True, slots=True)
class OtherPayer:
    """One 2320 with its 2330A and 2330B: another policy of the patient."""

    coverage: Coverage
    """SBR, NM109 of NM1*IL, and the payer of NM1*PR"""
    subscriber: Person
    """2330A NM1*IL, N3, N4"""
    decision: OtherDecision | None = None
    """None: that payer has not decided"""

    @property
    def responsibility(self) -> str:
        """SBR01."""
        return self.coverage.responsibility


def is_forwarded(payment: ClaimPayment) -> bool:
    """Whether the payer says that it passed the claim on to the next one: CLP02 19 to 21, or NM1*TT."""
    return payment.status in FORWARDED or payment.crossover_payer is not None


def answered_as(payment: ClaimPayment, *, sent_as: str, payer_number: str, forwarded_by: str | None) -> str:
    """Which payer of the patient's (SBR01) speaks in a claim payment that names a claim sent to the `sent_as` one.

    A claim's number is known only to its payer, and to the next one once that payer forwarded the claim. `payer_number`
    is who speaks, `forwarded_by` who answered and forwarded (TRN03 of the two remittances): they tell apart what CLP02
    does not, as a denial (4). A primary claim's number may come back from another payer first; there CLP02 decides.
    """
    says = _ANSWERS_AS.get(payment.status)
    if sent_as == PRIMARY and says is not None:
        return says
    if forwarded_by in (None, payer_number) or says == sent_as:
        return sent_as
    place = IN_ORDER.index(sent_as)
    is_later = says is not None and IN_ORDER.index(says) > place
    return says if says is not None and is_later else IN_ORDER[place + 1]


def decision_of(payment: ClaimPayment, coverage: Coverage, *, lines: Sequence[int], decided_on: date) -> OtherDecision:
    """What a posted claim payment says to the next payer. `lines`: the claim's line (from 1) of each SVC, in order.

    Adjustments go on as the payer gave them, claim and line each at its place, so that the sums still come out.
    """
    payer_id = coverage.payer.id or ""
    decided = tuple(
        LineDecision(
            line=number,
            payer_id=payer_id,
            paid_cents=line.paid_cents,
            procedure="" if line.procedure_qualifier == REVENUE_CODE else line.procedure,
            units=line.units if line.units is not None else Decimal(1),
            modifiers=line.modifiers,
            procedure_qualifier="HC" if line.procedure_qualifier == REVENUE_CODE else line.procedure_qualifier,
            adjustments=line.adjustments,
            adjudicated_on=decided_on,
            revenue_code=line.revenue_code or (line.procedure if line.procedure_qualifier == REVENUE_CODE else None),
        )
        for number, line in zip(lines, payment.lines, strict=True)
    )
    patient = Cents(sum(one.amount_cents for one in payment.all_adjustments() if one.group == Group.PATIENT))
    return OtherDecision(
        responsibility=coverage.responsibility,
        payer_id=payer_id,
        paid_cents=payment.paid_cents,
        payer_claim_number=payment.payer_claim_number,
        adjustments=payment.adjustments,
        remaining_cents=patient or None,
        adjudicated_on=None if decided else decided_on,
        lines=decided,
        remarks=payment.remarks[:5],
    )


def joined_decision(decisions: Sequence[OtherDecision]) -> OtherDecision:
    """What one payer decided in several answers, oldest first, because it split the claim: told as one decision."""
    if len(decisions) == 1:
        return decisions[0]
    remaining = sum(one.remaining_cents or 0 for one in decisions)
    numbers = [one.payer_claim_number for one in decisions if one.payer_claim_number]
    return replace(
        decisions[-1],
        paid_cents=Cents(sum(one.paid_cents or 0 for one in decisions)),
        payer_claim_number=numbers[-1] if numbers else None,
        adjustments=tuple(each for one in decisions for each in one.adjustments),
        remaining_cents=Cents(remaining) if remaining else None,
        lines=tuple(sorted((each for one in decisions for each in one.lines), key=lambda line: line.line)),
        remarks=tuple(dict.fromkeys(each for one in decisions for each in one.remarks))[:5],
    )


def claim_to(claim: Claim, other: OtherPayer) -> Claim:
    """The same visit billed to another policy of the patient: a new original, without what was the earlier payer's."""
    subscriber = claim.patient if other.coverage.is_self else other.subscriber
    return replace(
        claim,
        coverage=other.coverage,
        subscriber=subscriber,
        frequency=claim.first_frequency,
        original_reference=None,
        authorization=None,
    )


def own_policy(claim: Claim) -> OtherPayer:
    """The policy that a claim goes to, as the other payers of the patient are told of it."""
    return OtherPayer(claim.coverage, claim.subscriber)


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
