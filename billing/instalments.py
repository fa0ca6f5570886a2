"""Paying in parts: what is due when, what was missed, and when an agreement is broken.

A written agreement of more than four instalments may fall under Regulation Z (12 CFR 1026.2(a)(17)) even without
interest: more are agreed only with the disclosure.
"""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from billing.money import Cents

WITHOUT_DISCLOSURE = 4
"""Instalments that need none"""
LATEST_FIRST = timedelta(days=31)
"""After which a patient cannot begin a plan alone"""


class PlanState(StrEnum):
    """Where an agreement stands."""

    ACTIVE = "active"
    KEPT = "kept"
    """Everything that it was about is paid"""
    BROKEN = "broken"
    """Too many instalments were missed; a person decides"""
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Instalment:
    """One part and its day."""

    day: date
    cents: Cents


@dataclass(frozen=True, slots=True)
class PlanStanding:
    """How an agreement is kept on a day."""

    due_cents: int
    """Of all instalments whose day has come"""
    paid_cents: int
    missed: int
    """Instalments whose day and grace are over and that are not paid"""
    is_broken: bool
    next_day: date | None
    """When it has to be looked at again; None: nothing more comes due"""


def schedule(total: Cents, count: int, first: date) -> list[Instalment]:
    """`count` monthly parts, equal but for the last, which takes the odd cents. Raises ValueError for parts of nothing.

    A month without the day takes its last one.
    """
    part = total // count if count > 0 else 0
    if part <= 0:
        raise ValueError("each instalment must be at least a cent")
    days = [_months_on(first, number) for number in range(count)]
    return [Instalment(day, Cents(part)) for day in days[:-1]] + [
        Instalment(days[-1], Cents(total - part * (count - 1)))
    ]


def _months_on(day: date, months: int) -> date:
    year, month = divmod(day.month - 1 + months, 12)
    last = calendar.monthrange(day.year + year, month + 1)[1]
    return date(day.year + year, month + 1, min(day.day, last))


def still_open(parts: Sequence[Instalment], *, paid: int) -> list[Instalment]:
    """What is to come of each part: money goes to the earliest."""
    found = []
    for one in parts:
        rest = one.cents - min(paid, one.cents)
        paid -= one.cents - rest
        if rest > 0:
            found.append(Instalment(one.day, Cents(rest)))
    return found


def standing(
    parts: Sequence[Instalment], *, paid: int, today: date, grace_days: int, misses_allowed: int
) -> PlanStanding:
    """Money counts for the oldest instalment first, whenever it came. `misses_allowed`: so many are forgiven."""
    grace = timedelta(days=grace_days)
    due = sum(one.cents for one in parts if one.day <= today)
    needed, missed = 0, 0
    for one in parts:
        needed += one.cents
        if one.day + grace < today and paid < needed:
            missed += 1
    coming = [one.day + grace + timedelta(days=1) for one in parts if one.day + grace >= today]
    return PlanStanding(due, paid, missed, missed > misses_allowed, min(coming, default=None))
