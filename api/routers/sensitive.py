"""Sensitive records: marked and unmarked by who may, opened for a while by who breaks the glass, and looked at
afterwards on the audit's pages."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BeforeValidator, Field
from sqlmodel import Session

from api import actions, auth, errors, known_patient, seeing
from api.actions import Done
from api.auth import Requirement, Viewer, require
from api.claim_form import Part
from api.errors import Fault, Problem
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.pages import NOTES, Failed, answer, read, show, typed_into, words_of
from billing.roles import Permission, permissions_of
from billing.sensitivity import LEAST_WORDS, LONGEST_REASON, WORDS, Sensitivity, says_why
from database import patient_names, registrations, sensitive, users
from database.access import Person
from database.sensitive import GlassView, NobodyToName, SensitiveChanged, SensitivityView

api = APIRouter(prefix="/api/v1/patients", tags=["sensitive records"])
audit_api = APIRouter(prefix="/api/v1/audit", tags=["audit"])
pages = APIRouter(prefix="/patients", include_in_schema=False)
audit_pages = APIRouter(prefix="/audit", include_in_schema=False)

Keeper = Annotated[Person, require(Permission.SENSITIVE)]
Auditor = Annotated[Person, require(Permission.AUDIT)]
Breaker = Annotated[Person, Depends(Requirement((Permission.VIEW,), breaks_glass=True))]

Reason = Annotated[str, BeforeValidator(lambda text: text.strip() if isinstance(text, str) else text)]
Why = Annotated[Reason, Field(min_length=1, max_length=LONGEST_REASON)]
MARK, UNMARK, BREAK = "mark", "unmark", "glass"
"""Forms of the pages"""
SHARED = "viewer."
"""Names of the inputs by which people are put on the list"""
MOST_NAMED = 200
OPEN = "record-open"
"""Name of the problem of a glass that need not be broken"""


class MarkForm(Part):
    """Why a record is sensitive, and who may see it without breaking the glass."""

    kind: Sensitivity
    reason: Why
    """In words, for those who may see the record"""
    viewers: Annotated[list[Annotated[str, Field(max_length=20)]], Field(max_length=MOST_NAMED)] = []
    """Ids of users, people and programs; who holds the permission `sensitive` needs no place here"""
    version: Annotated[int, Field(ge=0)] = 0
    """Of the mark that was seen; 0: there was none"""


class UnmarkForm(Part):
    """Why everybody may see the record again."""

    reason: Why
    version: Annotated[int, Field(ge=1)]


class GlassForm(Part):
    """Why somebody needs a record that is kept from them."""

    reason: Why


@api.get("/{patient_id}/sensitivity")
def show_sensitivity(request: Request, patient_id: str, office: TheOffice, person: Viewer) -> SensitivityView:
    """Whether the record is sensitive, why, and who may see it; for those who may."""
    return _found(request, office, person, patient_id)


@api.put("/{patient_id}/sensitivity")
def mark_patient(
    patient_id: str, form: MarkForm, key: IdempotencyKey, office: TheOffice, person: Keeper
) -> dict[str, Any]:
    """Keep the record from everybody who is not named, or change who is. 409: somebody changed it meanwhile."""
    return _mark(office, person, patient_id, form, key=key).body


@api.post("/{patient_id}/sensitivity/end")
def unmark_patient(
    patient_id: str, form: UnmarkForm, key: IdempotencyKey, office: TheOffice, person: Keeper
) -> dict[str, Any]:
    """Let everybody see the record again. 409: somebody changed it meanwhile."""
    return _unmark(office, person, patient_id, form, key=key).body


@api.post("/{patient_id}/break-glass", status_code=201)
def break_glass(
    patient_id: str, form: GlassForm, key: IdempotencyKey, office: TheOffice, person: Breaker
) -> dict[str, Any]:
    """Open a sensitive record for oneself for the time of the policy `break_glass_minutes`. It is written into the
    audit chain, and a supervisor looks at it. 409: the record is not kept from who asks."""
    return _break(office, person, patient_id, form, key=key).body


@audit_api.get("/broken-glasses")
def list_glasses(request: Request, office: TheOffice, person: Auditor) -> list[GlassView]:
    """The last two hundred broken glasses: those that nobody has looked at first, then the newest."""
    auth.seen(request, person, subject="audit", subject_id="broken_glasses")
    with office.database.reading() as session:
        return sensitive.glasses(session, practice_id=person.practice_id)


@audit_pages.get("/broken-glasses")
def show_glasses(request: Request, office: TheOffice, person: Auditor) -> Response:
    """The same as a page; each leads to the task by which a supervisor looks at it."""
    return show(
        request, "broken_glasses.html", person, found=list_glasses(request, office, person), shown=sensitive.SHOWN
    )


@pages.get("/{patient_id}/sensitivity")
def show_page(request: Request, patient_id: str, office: TheOffice, person: Viewer, note: str = "") -> Response:
    """The mark, and the form that sets it for who may."""
    return _page(request, office, person, patient_id, Failed(), note=NOTES.get(note, ""))


@pages.post("/{patient_id}/sensitivity")
async def mark_from_page(request: Request, patient_id: str, office: TheOffice, person: Keeper) -> Response:
    """Mark the patient, or change the mark."""
    typed = await typed_into(request, max_fields=MOST_NAMED + 10)

    async def act() -> Done:
        said = {name: typed.get(name, "") for name in ("kind", "reason", "version")}
        chosen = [name.removeprefix(SHARED) for name in typed if name.startswith(SHARED)]
        form = read(MarkForm, said | {"viewers": chosen})
        return await run_in_threadpool(_mark, office, person, patient_id, form, key=typed["key"])

    return await _answer(request, office, person, patient_id, MARK, typed, act)


@pages.post("/{patient_id}/sensitivity/end")
async def unmark_from_page(request: Request, patient_id: str, office: TheOffice, person: Keeper) -> Response:
    """Take the mark away."""
    typed = await typed_into(request)

    async def act() -> Done:
        form = read(UnmarkForm, {name: typed.get(name, "") for name in ("reason", "version")})
        return await run_in_threadpool(_unmark, office, person, patient_id, form, key=typed["key"])

    return await _answer(request, office, person, patient_id, UNMARK, typed, act)


@pages.post("/{patient_id}/break-glass")
async def break_from_page(request: Request, patient_id: str, office: TheOffice, person: Breaker) -> Response:
    """Break the glass and go on to the page that was asked for."""
    typed = await typed_into(request)
    back = errors.local(typed.get("back", ""))
    try:
        form = read(GlassForm, {"reason": typed.get("reason", "")})
        await run_in_threadpool(_break, office, person, patient_id, form, key=typed["key"])
    except Problem as problem:
        if problem.status == 404:
            raise
        if problem.name == OPEN:
            return RedirectResponse(back or f"/patients/{patient_id}", 303)
        title, detail = words_of(problem)
        faults = {fault.field: fault.message for fault in problem.faults}
        failed = Failed(BREAK, title, detail, faults, typed, status=problem.status)
        glass = seeing.sensitive(patient_id)
        key = failed.key_for(BREAK)
        return HTMLResponse(errors.glass_page(request, glass, back=back, failed=failed, key=key), failed.status)
    return RedirectResponse(back or f"/patients/{patient_id}", 303)


async def _answer(
    request: Request,
    office: Office,
    person: Person,
    patient_id: str,
    name: str,
    typed: dict[str, str],
    act: Callable[[], Awaitable[Done]],
) -> Response:
    def page(failed: Failed) -> Response:
        return _page(request, office, person, patient_id, failed)

    return await answer(act, name, typed, f"/patients/{patient_id}/sensitivity", page)


def _found(request: Request, office: Office, person: Person, patient_id: str) -> SensitivityView:
    with office.database.reading() as session:
        known_patient.here(session, person, patient_id)
        found = sensitive.of(session, practice_id=person.practice_id, patient_id=patient_id)
    auth.seen(request, person, subject="patient", subject_id=patient_id)
    return found


def _page(
    request: Request, office: Office, person: Person, patient_id: str, failed: Failed, note: str = ""
) -> Response:
    found = _found(request, office, person, patient_id)
    with office.database.reading() as session:
        name = patient_names.name_of(known_patient.here(session, person, patient_id))
        people = users.of_practice(session, practice_id=person.practice_id)
    listed = {one.user_id for one in found.viewers}
    chosen = {one.removeprefix(SHARED) for one in failed.typed if one.startswith(SHARED)}
    return show(
        request,
        "sensitivity.html",
        person,
        status=failed.status,
        failed=failed,
        note=note,
        found=found,
        patient=name,
        longest=LONGEST_REASON,
        kinds=WORDS,
        people=[one for one in people if one.is_active or one.id in listed],
        chosen=chosen if failed.form == MARK else listed,
        always={one.id for one in people if Permission.SENSITIVE in permissions_of(frozenset(one.roles))},
        may_mark=person.may(Permission.SENSITIVE),
    )


def _mark(office: Office, person: Person, patient_id: str, form: MarkForm, *, key: str) -> Done:
    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        row = known_patient.held(session, person, patient_id)
        with _told():
            mark = sensitive.mark(
                session,
                row,
                kind=form.kind,
                reason=form.reason,
                viewers=form.viewers,
                version=form.version,
                by=person.user_id,
                at=office.now(),
            )
        reason = f"may see it: {', '.join(sorted(set(form.viewers))) or 'nobody by name'}"
        actions.audited(
            session, office, person, action="mark_sensitive", subject="patient", subject_id=row.id, reason=reason
        )
        return row.id, {"patient_id": row.id, "version": mark.version}

    return actions.kept_once(office, person, "mark_sensitive", patient_id, form, effect, key=key)


def _unmark(office: Office, person: Person, patient_id: str, form: UnmarkForm, *, key: str) -> Done:
    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        row = known_patient.held(session, person, patient_id)
        with _told():
            sensitive.unmark(session, row, reason=form.reason, version=form.version, by=person.user_id, at=office.now())
        actions.audited(session, office, person, action="unmark_sensitive", subject="patient", subject_id=row.id)
        return row.id, {"patient_id": row.id}

    return actions.kept_once(office, person, "unmark_sensitive", patient_id, form, effect, key=key)


def _break(office: Office, person: Person, patient_id: str, form: GlassForm, *, key: str) -> Done:
    if not says_why(form.reason):
        words = f"say in {LEAST_WORDS} words at least what you need the record for"
        raise errors.invalid([Fault(field="reason", message=words)])

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        row = registrations.find(session, practice_id=person.practice_id, patient_id=patient_id)
        if row is None:
            raise errors.not_found("patient")
        if patient_id not in sensitive.kept_from(session, person, at=office.now()):
            raise Problem(409, OPEN, "This record is open to you", "Go on to it.")
        glass = sensitive.break_glass(
            session,
            practice_id=person.practice_id,
            patient_id=patient_id,
            user_id=person.user_id,
            reason=form.reason,
            at=office.now(),
        )
        actions.audited(
            session,
            office,
            person,
            action="break_glass",
            subject="patient",
            subject_id=patient_id,
            reason=f"until {glass.until:%Y-%m-%d %H:%M} UTC, glass {glass.id}",
        )
        return patient_id, {"patient_id": patient_id, "until": glass.until.isoformat()}

    return actions.kept_once(office, person, "break_glass", patient_id, form, effect, key=key)


@contextmanager
def _told() -> Iterator[None]:
    """What the database refuses, as Problem 409 and 422."""
    try:
        yield
    except SensitiveChanged as error:
        detail = "Look at it again, and send again."
        raise Problem(409, "changed-meanwhile", "Somebody changed this mark meanwhile", detail) from error
    except NobodyToName as error:
        raise errors.invalid([Fault(field="viewers", message="name people of this practice")]) from error
