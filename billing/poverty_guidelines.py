"""The federal poverty guidelines as data: what Health and Human Services (HHS) published by year and region.

A practice confirms the figures that it goes by, or types others: its own rows go before these. Figures in cents a year.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from billing.money import Cents


class Region(StrEnum):
    """Where the household lives, as the guidelines tell it apart."""

    CONTIGUOUS = "48"
    """The 48 contiguous states and the District of Columbia"""
    ALASKA = "AK"
    HAWAII = "HI"


REGIONS: dict[Region, str] = {
    Region.CONTIGUOUS: "48 states and DC",
    Region.ALASKA: "Alaska",
    Region.HAWAII: "Hawaii",
}


@dataclass(frozen=True, slots=True)
class Guideline:
    """One year's guideline for one region."""

    year: int
    region: Region
    effective_from: date
    first_cents: int
    """A household of one, a year"""
    each_more_cents: int
    """Each further person"""
    source: str

    def line_cents(self, household_size: int) -> Cents:
        """What the guideline says for a household of so many persons, a year."""
        return Cents(self.first_cents + (household_size - 1) * self.each_more_cents)


def _year(
    year: int, effective_from: date, source: str, figures: Iterable[tuple[Region, int, int]]
) -> tuple[Guideline, ...]:
    """`figures`: dollars of a household of one and of each further person."""
    return tuple(
        Guideline(year, region, effective_from, first * 100, more * 100, source) for region, first, more in figures
    )


PUBLISHED: tuple[Guideline, ...] = (
    *_year(
        2024,
        date(2024, 1, 11),
        "HHS, 89 FR 2961 (January 17, 2024)",
        ((Region.CONTIGUOUS, 15_060, 5_380), (Region.ALASKA, 18_810, 6_730), (Region.HAWAII, 17_310, 6_190)),
    ),
    *_year(
        2025,
        date(2025, 1, 15),
        "HHS, 90 FR 5917 (January 17, 2025)",
        ((Region.CONTIGUOUS, 15_650, 5_500), (Region.ALASKA, 19_550, 6_880), (Region.HAWAII, 17_990, 6_330)),
    ),
    *_year(
        2026,
        date(2026, 1, 13),
        "HHS, annual update of January 2026",
        ((Region.CONTIGUOUS, 15_960, 5_680), (Region.ALASKA, 19_950, 7_100), (Region.HAWAII, 18_360, 6_530)),
    ),
)
"""To be confirmed by the practice before it relies on them: aspe.hhs.gov/poverty-guidelines"""


def in_force(known: Iterable[Guideline], region: Region, on: date) -> Guideline | None:
    """The newest year's guideline for the region on a day; of the same year the one that comes last in `known`. None:
    there is none yet."""
    fitting = [one for one in known if one.region == region and one.effective_from <= on]
    return max(reversed(fitting), key=lambda one: one.year, default=None)
