"""The workbench: pages for people. Each form posts here, calls the same action as the REST route, and comes back.

A refused form comes back with its faults at the fields and everything typed still in it. Each form carries a hidden
key of its own, so that a second click does nothing more.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date
from typing import Annotated, Any, TypeVar, get_args
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, ValidationError

from activities import ids
from api import actions, auth, errors, payments
from api.actions import Done
from api.auth import Viewer, require
from api.errors import Fault, Problem
from api.office import Office, TheOffice
from api.routers.encounters import HoldForm, PaymentForm, TakeBackForm
from billing.amendments import FORMS
from billing.appeals import DECISIONS
from billing.appeals import WORDS as APPEAL_WORDS
from billing.attachments import WORDS
from billing.roles import Permission
from database import (
    appeals,
    attachments,
    calls,
    edit_runs,
    letters,
    messages,
    questions,
    recovery_notices,
    requests,
    sending,
    views,
)
from database.access import Person
from database.attachments import FileSubject
from database.calls import Sought
from database.columns import new_id
from database.worklists import TaskRow
from templates import documents, rendering
from temporal.engine import UI_PATH

router = APIRouter(include_in_schema=False)

CALLS_SHOWN = 50
VALUE_PREFIX = "value."
"""Names of the inputs that belong to a resolution's fields"""

REFUSED = 'id="refused"'
"""Where a page says what was refused"""

Form = TypeVar("Form", bound=BaseModel)

NOTES = {
    "done": "Done.",
    "accepted": "Accepted; it is being done. Reload the page in a moment.",
    "opened": "The visit is open.",
    "registered": "The patient is registered. Open the first visit from here; what is known is filled in.",
}


ANOTHER_FORM = (
    "This form was sent already, with something else in it",
    "What was sent first is done: look whether it is what you want. To do this too, send the form again.",
)
"""What a person is told of a key that was used for another request (title, what to do)"""


@dataclass(frozen=True)
class Failed:
    """The form that was refused, to be shown again; the empty one when none was."""

    form: str = ""
    title: str = ""
    detail: str = ""
    faults: dict[str, str] = field(default_factory=dict)
    typed: dict[str, str] = field(default_factory=dict)
    key: str | None = None
    """Kept when the same request may be sent again as it is"""
    status: int = 200

    @classmethod
    def of(cls, problem: Problem, form: str, typed: dict[str, str] | None = None) -> "Failed":
        """The form that this problem refused, each fault at its field."""
        faults = {fault.field: fault.message for fault in problem.faults}
        return cls(form, *words_of(problem), faults, typed or {}, status=problem.status)

    @property
    def written(self) -> dict[str, str]:
        """What a person typed, by name: what the form said by itself left out."""
        hidden = {"key", "form", "resolution", "change"}
        typed = {name.removeprefix(VALUE_PREFIX): text for name, text in self.typed.items() if name not in hidden}
        return {name: text for name, text in typed.items() if text.strip()}

    @property
    def others(self) -> list[str]:
        """Faults of what has no input of its own."""
        return [text for name, text in self.faults.items() if name in {"resolution", "body"}]

    def version(self, now: int) -> str:
        """Of what the form stands on: the present one only once its person was told that somebody changed it."""
        return str(now) if self.status == 409 else self.typed.get("version", str(now))

    def key_for(self, form: str) -> str:
        """The hidden key of a form."""
        return self.key if self.key and form == self.form else new_id()


