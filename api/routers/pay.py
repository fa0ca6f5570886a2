"""The pay page: a patient looks at the balance and pays by card, asks, or disputes. No sign-in: a secret link and a
second fact open it; the card is taken on the processor's own page.
"""

import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from sqlmodel import Session

from activities import account_decisions, card_payments, card_payouts
from activities.card_payments import Told
from activities.card_processor import PaymentGateway, ProcessorUnreachable
from api import actions, auth, errors, partners, paying_form
from api.auth import require
from api.errors import Problem
from api.office import Office, TheOffice
from api.partners import NoticeRefused
from api.routers.pages import show_to_patient, typed_into
from billing import pay_words
from billing.account_holds import HoldKind
from billing.card_payouts import Payout
from billing.days import day_of
from billing.roles import Permission
from billing.statement_words import Language
from billing.tasks import NewTask, TaskType
from database import (
    account_holds,
    accounts,
    assistance,
    audit,
    consents,
    crossings,
    kept_cards,
    pay_plans,
    paying,
    tasks,
)
from database import office as offices
from database.access import Person
from database.columns import new_id
from database.pay_plans import PayPlan, PlanOffer
from database.paying import OwedVisit
from database.registrations import read_by
from database.tables import Patient, PayLink, Practice

logger = logging.getLogger(__name__)

api = APIRouter(prefix="/api/v1", tags=["accounts"])
pages = APIRouter(prefix="/pay", include_in_schema=False)

Worker = Annotated[Person, require(Permission.WORK)]
COOKIE = "zerobalance_pay"
HELD_BY = {"plan": HoldKind.OTHER, "dispute": HoldKind.DISPUTE, "assistance": HoldKind.ASSISTANCE}
"""Questions while which nothing is asked of the account"""
QUESTIONS = {
    "plan": "asks for a payment plan",
    "dispute": "does not agree with the bill",
    "assistance": "asks for help with the bill",
    "message": "has a question",
}
ANSWERED_WITHIN = timedelta(days=30)
"""Nothing is asked of the account for so long, or until somebody has answered"""
LONGEST = 2000


class PayLinkMade(BaseModel):
    """A link to the pay page; its address is shown this once."""

    address: str
    expires_at: datetime


class ProcessorNotice(BaseModel):
    """`{"type", "data": {"reference", "payment", "amount_cents", "reason"}}`, or of a card that is kept `{"reference",
    "card", "label", "expires"}`."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    class Data(BaseModel):
        """What it is about."""

        reference: Annotated[str, Field(max_length=100)]
        payment: Annotated[str, Field(max_length=100)] = ""
        amount_cents: Annotated[int, Field(ge=0, le=100_000_000)] = 0
        reason: Annotated[str, Field(max_length=200)] = ""
        card: Annotated[str, Field(max_length=200)] = ""
        label: Annotated[str, Field(max_length=40)] = ""
        expires: Annotated[str, Field(max_length=7)] = ""

    type: Annotated[str, Field(max_length=40)]
    data: Data


class PayoutNotice(BaseModel):
    """`{"type": "payout.paid", "data"}` with the whole report of a payout."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    type: Literal["payout.paid"]
    data: Payout


Notices: TypeAdapter[PayoutNotice | ProcessorNotice] = TypeAdapter(PayoutNotice | ProcessorNotice)


def _gateway(request: Request) -> PaymentGateway | None:
    gateway: PaymentGateway | None = request.app.state.payment_gateway
    return gateway


Gateway = Annotated[PaymentGateway | None, Depends(_gateway)]


# The office's side ------------------------------------------------------------------------------------------------


@api.post("/accounts/{patient_id}/pay-links", status_code=201)
def make_link(patient_id: str, office: TheOffice, person: Worker) -> PayLinkMade:
    """Make a link to the pay page of a patient's account. It works for sixty days, with a birth date as second fact."""
    with office.database.writing() as session:
        account = _account(session, person.practice_id, patient_id, at=office.now())
        token, row = paying.make_link(
            session, practice_id=person.practice_id, holder_id=account, by=person.user_id, at=office.now()
        )
        actions.audited(session, office, person, action="create", subject="pay_link", subject_id=account)
        return PayLinkMade(address=f"{office.settings.public_url}/pay/{token}", expires_at=row.expires_at)


