"""What to work first: the money at stake, weighed by how near the last moment is.

One formula for the list in the database and for the words beside it. A matter without money, such as a question or a
form that is missing, holds up a visit all the same and counts as LEAST_CENTS.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum

from billing.days import day_of, start_of
from billing.money import format_dollars

LEAST_CENTS = 5_000


class Nearness(StrEnum):
    """How near a deadline is, by the calendar of the practice."""

    OVERDUE = "overdue"
    TODAY = "due today"
    SOON = "due in three days"
    WEEK = "due in a week"
    LATER = "due later"


WEIGHTS: dict[Nearness, int] = {
    Nearness.OVERDUE: 8,
    Nearness.TODAY: 6,
    Nearness.SOON: 4,
    Nearness.WEEK: 2,
    Nearness.LATER: 1,
}
"""How often the money counts"""


@dataclass(frozen=True, slots=True)
class Band:
    """Deadlines before an instant, and after that of the band before it."""

    before: datetime
    nearness: Nearness


def bands(now: datetime, zone: tzinfo) -> tuple[Band, ...]:
    """The bands from the most pressing on; a deadline in none of them is LATER. `zone`: of the practice's days."""
    today = day_of(now, zone)

    def after(days: int) -> datetime:
        return start_of(today + timedelta(days=days), zone)

    return (
        Band(now, Nearness.OVERDUE),
        Band(after(1), Nearness.TODAY),
        Band(after(4), Nearness.SOON),
        Band(after(8), Nearness.WEEK),
    )


def nearness_of(due_at: datetime, found: tuple[Band, ...]) -> Nearness:
    """The band that a deadline stands in."""
    return next((one.nearness for one in found if due_at < one.before), Nearness.LATER)


def rank(amount_cents: int, nearness: Nearness) -> int:
    """The higher, the sooner: cents at stake, at least LEAST_CENTS, times the weight of the deadline."""
    return max(amount_cents, LEAST_CENTS) * WEIGHTS[nearness]


def why(amount_cents: int, nearness: Nearness, *, due_on: date) -> str:
    """Why a matter stands where it stands: `$1,250.00, overdue since 2026-03-31`."""
    money = format_dollars(amount_cents) if amount_cents > 0 else "no money of its own"
    if nearness is Nearness.OVERDUE:
        return f"{money}, overdue since {due_on}"
    return f"{money}, due today" if nearness is Nearness.TODAY else f"{money}, due {due_on}"
