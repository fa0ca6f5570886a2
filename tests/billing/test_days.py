from datetime import UTC, date, datetime, timedelta

import pytest

from billing.days import (
    OFFERED,
    USUAL_ZONE,
    NoSuchZone,
    day_of,
    end_of,
    federal_holidays,
    in_words,
    is_business_day,
    noon_of,
    start_of,
    zone_named,
)

OHIO = zone_named("America/New_York")
HAWAII = zone_named("Pacific/Honolulu")
GUAM = zone_named("Pacific/Guam")
EVENING = datetime(2026, 3, 3, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day"),
    [(UTC, date(2026, 3, 3)), (OHIO, date(2026, 3, 2)), (HAWAII, date(2026, 3, 2)), (GUAM, date(2026, 3, 3))],
)
def test_it_is_the_day_of_the_practice(zone: object, day: date) -> None:
    assert day_of(EVENING, zone) == day  # type: ignore[arg-type]


@pytest.mark.parametrize("zone", [UTC, OHIO, HAWAII, GUAM])
@pytest.mark.parametrize("day", [date(2026, 3, 8), date(2026, 7, 1), date(2026, 11, 1), date(2028, 2, 29)])
def test_start_noon_and_end_of_a_day_lie_on_it(zone: object, day: date) -> None:
    """Also on the days on which the clocks are changed."""
    instants = [start_of(day, zone), noon_of(day, zone), end_of(day, zone)]  # type: ignore[arg-type]

    assert instants == sorted(instants)
    assert {day_of(one, zone) for one in instants} == {day}  # type: ignore[arg-type]
    assert {one.tzinfo for one in instants} == {UTC}


def test_the_clocks_are_changed_in_march() -> None:
    assert start_of(date(2026, 3, 9), OHIO) - start_of(date(2026, 3, 8), OHIO) != (
        start_of(date(2026, 3, 10), OHIO) - start_of(date(2026, 3, 9), OHIO)
    )


def test_an_instant_is_told_with_its_zone() -> None:
    assert in_words(EVENING, OHIO) == "2026-03-02 20:30 EST"
    assert in_words(EVENING, UTC) == "2026-03-03 01:30 UTC"


def test_every_zone_that_is_offered_is_one() -> None:
    assert USUAL_ZONE in OFFERED
    assert all(zone_named(name) for name in OFFERED)


@pytest.mark.parametrize("name", ["", "Ohio", "EDT5", "../etc/passwd"])
def test_a_name_that_is_no_zone_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(NoSuchZone, match="America/New_York"):
        zone_named(name)


@pytest.mark.parametrize(
    ("year", "days"),
    [
        (2026, "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25"),
        (2021, "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31"),
        (2022, "01-17 02-21 05-30 06-20 07-04 09-05 10-10 11-11 11-24 12-26"),
        (2023, "01-02 01-16 02-20 05-29 06-19 07-04 09-04 10-09 11-10 11-23 12-25"),
    ],
)
def test_federal_holidays_are_those_that_offices_keep(year: int, days: str) -> None:
    assert sorted(federal_holidays(year)) == [date.fromisoformat(f"{year}-{one}") for one in days.split()]


def test_a_business_day_is_no_weekend_and_no_holiday() -> None:
    week = [date(2026, 11, 23) + timedelta(days=one) for one in range(7)]
    assert [is_business_day(day) for day in week] == [True, True, True, False, True, False, False]
