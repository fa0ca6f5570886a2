"""What a patient will owe: the range holds whatever is not known, and the lines come to the whole."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.claim import ServiceLine
from billing.contracts import NO_CONTRACT, Expected
from billing.eligibility import Benefit, EligibilityResponse
from billing.estimates import (
    Estimate,
    KnownBenefits,
    alone,
    forbidden,
    insured,
    out_of_pocket_remaining,
)
from billing.money import Cents

DAY = date(2026, 11, 30)
TOLD = KnownBenefits(DAY, Cents(2500), Cents(10000), Decimal("0.2"), Cents(500000))


def a_line(charge: int, procedure: str = "99213") -> ServiceLine:
    return ServiceLine(procedure, Cents(charge), Decimal(1), DAY)


def allowed(cents: int | None) -> Expected:
    return NO_CONTRACT if cents is None else Expected(Cents(cents), "by the contract")


def ranges(found: Estimate) -> list[tuple[int, int]]:
    return [(one.low_cents, one.high_cents) for one in found.lines]


def worked(benefits: KnownBenefits | None, *pairs: tuple[int, int | None]) -> Estimate:
    return insured([a_line(charge) for charge, _ in pairs], [allowed(cents) for _, cents in pairs], benefits)


NO_COPAY = replace(TOLD, copay_cents=None)
NEARLY_PAID = replace(NO_COPAY, out_of_pocket_remaining_cents=Cents(9500))


@pytest.mark.parametrize(
    ("benefits", "pairs", "expected"),
    [
        (None, [(15000, 9000)], [(0, 9000)]),
        (None, [(15000, None)], [(0, 15000)]),
        (TOLD, [(15000, 9000)], [(2500, 9000)]),
        (TOLD, [(15000, 9000), (30000, 20000)], [(2500, 2500 + 1300), (12000, 12000)]),
        (NO_COPAY, [(15000, 9000), (30000, 20000)], [(9000, 9000), (1000 + 3800, 1000 + 3800)]),
        (NO_COPAY, [(15000, None), (30000, 20000)], [(0, 3000), (12000, 12000)]),
        (replace(TOLD, deductible_remaining_cents=Cents(0)), [(15000, 9000)], [(2500, 3800)]),
        (replace(NO_COPAY, deductible_remaining_cents=None), [(15000, 9000)], [(1800, 9000)]),
        (replace(NO_COPAY, coinsurance=None), [(15000, 12000)], [(10000, 12000)]),
        (
            replace(NO_COPAY, out_of_pocket_remaining_cents=Cents(9500)),
            [(9000, 9000), (9000, 9000)],
            [(9000, 9000), (500, 500)],
        ),
        (replace(TOLD, out_of_pocket_remaining_cents=Cents(0)), [(15000, 9000)], [(0, 0)]),
    ],
)
def test_the_range_of_each_line(
    benefits: KnownBenefits | None, pairs: list[tuple[int, int | None]], expected: list[tuple[int, int]]
) -> None:
    assert ranges(worked(benefits, *pairs)) == expected


def test_the_reason_names_each_part() -> None:
    [first, second] = worked(TOLD, (15000, 9000), (30000, 20000)).lines
    assert first.reason == (
        "allowed $90.00: by the contract; copay $25.00, which may be all that the plan asks for this line; "
        "coinsurance 20 % of $65.00"
    )
    assert second.reason == ("allowed $200.00: by the contract; deductible $100.00; coinsurance 20 % of $100.00")
    assert (second.copay_cents, second.deductible_cents, second.coinsurance_cents) == (0, 10000, 2000)


def test_what_is_not_known_is_said() -> None:
    found = worked(
        replace(NO_COPAY, deductible_remaining_cents=None, out_of_pocket_remaining_cents=None), (15000, None)
    )
    [line] = found.lines
    assert "not known: no contract with this payer" in line.reason
    assert "what is left of the deductible is not known" in line.reason
    assert (line.allowed_cents, line.copay_cents, line.deductible_cents, line.coinsurance_cents) == (None,) * 4
    assert "The payer names no copay: none is counted." in found.notes
    assert any("out-of-pocket limit: it is not counted" in one for one in found.notes)


def test_who_pays_alone_owes_the_charge_less_the_discount_with_cents_cut_as_billed() -> None:
    found = alone([a_line(15001), a_line(99)], discount_percent=20)
    assert ranges(found) == [(12001, 12001), (80, 80)]
    assert found.is_self_pay
    assert found.lines[0].reason == "the charge of $150.01, less 20 % for who pays alone"


def test_nothing_is_collected_where_it_is_forbidden() -> None:
    found = forbidden([a_line(15000)], [allowed(9000)], why="the patient is a qualified Medicare beneficiary")
    assert (found.low_cents, found.high_cents) == (0, 0)
    assert "qualified Medicare beneficiary" in found.lines[0].reason


def test_a_later_payer_may_take_over_the_whole_share() -> None:
    found = insured([a_line(15000)], [allowed(9000)], TOLD, later_payers=["Second Health"])
    assert ranges(found) == [(0, 9000)]
    assert any(one.startswith("Second Health pays after") for one in found.notes)


def test_deductible_and_limit_of_another_year_are_not_counted() -> None:
    next_year = TOLD.on(date(2027, 1, 2))
    assert (next_year.deductible_remaining_cents, next_year.out_of_pocket_remaining_cents) == (None, None)
    assert (next_year.copay_cents, next_year.coinsurance) == (2500, Decimal("0.2"))
    assert TOLD.on(date(2026, 12, 31)) == TOLD


def test_the_limit_of_a_stored_answer_is_what_is_left_of_it() -> None:
    whole = Benefit("G", period="23", amount_cents=Cents(800000))
    left = Benefit("G", period="29", amount_cents=Cents(120000), in_network="Y")
    assert out_of_pocket_remaining(EligibilityResponse(None, None, None, None, benefits=(whole, left))) == 120000
    assert out_of_pocket_remaining(EligibilityResponse(None, None, None, None, benefits=(whole,))) is None


amounts = st.integers(0, 500000)
pairs_of_lines = st.lists(st.tuples(amounts, st.none() | amounts), min_size=1, max_size=6).map(
    lambda found: [(charge, None if cents is None else min(charge, cents)) for charge, cents in found]
)
maybe = st.none() | amounts.map(Cents)
shares = st.none() | st.decimals(0, 1, places=2)
told = st.none() | st.builds(KnownBenefits, st.just(DAY), maybe, maybe, shares, maybe)


@given(pairs_of_lines, told)
def test_each_range_is_one_and_the_lines_come_to_the_whole(
    pairs: list[tuple[int, int | None]], benefits: KnownBenefits | None
) -> None:
    found = worked(benefits, *pairs)
    for one, (charge, cents) in zip(found.lines, pairs, strict=True):
        assert 0 <= one.low_cents <= one.high_cents <= (charge if cents is None else cents)
    assert found.low_cents == sum(one.low_cents for one in found.lines)
    assert found.high_cents == sum(one.high_cents for one in found.lines)


@given(pairs_of_lines, st.builds(KnownBenefits, st.just(DAY), maybe, amounts.map(Cents), shares, maybe))
def test_copay_deductible_and_limit_are_never_used_twice(
    pairs: list[tuple[int, int | None]], benefits: KnownBenefits
) -> None:
    found = worked(benefits, *pairs)
    assert sum(one.copay_cents or 0 for one in found.lines) <= (benefits.copay_cents or 0)
    assert sum(one.deductible_cents or 0 for one in found.lines) <= (benefits.deductible_remaining_cents or 0)
    if benefits.out_of_pocket_remaining_cents is not None:
        assert found.high_cents <= benefits.out_of_pocket_remaining_cents


@given(
    pairs_of_lines,
    st.builds(KnownBenefits, st.just(DAY), maybe, amounts.map(Cents), st.decimals(0, 1, places=2)),
    st.data(),
)
def test_whatever_the_unknown_turns_out_to_be_lies_within_the_range(
    pairs: list[tuple[int, int | None]], truth: KnownBenefits, data: st.DataObject
) -> None:
    """The office knows less than the plan does: what the patient owes in the end lies in what was said."""
    real = [(charge, data.draw(st.integers(0, charge)) if cents is None else cents) for charge, cents in pairs]
    owed = worked(truth, *real)
    hidden = data.draw(st.sets(st.sampled_from(["deductible_remaining_cents", "coinsurance"])))
    less = replace(truth, **dict.fromkeys(hidden))  # type: ignore[arg-type]
    said = worked(less, *pairs)
    rounding = len(pairs)
    assert said.low_cents - rounding <= owed.low_cents
    assert owed.high_cents <= said.high_cents + rounding
