"""Files on patients, visits and applications for help: card images, records, letters of payers."""

from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from sqlmodel import Session
from starlette.datastructures import UploadFile

from api import actions, auth, errors, known_patient
from api.actions import Done
from api.auth import Viewer, require
from api.errors import Fault
from api.office import Office, TheOffice
from api.routers.assistance import application_page
from api.routers.claims import claim_page
from api.routers.pages import Failed, answer, encounter_page
from api.routers.patients import patient_page
from billing.attachments import LARGEST, PICTURES, FileKind, NotKept, content_type
from billing.roles import Permission
from database import attachments
from database.access import Person
from database.attachments import FileSubject, FileView
from database.columns import new_id
from database.tables import Attachment

api = APIRouter(prefix="/api/v1/files", tags=["files"])
pages = APIRouter(prefix="/files", include_in_schema=False)

_PAGES = {
    FileSubject.PATIENT: patient_page,
    FileSubject.ENCOUNTER: encounter_page,
    FileSubject.CLAIM: claim_page,
    FileSubject.ASSISTANCE: application_page,
}
Worker = Annotated[Person, require(Permission.WORK)]


@dataclass(frozen=True, slots=True)
class Sent:
    """What came as multipart, not looked at yet."""

    kind: str
    name: str = ""
    """Nothing: no file was chosen"""
    body: bytes = field(default=b"", repr=False)


@api.get("/{subject}/{subject_id}")
def list_files(
    request: Request, subject: FileSubject, subject_id: str, office: TheOffice, person: Viewer
) -> list[FileView]:
    """The files on one patient or visit, the newest first."""
    with office.database.reading() as session:
        _require(session, person, subject, subject_id)
        found = attachments.of(session, practice_id=person.practice_id, subject=subject, subject_id=subject_id)
    auth.seen(request, person, subject=subject, subject_id=subject_id)
    return found


@api.post("/{subject}/{subject_id}", status_code=201)
async def keep_file(
    request: Request, subject: FileSubject, subject_id: str, office: TheOffice, person: Worker
) -> dict[str, Any]:
    """Keep a file, sent as multipart with `kind` and `file`. The same bytes again are the same file."""
    sent = await _sent(request)
    return await run_in_threadpool(keep, office, person, subject, subject_id, sent)


@api.get("/{file_id}", response_class=Response)
def show_file(request: Request, file_id: str, office: TheOffice, person: Viewer) -> Response:
    """One file's bytes."""
    return _send(request, office, person, file_id)


@pages.post("/{file_id}/remove")
def remove_file(file_id: str, office: TheOffice, person: Worker) -> Response:
    """Take a file away; it is kept, hidden, with who did it."""
    with office.database.writing() as session:
        row = attachments.find(session, practice_id=person.practice_id, file_id=file_id)
        if row is None:
            raise errors.not_found("file")
        row.removed_at, row.removed_by = office.now(), person.user_id
        session.add(row)
        actions.audited(session, office, person, action="delete", subject="file", subject_id=file_id)
        home = f"{_home(row.subject, row.subject_id)}?note=done"
    return RedirectResponse(home, 303)


@pages.post("/{subject}/{subject_id}")
async def keep_from_page(
    request: Request, subject: FileSubject, subject_id: str, office: TheOffice, person: Worker
) -> Response:
    """Keep a file from the page of the patient or the visit; a refused one comes back to it with the reason."""
    sent = await _sent(request)

    async def act() -> Done:
        return Done(await run_in_threadpool(keep, office, person, subject, subject_id, sent))

    def page(failed: Failed) -> Response:
        return _PAGES[subject](request, office, person, subject_id, failed)

    typed = {"key": new_id(), "kind": sent.kind}
    return await answer(act, "file", typed, _home(subject, subject_id), page)


@pages.get("/{file_id}")
def take_file(request: Request, file_id: str, office: TheOffice, person: Viewer) -> Response:
    """One file: pictures are shown, all others are handed over."""
    return _send(request, office, person, file_id)


def _home(subject: str, subject_id: str) -> str:
    return f"/assistance/{subject_id}" if subject == FileSubject.ASSISTANCE else f"/{subject}s/{subject_id}"


async def _sent(request: Request) -> Sent:
    async with request.form(max_files=1, max_fields=3, max_part_size=LARGEST) as form:
        given, kind = form.get("file"), str(form.get("kind", FileKind.OTHER))
        if not isinstance(given, UploadFile) or not given.filename:
            return Sent(kind)
        return Sent(kind, given.filename, await given.read(LARGEST + 1))


def keep(office: Office, person: Person, subject: FileSubject, subject_id: str, sent: Sent) -> dict[str, Any]:
    """Keep what was sent: its id, and whether it is new. Raises Problem 404, and 422 with the reason at its field."""
    if not sent.name:
        raise errors.invalid([Fault(field="file", message="choose a file")])
    if sent.kind not in set(FileKind):
        raise errors.invalid([Fault(field="kind", message=f"is none of: {', '.join(FileKind)}")])
    try:
        told = content_type(sent.body)
    except NotKept as error:
        raise errors.invalid([Fault(field="file", message=str(error))]) from error
    with office.database.writing() as session:
        _require(session, person, subject, subject_id, writing=True)
        file_id, is_new = attachments.add(
            session,
            practice_id=person.practice_id,
            subject=subject,
            subject_id=subject_id,
            kind=FileKind(sent.kind),
            name=sent.name,
            content_type=told,
            body=sent.body,
            at=office.now(),
            by=person.user_id,
        )
        if is_new:
            actions.audited(session, office, person, action="create", subject="file", subject_id=file_id)
    return {"file_id": file_id, "created": is_new}


def _require(session: Session, person: Person, subject: FileSubject, subject_id: str, *, writing: bool = False) -> None:
    if not attachments.exists(session, practice_id=person.practice_id, subject=subject, subject_id=subject_id):
        raise errors.not_found(subject)
    known_patient.require_behind(session, person, subject, subject_id, writing=writing)


def _send(request: Request, office: Office, person: Person, file_id: str) -> Response:
    with office.database.reading() as session:
        row = attachments.find(session, practice_id=person.practice_id, file_id=file_id)
    if row is None:
        raise errors.not_found("file")
    auth.seen(request, person, subject="file", subject_id=file_id)
    return Response(row.body, media_type=row.content_type, headers=_headers(row))


def _headers(row: Attachment) -> dict[str, str]:
    """Only pictures are shown in place; the door forbids scripts and sniffing on every answer."""
    place = "inline" if row.content_type in PICTURES else "attachment"
    name = "".join(char if char.isascii() and (char.isalnum() or char in "._-") else "_" for char in row.name)
    return {
        "Content-Disposition": f'{place}; filename="{name}"',
        "Cache-Control": "private, no-store",
    }
