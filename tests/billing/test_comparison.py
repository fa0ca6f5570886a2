"""A month's figures beside other months, in words that say which way is better."""

from decimal import Decimal

import pytest

from billing.board import Figure, Unit
from billing.comparison import BETTER, average, compare, months_asked
from billing.daily_figures import KINDS, told
from billing.periods import month_named


def clean(hits: int, of: int = 100) -> Figure:
    return Figure("clean_claims", "Clean claims", "", "", hits, of)


def test_a_comparison_asks_for_the_three_months_before_and_the_year_ago() -> None:
    keys = [one.key for one in months_asked(month_named("2027-02"))]
    assert keys == ["2027-02", "2027-01", "2026-12", "2026-11", "2026-02"]


def test_each_figure_stands_beside_the_month_before_the_year_ago_and_the_average() -> None:
    [found] = compare([[clean(98)], [clean(95)], [clean(0, 0)], [clean(90)], [clean(99)]])
    assert (found.before.difference, found.before.words) == (Decimal("3.0"), "3.0 points more: better")
    assert (found.year_ago.difference, found.year_ago.words) == (Decimal("-1.0"), "1.0 point less: worse")
    assert (found.average.value, found.average.words, found.averaged) == (
        Decimal("92.5"),
        "5.5 points more: better",
        2,
    )


@pytest.mark.parametrize(
    ("now", "then", "words"),
    [
        (60, 62, "2.0 days less: better"),
        (62, 61, "1.0 day more: worse"),
        (60, 60, "no change"),
    ],
)
def test_fewer_days_are_better(now: int, then: int, words: str) -> None:
    days = [[Figure("days_in_ar", "", "", "", one, 1, Unit.DAYS)] for one in (now, then, then, then, then)]
    assert compare(days)[0].before.words == words


def test_what_is_not_there_is_not_compared() -> None:
    [found] = compare([[clean(98)], *[[clean(0, 0)]] * 4])
    assert (found.before.words, found.average.value, found.averaged) == ("nothing to compare", None, 0)


def test_an_average_is_rounded_half_up() -> None:
    assert average([Decimal("0.1"), Decimal("0.2")]) == Decimal("0.2")
    assert average([]) is None


def test_every_ratio_that_is_written_down_says_which_way_is_better() -> None:
    assert set(BETTER) == {one.name for one in KINDS.values() if one.is_ratio}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("owed", Decimal(-1250), "-$12.50"),
        ("tasks_open", Decimal(4), "4"),
        ("clean_claims", Decimal("98.1"), "98.1 %"),
        ("days_in_ar", Decimal("24.0"), "24.0 days"),
        ("days_in_ar", None, "–"),
    ],
)
def test_a_value_is_told_in_what_it_is_measured_in(name: str, value: Decimal | None, words: str) -> None:
    assert told(KINDS[name], value) == words
