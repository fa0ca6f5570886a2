"""Several practices of the installation beside each other: a month's figures of those that a person may read."""

from dataclasses import dataclass
from decimal import Decimal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from api import auth
from api.auth import Viewer
from api.errors import Problem
from api.office import Office, TheOffice
from api.routers.figures import MonthAsked, chosen_month, parts_of
from api.routers.pages import show
from billing.board import Figure, Of, Unit
from billing.comparison import together
from billing.csv_file import write_rows
from billing.periods import Month
from database import board, figure_readers
from database.access import Person
from database.tables import Practice

api = APIRouter(prefix="/api/v1/practices", tags=["figures"])
pages = APIRouter(prefix="/practices", include_in_schema=False)

COLUMNS = ("figure", "title", "practice", "value", "unit", "numerator", "denominator", "denominator_over")
TOGETHER = "together"
"""In the CSV, the line of all practices as one"""


class PracticeAnswer(BaseModel):
    """A practice whose figures are read."""

    id: str
    name: str


class PartAnswer(BaseModel):
    """One figure of one practice, or of all together. Money is in whole cents."""

    practice_id: str | None
    """None: all together"""
    value: Decimal | None
    numerator: int
    denominator: int
    over: int


class FigureOfAll(BaseModel):
    """One figure, practice by practice, and of all as one."""

    name: str
    title: str
    unit: Unit
    counts: tuple[Of, Of]
    practices: list[PartAnswer]
    together: PartAnswer


class PracticesAnswer(BaseModel):
    """The figures of a month of every practice that the person may read."""

    month: str
    practices: list[PracticeAnswer]
    figures: list[FigureOfAll]


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of each practice, in their order, and of all as one."""

    each: tuple[Figure, ...]
    together: Figure


@api.get("")
def show_practices(request: Request, office: TheOffice, person: Viewer, month: MonthAsked = "") -> PracticesAnswer:
    """A month's figures of the person's own practice and of those that let them read theirs, and of all as one:
    numerators and denominators added. Each other practice keeps who looked."""
    chosen = chosen_month(office, person, month)
    practices, lines = _read(request, office, person, chosen)
    return PracticesAnswer(
        month=chosen.key,
        practices=[PracticeAnswer(id=one.id, name=one.name) for one in practices],
        figures=[
            FigureOfAll(
                name=line.together.name,
                title=line.together.title,
                unit=line.together.unit,
                counts=line.together.counts,
                practices=[_part(one, practice.id) for practice, one in zip(practices, line.each, strict=True)],
                together=_part(line.together, None),
            )
            for line in lines
        ],
    )


@pages.get("/lines.csv")
@api.get("/lines.csv", response_class=Response)
def take_csv(request: Request, office: TheOffice, person: Viewer, month: MonthAsked = "") -> Response:
    """The same as a CSV: a line for each figure and practice, and one of all together; money in dollars."""
    chosen = chosen_month(office, person, month)
    practices, lines = _read(request, office, person, chosen)
    rows = [
        cells
        for line in lines
        for cells in (
            *(_cells(one, practice.name) for practice, one in zip(practices, line.each, strict=True)),
            _cells(line.together, TOGETHER),
        )
    ]
    headers = {"Content-Disposition": f'attachment; filename="practices-{chosen.key}.csv"'}
    return Response(write_rows(COLUMNS, rows), media_type="text/csv", headers=headers)


@pages.get("")
def show_page(request: Request, office: TheOffice, person: Viewer, month: MonthAsked = "") -> Response:
    """The same as a page; a month that cannot be read is said above the usual one."""
    fault = ""
    try:
        chosen = chosen_month(office, person, month)
    except Problem as problem:
        fault = f"A month: {problem.faults[0].message}"
        chosen = chosen_month(office, person, "")
    practices, lines = _read(request, office, person, chosen)
    return show(
        request,
        "practices.html",
        person,
        status=422 if fault else 200,
        fault=fault,
        month=chosen.key,
        practices=practices,
        lines=lines,
    )


def _read(request: Request, office: Office, person: Person, month: Month) -> tuple[list[Practice], list[Line]]:
    """What the person may read; who looked is written down in each other practice's chain."""
    with office.database.reading() as session:
        practices = figure_readers.practices_of(session, user_id=person.user_id, practice_id=person.practice_id)
        boards = [board.board(session, practice_id=one.id, month=month) for one in practices]
    for one in practices[1:]:
        auth.seen(request, person, subject="figures", subject_id=month.key, practice_id=one.id)
    return practices, [Line(each, together(each)) for each in zip(*boards, strict=True)]


def _part(one: Figure, practice_id: str | None) -> PartAnswer:
    return PartAnswer(
        practice_id=practice_id,
        value=one.value,
        numerator=one.numerator,
        denominator=one.denominator,
        over=one.over,
    )


def _cells(one: Figure, practice: str) -> tuple[str, ...]:
    value = "" if one.value is None else str(one.value)
    return one.name, one.title, practice, value, one.unit, *parts_of(one), str(one.over)
