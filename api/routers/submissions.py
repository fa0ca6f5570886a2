"""What leaves for payers: claims that are ready, interchanges that were sent, plans, holds."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from sqlmodel import Session

from activities import filing_limits
from api import auth, errors, sending
from api.actions import Done
from api.auth import Viewer, require
from api.errors import Fault
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.pages import NOTES, Failed, answer, read, show, typed_into
from api.routers.payers import Supervisor
from api.sending import PlanForm, SendForm, SendingHoldForm
from billing.days import start_of
from billing.roles import Permission
from database import office as office_rows
from database import payers, sending_views
from database import sending as sending_rows
from database.access import Person
from database.sending_views import STATES, BatchClaims, BatchPage, HoldView, PartnerView, PlanView, ReadyLine, Sought
from database.worklists import NotACursor

api = APIRouter(prefix="/api/v1/submissions", tags=["submissions"])
pages = APIRouter(prefix="/submissions", include_in_schema=False)

Approver = Annotated[Person, require(Permission.APPROVE)]
Operator = Annotated[Person, require(Permission.OPERATE)]
SHOWN = 50
CLAIMS_SHOWN = 100
FILTERS = ("partner", "state", "since", "until")


@dataclass(frozen=True, slots=True)
class SubmissionsView:
    """What is ready and not sent, and what decides when it leaves."""

    ready: list[ReadyLine]
    partners: list[PartnerView]
    holds: list[HoldView]
    plans: list[PlanView]
    pace: str
    """How fast what was held goes out, in words"""


@api.get("")
def show_ready(office: TheOffice, person: Viewer) -> SubmissionsView:
    """Ready claims per partner and payer, when the next batch leaves, holds and plans."""
    with office.database.reading() as session:
        return _view(session, office, person)


@api.post("/send", response_model=dict[str, Any])
def post_send(form: SendForm, key: IdempotencyKey, office: TheOffice, person: Operator) -> Response:
    """Send now what is ready for a partner, whatever its plan says. 409: a hold is in the way, or nothing is ready."""
    return JSONResponse(sending.send_now(office, person, form, key=key).body)


@api.post("/plans", status_code=201, response_model=dict[str, Any])
def post_plan(form: PlanForm, key: IdempotencyKey, office: TheOffice, person: Supervisor) -> Response:
    """When claims leave for a partner, from a day on: at times of the practice's day, at a number, after a wait."""
    return JSONResponse(sending.keep_plan(office, person, form, key=key).body, 201)


@api.post("/holds", status_code=201, response_model=dict[str, Any])
def post_hold(form: SendingHoldForm, key: IdempotencyKey, office: TheOffice, person: Approver) -> Response:
    """Send nothing to a partner, or of one payer. Claims gather meanwhile; their filing clocks go on."""
    return JSONResponse(sending.place_hold(office, person, form, key=key).body, 201)


@api.delete("/holds/{hold_id}", response_model=dict[str, Any])
def delete_hold(hold_id: str, key: IdempotencyKey, office: TheOffice, person: Approver) -> Response:
    """Release a hold. What gathered leaves by the pace of the policies."""
    return JSONResponse(sending.release(office, person, hold_id, key=key).body)


