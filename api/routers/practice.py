"""The practice as a legal entity, whom it bills under, who sees patients, and where; a supervisor keeps it."""

from collections.abc import Callable
from dataclasses import fields
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from sqlmodel import Session

from api import auth, errors, idempotency
from api.actions import Done
from api.auth import Viewer, require
from api.errors import Fault, Problem
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.practice_form import CalendarForm, EntityForm, LegalForm, LocationForm, ProviderForm
from api.routers.enrolments import is_npi_strict
from api.routers.pages import NOTES, Failed, answer, read, show, typed_into
from billing.days import OFFERED
from billing.identifiers import npi_is_valid
from billing.roles import Permission
from database import audit, practice
from database.access import Person
from database.office import PayeeOfAnotherPractice
from database.practice import Calendar, EntityView, LegalEntity, LocationView, NameTaken, PracticeView, ProviderView

api = APIRouter(prefix="/api/v1/practice", tags=["practice"])
pages = APIRouter(prefix="/setup/practice", include_in_schema=False)

Supervisor = Annotated[Person, require(Permission.SET_UP)]
Told = LegalEntity | Calendar | EntityView | ProviderView | LocationView
NEW = "new"
"""What a form of the page calls itself when it adds, instead of the number of what it changes"""
PracticeForm = LegalForm | CalendarForm | EntityForm | ProviderForm | LocationForm


@api.get("")
def show_practice(office: TheOffice, person: Viewer) -> PracticeView:
    """Legal name and tax id, time zone, billing entities, providers, locations."""
    with office.database.reading() as session:
        return practice.view(session, practice_id=person.practice_id)


@api.put("/legal-entity", response_model=dict[str, Any])
def put_legal_entity(
    request: Request, form: LegalForm, key: IdempotencyKey, office: TheOffice, person: Supervisor
) -> Response:
    """Keep the practice's legal name and tax id."""
    return JSONResponse(_keep(request, office, person, form, key).body)


@api.put("/calendar", response_model=dict[str, Any])
def put_calendar(
    request: Request, form: CalendarForm, key: IdempotencyKey, office: TheOffice, person: Supervisor
) -> Response:
    """Choose by whose clock the practice's days go."""
    return JSONResponse(_keep(request, office, person, form, key).body)


@api.put("/billing-entities", response_model=dict[str, Any])
def put_billing_entity(
    request: Request, form: EntityForm, key: IdempotencyKey, office: TheOffice, person: Supervisor
) -> Response:
    """Add a billing entity, or change the one with this NPI."""
    return JSONResponse(_keep(request, office, person, form, key).body)


@api.put("/providers", response_model=dict[str, Any])
def put_provider(
    request: Request, form: ProviderForm, key: IdempotencyKey, office: TheOffice, person: Supervisor
) -> Response:
    """Add a rendering provider, or change the one with this NPI."""
    return JSONResponse(_keep(request, office, person, form, key).body)


@api.put("/locations", response_model=dict[str, Any])
def put_location(
    request: Request, form: LocationForm, key: IdempotencyKey, office: TheOffice, person: Supervisor
) -> Response:
    """Add a location, or change the one with this id."""
    return JSONResponse(_keep(request, office, person, form, key).body)


@pages.get("")
def show_page(request: Request, office: TheOffice, person: Viewer, note: str = "") -> Response:
    """Who the practice is, whom it bills under, where it sees patients."""
    return _page(request, office, person, Failed(), NOTES.get(note, ""))


@pages.post("/legal-entity")
async def keep_legal_entity(request: Request, office: TheOffice, person: Supervisor) -> Response:
    """Keep the practice's legal name and tax id."""
    return await _answer(request, office, person, LegalForm, lambda typed: "legal")


@pages.post("/calendar")
async def keep_calendar(request: Request, office: TheOffice, person: Supervisor) -> Response:
    """Choose by whose clock the practice's days go."""
    return await _answer(request, office, person, CalendarForm, lambda typed: "calendar")


@pages.post("/billing-entities")
async def keep_billing_entity(request: Request, office: TheOffice, person: Supervisor) -> Response:
    """Add or change a billing entity."""
    return await _answer(request, office, person, EntityForm, lambda typed: f"entity-{typed.get('form', '')}")


@pages.post("/providers")
async def keep_provider(request: Request, office: TheOffice, person: Supervisor) -> Response:
    """Add or change a rendering provider."""
    return await _answer(request, office, person, ProviderForm, lambda typed: f"provider-{typed.get('form', '')}")


