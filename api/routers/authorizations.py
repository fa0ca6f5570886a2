"""What payers want authorized, and what they authorized for a patient: number, days, codes, units, provider."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from api import auth, authorizing, known_patient
from api.actions import Done
from api.auth import Viewer, require
from api.authorizing import AuthorizationForm, EndForm, RuleForm
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.pages import NOTES, Failed, answer, read, show, typed_into
from api.routers.payers import Supervisor
from billing.authorizations import AuthorizationState
from billing.roles import Permission
from database import authorizations, favourites, held_policies, patients
from database.access import Person
from database.authorizations import AuthorizationView, RuleView

api = APIRouter(prefix="/api/v1", tags=["authorizations"])
pages = APIRouter(include_in_schema=False)

Worker = Annotated[Person, require(Permission.WORK)]
RULE, ONE = "rule", "authorization"


@api.get("/authorization-rules")
def list_rules(office: TheOffice, person: Viewer) -> list[RuleView]:
    """What payers want authorized, ended rules too."""
    with office.database.reading() as session:
        return authorizations.rules_of(session, practice_id=person.practice_id)


@api.post("/authorization-rules", status_code=201, response_model=dict[str, Any])
def post_rule(form: RuleForm, key: IdempotencyKey, office: TheOffice, person: Supervisor) -> Response:
    """Keep a rule: claims with such a service wait for an authorization (edit A01)."""
    return JSONResponse(authorizing.add_rule(office, person, form, key=key).body, 201)


@api.post("/authorization-rules/{rule_id}/end")
def post_end(rule_id: str, form: EndForm, key: IdempotencyKey, office: TheOffice, person: Supervisor) -> dict[str, Any]:
    """Give a rule its last day."""
    return authorizing.end_rule(office, person, rule_id, form, key=key).body


@api.get("/patients/{patient_id}/authorizations")
def list_authorizations(
    request: Request, patient_id: str, office: TheOffice, person: Viewer
) -> list[AuthorizationView]:
    """A patient's authorizations with the units that are used, the newest first."""
    with office.database.reading() as session:
        known_patient.here(session, person, patient_id)
        found = authorizations.of_patient(session, patient_id, today=office.today(person))
    auth.seen(request, person, subject="patient", subject_id=patient_id)
    return found


@api.post("/patients/{patient_id}/authorizations", status_code=201, response_model=dict[str, Any])
def post_authorization(
    patient_id: str, form: AuthorizationForm, key: IdempotencyKey, office: TheOffice, person: Worker
) -> Response:
    """Keep an authorization, asked for or given."""
    return JSONResponse(authorizing.keep(office, person, patient_id, None, form, key=key).body, 201)


@api.put("/patients/{patient_id}/authorizations/{authorization_id}")
def put_authorization(
    patient_id: str,
    authorization_id: str,
    form: AuthorizationForm,
    key: IdempotencyKey,
    office: TheOffice,
    person: Worker,
) -> dict[str, Any]:
    """What is known of it now. 409: changed meanwhile."""
    return authorizing.keep(office, person, patient_id, authorization_id, form, key=key).body


@pages.get("/setup/authorizations")
def show_rules(request: Request, office: TheOffice, person: Viewer, note: str = "") -> Response:
    """The rules."""
    return _rules_page(request, office, person, Failed(), NOTES.get(note, ""))


@pages.post("/setup/authorizations")
async def add_by_form(request: Request, office: TheOffice, person: Supervisor) -> Response:
    """Keep a rule."""
    typed = await typed_into(request)

    def act() -> Done:
        return authorizing.add_rule(office, person, read(RuleForm, typed), key=typed["key"])

    def page(failed: Failed) -> Response:
        return _rules_page(request, office, person, failed)

    return await answer(lambda: run_in_threadpool(act), RULE, typed, "/setup/authorizations", page)


@pages.post("/setup/authorizations/{rule_id}/end")
async def end_by_form(request: Request, rule_id: str, office: TheOffice, person: Supervisor) -> Response:
    """Give a rule its last day."""
    typed = await typed_into(request)

    def act() -> Done:
        return authorizing.end_rule(office, person, rule_id, read(EndForm, typed), key=typed["key"])

    def page(failed: Failed) -> Response:
        return _rules_page(request, office, person, failed)

    return await answer(lambda: run_in_threadpool(act), f"end-{rule_id}", typed, "/setup/authorizations", page)


@pages.get("/patients/{patient_id}/authorizations")
def show_authorizations(
    request: Request, patient_id: str, office: TheOffice, person: Viewer, change: str = "", note: str = ""
) -> Response:
    """A patient's authorizations; with one that is changed, it in the form."""
    return _page(request, office, person, patient_id, change, Failed(), NOTES.get(note, ""))


@pages.post("/patients/{patient_id}/authorizations")
async def keep_by_form(
    request: Request, patient_id: str, office: TheOffice, person: Worker, change: str = ""
) -> Response:
    """Keep one."""
    typed = await typed_into(request)

    def act() -> Done:
        form = read(AuthorizationForm, {name: text for name, text in typed.items() if text or name != "version"})
        return authorizing.keep(office, person, patient_id, change or None, form, key=typed["key"])

    def page(failed: Failed) -> Response:
        return _page(request, office, person, patient_id, change, failed)

    home = f"/patients/{patient_id}/authorizations"
    return await answer(lambda: run_in_threadpool(act), ONE, typed, home, page)


def _rules_page(request: Request, office: Office, person: Person, failed: Failed, note: str = "") -> Response:
    with office.database.reading() as session:
        rules = authorizations.rules_of(session, practice_id=person.practice_id)
        payers = favourites.known_payers(session, practice_id=person.practice_id)
    return show(
        request,
        "authorization_rules.html",
        person,
        status=failed.status,
        failed=failed,
        typed={"begins": str(office.today(person))} | failed.typed,
        rules=rules,
        payers={one.number: one.name for one in payers if one.number},
        keys=failed.key_for,
        note=note,
        today=office.today(person),
        may_change=person.may(Permission.SET_UP),
    )


def _page(
    request: Request, office: Office, person: Person, patient_id: str, change: str, failed: Failed, note: str = ""
) -> Response:
    found = list_authorizations(request, patient_id, office, person)
    with office.database.reading() as session:
        patient = patients.patient(session, practice_id=person.practice_id, patient_id=patient_id)
        payers = favourites.known_payers(session, practice_id=person.practice_id)
        held = [one.policy.coverage.payer for one in held_policies.of_patient(session, patient_id)]
    changed = next((one for one in found if one.id == change), None)
    return show(
        request,
        "authorizations.html",
        person,
        status=failed.status,
        failed=failed,
        typed=(_texts(changed) if changed else {"state": "approved"})
        | failed.typed
        | ({"version": failed.version(changed.version)} if changed else {}),
        found=found,
        changed=changed,
        patient=patient,
        payers={one.id: one.name.last for one in held if one.id}
        | {one.number: one.name for one in payers if one.number},
        states={one: one.value for one in AuthorizationState},
        keys=failed.key_for,
        note=note,
        may_change=person.may(Permission.WORK),
    )


def _texts(one: AuthorizationView) -> dict[str, str]:
    said = one.said
    return {
        "payer_number": said.payer_number,
        "state": said.state,
        "number": said.number,
        "valid_from": str(said.valid_from or ""),
        "valid_to": str(said.valid_to or ""),
        "procedures": " ".join(said.procedures),
        "units": "" if said.units is None else f"{said.units:f}",
        "provider_npi": said.provider_npi or "",
        "note": said.note,
        "version": str(one.version),
    }
