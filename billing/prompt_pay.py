"""The prompt-pay discount: who pays a share in full by a day that its first statement names is asked for less.

Off by default. It is offered once on a visit, on that statement, and binds as it was printed whatever the policies say
later. What it takes off, and of whose shares, is bound by law and contracts: see `billing.small_balances`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from billing.money import ZERO, Cents

PERCENT = 100


@dataclass(frozen=True, slots=True)
class Offer:
    """What the first statement of one visit's share said."""

    share_cents: Cents
    """Owed on the visit when it was written"""
    percent: int
    last_day: date
    """The last day on which money counts for it"""
    applied_cents: int = 0
    """What the patient had paid on the visit before, by the ledger"""
    paid_cents: int = 0
    """The same as payments: less where money came by another visit"""

    @property
    def off_cents(self) -> Cents:
        """What it takes off, as printed."""
        return percent_of(self.share_cents, self.percent)


@dataclass(frozen=True, slots=True)
class Money:
    """How one visit stands now."""

    whole_cents: int
    """The patient's of it: owed, paid, given up, waived, and taken off by the offer"""
    held_cents: int
    """The patient's money on it, applied or not, by the ledger"""
    in_time_cents: int
    """Payments that came by the offer's last day and were not taken back"""


@dataclass(frozen=True, slots=True)
class Chance:
    """What a patient may pay now instead of what is owed on one visit."""

    owed_cents: Cents
    off_cents: Cents
    last_day: date

    @property
    def pay_cents(self) -> Cents:
        return Cents(self.owed_cents - self.off_cents)


def percent_of(share_cents: int, percent: int) -> Cents:
    """A discount is rounded down to the cent; nothing of nothing. `percent` up to 100."""
    return Cents(max(0, share_cents) * percent // PERCENT)


def offer_of(share_cents: int, *, percent: int, days: int, written_on: date) -> Offer | None:
    """What a first statement offers; None where it would take off nothing."""
    offer = Offer(Cents(share_cents), percent, written_on + timedelta(days=days))
    return offer if offer.off_cents else None


def taken_off(offer: Offer, now: Money) -> Cents:
    """What the offer takes off a visit now: nothing until the rest of its share is paid in time. A share that became
    less has less taken off, one that became more no more than was printed."""
    share = _share(offer, now)
    off = percent_of(share, offer.percent)
    rest = share - off
    is_paid = now.in_time_cents >= offer.paid_cents + rest and now.held_cents >= offer.applied_cents + rest
    return off if is_paid else ZERO


def is_earned(offer: Offer, now: Money, taken_cents: int) -> bool:
    """Whether payments in time found what was taken off: no more than was printed and than its percent of them, and all
    else of the share was paid by them. It holds too while a payer's answer is awaited that makes the share less."""
    is_in_percent = now.in_time_cents * offer.percent >= taken_cents * (PERCENT - offer.percent)
    is_rest_paid = now.in_time_cents >= offer.paid_cents + _share(offer, now) - taken_cents
    return 0 < taken_cents <= offer.off_cents and is_in_percent and is_rest_paid


def chance(offer: Offer, now: Money, *, owed_cents: int, on: date) -> Chance | None:
    """What may be paid on a day; None: the offer has ended, was taken, or takes nothing off. `owed_cents`: now."""
    if on > offer.last_day or taken_off(offer, now):
        return None
    off = min(percent_of(_share(offer, now), offer.percent), owed_cents)
    return Chance(Cents(owed_cents), Cents(off), offer.last_day) if off else None


def _share(offer: Offer, now: Money) -> int:
    """What the percent is of: the share as it was printed, or what is left of it."""
    return max(0, min(offer.share_cents, now.whole_cents - offer.applied_cents))


def by_line(
    cents: int, *, owed: Mapping[str | None, int], standing: Mapping[str | None, int], whole: Mapping[str | None, int]
) -> dict[str | None, Cents]:
    """What changes on each line of a visit so that `cents` are taken off it in all, from `standing`; below zero where
    it goes back. It is taken off what is `owed` first, then off what was paid, and goes back from the last line."""
    change = cents - sum(standing.values())
    room = [(line, max(0, left)) for line, left in owed.items()]
    room += [(line, whole.get(line, 0) - standing.get(line, 0) - max(0, owed.get(line, 0))) for line in whole]
    if change < 0:
        room = [(line, stood) for line, stood in reversed(list(standing.items()))]
    left, found = abs(change), dict[str | None, int]()
    for line, most in room:
        part = min(left, max(0, most))
        found[line] = found.get(line, 0) + part
        left -= part
    sign = 1 if change > 0 else -1
    return {line: Cents(sign * part) for line, part in found.items() if part}
