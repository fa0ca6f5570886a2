"""Paying in parts on the pay page: a plan that a patient agrees on alone, and a card that is kept for it."""

import logging
from datetime import date

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from activities import instalment_plans, kept_cards
from activities.card_processor import PaymentGateway, ProcessorUnreachable
from activities.instalment_plans import CannotAgree
from activities.kept_cards import CannotKeep
from api.office import Office, TheOffice
from api.routers import pay
from api.routers.pages import typed_into
from billing import pay_words
from database import account_holds, accounts, instalments
from database.registrations import read_by
from database.tables import KeptCard, Patient, PayLink

logger = logging.getLogger(__name__)

pages = APIRouter(prefix="/pay", include_in_schema=False)


@pages.post("/{token}/plan")
async def agree(request: Request, token: str, office: TheOffice, gateway: pay.Gateway) -> Response:
    """Agree to pay what is owed in monthly parts. A second click finds the plan."""
    typed = await typed_into(request, max_fields=5)
    return await pay.inside(request, token, office, lambda link: _agree(request, office, link, token, typed, gateway))


@pages.post("/{token}/plan/card")
async def keep_card(request: Request, token: str, office: TheOffice, gateway: pay.Gateway) -> Response:
    """Agree to charges, and go to the processor's page, which takes the card and keeps it."""
    typed = await typed_into(request, max_fields=5)
    return await pay.inside(
        request, token, office, lambda link: _keep_card(request, office, link, token, typed, gateway)
    )


@pages.post("/{token}/plan/card/stop")
async def stop_card(request: Request, token: str, office: TheOffice) -> Response:
    """Nothing more is charged. A second click changes nothing."""
    return await pay.inside(request, token, office, lambda link: _stop_card(office, link, token))


def _agree(
    request: Request, office: Office, link: PayLink, token: str, typed: dict[str, str], gateway: PaymentGateway | None
) -> Response:
    at = office.now()
    first_day = _day(typed.get("first_day", ""))
    count = int(typed["count"]) if typed.get("count", "").isdecimal() and len(typed["count"]) <= 2 else 0
    with office.database.writing() as session:
        account = accounts.lock(session, practice_id=link.practice_id, patient_id=link.patient_id, at=at)
        if instalments.active(session, account.patient_id) is not None:
            return RedirectResponse(f"/pay/{token}", status_code=303)
        offer = pay.offer_under(session, link, office)
        is_agreed = False
        if offer is not None and first_day is not None and offer.takes(count, first_day):
            try:
                instalment_plans.agree(
                    session, account, count=count, first_day=first_day, disclosure="", by=None, at=at
                )
                is_agreed = True
            except CannotAgree as error:
                logger.info("a plan was not agreed on", extra={"reason": str(error)})
        if not is_agreed:
            fault = pay_words.say(read_by(session.get_one(Patient, link.patient_id)), "plan_refused")
            return pay.bill_page(request, session, office, link, token, gateway, fault=fault, typed=typed, status=422)
        pay.audited(session, link, "create", at=at)
    return RedirectResponse(f"/pay/{token}", status_code=303)


def _keep_card(
    request: Request, office: Office, link: PayLink, token: str, typed: dict[str, str], gateway: PaymentGateway | None
) -> Response:
    at = office.now()
    with office.database.writing() as session:
        account = accounts.lock(session, practice_id=link.practice_id, patient_id=link.patient_id, at=at)
        language = read_by(session.get_one(Patient, link.patient_id))
        words = pay.card_words_under(session, link, office)
        fault = ""
        if gateway is None or words is None:
            fault = pay_words.say(language, "cards_not_taken")
        elif typed.get("read") != pay_words.digest(words):
            fault = pay_words.say(language, "plan_changed")
        row: KeptCard | None = None
        if not fault and words is not None:
            try:
                row = kept_cards.ask(session, account, words=words, said_by="", by=account_holds.PATIENT, at=at)
            except CannotKeep:
                fault = pay_words.say(language, "plan_changed")
        if row is None or gateway is None:
            return pay.bill_page(request, session, office, link, token, gateway, fault=fault, typed=typed, status=422)
        pay.audited(session, link, "create", at=at)
        session.flush()
        session.expunge(row)
    try:
        address = open_card_page(office, gateway, row, back_to=f"{office.settings.public_url}/pay/{token}")
    except ProcessorUnreachable as error:
        logger.warning("the card processor was not reached", extra={"reason": str(error)})
        with office.database.writing() as session:
            fault = pay_words.say(language, "processor_away")
            return pay.bill_page(request, session, office, link, token, gateway, fault=fault, typed=typed, status=503)
    return RedirectResponse(address, status_code=303)


def open_card_page(office: Office, gateway: PaymentGateway, row: KeptCard, *, back_to: str) -> str:
    """The address of the processor's page for a wish that was written down. Raises ProcessorUnreachable."""
    if row.address:
        return row.address
    hosted = gateway.open_card_page(reference=row.id, back_to=back_to)
    with office.database.writing() as session:
        session.get_one(KeptCard, row.id, with_for_update=True).address = hosted.address
    return hosted.address


def _stop_card(office: Office, link: PayLink, token: str) -> Response:
    at = office.now()
    with office.database.writing() as session:
        account = accounts.lock(session, practice_id=link.practice_id, patient_id=link.patient_id, at=at)
        if kept_cards.stop(session, account, why="stopped on the pay page", by=account_holds.PATIENT, at=at):
            pay.audited(session, link, "update", at=at)
    return RedirectResponse(f"/pay/{token}", status_code=303)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
