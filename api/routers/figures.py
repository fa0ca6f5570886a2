"""The board of figures of a month: each with what it is made of, beside another month, with its visits."""

from dataclasses import replace
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from sqlmodel import Session

from api import auth, errors
from api.auth import FigureViewer, Viewer
from api.errors import Problem
from api.office import Office, TheOffice
from api.routers.pages import show
from api.routers.period_reports import ReportAnswer, answer_of
from api.routers.periods import asked, span_of
from billing.aging import BUCKETS, CREDITS
from billing.board import Figure, Of, Unit
from billing.csv_file import write_rows
from billing.money import format_amount, format_dollars
from billing.periods import Month, month_of
from billing.reports import Report
from billing.roles import Permission
from database import board, period_balances
from database.access import Person
from templates import charts

api = APIRouter(prefix="/api/v1/figures", tags=["figures"])
pages = APIRouter(prefix="/figures", include_in_schema=False)

MonthAsked = Annotated[str, Query(max_length=10, description="2026-10; the last month that has ended where left out")]
CAUSES_DRAWN = 10
COLUMNS = ("figure", "title", "value", "unit", "numerator", "denominator", "denominator_over", "counts", "formula")


class FigureAnswer(BaseModel):
    """One ratio. Money is in whole cents; `value` = numerator * over / denominator, in percent times a hundred."""

    name: str
    title: str
    formula: str
    target: str
    unit: Unit
    value: Decimal | None
    """None: nothing to divide by"""
    numerator: int
    denominator: int
    over: int
    counts: tuple[Of, Of]


class BoardAnswer(BaseModel):
    """Every figure of a month, and what was denied."""

    month: str
    figures: list[FigureAnswer]
    denials: ReportAnswer


@api.get("")
def show_figures(office: TheOffice, person: FigureViewer, month: MonthAsked = "") -> BoardAnswer:
    """Every figure of one month of the person's own practice, with numerator, denominator and formula."""
    chosen = chosen_month(office, person, month)
    with office.database.reading() as session:
        figures = board.board(session, practice_id=person.practice_id, month=chosen)
        denials = board.denials_by_cause(session, practice_id=person.practice_id, month=chosen)
    return BoardAnswer(
        month=chosen.key,
        figures=[FigureAnswer.model_validate(one, from_attributes=True) for one in figures],
        denials=answer_of(denials),
    )


@pages.get("/lines.csv")
@api.get("/lines.csv", response_class=Response)
def take_csv(office: TheOffice, person: FigureViewer, month: MonthAsked = "") -> Response:
    """The figures as a CSV: value, numerator, denominator and formula; money in dollars."""
    chosen = chosen_month(office, person, month)
    with office.database.reading() as session:
        figures = board.board(session, practice_id=person.practice_id, month=chosen)
    headers = {"Content-Disposition": f'attachment; filename="figures-{chosen.key}.csv"'}
    return Response(write_rows(COLUMNS, map(_cells, figures)), media_type="text/csv", headers=headers)


@api.get("/{name}")
def show_visits(request: Request, name: str, office: TheOffice, person: Viewer, month: MonthAsked = "") -> ReportAnswer:
    """The visits that one figure counts, and which of them are in its numerator."""
    return answer_of(_visits(request, office, person, name, chosen_month(office, person, month)))


@pages.get("")
def show_page(
    request: Request, office: TheOffice, person: FigureViewer, month: MonthAsked = "", against: MonthAsked = ""
) -> Response:
    """The board; a month that cannot be read is said above the usual one."""
    fault = ""
    try:
        chosen = chosen_month(office, person, month)
        other = asked(against) if against else chosen.after(-1)
    except Problem as problem:
        fault = f"A month: {problem.faults[0].message}"
        chosen = chosen_month(office, person, "")
        other = chosen.after(-1)
    with office.database.reading() as session:
        figures = board.board(session, practice_id=person.practice_id, month=chosen)
        before = board.board(session, practice_id=person.practice_id, month=other)
        denials = board.denials_by_cause(session, practice_id=person.practice_id, month=chosen)
        span = span_of(person, chosen)
        aging = period_balances.aging(
            session, span if person.may(Permission.VIEW) else replace(span, path=""), "payer", "service"
        )
    return show(
        request,
        "figures.html",
        person,
        status=422 if fault else 200,
        fault=fault,
        month=chosen.key,
        against=other.key,
        pairs=list(zip(figures, before, strict=True)),
        aging=aging,
        aging_chart=_drawn("aging", aging.title, _by_age(aging)),
        denials=denials,
        denial_chart=_drawn("denials", denials.title, _by_cause(denials)),
    )


@pages.get("/{name}")
def show_visits_page(
    request: Request, name: str, office: TheOffice, person: Viewer, month: MonthAsked = ""
) -> Response:
    """The visits of one figure."""
    chosen = chosen_month(office, person, month)
    report = _visits(request, office, person, name, chosen)
    return show(request, "figure.html", person, report=report, month=chosen.key)


def chosen_month(office: Office, person: Person, month: str) -> Month:
    """The month of an address; where it is left out, the last one that has ended. Raises Problem 422."""
    return asked(month) if month else month_of(office.today(person)).after(-1)


def _visits(request: Request, office: Office, person: Person, name: str, month: Month) -> Report:
    with office.database.reading() as session:
        report = board.visits_of(session, _named(session, person, name, month))
    if report.rows:
        auth.seen(request, person, subject="figure", subject_id=name)
    return report


def _named(session: Session, person: Person, name: str, month: Month) -> Figure:
    figures = {one.name: one for one in board.board(session, practice_id=person.practice_id, month=month)}
    if name not in figures:
        raise errors.not_found("figure")
    return figures[name]


def parts_of(one: Figure) -> tuple[str, ...]:
    """Numerator and denominator as a CSV has them; money in dollars."""
    return tuple(
        format_amount(value) if counts == Of.CENTS else str(value)
        for value, counts in zip((one.numerator, one.denominator), one.counts, strict=True)
    )


def _cells(one: Figure) -> tuple[str, ...]:
    value = "" if one.value is None else str(one.value)
    counts = " / ".join("dollars" if each == Of.CENTS else each for each in one.counts)
    return one.name, one.title, value, one.unit, *parts_of(one), str(one.over), counts, one.formula


def _by_age(aging: Report) -> list[tuple[str, int]]:
    return list(zip((CREDITS, *BUCKETS), map(int, aging.total[1:-1]), strict=True))


def _by_cause(denials: Report) -> list[tuple[str, int]]:
    return [(str(row.cells[0]), int(row.cells[3])) for row in denials.rows[:CAUSES_DRAWN]]


def _drawn(name: str, title: str, rows: list[tuple[str, int]]) -> charts.Chart:
    return charts.bars(f"chart-{name}", title, [(label, value, format_dollars(value)) for label, value in rows])
