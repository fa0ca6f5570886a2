"""Days from service to entry and to the first claim, as median and 90th percentile by nearest rank."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.charge_lag import Lag, VisitDays, at_percent, lags

SERVICE = date(2026, 10, 20)


def visit(provider: str, entered: int, sent: int | None) -> VisitDays:
    left = None if sent is None else SERVICE + timedelta(days=sent)
    return VisitDays(provider, None, SERVICE, SERVICE + timedelta(days=entered), left)


@pytest.mark.parametrize(
    ("ordered", "median", "ninetieth"),
    [
        ([], None, None),
        ([4], 4, 4),
        ([1, 2], 1, 2),
        ([1, 2, 3], 2, 3),
        ([0, 1, 2, 3, 4, 5, 6, 7, 8, 90], 4, 8),
        ([0] * 9 + [7], 0, 0),
        ([0] * 8 + [7] * 2, 0, 7),
    ],
)
def test_nearest_rank(ordered: list[int], median: int | None, ninetieth: int | None) -> None:
    assert (at_percent(ordered, 50), at_percent(ordered, 90)) == (median, ninetieth)


def test_all_then_who_takes_longest() -> None:
    found = lags([visit("SWIFT", 0, 1), visit("SLOW", 6, None), visit("SLOW", 9, 12), visit("SWIFT", -3, 2)])
    assert [one.provider for one in found] == ["all", "SLOW (no NPI)", "SWIFT (no NPI)"]
    everybody, slow, swift = found
    assert everybody.to_entry == Lag(4, 0, 9)
    assert (slow.to_entry, slow.to_claim, slow.unsent) == (Lag(2, 6, 9), Lag(1, 12, 12), 1)
    assert (swift.to_entry, swift.to_claim, swift.unsent) == (Lag(2, 0, 0), Lag(2, 1, 2), 0)


def test_nothing_is_said_of_no_visits() -> None:
    assert lags([]) == []


@given(st.lists(st.integers(0, 400), min_size=1))
def test_nine_of_ten_took_no_longer(days: list[int]) -> None:
    most = at_percent(sorted(days), 90)
    assert most in days
    assert sum(one <= (most or 0) for one in days) * 10 >= len(days) * 9
    assert sum(one < (most or 0) for one in days) * 10 < len(days) * 9
