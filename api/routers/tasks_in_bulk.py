"""Many tasks taken, given back or handed over at once; each is told of by itself."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field

from api import auth, errors, task_holding
from api.auth import require
from api.claim_form import Part
from api.errors import Fault
from api.office import Office, TheOffice
from api.routers.pages import read, show
from api.routers.task_holding import LIST, back_to_list
from api.task_holding import Change, Result
from billing.roles import Permission
from database import worklists
from database.access import Person

api = APIRouter(prefix="/api/v1/task-holders", tags=["tasks"])
pages = APIRouter(prefix="/task-holders", include_in_schema=False)

Worker = Annotated[Person, require(Permission.WORK)]
MOST = 100
TaskIds = Annotated[list[Annotated[str, Field(max_length=20)]], Field(min_length=1, max_length=MOST)]


class BulkForm(Part):
    """What is done with which tasks. Handing over names to whom, and is a supervisor's."""

    task_ids: TaskIds
    change: Change
    user_id: Annotated[str, Field(max_length=20)] = ""


@api.post("")
def change_holders(form: BulkForm, request: Request, office: TheOffice, person: Worker) -> list[Result]:
    """Take, give back or hand over up to a hundred tasks, each by itself and in the order given. A task that cannot be
    says why and holds up no other; a second call changes nothing."""
    return _done(request, office, person, form)


@pages.post("")
async def change_from_page(request: Request, office: TheOffice, person: Worker) -> Response:
    """The same for the tasks that were chosen on the worklist."""
    async with request.form(max_files=0, max_fields=MOST + 20) as typed:
        chosen = [one for one in typed.getlist("task_id") if isinstance(one, str)]
        said = {name: text for name, text in typed.items() if isinstance(text, str)}
    back = back_to_list({name: said.get(name, "") for name in LIST})
    if not chosen:
        return show(request, "task_holders.html", person, status=422, results=[], tasks={}, back=back)
    if len(chosen) > MOST:
        raise errors.invalid([Fault(field="task_id", message=f"choose at most {MOST} tasks")])
    form = read(BulkForm, said | {"task_ids": chosen})
    results = await run_in_threadpool(_done, request, office, person, form)
    with office.database.reading() as session:
        tasks = worklists.named(session, practice_id=person.practice_id, task_ids=chosen)
    return show(request, "task_holders.html", person, results=results, tasks=tasks, back=back)


def _done(request: Request, office: Office, person: Person, form: BulkForm) -> list[Result]:
    if form.change is Change.HAND_OVER:
        auth.require_also(person, Permission.APPROVE)
    auth.seen(request, person, subject="tasks", subject_id="in_bulk")
    return task_holding.change_many(office, person, form.task_ids, form.change, form.user_id)
