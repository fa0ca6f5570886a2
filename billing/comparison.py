"""The board of a month beside other months: how much more or less each figure is, and whether that is better."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from billing.board import Figure, Unit
from billing.periods import Month

YEAR = 12
AVERAGED = 3
"""Months before the one that is shown whose values are averaged"""


_OTHERS = ("before", "year_ago", "average")
COLUMNS = (
    "figure",
    "title",
    "unit",
    "value",
    *(f"{other}{part}" for other in _OTHERS for part in ("", "_difference", "_words")),
    "months_averaged",
)
"""Of a comparison as a CSV"""


class Better(StrEnum):
    """Which way a figure improves."""

    MORE = "more"
    LESS = "less"


BETTER = {
    "clean_claims": Better.MORE,
    "first_pass": Better.MORE,
    "initial_denials": Better.LESS,
    "initial_denials_by_charge": Better.LESS,
    "touchless": Better.MORE,
    "auto_posted": Better.MORE,
    "auto_posted_amount": Better.MORE,
    "days_in_ar": Better.LESS,
    "ar_over_90": Better.LESS,
    "net_collection": Better.MORE,
    "denial_write_offs": Better.LESS,
    "bad_debt": Better.LESS,
    "patient_collection": Better.MORE,
    "charge_lag": Better.LESS,
}
"""By the figure's name"""


@dataclass(frozen=True, slots=True)
class Beside:
    """A figure of another time, and how this one differs from it."""

    value: Decimal | None
    """None: there was nothing to divide by"""
    difference: Decimal | None
    """This month's less the other's, in points of percent or in days; None: one of them is not there"""
    words: str


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure of the month beside the month before, the same month a year ago, and the average of three."""

    figure: Figure
    before: Beside
    year_ago: Beside
    average: Beside
    averaged: int
    """How many of the three months have a value"""


def months_asked(month: Month) -> tuple[Month, ...]:
    """Every month whose board a comparison needs: this one, the three before it, and the same one a year ago."""
    return (month, *(month.after(-one) for one in range(1, AVERAGED + 1)), month.after(-YEAR))


def compare(boards: Sequence[Sequence[Figure]]) -> list[Compared]:
    """Each figure of the first board; the boards are those of `months_asked`."""
    return [_compare(*figures) for figures in zip(*boards, strict=True)]


def _compare(figure: Figure, *others: Figure) -> Compared:
    *before, year_ago = (one.value for one in others)
    known = [one for one in before if one is not None]
    return Compared(
        figure,
        _beside(figure, before[0]),
        _beside(figure, year_ago),
        _beside(figure, average(known)),
        len(known),
    )


def average(values: Iterable[Decimal]) -> Decimal | None:
    """The mean with one decimal, half up; None: there are none."""
    known = list(values)
    if not known:
        return None
    return (sum(known, Decimal(0)) / len(known)).quantize(Decimal("0.1"), ROUND_HALF_UP)


def _beside(figure: Figure, other: Decimal | None) -> Beside:
    if figure.value is None or other is None:
        return Beside(other, None, "nothing to compare")
    difference = figure.value - other
    return Beside(other, difference, in_words(figure.name, figure.unit, difference))


def in_words(name: str, unit: Unit, difference: Decimal) -> str:
    """`2.1 points more: better`; `no change`."""
    if not difference:
        return "no change"
    way = Better.MORE if difference > 0 else Better.LESS
    size = abs(difference)
    measure = "point" if unit == Unit.PERCENT else "day"
    return f"{size} {measure}{'' if size == 1 else 's'} {way}: {'better' if way == BETTER[name] else 'worse'}"


def cells(one: Compared) -> tuple[str, ...]:
    """One figure as a line of the CSV, by COLUMNS."""
    others = (
        part
        for beside in (one.before, one.year_ago, one.average)
        for part in (_told(beside.value), _told(beside.difference), beside.words)
    )
    return (one.figure.name, one.figure.title, one.figure.unit, _told(one.figure.value), *others, str(one.averaged))


def _told(value: Decimal | None) -> str:
    return "" if value is None else str(value)


def together(figures: Sequence[Figure]) -> Figure:
    """One figure of several practices as one: numerators and denominators are added, so that a large practice counts
    for more than a small one. The figures are of one month and one name."""
    return replace(
        figures[0],
        numerator=sum(one.numerator for one in figures),
        denominator=sum(one.denominator for one in figures),
        hits=frozenset(),
        visits=frozenset(),
    )
