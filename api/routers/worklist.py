"""The first page: what waits for whom, and the visits, the newest first."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session

from api import auth, errors
from api.auth import Viewer
from api.office import TheOffice
from api.routers import office_search
from api.routers.pages import NOTES, may_work, show
from api.routers.tasks import Held, held_by
from billing.roles import Permission, Role
from billing.stages import Stage
from billing.tasks import KINDS, TaskType
from database import questions, views, worklists
from database.access import Person
from database.users import UserView
from database.worklists import NotACursor, TaskOrder, TaskPage

pages = APIRouter(include_in_schema=False)

MINE, ALL = "mine", "all"


@pages.get("/")
def show_worklist(
    request: Request,
    office: TheOffice,
    person: Viewer,
    work: str = "",
    kind: str = "",
    held: Held = Held.ANYBODY,
    order: TaskOrder = TaskOrder.DEADLINE,
    tasks_after: str | None = None,
    stage: str = "",
    q: Annotated[str, Query(max_length=80)] = "",
    asked: str = "",
    before: str | None = None,
    note: str = "",
) -> Response:
    """Open tasks by role and by who holds them, and visits by stage, patient or number."""
    q = (office_search.asked(office, person, asked) or "") if asked else q
    work = work if work in {MINE, ALL, *Role} else _usual(person)
    task_type = TaskType(kind) if kind in set(TaskType) else None
    try:
        with office.database.reading() as session:
            tasks = _tasks(session, person, work, task_type, held, order, tasks_after)
            kinds = worklists.open_types(session, practice_id=person.practice_id)
            colleagues = _colleagues(session, person)
            encounters = views.newest_encounters(
                session,
                practice_id=person.practice_id,
                stage=Stage(stage) if stage in set(Stage) else None,
                text=q,
                before=before,
                limit=50,
            )
    except NotACursor as error:
        raise errors.not_found("page of this list") from error
    if q.strip() and encounters.items:
        auth.seen(request, person, subject="encounters", subject_id="search")
    return show(
        request,
        "worklist.html",
        person,
        tasks={"items": tasks.items, "next_after": tasks.next_after},
        encounters={"items": encounters.items, "next_after": encounters.next_after},
        roles=list(Role),
        work=work,
        kind=task_type or "",
        kinds={one: KINDS[one].title for one in (*kinds, *([task_type] if task_type else []))},
        held=held,
        colleagues=colleagues,
        workable={one.id for one in tasks.items if may_work(person, one)},
        note=NOTES.get(note, ""),
        order=order,
        stages=list(Stage),
        stage=stage,
        q=q.strip(),
        asked=asked if q else "",
        now=office.now(),
    )


def _tasks(
    session: Session,
    person: Person,
    work: str,
    task_type: TaskType | None,
    held: Held,
    order: TaskOrder,
    after: str | None,
) -> TaskPage:
    return worklists.task_page(
        session,
        practice_id=person.practice_id,
        state="open",
        roles=_roles(work, person),
        task_type=task_type,
        order=order,
        after=after,
        limit=25,
        held_by=held_by(held, person),
    )


def _colleagues(session: Session, person: Person) -> list[UserView]:
    """To whom tasks may be handed over; nobody for who may not."""
    if not person.may(Permission.APPROVE):
        return []
    return questions.who_may_be_asked(session, practice_id=person.practice_id).people


def _usual(person: Person) -> str:
    """Who may work any task begins with all of them."""
    return ALL if person.may(Permission.APPROVE) else MINE


def _roles(work: str, person: Person) -> frozenset[Role] | None:
    if work == ALL:
        return None
    return person.roles if work == MINE else frozenset({Role(work)})
