"""The payers' own rules: what is allowed, what is paid, what is called the patient's. Hidden from the office."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from billing.claim import Claim, ServiceLine
from billing.coordination import REVENUE_CODE, OtherDecision, OtherPayer, claim_to, decision_of, own_policy
from billing.eligibility import Benefit, EligibilityInquiry, EligibilityResponse, InquiryError
from billing.money import Cents
from billing.remittance import Adjustment, ClaimPayment, LinePayment, SupplementalAmount
from interchange.x12 import coordination
from interchange.x12.coordination_writing import with_other_payers
from simulator.scenarios import Scenario, scenario_of

COPAYMENT = 2000
CORRECTED_COPAYMENT = 1000
SECOND_COPAYMENT = 500
"""What a secondary payer leaves to a patient whose member id begins with COPAY"""
UNDERPAID_PERCENT = 90
"""Of the allowed amount: what scenario UNDERPAID allows at first"""
COINSURANCE = 20
"""Percent of the allowed amount"""
MEDICAID = "MC"
LIABLE_PAYER = "90002"
"""Who covers the patients that another payer refuses with CO-22 (scenario OTHER)"""
CROSSOVER = "CROSS"
FILING_INDICATORS = frozenset(
    ("12", "13", "14", "15", "16", "17", "AM", "CH", "DS", "HM", "LM", "MA", "MB", "MC", "OF", "TV", "VA", "WC", "ZZ")
)
"""CLP06"""


@dataclass(frozen=True, slots=True)
class Adjudication:
    """One answer and its line in the payer's books."""

    payment: ClaimPayment
    allowed: int
    contractual: int
    patient: int
    is_protected: bool
    """No share of it may be billed to the patient"""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a payer will not pay, and why."""

    group: str
    reason: str
    remarks: tuple[str, ...] = ()
    is_whole: bool = False
    """The whole claim, not its first line"""


REFUSALS: dict[Scenario, Refusal] = {
    Scenario.DENIED: Refusal("CO", "50", ("N115",)),
    Scenario.DATA: Refusal("CO", "16", ("N290",), is_whole=True),
    Scenario.UNPROCESSABLE: Refusal("CO", "16", ("MA130",), is_whole=True),
    Scenario.AUTH: Refusal("CO", "197"),
    Scenario.BUNDLED: Refusal("CO", "97"),
    Scenario.OTHER: Refusal("CO", "22", is_whole=True),
    Scenario.ENDED: Refusal("PR", "27", is_whole=True),
    Scenario.STRANGER: Refusal("PR", "31", is_whole=True),
    Scenario.LATE: Refusal("CO", "29", is_whole=True),
    Scenario.EXCLUDED: Refusal("PR", "204"),
    Scenario.UNITS: Refusal("CO", "151"),
    Scenario.APPEALED: Refusal("CO", "50", ("N115",)),
    Scenario.RECORDS: Refusal("CO", "252", ("N706",), is_whole=True),
    Scenario.REPEATED: Refusal("OA", "18", is_whole=True),
}
MENDABLE = frozenset(
    {
        Scenario.DATA,
        Scenario.UNPROCESSABLE,
        Scenario.AUTH,
        Scenario.BUNDLED,
        Scenario.OTHER,
        Scenario.ENDED,
        Scenario.STRANGER,
        Scenario.UNDERPAID,
        Scenario.APPEALED,
        Scenario.RECORDS,
    }
)
"""Scenarios whose whole allowed amount is paid to who mends the claim, or writes"""
CONVINCED = frozenset({Scenario.UNDERPAID, Scenario.APPEALED, Scenario.RECORDS})
"""Scenarios in which the payer answers a letter by paying what was allowed"""
INTEREST_PERCENT = 1
"""Of what is paid late"""
PATIENT_REASONS = ("1", "2", "3", "204")
"""CARCs under PR that are the patient's in the end"""


def answer_inquiry(inquiry: EligibilityInquiry) -> EligibilityResponse:
    """271: active with a copayment unless the member id begins otherwise."""
    scenario = scenario_of(inquiry.member_id)
    response = EligibilityResponse(
        reference=inquiry.reference,
        payer=inquiry.payer,
        member_id=inquiry.member_id,
        subscriber_name=inquiry.subscriber.name,
        birth_date=inquiry.subscriber.birth_date,
        is_dependent=inquiry.dependent is not None,
    )
    if scenario == Scenario.NOTFOUND:
        return replace(response, errors=(InquiryError("2100C", "75", "C"),), is_dependent=False)
    if scenario == Scenario.INACTIVE:
        return replace(response, benefits=(Benefit("6", coverage_level="IND", service_types=("30",)),))
    benefits = [Benefit("1", coverage_level="IND", service_types=("30",), plan="SIMULATED PLAN")]
    if scenario in {Scenario.COPAY, Scenario.REVERSED}:
        benefits.append(
            Benefit(
                "B",
                coverage_level="IND",
                service_types=("98",),
                period="27",
                amount_cents=Cents(COPAYMENT),
                in_network="Y",
            )
        )
    return replace(response, benefits=tuple(benefits))


