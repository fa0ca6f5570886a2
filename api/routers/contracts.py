"""Contracts of payers: added, changed, and given rates by a file whose effect is shown before it is taken.

Claims that were made keep what they were expected to bring; a change holds for those that are made from then on.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import TypeAdapter
from sqlmodel import Session

from api import auth, errors, idempotency, uploads
from api.actions import Done
from api.auth import Viewer, require
from api.contract_form import ContractChange, ContractForm
from api.errors import Fault, Problem
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.pages import NOTES, Failed, answer, read, show, typed_into
from billing.contract_rates import read_rates, write_rates
from billing.contracts import Basis, Rate
from billing.money import format_dollars
from billing.roles import Permission
from billing.spreadsheets import RowFault
from database import audit, contract_views, contracts, payers, records
from database.access import Person
from database.columns import new_id
from database.contract_views import ContractView, RatePage
from database.contracts import RateChange

of_payers = APIRouter(prefix="/api/v1/payers/{payer_id}/contracts", tags=["contracts"])
api = APIRouter(prefix="/api/v1/contracts", tags=["contracts"])
pages = APIRouter(prefix="/setup", include_in_schema=False)

Supervisor = Annotated[Person, require(Permission.SET_UP)]
Sought = Annotated[str, Query(max_length=48)]
FORM = "contract"
"""What the form of the terms calls itself, where it adds and where it changes"""


@dataclass(frozen=True, slots=True)
class RateView:
    """One rate of a file beside what is there."""

    procedure: str
    modifier: str
    place: str
    effective_from: str
    now: str
    """What is there, such as $92.20 or 80 %; empty: nothing"""
    then: str


@dataclass(frozen=True, slots=True)
class RatesEffect:
    """What a file does, or would do."""

    is_dry_run: bool
    added: list[RateView]
    changed: list[RateView]
    unchanged: int
    faults: list[RowFault]
    """Rows that are not taken"""


_EFFECT = TypeAdapter(RatesEffect)


@of_payers.get("")
def list_contracts(payer_id: str, office: TheOffice, person: Viewer) -> list[ContractView]:
    """The payer's contracts, the newest first."""
    with office.database.reading() as session:
        if payers.find(session, practice_id=person.practice_id, payer_id=payer_id) is None:
            raise errors.not_found("payer")
        today = office.today(person)
        return contract_views.of_payer(session, practice_id=person.practice_id, payer_id=payer_id, today=today)


@of_payers.post("", status_code=201, response_model=dict[str, Any])
def add_contract(
    request: Request, payer_id: str, form: ContractForm, key: IdempotencyKey, office: TheOffice, person: Supervisor
) -> Response:
    """Keep a contract with the payer, from a day on."""
    return JSONResponse(_add(request, office, person, payer_id, form, key).body, 201)


@api.get("/{contract_id}")
def show_contract(contract_id: str, office: TheOffice, person: Viewer) -> ContractView:
    """One contract with its terms."""
    with office.database.reading() as session:
        today = office.today(person)
        found = contract_views.contract(session, practice_id=person.practice_id, contract_id=contract_id, today=today)
    if found is None:
        raise errors.not_found("contract")
    return found


@api.put("/{contract_id}", response_model=dict[str, Any])
def change_contract(
    request: Request, contract_id: str, form: ContractChange, key: IdempotencyKey, office: TheOffice, person: Supervisor
) -> Response:
    """Change a contract's days or terms. Claims that were made keep what they were expected to bring."""
    return JSONResponse(_change(request, office, person, contract_id, form, key).body)


@api.get("/{contract_id}/rates")
def list_rates(contract_id: str, office: TheOffice, person: Viewer, q: Sought = "") -> RatePage:
    """Rates by the beginning of the procedure code; at most 500."""
    show_contract(contract_id, office, person)
    with office.database.reading() as session:
        return contract_views.rate_page(session, contract_id, text=q.strip())


@api.get("/{contract_id}/rates.csv")
def take_rates(contract_id: str, office: TheOffice, person: Viewer) -> Response:
    """Every rate as the CSV that can be sent back."""
    show_contract(contract_id, office, person)
    with office.database.reading() as session:
        text = write_rates(contracts.all_rates(session, contract_id))
    headers = {"Content-Disposition": f'attachment; filename="rates-{contract_id}.csv"'}
    return Response(text, media_type="text/csv", headers=headers)


@api.post("/{contract_id}/rates", openapi_extra=uploads.CSV_BODY)
async def load_rates(
    request: Request,
    contract_id: str,
    office: TheOffice,
    person: Supervisor,
    key: IdempotencyKey,
    dry_run: bool = False,
) -> RatesEffect:
    """Take rates from a CSV (procedure, modifier, place, rate or percent, effective_from): good rows; others are named.

    With `dry_run=true` nothing changes, and the answer says what would.
    """
    text = uploads.text_of(await request.body())
    if dry_run:
        return await run_in_threadpool(_preview, office, person, contract_id, text)
    return await run_in_threadpool(_take, request, office, person, contract_id, text, key)


