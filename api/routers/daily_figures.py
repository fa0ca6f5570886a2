"""One figure from day to day, as it was written down when each day had ended: as JSON, as a picture, as a CSV."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from api import errors
from api.auth import FigureViewer
from api.errors import Fault, Problem
from api.office import Office, TheOffice
from api.routers.pages import show
from billing.board import Of
from billing.csv_file import write_rows
from billing.daily_figures import KINDS, LONGEST, USUAL, Kind, Measure, Taken, told
from billing.days import in_words
from billing.money import format_amount
from database import daily_figures
from database.access import Person
from templates import charts

api = APIRouter(prefix="/api/v1/figures/daily", tags=["figures"])
pages = APIRouter(prefix="/figures/daily", include_in_schema=False)

FIRST = "owed"
"""The figure that is shown to who names none"""
COLUMNS = ("day", "value", "numerator", "denominator", "denominator_over", "written_down", "remark")
Named = Annotated[str, Query(max_length=40, description=f"One of {', '.join(KINDS)}")]


class DayAnswer(BaseModel):
    """One day. Money is in whole cents; a ratio's value is in percent or days."""

    day: date
    value: Decimal | None
    """None: nobody wrote the day down, or there was nothing to divide by"""
    numerator: int | None
    denominator: int | None
    over: int
    written_down_at: datetime | None
    is_late: bool
    """Written down later than an hour after the day's end: what is counted in work is as of then"""


class TrendAnswer(BaseModel):
    """One figure from day to day, the earliest first."""

    name: str
    title: str
    words: str
    measure: Measure
    counts: tuple[Of, Of]
    days: list[DayAnswer]


@dataclass(frozen=True, slots=True)
class Line:
    """One day in words: the page and the CSV show the same."""

    taken: Taken
    shown: str
    """The value as people read it"""
    value: str
    """The same in digits alone; money in dollars"""
    written_down: str
    remark: str


@api.get("")
def show_trend(
    office: TheOffice, person: FigureViewer, name: Named = FIRST, since: date | None = None, until: date | None = None
) -> TrendAnswer:
    """One figure from day to day, as it was written down when each day had ended; the last thirty days when none is
    named, at most two years. A day that nobody wrote down has no value."""
    kind, first, last = _asked(office, person, name, since, until)
    return TrendAnswer(
        name=kind.name,
        title=kind.title,
        words=kind.words,
        measure=kind.measure,
        counts=kind.counts,
        days=[_day_answer(one) for one in _days(office, person, kind, first, last)],
    )


@pages.get("/lines.csv")
@api.get("/lines.csv", response_class=Response)
def take_csv(
    office: TheOffice, person: FigureViewer, name: Named = FIRST, since: date | None = None, until: date | None = None
) -> Response:
    """The same as a CSV, the newest day first, as on the page; money in dollars."""
    kind, first, last = _asked(office, person, name, since, until)
    rows = [_cells(kind, one) for one in _lines(kind, _days(office, person, kind, first, last), person.zone)]
    headers = {"Content-Disposition": f'attachment; filename="{kind.name}-{first}-{last}.csv"'}
    return Response(write_rows(COLUMNS, rows), media_type="text/csv", headers=headers)


@pages.get("")
def show_page(
    request: Request, office: TheOffice, person: FigureViewer, name: str = FIRST, since: str = "", until: str = ""
) -> Response:
    """The same as a page with its picture; what cannot be read is said above the usual days."""
    fault = ""
    try:
        kind, first, last = _asked(office, person, name, _day("since", since), _day("until", until))
    except Problem as problem:
        fault = f"{problem.faults[0].field.capitalize()}: {problem.faults[0].message}"
        kind, first, last = _asked(office, person, name if name in KINDS else FIRST, None, None)
    days = _days(office, person, kind, first, last)
    with office.database.reading() as session:
        latest = daily_figures.last_day(session, practice_id=person.practice_id)
        known = daily_figures.of_day(session, practice_id=person.practice_id, day=latest) if latest else []
    return show(
        request,
        "daily_figures.html",
        person,
        status=422 if fault else 200,
        fault=fault,
        kind=kind,
        kinds=list(KINDS.values()),
        since=first,
        until=last,
        latest=latest,
        has_any=any(one.figure for one in days),
        lines=_lines(kind, days, person.zone),
        chart=_drawn(kind, days),
        day_figures=[(KINDS[one.name], told(KINDS[one.name], one.value)) for one in known],
    )


def _asked(
    office: Office, person: Person, name: str, since: date | None, until: date | None
) -> tuple[Kind, date, date]:
    """(the figure, the first day, the last one): the days up to yesterday where none is named. Raises Problem 422."""
    faults = []
    if name not in KINDS:
        faults.append(Fault(field="name", message="is no figure that is written down every day"))
    last = until or office.today(person) - timedelta(days=1)
    first = since or last - min(timedelta(days=USUAL - 1), last - date.min)
    if not 0 <= (last - first).days < LONGEST:
        faults.append(Fault(field="since", message="must lie at most two years before the last day, and not after it"))
    if faults:
        raise errors.invalid(faults)
    return KINDS[name], first, last


def _day(field: str, typed: str) -> date | None:
    try:
        return date.fromisoformat(typed.strip()) if typed.strip() else None
    except ValueError:
        raise errors.invalid([Fault(field=field, message="write the day as YYYY-MM-DD")]) from None


def _days(office: Office, person: Person, kind: Kind, first: date, last: date) -> list[Taken]:
    with office.database.reading() as session:
        return daily_figures.trend(session, practice_id=person.practice_id, name=kind.name, since=first, until=last)


def _day_answer(one: Taken) -> DayAnswer:
    figure = one.figure
    return DayAnswer(
        day=one.day,
        value=one.value,
        numerator=figure.numerator if figure else None,
        denominator=figure.denominator if figure else None,
        over=figure.over if figure else 1,
        written_down_at=one.taken_at,
        is_late=one.is_late,
    )


def _lines(kind: Kind, days: list[Taken], zone: tzinfo) -> list[Line]:
    """The newest day first."""
    return [_line(kind, one, zone) for one in reversed(days)]


def _line(kind: Kind, one: Taken, zone: tzinfo) -> Line:
    if one.figure is None or one.taken_at is None:
        return Line(one, told(kind, None), "", "", "not written down")
    value = "" if one.value is None else str(one.value)
    return Line(
        taken=one,
        shown=told(kind, one.value),
        value=format_amount(one.figure.numerator) if kind.measure == Measure.CENTS else value,
        written_down=in_words(one.taken_at, zone),
        remark="late: what is counted in work is as of then" if one.is_late else "",
    )


def _cells(kind: Kind, one: Line) -> tuple[str, ...]:
    figure = one.taken.figure
    parts = ("", "", "")
    if figure is not None and figure.denominator is not None:
        numerator, denominator = _part(kind.counts[0], figure.numerator), _part(kind.counts[1], figure.denominator)
        parts = (numerator, denominator, str(figure.over))
    return (str(one.taken.day), one.value, *parts, one.written_down, one.remark)


def _part(counts: Of, value: int) -> str:
    return format_amount(value) if counts == Of.CENTS else str(value)


def _drawn(kind: Kind, days: list[Taken]) -> charts.Line:
    rows = [(str(one.day), one.value) for one in days]
    return charts.line(f"chart-{kind.name}", f"{kind.title}, day by day", rows, lambda value: told(kind, value))
