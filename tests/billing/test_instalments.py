"""Paying in parts: every cent on a day, and broken only by what was really missed."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.instalments import schedule, standing
from billing.money import Cents


@given(st.integers(1, 60), st.integers(60, 1_000_000), st.dates(date(2020, 1, 1), date(2035, 12, 31)))
def test_the_parts_are_the_whole_a_month_apart(count: int, total: int, first: date) -> None:
    parts = schedule(Cents(total), count, first)
    assert (len(parts), sum(one.cents for one in parts), parts[0].day) == (count, total, first)
    assert all(27 < (after.day - before.day).days < 32 for before, after in pairwise(parts))
    assert len({one.cents for one in parts[:-1]}) <= 1
    assert parts[-1].cents >= parts[0].cents


def test_a_month_without_the_day_takes_its_last_one() -> None:
    parts = schedule(Cents(400), 4, date(2026, 12, 31))
    assert [one.day.isoformat() for one in parts] == ["2026-12-31", "2027-01-31", "2027-02-28", "2027-03-31"]


@pytest.mark.parametrize("count", [0, 101])
def test_there_are_no_parts_of_nothing(count: int) -> None:
    with pytest.raises(ValueError, match="at least a cent"):
        schedule(Cents(100), count, date(2026, 1, 1))


@pytest.mark.parametrize(
    ("paid", "day", "missed", "is_broken"),
    [
        (0, date(2026, 1, 11), 0, False),  # within the grace of the first
        (0, date(2026, 1, 12), 1, False),
        (5000, date(2026, 1, 12), 0, False),
        (4999, date(2026, 1, 12), 1, False),
        (0, date(2026, 2, 12), 2, True),
        (5000, date(2026, 2, 12), 1, False),
        (20000, date(2027, 1, 1), 0, False),
    ],
)
def test_what_was_missed_is_counted_after_its_grace(paid: int, day: date, missed: int, is_broken: bool) -> None:
    parts = schedule(Cents(20000), 4, date(2026, 1, 1))
    now = standing(parts, paid=paid, today=day, grace_days=10, misses_allowed=1)
    assert (now.missed, now.is_broken) == (missed, is_broken)


@given(st.integers(0, 20000), st.integers(0, 200))
def test_it_is_looked_at_again_on_the_day_on_which_more_can_be_missed(paid: int, days: int) -> None:
    parts = schedule(Cents(20000), 4, date(2026, 1, 1))
    today = date(2026, 1, 1) + timedelta(days=days)
    now = standing(parts, paid=paid, today=today, grace_days=10, misses_allowed=1)
    if now.next_day is None:
        assert today > parts[-1].day + timedelta(days=10)
        return
    assert now.next_day > today
    before = standing(parts, paid=paid, today=now.next_day - timedelta(days=1), grace_days=10, misses_allowed=1)
    assert before.missed == now.missed
