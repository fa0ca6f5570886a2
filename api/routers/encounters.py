"""Encounters: opened by a program or the front desk, looked at by everybody, held, released, paid towards."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from api import actions, auth, errors, payments
from api.actions import Done
from api.auth import Viewer, require
from api.claim_form import EncounterForm, Part
from api.idempotency import IdempotencyKey
from api.office import TheOffice
from billing.roles import Permission
from billing.stages import Stage
from database import edit_runs, views
from database.access import Person
from database.edit_runs import Run
from database.views import EncounterPage, EncounterView, SubmissionView

router = APIRouter(prefix="/api/v1/encounters", tags=["encounters"])

PageSize = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=80)]


class PaymentForm(Part):
    """Money from a patient."""

    amount: Annotated[str, Field(max_length=15, examples=["25.00"])]
    method: payments.PaymentMethod
    received_on: date
    reference: Annotated[str, Field(max_length=100)] = ""
    """Number of the receipt or the cheque; never a card number"""


class TakeBackForm(Part):
    """Why a payment is undone."""

    reason: Annotated[str, Field(min_length=1, max_length=100)]


class HoldForm(Part):
    """Why and until when nothing is sent."""

    until: date
    reason: Annotated[str, Field(min_length=1, max_length=500)]


def shape(done: Done) -> Response:
    """What was done as the answer of a route."""
    headers = {} if done.location is None else {"Location": done.location}
    return JSONResponse(done.body, done.status, headers=headers)


@router.post("", status_code=201, response_model=dict[str, Any])
def open_encounter(
    form: EncounterForm, key: IdempotencyKey, office: TheOffice, person: Annotated[Person, require(Permission.INTAKE)]
) -> Response:
    """Open an encounter. 201: it is new; 200: the same visit was sent before."""
    return shape(actions.open_encounter(office, person, form, key=key))


@router.get("")
def list_encounters(
    office: TheOffice, person: Viewer, stage: Stage | None = None, after: Cursor = None, limit: PageSize = 50
) -> EncounterPage:
    """The practice's encounters by id; `next_after` of one page is `after` of the next."""
    with office.database.reading() as session:
        return views.encounter_page(session, practice_id=person.practice_id, stage=stage, after=after, limit=limit)


@router.get("/{encounter_id}")
def show_encounter(request: Request, encounter_id: str, office: TheOffice, person: Viewer) -> EncounterView:
    """Where it stands, what waits, its money per line, its claims and its story."""
    with office.database.reading() as session:
        found = views.encounter(session, practice_id=person.practice_id, encounter_id=encounter_id)
    if found is None:
        raise errors.not_found("encounter")
    auth.seen(request, person, subject="encounter", subject_id=encounter_id)
    return found


@router.get("/{encounter_id}/claims")
def list_claims(request: Request, encounter_id: str, office: TheOffice, person: Viewer) -> list[SubmissionView]:
    """Every claim sent for the encounter, with the dates of its progress."""
    actions.require_encounter(office, person, encounter_id)
    auth.seen(request, person, subject="encounter", subject_id=encounter_id)
    with office.database.reading() as session:
        return views.submissions(session, practice_id=person.practice_id, encounter_id=encounter_id)


@router.get("/{encounter_id}/edits")
def show_edits(request: Request, encounter_id: str, office: TheOffice, person: Viewer) -> Run:
    """The last run of the claim edits: how many ran, which tables they asked, and what they found. 404: the visit has
    not come so far."""
    actions.require_encounter(office, person, encounter_id)
    with office.database.reading() as session:
        run = edit_runs.latest(session, practice_id=person.practice_id, encounter_id=encounter_id)
    if run is None:
        raise errors.not_found("run of the claim edits")
    auth.seen(request, person, subject="encounter", subject_id=encounter_id)
    return run


@router.post("/{encounter_id}/payments", status_code=201, response_model=dict[str, Any])
def take_payment(
    encounter_id: str,
    form: PaymentForm,
    key: IdempotencyKey,
    office: TheOffice,
    person: Annotated[Person, require(Permission.TAKE_PAYMENT)],
) -> Response:
    """Record money that the patient paid."""
    return shape(
        payments.take_payment(
            office,
            person,
            encounter_id=encounter_id,
            amount=form.amount,
            method=form.method,
            received_on=form.received_on,
            reference=form.reference,
            key=key,
        )
    )


@router.post("/{encounter_id}/payments/{payment_id}/take-back", status_code=201, response_model=dict[str, Any])
def take_payment_back(
    encounter_id: str,
    payment_id: str,
    form: TakeBackForm,
    key: IdempotencyKey,
    office: TheOffice,
    person: Annotated[Person, require(Permission.POST_REMITTANCE)],
) -> Response:
    """Undo a payment: returned by the bank, or entered by mistake. 409: taken back before, or paid back."""
    done = payments.take_back(
        office, person, encounter_id=encounter_id, payment_id=payment_id, reason=form.reason, key=key
    )
    return shape(done)


@router.post("/{encounter_id}/hold", response_model=dict[str, Any])
async def place_hold(
    encounter_id: str,
    form: HoldForm,
    key: IdempotencyKey,
    office: TheOffice,
    person: Annotated[Person, require(Permission.HOLD)],
) -> Response:
    """Send nothing for this encounter until a day, or until it is released. 202: look at `Location` later."""
    return shape(
        await actions.place_hold(
            office, person, encounter_id=encounter_id, until=form.until, reason=form.reason, key=key
        )
    )


@router.post("/{encounter_id}/release", response_model=dict[str, Any])
async def release_hold(
    encounter_id: str, key: IdempotencyKey, office: TheOffice, person: Annotated[Person, require(Permission.HOLD)]
) -> Response:
    """Go on."""
    return shape(await actions.release_hold(office, person, encounter_id=encounter_id, key=key))
