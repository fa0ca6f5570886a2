"""Appeals: what was appealed at which level, what waits for a decision, and the word of what a payer decided."""

import json
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from sqlmodel import Session

from api import actions, auth, errors, idempotency
from api.actions import Done
from api.auth import Viewer, require
from api.claim_form import Part
from api.errors import Fault, Problem
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.pages import Failed, answer, encounter_page, read, typed_into
from billing.appeals import DECISIONS, WORDS, Decision, Outcome, why_not_recorded
from billing.days import day_of
from billing.money import Cents, NotAnAmount, parse_typed
from billing.roles import Permission
from billing.stages import FactKind
from database import appeals, encounters, requests
from database.access import Person
from database.appeals import AppealView
from database.requests import RequestView
from database.tables import Appeal, Encounter

api = APIRouter(prefix="/api/v1", tags=["appeals"])
pages = APIRouter(prefix="/appeals", include_in_schema=False)

Worker = Annotated[Person, require(Permission.WORK)]


class DecisionForm(Part):
    """What a payer decided on an appeal."""

    outcome: Outcome
    """won, won_in_part, lost or no_decision"""
    decided_on: date
    reference: Annotated[str, Field(min_length=1, max_length=500)]
    amount: Annotated[str, Field(max_length=15)] = ""
    """In dollars: what it will pay, where the appeal is won in part"""


@api.get("/encounters/{encounter_id}/appeals")
def list_appeals(request: Request, encounter_id: str, office: TheOffice, person: Viewer) -> list[AppealView]:
    """The visit's appeals, level by level, oldest first."""
    with office.database.reading() as session:
        if encounters.find(session, practice_id=person.practice_id, encounter_id=encounter_id) is None:
            raise errors.not_found("encounter")
        found = appeals.views(session, practice_id=person.practice_id, encounter_id=encounter_id)
    auth.seen(request, person, subject="encounter", subject_id=encounter_id)
    return found


@api.get("/encounters/{encounter_id}/information-requests")
def list_requests(request: Request, encounter_id: str, office: TheOffice, person: Viewer) -> list[RequestView]:
    """The documents that payers asked for about the visit, oldest first."""
    with office.database.reading() as session:
        if encounters.find(session, practice_id=person.practice_id, encounter_id=encounter_id) is None:
            raise errors.not_found("encounter")
        found = requests.views(session, practice_id=person.practice_id, encounter_id=encounter_id)
    auth.seen(request, person, subject="encounter", subject_id=encounter_id)
    return found


@api.post("/appeals/{appeal_id}/decision", status_code=202)
def record_decision(
    appeal_id: str, form: DecisionForm, key: IdempotencyKey, office: TheOffice, person: Worker
) -> dict[str, Any]:
    """Record what the payer decided: the visit goes on to the next level, awaits the corrected remittance, or asks what
    is to be done with the amount. An appeal is decided once (409)."""
    return _decide(office, person, appeal_id, form, key=key).body


@pages.post("/{appeal_id}/decision")
async def decide_from_page(request: Request, appeal_id: str, office: TheOffice, person: Worker) -> Response:
    """The same from the visit's page."""
    typed = await typed_into(request)
    encounter_id = await run_in_threadpool(_visit_of, office, person, appeal_id)

    async def act() -> Done:
        form = read(DecisionForm, typed)
        return await run_in_threadpool(_decide, office, person, appeal_id, form, key=typed["key"])

    def page(failed: Failed) -> Response:
        return encounter_page(request, office, person, encounter_id, failed)

    return await answer(act, f"decision-{appeal_id}", typed, f"/encounters/{encounter_id}", page)


def _visit_of(office: Office, person: Person, appeal_id: str) -> str:
    with office.database.reading() as session:
        return _find(session, person, appeal_id).encounter_id


def _find(session: Session, person: Person, appeal_id: str) -> Appeal:
    row = appeals.find(session, practice_id=person.practice_id, appeal_id=appeal_id)
    if row is None:
        raise errors.not_found("appeal")
    return row


def _decide(office: Office, person: Person, appeal_id: str, form: DecisionForm, *, key: str) -> Done:
    amount = _amount(form.amount)
    sha256 = idempotency.fingerprint("decide_appeal", appeal_id, form.model_dump(mode="json"))

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        row = _find(session, person, appeal_id)
        session.get_one(Encounter, row.encounter_id, with_for_update={"key_share": True})
        session.refresh(row)
        _check(office, person, row, form, amount)
        told = {"outcome": form.outcome, "decided_on": form.decided_on.isoformat(), "reference": form.reference}
        is_new = encounters.add_fact(
            session,
            practice_id=row.practice_id,
            encounter_id=row.encounter_id,
            kind=FactKind.APPEAL_DECIDED,
            source_key=f"decision:{row.id}",
            subject_id=row.id,
            received_at=office.now(),
            body=json.dumps(told | {"amount_cents": amount, "by": person.user_id}),
        )
        if not is_new:
            raise _decided("A decision on it was recorded already and is being taken in.")
        actions.updated(session, office, person, "appeal", row.id, f"the payer's decision: {WORDS[form.outcome]}")
        return row.encounter_id, {"code": "accepted", "message": "The decision is recorded."}

    return Done(idempotency.once(office, person, name="decide_appeal", key=key, body_sha256=sha256, effect=effect), 202)


def _check(office: Office, person: Person, row: Appeal, form: DecisionForm, amount: Cents | None) -> None:
    if row.outcome is not None:
        raise _decided(f"It was {WORDS[Outcome(row.outcome)]}.")
    if form.outcome not in DECISIONS:
        raise errors.invalid([Fault(field="outcome", message=f"must be one of: {', '.join(DECISIONS)}")])
    decision = Decision(form.outcome, form.decided_on, form.reference, amount)
    fault = why_not_recorded(
        decision,
        disputed_cents=Cents(row.amount_cents),
        filed_on=day_of(row.filed_at, person.zone),
        today=office.today(person),
    )
    if fault is not None:
        raise errors.invalid([Fault(field=fault[0], message=fault[1])])


def _decided(detail: str) -> Problem:
    return Problem(409, "decided", "This appeal is decided already", detail)


def _amount(typed: str) -> Cents | None:
    try:
        return parse_typed(typed) if typed.strip() else None
    except NotAnAmount as error:
        raise errors.invalid([Fault(field="amount", message=str(error))]) from error
