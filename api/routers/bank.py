"""What the bank booked, held against what remittances advised and the card processor paid out: pairs by themselves, by
hand, or set aside."""

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BeforeValidator, Field
from sqlmodel import Session

from activities import bank_desk, bank_files, card_payouts, filing
from activities.bank_desk import DoesNotFit
from activities.card_processor import PaymentGateway, ProcessorRefused, ProcessorUnreachable
from api import actions, auth, errors, uploads
from api.actions import Done
from api.auth import Viewer, require
from api.claim_form import Part
from api.errors import Fault, Problem
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.pages import NOTES, Failed, answer, read, show, typed_into
from api.routers.paper import Poster, refuse_while_older_waits
from billing.roles import Permission
from database import aged_cash, agency_remittances, bank, lockbox, messages
from database import card_payouts as payout_rows
from database.access import Person
from database.aged_cash import AgedCash
from database.agency_remittances import Remitted
from database.bank import MovementView, UnfundedView
from database.card_payouts import Item, PayoutView
from database.lockbox import UnplacedView
from database.tables import BankMovement
from interchange.bank.faults import BankFileInvalid
from interchange.x12.detect import identify

api = APIRouter(prefix="/api/v1/bank", tags=["remittances"])
pages = APIRouter(prefix="/bank", include_in_schema=False)

Approver = Annotated[Person, require(Permission.APPROVE)]
SHOWN = 100
FILE = {"requestBody": {"required": True, "content": {"text/plain": {"schema": {"type": "string"}}}}}
UPLOAD = "file"
PAYOUTS = "payouts"


@dataclass(frozen=True, slots=True)
class BankPage:
    """How bank and remittances stand to each other."""

    open: list[MovementView]
    """Bookings that are nobody's yet, the newest first"""
    unfunded: list[UnfundedView]
    """Remittances whose money the bank has not confirmed, since the first day that its files tell of"""
    matched: list[MovementView]
    set_aside: list[MovementView]
    unplaced: list[UnplacedView]
    """Cheques of a lockbox that are on no account yet, the oldest first"""
    aged: list[AgedCash]
    """What waits longer than aged_cash_lock_days, the oldest first: until it is settled no newer money is put away by
    hand"""
    opened_because: str | None
    """Why the lock is open today; None: it is not"""
    payouts: list[PayoutView]
    """Of the card processor, the newest first"""
    agencies: list[Remitted]
    """What agencies told of and have not passed on, the oldest first"""
    cards: list[Item]
    """Card payments, refunds and returns that it has not paid out yet, the oldest first"""


class PairForm(Part):
    """Whose money a booking is: of remittances, of one payout of the card processor, or of one agency's files."""

    remittance_ids: Annotated[
        list[str],
        BeforeValidator(lambda typed: typed.replace(",", " ").split() if isinstance(typed, str) else typed),
        Field(min_length=1, max_length=50),
    ]


class OpeningForm(Part):
    """Why newer money may be put away today."""

    reason: Annotated[str, Field(min_length=3, max_length=300)]


class SetAsideForm(Part):
    """Why a booking is no remittance's."""

    reason: Annotated[str, Field(min_length=3, max_length=300)]


@api.get("")
def show_bank(request: Request, office: TheOffice, person: Viewer) -> BankPage:
    """Bookings that wait, remittances without money, and the last ones that are settled."""
    with office.database.reading() as session:
        since = bank.read_since(session, practice_id=person.practice_id)
        movements = partial(bank.page, session, practice_id=person.practice_id, limit=SHOWN)
        opened = aged_cash.opening(session, practice_id=person.practice_id, day=office.today(person))
        found = BankPage(
            movements(state=bank.OPEN),
            bank.unfunded(session, practice_id=person.practice_id, since=since or date.max, limit=SHOWN),
            movements(state=bank.MATCHED),
            movements(state=bank.SET_ASIDE),
            lockbox.unplaced_views(session, practice_id=person.practice_id, limit=SHOWN),
            aged_cash.aged(session, practice_id=person.practice_id, at=office.now())[:SHOWN],
            opened.reason if opened else None,
            payout_rows.views(session, practice_id=person.practice_id, limit=SHOWN),
            agency_remittances.waiting(session, practice_id=person.practice_id)[:SHOWN],
            payout_rows.items(session, practice_id=person.practice_id, limit=SHOWN),
        )
    if found.unplaced or found.cards:
        auth.seen(request, person, subject="bank", subject_id=person.practice_id)
    return found


