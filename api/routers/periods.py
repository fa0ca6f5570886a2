"""The month: what is open, what it comes to, closed by a person and opened again by two."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from sqlmodel import Session

from api import actions, errors
from api.actions import Done
from api.auth import Viewer, require
from api.claim_form import Part
from api.errors import Fault, Problem
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.pages import NOTES, Failed, answer, read, show, typed_into
from billing.periods import Month, NoSuchMonth, month_named, month_of, why_not_closed
from billing.roles import Permission
from database import period_checks, period_reports, periods, users
from database.access import Person
from database.period_checks import Matter
from database.period_reports import Span
from database.periods import AnotherPerson, Closing, NotNow, Period
from database.tables import PeriodClose

api = APIRouter(prefix="/api/v1/periods", tags=["periods"])
pages = APIRouter(prefix="/month", include_in_schema=False)

Approver = Annotated[Person, require(Permission.APPROVE)]


class CloseForm(Part):
    """What whoever closes a month has to say about what is still open."""

    note: Annotated[str, Field(max_length=500)] = ""


class OpenForm(Part):
    """Why a closed month is opened again."""

    reason: Annotated[str, Field(min_length=1, max_length=300)]


class NothingElse(Part):
    """The month stands in the address."""


class PeriodAnswer(BaseModel):
    """One month: whether it may be closed, what is open, and its closings."""

    month: str
    first_day: date
    last_day: date
    state: str
    why_not: str | None
    """Why it may not be closed now; None: it may, or is"""
    matters: list[Matter]
    """As they are now; those of a closing stand with it"""
    closings: list[Closing]


@api.get("")
def list_periods(office: TheOffice, person: Viewer) -> list[Period]:
    """Every month from the first entry of the ledger to today's, the newest first."""
    with office.database.reading() as session:
        return periods.periods(session, practice_id=person.practice_id, today=office.today(person))


@api.get("/{month}")
def show_period(month: str, office: TheOffice, person: Viewer) -> PeriodAnswer:
    """One month with its checklist. Each closing says whether the ledger still gives its figures."""
    with office.database.reading() as session:
        return _period(session, office, person, asked(month))


@api.post("/{month}/close", status_code=201)
def close_period(
    month: str, form: CloseForm, key: IdempotencyKey, office: TheOffice, person: Approver
) -> dict[str, Any]:
    """Close a month that has ended; what is open does not keep it from that and is kept. 409: not now."""
    return _close(office, person, asked(month), form, key=key).body


@api.post("/{month}/reopen", status_code=201)
def ask_to_open(month: str, form: OpenForm, key: IdempotencyKey, office: TheOffice, person: Approver) -> dict[str, Any]:
    """Ask that the latest closed month is opened again; done at once where nobody else may approve. 409: not now."""
    return _ask(office, person, asked(month), form, key=key).body


@api.post("/{month}/reopen/confirm", status_code=201)
def open_period(month: str, key: IdempotencyKey, office: TheOffice, person: Approver) -> dict[str, Any]:
    """The second person opens it. 409: nobody asked, or the same person did."""
    return _confirm(office, person, asked(month), key=key).body


@api.post("/{month}/reopen/withdraw", status_code=201)
def keep_period_closed(month: str, key: IdempotencyKey, office: TheOffice, person: Approver) -> dict[str, Any]:
    """It stays closed after all. 409: nobody asked."""
    return _withdraw(office, person, asked(month), key=key).body


@pages.get("")
def show_list(request: Request, office: TheOffice, person: Viewer) -> Response:
    """Every month."""
    return show(request, "months.html", person, periods=list_periods(office, person))


@pages.get("/{month}")
def show_page(request: Request, month: str, office: TheOffice, person: Viewer, note: str = "") -> Response:
    """One month."""
    return _page(request, office, person, asked(month), Failed(), note=NOTES.get(note, ""))


@pages.post("/{month}/{act}")
async def act_from_page(request: Request, month: str, act: str, office: TheOffice, person: Approver) -> Response:
    """Close, ask, open or keep closed from the page's forms."""
    found = asked(month)
    if act not in _ACTS:
        raise errors.not_found("page")
    typed = await typed_into(request)
    do, model = _ACTS[act]

    async def acted() -> Done:
        return await run_in_threadpool(do, office, person, found, read(model, typed), key=typed["key"])

    def page(failed: Failed) -> Response:
        return _page(request, office, person, found, failed)

    return await answer(acted, act, typed, f"/month/{found.key}", page)


def asked(month: str) -> Month:
    """The month of an address. Raises Problem 422."""
    try:
        return month_named(month)
    except NoSuchMonth as error:
        raise errors.invalid([Fault(field="month", message=str(error))]) from error


