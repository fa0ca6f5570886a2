"""Who gets how much by the sliding scale, on which visits, to the cent: tables, and a property of the spreading."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing import poverty_guidelines
from billing.assistance import (
    Band,
    Help,
    Household,
    Per,
    Reach,
    Scale,
    Takes,
    covers,
    faults_of,
    kept_by_patient,
    missing_of,
    propose,
    reminder_on,
    spread,
)
from billing.help_letter_words import reasons
from billing.poverty_guidelines import PUBLISHED, Guideline, Region

SCALE = Scale(
    Region.CONTIGUOUS,
    (Band(100, Takes.CAP, 2000), Band(200, Takes.PERCENT, 75), Band(300, Takes.PERCENT, 40)),
)
LEVEL = Guideline(2026, Region.CONTIGUOUS, date(2026, 1, 1), 1_600_000, 600_000, "invented for the test")
"""$16,000 for one, $6,000 for each more"""
FIRST = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("size", "income", "per", "percent", "help_words"),
    [
        (1, 0, Per.YEAR, 0, "at most $20.00 a visit"),
        (1, 1_600_000, Per.YEAR, 100, "at most $20.00 a visit"),
        (1, 1_600_001, Per.YEAR, 101, "75 percent off"),
        (4, 6_800_000, Per.YEAR, 200, "75 percent off"),
        (4, 6_800_100, Per.YEAR, 201, "40 percent off"),
        (1, 133_333, Per.MONTH, 100, "at most $20.00 a visit"),
        (1, 133_334, Per.MONTH, 101, "75 percent off"),
        (2, 6_600_000, Per.YEAR, 300, "40 percent off"),
        (2, 6_600_001, Per.YEAR, 301, None),
    ],
)
def test_the_first_band_that_the_income_fits_gives_the_help(
    size: int, income: int, per: Per, percent: int, help_words: str | None
) -> None:
    found = propose(SCALE, LEVEL, Household(size, income, per))
    assert (found.percent_of_level, found.help.words if found.help else None) == (percent, help_words)
    assert f"{percent} percent of it" in " ".join(reasons(found.reasons))


def test_an_empty_scale_helps_nobody_and_says_so() -> None:
    found = propose(Scale(Region.ALASKA, ()), LEVEL, Household(1, 0, Per.YEAR))
    assert found.help is None
    assert reasons(found.reasons)[-1] == "The scale ends at 0 percent: it gives no help."


@pytest.mark.parametrize(
    ("region", "on", "size", "dollars"),
    [
        (Region.CONTIGUOUS, date(2025, 6, 1), 4, 32_150),
        (Region.ALASKA, date(2025, 6, 1), 4, 40_190),
        (Region.HAWAII, date(2025, 6, 1), 4, 36_980),
        (Region.CONTIGUOUS, date(2025, 1, 14), 1, 15_060),
        (Region.CONTIGUOUS, date(2026, 11, 1), 4, 33_000),
    ],
)
def test_the_published_guidelines_are_found_by_day_and_region(
    region: Region, on: date, size: int, dollars: int
) -> None:
    found = poverty_guidelines.in_force(PUBLISHED, region, on)
    assert found is not None
    assert found.line_cents(size) == dollars * 100


def test_the_practices_own_figures_go_before_the_published_ones_of_their_year_and_none_is_none() -> None:
    own = Guideline(2026, Region.CONTIGUOUS, date(2026, 1, 13), 1, 1, "typed")
    assert poverty_guidelines.in_force([*PUBLISHED, own], Region.CONTIGUOUS, date(2026, 5, 1)) == own
    assert poverty_guidelines.in_force([*PUBLISHED, own], Region.CONTIGUOUS, date(2027, 5, 1)) == own
    assert poverty_guidelines.in_force(PUBLISHED, Region.HAWAII, date(2020, 5, 1)) is None


@pytest.mark.parametrize(
    ("bands", "faults"),
    [
        (SCALE.bands, []),
        ((Band(200, Takes.PERCENT, 75), Band(200, Takes.PERCENT, 40)), [1]),
        ((Band(0, Takes.PERCENT, 75),), [0]),
        ((Band(1001, Takes.PERCENT, 75),), [0]),
        ((Band(100, Takes.PERCENT, 0),), [0]),
        ((Band(100, Takes.PERCENT, 101),), [0]),
        ((Band(100, Takes.CAP, -1),), [0]),
        ((Band(100, Takes.CAP, 0),), []),
    ],
)
def test_a_scale_that_makes_no_sense_is_named_by_its_band(bands: tuple[Band, ...], faults: list[int]) -> None:
    assert [index for index, _ in faults_of(bands)] == faults


@pytest.mark.parametrize(
    ("service", "billed", "is_hospital", "is_covered"),
    [
        (FIRST + timedelta(days=180), None, False, True),
        (FIRST + timedelta(days=181), None, False, False),
        (FIRST - timedelta(days=90), FIRST, False, True),
        (FIRST - timedelta(days=91), FIRST, False, False),
        (FIRST - timedelta(days=400), FIRST - timedelta(days=240), True, True),
        (FIRST - timedelta(days=400), FIRST - timedelta(days=241), True, False),
        (FIRST - timedelta(days=400), None, True, True),
        (FIRST - timedelta(days=400), None, False, False),
    ],
)
def test_a_visit_is_covered_by_its_day_or_its_first_statement(
    service: date, billed: date | None, is_hospital: bool, is_covered: bool
) -> None:
    reach = Reach(FIRST, FIRST + timedelta(days=180), 90, is_hospital)
    assert covers(reach, service_date=service, first_billed_on=billed) is is_covered


@pytest.mark.parametrize(
    ("takes", "value", "share", "charge", "agb", "kept"),
    [
        (Takes.PERCENT, 100, 12345, 20000, 0, 0),
        (Takes.PERCENT, 75, 12345, 20000, 0, 3086),
        (Takes.PERCENT, 1, 1, 20000, 0, 0),
        (Takes.CAP, 2000, 12345, 20000, 0, 2000),
        (Takes.CAP, 2000, 1500, 20000, 0, 1500),
        (Takes.CAP, 0, 1500, 20000, 0, 0),
        (Takes.PERCENT, 10, 20000, 20000, 3420, 6840),
        (Takes.PERCENT, 75, 12345, 20000, 3420, 3086),
    ],
)
def test_what_stays_the_patients_is_cut_down_to_the_cent_and_never_above_the_amounts_generally_billed(
    takes: Takes, value: int, share: int, charge: int, agb: int, kept: int
) -> None:
    assert kept_by_patient(Help(takes, value), share, charge_cents=charge, agb_basis_points=agb) == kept


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=8), st.data())
def test_a_discount_is_spread_whole_and_no_line_beyond_its_share(owned: list[int], data: st.DataObject) -> None:
    total = data.draw(st.integers(0, sum(owned)))
    lines = {f"line{number}": cents for number, cents in enumerate(owned)}
    parts = spread(total, dict(lines))
    assert sum(parts.values()) == total
    assert all(0 < cents <= lines[line or ""] for line, cents in parts.items())


@pytest.mark.parametrize(
    ("size", "income", "count"), [(None, None, 2), (0, 0, 1), (3, None, 1), (3, 0, 0), (None, 0, 1)]
)
def test_an_application_lacks_what_nobody_can_decide_without(size: int | None, income: int | None, count: int) -> None:
    assert len(missing_of(size, income)) == count


def test_a_reminder_comes_at_half_time() -> None:
    assert reminder_on(date(2026, 3, 1), date(2026, 3, 31)) == date(2026, 3, 16)