@api.post("/files", openapi_extra=FILE, status_code=201)
async def post_file(request: Request, office: TheOffice, person: Poster) -> dict[str, str]:
    """A file of the bank: ACH entries (NACHA), a balance report (BAI2), or a lockbox's cheques (BAI or CSV). The same
    bytes twice change nothing. 422: it contradicts itself, with the line; nothing of it is taken then."""
    return {"note": await run_in_threadpool(_take, office, person, await request.body())}


@api.post("/payouts")
def post_payouts(request: Request, office: TheOffice, person: Poster) -> dict[str, str]:
    """Ask the card processor for its payouts; one that is known changes nothing. 503: it did not answer."""
    return {"note": _ask_for_payouts(request, office, person)}


@api.post("/{movement_id}/pair")
def post_pair(
    movement_id: str, form: PairForm, key: IdempotencyKey, office: TheOffice, person: Poster
) -> dict[str, Any]:
    """Say whose money a booking is; the sums have to agree."""
    return _pair(office, person, movement_id, form, key=key).body


@api.post("/{movement_id}/set-aside")
def post_set_aside(
    movement_id: str, form: SetAsideForm, key: IdempotencyKey, office: TheOffice, person: Poster
) -> dict[str, Any]:
    """Say why a booking is no remittance's money."""
    return _set_aside(office, person, movement_id, form, key=key).body


@api.post("/aged/open", status_code=201)
def post_opening(form: OpeningForm, key: IdempotencyKey, office: TheOffice, person: Approver) -> dict[str, Any]:
    """Let newer money be put away today though older waits."""
    return _open(office, person, form, key=key).body


@pages.get("")
def show_page(request: Request, office: TheOffice, person: Viewer, note: str = "") -> Response:
    """The bank's page."""
    return _page(request, office, person, Failed(), NOTES.get(note, ""))


@pages.post("/files")
async def take_from_page(request: Request, office: TheOffice, person: Poster) -> Response:
    """Take a file in, and say what became of it."""
    body = await uploads.sent(request)

    def act() -> Response:
        try:
            return _page(request, office, person, Failed(), _take(office, person, body))
        except Problem as problem:
            return _page(request, office, person, Failed(UPLOAD, problem.title, problem.detail, status=problem.status))

    return await run_in_threadpool(act)


@pages.post("/payouts")
async def ask_from_page(request: Request, office: TheOffice, person: Poster) -> Response:
    """Ask the card processor, and say what it told."""

    def act() -> Response:
        try:
            return _page(request, office, person, Failed(), _ask_for_payouts(request, office, person))
        except Problem as problem:
            failed = Failed(PAYOUTS, problem.title, problem.detail, status=problem.status)
            return _page(request, office, person, failed)

    return await run_in_threadpool(act)


@pages.post("/{movement_id}/pair")
async def pair_from_page(request: Request, movement_id: str, office: TheOffice, person: Poster) -> Response:
    """Pair by hand."""
    typed = await typed_into(request)

    def act() -> Done:
        return _pair(office, person, movement_id, read(PairForm, typed), key=typed["key"])

    def page(failed: Failed) -> Response:
        return _page(request, office, person, failed)

    return await answer(lambda: run_in_threadpool(act), f"pair-{movement_id}", typed, "/bank", page)


@pages.post("/{movement_id}/set-aside")
async def set_aside_from_page(request: Request, movement_id: str, office: TheOffice, person: Poster) -> Response:
    """Set a booking aside."""
    typed = await typed_into(request)

    def act() -> Done:
        return _set_aside(office, person, movement_id, read(SetAsideForm, typed), key=typed["key"])

    def page(failed: Failed) -> Response:
        return _page(request, office, person, failed)

    return await answer(lambda: run_in_threadpool(act), f"aside-{movement_id}", typed, "/bank", page)


@pages.post("/aged/open")
async def open_from_page(request: Request, office: TheOffice, person: Approver) -> Response:
    """Open the lock for today."""
    typed = await typed_into(request)

    def act() -> Done:
        return _open(office, person, read(OpeningForm, typed), key=typed["key"])

    def page(failed: Failed) -> Response:
        return _page(request, office, person, failed)

    return await answer(lambda: run_in_threadpool(act), "open-lock", typed, "/bank", page)


def _open(office: Office, person: Person, form: OpeningForm, *, key: str) -> Done:
    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        day = office.today(person)
        row = aged_cash.open_lock(
            session, practice_id=person.practice_id, day=day, reason=form.reason, by=person.user_id, at=office.now()
        )
        actions.updated(session, office, person, "aged_cash", row.id, form.reason)
        return row.id, {"day": day.isoformat(), "reason": row.reason}

    return actions.kept_once(office, person, "open_aged_cash", person.practice_id, form, effect, key=key)


