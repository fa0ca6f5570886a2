"""The forms of a patient: registered without a visit, and changed.

Each carries a key of its own, so that a second click does nothing more; the one that changes carries the version that
was shown, so that nobody undoes what somebody else has just typed.
"""

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from api import auth, known_patient, patient_form, person_form, registering
from api.auth import require
from api.errors import Problem
from api.office import Office, TheOffice
from api.patient_form import WHO, ChangedPatientForm, NewPatientForm
from api.person_form import SEXES, Typed
from api.routers.pages import Failed, show, typed_into
from api.routers.patients import find
from billing.patients import Registration
from billing.roles import Permission
from billing.statement_words import LANGUAGES
from database import encounters, patients
from database.access import Person
from database.patients import PatientRow, PatientView

pages = APIRouter(prefix="/patients", include_in_schema=False)

Clerk = Annotated[Person, require(Permission.INTAKE)]
FORM = "patient"
ANOTHER = "is_another_person"


@dataclass(frozen=True)
class Desk:
    """What a request for one of the forms stands on."""

    request: Request
    office: Office
    person: Person
    patient: PatientView | None
    """Who is changed; None: somebody new"""


@pages.get("/new")
def start(request: Request, office: TheOffice, person: Clerk) -> Response:
    """An empty form."""
    return _page(_desk(request, office, person), {})


@pages.post("/new")
async def register(request: Request, office: TheOffice, person: Clerk) -> Response:
    """Register the patient; who is likely known already is shown first."""
    typed = _tidy(await typed_into(request))
    return await run_in_threadpool(_register, _desk(request, office, person), typed)


@pages.get("/{patient_id}/edit")
def start_change(request: Request, patient_id: str, office: TheOffice, person: Clerk, visit: str = "") -> Response:
    """The patient as they are known; with a visit, as that visit says where it says otherwise."""
    desk = _desk(request, office, person, patient_id)
    return _page(desk, _as_known(desk, visit))


@pages.post("/{patient_id}/edit")
async def change(request: Request, patient_id: str, office: TheOffice, person: Clerk) -> Response:
    """Keep what was typed."""
    typed = _tidy(await typed_into(request))
    return await run_in_threadpool(_change, request, office, person, patient_id, typed)


def _desk(request: Request, office: Office, person: Person, patient_id: str = "") -> Desk:
    """Raises Problem 403 for a program that only takes visits in, 404, and 410 for who was merged into another one."""
    auth.require_also(person, Permission.VIEW)
    if not patient_id:
        return Desk(request, office, person, None)
    with office.database.reading() as session:
        known_patient.here(session, person, patient_id)
    return Desk(request, office, person, find(request, office, person, patient_id))


def _register(desk: Desk, typed: Typed) -> Response:
    alike: list[PatientRow] = []
    try:
        form = patient_form.read(NewPatientForm, typed, today=desk.office.today(desk.person))
        try:
            done = registering.register(desk.office, desk.person, form, key=typed["key"])
        except Problem as problem:
            alike = _alike(desk, form.told()) if problem.name == registering.ALIKE else []
            raise
    except Problem as problem:
        return _page(desk, typed, failed=_failed(problem, typed), alike=alike)
    return RedirectResponse(f"/patients/{done.body['patient_id']}?note=registered", 303)


def _alike(desk: Desk, told: Registration) -> list[PatientRow]:
    with desk.office.database.reading() as session:
        found = patients.alike(session, told, practice_id=desk.person.practice_id)
    auth.seen(desk.request, desk.person, subject="patients", subject_id="search")
    return found


def _change(request: Request, office: Office, person: Person, patient_id: str, typed: Typed) -> Response:
    try:
        desk = _desk(request, office, person, patient_id)
        return _changed(desk, patient_id, typed)
    except Problem as problem:
        problem.written = {
            name.rpartition(".")[2]: text or "nothing" for name, text in patient_form.put_in(typed).items()
        }
        raise


def _changed(desk: Desk, patient_id: str, typed: Typed) -> Response:
    """Raises Problem 410 where the patient was merged meanwhile: there is no form of theirs any more."""
    office, person = desk.office, desk.person
    try:
        form = patient_form.read(ChangedPatientForm, typed, today=office.today(person))
        registering.change(office, person, patient_id, form, key=typed["key"])
    except Problem as problem:
        if problem.patient_id is not None:
            raise
        failed = _failed(problem, typed)
        if problem.name != registering.CHANGED:
            return _page(desk, typed, failed=failed)
        now = _as_known(desk)
        return _page(desk, patient_form.caught_up(typed, now), failed=failed, now=now)
    return RedirectResponse(f"/patients/{patient_id}?note=done", 303)


def _as_known(desk: Desk, visit_id: str = "") -> Typed:
    """The form as the patient's record has it; a visit's words where it says otherwise."""
    assert desk.patient is not None, "somebody is changed"
    texts = patient_form.texts_of(desk.patient.record, version=desk.patient.version)
    if not visit_id:
        return texts
    with desk.office.database.reading() as session:
        visit = encounters.find(session, practice_id=desk.person.practice_id, encounter_id=visit_id)
    if visit is None or visit.patient_id != desk.patient.id:
        return texts
    return texts | person_form.texts_of(WHO, encounters.claim_of(visit).patient)


def _tidy(typed: Typed) -> Typed:
    return {name: text.strip() for name, text in typed.items()}


def _failed(problem: Problem, typed: Typed) -> Failed:
    names = set(patient_form.FIELDS)
    faults = {one.field if one.field in names else "body": one.message for one in problem.faults}
    if problem.name == registering.ALIKE:
        faults = {}
    return replace(Failed.of(problem, FORM, typed), faults=faults)


def _page(
    desk: Desk,
    typed: Typed,
    *,
    failed: Failed | None = None,
    alike: list[PatientRow] | None = None,
    now: Typed | None = None,
) -> Response:
    failed = failed or Failed()
    first = next((name for name in patient_form.FIELDS if name in failed.faults), f"{WHO}.last_name")
    others = patient_form.overtaken(typed, now) if now else {}
    return show(
        desk.request,
        "patient_form.html",
        desk.person,
        status=failed.status,
        patient=desk.patient,
        typed=typed,
        key=failed.key_for(FORM),
        failed=failed,
        focus=first,
        alike=alike or [],
        now=others,
        fields=patient_form.FIELDS,
        was=patient_form.WAS,
        sexes=SEXES,
        languages=LANGUAGES,
        is_unsaved=desk.request.method == "POST",
    )
