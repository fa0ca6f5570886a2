"""When the next edition of each table comes, which one is in force, and whether the next is there in time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from billing.code_tables import COMES, NAMES, CodeSystem
from billing.coding_rules import RULE_NAMES, RULES_COME, RuleKind

TOLD_BEFORE = timedelta(days=21)
"""An end without a next edition"""

Days = tuple[tuple[int, int], ...]
"""Month and day"""
QUARTERS: Days = ((1, 1), (4, 1), (7, 1), (10, 1))
JANUARY: Days = ((1, 1),)
FISCAL_YEAR: Days = ((4, 1), (10, 1))
MONTHS: Days = tuple((month, 1) for month in range(1, 13))
REASONS: Days = ((3, 1), (7, 1), (11, 1))
"""CARC and RARC: X12 publishes them three times a year"""

RELEASES: dict[CodeSystem | RuleKind, Days] = {
    CodeSystem.ICD10CM: FISCAL_YEAR,
    CodeSystem.HCPCS: QUARTERS,
    CodeSystem.CPT: JANUARY,
    RuleKind.PAIRS: QUARTERS,
    RuleKind.UNITS: QUARTERS,
    RuleKind.ADD_ONS: QUARTERS,
    RuleKind.FEE_SCHEDULE: QUARTERS,
    RuleKind.RELATIVE_VALUES: QUARTERS,
    RuleKind.LOCALITIES: JANUARY,
    RuleKind.EXCLUSIONS: FISCAL_YEAR,
    RuleKind.PROVIDERS: MONTHS,
}
"""The days on which a new edition may begin; one that names none of them is as good"""


class Standing(StrEnum):
    """How a table stands on a day."""

    NOT_LOADED = "not_loaded"
    OVER = "over"
    """The newest edition has ended"""
    ENDING = "ending"
    """It ends within three weeks, and the next one is not there"""
    READY = "ready"
    """The edition that comes next is loaded"""
    IN_FORCE = "in_force"


@dataclass(frozen=True, slots=True)
class Span:
    """One loaded edition."""

    name: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Release:
    """One table in the calendar."""

    table: str
    """As people read it"""
    comes: str
    """When a new edition is in force, in words"""
    standing: Standing
    newest: Span | None
    """The one in force; where none is, the one that began last"""
    next_day: date
    """The next day on which an edition may begin"""
    load: str
    """The command that takes it in"""


def release(source: CodeSystem | RuleKind, loaded: Sequence[Span], today: date) -> Release:
    """How one table stands today."""
    is_codes = isinstance(source, CodeSystem)
    in_force = [one for one in loaded if one.first <= today <= one.last]
    newest = max(in_force or loaded, key=lambda one: (one.first, one.name), default=None)
    return Release(
        table=NAMES[source] if isinstance(source, CodeSystem) else RULE_NAMES[source],
        comes=COMES[source] if isinstance(source, CodeSystem) else RULES_COME[source],
        standing=_standing(loaded, newest, today),
        newest=newest,
        next_day=next_day(RELEASES[source], today),
        load=f"zerobalance codes load --system {source}" if is_codes else f"zerobalance rules load --kind {source}",
    )


def _standing(loaded: Sequence[Span], newest: Span | None, today: date) -> Standing:
    if newest is None:
        return Standing.NOT_LOADED
    until = max(one.last for one in loaded)
    if until < today:
        return Standing.OVER
    if until < today + TOLD_BEFORE:
        return Standing.ENDING
    return Standing.READY if any(one.first > today for one in loaded) else Standing.IN_FORCE


def next_day(days: Days, today: date) -> date:
    """The first of these days after today."""
    coming = [date(year, month, day) for year in (today.year, today.year + 1) for month, day in days]
    return min(one for one in coming if one > today)
