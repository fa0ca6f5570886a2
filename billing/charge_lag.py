"""How long charges take: from the day of service to the day on which they were entered, and to the first claim sent."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class VisitDays:
    """The days of one visit, by the practice's calendar."""

    provider: str
    """Who saw the patient, as this visit names them"""
    npi: str | None
    """None: this visit names none"""
    service: date
    """The first one"""
    entered: date
    sent: date | None
    """None: no claim of it has left yet"""


@dataclass(frozen=True, slots=True)
class Lag:
    """Days between two points, of several visits."""

    visits: int
    median_days: int | None
    """None: no visit has come so far"""
    ninetieth_days: int | None
    """90 % of the visits took no longer"""


@dataclass(frozen=True, slots=True)
class ProviderLag:
    """One provider, or all."""

    provider: str
    to_entry: Lag
    to_claim: Lag
    unsent: int
    """Visits of which no claim has left"""


ALL = "all"


def lags(visits: Iterable[VisitDays]) -> list[ProviderLag]:
    """All visits first, then each provider, who takes longest first. One NPI is one provider, under the name that the
    visit of the latest day gives them.
    """
    by_provider: dict[tuple[str, bool], list[VisitDays]] = defaultdict(list)
    everything = list(visits)
    for one in everything:
        by_provider[one.npi or one.provider, one.npi is not None].append(one)
    each = [_of(_named(theirs), theirs) for theirs in by_provider.values()]
    each.sort(key=lambda one: (-(one.to_entry.median_days or 0), -(one.to_entry.ninetieth_days or 0), one.provider))
    return [_of(ALL, everything), *each] if everything else []


def _named(visits: Sequence[VisitDays]) -> str:
    latest = max(visits, key=lambda one: (one.service, one.provider))
    return f"{latest.provider} ({latest.npi or 'no NPI'})"


def _of(provider: str, visits: Sequence[VisitDays]) -> ProviderLag:
    sent = [(one.sent - one.service).days for one in visits if one.sent is not None]
    entered = [(one.entered - one.service).days for one in visits]
    return ProviderLag(provider, _lag(entered), _lag(sent), len(visits) - len(sent))


def _lag(days: Sequence[int]) -> Lag:
    """A visit that was entered ahead of its day took no day."""
    from_service = sorted(max(one, 0) for one in days)
    return Lag(len(days), at_percent(from_service, 50), at_percent(from_service, 90))


def at_percent(ordered: Sequence[int], percent: int) -> int | None:
    """The smallest value that `percent` of the values do not exceed (nearest rank); None of none."""
    if not ordered:
        return None
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(rank, 1) - 1]
