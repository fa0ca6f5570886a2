"""Payers: what each owes, its name, and its own policy rows; a supervisor adds and changes them and says why.

A payer that nobody added comes with its first visit. One whose policies must hold for that visit is added before it.
"""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import Field
from sqlmodel import Session

from api import actions, auth, errors, policy_form
from api.actions import Done
from api.auth import Viewer, require
from api.claim_form import Part, Text60
from api.errors import Fault
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.policy_form import PolicyForm, Why
from api.practice_form import EMPTY
from api.routers.contracts import list_contracts
from api.routers.pages import NOTES, Failed, answer, read, show, typed_into
from billing.amendments import SELF_PAY
from billing.characters import unsendable
from billing.claim import Name, Party
from billing.policies import ABOUT_PAYERS
from billing.roles import Permission
from database import audit, payers
from database.access import Person
from database.office import known_payer, partners, payer_for
from database.payers import PayerRow, PayerView
from database.tables import Payer

api = APIRouter(prefix="/api/v1/payers", tags=["payers"])
pages = APIRouter(prefix="/setup/payers", include_in_schema=False)

Supervisor = Annotated[Person, require(Permission.SET_UP)]
NEW = "new"
"""The form that adds"""


class NameForm(Part):
    """Another name for a payer."""

    name: Text60
    reason: Why


class NewPayerForm(Part):
    """A payer that no visit has named yet."""

    name: Text60
    number: Annotated[str, Field(min_length=1, max_length=80)]
    """At the clearinghouse (2010BB NM109)"""
    partner: Annotated[str | None, EMPTY] = None
    """Name of the clearinghouse; may be left out where there is one only"""


@api.get("")
def list_payers(office: TheOffice, person: Viewer) -> list[PayerRow]:
    """The practice's payers with what each owes."""
    with office.database.reading() as session:
        return payers.page(session, practice_id=person.practice_id)


@api.post("", status_code=201, response_model=dict[str, Any])
def add_payer(
    request: Request, form: NewPayerForm, key: IdempotencyKey, office: TheOffice, person: Supervisor
) -> Response:
    """Add a payer before its first visit, so that its policies and enrolments hold from the first claim on."""
    return JSONResponse(_add(request, office, person, form, key).body, 201)


@api.get("/{payer_id}")
def show_payer(payer_id: str, office: TheOffice, person: Viewer) -> PayerView:
    """One payer with the policies that hold for it."""
    with office.database.reading() as session:
        found = payers.payer(session, practice_id=person.practice_id, payer_id=payer_id, today=office.today(person))
    if found is None:
        raise errors.not_found("payer")
    return found


@api.post("/{payer_id}/name", response_model=dict[str, Any])
def rename(
    request: Request, payer_id: str, form: NameForm, key: IdempotencyKey, office: TheOffice, person: Supervisor
) -> Response:
    """Call the payer by another name. Claims that are in work keep the name they have."""
    return JSONResponse(_rename(request, office, person, payer_id, form, key).body)


@api.post("/{payer_id}/policies", response_model=dict[str, Any])
def add_policy(
    request: Request, payer_id: str, form: PolicyForm, key: IdempotencyKey, office: TheOffice, person: Supervisor
) -> Response:
    """Give a policy another value for this payer, from a day on. Earlier rows stay."""
    return JSONResponse(_add_policy(request, office, person, payer_id, form, key).body)


@pages.get("")
def show_list(request: Request, office: TheOffice, person: Viewer, note: str = "") -> Response:
    """The practice's payers."""
    return _list(request, office, person, Failed(), note=NOTES.get(note, ""))


@pages.post("")
async def add_by_form(request: Request, office: TheOffice, person: Supervisor) -> Response:
    """Add a payer before its first visit."""
    typed = await typed_into(request)

    def act() -> Done:
        return _add(request, office, person, read(NewPayerForm, typed), typed["key"])

    def page(failed: Failed) -> Response:
        return _list(request, office, person, failed)

    return await answer(lambda: run_in_threadpool(act), NEW, typed, "/setup/payers", page)


@pages.get("/{payer_id}")
def show_page(request: Request, payer_id: str, office: TheOffice, person: Viewer, note: str = "") -> Response:
    """One payer."""
    return _page(request, office, person, payer_id, Failed(), note=NOTES.get(note, ""))


@pages.post("/{payer_id}/name")
async def rename_by_form(request: Request, payer_id: str, office: TheOffice, person: Supervisor) -> Response:
    """Call the payer by another name."""
    typed = await typed_into(request)

    def act() -> Done:
        return _rename(request, office, person, payer_id, read(NameForm, typed), typed["key"])

    return await _answer(request, office, person, payer_id, "name", typed, act)


