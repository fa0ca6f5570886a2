"""Timely filing: the day that a payer's limit counts from, its last day, and when the office is warned on the way.

Source: 42 CFR 424.44 for Medicare (one calendar year from the service, whatever its place among the payers); other
payers by their own policy rows.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum

from billing.days import MONTHS, end_of, is_business_day, months_after
from billing.policies import Policies


class Anchor(IntEnum):
    """What the policy `filing_anchor` may say: the day that the limit counts from."""

    USUAL = 0
    """The first day of service, or an institutional claim's through-date; of a later payer the earlier one's answer,
    unless it is Medicare"""
    FIRST_SERVICE = 1
    LAST_SERVICE = 2
    EARLIER_ANSWER = 3
    """The earlier payer's answer, where there is one; else the first day of service"""
    LATER_OF = 4
    """The later of the last day of service and the earlier payer's answer"""


def anchor_day(
    kind: int,
    *,
    first: date,
    last: date,
    answered_on: date | None,
    is_medicare: bool,
    is_institutional: bool = False,
) -> date:
    """The day that the limit counts from. `answered_on`: the earlier payer's answer; None: there is no earlier
    payer, or it has not answered.
    """
    match Anchor(kind):
        case Anchor.FIRST_SERVICE:
            return first
        case Anchor.LAST_SERVICE:
            return last
        case Anchor.EARLIER_ANSWER:
            return answered_on or first
        case Anchor.LATER_OF:
            return max(last, answered_on or last)
    usual = last if is_institutional else first
    return usual if is_medicare else answered_on or usual


@dataclass(frozen=True, slots=True)
class FilingTime:
    """How long one claim is timely."""

    anchor: date
    policies: Policies
    told: date | None = None
    """The payer's last day itself, where the office was told it"""
    is_medicare: bool = False

    @property
    def last_day(self) -> date:
        """What was told; else the payer's `filing_limit_days`, for Medicare one calendar year unless a row says
        otherwise. With `filing_next_workday` a last day without work gives way to the next one."""
        if self.told is not None:
            return self.told
        is_law = self.is_medicare and not self.policies.is_overridden("filing_limit_days", as_of=self.anchor)
        days = self._days("filing_limit_days")
        day = months_after(self.anchor, MONTHS) if is_law else self.anchor + timedelta(days=days)
        while self._days("filing_next_workday") and not is_business_day(day):
            day += timedelta(days=1)
        return day

    @property
    def limit(self) -> datetime:
        """The last instant at which the claim is timely: the end of the last day, by the practice's clock."""
        return end_of(self.last_day, self.policies.zone)

    @property
    def urgent_from(self) -> datetime:
        """From when the office is warned every day: `filing_warning_days` before the limit."""
        return self.limit - timedelta(days=self._days("filing_warning_days"))

    def rungs(self) -> list[datetime]:
        """When the office is warned: at two shares of the time, daily in the last days, and at the limit itself."""
        start, limit = end_of(self.anchor, self.policies.zone), self.limit
        shares = (self._days("filing_first_warning_percent"), self._days("filing_second_warning_percent"))
        found = {start + (limit - start) * share / 100 for share in shares if share and start < limit}
        found |= {limit - timedelta(days=left) for left in range(self._days("filing_warning_days"), 0, -1)}
        return sorted({limit} | {one for one in found if one < limit})

    def next_rung(self, at: datetime) -> datetime | None:
        """The next warning after an instant; None: the limit has passed."""
        return next((one for one in self.rungs() if one > at), None)

    def days_left(self, today: date) -> int:
        """Days until the last day; below zero once it has passed."""
        return (self.last_day - today).days

    def _days(self, name: str) -> int:
        return self.policies.value(name, as_of=self.anchor)
