"""The charge master: listed, searched, and changed by a file whose effect is shown before it is taken."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from pydantic import TypeAdapter
from sqlmodel import Session

from api import auth, errors, idempotency, uploads
from api.auth import Viewer, require
from api.errors import Fault
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.pages import show, typed_into
from billing.charges import read_charge_master, write_charge_master
from billing.money import format_dollars
from billing.roles import Permission
from billing.spreadsheets import RowFault
from database import audit, prices
from database.access import Person
from database.columns import new_id
from database.prices import PriceChange, PricePage

api = APIRouter(prefix="/api/v1/charges", tags=["charges"])
pages = APIRouter(prefix="/setup/charges", include_in_schema=False)

Supervisor = Annotated[Person, require(Permission.SET_UP)]
Sought = Annotated[str, Query(max_length=48)]


@dataclass(frozen=True, slots=True)
class PriceView:
    """One price of a file beside what is there."""

    procedure: str
    modifier: str
    effective_from: str
    price_cents: int
    before_cents: int | None
    description: str = ""
    """What patients read; nothing: as it is"""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a file does, or would do."""

    is_dry_run: bool
    added: list[PriceView]
    changed: list[PriceView]
    unchanged: int
    faults: list[RowFault]
    """Rows that are not taken"""


_EFFECT = TypeAdapter(Effect)


@api.get("")
def list_charges(office: TheOffice, person: Viewer, q: Sought = "") -> PricePage:
    """Prices by the beginning of the procedure code; at most 500."""
    with office.database.reading() as session:
        return prices.page(session, practice_id=person.practice_id, text=q.strip(), today=office.today(person))


@api.post("", openapi_extra=uploads.CSV_BODY)
async def load_charges(
    request: Request, office: TheOffice, person: Supervisor, key: IdempotencyKey, dry_run: bool = False
) -> Effect:
    """Take prices from a CSV (procedure, modifier, price, effective_from, description): good rows; others are named.

    With `dry_run=true` nothing changes, and the answer says what would.
    """
    text = uploads.text_of(await request.body())
    if dry_run:
        return await run_in_threadpool(_preview, office, person, text)
    return await run_in_threadpool(_take, request, office, person, text, key)


@pages.get("")
def show_page(
    request: Request, office: TheOffice, person: Viewer, q: Sought = "", added: int = 0, changed: int = 0
) -> Response:
    """The list, and the form for a file."""
    note = f"Taken: {added} added, {changed} changed." if added or changed else ""
    return _page(request, office, person, q=q, note=note)


@pages.post("/preview")
async def show_preview(request: Request, office: TheOffice, person: Supervisor) -> Response:
    """What the file would do. Nothing is changed yet."""
    return await run_in_threadpool(_previewed, request, office, person, await uploads.sent(request))


@pages.post("")
async def confirm(request: Request, office: TheOffice, person: Supervisor) -> Response:
    """Take the good rows that the preview showed."""
    typed = await typed_into(request)
    effect = await run_in_threadpool(_take, request, office, person, typed.get("csv", ""), typed["key"])
    return RedirectResponse(f"/setup/charges?added={len(effect.added)}&changed={len(effect.changed)}", 303)


def _previewed(request: Request, office: Office, person: Person, body: bytes) -> Response:
    def look(text: str) -> Response:
        effect = _preview(office, person, text)
        good = write_charge_master(read_charge_master(text).prices)
        return show(request, "charges_preview.html", person, effect=effect, csv=good, typed=text, key=new_id())

    def refuse(fault: str, pasted: str) -> Response:
        return _page(request, office, person, fault=fault, pasted=pasted, status=422)

    return uploads.looked_at(body, look, refuse)


def _page(
    request: Request,
    office: Office,
    person: Person,
    *,
    q: str = "",
    note: str = "",
    fault: str = "",
    pasted: str = "",
    status: int = 200,
) -> Response:
    return show(
        request,
        "charges.html",
        person,
        status=status,
        q=q.strip(),
        found=list_charges(office, person, q),
        note=note,
        fault=fault,
        pasted=pasted,
        may_change=person.may(Permission.SET_UP),
    )


def _preview(office: Office, person: Person, text: str) -> Effect:
    read = read_charge_master(text)
    with office.database.reading() as session:
        changes = prices.compare(session, read.prices, practice_id=person.practice_id)
    return _effect(changes, list(read.faults), is_dry_run=True)


def _take(request: Request, office: Office, person: Person, text: str, key: str) -> Effect:
    """Take the good rows, once per key. Raises Problem 422 when there is none."""
    read = read_charge_master(text)
    if not read.prices:
        faults = [Fault(field=f"line {one.line}", message=one.message) for one in read.faults]
        raise errors.invalid(faults or [Fault(field="body", message="has no rows")])

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        changes = prices.compare(session, read.prices, practice_id=person.practice_id)
        prices.save(session, changes, practice_id=person.practice_id)
        audit.record(
            session,
            practice_id=person.practice_id,
            at=office.now(),
            actor_id=person.user_id,
            action="update",
            subject="charges",
            subject_id=key[:64],
            reason=_in_words(changes),
            source=auth.source_of(request),
        )
        made = _effect(changes, list(read.faults), is_dry_run=False)
        return person.practice_id, asdict(made)

    sha256 = idempotency.fingerprint("load_charges", "", text)
    answer = idempotency.once(office, person, name="load_charges", key=key, body_sha256=sha256, effect=effect)
    return _EFFECT.validate_python(answer)


def _effect(changes: list[PriceChange], faults: list[RowFault], *, is_dry_run: bool) -> Effect:
    return Effect(
        is_dry_run=is_dry_run,
        added=[_view(one) for one in changes if one.is_added],
        changed=[_view(one) for one in changes if one.is_changed],
        unchanged=sum(not one.is_added and not one.is_changed for one in changes),
        faults=faults,
    )


def _view(change: PriceChange) -> PriceView:
    price = change.price
    return PriceView(
        price.procedure,
        price.modifier,
        str(price.effective_from),
        price.price_cents,
        change.before_cents,
        price.description,
    )


def _in_words(changes: list[PriceChange]) -> str:
    """For the audit: how many, and the first few with what they were before."""
    moved = [one for one in changes if one.is_added or one.is_changed]
    told = [
        f"{one.price.procedure}{one.price.modifier and '-' + one.price.modifier} from {one.price.effective_from}: "
        f"{format_dollars(one.price.price_cents)}"
        + ("" if one.before_cents is None else f", was {format_dollars(one.before_cents)}")
        for one in moved[:5]
    ]
    return f"{len(moved)} prices; {'; '.join(told)}"[:300]
