"""The end of the day: what each person took, counted; and what is carried to the bank."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from sqlmodel import Session

from api import actions, errors
from api.actions import Done
from api.auth import require
from api.claim_form import Amount, Part
from api.errors import Fault, Problem
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.encounters import Cursor, PageSize
from api.routers.pages import NOTES, Failed, answer, day_asked, read, show, typed_into
from billing.days import start_of
from billing.money import format_dollars
from billing.roles import Permission
from database import cash
from database.access import Person
from database.cash import DayClosed, DepositPage, NotOurs, Takings

api = APIRouter(prefix="/api/v1/tills", tags=["tills"])
pages = APIRouter(prefix="/day-close", include_in_schema=False)

Cashier = Annotated[Person, require(Permission.TAKE_PAYMENT)]
Approver = Annotated[Person, require(Permission.APPROVE)]
Poster = Annotated[Person, require(Permission.POST_REMITTANCE)]

DEPOSITS_SHOWN = 20
"""Deposits on one page"""


class CountForm(Part):
    """What lies in the till."""

    cash: Amount
    cheques: Amount
    reason: Annotated[str, Field(max_length=500)] = ""
    """Needed when counted and expected differ"""


class ReopenForm(Part):
    """Why a closed day is opened again."""

    reason: Annotated[str, Field(min_length=1, max_length=200)]


class DepositForm(Part):
    """What is carried to the bank: every closed day, and payers' cheques."""

    reference: Annotated[str, Field(min_length=1, max_length=100)]
    payer_cheques: Amount


@api.get("/deposits")
def list_deposits(office: TheOffice, person: Cashier, before: Cursor = None, limit: PageSize = 50) -> DepositPage:
    """What was carried to the bank, the newest first, with the slip and the days that were in it."""
    with office.database.reading() as session:
        return cash.deposits(session, practice_id=person.practice_id, before=before, limit=limit)


@api.get("/{day}")
def show_takings(day: date, office: TheOffice, person: Cashier) -> list[Takings]:
    """What each person took on that day, by method, and what was counted."""
    with office.database.reading() as session:
        return cash.takings(session, practice_id=person.practice_id, day=day)


@api.post("/{day}/{user_id}/close", status_code=201)
def close_till(
    day: date, user_id: str, form: CountForm, key: IdempotencyKey, office: TheOffice, person: Cashier
) -> dict[str, Any]:
    """Count and close one's own day; a supervisor closes anybody's. 409: it is closed already."""
    return _close(office, person, day, user_id, form, key=key).body


@api.post("/{day}/{user_id}/reopen")
def reopen_till(
    day: date, user_id: str, form: ReopenForm, key: IdempotencyKey, office: TheOffice, person: Approver
) -> dict[str, Any]:
    """Take the count of a day back, so that more can be taken and it is counted anew. 409: it is at the bank."""
    return _reopen(office, person, day, user_id, form, key=key).body


@api.post("/deposits", status_code=201)
def make_deposit(form: DepositForm, key: IdempotencyKey, office: TheOffice, person: Poster) -> dict[str, Any]:
    """Carry every closed day to the bank at once."""
    return _deposit(office, person, form, key=key).body


@pages.get("")
def show_page(request: Request, office: TheOffice, person: Cashier, day: str = "", note: str = "") -> Response:
    """One day's tills; today's where the day was left empty or cannot be read."""
    asked, fault = day_asked(day, office.today(person))
    return _page(request, office, person, asked, Failed(), note=NOTES.get(note, ""), fault=fault)


@pages.get("/deposits")
def show_deposits(request: Request, office: TheOffice, person: Cashier, before: str | None = None) -> Response:
    """What was carried to the bank."""
    return show(request, "deposits.html", person, deposits=list_deposits(office, person, before, DEPOSITS_SHOWN))


@pages.post("/{day}/{user_id}/close")
async def close_from_page(request: Request, day: date, user_id: str, office: TheOffice, person: Cashier) -> Response:
    """Count and close from the page's form."""
    typed = await typed_into(request)

    async def act() -> Done:
        form = read(CountForm, typed)
        return await run_in_threadpool(_close, office, person, day, user_id, form, key=typed["key"])

    def page(failed: Failed) -> Response:
        return _page(request, office, person, day, failed)

    return await answer(act, f"close-{user_id}", typed, f"/day-close?day={day}&", page)


@pages.post("/{day}/{user_id}/reopen")
async def reopen_from_page(request: Request, day: date, user_id: str, office: TheOffice, person: Approver) -> Response:
    """Take a count back from the page's form."""
    typed = await typed_into(request)

    async def act() -> Done:
        form = read(ReopenForm, typed)
        return await run_in_threadpool(_reopen, office, person, day, user_id, form, key=typed["key"])

    def page(failed: Failed) -> Response:
        return _page(request, office, person, day, failed)

    return await answer(act, f"reopen-{user_id}", typed, f"/day-close?day={day}&", page)


