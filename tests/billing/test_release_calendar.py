"""When the next edition comes, and whether it is there in time."""

from datetime import date, timedelta

import pytest

from billing.code_tables import CodeSystem
from billing.coding_rules import RuleKind
from billing.release_calendar import FISCAL_YEAR, JANUARY, QUARTERS, REASONS, Days, Span, Standing, next_day, release

Q3 = Span("2026Q3", date(2026, 7, 1), date(2026, 9, 30))
Q4 = Span("2026Q4", date(2026, 10, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("loaded", "today", "standing", "newest"),
    [
        ([], date(2026, 8, 1), Standing.NOT_LOADED, None),
        ([Q3], date(2026, 8, 1), Standing.IN_FORCE, Q3),
        ([Q3], date(2026, 9, 9), Standing.IN_FORCE, Q3),
        ([Q3], date(2026, 9, 10), Standing.ENDING, Q3),
        ([Q3], date(2026, 9, 30), Standing.ENDING, Q3),
        ([Q3], date(2026, 10, 1), Standing.OVER, Q3),
        ([Q3, Q4], date(2026, 9, 20), Standing.READY, Q3),
        ([Q3, Q4], date(2026, 10, 1), Standing.IN_FORCE, Q4),
        ([Q4], date(2026, 9, 1), Standing.READY, Q4),
    ],
)
def test_each_day_has_its_standing(loaded: list[Span], today: date, standing: Standing, newest: Span | None) -> None:
    found = release(CodeSystem.HCPCS, loaded, today)
    assert (found.standing, found.newest, found.table) == (standing, newest, "HCPCS")


@pytest.mark.parametrize(
    ("days", "today", "coming"),
    [
        (FISCAL_YEAR, date(2026, 9, 30), date(2026, 10, 1)),
        (FISCAL_YEAR, date(2026, 10, 1), date(2027, 4, 1)),
        (QUARTERS, date(2026, 12, 31), date(2027, 1, 1)),
        (JANUARY, date(2026, 1, 1), date(2027, 1, 1)),
        (REASONS, date(2026, 11, 1), date(2027, 3, 1)),
    ],
)
def test_the_next_day_is_after_today(days: Days, today: date, coming: date) -> None:
    assert next_day(days, today) == coming


def test_every_table_has_days_and_a_command() -> None:
    for source in (*CodeSystem, *RuleKind):
        found = release(source, [], date(2026, 11, 29))
        assert timedelta() < found.next_day - date(2026, 11, 29) <= timedelta(days=366)
        assert source in found.load
