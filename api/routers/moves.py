"""Offices that moved here: what came, whether it ties, and whether it is signed off. The sign-off is a task."""

from fastapi import APIRouter, Request, Response

from api.auth import Viewer
from api.office import TheOffice
from api.routers.pages import show
from database import moves
from database.moves import MoveView

api = APIRouter(prefix="/api/v1/moves", tags=["moves"])
pages = APIRouter(prefix="/setup/moves", include_in_schema=False)


@api.get("")
def list_moves(office: TheOffice, person: Viewer) -> list[MoveView]:
    """The practice's moves, the newest first: the old aging beside the ledger, and the task that signs each off."""
    with office.database.reading() as session:
        return moves.view(session, practice_id=person.practice_id)


@pages.get("")
def show_page(request: Request, office: TheOffice, person: Viewer) -> Response:
    """The practice's moves."""
    return show(request, "moves.html", person, moves=list_moves(office, person))
