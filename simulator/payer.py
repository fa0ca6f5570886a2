"""The payers' own rules: what is allowed, what is paid, what is called the patient's. Hidden from the office."""

from dataclasses import dataclass, replace
from datetime import datetime

from billing.claim import Claim, ServiceLine
from billing.eligibility import Benefit, EligibilityInquiry, EligibilityResponse, InquiryError
from billing.money import Cents
from billing.remittance import Adjustment, ClaimPayment, LinePayment
from simulator.scenarios import Scenario, scenario_of

COPAYMENT = 2000
CORRECTED_COPAYMENT = 1000
COINSURANCE = 20
"""Percent of the allowed amount"""
MEDICAID = "MC"
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
    denied: int


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


def adjudicate(claim: Claim, *, payer_claim_number: str, at: datetime, corrected: bool = False) -> Adjudication:
    """Decide on a claim by its scenario. Every line balances by construction."""
    scenario = scenario_of(claim.coverage.member_id)
    copayment = CORRECTED_COPAYMENT if corrected else COPAYMENT
    lines = tuple(
        _adjudicate_line(line, scenario, is_first=number == 0, copayment=copayment)
        for number, line in enumerate(claim.lines)
    )
    payment = ClaimPayment(
        control_number=claim.control_number,
        status="1",
        charge_cents=claim.charge_cents,
        paid_cents=Cents(sum(line.paid_cents for line in lines)),
        payer_claim_number=payer_claim_number,
        filing_indicator=_filing_indicator(claim),
        place_of_service=claim.place_of_service,
        frequency="1",
        patient_responsibility_cents=Cents(_patient_total(lines)) or None,
        patient_name=claim.patient.name,
        member_id=claim.coverage.member_id,
        service_from=claim.service_from,
        service_to=claim.service_to,
        received=at.date(),
        lines=lines,
    )
    return Adjudication(
        payment,
        allowed=sum(_allowed(line) for line in claim.lines),
        contractual=_total(lines, "CO", "45"),
        patient=_patient_total(lines),
        denied=_total(lines, "CO", "50"),
    )


def _filing_indicator(claim: Claim) -> str:
    """CLP06 knows fewer codes than SBR09: commercial insurance (CI), for one, is answered as ZZ."""
    indicator = claim.coverage.filing_indicator or ""
    return indicator if indicator in FILING_INDICATORS else "ZZ"


def _allowed(line: ServiceLine) -> int:
    """Five eighths of the charge, rounded down to the cent."""
    return line.charge_cents * 5 // 8


def _adjudicate_line(line: ServiceLine, scenario: Scenario, *, is_first: bool, copayment: int) -> LinePayment:
    allowed = _allowed(line)
    adjustments = [Adjustment("CO", "45", Cents(line.charge_cents - allowed))]
    taken = 0
    match scenario:
        case Scenario.COPAY | Scenario.REVERSED if is_first:
            taken = min(copayment, allowed)
            adjustments.append(Adjustment("PR", "3", Cents(taken)))
        case Scenario.DEDUCT if is_first:
            taken = allowed
            adjustments.append(Adjustment("PR", "1", Cents(taken)))
        case Scenario.COINS:
            taken = allowed * COINSURANCE // 100
            adjustments.append(Adjustment("PR", "2", Cents(taken)))
        case Scenario.DENIED if is_first:
            taken = allowed
            adjustments.append(Adjustment("CO", "50", Cents(taken)))
    return LinePayment(
        procedure=line.procedure,
        modifiers=line.modifiers,
        charge_cents=line.charge_cents,
        paid_cents=Cents(allowed - taken),
        adjustments=tuple(one for one in adjustments if one.amount_cents),
        units=line.units,
        service_date=line.service_date,
        control_number=line.control_number,
        allowed_cents=Cents(allowed),
        remarks=("N115",) if scenario == Scenario.DENIED and is_first else (),
    )


def _total(lines: tuple[LinePayment, ...], group: str, reason: str) -> int:
    return sum(
        one.amount_cents for line in lines for one in line.adjustments if (one.group, one.reason) == (group, reason)
    )


def _patient_total(lines: tuple[LinePayment, ...]) -> int:
    return sum(one.amount_cents for line in lines for one in line.adjustments if one.group == "PR")


def reversed_payment(payment: ClaimPayment) -> ClaimPayment:
    """CLP 22: every charge, payment and adjustment negated, groups and reasons kept."""
    lines = tuple(
        replace(
            line,
            charge_cents=Cents(-line.charge_cents),
            paid_cents=Cents(-line.paid_cents),
            allowed_cents=None,
            adjustments=tuple(replace(one, amount_cents=Cents(-one.amount_cents)) for one in line.adjustments),
        )
        for line in payment.lines
    )
    return replace(
        payment,
        status="22",
        charge_cents=Cents(-payment.charge_cents),
        paid_cents=Cents(-payment.paid_cents),
        patient_responsibility_cents=None,
        lines=lines,
    )
