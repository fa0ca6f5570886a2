"""How long a claim is timely: where the limit counts from, its last day, and the rungs of the warning."""

from datetime import UTC, date, datetime, timedelta

import pytest

from billing.days import zone_named
from billing.filing_time import Anchor, FilingTime, anchor_day
from billing.policies import Policies, PolicyRow, largest
from billing.submission import filing_clock

FIRST, LAST, ANSWERED = date(2026, 10, 1), date(2026, 10, 3), date(2026, 11, 20)
SINCE = date(2000, 1, 1)


def limited(days: int, **rows: int) -> Policies:
    own = {"filing_limit_days": days, **rows}
    return Policies.of([PolicyRow(name, value, SINCE, practice_id="p") for name, value in own.items()])


@pytest.mark.parametrize(
    ("kind", "is_medicare", "answered_on", "day"),
    [
        (Anchor.USUAL, False, None, FIRST),
        (Anchor.USUAL, False, ANSWERED, ANSWERED),
        (Anchor.USUAL, True, ANSWERED, FIRST),
        (Anchor.FIRST_SERVICE, False, ANSWERED, FIRST),
        (Anchor.LAST_SERVICE, False, ANSWERED, LAST),
        (Anchor.EARLIER_ANSWER, False, ANSWERED, ANSWERED),
        (Anchor.EARLIER_ANSWER, False, None, FIRST),
        (Anchor.LATER_OF, False, ANSWERED, ANSWERED),
        (Anchor.LATER_OF, False, None, LAST),
        (Anchor.LATER_OF, False, date(2026, 10, 2), LAST),
    ],
)
def test_the_limit_counts_from_the_day_that_the_policy_names(
    kind: Anchor, is_medicare: bool, answered_on: date | None, day: date
) -> None:
    assert anchor_day(kind, first=FIRST, last=LAST, answered_on=answered_on, is_medicare=is_medicare) == day


@pytest.mark.parametrize(
    ("is_medicare", "answered_on", "day"), [(True, ANSWERED, LAST), (False, None, LAST), (False, ANSWERED, ANSWERED)]
)
def test_a_hospitals_limit_counts_from_the_through_date(is_medicare: bool, answered_on: date | None, day: date) -> None:
    """42 CFR 424.44(b): an institutional claim's year begins with its last day."""
    usual = {"first": FIRST, "last": LAST, "answered_on": answered_on, "is_medicare": is_medicare}
    assert anchor_day(Anchor.USUAL, **usual, is_institutional=True) == day  # type: ignore[arg-type]
    assert anchor_day(Anchor.FIRST_SERVICE, **usual, is_institutional=True) == FIRST  # type: ignore[arg-type]


def test_every_anchor_can_be_chosen_and_no_other() -> None:
    assert largest("filing_anchor") == max(Anchor)


@pytest.mark.parametrize(
    ("anchor", "policies", "is_medicare", "last_day"),
    [
        (date(2026, 10, 20), limited(365), False, date(2027, 10, 20)),
        (date(2027, 3, 1), limited(365), False, date(2028, 2, 29)),
        (date(2026, 12, 31), limited(90), False, date(2027, 3, 31)),
        (date(2027, 3, 1), Policies.of([]), False, date(2028, 2, 29)),
        (date(2027, 3, 1), Policies.of([]), True, date(2028, 3, 1)),
        (date(2028, 2, 29), Policies.of([]), True, date(2029, 2, 28)),
        (date(2027, 3, 1), Policies.of([PolicyRow("filing_limit_days", 365, SINCE)]), True, date(2028, 3, 1)),
        (date(2027, 3, 1), limited(90), True, date(2027, 5, 30)),
        (date(2026, 10, 2), limited(90), False, date(2026, 12, 31)),
        (date(2026, 9, 26), limited(90, filing_next_workday=1), False, date(2026, 12, 28)),
        (date(2026, 9, 26), limited(90), False, date(2026, 12, 25)),
        (date(2026, 9, 28), limited(90, filing_next_workday=1), False, date(2026, 12, 28)),
    ],
)
def test_the_last_day_is_the_payers(anchor: date, policies: Policies, is_medicare: bool, last_day: date) -> None:
    """2026-12-25 is a Friday and a holiday: the next day of work is Monday the 28th."""
    assert FilingTime(anchor, policies, is_medicare=is_medicare).last_day == last_day


def test_a_day_that_was_told_stands_as_it_is() -> None:
    saturday = date(2026, 12, 26)
    assert FilingTime(FIRST, limited(90, filing_next_workday=1), told=saturday).last_day == saturday


def test_the_last_day_ends_at_the_practices_midnight() -> None:
    hawaii = Policies.of([PolicyRow("filing_limit_days", 90, SINCE)], zone_named("Pacific/Honolulu"))
    assert FilingTime(date(2026, 12, 31), hawaii).limit == datetime(2027, 4, 1, 9, 59, tzinfo=UTC)


def test_it_warns_at_half_at_three_quarters_and_daily_at_the_end() -> None:
    filing = FilingTime(date(2026, 1, 1), limited(100, filing_warning_days=3))
    days = [(one - datetime(2026, 1, 1, 23, 59, tzinfo=UTC)) / timedelta(days=1) for one in filing.rungs()]
    assert days == [50, 75, 97, 98, 99, 100]


def test_shares_may_be_turned_off_and_a_short_limit_has_each_day_once() -> None:
    none = limited(100, filing_warning_days=0, filing_first_warning_percent=0, filing_second_warning_percent=0)
    assert len(FilingTime(FIRST, none).rungs()) == 1
    assert len(FilingTime(FIRST, limited(4)).rungs()) == 16  # 15 warning days, of which half and three quarters are two


def test_every_rung_fires_once_and_then_nothing() -> None:
    filing = FilingTime(FIRST, limited(365))
    at, fired = datetime(2026, 10, 1, tzinfo=UTC), 0
    while coming := filing_clock(filing, at=at):
        assert coming[0].due_at > at
        at, fired = coming[0].due_at, fired + 1
    assert (at, fired) == (filing.limit, 2 + 15 + 1)


def test_a_told_day_before_the_anchor_has_no_shares() -> None:
    assert FilingTime(FIRST, limited(90, filing_warning_days=0), told=date(2026, 9, 1)).rungs() == [
        datetime(2026, 9, 1, 23, 59, tzinfo=UTC)
    ]