@pages.post("/{payer_id}/policies")
async def add_policy_by_form(request: Request, payer_id: str, office: TheOffice, person: Supervisor) -> Response:
    """Give a policy another value for this payer."""
    typed = await typed_into(request)

    def act() -> Done:
        return _add_policy(request, office, person, payer_id, read(PolicyForm, typed), typed["key"])

    return await _answer(request, office, person, payer_id, "policy", typed, act)


async def _answer(
    request: Request,
    office: Office,
    person: Person,
    payer_id: str,
    form: str,
    typed: dict[str, str],
    act: Callable[[], Done],
) -> Response:
    def page(failed: Failed) -> Response:
        return _page(request, office, person, payer_id, failed)

    return await answer(lambda: run_in_threadpool(act), form, typed, f"/setup/payers/{payer_id}", page)


def _list(request: Request, office: Office, person: Person, failed: Failed, note: str = "") -> Response:
    with office.database.reading() as session:
        names = [one.name for one in partners(session)]
    return show(
        request,
        "payers.html",
        person,
        status=failed.status,
        payers=list_payers(office, person),
        partners=names,
        failed=failed,
        key=failed.key_for(NEW),
        note=note,
        may_change=person.may(Permission.SET_UP),
    )


def _page(request: Request, office: Office, person: Person, payer_id: str, failed: Failed, note: str = "") -> Response:
    return show(
        request,
        "payer.html",
        person,
        status=failed.status,
        view=show_payer(payer_id, office, person),
        contracts=list_contracts(payer_id, office, person),
        policies=ABOUT_PAYERS,
        failed=failed,
        keys=failed.key_for,
        note=note,
        today=office.today(person),
        may_change=person.may(Permission.SET_UP),
    )


def _add(request: Request, office: Office, person: Person, form: NewPayerForm, key: str) -> Done:
    _refuse_unsendable(name=form.name, number=form.number)

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        where = {"practice_id": person.practice_id, "partner_id": actions.partner_for(session, form.partner).id}
        if form.number == SELF_PAY.payer.id or known_payer(session, **where, number=form.number) is not None:
            message = "is a payer's already: change that one instead"
            raise errors.invalid([Fault(field="number", message=message)])
        told = Party("PR", False, Name(form.name), "PI", form.number)
        added = payer_for(session, told, **where)
        _audited(request, session, office, person, action="create", payer_id=added.id, reason="added before a visit")
        return added.id, {"payer_id": added.id}

    return actions.kept_once(office, person, "add_payer", "", form, effect, key=key)


def _refuse_unsendable(**texts: str) -> None:
    """Raise Problem 422 for what cannot stand on a claim."""
    faults = [
        Fault(
            field=name,
            message=f"{' '.join(lost)} cannot be sent to a payer; write plain letters, digits and punctuation",
        )
        for name, text in texts.items()
        if (lost := unsendable(text))
    ]
    if faults:
        raise errors.invalid(faults)


def _rename(request: Request, office: Office, person: Person, payer_id: str, form: NameForm, key: str) -> Done:
    _refuse_unsendable(name=form.name)

    def change(session: Session, payer: Payer) -> str:
        before, payer.name = payer.name, form.name
        session.add(payer)
        return f"name was {before}: {form.reason}"

    return _change(request, office, person, payer_id, "rename_payer", form, key, change)


def _add_policy(request: Request, office: Office, person: Person, payer_id: str, form: PolicyForm, key: str) -> Done:
    policy_form.check(form, ABOUT_PAYERS, today=office.today(person))

    def change(session: Session, payer: Payer) -> str:
        return policy_form.keep(session, office, person, form, payer_id=payer.id)

    return _change(request, office, person, payer_id, "set_payer_policy", form, key, change)


def _change(
    request: Request,
    office: Office,
    person: Person,
    payer_id: str,
    name: str,
    form: Part,
    key: str,
    change: Callable[[Session, Payer], str],
) -> Done:
    """Change the payer once, and write down what and why."""

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        payer = payers.find(session, practice_id=person.practice_id, payer_id=payer_id)
        if payer is None:
            raise errors.not_found("payer")
        said = change(session, payer)
        _audited(request, session, office, person, action="update", payer_id=payer_id, reason=said)
        return payer_id, {"payer_id": payer_id}

    return actions.kept_once(office, person, name, payer_id, form, effect, key=key)


def _audited(
    request: Request, session: Session, office: Office, person: Person, *, action: str, payer_id: str, reason: str
) -> None:
    audit.record(
        session,
        practice_id=person.practice_id,
        at=office.now(),
        actor_id=person.user_id,
        action=action,
        subject="payer",
        subject_id=payer_id,
        reason=reason[:300],
        source=auth.source_of(request),
    )