def _ask_for_payouts(request: Request, office: Office, person: Person) -> str:
    gateway: PaymentGateway | None = request.app.state.payment_gateway
    if gateway is None:
        detail = "Set ZEROBALANCE_CARD_PROCESSOR_URL, or wait for the processor's notices."
        raise Problem(503, "no-processor", "No card processor is set up here", detail)
    try:
        verdicts = card_payouts.fetch(office.database, gateway, at=office.now())
    except (ProcessorUnreachable, ProcessorRefused) as error:
        detail = "Nothing was changed. Try again later; the office asks by itself, too."
        raise Problem(503, "processor-silent", "The card processor did not tell its payouts", detail) from error
    with office.database.writing() as session:
        words = f"asked the card processor: {len(verdicts)} payouts"
        actions.audited(
            session, office, person, action="create", subject="bank", subject_id=person.practice_id, reason=words
        )
    return f"The card processor told of {len(verdicts)} payouts{''.join(f'; {one}' for one in verdicts)}"


def _take(office: Office, person: Person, body: bytes) -> str:
    if len(body) > uploads.LONGEST_FILE:
        raise Problem(413, "too-large", "The file is above 1 MB", "Ask the bank for a file of fewer days.")
    kind = identify(body)
    if kind not in bank_files.KINDS:
        detail = (
            "It begins with 101 (ACH entries, 94 characters a record), with 01, (a BAI2 report), with the records 1 "
            "and 2 of a lockbox (80 columns), or with a header that names deposit_date, amount and check_number (CSV)."
        )
        raise Problem(422, "no-bank-file", "This is no file of a bank that can be read here", detail)
    try:
        bank_files.check(kind, body)
    except BankFileInvalid as error:
        detail = f"{str(error).capitalize()}. Nothing of it was taken: ask the bank for the whole file."
        raise Problem(422, "bank-file-invalid", "The bank's file contradicts itself", detail) from error
    with office.database.writing() as session:
        message, _ = messages.store_inbound(
            session,
            partner_id=None,
            practice_id=person.practice_id,
            kind=str(kind),
            body=body,
            received_at=office.now(),
        )
        words = "file of the bank"
        actions.audited(
            session, office, person, action="create", subject="message", subject_id=message.id, reason=words
        )
    with office.database.writing() as session:
        return filing.file_message(session, message.id)


def _pair(office: Office, person: Person, movement_id: str, form: PairForm, *, key: str) -> Done:
    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        row = _locked(session, person, movement_id)
        refuse_while_older_waits(session, office, person, row.received_at)
        try:
            bank_desk.pair_by_hand(session, row, form.remittance_ids, at=office.now(), by=person.user_id)
        except DoesNotFit as error:
            raise errors.invalid([Fault(field="remittance_ids", message=str(error))]) from error
        words = f"money of {', '.join(form.remittance_ids)}"[:300]
        actions.updated(session, office, person, "bank_movement", row.id, words)
        return row.id, {"movement_id": row.id, "state": row.state}

    return actions.kept_once(office, person, "pair_bank_movement", movement_id, form, effect, key=key)


def _set_aside(office: Office, person: Person, movement_id: str, form: SetAsideForm, *, key: str) -> Done:
    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        row = _locked(session, person, movement_id)
        if row.state != bank.OPEN:
            raise errors.invalid([Fault(field="reason", message="somebody settled this booking meanwhile")])
        refuse_while_older_waits(session, office, person, row.received_at)
        bank_desk.set_aside(session, row, form.reason, at=office.now(), by=person.user_id)
        actions.updated(session, office, person, "bank_movement", row.id, form.reason)
        return row.id, {"movement_id": row.id, "state": row.state}

    return actions.kept_once(office, person, "set_bank_movement_aside", movement_id, form, effect, key=key)


def _locked(session: Session, person: Person, movement_id: str) -> BankMovement:
    row = bank.lock(session, movement_id, practice_id=person.practice_id)
    if row is None:
        raise errors.not_found("booking")
    return row


def _page(request: Request, office: Office, person: Person, failed: Failed, note: str = "") -> Response:
    found = show_bank(request, office, person)
    amounts = frozenset(int(one.movement.amount_cents) for one in found.open)
    with office.database.reading() as session:
        fitting = bank.unfunded(session, practice_id=person.practice_id, cents=amounts, limit=SHOWN) if amounts else []
        sent = payout_rows.unbooked(session, practice_id=person.practice_id) if amounts else []
    return show(
        request,
        "bank.html",
        person,
        status=failed.status,
        failed=failed,
        found=found,
        fitting=fitting,
        sent=sent,
        has_processor=request.app.state.payment_gateway is not None,
        keys=failed.key_for,
        note=note,
        may_change=person.may(Permission.POST_REMITTANCE),
        may_approve=person.may(Permission.APPROVE),
    )
