"""When a state takes a credit, and since when it stands."""

from datetime import date

import pytest

from billing.escheat import due_on, since_when

FIRST, SECOND, THIRD = date(2026, 1, 5), date(2026, 2, 5), date(2026, 3, 5)


@pytest.mark.parametrize(
    ("since", "state", "due"),
    [
        (FIRST, "CA", date(2029, 1, 5)),
        (FIRST, "fl", date(2031, 1, 5)),
        (FIRST, "OH", date(2029, 1, 5)),
        (FIRST, None, date(2029, 1, 5)),
        (date(2028, 2, 29), "TX", date(2031, 3, 1)),
    ],
)
def test_the_states_period_counts_from_the_day_it_began(since: date, state: str | None, due: date) -> None:
    assert due_on(since, state) == due


@pytest.mark.parametrize(
    ("changes", "began"),
    [
        ([], None),
        ([(FIRST, -500)], FIRST),
        ([(FIRST, -500), (SECOND, 500)], None),
        ([(FIRST, -500), (SECOND, 200)], FIRST),
        ([(FIRST, -500), (SECOND, 500), (THIRD, -100)], THIRD),
        ([(FIRST, -500), (SECOND, -100), (THIRD, 500)], FIRST),
    ],
)
def test_a_credit_is_as_old_as_it_stands(changes: list[tuple[date, int]], began: date | None) -> None:
    assert since_when(changes) == began