def show(request: Request, name: str, person: Person | None, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page in its frame.

    A refused form may be gone when the page is shown again, since somebody else was faster: then what was refused,
    and what was typed, stands above everything.
    """
    zone = person.zone if person else UTC
    page = rendering.render(name, zone=zone, nonce=request.state.nonce, person=person, **values)
    failed = values.get("failed")
    if isinstance(failed, Failed) and failed.form and REFUSED not in page:
        page = rendering.render(name, zone=zone, nonce=request.state.nonce, person=person, lost=failed, **values)
    return HTMLResponse(page, status)


@router.get("/encounters/{encounter_id}")
def show_encounter(request: Request, encounter_id: str, office: TheOffice, person: Viewer, note: str = "") -> Response:
    """One encounter, whole."""
    return encounter_page(request, office, person, encounter_id, Failed(), note=NOTES.get(note, ""))


@router.get("/messages/{message_id}")
def take_message(request: Request, message_id: str, office: TheOffice, person: Viewer) -> Response:
    """The bytes of a file that a task is about, as they came."""
    with office.database.reading() as session:
        message = messages.asked_about(session, practice_id=person.practice_id, message_id=message_id)
    if message is None:
        raise errors.not_found("file")
    auth.seen(request, person, subject="message", subject_id=message_id)
    headers = {"Content-Disposition": f'attachment; filename="{message_id}.x12"'}
    return Response(message.body, media_type="application/edi-x12", headers=headers)


@router.post("/encounters/{encounter_id}/payments")
async def take_payment(
    request: Request,
    encounter_id: str,
    office: TheOffice,
    person: Annotated[Person, require(Permission.TAKE_PAYMENT)],
) -> Response:
    """Record money of the patient."""
    typed = await typed_into(request)

    async def act() -> Done:
        form = read(PaymentForm, typed)
        return await run_in_threadpool(
            payments.take_payment,
            office,
            person,
            encounter_id=encounter_id,
            amount=form.amount,
            method=form.method,
            received_on=form.received_on,
            reference=form.reference,
            key=typed["key"],
        )

    return await _answer_encounter(request, office, person, encounter_id, "payment", typed, act)


@router.post("/encounters/{encounter_id}/payments/{payment_id}/take-back")
async def take_payment_back(
    request: Request,
    encounter_id: str,
    payment_id: str,
    office: TheOffice,
    person: Annotated[Person, require(Permission.POST_REMITTANCE)],
) -> Response:
    """Undo a payment of the patient."""
    typed = await typed_into(request)

    async def act() -> Done:
        reason = read(TakeBackForm, typed).reason
        return await run_in_threadpool(
            payments.take_back,
            office,
            person,
            encounter_id=encounter_id,
            payment_id=payment_id,
            reason=reason,
            key=typed["key"],
        )

    return await _answer_encounter(request, office, person, encounter_id, f"take-back-{payment_id}", typed, act)


@router.get("/encounters/{encounter_id}/payments/{payment_id}/receipt.pdf")
def take_receipt(request: Request, encounter_id: str, payment_id: str, office: TheOffice, person: Viewer) -> Response:
    """What the patient takes home after paying."""
    with office.database.reading() as session:
        receipt = letters.receipt_of(
            session, practice_id=person.practice_id, encounter_id=encounter_id, payment_id=payment_id
        )
    if receipt is None:
        raise errors.not_found("payment")
    auth.seen(request, person, subject="payment", subject_id=payment_id)
    made = documents.pdf("letters/letter", rendering.letter_content(receipt))
    return Response(made, media_type="application/pdf", headers={"Content-Disposition": "inline"})


@router.post("/encounters/{encounter_id}/hold")
async def place_hold(
    request: Request, encounter_id: str, office: TheOffice, person: Annotated[Person, require(Permission.HOLD)]
) -> Response:
    """Send nothing until a day."""
    typed = await typed_into(request)

    async def act() -> Done:
        form = read(HoldForm, typed)
        return await actions.place_hold(
            office, person, encounter_id=encounter_id, until=form.until, reason=form.reason, key=typed["key"]
        )

    return await _answer_encounter(request, office, person, encounter_id, "hold", typed, act)


@router.post("/encounters/{encounter_id}/release")
async def release_hold(
    request: Request, encounter_id: str, office: TheOffice, person: Annotated[Person, require(Permission.HOLD)]
) -> Response:
    """Go on."""
    typed = await typed_into(request)

    async def act() -> Done:
        return await actions.release_hold(office, person, encounter_id=encounter_id, key=typed["key"])

    return await _answer_encounter(request, office, person, encounter_id, "release", typed, act)


@router.get("/reference")
def show_reference(
    request: Request, person: Annotated[Person, require(Permission.VIEW, Permission.INTAKE)]
) -> Response:
    """Every call of the API with what it does."""
    paths: dict[str, dict[str, dict[str, str]]] = request.app.openapi()["paths"]
    calls = [
        {"method": method.upper(), "path": path, "meaning": operation.get("description", "")}
        for path, operations in paths.items()
        for method, operation in operations.items()
    ]
    return show(request, "reference.html", person, calls=calls)


def encounter_page(
    request: Request, office: Office, person: Person, encounter_id: str, failed: Failed, note: str = ""
) -> Response:
    """The encounter's page, with the refused form if there is one."""
    with office.database.reading() as session:
        encounter = views.encounter(session, practice_id=person.practice_id, encounter_id=encounter_id)
        files = attachments.of(
            session, practice_id=person.practice_id, subject=FileSubject.ENCOUNTER, subject_id=encounter_id
        )
        edits = edit_runs.latest(session, practice_id=person.practice_id, encounter_id=encounter_id)
        appealed = appeals.views(session, practice_id=person.practice_id, encounter_id=encounter_id)
        asked = requests.views(session, practice_id=person.practice_id, encounter_id=encounter_id)
        wanted_back = recovery_notices.views(session, practice_id=person.practice_id, encounter_id=encounter_id)
        called = calls.found(session, Sought(person.practice_id, encounter_id), limit=CALLS_SHOWN)
        askable = questions.who_may_be_asked(session, practice_id=person.practice_id)
        kept = sending.why_visit_waits(
            session, practice_id=person.practice_id, encounter_id=encounter_id, at=office.now()
        )
    if encounter is None:
        raise errors.not_found("encounter")
    auth.seen(request, person, subject="encounter", subject_id=encounter_id)
    return show(
        request,
        "encounter.html",
        person,
        status=failed.status,
        encounter=encounter,
        edits=edits,
        appeals=appealed,
        requests=asked,
        recoveries=wanted_back,
        calls=called,
        kept=kept,
        askable=askable,
        decisions={one: APPEAL_WORDS[one] for one in DECISIONS},
        failed=failed,
        keys=failed.key_for,
        note=note,
        now=office.today(person),
        workable={task.id for task in encounter.tasks if may_work(person, task)},
        may_work=person.may(Permission.WORK),
        may_take_payment=person.may(Permission.TAKE_PAYMENT),
        may_take_back=person.may(Permission.POST_REMITTANCE),
        may_hold=person.may(Permission.HOLD),
        may_amend=person.may(Permission.INTAKE)
        and person.may(Permission.WORK)
        and not encounter.is_void
        and encounter.group.billed_with is None,
        may_approve=person.may(Permission.APPROVE),
        changes=FORMS,
        files=files,
        file_kinds=WORDS,
        methods=get_args(payments.PaymentMethod),
        engine_page=engine_page(office, ids.encounter_workflow(person.practice_id, encounter_id)),
    )


def show_to_patient(request: Request, name: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page for somebody who does not sign in: no part of the workbench stands on it."""
    zone = values.pop("zone", UTC)
    return HTMLResponse(rendering.render(name, zone=zone, nonce=request.state.nonce, person=None, **values), status)


async def typed_into(request: Request, *, max_fields: int = 50) -> dict[str, str]:
    """The texts of a posted form. A form without a key of its own gets one, and is then done as often as sent."""
    async with request.form(max_files=0, max_fields=max_fields) as form:
        typed = {name: value for name, value in form.items() if isinstance(value, str)}
    if any("\0" in text for text in (*typed, *typed.values())):
        raise errors.invalid([Fault(field="body", message="holds the character U+0000, which no text can hold")])
    return {"key": new_id()} | typed


def read(model: type[Form], typed: Mapping[str, Any]) -> Form:
    """The typed texts as the REST route's own model. Raises Problem 422."""
    try:
        return model.model_validate({name: typed[name] for name in model.model_fields if name in typed})
    except ValidationError as error:
        raise errors.invalid(errors.validation_faults(error.errors())) from error


def day_asked(typed: str, today: date) -> tuple[date, str]:
    """(the day of a page's filter, what is wrong with it): today where it was left empty or cannot be read."""
    try:
        return (date.fromisoformat(typed.strip()) if typed.strip() else today), ""
    except ValueError:
        return today, "Write the day as YYYY-MM-DD; here is today"


def words_of(problem: Problem, another_form: tuple[str, str] = ANOTHER_FORM) -> tuple[str, str]:
    """Title and detail of a refusal on a page: nobody there has heard of keys."""
    return another_form if problem.name == "key-reused" else (problem.title, _sentence(problem.detail))


def _sentence(words: str) -> str:
    """Words of an answer as a sentence: they may be half of one."""
    return f"{words[0].upper()}{words[1:]}{'' if words[-1] in '.!?' else '.'}" if words else ""


async def answer(
    act: Callable[[], Awaitable[Done]],
    form: str,
    typed: dict[str, str],
    home: str | Callable[[Done], str],
    page: Callable[[Failed], Response],
) -> Response:
    """Do it and go back to the page, or show the page with what was refused."""
    try:
        done = await act()
    except Problem as problem:
        title, detail = words_of(problem)
        failed = Failed(
            form=form,
            title=title,
            detail=detail,
            faults={fault.field: fault.message for fault in problem.faults},
            typed=typed,
            key=typed["key"] if problem.status == 503 else None,
            status=problem.status,
        )
        if problem.patient_id is not None:
            problem.written = failed.written
            raise
        return await run_in_threadpool(page, failed)
    note = "accepted" if done.status == 202 else "done"
    home = home if isinstance(home, str) else home(done)
    return RedirectResponse(f"{home}{'' if home.endswith('&') else '?'}note={note}", 303)


async def _answer_encounter(
    request: Request,
    office: Office,
    person: Person,
    encounter_id: str,
    form: str,
    typed: dict[str, str],
    act: Callable[[], Awaitable[Done]],
) -> Response:
    def page(failed: Failed) -> Response:
        return encounter_page(request, office, person, encounter_id, failed)

    return await answer(act, form, typed, f"/encounters/{encounter_id}", page)


def may_work(person: Person, task: TaskRow) -> bool:
    """Whether this person may finish the task."""
    return actions.may_work(person, task.role)


def engine_page(office: Office, workflow_id: str) -> str:
    """Where Temporal's web interface shows a workflow, behind our own sign-in."""
    namespace = office.client.namespace if office.client else office.settings.namespace
    return f"{UI_PATH}/namespaces/{namespace}/workflows/{quote(workflow_id, safe='')}"