@pages.get("/payers/{payer_id}/contracts")
def show_new(request: Request, payer_id: str, office: TheOffice, person: Supervisor) -> Response:
    """The form for a new contract."""
    return _new_page(request, office, person, payer_id, Failed())


@pages.post("/payers/{payer_id}/contracts")
async def add_by_form(request: Request, payer_id: str, office: TheOffice, person: Supervisor) -> Response:
    """Keep a contract with the payer."""
    typed = await typed_into(request)

    def act() -> Done:
        return _add(request, office, person, payer_id, read(ContractForm, typed), typed["key"])

    def page(failed: Failed) -> Response:
        return _new_page(request, office, person, payer_id, failed)

    return await answer(lambda: run_in_threadpool(act), FORM, typed, _home, page)


@pages.get("/contracts/{contract_id}")
def show_page(
    request: Request,
    contract_id: str,
    office: TheOffice,
    person: Viewer,
    q: Sought = "",
    note: str = "",
    added: int = 0,
    changed: int = 0,
) -> Response:
    """One contract: its terms, its rates, and the forms that change them."""
    told = f"Taken: {added} added, {changed} changed." if added or changed else NOTES.get(note, "")
    return _page(request, office, person, contract_id, Failed(), q=q, note=told)


@pages.post("/contracts/{contract_id}")
async def change_by_form(request: Request, contract_id: str, office: TheOffice, person: Supervisor) -> Response:
    """Change a contract."""
    typed = await typed_into(request)

    def act() -> Done:
        return _change(request, office, person, contract_id, read(ContractChange, typed), typed["key"])

    def page(failed: Failed) -> Response:
        return _page(request, office, person, contract_id, failed)

    return await answer(lambda: run_in_threadpool(act), FORM, typed, _home, page)


@pages.post("/contracts/{contract_id}/preview")
async def show_preview(request: Request, contract_id: str, office: TheOffice, person: Supervisor) -> Response:
    """What the file would do. Nothing is changed yet."""
    return await run_in_threadpool(_previewed, request, office, person, contract_id, await uploads.sent(request))


@pages.post("/contracts/{contract_id}/rates")
async def confirm(request: Request, contract_id: str, office: TheOffice, person: Supervisor) -> Response:
    """Take the good rows that the preview showed."""
    typed = await typed_into(request)
    effect = await run_in_threadpool(_take, request, office, person, contract_id, typed.get("csv", ""), typed["key"])
    home = f"/setup/contracts/{contract_id}"
    return RedirectResponse(f"{home}?added={len(effect.added)}&changed={len(effect.changed)}", 303)


def _home(done: Done) -> str:
    return f"/setup/contracts/{done.body['contract_id']}"


def _new_page(request: Request, office: Office, person: Person, payer_id: str, failed: Failed) -> Response:
    with office.database.reading() as session:
        payer = payers.find(session, practice_id=person.practice_id, payer_id=payer_id)
    if payer is None:
        raise errors.not_found("payer")
    return show(
        request,
        "contract_new.html",
        person,
        status=failed.status,
        payer=payer,
        bases=Basis,
        failed=failed,
        key=failed.key_for(FORM),
        today=office.today(person),
    )


def _page(
    request: Request,
    office: Office,
    person: Person,
    contract_id: str,
    failed: Failed,
    *,
    q: str = "",
    note: str = "",
    fault: str = "",
    pasted: str = "",
    status: int = 200,
) -> Response:
    return show(
        request,
        "contract.html",
        person,
        status=max(status, failed.status),
        contract=show_contract(contract_id, office, person),
        found=list_rates(contract_id, office, person, q),
        bases=Basis,
        q=q.strip(),
        failed=failed,
        key=failed.key_for(FORM),
        note=note,
        fault=fault,
        pasted=pasted,
        may_change=person.may(Permission.SET_UP),
    )


def _previewed(request: Request, office: Office, person: Person, contract_id: str, body: bytes) -> Response:
    def look(text: str) -> Response:
        contract = show_contract(contract_id, office, person)
        good, _ = read_rates(text, begins=contract.begins)
        return show(
            request,
            "contract_preview.html",
            person,
            contract=contract,
            effect=_preview(office, person, contract_id, text),
            csv=write_rates(good),
            typed=text,
            key=new_id(),
        )

    def refuse(fault: str, pasted: str) -> Response:
        return _page(request, office, person, contract_id, Failed(), fault=fault, pasted=pasted, status=422)

    return uploads.looked_at(body, look, refuse)


def _add(request: Request, office: Office, person: Person, payer_id: str, form: ContractForm, key: str) -> Done:
    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        if payers.find(session, practice_id=person.practice_id, payer_id=payer_id) is None:
            raise errors.not_found("payer")
        _refuse_same_day(session, payer_id, form)
        row = contracts.add(
            session,
            practice_id=person.practice_id,
            payer_id=payer_id,
            name=form.name,
            begins=form.begins,
            ends=form.ends,
            terms=form.terms(),
            at=office.now(),
        )
        said = f"{form.name}, from {form.begins}: {form.terms().in_words}: {form.reason}"
        _audited(request, session, office, person, action="create", contract_id=row.id, reason=said)
        return row.id, {"contract_id": row.id}

    return _once(office, person, "add_contract", payer_id, form, key, effect, 201)


