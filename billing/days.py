"""Days of a practice: the one place where an instant becomes a day, and a day an instant.

Instants are kept in UTC. What people and papers call a day (the till's, a letter's, the book's, the last day to file)
is the practice's own: at nine in the evening in Ohio it is still today, and in UTC already tomorrow.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

USUAL_ZONE = "America/New_York"
"""Of a practice that nobody asked: where most of the country lives"""
OFFERED = {
    "America/Puerto_Rico": "Atlantic (Puerto Rico)",
    "America/New_York": "Eastern",
    "America/Chicago": "Central",
    "America/Denver": "Mountain",
    "America/Phoenix": "Mountain without summer time (Arizona)",
    "America/Los_Angeles": "Pacific",
    "America/Anchorage": "Alaska",
    "Pacific/Honolulu": "Hawaii",
    "Pacific/Guam": "Guam",
    "Pacific/Pago_Pago": "Samoa",
    "UTC": "UTC",
}
"""Zones by their IANA name, as people call them"""


MONTHS = 12
"""Of a year"""
_MONDAY, _THURSDAY, _SATURDAY, _SUNDAY = 0, 3, 5, 6
_FIXED_HOLIDAYS = ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25))
"""Month and day: New Year, Juneteenth, Independence, Veterans, Christmas"""
_FLOATING_HOLIDAYS = ((1, _MONDAY, 3), (2, _MONDAY, 3), (9, _MONDAY, 1), (10, _MONDAY, 2), (11, _THURSDAY, 4))
"""Month, weekday, which one: King, Washington, Labor, Columbus, Thanksgiving; Memorial is the last Monday of May"""


class NoSuchZone(ValueError):
    """No time zone has this name."""


@cache
def zone_named(name: str) -> tzinfo:
    """`America/New_York` -> its zone. Raises NoSuchZone."""
    if name not in available_timezones():
        raise NoSuchZone(f"{name!r} is no time zone; write its name as in America/New_York")
    return ZoneInfo(name)


def day_of(at: datetime, zone: tzinfo) -> date:
    """The day on the practice's calendar at this instant."""
    return at.astimezone(zone).date()


def start_of(day: date, zone: tzinfo) -> datetime:
    """The day's first instant."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def noon_of(day: date, zone: tzinfo) -> datetime:
    """Noon of the day: for what was told with a day and no hour."""
    return datetime.combine(day, time(12), zone).astimezone(UTC)


def clock_on(day: date, clock: time, zone: tzinfo) -> datetime:
    """The instant at which the practice's clock shows a time on a day."""
    return datetime.combine(day, clock, zone).astimezone(UTC)


def end_of(day: date, zone: tzinfo) -> datetime:
    """The day's last minute: what is due on a day is in time until then."""
    return datetime.combine(day, time(23, 59), zone).astimezone(UTC)


def in_words(at: datetime, zone: tzinfo) -> str:
    """`2026-03-31 14:05 EDT`."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M %Z}"


def age_on(born: date, day: date) -> int:
    """Whole years of life on a day; somebody born on February 29 is a year older on March 1."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def months_after(day: date, months: int) -> date:
    """The same day so many months later; the last day of a shorter month."""
    year, month = divmod(day.year * MONTHS + day.month - 1 + months, MONTHS)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@cache
def federal_holidays(year: int) -> frozenset[date]:
    """The days off of a year (5 U.S.C. 6103; what falls on a Saturday is kept on Friday, on a Sunday on Monday)."""
    fixed = [_kept(date(year, month, day)) for month, day in _FIXED_HOLIDAYS]
    next_new_year = _kept(date(year + 1, 1, 1)) if year < date.max.year else None
    floating = [_weekday_of(year, month, weekday, which) for month, weekday, which in _FLOATING_HOLIDAYS]
    memorial = date(year, 5, 31) - timedelta(days=date(year, 5, 31).weekday())
    return frozenset(one for one in (*fixed, *floating, memorial, next_new_year) if one and one.year == year)


def _kept(holiday: date) -> date:
    weekday = holiday.weekday()
    return holiday + timedelta(days=-1 if weekday == _SATURDAY else 1 if weekday == _SUNDAY else 0)


def _weekday_of(year: int, month: int, weekday: int, which: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (which - 1))


def is_business_day(day: date) -> bool:
    """Monday to Friday, and no federal holiday."""
    return day.weekday() < _SATURDAY and day not in federal_holidays(day.year)


def business_day_before(day: date) -> date:
    """The last day of work before this one."""
    before = day - timedelta(days=1)
    while not is_business_day(before):
        before -= timedelta(days=1)
    return before
