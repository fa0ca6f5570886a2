"""When the coverage of a coming visit is asked about: at booking, some days before, on the day, and after a change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from billing.days import clock_on

MORNING = time(6)
"""On the practice's clock: before the first patient"""


NOTHING_TO_DO = frozenset({"active", "patient_pays", "not_asked"})
"""Outcomes of a check that ask nobody anything: covered, no insurance to ask, a payer that answers no inquiries"""


class CheckKind(StrEnum):
    """Why the payer is asked."""

    BOOKING = "booking"
    BEFORE = "before"
    """The policy's hours before: time enough to call the patient"""
    DAY = "day"
    """The morning of the visit: the answer that counts"""
    CHANGE = "change"
    """Another policy is held now than the one that was asked about, or the visit is on another day"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A check that was begun."""

    kind: CheckKind
    policy: str
    """What names the policy that it asked about; empty: none, or one that has to be asked about again"""
    day: date
    """Of the visit, as it was booked then"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be asked now, else when to look again."""

    due: CheckKind | None
    next_at: datetime | None


def starts_at(day: date, at_time: str, zone: tzinfo) -> datetime:
    """The instant of an appointment, `at_time` as HH:MM on the practice's clock."""
    return clock_on(day, time.fromisoformat(at_time), zone)


def plan(
    booked_at: datetime,
    day: date,
    at_time: str,
    now: datetime,
    *,
    zone: tzinfo,
    hours_before: int,
    asked: Sequence[Asked],
    policy: str,
) -> Plan:
    """The newest check whose instant has come and that was not made, else the next instant.

    A check that comes later makes the earlier ones needless: who books for today is asked about once. `hours_before`
    0: no check between booking and the day. `policy` names the policy held now. What was asked for another day counts
    for nothing: the plan may end in between.
    """
    instants = {CheckKind.BOOKING: booked_at}
    if hours_before:
        instants[CheckKind.BEFORE] = starts_at(day, at_time, zone) - timedelta(hours=hours_before)
    instants[CheckKind.DAY] = clock_on(day, MORNING, zone)
    come = [kind for kind, at in instants.items() if max(at, booked_at) <= now]
    next_at = min((at for at in instants.values() if at > now), default=None)
    if not come:
        return Plan(None, next_at)
    made = {one.kind for one in asked if one.day == day}
    if come[-1] not in made and not (asked and come[-1] == CheckKind.BOOKING):
        return Plan(come[-1], next_at)
    is_current = (asked[-1].policy, asked[-1].day) == (policy, day)
    return Plan(None if is_current else CheckKind.CHANGE, next_at)
