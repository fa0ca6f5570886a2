"""A task's page. Where codes are the matter, the visit's note stands beside a form that is checked as it is typed."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from api import actions, auth, coding_desk, errors, task_holding
from api.actions import Done
from api.auth import Viewer, require
from api.coding_desk import RESOLUTIONS, Form
from api.office import Office, TheOffice
from api.routers.pages import NOTES, VALUE_PREFIX, Failed, answer, encounter_page, may_work, show, typed_into
from api.routers.visit_notes import answer_note, seen_notes
from billing.claim import Claim
from billing.roles import Permission
from database import worklists
from database.access import Person
from database.users import UserView
from database.worklists import TaskRow
from templates import rendering

pages = APIRouter(prefix="/tasks", include_in_schema=False)

Worker = Annotated[Person, require(Permission.WORK)]
CODES = "codes"
"""The coder's form"""
LONGEST_FORM = 400
"""Inputs of the coder's form with all its lines"""


@pages.get("/{task_id}")
def show_task(request: Request, task_id: str, office: TheOffice, person: Viewer, note: str = "") -> Response:
    """What waits for a person, by itself."""
    return task_page(request, office, person, task_id, Failed(), note=NOTES.get(note, ""))


@pages.post("/{task_id}/complete")
async def complete_task(request: Request, task_id: str, office: TheOffice, person: Worker) -> Response:
    """Finish a task."""
    typed = await typed_into(request)
    resolution = typed.get("resolution", "")
    values = {name.removeprefix(VALUE_PREFIX): text for name, text in typed.items() if name.startswith(VALUE_PREFIX)}
    task = await run_in_threadpool(find_task, office, person, task_id)

    async def act() -> Done:
        return await actions.complete_task(
            office, person, task_id=task_id, resolution=resolution, values=values, key=typed["key"]
        )

    def page(failed: Failed) -> Response:
        if task.subject == "encounter" and not typed.get("is_desk"):
            return encounter_page(request, office, person, task.subject_id, failed)
        return task_page(request, office, person, task_id, failed)

    return await answer(act, f"{task_id}-{resolution}", typed, _home(task), page)


@pages.post("/{task_id}/codes")
async def send_codes(request: Request, task_id: str, office: TheOffice, person: Worker) -> Response:
    """Finish a task by what the coder's form says otherwise than the claim."""
    typed = await typed_into(request, max_fields=LONGEST_FORM)
    task = await run_in_threadpool(find_task, office, person, task_id)

    way = RESOLUTIONS.get(task.type, "")

    def wanted(read: Callable[[Claim, Mapping[str, str]], str]) -> dict[str, str]:
        with office.database.reading() as session:
            return {"corrections": read(coding_desk.claim_of(session, person, task), typed)}

    async def act() -> Done:
        common = {"task_id": task_id, "resolution": way, "key": typed["key"]}
        sent = await run_in_threadpool(wanted, coding_desk.as_sent)
        earlier = await actions.completed(office, person, values=sent, **common)
        if earlier is not None:
            return earlier
        coding_desk.require_checkable(task)
        values = await run_in_threadpool(wanted, coding_desk.corrections)
        return await actions.complete_task(office, person, values=values, **common)

    def page(failed: Failed) -> Response:
        return task_page(request, office, person, task_id, failed, typed=typed)

    return await answer(act, CODES, typed, _home(task), page)


@pages.post("/{task_id}/note")
async def bring_note(request: Request, task_id: str, office: TheOffice, person: Worker) -> Response:
    """Bring the note of the visit that the task is about, and stay at the task."""
    task = await run_in_threadpool(find_task, office, person, task_id)
    if task.subject != "encounter":
        raise errors.not_found("visit")

    def page(failed: Failed) -> Response:
        return task_page(request, office, person, task_id, failed)

    return await answer_note(request, office, person, task.subject_id, f"/tasks/{task_id}", page)


