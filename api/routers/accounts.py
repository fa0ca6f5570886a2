"""Patient accounts: what is owed over all visits, the papers that went out, and the pause."""

from datetime import date
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from sqlmodel import Session

from activities import account_decisions, ids, instalment_plans
from activities.instalment_plans import CannotAgree
from api import actions, auth, errors, idempotency, known_patient
from api.actions import Done
from api.auth import Viewer, require
from api.claim_form import Part
from api.errors import Fault
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.payments import PaymentMethod
from api.routers import pay
from api.routers.pages import NOTES, Failed, answer, engine_page, may_work, read, show, typed_into
from billing.account_holds import HOLD_WORDS
from billing.days import noon_of
from billing.roles import Permission
from database import account_views, accounts, instalments, questions
from database.access import Person
from database.account_views import AccountView
from database.tables import PatientAccount

api = APIRouter(prefix="/api/v1/accounts", tags=["accounts"])
pages = APIRouter(prefix="/accounts", include_in_schema=False)

Worker = Annotated[Person, require(Permission.WORK)]


class PlanForm(Part):
    """Everything that is owed now, in monthly parts."""

    count: Annotated[int, Field(ge=2, le=60)]
    first_day: date
    disclosure: Annotated[str, Field(max_length=500)] = ""
    """How the terms were disclosed, for more than four parts"""


class EndForm(Part):
    """Why an agreement ends."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]


class PauseForm(Part):
    """Send nothing and place nothing until a day."""

    until: date
    reason: Annotated[str, Field(min_length=1, max_length=500)]


@api.get("/{patient_id}")
def show_account(request: Request, patient_id: str, office: TheOffice, person: Viewer) -> AccountView:
    """What one patient owes over all visits, with papers, placements and tasks."""
    return _find(request, office, person, patient_id)


@api.post("/{patient_id}/pause")
def pause_account(
    patient_id: str, form: PauseForm, key: IdempotencyKey, office: TheOffice, person: Worker
) -> dict[str, Any]:
    """Dispute, plan, assistance, bankruptcy, death: no paper goes out and nothing is placed until that day."""
    return _pause(office, person, patient_id, form, key=key).body


@api.post("/{patient_id}/resume")
def resume_account(patient_id: str, key: IdempotencyKey, office: TheOffice, person: Worker) -> dict[str, Any]:
    """End a pause before its day."""
    return _resume(office, person, patient_id, key=key).body


@pages.get("/{patient_id}")
def show_page(request: Request, patient_id: str, office: TheOffice, person: Viewer, note: str = "") -> Response:
    """The account's page."""
    return account_page(request, office, person, patient_id, Failed(), note=NOTES.get(note, ""))


@pages.post("/{patient_id}/pause")
async def pause_page(request: Request, patient_id: str, office: TheOffice, person: Worker) -> Response:
    """Pause from the page's form."""
    typed = await typed_into(request)

    async def act() -> Done:
        form = read(PauseForm, typed)
        return await run_in_threadpool(_pause, office, person, patient_id, form, key=typed["key"])

    def page(failed: Failed) -> Response:
        return account_page(request, office, person, patient_id, failed)

    return await answer(act, "pause", typed, f"/accounts/{patient_id}", page)


@pages.post("/{patient_id}/resume")
async def resume_page(request: Request, patient_id: str, office: TheOffice, person: Worker) -> Response:
    """Go on from the page's button."""
    typed = await typed_into(request)

    async def act() -> Done:
        return await run_in_threadpool(_resume, office, person, patient_id, key=typed["key"])

    def page(failed: Failed) -> Response:
        return account_page(request, office, person, patient_id, failed)

    return await answer(act, "resume", typed, f"/accounts/{patient_id}", page)


@pages.post("/{patient_id}/pay-links")
def make_pay_link(request: Request, patient_id: str, office: TheOffice, person: Worker) -> Response:
    """Make a link to the pay page, and show it this once."""
    made = pay.make_link(patient_id, office, person)
    note = f"The link to the pay page, shown this once: {made.address}"
    return account_page(request, office, person, patient_id, Failed(), note=note)


@api.post("/{patient_id}/instalment-plans", status_code=201)
def make_plan(
    patient_id: str, form: PlanForm, key: IdempotencyKey, office: TheOffice, person: Worker
) -> dict[str, Any]:
    """Agree that what is owed now is paid in monthly parts; while it is kept nothing else is asked of these visits."""
    return _plan(office, person, patient_id, form, key=key).body


@api.post("/{patient_id}/instalment-plans/end", status_code=200)
def end_plan(patient_id: str, form: EndForm, key: IdempotencyKey, office: TheOffice, person: Worker) -> dict[str, Any]:
    """End the agreement that holds: statements go out again."""
    return _end_plan(office, person, patient_id, form, key=key).body


@pages.post("/{patient_id}/instalment-plans")
async def plan_page(request: Request, patient_id: str, office: TheOffice, person: Worker) -> Response:
    """Agree from the page's form."""
    typed = await typed_into(request)

    async def act() -> Done:
        form = read(PlanForm, {name: text for name, text in typed.items() if text.strip()})
        return await run_in_threadpool(_plan, office, person, patient_id, form, key=typed["key"])

    def page(failed: Failed) -> Response:
        return account_page(request, office, person, patient_id, failed)

    return await answer(act, "plan", typed, f"/accounts/{patient_id}", page)