def adjudicate(
    claim: Claim, scenario: Scenario, *, payer_claim_number: str, at: datetime, corrected: bool = False
) -> Adjudication:
    """Decide on a claim by its scenario. Every line balances by construction."""
    others = coordination.read_other_payers(claim)
    decided = [one.decision for one in others if one.decision is not None]
    if decided:
        return adjudicate_after(claim, decided, scenario, payer_claim_number=payer_claim_number, at=at)
    copayment = CORRECTED_COPAYMENT if corrected else COPAYMENT
    is_right = corrected and scenario in CONVINCED
    lines = tuple(
        _adjudicate_line(line, Scenario.PAID if is_right else scenario, is_first=number == 0, copayment=copayment)
        for number, line in enumerate(claim.lines)
    )
    paid = sum(line.paid_cents for line in lines)
    payment = _payment(
        claim,
        lines,
        status="1" if paid else "4",
        patient_cents=_total(lines, "PR"),
        payer_claim_number=payer_claim_number,
        at=at,
    )
    contractual = _total(lines, "CO", "45")
    patient = sum(_total(lines, "PR", reason) for reason in PATIENT_REASONS)
    return Adjudication(
        payment,
        allowed=claim.charge_cents - contractual,
        contractual=contractual,
        patient=patient,
        is_protected=scenario == Scenario.PROTECTED
        or MEDICAID in {claim.coverage.filing_indicator, *(one.coverage.filing_indicator for one in others)},
    )


def forwards_to(claim: Claim) -> OtherPayer | None:
    """The policy to whose payer a primary claim is forwarded (a crossover): its member id begins with CROSS."""
    others = coordination.read_other_payers(claim)
    return next((one for one in others if (one.coverage.member_id or "").startswith(CROSSOVER)), None)


def forwarded(claim: Claim, to: OtherPayer, payment: ClaimPayment, *, at: datetime) -> Claim:
    """The claim as the next payer gets it from the first one: under the same control number."""
    numbers = range(1, len(claim.lines) + 1)
    decision = decision_of(payment, claim.coverage, lines=numbers, decided_on=at.date())
    return with_other_payers(claim_to(claim, to), [replace(own_policy(claim), decision=decision)])


def adjudicate_after(
    claim: Claim, decided: Sequence[OtherDecision], scenario: Scenario, *, payer_claim_number: str, at: datetime
) -> Adjudication:
    """A secondary payer's answer: what the earlier payer called the patient's is paid, but for its own copayment.

    Medicaid takes what was paid before for enough: nothing is paid, and nothing is the patient's.
    """
    is_medicaid = claim.coverage.filing_indicator == MEDICAID
    lines = []
    for number, line in enumerate(claim.lines, start=1):
        before = [one for decision in decided for one in decision.lines if one.line == number]
        left = sum(a.amount_cents for one in before[-1:] for a in one.adjustments if a.group == "PR")
        paid_before = sum(one.paid_cents for one in before)
        if is_medicaid:
            adjustments = [("OA", "23", paid_before), ("CO", "45", line.charge_cents - paid_before)]
            lines.append(_explained(line, 0, adjustments))
            continue
        taken = min(SECOND_COPAYMENT, left) if scenario == Scenario.COPAY and number == 1 else 0
        lines.append(_explained(line, left - taken, [("OA", "23", line.charge_cents - left), ("PR", "3", taken)]))
    left = sum(decision.remaining_cents or 0 for decision in decided[-1:])
    patient = sum(_total(tuple(lines), "PR", reason) for reason in PATIENT_REASONS)
    payment = _payment(
        claim, tuple(lines), status="2", patient_cents=patient, payer_claim_number=payer_claim_number, at=at
    )
    contractual = left if is_medicaid else 0
    return Adjudication(payment, left, contractual, patient, is_protected=is_medicaid)


def _payment(
    claim: Claim,
    lines: tuple[LinePayment, ...],
    *,
    status: str,
    patient_cents: int,
    payer_claim_number: str,
    at: datetime,
) -> ClaimPayment:
    """CLP and its loop: what the payer decided on `lines`, and what it says of the claim. `status`: CLP02."""
    return ClaimPayment(
        control_number=claim.control_number,
        status=status,
        charge_cents=claim.charge_cents,
        paid_cents=Cents(sum(line.paid_cents for line in lines)),
        payer_claim_number=payer_claim_number,
        filing_indicator=_filing_indicator(claim),
        place_of_service=claim.place_of_service if claim.hospital is None else claim.hospital.facility_type,
        frequency=claim.frequency,
        patient_responsibility_cents=Cents(patient_cents) or None,
        patient_name=claim.patient.name,
        member_id=claim.coverage.member_id,
        service_from=claim.service_from,
        service_to=claim.service_to,
        received=at.date(),
        lines=lines,
    )


def _explained(line: ServiceLine, paid: int, adjustments: Sequence[tuple[str, str, int]]) -> LinePayment:
    cas = [Adjustment(group, reason, Cents(amount)) for group, reason, amount in adjustments]
    return replace(_answered(line, paid, cas, ()), allowed_cents=None)


