"""The board of a month beside the month before, the same month a year ago, and the average of three."""

from dataclasses import asdict
from datetime import date
from decimal import Decimal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from api import errors
from api.auth import FigureViewer
from api.errors import Fault, Problem
from api.office import Office, TheOffice
from api.routers.figures import MonthAsked
from api.routers.figures import chosen_month as month_asked
from api.routers.pages import show
from billing.board import Unit
from billing.comparison import COLUMNS, YEAR, Compared, cells, compare, months_asked
from billing.csv_file import write_rows
from billing.periods import Month
from database import board
from database.access import Person

api = APIRouter(prefix="/api/v1/figures/compared", tags=["figures"])
pages = APIRouter(prefix="/figures/compared", include_in_schema=False)

YEARS_LOOKED_AT = 3
"""Before the month: the one before it, of which a figure looks back a year more"""


class BesideAnswer(BaseModel):
    """A figure of another time. The difference is in points of percent, or in days."""

    value: Decimal | None
    difference: Decimal | None
    words: str


class ComparedAnswer(BaseModel):
    """One figure of the month beside others."""

    name: str
    title: str
    unit: Unit
    value: Decimal | None
    before: BesideAnswer
    year_ago: BesideAnswer
    average: BesideAnswer
    months_averaged: int


class ComparisonAnswer(BaseModel):
    """The whole board of a month beside others."""

    month: str
    before: str
    year_ago: str
    figures: list[ComparedAnswer]


@api.get("")
def show_comparison(office: TheOffice, person: FigureViewer, month: MonthAsked = "") -> ComparisonAnswer:
    """Each figure of a month beside the month before, the same month a year ago, and the average of the values of the
    three months before; differences in points of percent or in days, and in words."""
    chosen = _chosen(office, person, month)
    return ComparisonAnswer(
        month=chosen.key,
        before=chosen.after(-1).key,
        year_ago=chosen.after(-YEAR).key,
        figures=[_answer(one) for one in _compared(office, person, chosen)],
    )


@pages.get("/lines.csv")
@api.get("/lines.csv", response_class=Response)
def take_csv(office: TheOffice, person: FigureViewer, month: MonthAsked = "") -> Response:
    """The same as a CSV."""
    chosen = _chosen(office, person, month)
    headers = {"Content-Disposition": f'attachment; filename="figures-compared-{chosen.key}.csv"'}
    rows = map(cells, _compared(office, person, chosen))
    return Response(write_rows(COLUMNS, rows), media_type="text/csv", headers=headers)


@pages.get("")
def show_page(request: Request, office: TheOffice, person: FigureViewer, month: MonthAsked = "") -> Response:
    """The same as a page; a month that cannot be read is said above the usual one."""
    fault = ""
    try:
        chosen = _chosen(office, person, month)
    except Problem as problem:
        fault = f"A month: {problem.faults[0].message}"
        chosen = _chosen(office, person, "")
    return show(
        request,
        "figures_compared.html",
        person,
        status=422 if fault else 200,
        fault=fault,
        month=chosen.key,
        before=chosen.after(-1).key,
        year_ago=chosen.after(-YEAR).key,
        compared=_compared(office, person, chosen),
    )


def _chosen(office: Office, person: Person, month: str) -> Month:
    """Raises Problem 422: also of a month so early that a year before it has no calendar."""
    chosen = month_asked(office, person, month)
    if chosen.first.year <= date.min.year + YEARS_LOOKED_AT:
        raise errors.invalid([Fault(field="month", message="lies before any book")])
    return chosen


def _compared(office: Office, person: Person, month: Month) -> list[Compared]:
    with office.database.reading() as session:
        return compare([board.board(session, practice_id=person.practice_id, month=one) for one in months_asked(month)])


def _answer(one: Compared) -> ComparedAnswer:
    return ComparedAnswer(
        name=one.figure.name,
        title=one.figure.title,
        unit=one.figure.unit,
        value=one.figure.value,
        before=BesideAnswer(**asdict(one.before)),
        year_ago=BesideAnswer(**asdict(one.year_ago)),
        average=BesideAnswer(**asdict(one.average)),
        months_averaged=one.averaged,
    )
