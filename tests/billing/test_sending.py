"""When claims leave: times by the practice's clock, a number, a wait, whatever comes first."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.sending import Pace, PlanInvalid, SendingPlan, next_send, read_plan, times_in_words

OHIO = ZoneInfo("America/New_York")
NINE = datetime(2026, 3, 2, 9, 0, tzinfo=OHIO).astimezone(UTC)
NOON_AND_FIVE = SendingPlan((time(12), time(17)))


def local(plan: SendingPlan, oldest_at: datetime, count: int = 1) -> str:
    return f"{next_send(plan, OHIO, count=count, oldest_at=oldest_at).astimezone(OHIO):%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("oldest_at", "leaves"),
    [
        (NINE, "03-02 12:00"),
        (NINE + timedelta(hours=3), "03-02 17:00"),
        (NINE + timedelta(hours=8), "03-03 12:00"),
        (NINE + timedelta(hours=14, minutes=59), "03-03 12:00"),
        (datetime(2026, 3, 7, 23, tzinfo=UTC), "03-08 12:00"),
    ],
)
def test_claims_leave_at_the_next_time_of_the_practices_clock(oldest_at: datetime, leaves: str) -> None:
    assert local(NOON_AND_FIVE, oldest_at) == leaves


def test_whatever_comes_first_sends() -> None:
    plan = SendingPlan((time(12),), at_count=20, wait_seconds=3600)
    assert local(plan, NINE) == "03-02 10:00"
    assert local(plan, NINE + timedelta(hours=2, minutes=30)) == "03-02 12:00"
    assert local(plan, NINE, count=19) == "03-02 10:00"
    assert local(plan, NINE, count=20) == "03-02 09:00"


@given(
    st.integers(0, 365 * 24 * 60).map(lambda minutes: NINE + timedelta(minutes=minutes)),
    st.sets(st.times(), min_size=1, max_size=12),
)
def test_no_claim_waits_longer_than_a_day_and_the_clocks_hour(oldest_at: datetime, times: set[time]) -> None:
    leaves = next_send(SendingPlan(tuple(sorted(times))), OHIO, count=1, oldest_at=oldest_at)
    assert timedelta() < leaves - oldest_at <= timedelta(hours=25)


@pytest.mark.parametrize(
    ("times", "count", "wait", "words"),
    [
        ("12:00, 17:00", None, None, "at 12:00 and 17:00"),
        ("17:00 9:30", 1, None, "at 09:30 and 17:00, or as soon as a claim waits"),
        ("", 200, 7200, "as soon as 200 claims wait, or 2 hours after the first became ready"),
        ("", None, 90, "90 seconds after the first became ready"),
    ],
)
def test_a_plan_is_told_in_words(times: str, count: int | None, wait: int | None, words: str) -> None:
    plan = read_plan(times, count, wait)
    assert plan.words == words
    assert read_plan(times_in_words(plan.times), plan.at_count, plan.wait_seconds) == plan


@pytest.mark.parametrize(
    ("times", "count", "why"),
    [
        ("25:00", None, "is no time of day"),
        ("noon", None, "is no time of day"),
        (",".join(f"{hour}:00" for hour in range(13)), None, "at most 12 times"),
        ("", 20, "would never leave"),
        ("", None, "would never leave"),
    ],
)
def test_a_plan_by_which_claims_would_stay_is_refused(times: str, count: int | None, why: str) -> None:
    with pytest.raises(PlanInvalid, match=why):
        read_plan(times, count, None)


def test_the_pace_keeps_a_gap_between_batches() -> None:
    assert Pace(500, 12).gap == timedelta(minutes=5)
    assert Pace(500, 12).words == "at most 500 claims at a time, 12 times an hour"
    assert Pace(1, 1).words == "at most 1 claim at a time, 1 time an hour"