def span_of(person: Person, month: Month) -> Span:
    """The days of a month, of the person's practice."""
    return Span(person.practice_id, month.first, month.last, f"/month/{month.key}")


def _period(session: Session, office: Office, person: Person, month: Month) -> PeriodAnswer:
    today = office.today(person)
    closings = periods.closings(session, month, practice_id=person.practice_id)
    latest = periods.latest(session, practice_id=person.practice_id)
    is_closed = any(one.is_standing for one in closings)
    why_not = why_not_closed(month, today=today, closed=month_named(latest.month) if latest else None)
    return PeriodAnswer(
        month=month.key,
        first_day=month.first,
        last_day=month.last,
        state="closed" if is_closed else "open" if month.last < today else "running",
        why_not=None if is_closed else why_not,
        matters=period_checks.checklist(session, practice_id=person.practice_id, month=month),
        closings=closings,
    )


def _page(request: Request, office: Office, person: Person, month: Month, failed: Failed, note: str = "") -> Response:
    with office.database.reading() as session:
        found = _period(session, office, person, month)
        report = period_reports.roll_forward(session, span_of(person, month))
        is_only = users.is_only_approver(session, practice_id=person.practice_id, user_id=person.user_id)
        latest = periods.latest(session, practice_id=person.practice_id)
    return show(
        request,
        "month.html",
        person,
        status=failed.status,
        found=found,
        standing=next((one for one in found.closings if one.is_standing), None),
        may_open=latest is not None and latest.month == month.key,
        report=report,
        previous=month.after(-1).key,
        following=month.after(1).key if month < month_of(office.today(person)) else None,
        may_approve=person.may(Permission.APPROVE),
        is_only=is_only,
        failed=failed,
        keys=failed.key_for,
        note=note,
    )


def _close(office: Office, person: Person, month: Month, form: CloseForm, *, key: str) -> Done:
    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        row = periods.close(
            session, month, practice_id=person.practice_id, note=form.note, at=office.now(), actor_id=person.user_id
        )
        said = f"{month.key} closed, figures {row.sha256}"
        actions.audited(session, office, person, action="create", subject="period", subject_id=row.id, reason=said)
        return row.id, {"id": row.id, "month": month.key, "sha256": row.sha256}

    return _once(office, person, "close_period", month, form, effect, key=key)


def _ask(office: Office, person: Person, month: Month, form: OpenForm, *, key: str) -> Done:
    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        row = periods.ask_to_open(
            session, month, practice_id=person.practice_id, reason=form.reason, at=office.now(), actor_id=person.user_id
        )
        return _told(session, office, person, row, "opened again alone" if row.reopened_at else "asked to open again")

    return _once(office, person, "ask_to_open_period", month, form, effect, key=key)


def _confirm(office: Office, person: Person, month: Month, form: Part | None = None, *, key: str) -> Done:
    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        row = periods.open_again(
            session, month, practice_id=person.practice_id, at=office.now(), actor_id=person.user_id
        )
        return _told(session, office, person, row, "opened again by a second person")

    return _once(office, person, "open_period", month, form or NothingElse(), effect, key=key)


def _withdraw(office: Office, person: Person, month: Month, form: Part | None = None, *, key: str) -> Done:
    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        row = periods.keep_closed(session, month, practice_id=person.practice_id)
        return _told(session, office, person, row, "stays closed")

    return _once(office, person, "keep_period_closed", month, form or NothingElse(), effect, key=key)


def _told(session: Session, office: Office, person: Person, row: PeriodClose, words: str) -> tuple[str, dict[str, Any]]:
    actions.updated(session, office, person, "period", row.id, f"{row.month} {words}")
    return row.id, {"id": row.id, "month": row.month, "is_open": row.reopened_at is not None}


def _once(office: Office, person: Person, name: str, month: Month, form: Part, effect: Any, *, key: str) -> Done:
    """Do it once; what can not be done now is a Problem 409."""
    try:
        return actions.kept_once(office, person, name, month.key, form, effect, key=key)
    except AnotherPerson as error:
        raise Problem(409, "needs-second-person", "A second person is needed", f"{error}.") from error
    except NotNow as error:
        raise Problem(409, "not-now", "Not now", f"{error}.") from error


_ACTS: dict[str, tuple[Any, type[Part]]] = {
    "close": (_close, CloseForm),
    "reopen": (_ask, OpenForm),
    "confirm": (_confirm, NothingElse),
    "withdraw": (_withdraw, NothingElse),
}
"""The forms of the page: what each does, and what it asks"""
