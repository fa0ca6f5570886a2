"""The variance worklist: what first payers allowed beside their contracts, by payer, code and contract line."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from sqlmodel import Session

from api import auth, reconsidering
from api.auth import Viewer, require
from api.claim_form import Part
from api.errors import Problem
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.reconsidering import MOST, Reconsideration
from api.routers.pages import Failed, show, typed_into
from billing.roles import Permission
from billing.tasks import KINDS, TaskType
from billing.underpayments import State
from billing.variance_file import write_lines
from database import variances
from database.access import Person
from database.columns import new_id
from database.variances import Grouping, Overpaid, Sought, Total, VariancePage, VarianceView

api = APIRouter(prefix="/api/v1/variances", tags=["remittances"])
pages = APIRouter(prefix="/variances", include_in_schema=False)

Worker = Annotated[Person, require(Permission.WORK)]
SHOWN = 100
IN_A_FILE = 50_000
_ANYTHING = dict.fromkeys(("state", "payer_id", "procedure", "since", "until", "by"), "")
PICK = "variance_ids."
"""Names of the inputs by which lines are chosen"""


class ReconsiderationForm(Part):
    """Lines that go into one letter."""

    variance_ids: Annotated[list[Annotated[str, Field(max_length=20)]], Field(min_length=1, max_length=MOST)]
    argument: Annotated[str, Field(max_length=4000)] = ""
    """What the letter says beside the computation"""
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Totals:
    """Short lines summed up, and apart from them what was allowed beyond the contracts."""

    by: Grouping
    rows: list[Total]
    overpaid: Overpaid


@dataclass(frozen=True, slots=True)
class Filter:
    """What is looked for."""

    state: State | None = None
    payer_id: Annotated[str | None, Query(max_length=20)] = None
    procedure: Annotated[str, Query(max_length=48)] = ""
    since: date | None = None
    until: date | None = None

    def sought(self, person: Person) -> Sought:
        return Sought(person.practice_id, self.state, self.payer_id, self.procedure.strip(), self.since, self.until)


Wanted = Annotated[Filter, Depends()]


@api.get("")
def list_variances(
    request: Request,
    wanted: Wanted,
    office: TheOffice,
    person: Viewer,
    limit: Annotated[int, Query(ge=1, le=500)] = SHOWN,
) -> VariancePage:
    """Lines that first payers allowed another amount for than expected, or changed: the newest answers first. `since`
    and `until`: by the day of the payer's answer."""
    with office.database.reading() as session:
        found = variances.page(session, wanted.sought(person), limit=limit)
    _seen(request, person)
    return found


@api.get("/totals")
def sum_variances(wanted: Wanted, office: TheOffice, person: Viewer, by: Grouping = Grouping.PAYER) -> Totals:
    """Lines that were found short, by payer, code or contract line: how many, expected, allowed now, short at their
    worst, disputed, recovered."""
    with office.database.reading() as session:
        return _totals(session, wanted.sought(person), by)


@api.get("/lines.csv", response_class=Response)
def take_lines(request: Request, wanted: Wanted, office: TheOffice, person: Viewer) -> Response:
    """The lines as a CSV, at most 50,000."""
    return _file(request, office, person, wanted.sought(person))


@api.post("/reconsider")
async def reconsider(
    request: Request, form: ReconsiderationForm, key: IdempotencyKey, office: TheOffice, person: Worker
) -> Reconsideration:
    """Several short lines of one payer and one code in one letter; `dry_run`: what it would hold. Each claim goes with
    all its short lines and says what became of it."""
    found = await reconsidering.reconsider(
        office, person, form.variance_ids, argument=form.argument, key=key, dry_run=form.dry_run
    )
    _seen(request, person)
    return found


@pages.get("")
def show_page(
    request: Request,
    office: TheOffice,
    person: Viewer,
    state: str = "",
    payer_id: Annotated[str, Query(max_length=20)] = "",
    procedure: Annotated[str, Query(max_length=48)] = "",
    since: str = "",
    until: str = "",
    by: str = "",
) -> Response:
    """The worklist."""
    asked = {"state": state, "payer_id": payer_id, "procedure": procedure, "since": since, "until": until, "by": by}
    return _page(request, office, person, asked, Failed())


@pages.get("/lines.csv")
def take_file(
    request: Request,
    office: TheOffice,
    person: Viewer,
    state: str = "",
    payer_id: str = "",
    procedure: str = "",
    since: str = "",
    until: str = "",
) -> Response:
    """The lines that the page shows, and those behind them."""
    asked = {"state": state, "payer_id": payer_id, "procedure": procedure, "since": since, "until": until}
    return _file(request, office, person, _sought(person, asked)[0])


