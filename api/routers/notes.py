"""Notes on visits, claims and accounts."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from sqlmodel import Session

from api import actions, auth, errors, idempotency, known_patient
from api.actions import Done
from api.auth import Viewer, require
from api.claim_form import Part
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.accounts import account_page
from api.routers.claims import claim_page
from api.routers.pages import Failed, answer, encounter_page, read, typed_into
from billing.roles import Permission
from database import notes
from database.access import Person
from database.notes import NoteSubject, NoteView

api = APIRouter(prefix="/api/v1/notes", tags=["notes"])
pages = APIRouter(prefix="/notes", include_in_schema=False)

_PAGES: dict[NoteSubject, Callable[..., Response]] = {
    NoteSubject.ENCOUNTER: encounter_page,
    NoteSubject.ACCOUNT: account_page,
    NoteSubject.CLAIM: claim_page,
}
Worker = Annotated[Person, require(Permission.WORK)]


class NoteForm(Part):
    """What a person writes; it is never changed afterwards."""

    text: Annotated[str, Field(min_length=1, max_length=4000)]


@api.get("/{subject}/{subject_id}")
def list_notes(
    request: Request, subject: NoteSubject, subject_id: str, office: TheOffice, person: Viewer
) -> list[NoteView]:
    """The notes on one visit, claim or account, the newest first."""
    with office.database.reading() as session:
        _require(session, person, subject, subject_id)
        found = notes.of(session, practice_id=person.practice_id, subject=subject, subject_id=subject_id)
    auth.seen(request, person, subject=subject, subject_id=subject_id)
    return found


@api.post("/{subject}/{subject_id}", status_code=201)
def write_note(
    subject: NoteSubject, subject_id: str, form: NoteForm, key: IdempotencyKey, office: TheOffice, person: Worker
) -> dict[str, Any]:
    """Add a note."""
    return _write(office, person, subject, subject_id, form, key=key).body


@pages.post("/{subject}/{subject_id}")
async def write_from_page(
    request: Request, subject: NoteSubject, subject_id: str, office: TheOffice, person: Worker
) -> Response:
    """Add a note from the page of the visit, the claim or the account."""
    typed = await typed_into(request)

    async def act() -> Done:
        form = read(NoteForm, typed)
        return await run_in_threadpool(_write, office, person, subject, subject_id, form, key=typed["key"])

    def page(failed: Failed) -> Response:
        return _PAGES[subject](request, office, person, subject_id, failed)

    return await answer(act, "note", typed, f"/{subject}s/{subject_id}", page)


def _write(office: Office, person: Person, subject: NoteSubject, subject_id: str, form: NoteForm, *, key: str) -> Done:
    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        _require(session, person, subject, subject_id, writing=True)
        note = notes.add(
            session,
            practice_id=person.practice_id,
            subject=subject,
            subject_id=subject_id,
            text=form.text,
            at=office.now(),
            author_id=person.user_id,
        )
        actions.audited(session, office, person, action="create", subject="note", subject_id=note.id)
        return subject_id, {"note_id": note.id}

    sha256 = idempotency.fingerprint("write_note", f"{subject}:{subject_id}", form.model_dump(mode="json"))
    return Done(idempotency.once(office, person, name="write_note", key=key, body_sha256=sha256, effect=effect), 201)


def _require(session: Session, person: Person, subject: NoteSubject, subject_id: str, *, writing: bool = False) -> None:
    if not notes.exists(session, practice_id=person.practice_id, subject=subject, subject_id=subject_id):
        raise errors.not_found(subject)
    known_patient.require_behind(session, person, subject, subject_id, writing=writing)
