"""What to work first: nearer deadlines and more money come sooner."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing import urgency
from billing.urgency import LEAST_CENTS, WEIGHTS, Nearness

NOW = datetime(2026, 3, 31, 14, 0, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("due_at", "expected"),
    [
        (NOW - timedelta(seconds=1), Nearness.OVERDUE),
        (NOW, Nearness.TODAY),
        (datetime(2026, 4, 1, 3, 59, tzinfo=UTC), Nearness.TODAY),
        (datetime(2026, 4, 1, 4, 0, tzinfo=UTC), Nearness.SOON),
        (datetime(2026, 4, 4, 3, 59, tzinfo=UTC), Nearness.SOON),
        (datetime(2026, 4, 4, 4, 0, tzinfo=UTC), Nearness.WEEK),
        (datetime(2026, 4, 8, 4, 0, tzinfo=UTC), Nearness.LATER),
    ],
)
def test_days_are_those_of_the_practice(due_at: datetime, expected: Nearness) -> None:
    assert urgency.nearness_of(due_at, urgency.bands(NOW, NEW_YORK)) is expected


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.sampled_from(list(Nearness)), st.sampled_from(list(Nearness)))
def test_more_money_and_a_nearer_day_are_never_later(less: int, more: int, one: Nearness, other: Nearness) -> None:
    less, more = sorted((less, more))
    nearer, farther = sorted((one, other), key=lambda each: -WEIGHTS[each])
    assert urgency.rank(more, nearer) >= urgency.rank(less, farther)


def test_a_matter_without_money_is_not_forgotten() -> None:
    assert urgency.rank(0, Nearness.OVERDUE) > urgency.rank(LEAST_CENTS * 7, Nearness.LATER)


def test_it_says_why() -> None:
    day = NOW.date()
    assert urgency.why(125_000, Nearness.OVERDUE, due_on=day) == "$1,250.00, overdue since 2026-03-31"
    assert urgency.why(0, Nearness.TODAY, due_on=day) == "no money of its own, due today"
    assert urgency.why(2_000, Nearness.WEEK, due_on=day) == "$20.00, due 2026-03-31"
