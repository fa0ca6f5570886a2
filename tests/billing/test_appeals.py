"""Appeals by level: who is asked next, until when, and why sometimes nobody is."""

from datetime import date

import pytest

from billing.appeals import (
    Decision,
    Filed,
    Outcome,
    decide_by,
    levels_of,
    standing,
    why_medicare_hears_none,
    why_not_recorded,
)
from billing.money import Cents
from billing.policies import Policies, PolicyRow

ANSWERED = date(2026, 3, 2)
RULES = Policies.of([])


def of(indicator: str | None, **rows: int) -> tuple[tuple[str, int, int | None, int], ...]:
    policies = Policies.of([PolicyRow(name, value, date(2020, 1, 1)) for name, value in rows.items()])
    found = levels_of(indicator, policies, as_of=ANSWERED)
    return tuple((one.name, one.filed_within_days, one.decided_within_days, one.least_cents) for one in found)


def test_medicares_five_levels_are_law() -> None:
    assert of("MB") == of("MA")
    assert of("MB") == (
        ("redetermination", 120, 60, 0),
        ("reconsideration", 180, 60, 0),
        ("hearing before an administrative law judge", 60, 90, 20_000),
        ("review by the Medicare Appeals Council", 60, 90, 0),
        ("judicial review", 60, None, 196_000),
    )


def test_other_payers_levels_are_rows() -> None:
    assert of("CI") == (("first-level appeal", 120, 60, 0), ("second-level appeal", 60, 60, 0))
    assert of("MC", appeal_limit_days=30, second_appeal_limit_days=90) == (
        ("appeal", 30, 60, 0),
        ("state fair hearing", 90, 60, 0),
    )
    assert of("CI", appeal_levels=1) == (("first-level appeal", 120, 60, 0),)
    assert len(of("CI", appeal_levels=0)) == 1


def asked(indicator: str, *filed: Filed, cents: int = 50_000) -> tuple[int, str | None, date | None, str | None]:
    found = standing(levels_of(indicator, RULES, as_of=ANSWERED), filed, answered_on=ANSWERED, amount_cents=cents)
    return found.number, found.level.name if found.level else None, found.last_day, found.why_not


LOST = date(2026, 5, 1)


@pytest.mark.parametrize(
    ("indicator", "filed", "number", "name", "last_day"),
    [
        ("MB", (), 1, "redetermination", date(2026, 6, 30)),
        ("MB", (Filed(1, Outcome.LOST, LOST),), 2, "reconsideration", date(2026, 10, 28)),
        ("MB", (Filed(1, Outcome.WON_IN_PART, LOST),), 2, "reconsideration", date(2026, 10, 28)),
        ("MB", (Filed(1, Outcome.NO_DECISION, LOST),), 2, "reconsideration", date(2026, 10, 28)),
        ("MB", (Filed(1, Outcome.ANSWERED, LOST),), 2, "reconsideration", date(2026, 10, 28)),
        ("MB", (Filed(1, Outcome.WON, LOST, is_answered=True),), 2, "reconsideration", date(2026, 10, 28)),
        ("MB", (Filed(1, Outcome.WITHDRAWN),), 1, "redetermination", date(2026, 6, 30)),
        (
            "CI",
            (Filed(1, Outcome.LOST, LOST), Filed(2, Outcome.WITHDRAWN)),
            2,
            "second-level appeal",
            date(2026, 6, 30),
        ),
    ],
)
def test_the_next_level_counts_from_the_decision_before(
    indicator: str, filed: tuple[Filed, ...], number: int, name: str, last_day: date
) -> None:
    assert asked(indicator, *filed) == (number, name, last_day, None)


@pytest.mark.parametrize(
    ("filed", "cents", "words"),
    [
        ((Filed(1, None),), 50_000, "level 1 (redetermination) is undecided"),
        ((Filed(1, Outcome.WON, LOST),), 50_000, "the appeal was won"),
        ((Filed(1, Outcome.LOST, LOST), Filed(2, Outcome.LOST, LOST)), 19_999, "takes no dispute below $200.00"),
        (
            tuple(Filed(number, Outcome.LOST, LOST) for number in range(1, 6)),
            900_000,
            "every level of appeal is used up",
        ),
    ],
)
def test_where_no_level_is_open_it_says_what_to_do(filed: tuple[Filed, ...], cents: int, words: str) -> None:
    number, name, last_day, why = asked("MB", *filed, cents=cents)
    assert (number, name, last_day) == (0, None, None)
    assert words in (why or "")


def test_the_third_level_is_open_from_the_amount_in_controversy_on() -> None:
    filed = (Filed(1, Outcome.LOST, LOST), Filed(2, Outcome.LOST, LOST))
    assert asked("MB", *filed, cents=20_000)[0] == 3


def test_medicare_hears_no_appeal_of_a_filing_denial_alone() -> None:
    assert "exception" in (why_medicare_hears_none("MB", ["29"]) or "")
    assert why_medicare_hears_none("MB", ["29", "50"]) is None
    assert why_medicare_hears_none("CI", ["29"]) is None


def test_who_decides_has_a_day_from_when_it_was_sent() -> None:
    first, *_, court = levels_of("MB", RULES, as_of=ANSWERED)
    assert decide_by(first, sent_on=date(2026, 3, 10)) == date(2026, 5, 9)
    assert decide_by(court, sent_on=date(2026, 3, 10)) is None


@pytest.mark.parametrize(
    ("outcome", "day", "cents", "field"),
    [
        (Outcome.LOST, date(2026, 5, 2), None, "decided_on"),
        (Outcome.LOST, date(2026, 3, 9), None, "decided_on"),
        (Outcome.WON_IN_PART, LOST, None, "amount"),
        (Outcome.WON_IN_PART, LOST, Cents(0), "amount"),
        (Outcome.WON_IN_PART, LOST, Cents(100), None),
        (Outcome.WON_IN_PART, LOST, Cents(10_000), None),
        (Outcome.WON_IN_PART, LOST, Cents(10_001), "amount"),
        (Outcome.LOST, LOST, None, None),
    ],
)
def test_a_decision_that_cannot_be_is_not_recorded(
    outcome: Outcome, day: date, cents: Cents | None, field: str | None
) -> None:
    decision = Decision(outcome, day, "L1", cents)
    fault = why_not_recorded(decision, disputed_cents=Cents(10_000), filed_on=date(2026, 3, 10), today=LOST)
    assert (fault[0] if fault else None) == field
