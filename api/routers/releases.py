"""The release calendar: which edition of each table is in force, when the next one comes, and what ends without it."""

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from api.auth import Viewer
from api.office import TheOffice
from api.routers.pages import show
from billing.release_calendar import REASONS, Standing, next_day
from billing.roles import Permission
from database import releases
from database.releases import EndingContract, ReleaseView

api = APIRouter(prefix="/api/v1/releases", tags=["codes"])
pages = APIRouter(prefix="/setup/releases", include_in_schema=False)

WORDS = {
    Standing.NOT_LOADED: "not loaded",
    Standing.OVER: "ended",
    Standing.ENDING: "ends soon; the next one is not there",
    Standing.READY: "in force; the next one is loaded",
    Standing.IN_FORCE: "in force",
}


@dataclass(frozen=True, slots=True)
class Calendar:
    """Tables of the installation, and contracts of the practice."""

    tables: list[ReleaseView]
    ending_contracts: list[EndingContract]


@api.get("")
def show_calendar(office: TheOffice, person: Viewer) -> Calendar:
    """How each table stands today, and which contracts end with none to follow."""
    today = office.today(person)
    with office.database.reading() as session:
        return Calendar(
            releases.of_practice(session, practice_id=person.practice_id, today=today),
            releases.ending_contracts(session, practice_id=person.practice_id, today=today),
        )


@pages.get("")
def show_page(request: Request, office: TheOffice, person: Viewer) -> Response:
    """The same as a page."""
    today = office.today(person)
    return show(
        request,
        "releases.html",
        person,
        found=show_calendar(office, person),
        words=WORDS,
        reasons=next_day(REASONS, today),
        today=today,
        may_change=person.may(Permission.SET_UP),
    )
