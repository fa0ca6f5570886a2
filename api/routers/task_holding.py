"""Who is at a task: taken, given back and handed over, one by one."""

from collections.abc import Callable, Mapping
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field

from api import auth, task_holding
from api.actions import Done
from api.auth import require
from api.claim_form import Part
from api.office import Office, TheOffice
from api.routers.pages import Failed, answer, read, typed_into
from api.routers.task_pages import find_task, task_page
from billing.roles import Permission
from database.access import Person
from database.worklists import TaskRow

api = APIRouter(prefix="/api/v1/tasks", tags=["tasks"])
pages = APIRouter(prefix="/tasks", include_in_schema=False)

Worker = Annotated[Person, require(Permission.WORK)]
Supervisor = Annotated[Person, require(Permission.APPROVE)]
LIST = ("work", "kind", "held", "order")
"""What a worklist was asked for, to go back to it"""
MY_DAY = "my_day"
"""The button stood on that page"""


class HandOverForm(Part):
    """To whom."""

    user_id: Annotated[str, Field(max_length=20)]


@api.post("/{task_id}/take")
def take_task(request: Request, task_id: str, office: TheOffice, person: Worker) -> TaskRow:
    """Hold the task oneself, so that nobody else begins it. A supervisor may take it from a colleague."""
    task_holding.take(office, person, task_id)
    return _told(request, office, person, task_id)


@api.post("/{task_id}/give-back")
def give_task_back(request: Request, task_id: str, office: TheOffice, person: Worker) -> TaskRow:
    """Let nobody hold the task."""
    task_holding.give_back(office, person, task_id)
    return _told(request, office, person, task_id)


@api.post("/{task_id}/hand-over")
def hand_task_over(
    request: Request, task_id: str, form: HandOverForm, office: TheOffice, person: Supervisor
) -> TaskRow:
    """Let another person hold the task, who must be able to work it."""
    task_holding.hand_over(office, person, task_id, form.user_id)
    return _told(request, office, person, task_id)


@pages.post("/{task_id}/take")
async def take_from_page(request: Request, task_id: str, office: TheOffice, person: Worker) -> Response:
    """Take a task from the worklist or from its page."""
    return await _from_page(request, office, person, task_id, lambda _: task_holding.take(office, person, task_id))


@pages.post("/{task_id}/give-back")
async def give_back_from_page(request: Request, task_id: str, office: TheOffice, person: Worker) -> Response:
    """Give a task back from its page."""
    return await _from_page(request, office, person, task_id, lambda _: task_holding.give_back(office, person, task_id))


@pages.post("/{task_id}/hand-over")
async def hand_over_from_page(request: Request, task_id: str, office: TheOffice, person: Supervisor) -> Response:
    """Hand a task over from its page."""

    def act(typed: dict[str, str]) -> None:
        task_holding.hand_over(office, person, task_id, read(HandOverForm, typed).user_id)

    return await _from_page(request, office, person, task_id, act)


async def _from_page(
    request: Request, office: Office, person: Person, task_id: str, change: Callable[[dict[str, str]], None]
) -> Response:
    typed = await typed_into(request)
    await run_in_threadpool(find_task, office, person, task_id)

    async def act() -> Done:
        await run_in_threadpool(change, typed)
        return Done({}, 200)

    def page(failed: Failed) -> Response:
        return task_page(request, office, person, task_id, failed)

    return await answer(act, "holder", typed, _back(typed, task_id), page)


def _back(typed: dict[str, str], task_id: str) -> str:
    """The page that the button stood on."""
    if typed.get("from") == MY_DAY:
        return "/my-day"
    return f"{back_to_list(typed)}&" if any(typed.get(name) for name in LIST) else f"/tasks/{task_id}"


def back_to_list(typed: Mapping[str, str]) -> str:
    """The worklist as it was asked for."""
    return "/?" + urlencode({name: typed[name] for name in LIST if typed.get(name)})


def _told(request: Request, office: Office, person: Person, task_id: str) -> TaskRow:
    auth.seen(request, person, subject="task", subject_id=task_id)
    return find_task(office, person, task_id)