@api.get("/batches")
def list_batches(
    office: TheOffice,
    person: Viewer,
    partner_id: Annotated[str | None, Query(max_length=20)] = None,
    state: Annotated[str | None, Query(max_length=20)] = None,
    since: date | None = None,
    until: date | None = None,
    after: Annotated[str | None, Query(max_length=80)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = SHOWN,
) -> BatchPage:
    """Interchanges by partner, state and the practice's day (`until` included), the newest first."""
    if state is not None and state not in STATES:
        raise errors.invalid([Fault(field="state", message=f"must be one of {', '.join(STATES)}")])
    sought = _days(person, Sought(person.practice_id, partner_id, state), since, until)
    with office.database.reading() as session:
        return _page_of(session, sought, after, limit)


@api.get("/batches/{batch_id}")
def show_batch(
    request: Request,
    batch_id: str,
    office: TheOffice,
    person: Viewer,
    after: Annotated[str | None, Query(max_length=20)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = CLAIMS_SHOWN,
) -> BatchClaims:
    """One interchange and a page of its claims, each with how far it has come."""
    return _claims(request, office, person, batch_id, after, limit)


@pages.get("/batches/{batch_id}/file")
@api.get("/batches/{batch_id}/file", response_class=Response)
def take_file(request: Request, batch_id: str, office: TheOffice, person: Viewer) -> Response:
    """The interchange as it was sent, byte for byte."""
    with office.database.reading() as session:
        row = sending_views.body(session, practice_id=person.practice_id, batch_id=batch_id)
    if row is None:
        raise errors.not_found("interchange")
    auth.seen(request, person, subject="batch", subject_id=row.id)
    headers = {"Content-Disposition": f'attachment; filename="{row.interchange_number:09d}.837"'}
    return Response(row.body, media_type="application/edi-x12", headers=headers)


@pages.get("")
def show_page(request: Request, office: TheOffice, person: Viewer, note: str = "", after: str = "") -> Response:
    """What waits, what is held and what was sent."""
    return _page(request, office, person, Failed(), NOTES.get(note, ""), after)


@pages.get("/batches/{batch_id}")
def show_batch_page(request: Request, batch_id: str, office: TheOffice, person: Viewer, after: str = "") -> Response:
    """One interchange with its claims."""
    found = _claims(request, office, person, batch_id, after[:20] or None, CLAIMS_SHOWN)
    return show(request, "batch.html", person, found=found, after=after, may_send=person.may(Permission.OPERATE))


@pages.post("/send")
async def send_by_form(request: Request, office: TheOffice, person: Operator) -> Response:
    """Send now what is ready."""
    typed = await typed_into(request)

    def act() -> Done:
        return sending.send_now(office, person, read(SendForm, typed), key=typed["key"])

    return await _answer(request, office, person, f"send-{typed.get('partner_id', '')}", typed, act)


@pages.post("/plans")
async def plan_by_form(request: Request, office: TheOffice, person: Supervisor) -> Response:
    """Keep a plan."""
    typed = await typed_into(request)

    def act() -> Done:
        return sending.keep_plan(office, person, read(PlanForm, typed), key=typed["key"])

    return await _answer(request, office, person, "plan", typed, act)


@pages.post("/holds")
async def hold_by_form(request: Request, office: TheOffice, person: Approver) -> Response:
    """Hold a partner or a payer."""
    typed = await typed_into(request)

    def act() -> Done:
        return sending.place_hold(office, person, read(SendingHoldForm, typed), key=typed["key"])

    return await _answer(request, office, person, "hold", typed, act)


@pages.post("/holds/{hold_id}/release")
async def release_by_form(request: Request, hold_id: str, office: TheOffice, person: Approver) -> Response:
    """Release a hold."""
    typed = await typed_into(request)

    def act() -> Done:
        return sending.release(office, person, hold_id, key=typed["key"])

    return await _answer(request, office, person, f"release-{hold_id}", typed, act)


async def _answer(
    request: Request, office: Office, person: Person, form: str, typed: dict[str, str], act: Any
) -> Response:
    def page(failed: Failed) -> Response:
        return _page(request, office, person, failed)

    return await answer(lambda: run_in_threadpool(act), form, typed, "/submissions", page)


def _page(
    request: Request, office: Office, person: Person, failed: Failed, note: str = "", after: str = ""
) -> Response:
    asked = {name: request.query_params.get(name, "")[:20] for name in FILTERS}
    sought, fault = _asked(person, asked)
    with office.database.reading() as session:
        view = _view(session, office, person)
        try:
            found = _page_of(session, sought, after or None, SHOWN)
        except errors.Problem:
            found, fault = _page_of(session, sought, None, SHOWN), "This page is gone; here are the newest"
        known = payers.page(session, practice_id=person.practice_id)
    kept = {name: text for name, text in asked.items() if text}
    return show(
        request,
        "submissions.html",
        person,
        status=422 if fault else failed.status,
        view=view,
        found=found,
        asked=asked,
        is_filtered=bool(kept),
        older=urlencode(kept | {"after": found.next_after or ""}),
        fault=fault,
        states=STATES,
        names={one.id: one.name for one in view.partners},
        payers={one.id: f"{one.name} ({one.number}), through {one.partner}" for one in known},
        failed=failed,
        typed=lambda form: failed.typed if failed.form == form else {},
        keys=failed.key_for,
        note=note,
        today=office.today(person),
        may_send=person.may(Permission.OPERATE),
        may_hold=person.may(Permission.APPROVE),
        may_plan=person.may(Permission.SET_UP),
    )


def _view(session: Session, office: Office, person: Person) -> SubmissionsView:
    at, practice_id = office.now(), person.practice_id
    held = sending_views.holds(session, practice_id=practice_id, at=at)
    policies = office_rows.policies_for(session, practice_id=practice_id, payer_id=None)
    return SubmissionsView(
        sending_views.ready(session, practice_id=practice_id, at=at),
        sending_views.partners(session, practice_id=practice_id, at=at),
        filing_limits.with_limits(session, held, at=at),
        sending_views.plans(session, practice_id=practice_id),
        sending_rows.pace(policies, at=at).words,
    )


def _page_of(session: Session, sought: Sought, after: str | None, limit: int) -> BatchPage:
    try:
        return sending_views.batches(session, sought, after=after, limit=limit)
    except NotACursor as error:
        raise errors.invalid([Fault(field="after", message="is no place in this list")]) from error


def _claims(
    request: Request, office: Office, person: Person, batch_id: str, after: str | None, limit: int
) -> BatchClaims:
    with office.database.reading() as session:
        found = sending_views.claims(
            session, practice_id=person.practice_id, batch_id=batch_id, after=after, limit=limit
        )
    if found is None:
        raise errors.not_found("interchange")
    auth.seen(request, person, subject="batch", subject_id=batch_id)
    return found


def _asked(person: Person, asked: dict[str, str]) -> tuple[Sought, str]:
    """What the page's form asks for, and what of it cannot be read."""
    days: dict[str, date | None] = {"since": None, "until": None}
    fault = ""
    for name in days:
        try:
            days[name] = date.fromisoformat(asked[name]) if asked[name] else None
        except ValueError:
            fault = "Write days as YYYY-MM-DD"
    state = asked["state"] if asked["state"] in STATES else None
    sought = Sought(person.practice_id, asked["partner"] or None, state)
    try:
        return _days(person, sought, days["since"], days["until"]), fault
    except errors.Problem:
        return sought, "A day lies beyond the calendar"


def _days(person: Person, sought: Sought, since: date | None, until: date | None) -> Sought:
    """From the first day's beginning to the last day's end, by the practice's clock."""
    try:
        ends = start_of(until + timedelta(days=1), person.zone) if until else None
        begins = start_of(since, person.zone) if since else None
    except OverflowError as error:
        raise errors.invalid([Fault(field="until", message="lies beyond the calendar")]) from error
    return Sought(sought.practice_id, sought.partner_id, sought.state, begins, ends)
