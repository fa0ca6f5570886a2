"""The reports of a month and the sheet of a day: as JSON, as pages, and as CSV whose rows add up."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from api import auth, errors
from api.auth import Viewer
from api.errors import Fault
from api.office import Office, TheOffice
from api.routers.pages import day_asked, show
from api.routers.periods import asked, span_of
from billing.aging import BUCKETS, CREDITS
from billing.periods import Month
from billing.reports import Check, Column, Report, as_csv
from billing.roll_forward import Movement
from database import period_accounts, period_balances, period_reports
from database.access import Person
from database.period_balances import AGE_FROM, AGE_GROUPS
from database.period_reports import ADJUSTMENT_GROUPS, PAYMENT_GROUPS, Span

api = APIRouter(prefix="/api/v1/periods", tags=["periods"])
day_api = APIRouter(prefix="/api/v1/day-sheets", tags=["periods"])
pages = APIRouter(prefix="/month", include_in_schema=False)
day_pages = APIRouter(prefix="/day-sheet", include_in_schema=False)


class Wanted(BaseModel):
    """What of a report is wanted; each report looks at what concerns it."""

    model_config = ConfigDict(frozen=True)

    by: str = Field("", max_length=20, description="How it is grouped")
    of: str = Field("", max_length=200, description="One line's key: the visits that it is made of")
    since: Literal["service", "responsibility"] = Field("service", description="From when what is owed is aged")
    bucket: str = Field("", max_length=20, description="One age alone, such as 31-60")
    reason: str = Field("", max_length=80, description="One reason of an adjustment alone; - is none")
    who: str = Field("", max_length=30, description="What one person did alone")

    @property
    def query(self) -> str:
        """The same, as the query of an address."""
        return urlencode({name: value for name, value in self.model_dump().items() if value})


Choice = Annotated[Wanted, Query()]
Made = Callable[[Session, Span, Wanted], Report]


def _grouped(wanted: Wanted, groups: dict[str, str]) -> str:
    """How it is grouped: as asked, or in the first way. Raises Problem 422."""
    if wanted.by and wanted.by not in groups:
        raise errors.invalid([Fault(field="by", message=f"must be one of {', '.join(groups)}")])
    return wanted.by or next(iter(groups))


def _aging(session: Session, span: Span, wanted: Wanted) -> Report:
    if wanted.bucket and wanted.bucket not in (*BUCKETS, CREDITS):
        raise errors.invalid([Fault(field="bucket", message=f"must be one of {', '.join((*BUCKETS, CREDITS))}")])
    of_group = wanted.of.partition(":")[0]
    if wanted.of and of_group not in AGE_GROUPS:
        raise errors.invalid([Fault(field="of", message="must be a group and its key, such as payer:patients")])
    by = _grouped(wanted, AGE_GROUPS)
    return period_balances.aging(session, span, by, wanted.since, of=wanted.of, bucket=wanted.bucket)


def _visits(session: Session, span: Span, wanted: Wanted) -> Report:
    if wanted.of not in set(Movement):
        raise errors.invalid([Fault(field="of", message=f"must be one of {', '.join(Movement)}")])
    return period_reports.visits(session, span, Movement(wanted.of), reason=wanted.reason, who=wanted.who)


REPORTS: dict[str, Made] = {
    "roll-forward": lambda session, span, wanted: period_reports.roll_forward(session, span),
    "payments": lambda session, span, wanted: period_reports.payments(session, span, _grouped(wanted, PAYMENT_GROUPS)),
    "adjustments": lambda session, span, wanted: period_reports.adjustments(
        session, span, _grouped(wanted, ADJUSTMENT_GROUPS)
    ),
    "aging": _aging,
    "unapplied": lambda session, span, wanted: period_balances.unapplied(session, span),
    "credits": lambda session, span, wanted: period_balances.credits_by_visit(session, span),
    "refunds": lambda session, span, wanted: period_balances.refunds(session, span),
    "trial-balance": lambda session, span, wanted: period_accounts.trial_balance(session, span),
    "journal": lambda session, span, wanted: period_accounts.journal(session, span),
    "visits": _visits,
    "paid_visits": lambda session, span, wanted: period_reports.paid_visits(
        session, span, _grouped(wanted, PAYMENT_GROUPS), wanted.of
    ),
}
"""Each report by its address"""
GROUPS = {"payments": PAYMENT_GROUPS, "adjustments": ADJUSTMENT_GROUPS, "aging": AGE_GROUPS}


class RowAnswer(BaseModel):
    """One line of a report, by its columns' names. Money is in whole cents."""

    cells: dict[str, str | int]
    encounter_id: str | None = None


class CheckAnswer(BaseModel):
    """A sum of the report beside the ledger's own, in cents."""

    words: str
    report_cents: int
    ledger_cents: int
    agrees: bool


