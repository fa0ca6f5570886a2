from datetime import UTC, date, datetime, timedelta

import pytest

from billing.deadlines import (
    INQUIRY_LADDER,
    OWNERS,
    WORDS,
    Reason,
    after_business_days,
)
from billing.policies import DEFAULTS, Policies, PolicyRow, largest, smallest

FRIDAY = datetime(2026, 11, 6, 15, 30, tzinfo=UTC)
DAY = date(2026, 1, 1)


def test_every_reason_has_an_owner_and_words() -> None:
    assert set(OWNERS) == set(WORDS) == set(Reason)


def test_the_ladder_only_climbs() -> None:
    assert list(INQUIRY_LADDER) == sorted(INQUIRY_LADDER)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (FRIDAY, 0, FRIDAY),
        (FRIDAY, 1, FRIDAY + timedelta(days=3)),
        (FRIDAY, 3, FRIDAY + timedelta(days=6)),
        (FRIDAY + timedelta(days=1), 1, FRIDAY + timedelta(days=3)),
        (FRIDAY - timedelta(days=4), 4, FRIDAY),
        (FRIDAY, 5, FRIDAY + timedelta(days=10)),
    ],
)
def test_business_days_are_monday_to_friday_without_holidays(start: datetime, days: int, end: datetime) -> None:
    """November 11 is Veterans Day."""
    assert after_business_days(start, days) == end


def row(value: int, since: date = DAY, *, practice: str | None = None, payer: str | None = None) -> PolicyRow:
    return PolicyRow("filing_limit_days", value, since, practice, payer)


@pytest.mark.parametrize(
    ("rows", "value"),
    [
        ([], DEFAULTS["filing_limit_days"].value),
        ([row(100)], 100),
        ([row(100), row(200, practice="p")], 200),
        ([row(300, practice="p", payer="x"), row(200, date(2026, 5, 1), practice="p"), row(100)], 300),
        ([row(100), row(120, date(2026, 5, 1))], 120),
        ([row(100), row(120, date(2026, 7, 1))], 100),
        ([row(120, date(2026, 7, 1))], DEFAULTS["filing_limit_days"].value),
        ([row(200, practice="p"), row(90, date(2026, 7, 1), practice="p", payer="x")], 200),
    ],
)
def test_the_narrowest_row_in_force_counts_then_the_newest(rows: list[PolicyRow], value: int) -> None:
    assert Policies.of(rows).value("filing_limit_days", as_of=date(2026, 6, 1)) == value
    assert Policies.of(reversed(rows)).value("filing_limit_days", as_of=date(2026, 6, 1)) == value


def test_a_policy_is_in_force_on_its_first_day() -> None:
    assert Policies.of([row(7)]).value("filing_limit_days", as_of=DAY) == 7


def test_an_unknown_policy_is_a_fault_of_the_caller() -> None:
    with pytest.raises(KeyError):
        Policies.of([]).value("no_such_policy", as_of=DAY)


def test_a_row_beyond_all_measure_counts_as_the_most_there_may_be() -> None:
    """Such rows could be written once; a filing limit of 270,000 years kept visits from going on."""
    rows = (
        PolicyRow("filing_limit_days", 99_999_999, DAY),
        PolicyRow("self_pay_discount_percent", 150, DAY),
        PolicyRow("takes_replacements", 7, DAY),
    )
    assert [Policies(rows).value(row.name, as_of=DAY) for row in rows] == [3650, 100, 1]


def test_every_default_is_within_bounds() -> None:
    assert all(smallest(name) <= default.value <= largest(name) for name, default in DEFAULTS.items())
    assert Policies((PolicyRow("batch_claims", 0, DAY),)).value("batch_claims", as_of=DAY) == 1
