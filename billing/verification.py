"""Step 2, insurance verification: what a payer's answer means for one visit."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from billing.authorizations import AuthorizationRule
from billing.eligibility import Benefit, EligibilityResponse
from billing.money import Cents
from billing.reply_words import why_inquiry_was_refused

UNAVAILABLE = frozenset({"42", "80"})
"""AAA03: unable to respond at this time, no response from the payer. The office asks again by itself."""

ACTIVE = frozenset({"1", "2", "3", "4", "5"})
"""EB01 that mean coverage is in force"""

INACTIVE = frozenset({"6", "7", "8"})

ABOUT_ONE_BENEFIT = "2110"
"""An AAA of this loop refuses one question, not the patient"""

OTHER_PAYER = "R"
"""EB01: another payer covers the patient too"""
OTHER_PAYER_ROLES = frozenset({"PR", "PRP", "SEP", "TTP"})
"""2120 NM101: payer, primary, secondary and tertiary payer"""

PLAN_COVERAGE = "30"
"""EB03: health benefit plan coverage"""


class VerificationOutcome(StrEnum):
    """What the answer says."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    NOT_FOUND = "not_found"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Verification:
    """The reading of one answer."""

    outcome: VerificationOutcome
    reason: str
    """In plain words, without names"""
    copay_cents: Cents | None = None
    deductible_remaining_cents: Cents | None = None
    coinsurance: Decimal | None = None
    """The patient's share: 0.2 is 20 %"""
    is_qmb: bool = False
    """Qualified Medicare beneficiary: never billed for shares (271 EB04 = QM)"""
    other_payers: tuple[str, ...] = ()
    """Payers that cover the patient too, by name; EB01 R without a name is `not named`"""
    codes: tuple[str, ...] = field(default=())
    """AAA03 codes, when there were any"""


HEALTHCARE_CODE = "HC"
"""EB13-1: HCPCS and CPT"""


def told_to_authorize(response: EligibilityResponse) -> list[AuthorizationRule]:
    """The procedures that the payer itself says it wants authorized (EB11 Y beside EB13)."""
    wanted = [
        one.procedure.split(":") for one in response.benefits if one.authorization_required == "Y" and one.procedure
    ]
    codes = dict.fromkeys(parts[1] for parts in wanted if len(parts) > 1 and parts[0] == HEALTHCARE_CODE)
    return [AuthorizationRule("", code, code, date.min) for code in codes]


def read_answer(response: EligibilityResponse, *, service_date: date) -> Verification:
    """Read a 271 for a visit on `service_date`.

    Eligible when an EB*1 covers plan coverage (30), or names no service type, and the day lies within the plan's
    dates. Source: 005010X279A1 2110C; domain rule: several values of one kind keep the in-network one first.
    """
    errors = [error for error in response.errors if not error.level.startswith(ABOUT_ONE_BENEFIT)]
    if errors:
        codes = tuple(error.code for error in errors)
        if any(code in UNAVAILABLE for code in codes):
            return Verification(VerificationOutcome.UNAVAILABLE, "the payer cannot answer now", codes=codes)
        return Verification(
            VerificationOutcome.NOT_FOUND,
            f"the payer refused the inquiry: {why_inquiry_was_refused(codes)}",
            codes=codes,
        )
    standing = [one for one in response.benefits if one.information in ACTIVE and _is_plan(one)]
    in_force = [one for one in standing if _covers(one, response, service_date)]
    if not in_force:
        why = (
            "the plan's dates do not include the date of service"
            if standing
            else "the payer says the coverage is not active"
            if any(one.information in INACTIVE for one in response.benefits)
            else "the answer names no active coverage"
        )
        return Verification(VerificationOutcome.INACTIVE, why)
    return Verification(
        VerificationOutcome.ACTIVE,
        "coverage is active on the date of service",
        copay_cents=_amount(response, "B", service_type="98"),
        deductible_remaining_cents=remaining_amount(response, "C"),
        coinsurance=_percent(response),
        is_qmb=any(one.insurance_type == "QM" for one in response.benefits),
        other_payers=_other_payers(response),
    )


def remaining_amount(response: EligibilityResponse, information: str) -> Cents | None:
    """What is left (EB06 29) of the deductible (EB01 C) or of the year's out-of-pocket limit (G); None: not told."""
    return _amount(response, information, period="29")


def _other_payers(response: EligibilityResponse) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for benefit in response.benefits:
        if benefit.information == OTHER_PAYER:
            named = [one.name.last for one in benefit.related if one.role in OTHER_PAYER_ROLES and one.name.last]
            found |= dict.fromkeys(named or ["not named"])
    return tuple(found)


def _is_plan(benefit: Benefit) -> bool:
    return not benefit.service_types or PLAN_COVERAGE in benefit.service_types


def _covers(benefit: Benefit, response: EligibilityResponse, day: date) -> bool:
    spans = benefit.dates or response.dates
    begins = [start for qualifier, start, _ in spans if qualifier in {"291", "307", "346", "348", "356"}]
    ends = [
        end for qualifier, start, end in spans if qualifier in {"347", "349", "357"} or (end != start and end >= start)
    ]
    return all(start <= day for start in begins) and all(end >= day for end in ends)


def _in_network_first(benefits: list[Benefit]) -> list[Benefit]:
    return sorted(benefits, key=lambda one: one.in_network not in {"Y", "W"})


def _amount(
    response: EligibilityResponse, information: str, *, service_type: str | None = None, period: str | None = None
) -> Cents | None:
    fitting = [
        one
        for one in response.benefits
        if one.information == information
        and one.amount_cents is not None
        and (period is None or one.period == period)
        and (service_type is None or not one.service_types or service_type in one.service_types)
    ]
    return next((one.amount_cents for one in _in_network_first(fitting)), None)


def _percent(response: EligibilityResponse) -> Decimal | None:
    fitting = [one for one in response.benefits if one.information == "A" and one.percent is not None]
    return next((one.percent for one in _in_network_first(fitting)), None)
