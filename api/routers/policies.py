"""Policies of the practice: clocks, limits and switches, each from a day on; a supervisor changes them and says why."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from sqlmodel import Session

from api import actions, policy_form
from api.actions import Done
from api.auth import Viewer
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.policy_form import PolicyForm
from api.routers.pages import NOTES, Failed, answer, read, show, typed_into
from api.routers.payers import Supervisor
from billing.policies import DEFAULTS
from billing.roles import Permission
from database import policies
from database.access import Person
from database.policies import PoliciesView

api = APIRouter(prefix="/api/v1/policies", tags=["policies"])
pages = APIRouter(prefix="/setup/policies", include_in_schema=False)

OFFERED = tuple(sorted(DEFAULTS))


@api.get("")
def list_policies(office: TheOffice, person: Viewer) -> PoliciesView:
    """What holds today, and the practice's own rows."""
    with office.database.reading() as session:
        return policies.view(session, OFFERED, practice_id=person.practice_id, today=office.today(person))


@api.post("", response_model=dict[str, Any])
def set_policy(form: PolicyForm, key: IdempotencyKey, office: TheOffice, person: Supervisor) -> Response:
    """Give a policy another value for this practice, from a day on. A payer's own row goes before it."""
    return JSONResponse(_set(office, person, form, key).body)


@pages.get("")
def show_page(request: Request, office: TheOffice, person: Viewer, note: str = "") -> Response:
    """The practice's policies."""
    return _page(request, office, person, Failed(), note=NOTES.get(note, ""))


@pages.post("")
async def set_by_form(request: Request, office: TheOffice, person: Supervisor) -> Response:
    """Give a policy another value."""
    typed = await typed_into(request)

    def act() -> Done:
        return _set(office, person, read(PolicyForm, typed), typed["key"])

    def page(failed: Failed) -> Response:
        return _page(request, office, person, failed)

    return await answer(lambda: run_in_threadpool(act), "policy", typed, "/setup/policies", page)


def _page(request: Request, office: Office, person: Person, failed: Failed, note: str = "") -> Response:
    return show(
        request,
        "policies.html",
        person,
        status=failed.status,
        view=list_policies(office, person),
        offered=OFFERED,
        failed=failed,
        keys=failed.key_for,
        note=note,
        today=office.today(person),
        may_change=person.may(Permission.SET_UP),
    )


def _set(office: Office, person: Person, form: PolicyForm, key: str) -> Done:
    policy_form.check(form, OFFERED, today=office.today(person))

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        said = policy_form.keep(session, office, person, form)
        actions.audited(
            session,
            office,
            person,
            action="update",
            subject="practice",
            subject_id=person.practice_id,
            reason=said[:300],
        )
        return person.practice_id, {"policy": form.policy, "value": form.value}

    return actions.kept_once(office, person, "set_policy", person.practice_id, form, effect, key=key)
