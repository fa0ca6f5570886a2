"""Offices that moved here: what came, whether it ties, and whether it is signed off (a task); and the way out."""

import io
import zipfile

from fastapi import APIRouter, Request, Response

from activities import deidentified, moving_out
from api.auth import Viewer
from api.office import Office, TheOffice
from api.routers.pages import show
from api.routers.payers import Supervisor
from api.sent_file import zip_of
from billing.roles import Permission
from database import moves
from database.access import Person
from database.moves import MoveView

api = APIRouter(prefix="/api/v1/moves", tags=["moves"])
pages = APIRouter(prefix="/setup/moves", include_in_schema=False)


@api.get("")
def list_moves(office: TheOffice, person: Viewer) -> list[MoveView]:
    """The practice's moves, the newest first: the old aging beside the ledger, and the task that signs each off."""
    with office.database.reading() as session:
        return moves.view(session, practice_id=person.practice_id)


@api.get("/export", response_class=Response)
def export(office: TheOffice, person: Supervisor) -> Response:
    """The whole practice as a zip of the files that a move reads, its ledger, and what they do not hold."""
    return _zip(office, person)


@api.get("/deidentified", response_class=Response)
def export_deidentified(office: TheOffice, person: Supervisor) -> Response:
    """The practice's visits, lines and money as a zip without the identifiers of 45 CFR 164.514(b)(2), for analysis."""
    return _deidentified(office, person)


@pages.get("/deidentified.zip")
def take_deidentified(office: TheOffice, person: Supervisor) -> Response:
    """The same for the page."""
    return _deidentified(office, person)


@pages.get("/export.zip")
def take_export(office: TheOffice, person: Supervisor) -> Response:
    """The whole practice as a zip."""
    return _zip(office, person)


def _zip(office: Office, person: Person) -> Response:
    out = moving_out.move_out(office.database, practice_id=person.practice_id, at=office.now(), by=person.user_id)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (*out.files.items(), ("not-exported.txt", out.notice)):
            archive.writestr(name, text)
    headers = {"Content-Disposition": 'attachment; filename="practice.zip"', "Cache-Control": "private, no-store"}
    return Response(packed.getvalue(), media_type="application/zip", headers=headers)


def _deidentified(office: Office, person: Person) -> Response:
    return zip_of(
        "deidentified",
        lambda file: deidentified.export(
            office.database, file, practice_id=person.practice_id, at=office.now(), by=person.user_id
        ),
    )


@pages.get("")
def show_page(request: Request, office: TheOffice, person: Viewer) -> Response:
    """The practice's moves."""
    return show(
        request, "moves.html", person, moves=list_moves(office, person), may_export=person.may(Permission.SET_UP)
    )
