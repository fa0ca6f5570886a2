"""Cards that the processor keeps for a payment plan: what is charged on which day, tried again, and told ahead.

The agreement names each day and the most that is charged on it, so that a charge of less needs no new consent. Told
ahead after 12 CFR 1005.10(d), which asks for ten days where an amount is another one than agreed on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from billing.instalments import Instalment, still_open
from billing.money import Cents

TRIES = 2
"""Of one instalment, the first included"""
LATEST_DAYS = 14
"""A charge comes no later after its day, whatever the grace"""
EXPIRED = "expired"
"""The processor's word for a card whose last month is over"""


class CardState(StrEnum):
    """Where the keeping of a card stands."""

    ASKED = "asked"
    """The processor's page was opened; it has not said that it keeps a card"""
    KEPT = "kept"
    """Instalments are charged to it"""
    STOPPED = "stopped"
    """By the patient, by staff, or with the agreement"""
    EXPIRED = "expired"
    """Its last month is over"""


class Errand(StrEnum):
    """What the processor is asked for a plan."""

    CHARGE = "charge"
    CANCEL = "cancel"
    """Never charge it, or say that it was charged already"""
    FORGET = "forget"
    """Keep the card no longer"""


class Outcome(StrEnum):
    """What came of an errand."""

    PAID = "paid"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    FORGOTTEN = "forgotten"
    SILENT = "silent"
    """No answer, or no end yet: asked again under the same key"""


@dataclass(frozen=True, slots=True)
class Tried:
    """One charge of an instalment that was prepared before."""

    part_day: date
    refused_on: date | None
    """None: paid, charged back, or not answered yet"""
    is_withdrawn: bool
    """It never reached the card"""


@dataclass(frozen=True, slots=True)
class Charge:
    """What is charged for one instalment."""

    part_day: date
    day: date
    """On which, or later"""
    cents: Cents
    agreed_cents: Cents
    """The most that was agreed for it"""

    @property
    def differs(self) -> bool:
        """Whether it is another amount than the agreement names."""
        return self.cents != self.agreed_cents


def charges(
    parts: Sequence[Instalment],
    agreed: Mapping[date, Cents],
    tried: Sequence[Tried],
    *,
    paid: int,
    left: int,
    kept_on: date,
    today: date,
    retry_days: int,
    grace_days: int,
) -> list[Charge]:
    """What is to be charged now and later, the earliest first.

    `agreed`: what the patient agreed to be charged for each part, and at most that is; a part that was not named is
    not charged. `paid`: cents towards the agreement, however they came; they count for the earliest instalments.
    `left`: cents that
    its visits still owe. An instalment from before the card was kept, or whose grace (days) is over, is never charged:
    no two months are taken at once (`LATEST_DAYS`). `retry_days`: from the first refusal to the second try; 0: there
    is none.
    """
    found = []
    for one in still_open(parts, paid=paid):
        at_most = agreed.get(one.day, Cents(0))
        cents = min(one.cents, left, at_most)
        left -= cents
        day = _day_of(one.day, [each for each in tried if each.part_day == one.day], retry_days)
        last = last_day(one.day, grace_days=grace_days)
        if day is not None and cents > 0 and kept_on <= one.day and max(day, today) <= last:
            found.append(Charge(one.day, day, Cents(cents), at_most))
    return found


def _day_of(part_day: date, tried: Sequence[Tried], retry_days: int) -> date | None:
    """The day of the next try; None: there is no more."""
    standing = [one for one in tried if not one.is_withdrawn]
    refused = [one.refused_on for one in standing if one.refused_on is not None]
    if len(refused) < len(standing) or len(refused) >= TRIES:
        return None
    if not refused:
        return part_day
    return refused[0] + timedelta(days=retry_days) if retry_days else None


def last_day(part_day: date, *, grace_days: int) -> date:
    """The last one on which an instalment may be charged."""
    return part_day + timedelta(days=min(grace_days, LATEST_DAYS))


def notice_day(charge: Charge, *, notice_days: int) -> date:
    """When the patient is told of it."""
    return charge.part_day - timedelta(days=notice_days)
