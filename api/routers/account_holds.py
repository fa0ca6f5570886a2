"""Why nothing is asked of an account, or of one visit on it: begun and ended by people."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from sqlmodel import Session

from activities import account_decisions
from activities.agencies import follow_holds
from api import actions, errors, known_patient
from api.actions import Done
from api.auth import require
from api.claim_form import Part
from api.errors import Fault, Problem
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.accounts import account_page
from api.routers.pages import Failed, answer, read, typed_into
from billing.account_holds import OF_THE_PERSON, WITHOUT_AN_END, HoldKind
from billing.days import noon_of
from billing.roles import Permission
from database import account_holds, accounts, agencies, assistance, households
from database.access import Person
from database.tables import AccountHold

api = APIRouter(prefix="/api/v1/accounts", tags=["accounts"])
pages = APIRouter(prefix="/accounts", include_in_schema=False)

Worker = Annotated[Person, require(Permission.WORK)]


class HoldForm(Part):
    """What stands in the way of asking for money."""

    kind: HoldKind
    encounter_id: Annotated[str, Field(max_length=20)] = ""
    """One visit of the account; empty: everything on it"""
    reason: Annotated[str, Field(max_length=500)] = ""
    until: date | None = None
    """It ends by itself on this day; None: somebody ends it"""


class EndHoldForm(Part):
    """Why it stands in the way no more."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]


@api.post("/{patient_id}/holds", status_code=201)
def begin_hold(
    patient_id: str, form: HoldForm, key: IdempotencyKey, office: TheOffice, person: Worker
) -> dict[str, Any]:
    """Ask nothing of the account, or of one visit on it. A hold of the same kind that stands already is one hold."""
    return _begin(office, person, patient_id, form, key=key).body


@api.post("/{patient_id}/holds/{hold_id}/end")
def end_hold(
    patient_id: str, hold_id: str, form: EndHoldForm, key: IdempotencyKey, office: TheOffice, person: Worker
) -> dict[str, Any]:
    """Go on asking."""
    return _end(office, person, patient_id, hold_id, form, key=key).body


@pages.post("/{patient_id}/holds")
async def begin_from_page(request: Request, patient_id: str, office: TheOffice, person: Worker) -> Response:
    """Begin a hold from the account's page."""
    typed = await typed_into(request)

    async def act() -> Done:
        form = read(HoldForm, {name: text for name, text in typed.items() if text.strip()})
        return await run_in_threadpool(_begin, office, person, patient_id, form, key=typed["key"])

    def page(failed: Failed) -> Response:
        return account_page(request, office, person, patient_id, failed)

    return await answer(act, "hold", typed, f"/accounts/{patient_id}", page)


@pages.post("/{patient_id}/holds/{hold_id}/end")
async def end_from_page(request: Request, patient_id: str, hold_id: str, office: TheOffice, person: Worker) -> Response:
    """End a hold from the account's page."""
    typed = await typed_into(request)

    async def act() -> Done:
        form = read(EndHoldForm, typed)
        return await run_in_threadpool(_end, office, person, patient_id, hold_id, form, key=typed["key"])

    def page(failed: Failed) -> Response:
        return account_page(request, office, person, patient_id, failed)

    return await answer(act, f"end-hold-{hold_id}", typed, f"/accounts/{patient_id}", page)


def _begin(office: Office, person: Person, patient_id: str, form: HoldForm, *, key: str) -> Done:
    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        known_patient.held(session, person, patient_id)
        account = accounts.lock(session, practice_id=person.practice_id, patient_id=patient_id, at=office.now())
        _check(session, office, person, account.patient_id, form)
        row = account_holds.begin(
            session,
            practice_id=person.practice_id,
            patient_id=account.patient_id,
            kind=form.kind,
            encounter_id=form.encounter_id or None,
            reason=form.reason.strip(),
            until=noon_of(form.until, person.zone) if form.until else None,
            at=office.now(),
            by=person.user_id,
        )
        follow_holds(session, account, at=office.now(), by=person.user_id)
        account_decisions.wake(session, account, at=office.now())
        actions.audited(session, office, person, action="create", subject="account_hold", subject_id=row.id)
        return patient_id, {"hold_id": row.id}

    return actions.kept_once(office, person, "hold_account", patient_id, form, effect, key=key)


def _check(session: Session, office: Office, person: Person, holder: str, form: HoldForm) -> None:
    """Raises Problem 422 with every fault."""
    faults = []
    if form.until is not None and form.until <= office.today(person):
        faults.append(Fault(field="until", message="choose a day to come"))
    if form.until is not None and form.kind in WITHOUT_AN_END:
        faults.append(Fault(field="until", message="no day ends this by itself; leave it empty"))
    if form.kind == HoldKind.OTHER and not form.reason.strip():
        faults.append(Fault(field="reason", message="say why"))
    if form.encounter_id:
        visits = accounts.owed_by_visit(session, practice_id=person.practice_id, patient_id=holder)
        if form.kind in OF_THE_PERSON:
            faults.append(Fault(field="encounter_id", message="this concerns everything on the account"))
        elif form.encounter_id not in {*(one.encounter_id for one in visits), *_at_agencies(session, holder)}:
            faults.append(Fault(field="encounter_id", message="is no visit that owes anything on this account"))
    if faults:
        raise errors.invalid(faults)


def _at_agencies(session: Session, holder: str) -> set[str]:
    return {one.encounter_id for one in agencies.open_on(session, households.members(session, holder))}


def _end(office: Office, person: Person, patient_id: str, hold_id: str, form: EndHoldForm, *, key: str) -> Done:
    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        known_patient.held(session, person, patient_id)
        account = accounts.lock(session, practice_id=person.practice_id, patient_id=patient_id, at=office.now())
        row = session.get(AccountHold, hold_id)
        if row is None or row.patient_id != account.patient_id:
            raise errors.not_found("hold")
        if row.kind == HoldKind.ASSISTANCE and assistance.open_of(session, account.patient_id) is not None:
            detail = "The hold ends with the decision on the application for help with the bill."
            raise Problem(409, "application-open", "An application is open on this account", detail)
        if row.ended_at is None:
            account_holds.end(session, row, why=form.reason, at=office.now(), by=person.user_id)
            follow_holds(session, account, at=office.now(), by=person.user_id)
            account_decisions.wake(session, account, at=office.now())
            actions.updated(session, office, person, "account_hold", row.id, form.reason)
        return patient_id, {"hold_id": row.id}

    return actions.kept_once(office, person, "end_account_hold", hold_id, form, effect, key=key)