@pages.post("/{task_id}/check")
async def check_codes(request: Request, task_id: str, office: TheOffice, person: Worker, part: str = "") -> Response:
    """What the edits say of the form as it is: the findings alone for a script, else the whole page. Stores nothing."""
    typed = await typed_into(request, max_fields=LONGEST_FORM)
    return await run_in_threadpool(_checked, request, office, person, task_id, typed, is_part=part == "findings")


def _checked(
    request: Request, office: Office, person: Person, task_id: str, typed: dict[str, str], *, is_part: bool
) -> Response:
    task = find_task(office, person, task_id)
    claim, checked = coding_desk.check_form(office, person, task, typed)
    form = coding_desk.again(claim, typed, checked)
    if not is_part:
        return task_page(request, office, person, task_id, Failed(), form=form, is_unsaved=True)
    auth.seen(request, person, subject="task", subject_id=task_id, action="check")
    return HTMLResponse(rendering.render("findings_found.html", zone=person.zone, form=form))


def task_page(
    request: Request,
    office: Office,
    person: Person,
    task_id: str,
    failed: Failed,
    *,
    note: str = "",
    typed: dict[str, str] | None = None,
    form: Form | None = None,
    is_unsaved: bool = False,
) -> Response:
    """The task's page, with the refused form if there is one, and with the coder's form where that is its way out."""
    task = find_task(office, person, task_id)
    auth.seen(request, person, subject="task", subject_id=task_id)
    workable = may_work(person, task)
    if typed is not None and not coding_desk.is_worked_here(task):
        failed = replace(failed, typed={"value.corrections": _typed_instead(office, person, task, typed)})
    common = {
        "failed": failed,
        "keys": failed.key_for,
        "note": note,
        "workable": workable,
        "colleagues": _colleagues(office, person, task),
    }
    if not coding_desk.is_worked_here(task):
        with office.database.reading() as session:
            others = worklists.tasks_of(session, practice_id=person.practice_id, subject_id=task.subject_id)
        instead = [one for one in others if one.state == "open"] if task.state != "open" else []
        return show(request, "task.html", person, status=failed.status, task=task, instead=instead, **common)
    if form is None:
        with office.database.reading() as session:
            claim = coding_desk.claim_of(session, person, task)
        knows_claim = failed.status == 409
        form = coding_desk.again(claim, typed, knows_claim=knows_claim) if typed else coding_desk.start(claim, task)
    way = RESOLUTIONS[task.type]
    return show(
        request,
        "coding.html",
        person,
        status=failed.status,
        task=replace(task, resolutions=[one for one in task.resolutions if one.name != way]),
        label=next(one.label for one in task.resolutions if one.name == way),
        form=form,
        notes=seen_notes(request, office, person, task.subject_id),
        may_work=person.may(Permission.WORK),
        is_unsaved=is_unsaved or typed is not None,
        **common,
    )


def _colleagues(office: Office, person: Person, task: TaskRow) -> list[UserView]:
    """To whom this person may hand the task over."""
    if not person.may(Permission.APPROVE):
        return []
    with office.database.reading() as session:
        return task_holding.who_may(session, person, task.role)


def _typed_instead(office: Office, person: Person, task: TaskRow, typed: dict[str, str]) -> str:
    """What somebody typed into a form that is gone, as corrections: the inputs that they left alone say nothing."""
    with office.database.reading() as session:
        said = coding_desk.as_sent(coding_desk.claim_of(session, person, task), typed)
    return said.replace("\n", "; ")


def find_task(office: Office, person: Person, task_id: str) -> TaskRow:
    """The practice's task. Raises Problem 404."""
    with office.database.reading() as session:
        task = worklists.task(session, practice_id=person.practice_id, task_id=task_id)
    if task is None:
        raise errors.not_found("task")
    return task


def _home(task: TaskRow) -> str:
    homes = {"encounter": "/encounters", "account": "/accounts", "assistance": "/assistance"}
    return f"{homes[task.subject]}/{task.subject_id}" if task.subject in homes else f"/tasks/{task.id}"