@pages.post("/deposit")
async def deposit_from_page(request: Request, office: TheOffice, person: Poster) -> Response:
    """Carry to the bank from the page's form."""
    typed = await typed_into(request)

    async def act() -> Done:
        form = read(DepositForm, typed)
        return await run_in_threadpool(_deposit, office, person, form, key=typed["key"])

    def page(failed: Failed) -> Response:
        return _page(request, office, person, office.today(person), failed)

    return await answer(act, "deposit", typed, "/day-close", page)


def _page(
    request: Request, office: Office, person: Person, day: date, failed: Failed, note: str = "", fault: str = ""
) -> Response:
    with office.database.reading() as session:
        rows = cash.takings(session, practice_id=person.practice_id, day=day)
        closes = cash.in_the_house(session, person.practice_id)
        in_the_house = cash.undeposited_cents(session, person.practice_id)
    return show(
        request,
        "day_close.html",
        person,
        status=422 if fault else failed.status,
        day=day,
        fault=fault,
        rows=rows,
        closed_count=len(closes),
        closed_cents=sum(one.counted_cash_cents + one.counted_cheque_cents for one in closes),
        in_the_house=in_the_house,
        may_close={row.user_id for row in rows if _may_close(person, row.user_id)},
        may_reopen=person.may(Permission.APPROVE),
        may_deposit=person.may(Permission.POST_REMITTANCE),
        failed=failed,
        keys=failed.key_for,
        note=note,
    )


def _may_close(person: Person, user_id: str) -> bool:
    return user_id == person.user_id or person.may(Permission.APPROVE)


def _close(office: Office, person: Person, day: date, user_id: str, form: CountForm, *, key: str) -> Done:
    if not _may_close(person, user_id):
        raise Problem(
            403, "forbidden", "This is another person's till", "They close it themselves, or a supervisor does."
        )
    if day > office.today(person):
        raise errors.invalid([Fault(field="cash", message="this day has not come yet")])

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        try:
            close = cash.close_day(
                session,
                practice_id=person.practice_id,
                user_id=user_id,
                day=day,
                cash_cents=form.cash,
                cheque_cents=form.cheques,
                reason=form.reason,
                at=office.now(),
                actor_id=person.user_id,
            )
        except NotOurs as error:
            raise errors.not_found("person") from error
        except DayClosed as error:
            raise Problem(409, "day-closed", "This day is closed already", "Look at the page again.") from error
        except ValueError as error:
            raise errors.invalid([Fault(field="reason", message=str(error))]) from error
        actions.audited(session, office, person, action="create", subject="till", subject_id=close.id)
        return close.id, {"till_close_id": close.id}

    return actions.kept_once(office, person, "close_till", f"{day}:{user_id}", form, effect, key=key)


def _reopen(office: Office, person: Person, day: date, user_id: str, form: ReopenForm, *, key: str) -> Done:
    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        try:
            was = cash.open_again(session, practice_id=person.practice_id, user_id=user_id, day=day)
        except NotOurs as error:
            raise Problem(409, "day-open", "This day is not closed", "Look at the page again.") from error
        except DayClosed as error:
            raise Problem(409, "at-the-bank", "This day can not be opened again", f"{error}.") from error
        counted = f"{was.counted_cash_cents} cents cash, {was.counted_cheque_cents} cents cheques"
        said = f"count of {day} taken back ({counted}): {form.reason}"
        actions.audited(session, office, person, action="delete", subject="till", subject_id=was.id, reason=said[:300])
        return was.id, {"till_close_id": was.id}

    return actions.kept_once(office, person, "reopen_till", f"{day}:{user_id}", form, effect, key=key)


def _deposit(office: Office, person: Person, form: DepositForm, *, key: str) -> Done:
    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        since = start_of(office.today(person), person.zone)
        same = cash.deposit_with_slip(session, practice_id=person.practice_id, reference=form.reference, since=since)
        if same is not None:
            said = f"Slip {same.reference} of today is recorded already"
            detail = f"It carried {format_dollars(same.amount_cents)}. Another deposit has a slip number of its own."
            raise Problem(409, "slip-recorded", said, detail)
        try:
            made = cash.deposit(
                session,
                practice_id=person.practice_id,
                payer_cheque_cents=form.payer_cheques,
                reference=form.reference,
                at=office.now(),
                actor_id=person.user_id,
            )
        except ValueError as error:
            raise errors.invalid([Fault(field="payer_cheques", message=str(error))]) from error
        actions.audited(session, office, person, action="create", subject="deposit", subject_id=made.id)
        return made.id, {"deposit_id": made.id, "amount_cents": made.amount_cents}

    return actions.kept_once(office, person, "make_deposit", "", form, effect, key=key)
