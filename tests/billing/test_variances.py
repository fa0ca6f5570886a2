"""What was allowed beside what should have been."""

from dataclasses import replace
from datetime import date

import pytest

from billing.money import Cents
from billing.posting import BilledLine
from billing.remittance import Adjustment
from billing.variances import NOTHING, Compared, allowed_of, claim_compared, lines_compared
from tests.builders import a_payment, a_reversal


@pytest.mark.parametrize(
    ("adjustments", "allowed"),
    [
        ((("CO", "45", 5000), ("PR", "3", 2000)), 10000),
        ((("CO", "45", 5000), ("CO", "253", 160), ("PR", "1", 2000)), 10000),
        ((("PR", "1", 15000),), 15000),
        ((("CO", "45", 5000), ("CO", "97", 2000)), None),
        ((("PR", "45", 5000),), None),
        ((("CO", "45", 5000), ("OA", "23", 8000)), None),
        ((("CO", "45", 5000), ("CO", "97", 0)), 10000),
        ((("CO", "45", 16000), ("CO", "144", -1000)), 0),
        ((), 15000),
    ],
)
def test_allowed_is_what_the_contract_left(adjustments: tuple[tuple[str, str, int], ...], allowed: int | None) -> None:
    given = [Adjustment(group, reason, Cents(cents)) for group, reason, cents in adjustments]
    assert allowed_of(Cents(15000), given) == allowed


@pytest.mark.parametrize(
    ("allowed", "expected", "difference", "words"),
    [
        (10000, 11200, -1200, "underpaid by $12.00"),
        (10000, 9000, 1000, "overpaid by $10.00"),
        (10000, 10000, 0, "as expected"),
        (None, 10000, None, ""),
        (10000, None, None, ""),
    ],
)
def test_the_difference_in_words(allowed: int | None, expected: int | None, difference: int | None, words: str) -> None:
    compared = Compared(None if allowed is None else Cents(allowed), None if expected is None else Cents(expected))
    assert (compared.difference_cents, compared.words) == (difference, words)


def test_a_claim_is_compared_as_a_whole() -> None:
    payment = a_payment("N1")
    assert claim_compared(payment, [Cents(11000)]).words == "underpaid by $10.00"
    assert claim_compared(payment, [Cents(11000), None]).difference_cents is None
    assert claim_compared(payment, []) == NOTHING
    assert claim_compared(a_reversal(payment), [Cents(11000)]) == NOTHING


def test_claim_level_adjustments_are_shared_out_before_lines_are_compared() -> None:
    """$50 of contract on the claim: $40 of it on the line that was paid $80, $10 on the one that was paid $20."""
    payment = a_payment("N1")
    [line] = payment.lines
    dear = replace(line, paid_cents=Cents(8000), charge_cents=Cents(8000), adjustments=())
    cheap = replace(line, procedure="93000", paid_cents=Cents(2000), charge_cents=Cents(2000), adjustments=())
    whole = replace(
        payment,
        charge_cents=Cents(10000),
        paid_cents=Cents(5000),
        adjustments=(Adjustment("CO", "45", Cents(5000)),),
        lines=(cheap, dear),
    )
    day = date(2026, 10, 20)
    billed = [BilledLine("A", "99213", (), Cents(8000), day), BilledLine("B", "93000", (), Cents(2000), day)]
    found = lines_compared(whole, billed, {"A": Cents(4500), "B": Cents(900)})
    assert [(one.allowed_cents, one.words) for one in found] == [
        (1000, "overpaid by $1.00"),
        (4000, "underpaid by $5.00"),
    ]
    assert lines_compared(whole, billed[:1], {"A": Cents(4500)}) == [NOTHING, NOTHING]
