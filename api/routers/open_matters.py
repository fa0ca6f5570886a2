"""What is open with payers over all visits: appeals, documents that they want, money that they want back."""

from datetime import date

from fastapi import APIRouter, Request, Response

from api import auth
from api.auth import Viewer
from api.office import Office, TheOffice
from api.routers.pages import show
from database import open_matters
from database.access import Person
from database.open_matters import Matter, OpenMatter

api = APIRouter(prefix="/api/v1/open-matters", tags=["appeals"])
pages = APIRouter(include_in_schema=False)

SHOWN = 200


@api.get("")
def list_matters(request: Request, office: TheOffice, person: Viewer, kind: Matter | None = None) -> list[OpenMatter]:
    """Undecided appeals, documents that payers wait for, and money that they announced to take back; the most pressing
    first, at most two hundred."""
    return _found(request, office, person, kind)


@pages.get("/disputes")
def show_matters(request: Request, office: TheOffice, person: Viewer, kind: str = "") -> Response:
    """The same as a page."""
    chosen = Matter(kind) if kind in set(Matter) else None
    today: date = office.today(person)
    return show(
        request,
        "open_matters.html",
        person,
        matters=_found(request, office, person, chosen),
        chosen=chosen,
        kinds=list(Matter),
        now=today,
        most=SHOWN,
    )


def _found(request: Request, office: Office, person: Person, kind: Matter | None) -> list[OpenMatter]:
    with office.database.reading() as session:
        found = open_matters.of_practice(session, practice_id=person.practice_id, kind=kind, limit=SHOWN)
    if found:
        auth.seen(request, person, subject="open_matters", subject_id=person.practice_id)
    return found