def _account(session: Session, practice_id: str, patient_id: str, *, at: datetime) -> str:
    try:
        return accounts.lock(session, practice_id=practice_id, patient_id=patient_id, at=at).patient_id
    except accounts.AccountMissing as error:
        raise errors.not_found("account") from error


@api.post("/payments/notify", status_code=202, response_model=dict[str, str])
async def take_notice(request: Request, office: TheOffice) -> Response:
    """The card processor tells what became of a payment, or what it paid out. Signed by Standard Webhooks; the same
    notice counts once."""
    body = await request.body()
    secret = office.settings.card_processor_webhook_secret
    try:
        if secret is None:
            raise NoticeRefused("no card processor is set up here")
        partners.check_signature(request.headers, body, secret=secret.get_secret_value(), at=office.now())
        notice = Notices.validate_json(body)
    except (NoticeRefused, ValidationError) as error:
        why = str(error) if isinstance(error, NoticeRefused) else "not a notice"
        await run_in_threadpool(auth.refuse, request, "", auth.NOBODY, why)
        raise Problem(401, "signature-refused", "The notice is not signed by the processor, or not fresh") from error
    event_id, text = request.headers["webhook-id"][:100], body.decode(errors="replace")[:4000]

    def fold() -> str:
        with office.database.writing() as session:
            if isinstance(notice, PayoutNotice):
                return card_payouts.take(session, event_id, notice.data, text, at=office.now())
            return card_payments.take(session, _told(notice, event_id, text), at=office.now())

    return JSONResponse({"status": await run_in_threadpool(fold)}, 202)


def _told(notice: ProcessorNotice, event_id: str, body: str) -> Told:
    return Told(
        event_id=event_id,
        kind=notice.type,
        reference=notice.data.reference,
        payment=notice.data.payment,
        amount_cents=notice.data.amount_cents,
        body=body,
        reason=notice.data.reason,
        card=notice.data.card,
        label=notice.data.label,
        expires=notice.data.expires,
    )


# The patient's side -----------------------------------------------------------------------------------------------


@pages.get("/{token}")
def show_bill_page(request: Request, token: str, office: TheOffice, gateway: Gateway) -> Response:
    """The balance, or the question for the second fact."""
    with office.database.writing() as session:
        link = paying.link_of(session, token, at=office.now())
        if link is None:
            return _gone(request)
        if not _is_open(request, session, link, at=office.now()):
            return _ask(request, session, office, link, token)
        return bill_page(request, session, office, link, token, gateway)


@pages.post("/{token}/open")
async def open_page(request: Request, token: str, office: TheOffice) -> Response:
    """Check the second fact."""
    typed = await typed_into(request, max_fields=10)

    def act() -> Response:
        at = office.now()
        with office.database.writing() as session:
            link = paying.link_of(session, token, at=at)
            if link is None:
                return _gone(request)
            secret = paying.try_fact(session, link, _day(typed.get("born", "")), at=at)
            if secret is None:
                is_locked = link.locked_until is not None and link.locked_until > at
                return _ask(request, session, office, link, token, wrong=True, status=429 if is_locked else 401)
            audited(session, link, "view", at=at)
        answer = RedirectResponse(f"/pay/{token}", status_code=303)
        is_https = office.settings.public_url.startswith("https:")
        answer.set_cookie(COOKIE, secret, path=f"/pay/{token}", httponly=True, samesite="lax", secure=is_https)
        return answer

    return await run_in_threadpool(act)


@pages.post("/{token}/checkout")
async def pay(request: Request, token: str, office: TheOffice, gateway: Gateway) -> Response:
    """Go to the processor's page with what was chosen: all of it, or a part."""
    typed = await typed_into(request, max_fields=10)
    return await inside(
        request, token, office, lambda link: _to_processor(request, office, link, token, typed, gateway)
    )


@pages.post("/{token}/ask")
async def ask(request: Request, token: str, office: TheOffice) -> Response:
    """A payment plan, help, a dispute or a question: somebody of the practice answers."""
    typed = await typed_into(request, max_fields=10)
    return await inside(request, token, office, lambda link: _put_question(request, office, link, token, typed))


@pages.get("/{token}/paper")
def ask_for_paper(request: Request, token: str, office: TheOffice) -> Response:
    """The page on which a patient goes back to statements on paper."""
    with office.database.writing() as session:
        link = paying.link_of(session, token, at=office.now())
        if link is None:
            return _gone(request)
        return show_to_patient(request, "pay_paper.html", token=token, is_done=False, **practice_of(session, link))


