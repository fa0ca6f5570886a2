"""The calendar months of a practice: what is closed, and what of it is kept so that nobody can doubt it later."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from billing.days import MONTHS, months_after

_FORM = len("2026-10")


class NoSuchMonth(ValueError):
    """What was written is no month."""


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One calendar month, told by its first day."""

    first: date

    @property
    def last(self) -> date:
        return months_after(self.first, 1) - timedelta(days=1)

    @property
    def key(self) -> str:
        """`2026-10`."""
        return f"{self.first:%Y-%m}"

    def after(self, months: int) -> "Month":
        """The month so many later; a negative number goes back."""
        return Month(months_after(self.first, months))

    def until(self, other: "Month") -> list["Month"]:
        """This month and each one after it up to `other`, the earliest first; none where that lies before."""
        count = (other.first.year - self.first.year) * MONTHS + other.first.month - self.first.month + 1
        return [self.after(one) for one in range(max(count, 0))]


def month_of(day: date) -> Month:
    """The month in which the day lies."""
    return Month(day.replace(day=1))


def month_named(key: str) -> Month:
    """`2026-10` -> the month. Raises NoSuchMonth."""
    try:
        if len(key) != _FORM:
            raise ValueError
        found = Month(date.fromisoformat(f"{key}-01"))
    except ValueError:
        raise NoSuchMonth("write the month as YYYY-MM, such as 2026-10") from None
    if not date.min.year < found.first.year < date.max.year:
        raise NoSuchMonth("write the month as YYYY-MM, such as 2026-10")
    return found


def why_not_closed(month: Month, *, today: date, closed: Month | None) -> str | None:
    """Why a month may not be closed; None: it may. `closed`: the latest one that is closed."""
    if today <= month.last:
        return f"{month.key} has not ended; it can be closed from {month.last + timedelta(days=1)} on"
    if closed is not None and month <= closed:
        return f"{month.key} is closed, or a later month is"
    if closed is not None and month != closed.after(1):
        return f"months are closed in their order; {closed.after(1).key} is next"
    return None


def seal(figures: Mapping[str, Any]) -> tuple[str, str]:
    """(the figures as JSON, its SHA-256): the same figures give the same text."""
    text = json.dumps(figures, sort_keys=True, separators=(",", ":"))
    return text, digest_of(text)


def digest_of(text: str) -> str:
    """SHA-256 of a snapshot's text, in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def differences(before: Mapping[str, Any], now: Mapping[str, Any], at: str = "") -> list[str]:
    """Every figure that is not what the snapshot says, as `name: then, now`."""
    found = []
    for name in sorted({*before, *now}):
        then, found_now = before.get(name), now.get(name)
        if isinstance(then, Mapping) and isinstance(found_now, Mapping):
            found += differences(then, found_now, f"{at}{name} ")
        elif then != found_now:
            found.append(f"{at}{name}: {then} then, {found_now} now")
    return found