class ReportAnswer(BaseModel):
    """A table that adds up."""

    name: str
    title: str
    words: str
    columns: list[Column]
    rows: list[RowAnswer]
    total: dict[str, str | int]
    checks: list[CheckAnswer]


@api.get("/{month}/reports/{name}")
def show_report(
    request: Request, month: str, name: str, wanted: Choice, office: TheOffice, person: Viewer
) -> ReportAnswer:
    """One report of a month: roll-forward, payments, adjustments, aging, unapplied, credits, refunds, trial-balance,
    journal; visits and paid_visits give what one line of another is made of."""
    return answer_of(_report(request, office, person, asked(month), name, wanted))


@api.get("/{month}/reports/{name}/lines.csv", response_class=Response)
def take_csv(request: Request, month: str, name: str, wanted: Choice, office: TheOffice, person: Viewer) -> Response:
    """The same as a CSV: the rows add up to its last line."""
    return _csv(_report(request, office, person, asked(month), name, wanted), f"{name}-{month}")


@day_api.get("/{day}")
def show_day(request: Request, day: date, office: TheOffice, person: Viewer) -> ReportAnswer:
    """Everything that was posted on a day and changed what is owed, or brought a patient's money."""
    return answer_of(_day(request, office, person, day))


@day_api.get("/{day}/lines.csv", response_class=Response)
def take_day(request: Request, day: date, office: TheOffice, person: Viewer) -> Response:
    """The same as a CSV."""
    return _csv(_day(request, office, person, day), f"day-sheet-{day}")


@day_pages.get("")
def show_day_page(request: Request, office: TheOffice, person: Viewer, day: str = "") -> Response:
    """The sheet of one day; today's where the day was left empty or cannot be read."""
    chosen, fault = day_asked(day, office.today(person))
    report = _day(request, office, person, chosen)
    return show(request, "day_sheet.html", person, status=422 if fault else 200, report=report, day=chosen, fault=fault)


@day_pages.get("/{day}/lines.csv")
def take_day_page(request: Request, day: date, office: TheOffice, person: Viewer) -> Response:
    """The same as a CSV."""
    return _csv(_day(request, office, person, day), f"day-sheet-{day}")


@pages.get("/{month}/{name}")
def show_page(request: Request, month: str, name: str, wanted: Choice, office: TheOffice, person: Viewer) -> Response:
    """One report of a month as a page."""
    found = asked(month)
    report = _report(request, office, person, found, name, wanted)
    return show(
        request,
        "month_report.html",
        person,
        month=found.key,
        report=report,
        address=name,
        groups=GROUPS.get(name, {}),
        wanted=wanted,
        by=wanted.by or next(iter(GROUPS.get(name, {"": ""}))),
        ages=AGE_FROM,
    )


@pages.get("/{month}/{name}/lines.csv")
def take_page(request: Request, month: str, name: str, wanted: Choice, office: TheOffice, person: Viewer) -> Response:
    """The same as a CSV."""
    return _csv(_report(request, office, person, asked(month), name, wanted), f"{name}-{month}")


def _report(request: Request, office: Office, person: Person, month: Month, name: str, wanted: Wanted) -> Report:
    """One report; who sees names of patients is written down. Raises Problem 404, 422."""
    if name not in REPORTS:
        raise errors.not_found("report")
    with office.database.reading() as session:
        report = REPORTS[name](session, span_of(person, month), wanted)
    return _seen(request, person, report)


def _day(request: Request, office: Office, person: Person, day: date) -> Report:
    if day == date.min:
        raise errors.invalid([Fault(field="day", message="lies before any book")])
    with office.database.reading() as session:
        report = period_accounts.day_sheet(session, Span(person.practice_id, day, day))
    return _seen(request, person, report)


def _seen(request: Request, person: Person, report: Report) -> Report:
    if report.names_people and report.rows:
        auth.seen(request, person, subject=report.name, subject_id=person.practice_id)
    return report


def answer_of(report: Report) -> ReportAnswer:
    """A report for programs."""
    names = [one.name for one in report.columns]
    return ReportAnswer(
        name=report.name,
        title=report.title,
        words=report.words,
        columns=list(report.columns),
        rows=[
            RowAnswer(cells=dict(zip(names, row.cells, strict=True)), encounter_id=row.encounter_id)
            for row in report.rows
        ],
        total=dict(zip(names, report.total, strict=True)),
        checks=[_check(one) for one in report.checks],
    )


def _check(one: Check) -> CheckAnswer:
    return CheckAnswer(**asdict(one), agrees=one.agrees)


def _csv(report: Report, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(as_csv(report), media_type="text/csv", headers=headers)
