"""Enrolments from a CSV: its effect is shown before it is taken; a bad row is named by its line and loses no other."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from api import enrolment_changes, errors, uploads
from api.actions import Done
from api.errors import Fault
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.enrolments import Enroller, home_after, is_npi_strict, matrix_page
from api.routers.pages import show, typed_into
from billing.enrolment_file import COLUMNS, FileRow, RowFault, read_enrolments, write_enrolments
from database import enrolments, favourites
from database.access import Person
from database.columns import new_id
from database.enrolments import Entry

api = APIRouter(prefix="/api/v1/enrolments", tags=["enrolments"])
pages = APIRouter(prefix="/setup/enrolments", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class RowView:
    """One row of a file beside what is there."""

    line: int
    npi: str
    payer: str
    kind: str
    state: str
    effective_from: str
    effective_to: str
    before: str | None
    """The state that is there; None: there is no row"""


@dataclass(frozen=True, slots=True)
class FileEffect:
    """What a file would do."""

    added: list[RowView]
    changed: list[RowView]
    unchanged: int
    faults: list[RowFault]
    """Rows that are not taken"""


@dataclass(frozen=True, slots=True)
class _Read:
    """A file with its payers looked up."""

    rows: list[FileRow]
    entries: list[Entry]
    """One per row"""
    faults: list[RowFault]


@api.post("/preview", openapi_extra=uploads.CSV_BODY)
async def preview_enrolments(request: Request, office: TheOffice, person: Enroller) -> FileEffect:
    """What a CSV would do: npi, payer_number, kind, state and, if wanted, effective_from, effective_to, recheck_on,
    reference, note.
    """
    text = uploads.text_of(await request.body())
    return await run_in_threadpool(lambda: _effect(office, person, _read(office, person, text)))


@api.post("", openapi_extra=uploads.CSV_BODY, response_model=dict[str, Any])
async def load_enrolments(request: Request, office: TheOffice, person: Enroller, key: IdempotencyKey) -> dict[str, Any]:
    """Take every good row of a CSV; the answer names the faulty ones, and says how many claims go on."""
    text = uploads.text_of(await request.body())
    return await run_in_threadpool(_take_and_tell, request, office, person, text, key)


@pages.post("/preview")
async def show_preview(request: Request, office: TheOffice, person: Enroller) -> Response:
    """What the file would do. Nothing is changed yet."""
    return await run_in_threadpool(_previewed, request, office, person, await uploads.sent(request))


@pages.post("/file")
async def confirm(request: Request, office: TheOffice, person: Enroller) -> Response:
    """Take the good rows that the preview showed."""
    typed = await typed_into(request)
    done = await run_in_threadpool(_take, request, office, person, typed.get("csv", ""), typed["key"])
    return RedirectResponse(home_after(done).rstrip("&"), 303)


def _previewed(request: Request, office: Office, person: Person, body: bytes) -> Response:
    def look(text: str) -> Response:
        found = _read(office, person, text)
        good = write_enrolments(found.rows)
        effect = _effect(office, person, found)
        return show(request, "enrolments_preview.html", person, effect=effect, csv=good, typed=text, key=new_id())

    def refuse(fault: str, pasted: str) -> Response:
        return matrix_page(request, office, person, fault=fault, pasted=pasted, status=422)

    return uploads.looked_at(body, look, refuse)


def _take_and_tell(request: Request, office: Office, person: Person, text: str, key: str) -> dict[str, Any]:
    faults = _read(office, person, text).faults
    done = _take(request, office, person, text, key)
    return done.body | {"faults": [{"line": one.line, "message": one.message} for one in faults]}


def _take(request: Request, office: Office, person: Person, text: str, key: str) -> Done:
    """Take the good rows, once per key. Raises Problem 422 when there is none."""
    found = _read(office, person, text)
    if not found.entries:
        faults = [Fault(field=f"line {one.line}", message=one.message) for one in found.faults]
        raise errors.invalid(faults or [Fault(field="body", message=f"has no rows of {', '.join(COLUMNS)}")])
    return enrolment_changes.put(
        request, office, person, found.entries, name="load_enrolments", key=key, reason="from a file"
    )


def _read(office: Office, person: Person, text: str) -> _Read:
    rows, faults = read_enrolments(text, strict_npi=is_npi_strict(office, person))
    with office.database.reading() as session:
        known = favourites.known_payers(session, practice_id=person.practice_id)
    taken, entries = [], []
    for row in rows:
        fitting = [one.id for one in known if one.number == row.payer_number]
        if len(fitting) != 1:
            words = "no payer has" if not fitting else "several payers have"
            faults.append(RowFault(row.line, f"{words} the number {row.payer_number}; see the list of payers"))
            continue
        taken.append(row)
        entries.append(Entry(fitting[0], row.enrolment, row.recheck_on, row.reference, row.note))
    return _Read(taken, entries, sorted(faults, key=lambda one: one.line))


def _effect(office: Office, person: Person, found: _Read) -> FileEffect:
    added, changed, unchanged = [], [], 0
    with office.database.reading() as session:
        for row, entry in zip(found.rows, found.entries, strict=True):
            before = _before(session, person, entry)
            if before == entry:
                unchanged += 1
            elif before is None:
                added.append(_view(row, None))
            else:
                changed.append(_view(row, before.enrolment.state))
    return FileEffect(added, changed, unchanged, found.faults)


def _before(session: Session, person: Person, entry: Entry) -> Entry | None:
    told = entry.enrolment
    row = enrolments.find(
        session, practice_id=person.practice_id, payer_id=entry.payer_id, npi=told.npi, kind=told.kind
    )
    return enrolments.entry_of(row) if row else None


def _view(row: FileRow, before: str | None) -> RowView:
    told = row.enrolment
    days = (str(told.effective_from or ""), str(told.effective_to or ""))
    return RowView(row.line, told.npi, row.payer_number, told.kind, told.state, *days, before)