@pages.post("/{token}/paper")
def go_back_to_paper(request: Request, token: str, office: TheOffice) -> Response:
    """No more e-mail about statements; a mail program may say it by itself (RFC 8058). Twice is once."""
    with office.database.writing() as session:
        link = paying.link_of(session, token, at=office.now())
        if link is None:
            return _gone(request)
        today = offices.policies_for(session, practice_id=link.practice_id, payer_id=None).day(office.now())
        if consents.end_email(session, link.patient_id, on=today, at=office.now()):
            audited(session, link, "update", at=office.now())
        return show_to_patient(request, "pay_paper.html", token=token, is_done=True, **practice_of(session, link))


async def inside(request: Request, token: str, office: Office, act: Callable[[PayLink], Response]) -> Response:
    """Do it for a browser that knew the second fact; any other is asked for it."""

    def run() -> Response:
        with office.database.writing() as session:
            link = paying.link_of(session, token, at=office.now())
            if link is None:
                return _gone(request)
            if not _is_open(request, session, link, at=office.now()):
                return _ask(request, session, office, link, token)
            session.flush()
            session.expunge(link)
        return act(link)

    return await run_in_threadpool(run)


def _to_processor(
    request: Request, office: Office, link: PayLink, token: str, typed: dict[str, str], gateway: PaymentGateway | None
) -> Response:
    with office.database.writing() as session:
        accounts.lock(session, practice_id=link.practice_id, patient_id=link.patient_id, at=office.now())
        visits = _owed(session, link, office)
        language = _language(session, link)
        fault, cents = paying_form.chosen(typed, visits, kept_cards.on_its_way(session, link.patient_id), language)
        if fault or gateway is None:
            fault = fault or pay_words.say(language, "cards_not_taken")
            return bill_page(request, session, office, link, token, gateway, fault=fault, typed=typed, status=422)
        checkout = paying.begin(session, link, cents, at=office.now())
        session.flush()
        session.expunge(checkout)
    if not checkout.address:
        back_to = f"{office.settings.public_url}/pay/{token}"
        try:
            hosted = gateway.open_checkout(reference=checkout.id, cents=checkout.amount_cents, back_to=back_to)
        except ProcessorUnreachable as error:
            logger.warning("the card processor was not reached", extra={"reason": str(error)})
            fault = pay_words.say(language, "processor_away")
            with office.database.writing() as session:
                return bill_page(request, session, office, link, token, gateway, fault=fault, typed=typed, status=503)
        with office.database.writing() as session:
            checkout.processor_id, checkout.address = hosted.id[:100], hosted.address
            session.merge(checkout)
    return RedirectResponse(checkout.address, status_code=303)


def _put_question(request: Request, office: Office, link: PayLink, token: str, typed: dict[str, str]) -> Response:
    about, text = typed.get("about", ""), typed.get("text", "").strip()
    with office.database.writing() as session:
        if about not in QUESTIONS or len(text) > LONGEST or (about in {"message", "dispute"} and not text):
            fault = pay_words.say(_language(session, link), "say_what")
            gateway = _gateway(request)
            return bill_page(request, session, office, link, token, gateway, fault=fault, typed=typed, status=422)
        at = office.now()
        account = accounts.lock(session, practice_id=link.practice_id, patient_id=link.patient_id, at=at)
        total = sum(one.cents for one in _owed(session, link, office))
        said = f": {text}" if text else ""
        new = NewTask(
            TaskType.PATIENT_QUESTION,
            key=typed["key"][:40],
            reason=f"On the pay page somebody {QUESTIONS[about]}{said}",
            amount_cents=total,
            detail={"about": about},
        )
        opened = tasks.open_task(
            session, new, practice_id=link.practice_id, subject="account", subject_id=account.patient_id, at=at
        )
        if opened is not None and about in HELD_BY:
            account_holds.begin(
                session,
                practice_id=link.practice_id,
                patient_id=account.patient_id,
                kind=HELD_BY[about],
                reason=QUESTIONS[about],
                until=at + ANSWERED_WITHIN,
                at=at,
                by=account_holds.PATIENT,
            )
            account_decisions.wake(session, account, at=at)
        audited(session, link, "create", at=at)
    return RedirectResponse(f"/pay/{token}?said=1", status_code=303)


def _plan_under(session: Session, link: PayLink, office: Office) -> PayPlan | None:
    policies = offices.policies_for(session, practice_id=link.practice_id, payer_id=None)
    return pay_plans.plan_of(session, link.patient_id, policies, today=policies.day(office.now()))


