"""The note of a visit: brought by a program, pasted or uploaded by a person, and read by who codes from it.

Every look at one is written down, as a look at its own: the note is the most private thing that the office holds.
"""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session
from starlette.datastructures import UploadFile

from api import auth, errors, idempotency, note_writing
from api.actions import Done
from api.auth import Viewer, require
from api.claim_form import LONGEST_NOTE, VisitNoteForm
from api.errors import Fault
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers import files
from api.routers.files import Sent
from api.routers.pages import NOTES, Failed, answer, read, show
from billing.attachments import LARGEST, FileKind, NotKept, content_type
from billing.roles import Permission
from database import encounters, visit_notes
from database.access import Person
from database.attachments import FileSubject
from database.columns import new_id
from database.visit_notes import VisitNotes

api = APIRouter(prefix="/api/v1/encounters", tags=["visit notes"])
pages = APIRouter(prefix="/encounters", include_in_schema=False)

Worker = Annotated[Person, require(Permission.WORK)]
FORM = "visit-note"
"""The form by which a person brings a note"""


@api.get("/{encounter_id}/visit-notes")
def show_notes(request: Request, encounter_id: str, office: TheOffice, person: Viewer) -> VisitNotes:
    """What the provider wrote of the visit, who signed it and when, and the medical records on the visit."""
    return seen_notes(request, office, person, encounter_id)


@api.post("/{encounter_id}/visit-notes", status_code=201)
def bring_note(
    encounter_id: str, form: VisitNoteForm, key: IdempotencyKey, office: TheOffice, person: Worker
) -> dict[str, Any]:
    """Add the visit's note, or an addition to it. The same words under the same signature are one note."""
    return _bring(office, person, encounter_id, form, key=key)


@pages.get("/{encounter_id}/note")
def show_page(request: Request, encounter_id: str, office: TheOffice, person: Viewer, note: str = "") -> Response:
    """The note by itself, and the form that brings it."""
    return _page(request, office, person, encounter_id, Failed(), note=NOTES.get(note, ""))


@pages.post("/{encounter_id}/note")
async def bring_from_page(request: Request, encounter_id: str, office: TheOffice, person: Worker) -> Response:
    """Paste the note, or choose its file: a text becomes the note, a scan a medical record of the visit."""

    def page(failed: Failed) -> Response:
        return _page(request, office, person, encounter_id, failed)

    return await answer_note(request, office, person, encounter_id, f"/encounters/{encounter_id}/note", page)


async def answer_note(
    request: Request, office: Office, person: Person, encounter_id: str, home: str, page: Callable[[Failed], Response]
) -> Response:
    """Keep the posted note and go `home`, or show the page that it was sent from with what was refused."""
    typed, file = await _typed(request)

    async def act() -> Done:
        return await run_in_threadpool(_bring_either, office, person, encounter_id, typed, file)

    return await answer(act, FORM, typed, home, page)


def seen_notes(request: Request, office: Office, person: Person, encounter_id: str) -> VisitNotes:
    """A visit's notes; that they were looked at is written down. Raises Problem 404."""
    with office.database.reading() as session:
        row = encounters.find(session, practice_id=person.practice_id, encounter_id=encounter_id)
        if row is None:
            raise errors.not_found("encounter")
        found = visit_notes.of(session, row)
    if not found.is_empty:
        auth.seen(request, person, subject="visit_note", subject_id=encounter_id)
    return found


async def _typed(request: Request) -> tuple[dict[str, str], Sent | None]:
    async with request.form(max_files=1, max_fields=10, max_part_size=LARGEST) as form:
        typed = {name: value for name, value in form.items() if isinstance(value, str)}
        given = form.get("file")
        chosen = isinstance(given, UploadFile) and given.filename
        file = Sent(FileKind.RECORD, given.filename or "", await given.read(LARGEST + 1)) if chosen else None  # type: ignore[union-attr]
    return {"key": new_id()} | typed, file


def _bring_either(office: Office, person: Person, encounter_id: str, typed: dict[str, str], file: Sent | None) -> Done:
    """Raises Problem 404, and 422 with every fault at its input."""
    text = typed.get("text", "").strip()
    if file is None and not text:
        raise errors.invalid([Fault(field="text", message="paste the note here, or choose its file below")])
    if file is not None and text:
        raise errors.invalid([Fault(field="file", message="paste the note or choose its file, not both at once")])
    if file is not None and (text := _text_of(file)) == "":
        if typed.get("signed_by") or typed.get("signed_on"):
            message = "is said of a pasted note or a text: a scan shows its own signature; clear it"
            raise errors.invalid([Fault(field="signed_by", message=message)])
        return Done(files.keep(office, person, FileSubject.ENCOUNTER, encounter_id, file))
    given = {name: typed[name] for name in ("signed_by", "signed_on") if typed.get(name, "").strip()}
    form = read(VisitNoteForm, {"text": text} | given)
    return Done(_bring(office, person, encounter_id, form, key=typed["key"]))


def _text_of(file: Sent) -> str:
    """What a text says; nothing: it is a scan. Raises Problem 422 for what is neither."""
    try:
        content_type(file.body)
    except NotKept as error:
        if not file.body.strip() or b"\0" in file.body or len(file.body) > LONGEST_NOTE * 4:
            message = f"{error}; or choose a plain text of at most {LONGEST_NOTE:,} characters"
            raise errors.invalid([Fault(field="file", message=message)]) from error
        try:
            return file.body.decode("utf-8-sig")
        except UnicodeDecodeError:
            return file.body.decode("cp1252", errors="replace")
    return ""


def _bring(office: Office, person: Person, encounter_id: str, form: VisitNoteForm, *, key: str) -> dict[str, Any]:
    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        note_id, is_new = note_writing.keep(session, office, person, encounter_id, form)
        return encounter_id, {"note_id": note_id, "created": is_new}

    sha256 = idempotency.fingerprint("bring_note", encounter_id, form.model_dump(mode="json"))
    return idempotency.once(office, person, name="bring_note", key=key, body_sha256=sha256, effect=effect)


def _page(
    request: Request, office: Office, person: Person, encounter_id: str, failed: Failed, note: str = ""
) -> Response:
    found = seen_notes(request, office, person, encounter_id)
    with office.database.reading() as session:
        row = encounters.find(session, practice_id=person.practice_id, encounter_id=encounter_id)
        assert row is not None, "the notes of the visit were just read"
        number, day = row.external_id, row.service_date
    return show(
        request,
        "visit_note.html",
        person,
        status=failed.status,
        notes=found,
        encounter_id=encounter_id,
        number=number,
        day=day,
        may_work=person.may(Permission.WORK),
        failed=failed,
        keys=failed.key_for,
        note=note,
    )
