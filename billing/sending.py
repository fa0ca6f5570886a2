"""When claims leave: at times of the practice's day, at a number of claims, or after a wait; and how fast what gathered
behind a hold goes out. A partner without a plan is sent to after the policy `batch_wait_seconds`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from billing.days import clock_on, day_of

TIMES_A_DAY = 12
HOUR = timedelta(hours=1)
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


class PlanInvalid(ValueError):
    """The plan cannot be kept; the message says why."""


@dataclass(frozen=True, slots=True)
class SendingPlan:
    """When one practice sends to one partner. Whatever comes first sends."""

    times: tuple[time, ...] = ()
    """By the practice's clock, rising"""
    at_count: int | None = None
    """So many ready claims leave at once"""
    wait_seconds: int | None = None
    """So long after the oldest of them became ready; None: only the times and the count send"""

    @property
    def words(self) -> str:
        """`at 12:00 and 17:00, or as soon as 200 claims wait`."""
        parts = []
        if self.times:
            parts.append(f"at {' and '.join(f'{one:%H:%M}' for one in self.times)}")
        if self.at_count is not None:
            parts.append(
                "as soon as a claim waits" if self.at_count == 1 else f"as soon as {self.at_count} claims wait"
            )
        if self.wait_seconds is not None:
            parts.append(f"{_lasting(self.wait_seconds)} after the first became ready")
        return ", or ".join(parts)


def read_plan(times: str, at_count: int | None, wait_seconds: int | None) -> SendingPlan:
    """`12:00, 17:00` and the rest as a plan. Raises PlanInvalid."""
    plan = SendingPlan(_read_times(times), at_count, wait_seconds)
    if not plan.times and plan.wait_seconds is None:
        raise PlanInvalid("give times of day or a wait: by a number alone the last few claims would never leave")
    return plan


def times_in_words(times: Sequence[time]) -> str:
    """`12:00, 17:00`, as it is typed."""
    return ", ".join(f"{one:%H:%M}" for one in times)


def next_send(plan: SendingPlan, zone: tzinfo, *, count: int, oldest_at: datetime) -> datetime:
    """When `count` claims, the oldest ready since `oldest_at`, leave; it lies in the past where they should have."""
    if plan.at_count is not None and count >= plan.at_count:
        return oldest_at
    instants = [] if plan.wait_seconds is None else [oldest_at + timedelta(seconds=plan.wait_seconds)]
    if plan.times:
        instants.append(_next_time(plan.times, zone, oldest_at))
    return min(instants)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast what was held, and what is sent again in bulk, goes out."""

    claims: int
    """Of one batch, at most"""
    batches_per_hour: int

    @property
    def gap(self) -> timedelta:
        """From one batch to the next."""
        return HOUR / self.batches_per_hour

    @property
    def words(self) -> str:
        """`at most 500 claims at a time, 12 times an hour`."""
        return f"at most {self.claims} {_plural(self.claims, 'claim')} at a time, {self.batches_per_hour} " + (
            f"{_plural(self.batches_per_hour, 'time')} an hour"
        )


def _plural(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"


def _read_times(typed: str) -> tuple[time, ...]:
    parts = [one for one in re.split(r"[,;\s]+", typed.strip()) if one]
    found = set()
    for one in parts:
        clock = _CLOCK.fullmatch(one)
        if clock is None:
            raise PlanInvalid(f"{one[:20]!r} is no time of day; write 12:00, 17:00")
        found.add(time(int(clock[1]), int(clock[2])))
    if len(found) > TIMES_A_DAY:
        raise PlanInvalid(f"at most {TIMES_A_DAY} times a day")
    return tuple(sorted(found))


def _next_time(times: Sequence[time], zone: tzinfo, after: datetime) -> datetime:
    """The first of the times after an instant. Where the clock leaps over one in spring, it is the instant after."""
    day: date = day_of(after, zone)
    instants = (clock_on(day + timedelta(days=ahead), one, zone) for ahead in (0, 1, 2) for one in times)
    return min(one for one in instants if one > after)


def _lasting(seconds: int) -> str:
    for size, name in ((3600, "hour"), (60, "minute")):
        if seconds and seconds % size == 0:
            return f"{seconds // size} {_plural(seconds // size, name)}"
    return f"{seconds} {_plural(seconds, 'second')}"
