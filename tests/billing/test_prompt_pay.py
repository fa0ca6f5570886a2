"""The prompt-pay discount's arithmetic: when it is taken off, how much of it, and on which lines."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.money import Cents
from billing.prompt_pay import Chance, Money, Offer, by_line, chance, is_earned, offer_of, percent_of, taken_off

DAY = date(2026, 3, 2)
LAST = DAY + timedelta(days=20)
OFFER = Offer(Cents(10_000), 10, LAST)
CENTS = st.integers(0, 1_000_000)


@pytest.mark.parametrize(
    ("share", "percent", "off"),
    [
        (10_000, 10, 1_000),
        (9_999, 10, 999),
        (9, 10, 0),
        (1, 50, 0),
        (3, 50, 1),
        (10_000, 0, 0),
        (0, 10, 0),
        (-5, 10, 0),
    ],
)
def test_a_discount_is_rounded_down_to_the_cent(share: int, percent: int, off: int) -> None:
    assert percent_of(share, percent) == off


def test_nothing_is_offered_where_nothing_would_be_taken_off() -> None:
    assert offer_of(9, percent=10, days=20, written_on=DAY) is None
    assert offer_of(10_000, percent=0, days=20, written_on=DAY) is None
    assert offer_of(10_000, percent=10, days=20, written_on=DAY) == OFFER


@pytest.mark.parametrize(
    ("whole", "held", "in_time", "off"),
    [
        (10_000, 0, 0, 0),
        (10_000, 8_999, 8_999, 0),
        (10_000, 9_000, 9_000, 1_000),
        (10_000, 10_000, 10_000, 1_000),
        (10_000, 9_000, 8_999, 0),
        (10_000, 10_000, 5_000, 0),
        (8_000, 7_200, 7_200, 800),
        (8_000, 7_199, 7_199, 0),
        (12_000, 9_000, 9_000, 1_000),
        (10_000, 4_000, 9_000, 0),
        (0, 9_000, 9_000, 0),
        (-100, 9_000, 9_000, 0),
    ],
    ids=[
        "unpaid", "one cent short", "exact", "all of it", "one cent late", "half late", "a share that became less",
        "less, and a cent short", "a share that became more", "money went back", "a share that is gone", "reversed",
    ],
)  # fmt: skip
def test_it_is_taken_off_when_the_rest_was_paid_in_time(whole: int, held: int, in_time: int, off: int) -> None:
    assert taken_off(OFFER, Money(whole, held, in_time)) == off


def test_what_was_paid_before_the_statement_counts_neither_for_it_nor_against_it() -> None:
    offer = replace(OFFER, share_cents=Cents(8_000), applied_cents=2_000, paid_cents=2_000)
    assert taken_off(offer, Money(10_000, 9_199, 9_199)) == 0
    assert taken_off(offer, Money(10_000, 9_200, 9_200)) == 800


@pytest.mark.parametrize(
    ("whole", "in_time", "taken", "is_right"),
    [
        (10_000, 9_000, 1_000, True),
        (10_000, 9_000, 999, False),
        (10_000, 5_000, 500, False),
        (5_000, 9_000, 1_000, True),
        (5_000, 4_500, 501, False),
        (12_000, 10_999, 1_001, False),
        (10_000, 10_000, 0, False),
    ],
)
def test_the_proof_asks_that_payments_in_time_and_the_discount_are_the_whole_share(
    whole: int, in_time: int, taken: int, is_right: bool
) -> None:
    assert is_earned(OFFER, Money(whole, in_time, in_time), taken) is is_right


def test_the_chance_ends_with_its_day_and_with_what_it_took_off() -> None:
    open_still = Money(10_000, 0, 0)
    assert chance(OFFER, open_still, owed_cents=10_000, on=LAST) == Chance(Cents(10_000), Cents(1_000), LAST)
    assert chance(OFFER, open_still, owed_cents=10_000, on=LAST + timedelta(days=1)) is None
    assert chance(OFFER, Money(10_000, 9_000, 9_000), owed_cents=0, on=LAST) is None
    assert chance(OFFER, Money(0, 0, 0), owed_cents=0, on=LAST) is None


@given(share=st.integers(1, 1_000_000), percent=st.integers(1, 50), first=CENTS)
def test_who_pays_what_is_asked_in_parts_or_at_once_owes_nothing(share: int, percent: int, first: int) -> None:
    offer = Offer(Cents(share), percent, LAST)
    paid = min(first, share - offer.off_cents)
    asked = chance(offer, Money(share, paid, paid), owed_cents=share - paid, on=LAST)
    paid += asked.pay_cents if asked else 0
    off = taken_off(offer, Money(share, paid, paid))
    assert share - paid - off == 0 or not offer.off_cents
    assert off * 100 <= share * percent


@given(
    owed=st.lists(CENTS, min_size=1, max_size=5),
    paid=st.lists(CENTS, min_size=5, max_size=5),
    percents=st.lists(st.integers(0, 50), min_size=2, max_size=4),
)
def test_lines_always_sum_to_what_is_taken_off_and_none_gives_more_than_it_has(
    owed: list[int], paid: list[int], percents: list[int]
) -> None:
    left: dict[str | None, int] = {f"L{number}": cents for number, cents in enumerate(owed)}
    whole = {line: cents + more for (line, cents), more in zip(left.items(), paid, strict=False)}
    standing: dict[str | None, int] = {}
    for percent in percents:
        wanted = percent_of(sum(whole.values()), percent)
        for line, cents in by_line(wanted, owed=left, standing=standing, whole=whole).items():
            standing[line] = standing.get(line, 0) + cents
            left[line] -= cents
        assert sum(standing.values()) == wanted
        assert all(0 <= cents <= whole[line] for line, cents in standing.items())
