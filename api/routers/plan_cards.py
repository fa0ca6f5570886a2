"""A card that is kept for a payment plan, from the desk: agreed to in the office, and stopped by one click."""

import logging
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from sqlmodel import Session

from activities import kept_cards
from activities.card_processor import ProcessorUnreachable
from activities.kept_cards import CannotKeep
from api import actions, auth, errors, known_patient
from api.actions import Done
from api.claim_form import Part
from api.errors import Fault, Problem
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers import pay, pay_plans
from api.routers.accounts import Worker, account_page, decide
from api.routers.pages import Failed, answer, read, typed_into, words_of
from billing import pay_words
from database import accounts
from database import office as offices
from database import pay_plans as plans
from database.access import Person
from database.tables import KeptCard, PatientAccount

logger = logging.getLogger(__name__)

CHANGED = "words-changed"
TITLE = "The plan has changed since these words were shown"
READ_AGAIN = "Nothing was written down. Read the account's `card_words` out anew, and send their `card_words_digest`."
AGAIN_ON_PAGE = (TITLE, "Nothing was written down. Read the new words below to who pays, then go on.")

api = APIRouter(prefix="/api/v1/accounts", tags=["accounts"])
pages = APIRouter(prefix="/accounts", include_in_schema=False)


class KeepForm(Part):
    """Who agreed, and how, and to which words: those that the account shows as `card_words`."""

    said_by: Annotated[str, Field(min_length=1, max_length=200)]
    read: Annotated[str, Field(max_length=64)]
    """The account's `card_words_digest`, as it stood beside the words that were read out"""


class StopForm(Part):
    """Why nothing more is charged."""

    reason: Annotated[str, Field(max_length=200)] = ""


class CardPage(BaseModel):
    """The processor's page that takes the card."""

    address: str


@api.post("/{patient_id}/instalment-plans/card", status_code=201)
def keep_card(
    request: Request, patient_id: str, form: KeepForm, office: TheOffice, person: Worker, gateway: pay.Gateway
) -> CardPage:
    """Write down what was agreed to, and open the card processor's page, which takes the card and keeps it."""
    if gateway is None:
        raise errors.invalid([Fault(field="said_by", message="no card processor is set up here")])
    row = _wish(office, person, patient_id, form)
    auth.seen(request, person, subject="account", subject_id=patient_id)
    try:
        back_to = f"{office.settings.public_url}/accounts/{patient_id}"
        return CardPage(address=pay_plans.open_card_page(office, gateway, row, back_to=back_to))
    except ProcessorUnreachable as error:
        logger.warning("the card processor was not reached", extra={"reason": str(error)})
        raise Problem(503, "processor-away", "The card processor does not answer just now; try again soon") from error


@api.post("/{patient_id}/instalment-plans/card/stop")
def stop_card(
    patient_id: str, form: StopForm, key: IdempotencyKey, office: TheOffice, person: Worker
) -> dict[str, Any]:
    """Charge nothing more to the card that is kept, from this instant."""
    return _stop(office, person, patient_id, form, key=key).body


@pages.post("/{patient_id}/instalment-plans/card")
async def keep_card_page(
    request: Request, patient_id: str, office: TheOffice, person: Worker, gateway: pay.Gateway
) -> Response:
    """Open the processor's page from the account's, where its address is shown."""
    typed = await typed_into(request)

    def act() -> Response:
        try:
            made = keep_card(request, patient_id, read(KeepForm, typed), office, person, gateway)
        except Problem as problem:
            title, detail = AGAIN_ON_PAGE if problem.name == CHANGED else words_of(problem)
            faults = {fault.field: fault.message for fault in problem.faults}
            failed = Failed("keep-card", title, detail, faults, typed, status=problem.status)
            return account_page(request, office, person, patient_id, failed)
        return account_page(request, office, person, patient_id, Failed(), card_page=made.address)

    return await run_in_threadpool(act)


@pages.post("/{patient_id}/instalment-plans/card/stop")
async def stop_card_page(request: Request, patient_id: str, office: TheOffice, person: Worker) -> Response:
    """Stop the charges from the account's page."""
    typed = await typed_into(request)

    async def act() -> Done:
        form = read(StopForm, typed)
        return await run_in_threadpool(_stop, office, person, patient_id, form, key=typed["key"])

    def page(failed: Failed) -> Response:
        return account_page(request, office, person, patient_id, failed)

    return await answer(act, "stop-card", typed, f"/accounts/{patient_id}", page)


def _wish(office: Office, person: Person, patient_id: str, form: KeepForm) -> KeptCard:
    """What was agreed to, written down. A second click takes the same wish up."""
    at = office.now()
    with office.database.writing() as session:
        known_patient.held(session, person, patient_id)
        account = accounts.lock(session, practice_id=person.practice_id, patient_id=patient_id, at=at)
        policies = offices.policies_for(session, practice_id=person.practice_id, payer_id=None)
        theirs = {"practice_id": person.practice_id, "holder_id": account.patient_id}
        words = plans.card_words_of(session, **theirs, policies=policies, today=policies.day(at))
        try:
            if words is None:
                raise CannotKeep("no part of an agreement is to come on this account, or a card is kept for it already")
            if form.read != pay_words.digest(words):
                raise Problem(409, CHANGED, TITLE, READ_AGAIN)
            row = kept_cards.ask(session, account, words=words, said_by=form.said_by, by=person.user_id, at=at)
        except CannotKeep as error:
            raise errors.invalid([Fault(field="said_by", message=str(error))]) from error
        actions.audited(
            session, office, person, action="update", subject="account", subject_id=patient_id, reason="keep_card"
        )
        session.flush()
        session.expunge(row)
        return row


def _stop(office: Office, person: Person, patient_id: str, form: StopForm, *, key: str) -> Done:
    def effect(session: Session, account: PatientAccount) -> None:
        why = form.reason or "stopped at the desk"
        if not kept_cards.stop(session, account, why=why, by=person.user_id, at=office.now()):
            raise errors.invalid([Fault(field="reason", message="no card is charged for a plan of this account")])

    return decide(office, person, patient_id, "stop_card", form.model_dump(mode="json"), effect, key=key)
