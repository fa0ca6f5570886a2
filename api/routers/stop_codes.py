"""What is looked at before it is posted: the stop list, beside the policies that hold answers back."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from api import stopping
from api.actions import Done
from api.auth import Viewer
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.pages import NOTES, Failed, answer, read, show, typed_into
from api.routers.payers import Supervisor
from api.stopping import StopCodeForm
from billing.posting_review import Mode
from billing.remittance import Group
from billing.roles import Permission
from database import payers, policies, stop_codes
from database.access import Person
from database.stop_codes import StopCodeView

api = APIRouter(prefix="/api/v1/stop-codes", tags=["remittances"])
pages = APIRouter(prefix="/setup/posting", include_in_schema=False)

ADD = "stop-code"
HOLDING = ("posting_mode", "write_off_review_cents", "write_off_review_days")
"""Policies that hold answers back"""
MODES = {
    Mode.AUTOMATIC: "what no rule holds is posted by itself",
    Mode.SEMI: "answers that refuse an amount or take something back are looked at first",
    Mode.REVIEW_ALL: "every answer is looked at first",
}


@api.get("")
def list_stop_codes(office: TheOffice, person: Viewer) -> list[StopCodeView]:
    """Adjustments that are never posted unseen."""
    with office.database.reading() as session:
        return stop_codes.of_practice(session, practice_id=person.practice_id)


@api.post("", status_code=201, response_model=dict[str, Any])
def post_stop_code(form: StopCodeForm, key: IdempotencyKey, office: TheOffice, person: Supervisor) -> Response:
    """Put a code on the list, for one payer or for all."""
    return JSONResponse(stopping.add(office, person, form, key=key).body, 201)


@api.delete("/{stop_id}", response_model=dict[str, Any])
def delete_stop_code(stop_id: str, key: IdempotencyKey, office: TheOffice, person: Supervisor) -> Response:
    """Take a code off the list. What is held already stays held."""
    return JSONResponse(stopping.take_off(office, person, stop_id, key=key).body)


@pages.get("")
def show_page(request: Request, office: TheOffice, person: Viewer, note: str = "") -> Response:
    """The list, and what the policies hold back."""
    return _page(request, office, person, Failed(), NOTES.get(note, ""))


@pages.post("")
async def add_by_form(request: Request, office: TheOffice, person: Supervisor) -> Response:
    """Put a code on the list."""
    typed = await typed_into(request)

    def act() -> Done:
        return stopping.add(office, person, read(StopCodeForm, typed), key=typed["key"])

    def page(failed: Failed) -> Response:
        return _page(request, office, person, failed)

    return await answer(lambda: run_in_threadpool(act), ADD, typed, "/setup/posting", page)


@pages.post("/{stop_id}/remove")
async def remove_by_form(request: Request, stop_id: str, office: TheOffice, person: Supervisor) -> Response:
    """Take a code off the list."""
    typed = await typed_into(request)

    def act() -> Done:
        return stopping.take_off(office, person, stop_id, key=typed["key"])

    def page(failed: Failed) -> Response:
        return _page(request, office, person, failed)

    return await answer(lambda: run_in_threadpool(act), f"remove-{stop_id}", typed, "/setup/posting", page)


def _page(request: Request, office: Office, person: Person, failed: Failed, note: str = "") -> Response:
    with office.database.reading() as session:
        held = policies.view(session, HOLDING, practice_id=person.practice_id, today=office.today(person))
        known = {one.id: f"{one.name} ({one.number})" for one in payers.page(session, practice_id=person.practice_id)}
    return show(
        request,
        "stop_codes.html",
        person,
        status=failed.status,
        stops=list_stop_codes(office, person),
        payers=known,
        groups={one.value: one.value for one in Group},
        held=held,
        modes=MODES,
        failed=failed,
        typed=failed.typed if failed.form == ADD else {},
        keys=failed.key_for,
        note=note,
        may_change=person.may(Permission.SET_UP),
    )