def offer_under(session: Session, link: PayLink, office: Office) -> PlanOffer | None:
    """What plan the patient can agree on alone; None: a person is asked."""
    policies = offices.policies_for(session, practice_id=link.practice_id, payer_id=None)
    theirs = {"practice_id": link.practice_id, "holder_id": link.patient_id}
    return pay_plans.offer_of(session, **theirs, policies=policies, today=policies.day(office.now()))


def card_words_under(session: Session, link: PayLink, office: Office) -> str | None:
    """What is agreed to about a card for the plan that holds; None: there is nothing to agree to."""
    policies = offices.policies_for(session, practice_id=link.practice_id, payer_id=None)
    theirs = {"practice_id": link.practice_id, "holder_id": link.patient_id}
    return pay_plans.card_words_of(session, **theirs, policies=policies, today=policies.day(office.now()))


def _owed(session: Session, link: PayLink, office: Office) -> list[OwedVisit]:
    theirs = {"practice_id": link.practice_id, "holder_id": link.patient_id}
    return paying.owed(session, **theirs, today=_today(session, link, office))


def _today(session: Session, link: PayLink, office: Office) -> date:
    return day_of(office.now(), offices.zone_of(session, link.practice_id))


def _is_open(request: Request, session: Session, link: PayLink, *, at: datetime) -> bool:
    return paying.is_open(session, link, request.cookies.get(COOKIE, ""), at=at)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def practice_of(session: Session, link: PayLink) -> dict[str, Any]:
    """What every page under a link says of the practice."""
    practice = session.get_one(Practice, link.practice_id)
    language = _language(session, link)
    return {
        "practice": practice.name,
        "zone": offices.zone_of(session, link.practice_id),
        "language": language,
        "say": partial(pay_words.say, language),
    }


def _language(session: Session, link: PayLink) -> Language:
    return read_by(session.get_one(Patient, link.patient_id))


def _gone(request: Request) -> HTMLResponse:
    return show_to_patient(request, "pay_gone.html", status=404)


def _ask(
    request: Request,
    session: Session,
    office: Office,
    link: PayLink,
    token: str,
    *,
    wrong: bool = False,
    status: int = 200,
) -> HTMLResponse:
    is_locked = link.locked_until is not None and link.locked_until > office.now()
    return show_to_patient(
        request,
        "pay_open.html",
        status=429 if is_locked else status,
        token=token,
        wrong=wrong,
        is_locked=is_locked,
        **practice_of(session, link),
    )


def bill_page(
    request: Request,
    session: Session,
    office: Office,
    link: PayLink,
    token: str,
    gateway: PaymentGateway | None,
    *,
    fault: str = "",
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    """The pay page."""
    visits = _owed(session, link, office)
    to_pay, on_its_way = sum(one.pay_cents for one in visits), kept_cards.on_its_way(session, link.patient_id)
    last = paying.newest_of(session, link)
    recent = last is not None and (last.settled_at or last.made_at) > office.now() - paying.IDLE
    return show_to_patient(
        request,
        "pay.html",
        status=status,
        token=token,
        visits=visits,
        is_shared=len({one.patient for one in visits}) > 1,
        total=sum(one.cents for one in visits),
        on_its_way=on_its_way,
        payable=max(0, to_pay - on_its_way),
        takes_cards=gateway is not None,
        checkout=last if recent else None,
        crossed_cents=crossings.cents_of(session, link.letter_id) if link.letter_id else 0,
        fault=fault,
        typed=typed or {},
        said="said" in request.query_params,
        questions=QUESTIONS,
        plan=_plan_under(session, link, office),
        offer=offer_under(session, link, office),
        card_words=card_words_under(session, link, office) if gateway is not None else None,
        digest=pay_words.digest,
        takes_applications=assistance.scale_on(session, practice_id=link.practice_id, on=_today(session, link, office))
        is not None,
        key=new_id(),
        **practice_of(session, link),
    )


def audited(session: Session, link: PayLink, action: str, *, at: datetime) -> None:
    """Write down what somebody did who did not sign in."""
    audit.record(
        session,
        practice_id=link.practice_id,
        at=at,
        actor_id=account_holds.PATIENT,
        action=action,
        subject="account",
        subject_id=link.patient_id,
        reason="on the pay page",
    )