def _change(request: Request, office: Office, person: Person, contract_id: str, form: ContractChange, key: str) -> Done:
    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        row = contracts.lock(session, practice_id=person.practice_id, contract_id=contract_id)
        if row is None:
            raise errors.not_found("contract")
        if row.version != form.version:
            raise Problem(409, "contract-changed", "Somebody changed the contract", "Look at it again, then change it.")
        _refuse_same_day(session, row.payer_id, form, but=row.id)
        before = f"{row.name}, {row.begins} to {row.ends or 'further'}, {contracts.contract_of(row).terms.in_words}"
        row.name, row.begins, row.ends = form.name, form.begins, form.ends
        row.terms = records.dump(form.terms())
        row.version += 1
        session.add(row)
        now = f"{row.name}, {row.begins} to {row.ends or 'further'}, {form.terms().in_words}"
        said = f"{form.reason}; now {now}; was {before}"
        _audited(request, session, office, person, action="update", contract_id=row.id, reason=said)
        return row.id, {"contract_id": row.id}

    return _once(office, person, "change_contract", contract_id, form, key, effect, 200)


def _once(
    office: Office,
    person: Person,
    name: str,
    subject_id: str,
    form: ContractForm,
    key: str,
    effect: Callable[[Session], tuple[str, dict[str, Any]]],
    status: int,
) -> Done:
    sha256 = idempotency.fingerprint(name, subject_id, form.model_dump(mode="json"))
    return Done(idempotency.once(office, person, name=name, key=key, body_sha256=sha256, effect=effect), status)


def _refuse_same_day(session: Session, payer_id: str, form: ContractForm, but: str | None = None) -> None:
    if contracts.begins_on(session, payer_id=payer_id, day=form.begins, but=but):
        message = "the payer has a contract from that day already: change that one, or choose another day"
        raise errors.invalid([Fault(field="begins", message=message)])


def _preview(office: Office, person: Person, contract_id: str, text: str) -> RatesEffect:
    rates, faults = read_rates(text, begins=show_contract(contract_id, office, person).begins)
    with office.database.reading() as session:
        changes = contracts.compare_rates(session, contract_id, rates)
    return _effect(changes, faults, is_dry_run=True)


def _take(request: Request, office: Office, person: Person, contract_id: str, text: str, key: str) -> RatesEffect:
    """Take the good rows, once per key. Raises Problem 422 when there is none."""
    rates, faults = read_rates(text, begins=show_contract(contract_id, office, person).begins)
    if not rates:
        told = [Fault(field=f"line {one.line}", message=one.message) for one in faults]
        raise errors.invalid(told or [Fault(field="body", message="has no rows")])

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        row = contracts.lock(session, practice_id=person.practice_id, contract_id=contract_id)
        if row is None:
            raise errors.not_found("contract")
        changes = contracts.compare_rates(session, contract_id, rates)
        contracts.save_rates(session, row, changes)
        _audited(request, session, office, person, action="update", contract_id=contract_id, reason=_in_words(changes))
        return contract_id, asdict(_effect(changes, faults, is_dry_run=False))

    sha256 = idempotency.fingerprint("load_rates", contract_id, text)
    made = idempotency.once(office, person, name="load_rates", key=key, body_sha256=sha256, effect=effect)
    return _EFFECT.validate_python(made)


def _effect(changes: list[RateChange], faults: list[RowFault], *, is_dry_run: bool) -> RatesEffect:
    return RatesEffect(
        is_dry_run=is_dry_run,
        added=[_view(one) for one in changes if one.is_added],
        changed=[_view(one) for one in changes if one.is_changed],
        unchanged=sum(not one.is_added and not one.is_changed for one in changes),
        faults=faults,
    )


def _view(change: RateChange) -> RateView:
    rate = change.rate
    day = str(rate.effective_from)
    return RateView(rate.procedure, rate.modifier, rate.place, day, _worth(change.before), _worth(rate))


def _worth(rate: Rate | None) -> str:
    if rate is None:
        return ""
    return f"{rate.percent:f} %" if rate.amount_cents is None else format_dollars(rate.amount_cents)


def _in_words(changes: list[RateChange]) -> str:
    """For the audit: how many, and the first few with what they were before."""
    moved = [one for one in changes if one.is_added or one.is_changed]
    told = [
        f"{one.rate.procedure}{one.rate.modifier and '-' + one.rate.modifier} from {one.rate.effective_from}: "
        f"{_worth(one.rate)}" + (f", was {_worth(one.before)}" if one.before else "")
        for one in moved[:5]
    ]
    return f"{len(moved)} rates; {'; '.join(told)}"


def _audited(
    request: Request, session: Session, office: Office, person: Person, *, action: str, contract_id: str, reason: str
) -> None:
    audit.record(
        session,
        practice_id=person.practice_id,
        at=office.now(),
        actor_id=person.user_id,
        action=action,
        subject="contract",
        subject_id=contract_id,
        reason=reason[:300],
        source=auth.source_of(request),
    )
