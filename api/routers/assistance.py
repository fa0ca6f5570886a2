"""Help with the bill: applications recorded, completed, looked at again and taken back; decided by their tasks."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from sqlmodel import Session

from activities import assistance as helping
from activities.assistance import CannotApply
from api import actions, auth, errors, known_patient
from api.actions import Done
from api.assistance_form import ApplicationForm
from api.auth import Viewer, require
from api.claim_form import Part
from api.errors import Fault, Problem
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.accounts import account_page
from api.routers.pages import NOTES, Failed, answer, may_work, read, show, typed_into
from billing.assistance import OPEN, STATE_WORDS, Per, State, Way
from billing.attachments import FileKind
from billing.roles import Permission
from database import accounts, assistance, assistance_views, attachments, worklists
from database.access import Person
from database.assistance_views import ApplicationRow, ApplicationView
from database.attachments import FileSubject
from database.tables import AssistanceApplication, PatientAccount

api = APIRouter(prefix="/api/v1", tags=["assistance"])
pages = APIRouter(include_in_schema=False)

Worker = Annotated[Person, require(Permission.WORK)]
Approver = Annotated[Person, require(Permission.APPROVE)]
SHOWN = 200
OLDEST_APPLICATION = timedelta(days=730)
FORM = "assistance"
"""On the account's page"""


class ReasonForm(Part):
    """Why it is done."""

    reason: Annotated[str, Field(min_length=1, max_length=400)]


@api.get("/assistance")
def list_applications(
    request: Request, office: TheOffice, person: Viewer, state: State | None = None
) -> list[ApplicationRow]:
    """Applications in one state, or those that are open, by their last day."""
    with office.database.reading() as session:
        states = [state] if state else sorted(OPEN)
        found = assistance_views.page(session, practice_id=person.practice_id, states=states, limit=SHOWN)
    if found:
        auth.seen(request, person, subject="assistance", subject_id=person.practice_id)
    return found


@api.get("/assistance/{application_id}")
def show_application(request: Request, application_id: str, office: TheOffice, person: Viewer) -> ApplicationView:
    """One application: what was said, what the scale says and how it comes to it, and what was decided."""
    return _find(request, office, person, application_id)


@api.post("/accounts/{patient_id}/assistance", status_code=201)
def record_application(
    patient_id: str, form: ApplicationForm, key: IdempotencyKey, office: TheOffice, person: Worker
) -> dict[str, Any]:
    """Record an application for the account, or what is said more while one is open. Nothing is asked of it meanwhile.
    What is missing is asked for by a letter with a last day."""
    return _receive(office, person, patient_id, form, key=key).body


@api.post("/assistance/{application_id}/documents-came")
def note_documents(application_id: str, key: IdempotencyKey, office: TheOffice, person: Worker) -> dict[str, Any]:
    """What was missing came: a person looks at the application."""
    return _came(office, person, application_id, key=key).body


@api.post("/assistance/{application_id}/reopen")
def reopen_application(
    application_id: str, form: ReasonForm, key: IdempotencyKey, office: TheOffice, person: Worker
) -> dict[str, Any]:
    """Look again at one that was denied or closed: an appeal, or what was missing came late."""
    return _reopen(office, person, application_id, form, key=key).body


@api.post("/assistance/{application_id}/revoke")
def revoke_application(
    application_id: str, form: ReasonForm, key: IdempotencyKey, office: TheOffice, person: Approver
) -> dict[str, Any]:
    """Take back what was granted by mistake: what it took off is owed again."""
    return _revoke(office, person, application_id, form, key=key).body


@pages.get("/assistance")
def show_list(request: Request, office: TheOffice, person: Viewer, state: str = "") -> Response:
    """Applications by state and last day."""
    chosen = State(state) if state in set(State) else None
    found = list_applications(request, office, person, chosen)
    return show(request, "assistance.html", person, found=found, states=STATE_WORDS, state=chosen or "")


@pages.get("/assistance/{application_id}")
def show_one(request: Request, application_id: str, office: TheOffice, person: Viewer, note: str = "") -> Response:
    """One application as a page."""
    return application_page(request, office, person, application_id, Failed(), NOTES.get(note, ""))


@pages.post("/accounts/{patient_id}/assistance")
async def record_from_page(request: Request, patient_id: str, office: TheOffice, person: Worker) -> Response:
    """Record an application from the account's page."""
    typed = await typed_into(request)

    def act() -> Done:
        said = {name: text for name, text in typed.items() if text.strip()}
        return _receive(office, person, patient_id, read(ApplicationForm, said), key=typed["key"])

    def page(failed: Failed) -> Response:
        return account_page(request, office, person, patient_id, failed)

    return await answer(lambda: run_in_threadpool(act), FORM, typed, f"/accounts/{patient_id}", page)


@pages.post("/assistance/{application_id}/documents-came")
async def came_from_page(request: Request, application_id: str, office: TheOffice, person: Worker) -> Response:
    """What was missing came."""
    typed = await typed_into(request)
    return await _act(
        request,
        office,
        person,
        application_id,
        "came",
        typed,
        lambda: _came(office, person, application_id, key=typed["key"]),
    )


@pages.post("/assistance/{application_id}/reopen")
async def reopen_from_page(request: Request, application_id: str, office: TheOffice, person: Worker) -> Response:
    """Look at it again."""
    typed = await typed_into(request)
    return await _act(
        request,
        office,
        person,
        application_id,
        "reopen",
        typed,
        lambda: _reopen(office, person, application_id, read(ReasonForm, typed), key=typed["key"]),
    )


