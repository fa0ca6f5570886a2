"""The three sums of an 835, and files that must not be posted."""

from dataclasses import replace
from datetime import date

import pytest

from billing.claim import Name, Party
from billing.money import Cents
from billing.remittance import (
    Adjustment,
    ClaimPayment,
    ProviderAdjustment,
    Remittance,
    adjustments_not_allowed,
    claim_imbalances,
    transaction_imbalance,
)
from tests.builders import a_payment, a_reversal

E1 = a_payment("PCN1001")
CORRECTED = a_payment("PCN1001", paid=6000, adjustments=(("CO", "45", 6000), ("PR", "3", 3000)))
OTHER = a_payment("PCN1006", charge=13000, paid=10000, adjustments=(("CO", "45", 3000),), procedure="99214")


def a_remittance(paid: int, *plb: tuple[str, int]) -> Remittance:
    return Remittance(
        trace="EFT0001",
        payer_id="1512345678",
        paid_cents=Cents(paid),
        method="ACH",
        handling="I",
        credit_debit="C",
        payment_date=date(2026, 11, 5),
        payer=Party("PR", False, Name("EXAMPLE PAYER")),
        payee=Party("PE", False, Name("EXAMPLE CLINIC")),
        provider_adjustments=tuple(
            ProviderAdjustment("1999999984", date(2026, 12, 31), reason, "REF", Cents(amount)) for reason, amount in plb
        ),
    )


def levels(payment: ClaimPayment) -> list[str]:
    return [one.level for one in claim_imbalances(payment, ordinal=1)]


@pytest.mark.parametrize("payment", [E1, CORRECTED, OTHER, a_reversal(E1)])
def test_a_sound_claim_payment_balances(payment: ClaimPayment) -> None:
    assert levels(payment) == []


def test_a_line_that_is_off_by_a_cent_is_found_on_line_and_claim() -> None:
    off = a_payment("PCN1001", adjustments=(("CO", "45", 5000), ("PR", "3", 1999)))
    assert levels(off) == ["line", "claim"]


def test_a_claim_that_pays_other_than_its_lines_is_found() -> None:
    e2 = a_payment(
        "PCN1002",
        charge=18000,
        paid=3920,
        adjustments=(("CO", "45", 8000), ("CO", "253", 80), ("PR", "1", 5000), ("PR", "2", 1000)),
    )
    assert levels(e2) == []
    assert levels(replace(e2, paid_cents=Cents(4000))) == ["claim", "claim"]


def test_a_claim_whose_lines_do_not_sum_to_its_charge_is_found() -> None:
    short = replace(E1, charge_cents=Cents(16000), adjustments=(Adjustment("CO", "45", Cents(1000)),))
    assert "claim" in levels(short)


def test_a_claim_level_adjustment_lowers_the_lines_payment() -> None:
    shared = replace(E1, paid_cents=Cents(5500), adjustments=(Adjustment("PR", "1", Cents(2500)),))
    assert levels(shared) == []
    assert levels(replace(shared, paid_cents=Cents(8000))) == ["claim", "claim"]


@pytest.mark.parametrize(
    ("claims", "plb", "paid", "balanced"),
    [
        ([E1], [], 8000, True),
        ([a_reversal(E1), CORRECTED, OTHER], [], 8000, True),
        ([CORRECTED, OTHER], [], 8000, False),
        ([a_reversal(E1)], [("FB", -8000)], 0, True),
        ([E1], [("WO", 2000), ("WO", 3000), ("72", -3000), ("L6", -123)], 6123, True),
        ([E1], [("WO", 2000), ("WO", 3000), ("72", -3000), ("L6", 123)], 6123, False),
        ([], [], 0, True),
        ([E1], [], 8001, False),
    ],
)
def test_the_transaction_is_claims_less_provider_adjustments(
    claims: list[ClaimPayment], plb: list[tuple[str, int]], paid: int, balanced: bool
) -> None:
    total = Cents(sum(claim.paid_cents for claim in claims))
    found = transaction_imbalance(a_remittance(paid, *plb), claims_paid_cents=total)
    assert (found is None) is balanced


def test_interest_with_the_wrong_sign_is_off_by_twice_its_amount() -> None:
    wrong = a_remittance(6123, ("WO", 2000), ("L6", 123))
    found = transaction_imbalance(wrong, claims_paid_cents=Cents(8000))
    assert found is not None
    assert found.expected_cents - found.found_cents == 2 * 123
    assert str(found) == "BPR: BPR02 = sum of CLP04 - sum of PLB: expected $61.23, found $58.77"


def test_a_group_code_that_left_the_835_is_named_once() -> None:
    odd = a_payment("PCN", adjustments=(("CR", "45", 5000), ("CR", "3", 1000), ("PR", "3", 1000)))
    assert adjustments_not_allowed(odd) == ["CR"]
    assert adjustments_not_allowed(E1) == []


def test_where_names_no_patient() -> None:
    [imbalance, _] = claim_imbalances(replace(E1, paid_cents=Cents(1), patient_name=Name("DOE", "JANE")), ordinal=3)
    assert "CLP 3" in str(imbalance)
    assert "DOE" not in str(imbalance)
