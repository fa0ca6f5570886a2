"""My day: what waits for the one who looks, by money and deadline, and what changed since the last day of work."""

from fastapi import APIRouter, Request, Response

from api import auth
from api.auth import Viewer
from api.office import Office, TheOffice
from api.routers.notes import asked_of
from api.routers.pages import NOTES, show
from billing.days import business_day_before
from billing.roles import Permission
from database import my_day
from database.access import Person
from database.my_day import MyDay

api = APIRouter(prefix="/api/v1/my-day", tags=["tasks"])
pages = APIRouter(include_in_schema=False)

SHOWN = 12


@api.get("")
def read_my_day(request: Request, office: TheOffice, person: Viewer) -> MyDay:
    """What the caller holds and could take, ranked by cents at stake times the weight of the deadline with the reason
    of each place, the open tasks of the caller's roles by kind, and what changed since the last day of work began."""
    return _found(request, office, person)


@pages.get("/my-day")
def show_my_day(request: Request, office: TheOffice, person: Viewer, note: str = "") -> Response:
    """The same as a page, the first one after signing in."""
    return show(
        request,
        "my_day.html",
        person,
        day=_found(request, office, person),
        questions=asked_of(request, office, person),
        today=office.today(person),
        note=NOTES.get(note, ""),
        may_work=person.may(Permission.WORK),
        work="all" if person.may(Permission.APPROVE) else "mine",
    )


def _found(request: Request, office: Office, person: Person) -> MyDay:
    with office.database.reading() as session:
        found = my_day.of(
            session,
            practice_id=person.practice_id,
            user_id=person.user_id,
            roles=None if person.may(Permission.APPROVE) else person.roles,
            now=office.now(),
            zone=person.zone,
            since=business_day_before(office.today(person)),
            most=SHOWN,
        )
    if found.held or found.waiting:
        auth.seen(request, person, subject="tasks", subject_id="my_day")
    return found