def _filing_indicator(claim: Claim) -> str:
    """CLP06 knows fewer codes than SBR09: commercial insurance (CI), for one, is answered as ZZ."""
    indicator = claim.coverage.filing_indicator or ""
    return indicator if indicator in FILING_INDICATORS else "ZZ"


def _allowed(line: ServiceLine) -> int:
    """Five eighths of the charge, rounded down to the cent."""
    return line.charge_cents * 5 // 8


def _adjudicate_line(line: ServiceLine, scenario: Scenario, *, is_first: bool, copayment: int) -> LinePayment:
    refusal = REFUSALS.get(scenario)
    if refusal is not None and refusal.is_whole:
        adjustments = [Adjustment(refusal.group, refusal.reason, line.charge_cents)]
        return _answered(line, 0, adjustments, refusal.remarks)
    allowed = _allowed(line)
    if scenario == Scenario.UNDERPAID:
        allowed = allowed * UNDERPAID_PERCENT // 100
    adjustments = [Adjustment("CO", "45", Cents(line.charge_cents - allowed))]
    taken = 0
    remarks: tuple[str, ...] = ()
    match scenario:
        case Scenario.COPAY | Scenario.REVERSED if is_first:
            taken = min(copayment, allowed)
            adjustments.append(Adjustment("PR", "3", Cents(taken)))
        case Scenario.DEDUCT if is_first:
            taken = allowed
            adjustments.append(Adjustment("PR", "1", Cents(taken)))
        case Scenario.COINS | Scenario.PROTECTED:
            taken = allowed * COINSURANCE // 100
            adjustments.append(Adjustment("PR", "2", Cents(taken)))
            remarks = ("N781",) if scenario == Scenario.PROTECTED else ()
        case _ if refusal is not None and is_first:
            taken = allowed // 2 if scenario == Scenario.UNITS else allowed
            adjustments.append(Adjustment(refusal.group, refusal.reason, Cents(taken)))
            remarks = refusal.remarks
    return replace(_answered(line, allowed - taken, adjustments, remarks), allowed_cents=Cents(allowed))


def _answered(line: ServiceLine, paid: int, adjustments: list[Adjustment], remarks: tuple[str, ...]) -> LinePayment:
    revenue = line.revenue
    return LinePayment(
        procedure=line.billed_code,
        procedure_qualifier=line.procedure_qualifier if line.procedure else REVENUE_CODE,
        revenue_code=revenue.code if revenue is not None and line.procedure else None,
        modifiers=line.modifiers,
        charge_cents=line.charge_cents,
        paid_cents=Cents(paid),
        adjustments=tuple(one for one in adjustments if one.amount_cents),
        units=line.units,
        service_date=line.service_date if revenue is None or revenue.is_dated else None,
        control_number=line.control_number,
        allowed_cents=Cents(_allowed(line)),
        remarks=remarks,
    )


def _total(lines: tuple[LinePayment, ...], group: str, reason: str | None = None) -> int:
    return sum(
        one.amount_cents
        for line in lines
        for one in line.adjustments
        if one.group == group and reason in {None, one.reason}
    )


def parts_of(payment: ClaimPayment) -> list[ClaimPayment]:
    """One answer as two, the last line apart, each under a number of the payer's own; one where there is one line."""
    if len(payment.lines) < 2:
        return [payment]
    return [
        replace(
            payment,
            charge_cents=Cents(sum(line.charge_cents for line in lines)),
            paid_cents=Cents(sum(line.paid_cents for line in lines)),
            patient_responsibility_cents=Cents(_total(lines, "PR")) or None,
            payer_claim_number=f"{payment.payer_claim_number}{letter}",
            lines=lines,
        )
        for letter, lines in (("A", payment.lines[:-1]), ("B", payment.lines[-1:]))
    ]


def with_interest(payment: ClaimPayment) -> tuple[ClaimPayment, int]:
    """The answer with the interest that its payer owes for being late (AMT*I), and the interest in cents."""
    cents = payment.paid_cents * INTEREST_PERCENT // 100
    return replace(payment, amounts=(*payment.amounts, SupplementalAmount("I", Cents(cents)))), cents


def recoverable(claim: Claim, scenario: Scenario, *, paid: int) -> int:
    """What this payer would still pay on the visit to who asks for it rightly, in cents."""
    return sum(_allowed(line) for line in claim.lines) - paid if scenario in MENDABLE else 0


def is_mended(claim: Claim, scenario: Scenario) -> bool:
    """Whether a claim that comes again says what its first answer asked for."""
    match scenario:
        case Scenario.DATA:
            return claim.frequency == "7"
        case Scenario.UNPROCESSABLE:
            return claim.frequency == "1"
        case Scenario.AUTH:
            return claim.frequency == "7" and claim.authorization is not None
        case Scenario.BUNDLED:
            return claim.frequency == "7" and any("59" in line.modifiers for line in claim.lines)
    return False