@pages.post("/assistance/{application_id}/revoke")
async def revoke_from_page(request: Request, application_id: str, office: TheOffice, person: Approver) -> Response:
    """Take back what was granted by mistake."""
    typed = await typed_into(request)
    return await _act(
        request,
        office,
        person,
        application_id,
        "revoke",
        typed,
        lambda: _revoke(office, person, application_id, read(ReasonForm, typed), key=typed["key"]),
    )


async def _act(
    request: Request,
    office: Office,
    person: Person,
    application_id: str,
    form: str,
    typed: dict[str, str],
    act: Callable[[], Done],
) -> Response:
    def page(failed: Failed) -> Response:
        return application_page(request, office, person, application_id, failed)

    return await answer(lambda: run_in_threadpool(act), form, typed, f"/assistance/{application_id}", page)


def application_page(
    request: Request, office: Office, person: Person, application_id: str, failed: Failed, note: str = ""
) -> Response:
    """The application's page, with the refused form if there is one."""
    found = _find(request, office, person, application_id)
    with office.database.reading() as session:
        theirs = {"practice_id": person.practice_id, "subject_id": application_id}
        tasks = worklists.tasks_of(session, **theirs)
        files = attachments.of(session, **theirs, subject=FileSubject.ASSISTANCE)
    return show(
        request,
        "assistance_application.html",
        person,
        status=failed.status,
        found=found,
        tasks=tasks,
        files=files,
        proof_kind=FileKind.PROOF_OF_NEED,
        workable={one.id for one in tasks if may_work(person, one)},
        may_work=person.may(Permission.WORK),
        may_approve=person.may(Permission.APPROVE),
        failed=failed,
        keys=failed.key_for,
        note=note,
        pers=list(Per),
        ways=[Way.DESK, Way.MAIL],
    )


def _find(request: Request, office: Office, person: Person, application_id: str) -> ApplicationView:
    with office.database.reading() as session:
        row = assistance.find(session, practice_id=person.practice_id, application_id=application_id)
        if row is None:
            raise errors.not_found("application")
        found = assistance_views.view(session, row)
    auth.seen(request, person, subject="assistance", subject_id=application_id)
    return found


def _receive(office: Office, person: Person, patient_id: str, form: ApplicationForm, *, key: str) -> Done:
    today = office.today(person)
    received_on = form.received_on or today
    if received_on > today:
        raise errors.invalid([Fault(field="received_on", message="is in the future")])
    if received_on < today - OLDEST_APPLICATION:
        raise errors.invalid([Fault(field="received_on", message="lies more than two years back")])

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        known_patient.held(session, person, patient_id)
        account = accounts.lock(session, practice_id=person.practice_id, patient_id=patient_id, at=office.now())
        row = helping.receive(
            session,
            account,
            form.said(),
            way=form.way,
            received_on=received_on,
            by=person.user_id,
            at=office.now(),
        )
        actions.audited(session, office, person, action="create", subject="assistance", subject_id=row.id)
        return patient_id, {"application_id": row.id, "state": row.state}

    return actions.kept_once(office, person, "apply_for_assistance", patient_id, form, effect, key=key)


def _came(office: Office, person: Person, application_id: str, *, key: str) -> Done:
    def act(session: Session, account: PatientAccount, row: AssistanceApplication) -> None:
        if row.state != State.INCOMPLETE:
            raise CannotApply("nothing is awaited for it now")
        if not row.household_size or row.income_cents is None:
            raise CannotApply("household and income are still not known: record them on the account's page")
        helping.documents_came(session, account, row, at=office.now())

    return _change(office, person, application_id, "assistance_documents", ReasonForm(reason="it came"), act, key=key)


def _reopen(office: Office, person: Person, application_id: str, form: ReasonForm, *, key: str) -> Done:
    def act(session: Session, account: PatientAccount, row: AssistanceApplication) -> None:
        helping.reopen(session, account, row, why=form.reason, at=office.now(), by=person.user_id)

    return _change(office, person, application_id, "reopen_assistance", form, act, key=key)


def _revoke(office: Office, person: Person, application_id: str, form: ReasonForm, *, key: str) -> Done:
    def act(session: Session, account: PatientAccount, row: AssistanceApplication) -> None:
        helping.revoke(session, account, row, why=form.reason, at=office.now(), by=person.user_id)

    return _change(office, person, application_id, "revoke_assistance", form, act, key=key)


def _change(
    office: Office,
    person: Person,
    application_id: str,
    name: str,
    form: ReasonForm,
    act: Callable[[Session, PatientAccount, AssistanceApplication], None],
    *,
    key: str,
) -> Done:
    """One change under the account's lock, once per key, in the audit."""

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        row = assistance.find(session, practice_id=person.practice_id, application_id=application_id)
        if row is None:
            raise errors.not_found("application")
        account = accounts.lock(session, practice_id=row.practice_id, patient_id=row.patient_id, at=office.now())
        session.refresh(row)
        try:
            act(session, account, row)
        except CannotApply as error:
            raise Problem(409, "not-possible", "This cannot be done now", f"{error}.") from error
        actions.updated(session, office, person, "assistance", row.id, f"{name}: {form.reason}")
        return row.id, {"application_id": row.id, "state": row.state}

    return actions.kept_once(office, person, name, application_id, form, effect, key=key)
