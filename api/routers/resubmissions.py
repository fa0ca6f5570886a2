"""Sending again in bulk: choose, look, confirm, and see what became of each claim."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from activities import ids
from api import auth, errors, resubmitting
from api.actions import Done
from api.auth import Viewer
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.resubmitting import ChoiceForm, ConfirmForm
from api.routers.pages import NOTES, Failed, answer, engine_page, read, show, typed_into
from api.routers.submissions import Operator
from billing.roles import Permission
from database import office as office_rows
from database import payers, resubmission_views, resubmissions
from database import sending as sending_rows
from database.access import Person
from database.resubmission_views import ResubmissionRow, ResubmissionView
from database.resubmissions import KIND_WORDS, MOST

api = APIRouter(prefix="/api/v1/resubmissions", tags=["submissions"])
pages = APIRouter(prefix="/submissions/again", include_in_schema=False)

SHOWN = 100
RUNS_SHOWN = 20


@api.get("")
def list_resubmissions(office: TheOffice, person: Viewer) -> list[ResubmissionRow]:
    """Bulk resubmissions that were confirmed, the newest first."""
    with office.database.reading() as session:
        return resubmission_views.newest(session, practice_id=person.practice_id, limit=RUNS_SHOWN)


@api.post("/preview", status_code=201, response_model=ResubmissionView)
def post_preview(
    request: Request, form: ChoiceForm, key: IdempotencyKey, office: TheOffice, person: Operator
) -> ResubmissionView:
    """Which claims would go again, as what, and why the others do not. The `fingerprint` confirms it."""
    done = resubmitting.preview(office, person, form, key=key)
    return _view(request, office, person, done.body["id"], 0)


@api.get("/{resubmission_id}")
def show_resubmission(
    request: Request,
    resubmission_id: str,
    office: TheOffice,
    person: Viewer,
    after: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> ResubmissionView:
    """One choice with a page of its claims: what became of each."""
    return _view(request, office, person, resubmission_id, after)


@api.post("/{resubmission_id}/confirm", response_model=dict[str, Any])
def post_confirm(
    resubmission_id: str, form: ConfirmForm, key: IdempotencyKey, office: TheOffice, person: Operator
) -> Response:
    """Send again what was shown, by the pace of the policies. 409: it would be something else by now."""
    return JSONResponse(resubmitting.confirm(office, person, resubmission_id, form, key=key).body)


@api.post("/{resubmission_id}/stop", response_model=dict[str, Any])
def post_stop(resubmission_id: str, key: IdempotencyKey, office: TheOffice, person: Operator) -> Response:
    """Claims that have not had their turn do not go."""
    return JSONResponse(resubmitting.stop(office, person, resubmission_id, key=key).body)


@pages.get("")
def show_page(
    request: Request,
    office: TheOffice,
    person: Viewer,
    interchange: Annotated[str, Query(max_length=9)] = "",
    partner_id: Annotated[str, Query(max_length=20)] = "",
    note: str = "",
) -> Response:
    """The form, and what was sent again before."""
    typed = {"interchange": interchange, "partner_id": partner_id}
    return _page(request, office, person, Failed(), typed, NOTES.get(note, ""))


@pages.post("/preview")
async def preview_by_form(request: Request, office: TheOffice, person: Operator) -> Response:
    """Look at what would go."""
    typed = await typed_into(request)

    def act() -> Done:
        return resubmitting.preview(office, person, read(ChoiceForm, typed), key=typed["key"])

    def page(failed: Failed) -> Response:
        return _page(request, office, person, failed, typed)

    def home(done: Done) -> str:
        return f"/submissions/again/{done.body['id']}"

    return await answer(lambda: run_in_threadpool(act), "choice", typed, home, page)


@pages.get("/{resubmission_id}")
def show_one(
    request: Request,
    resubmission_id: str,
    office: TheOffice,
    person: Viewer,
    after: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    note: str = "",
) -> Response:
    """A preview with the button that confirms it, or what became of each claim."""
    return _one(request, office, person, resubmission_id, Failed(), after)


@pages.post("/{resubmission_id}/confirm")
async def confirm_by_form(request: Request, resubmission_id: str, office: TheOffice, person: Operator) -> Response:
    """Send again what was shown."""
    typed = await typed_into(request)

    def act() -> Done:
        return resubmitting.confirm(office, person, resubmission_id, read(ConfirmForm, typed), key=typed["key"])

    return await _answer(request, office, person, resubmission_id, "confirm", typed, act)


@pages.post("/{resubmission_id}/stop")
async def stop_by_form(request: Request, resubmission_id: str, office: TheOffice, person: Operator) -> Response:
    """Let no further claim go."""
    typed = await typed_into(request)

    def act() -> Done:
        return resubmitting.stop(office, person, resubmission_id, key=typed["key"])

    return await _answer(request, office, person, resubmission_id, "stop", typed, act)


async def _answer(
    request: Request, office: Office, person: Person, resubmission_id: str, form: str, typed: dict[str, str], act: Any
) -> Response:
    def page(failed: Failed) -> Response:
        return _one(request, office, person, resubmission_id, failed, 0)

    return await answer(lambda: run_in_threadpool(act), form, typed, f"/submissions/again/{resubmission_id}", page)


def _page(
    request: Request, office: Office, person: Person, failed: Failed, typed: dict[str, str], note: str = ""
) -> Response:
    with office.database.reading() as session:
        runs = resubmission_views.newest(session, practice_id=person.practice_id, limit=RUNS_SHOWN)
        known = payers.page(session, practice_id=person.practice_id)
        partners = office_rows.partners(session)
        reasons = resubmissions.reasons_seen(session, practice_id=person.practice_id)
    return show(
        request,
        "resubmissions.html",
        person,
        status=failed.status,
        runs=runs,
        kinds=KIND_WORDS,
        payers={one.id: f"{one.name} ({one.number})" for one in known},
        partners={one.id: one.name for one in partners},
        reasons=reasons,
        most=MOST,
        typed=typed,
        failed=failed,
        keys=failed.key_for,
        note=note,
        may_send=person.may(Permission.OPERATE),
    )


def _one(
    request: Request, office: Office, person: Person, resubmission_id: str, failed: Failed, after: int
) -> Response:
    found = _view(request, office, person, resubmission_id, after)
    with office.database.reading() as session:
        policies = office_rows.policies_for(session, practice_id=person.practice_id, payer_id=None)
        pace = sending_rows.pace(policies, at=office.now())
    return show(
        request,
        "resubmission.html",
        person,
        status=failed.status,
        found=found,
        pace=pace.words,
        failed=failed,
        keys=failed.key_for,
        may_send=person.may(Permission.OPERATE),
        engine_page=engine_page(office, ids.resubmission_workflow(person.practice_id, resubmission_id)),
    )


def _view(request: Request, office: Office, person: Person, resubmission_id: str, after: int) -> ResubmissionView:
    with office.database.reading() as session:
        found = resubmission_views.view(
            session, practice_id=person.practice_id, resubmission_id=resubmission_id, after=after, limit=SHOWN
        )
    if found is None:
        raise errors.not_found("resubmission")
    auth.seen(request, person, subject="resubmission", subject_id=resubmission_id)
    return found
