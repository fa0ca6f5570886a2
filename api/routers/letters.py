"""Letters: the print queue, each letter as page, JSON and PDF, and the word that it was sent."""

import json
from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api import auth, errors
from api.auth import Viewer, require
from api.office import Office, TheOffice
from api.routers.pages import NOTES, show
from billing.cms1500 import PaperClaim
from billing.letters import Letter as Content
from billing.roles import Permission
from billing.statements import Statement
from database import audit, letters
from database.access import Person
from database.letters import LetterRow
from database.tables import Letter
from templates import documents, rendering

api = APIRouter(prefix="/api/v1/letters", tags=["letters"])
pages = APIRouter(prefix="/letters", include_in_schema=False)

Worker = Annotated[Person, require(Permission.WORK)]
State = Literal["waiting", "sent"]
_PAGES: dict[type, str] = {Statement: "statement.html", PaperClaim: "paper_claim.html"}


@api.get("")
def list_letters(office: TheOffice, person: Viewer, state: State = "waiting") -> list[LetterRow]:
    """Letters that wait to be printed, the oldest first, or the newest that were sent; at most a hundred."""
    with office.database.reading() as session:
        return letters.page(session, practice_id=person.practice_id, is_sent=state == "sent")


@api.get("/{letter_id}")
def show_letter(
    request: Request, letter_id: str, office: TheOffice, person: Viewer
) -> Content | PaperClaim | Statement:
    """What one letter, statement or paper claim (box by box) says."""
    return letters.content_of(_find(request, office, person, letter_id))


@api.get("/{letter_id}/letter.pdf", response_class=Response)
def show_pdf(request: Request, letter_id: str, office: TheOffice, person: Viewer) -> Response:
    """The letter as a tagged PDF."""
    return _pdf(_find(request, office, person, letter_id))


@api.post("/{letter_id}/sent", status_code=204)
def mark_sent(request: Request, letter_id: str, office: TheOffice, person: Worker) -> None:
    """The letter was printed and sent. Saying it twice changes nothing."""
    _sent(request, office, person, letter_id)


@pages.get("")
def show_queue(request: Request, office: TheOffice, person: Viewer, state: State = "waiting") -> Response:
    """The print queue."""
    rows = list_letters(office, person, state)
    return show(request, "letters.html", person, letters=rows, state=state)


@pages.get("/{letter_id}")
def show_page(request: Request, letter_id: str, office: TheOffice, person: Viewer, note: str = "") -> Response:
    """One letter as it will be printed."""
    letter = _find(request, office, person, letter_id)
    content = letters.content_of(letter)
    return show(
        request,
        _PAGES.get(type(content), "letter.html"),
        person,
        letter=letter,
        content=content,
        unprinted=documents.without_glyph(_printed(content)[1]),
        mark=documents.MARK,
        note=NOTES.get(note, ""),
        may_work=person.may(Permission.WORK),
    )


@pages.get("/{letter_id}/letter.pdf")
def take_pdf(request: Request, letter_id: str, office: TheOffice, person: Viewer) -> Response:
    """The letter to print."""
    return _pdf(_find(request, office, person, letter_id))


@pages.post("/{letter_id}/sent")
def say_sent(request: Request, letter_id: str, office: TheOffice, person: Worker) -> Response:
    """The letter was printed and sent."""
    _sent(request, office, person, letter_id)
    return RedirectResponse(f"/letters/{letter_id}?note=done", 303)


def _find(request: Request, office: Office, person: Person, letter_id: str) -> Letter:
    with office.database.reading() as session:
        letter = letters.find(session, practice_id=person.practice_id, letter_id=letter_id)
    if letter is None:
        raise errors.not_found("letter")
    auth.seen(request, person, subject="letter", subject_id=letter_id)
    return letter


def _printed(content: Content | PaperClaim | Statement) -> tuple[str, str]:
    """(the template of the paper's PDF, what it is made of)."""
    if isinstance(content, Statement):
        return "statements/statement", rendering.statement_content(content)
    if isinstance(content, PaperClaim):
        return "letters/paper_claim", json.dumps(asdict(content))
    return "letters/letter", rendering.letter_content(content)


def _pdf(letter: Letter) -> Response:
    made = documents.pdf(*_printed(letters.content_of(letter)))
    headers = {"Content-Disposition": f'inline; filename="{letter.kind}-{letter.id}.pdf"'}
    return Response(made, media_type="application/pdf", headers=headers)


def _sent(request: Request, office: Office, person: Person, letter_id: str) -> None:
    with office.database.writing() as session:
        letter = letters.find(session, practice_id=person.practice_id, letter_id=letter_id)
        if letter is None:
            raise errors.not_found("letter")
        if letters.mark_sent(session, letter, at=office.now(), actor_id=person.user_id):
            audit.record(
                session,
                practice_id=person.practice_id,
                at=office.now(),
                actor_id=person.user_id,
                action="update",
                subject="letter",
                subject_id=letter_id,
                reason="marked as sent",
                source=auth.source_of(request),
            )