@pages.post("/preview")
async def preview(request: Request, office: TheOffice, person: Worker) -> Response:
    """What a letter about the chosen lines would hold. Nothing is changed yet."""
    return await _answer(request, office, person, dry_run=True)


@pages.post("/reconsider")
async def confirm(request: Request, office: TheOffice, person: Worker) -> Response:
    """Write the letter, and say of each claim what became of it."""
    return await _answer(request, office, person, dry_run=False)


async def _answer(request: Request, office: Office, person: Person, *, dry_run: bool) -> Response:
    typed = await typed_into(request, max_fields=MOST + 50)
    ids = [name.removeprefix(PICK) for name in typed if name.startswith(PICK)]
    argument = typed.get("argument", "")[:4000]
    try:
        found = await reconsidering.reconsider(
            office, person, ids, argument=argument, key=typed["key"], dry_run=dry_run
        )
    except Problem as problem:
        faults = {fault.field: fault.message for fault in problem.faults}
        detail = "; ".join(f"The chosen lines: {text}" for text in faults.values()) or problem.detail
        failed = Failed("reconsider", problem.title, detail, faults, typed, status=problem.status)
        return await run_in_threadpool(_page, request, office, person, _ANYTHING, failed)
    _seen(request, person)
    return show(request, "variances_asked.html", person, found=found, ids=ids, argument=argument, key=typed["key"])


def _page(request: Request, office: Office, person: Person, asked: dict[str, str], failed: Failed) -> Response:
    sought, fault = _sought(person, asked)
    by = Grouping(asked["by"]) if asked.get("by") in set(Grouping) else Grouping.PAYER
    with office.database.reading() as session:
        found = variances.page(session, sought, limit=SHOWN)
        totals = _totals(session, sought, by)
        payers = variances.payers(session, person.practice_id)
    if found.items:
        _seen(request, person)
    owner = KINDS[TaskType.UNDERPAYMENT].role
    kept = {name: text for name, text in asked.items() if text and name != "by"}
    return show(
        request,
        "variances.html",
        person,
        status=422 if fault else failed.status,
        found=found,
        totals=totals,
        payers=payers,
        states=list(State),
        groupings=list(Grouping),
        asked=asked,
        query=urlencode(kept),
        fault=fault,
        failed=failed,
        key=new_id(),
        pick=PICK,
        may_work=person.may(Permission.APPROVE) or (person.may(Permission.WORK) and owner in person.roles),
    )


def _sought(person: Person, asked: dict[str, str]) -> tuple[Sought, str]:
    """What a page's form asks for, and what of it cannot be read."""
    days: dict[str, date | None] = {"since": None, "until": None}
    fault = ""
    for name in days:
        try:
            days[name] = date.fromisoformat(asked[name]) if asked.get(name) else None
        except ValueError:
            fault = "Write days as YYYY-MM-DD"
    state = asked.get("state", "")
    return (
        Sought(
            person.practice_id,
            State(state) if state in set(State) else None,
            asked.get("payer_id") or None,
            asked.get("procedure", "").strip(),
            days["since"],
            days["until"],
        ),
        fault,
    )


def _totals(session: Session, sought: Sought, by: Grouping) -> Totals:
    return Totals(by, variances.totals(session, sought, by), variances.overpaid(session, sought))


def _file(request: Request, office: Office, person: Person, sought: Sought) -> Response:
    with office.database.reading() as session:
        found = variances.page(session, sought, limit=IN_A_FILE)
    _seen(request, person)
    headers = {"Content-Disposition": 'attachment; filename="variances.csv"'}
    return Response(write_lines(_cells(one) for one in found.items), media_type="text/csv", headers=headers)


def _cells(one: VarianceView) -> tuple[str, ...]:
    return (
        one.control_number,
        one.payer,
        one.patient,
        f"{one.service_date}",
        one.procedure,
        one.modifiers,
        _amount(one.charge_cents),
        _amount(one.expected_cents),
        _amount(one.allowed_cents),
        _amount(one.difference_cents),
        _amount(one.recovered_cents),
        one.state,
        one.recode,
        one.contract or "",
        one.rule,
        f"{one.answered_on}",
        one.decided_why,
    )


def _amount(cents: int | None) -> str:
    return "" if cents is None else f"{Decimal(cents) / 100:.2f}"


def _seen(request: Request, person: Person) -> None:
    auth.seen(request, person, subject="variances", subject_id="search")
