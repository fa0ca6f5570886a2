from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billing.claim import Name, Party
from billing.eligibility import Benefit, EligibilityResponse, InquiryError
from billing.money import Cents
from billing.verification import Verification, VerificationOutcome, read_answer, told_to_authorize

VISIT = date(2026, 10, 20)
ACTIVE = Benefit("1", service_types=("30",))
SPAN = date(2026, 1, 1), date(2026, 12, 31)


def answer(*benefits: Benefit, **fields: Any) -> Verification:
    response = EligibilityResponse(
        reference="R1", payer=None, member_id="M1", subscriber_name=None, benefits=benefits, **fields
    )
    return read_answer(response, service_date=VISIT)


@pytest.mark.parametrize(
    ("benefits", "fields", "outcome"),
    [
        ((ACTIVE,), {}, "active"),
        ((Benefit("1"),), {}, "active"),
        ((Benefit("3", service_types=("30",)),), {}, "active"),
        ((Benefit("1", service_types=("35",)),), {}, "inactive"),
        ((Benefit("6", service_types=("30",)),), {}, "inactive"),
        ((), {}, "inactive"),
        ((ACTIVE,), {"dates": (("291", *SPAN),)}, "active"),
        ((ACTIVE,), {"dates": (("291", date(2025, 1, 1), date(2025, 12, 31)),)}, "inactive"),
        ((ACTIVE,), {"dates": (("346", VISIT, VISIT),)}, "active"),
        ((ACTIVE,), {"dates": (("346", date(2026, 10, 21), date(2026, 10, 21)),)}, "inactive"),
        ((ACTIVE,), {"dates": (("347", VISIT, VISIT),)}, "active"),
        ((ACTIVE,), {"dates": (("347", date(2026, 10, 19), date(2026, 10, 19)),)}, "inactive"),
        ((Benefit("1", dates=(("291", *SPAN),)),), {"dates": (("291", date(2020, 1, 1), date(2020, 2, 1)),)}, "active"),
        ((), {"errors": (InquiryError("2100C", "75"),)}, "not_found"),
        ((), {"errors": (InquiryError("2100C", "72"), InquiryError("2100C", "58"))}, "not_found"),
        ((), {"errors": (InquiryError("2100A", "42"),)}, "unavailable"),
        ((ACTIVE,), {"errors": (InquiryError("2100A", "80"),)}, "unavailable"),
        ((ACTIVE,), {"errors": (InquiryError("2110C", "54"),)}, "active"),
        ((ACTIVE,), {"errors": (InquiryError("2110D", "54"), InquiryError("2100D", "67"))}, "not_found"),
    ],
)
def test_an_answer_is_read_for_the_visit(benefits: tuple[Benefit, ...], fields: dict[str, Any], outcome: str) -> None:
    found = answer(*benefits, **fields)
    assert found.outcome == VerificationOutcome(outcome)
    assert found.reason


def payer(role: str, name: str) -> Party:
    return Party(role, is_person=False, name=Name(name))


@pytest.mark.parametrize(
    ("related", "named"),
    [
        ((payer("PRP", "OTHER PLAN"), payer("P3", "DR. WHO")), ("OTHER PLAN",)),
        ((payer("PR", "A"), payer("SEP", "B"), payer("PR", "A")), ("A", "B")),
        ((), ("not named",)),
    ],
)
def test_other_payers_are_named(related: tuple[Party, ...], named: tuple[str, ...]) -> None:
    assert answer(ACTIVE, Benefit("R", related=related)).other_payers == named
    assert answer(ACTIVE, Benefit("D", related=related)).other_payers == ()


def test_the_codes_of_a_refusal_are_named() -> None:
    found = answer(errors=(InquiryError("2100C", "72"), InquiryError("2100C", "75")))
    assert found.codes == ("72", "75")
    assert "72, 75" in found.reason


def test_figures_of_the_own_network_come_first() -> None:
    found = answer(
        ACTIVE,
        Benefit("B", service_types=("98",), amount_cents=Cents(5000), in_network="N"),
        Benefit("B", service_types=("98",), amount_cents=Cents(2500), in_network="Y"),
        Benefit("B", service_types=("33",), amount_cents=Cents(100), in_network="Y"),
        Benefit("C", period="29", amount_cents=Cents(40000)),
        Benefit("C", period="23", amount_cents=Cents(150000)),
        Benefit("A", percent=Decimal("0.2")),
    )
    assert (found.copay_cents, found.deductible_remaining_cents, found.coinsurance) == (2500, 40000, Decimal("0.2"))


def test_a_figure_that_was_not_reported_is_none() -> None:
    found = answer(ACTIVE)
    assert (found.copay_cents, found.deductible_remaining_cents, found.coinsurance) == (None, None, None)


@pytest.mark.parametrize(("insurance_type", "is_qmb"), [("QM", True), ("MB", False), (None, False)])
def test_a_qualified_medicare_beneficiary_is_recognised(insurance_type: str | None, is_qmb: bool) -> None:
    assert answer(ACTIVE, Benefit("1", insurance_type=insurance_type)).is_qmb is is_qmb


@pytest.mark.parametrize(
    ("required", "procedure", "codes"),
    [
        ("Y", "HC:70551", ["70551"]),
        ("Y", "HC:70551:26", ["70551"]),
        ("N", "HC:70551", []),
        ("U", "HC:70551", []),
        ("Y", None, []),
        ("Y", "HC", []),
        ("Y", "ND:00002751001", []),
    ],
)
def test_the_payer_names_procedures_to_authorize(required: str, procedure: str | None, codes: list[str]) -> None:
    benefit = Benefit("1", authorization_required=required, procedure=procedure)
    response = EligibilityResponse("1", None, None, None, benefits=(benefit, benefit))
    assert [rule.first for rule in told_to_authorize(response)] == codes