@pages.post("/locations")
async def keep_location(request: Request, office: TheOffice, person: Supervisor) -> Response:
    """Add or change a location."""
    return await _answer(request, office, person, LocationForm, lambda typed: f"location-{typed.get('form', '')}")


async def _answer(
    request: Request,
    office: Office,
    person: Person,
    model: type[PracticeForm],
    name: Callable[[dict[str, str]], str],
) -> Response:
    typed = await typed_into(request)

    def act() -> Done:
        return _keep(request, office, person, read(model, typed), typed["key"], is_new=typed.get("form") == NEW)

    def page(failed: Failed) -> Response:
        return _page(request, office, person, failed)

    return await answer(lambda: run_in_threadpool(act), name(typed), typed, "/setup/practice", page)


def _page(request: Request, office: Office, person: Person, failed: Failed, note: str = "") -> Response:
    return show(
        request,
        "practice.html",
        person,
        status=failed.status,
        view=show_practice(office, person),
        zones=OFFERED,
        failed=failed,
        keys=failed.key_for,
        note=note,
        may_change=person.may(Permission.SET_UP),
    )


def _keep(
    request: Request, office: Office, person: Person, form: PracticeForm, key: str, *, is_new: bool = False
) -> Done:
    """Write it once, and which of its fields were changed into the audit. `is_new`: nothing there is written over."""
    npi = getattr(form, "npi", None)
    if npi and is_npi_strict(office, person) and not npi_is_valid(npi):
        raise errors.invalid([Fault(field="npi", message="the check digit is wrong; look it up again")])
    told = form.told()

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        if isinstance(form, CalendarForm):
            _refuse_stale(session, form, person.practice_id)
        before = _save(session, told, person.practice_id)
        if is_new and before is not None:
            raise errors.invalid([Fault(field="npi", message="is known here already: change that one instead")])
        audit.record(
            session,
            practice_id=person.practice_id,
            at=office.now(),
            actor_id=person.user_id,
            action="update" if before else "create",
            subject="practice",
            subject_id=npi or person.practice_id,
            reason=_in_words(told, before),
            source=auth.source_of(request),
        )
        return person.practice_id, {"is_new": before is None}

    name = f"put_{type(form).__name__}"
    sha256 = idempotency.fingerprint(name, "", form.model_dump(mode="json"))
    return Done(idempotency.once(office, person, name=name, key=key, body_sha256=sha256, effect=effect))


def _refuse_stale(session: Session, form: CalendarForm, practice_id: str) -> None:
    """Raise Problem 409 where somebody chose another time zone since this one was chosen from."""
    now = practice.zone_now(session, practice_id=practice_id)
    if form.was is not None and now not in {form.was, form.time_zone}:
        said = f"It is {OFFERED.get(now, now)} time now. Choose again if it is to be another one."
        raise Problem(409, "stale", "Somebody chose another time zone meanwhile", said)


def _save(session: Session, told: Told, practice_id: str) -> Told | None:
    """Returns what was there. Raises Problem 404 and 422."""
    try:
        match told:
            case LegalEntity():
                return practice.save_legal(session, told, practice_id=practice_id)
            case Calendar():
                return practice.save_calendar(session, told, practice_id=practice_id)
            case EntityView():
                return practice.save_entity(session, told, practice_id=practice_id)
            case ProviderView():
                return practice.save_provider(session, told, practice_id=practice_id)
            case LocationView():
                return practice.save_location(session, told, practice_id=practice_id)
    except PayeeOfAnotherPractice as error:
        fault = Fault(field="npi", message="is registered with another practice of this installation")
        raise errors.invalid([fault]) from error
    except NameTaken as error:
        raise errors.invalid([Fault(field="name", message="another location has this name")]) from error
    except KeyError as error:
        raise errors.not_found("location") from error


_WORDS = {
    LegalEntity: "legal entity",
    Calendar: "calendar",
    EntityView: "billing entity",
    ProviderView: "provider",
    LocationView: "location",
}


def _in_words(told: Told, before: Told | None) -> str:
    """Which fields were changed; the numbers themselves stay out of the audit."""
    what = _WORDS[type(told)]
    if before is None:
        return f"{what} added"
    names = [one.name for one in fields(told) if getattr(told, one.name) != getattr(before, one.name)]
    return f"{what} changed: {', '.join(names) or 'nothing'}"