@pages.post("/{patient_id}/instalment-plans/end")
async def end_plan_page(request: Request, patient_id: str, office: TheOffice, person: Worker) -> Response:
    """End the agreement from the page's form."""
    typed = await typed_into(request)

    async def act() -> Done:
        form = read(EndForm, typed)
        return await run_in_threadpool(_end_plan, office, person, patient_id, form, key=typed["key"])

    def page(failed: Failed) -> Response:
        return account_page(request, office, person, patient_id, failed)

    return await answer(act, "end-plan", typed, f"/accounts/{patient_id}", page)


def _plan(office: Office, person: Person, patient_id: str, form: PlanForm, *, key: str) -> Done:
    def effect(session: Session, account: PatientAccount) -> None:
        try:
            instalment_plans.agree(
                session,
                account,
                count=form.count,
                first_day=form.first_day,
                disclosure=form.disclosure.strip(),
                by=person.user_id,
                at=office.now(),
            )
        except CannotAgree as error:
            raise errors.invalid([Fault(field=name, message=text) for name, text in error.faults]) from error

    return decide(office, person, patient_id, "agree_instalments", form.model_dump(mode="json"), effect, key=key)


def _end_plan(office: Office, person: Person, patient_id: str, form: EndForm, *, key: str) -> Done:
    def effect(session: Session, account: PatientAccount) -> None:
        row = instalments.active(session, account.patient_id)
        if row is None:
            raise errors.invalid([Fault(field="reason", message="no agreement holds on this account")])
        instalment_plans.end(session, account, row, reason=form.reason, at=office.now())

    return decide(office, person, patient_id, "end_instalments", form.model_dump(mode="json"), effect, key=key)


def account_page(
    request: Request,
    office: Office,
    person: Person,
    patient_id: str,
    failed: Failed,
    note: str = "",
    *,
    card_page: str = "",
) -> Response:
    """The account's page, with the refused form if there is one. `card_page`: the processor's page that was opened for
    who agreed to charges."""
    account = _find(request, office, person, patient_id)
    with office.database.reading() as session:
        askable = questions.who_may_be_asked(session, practice_id=person.practice_id)
    return show(
        request,
        "account.html",
        person,
        status=failed.status,
        account=account,
        askable=askable,
        workable={task.id for task in account.tasks if may_work(person, task)},
        may_work=person.may(Permission.WORK),
        may_take=person.may(Permission.TAKE_PAYMENT),
        may_take_back=person.may(Permission.POST_REMITTANCE),
        methods=get_args(PaymentMethod),
        today=office.today(person),
        hold_kinds=HOLD_WORDS,
        failed=failed,
        keys=failed.key_for,
        note=note,
        card_page=card_page,
        takes_cards=request.app.state.payment_gateway is not None,
        engine_page=engine_page(office, ids.account_workflow(person.practice_id, account.patient_id)),
    )


def _find(request: Request, office: Office, person: Person, patient_id: str) -> AccountView:
    with office.database.reading() as session:
        known_patient.here(session, person, patient_id)
        found = account_views.account(session, practice_id=person.practice_id, patient_id=patient_id, at=office.now())
    if found is None:
        raise errors.not_found("account")
    auth.seen(request, person, subject="account", subject_id=patient_id)
    return found


def _pause(office: Office, person: Person, patient_id: str, form: PauseForm, *, key: str) -> Done:
    until = noon_of(form.until, person.zone)
    if until <= office.now():
        raise errors.invalid([Fault(field="until", message="choose a day to come")])
    actions.require_near(form.until, today=office.today(person), field="until")

    def effect(session: Session, account: PatientAccount) -> None:
        account_decisions.pause(session, account, until=until, reason=form.reason, at=office.now())

    return decide(office, person, patient_id, "pause_account", form.model_dump(mode="json"), effect, key=key)


def _resume(office: Office, person: Person, patient_id: str, *, key: str) -> Done:
    def effect(session: Session, account: PatientAccount) -> None:
        account_decisions.resume(session, account, at=office.now())

    return decide(office, person, patient_id, "resume_account", {}, effect, key=key)


def decide(
    office: Office, person: Person, patient_id: str, name: str, body: dict[str, Any], effect: Any, *, key: str
) -> Done:
    """One decision under the account's lock, once per key, in the audit."""

    def once(session: Session) -> tuple[str, dict[str, Any]]:
        known_patient.held(session, person, patient_id)
        account = accounts.lock(session, practice_id=person.practice_id, patient_id=patient_id, at=office.now())
        effect(session, account)
        actions.audited(
            session,
            office,
            person,
            action="update",
            subject="account",
            subject_id=patient_id,
            reason=f"{name}: {body.get('reason', '')}",
        )
        return patient_id, {"patient_id": patient_id}

    sha256 = idempotency.fingerprint(name, patient_id, body)
    return Done(idempotency.once(office, person, name=name, key=key, body_sha256=sha256, effect=once))
