"""Tasks: what waits for a person, with the form that ends it."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field

from activities.check_desk import Checked
from api import actions, auth, coding_desk, errors
from api.auth import Viewer, require
from api.claim_form import Part
from api.idempotency import IdempotencyKey
from api.office import TheOffice
from api.routers.encounters import Cursor, PageSize, shape
from billing.roles import Permission, Role
from billing.tasks import LONGEST_CORRECTIONS, TaskType
from database import worklists
from database.access import Person
from database.worklists import HeldBy, NotACursor, TaskOrder, TaskPage, TaskRow

router = APIRouter(prefix="/api/v1/tasks", tags=["tasks"])


class Held(StrEnum):
    """Whose tasks a list shows, by who holds them."""

    ANYBODY = "anybody"
    ME = "me"
    NOBODY = "nobody"


def held_by(held: Held, person: Person) -> HeldBy | None:
    """What the list is asked for."""
    return {Held.ANYBODY: None, Held.ME: HeldBy(person.user_id), Held.NOBODY: HeldBy(None)}[held]


class CompletionForm(Part):
    """A filled-in resolution. `GET` of the task names the resolutions and their fields."""

    resolution: Annotated[str, Field(max_length=40)]
    values: Annotated[
        dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=LONGEST_CORRECTIONS)]],
        Field(max_length=20),
    ] = {}


class CorrectionsForm(Part):
    """What would be typed into a resolution that corrects the claim."""

    corrections: Annotated[str, Field(max_length=LONGEST_CORRECTIONS)] = ""
    """One a line: `line.1.units = 2`; empty: the claim as it stands"""


class CheckForm(Part):
    """As `complete` takes it, without a resolution."""

    values: CorrectionsForm = CorrectionsForm()


@router.get("")
def list_tasks(
    office: TheOffice,
    person: Viewer,
    role: Role | None = None,
    type: TaskType | None = None,  # noqa: A002 - the field's own word
    state: Literal["open", "done"] = "open",
    mine: bool = False,
    held: Held = Held.ANYBODY,
    order: TaskOrder = TaskOrder.DEADLINE,
    after: Cursor = None,
    limit: PageSize = 50,
) -> TaskPage:
    """Tasks by deadline, or with the most money at stake first; `mine`: of one's own roles alone; `held`: by oneself,
    by nobody, or by anybody and nobody."""
    wanted = None if role is None else frozenset({role})
    if mine:
        wanted = person.roles if wanted is None else person.roles & wanted
    try:
        with office.database.reading() as session:
            return worklists.task_page(
                session,
                practice_id=person.practice_id,
                state=state,
                roles=wanted,
                task_type=type,
                order=order,
                after=after,
                limit=limit,
                held_by=held_by(held, person),
            )
    except NotACursor as error:
        fault = errors.Fault(field="after", message="is not `next_after` of this list")
        raise errors.invalid([fault]) from error


@router.get("/{task_id}")
def show_task(request: Request, task_id: str, office: TheOffice, person: Viewer) -> TaskRow:
    """Why it exists, what is at stake, and every way out with its fields and what was typed so far."""
    with office.database.reading() as session:
        found = worklists.task(session, practice_id=person.practice_id, task_id=task_id)
    if found is None:
        raise errors.not_found("task")
    auth.seen(request, person, subject="task", subject_id=task_id)
    return found


@router.post("/{task_id}/check")
def check_task(
    request: Request,
    task_id: str,
    form: CheckForm,
    office: TheOffice,
    person: Annotated[Person, require(Permission.WORK)],
) -> Checked:
    """What the claim edits would say of the task's visit with these corrections: every finding with its field, message,
    fix and severity. Nothing is stored, and the task stays open."""
    with office.database.reading() as session:
        task = worklists.task(session, practice_id=person.practice_id, task_id=task_id)
    if task is None:
        raise errors.not_found("task")
    checked = coding_desk.check_text(office, person, task, form.values.corrections)
    auth.seen(request, person, subject="task", subject_id=task_id, action="check")
    return checked


@router.post("/{task_id}/complete", response_model=dict[str, Any])
async def complete_task(
    task_id: str,
    form: CompletionForm,
    key: IdempotencyKey,
    office: TheOffice,
    person: Annotated[Person, require(Permission.WORK)],
) -> Response:
    """Finish a task. 422 names every fault; 202: look at `Location` later."""
    return shape(
        await actions.complete_task(
            office, person, task_id=task_id, resolution=form.resolution, values=form.values, key=key
        )
    )
