"""The pages of visits from a spreadsheet: choose the file, say which column is which, look, take the good rows in."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from starlette.datastructures import UploadFile

from api import uploads
from api.errors import Problem
from api.office import Office, TheOffice
from api.routers import sheets as calls
from api.routers.pages import NOTES, read, show, typed_into
from api.routers.sheets import PREVIEWED, MappingForm, Taker
from billing.sheets import FIELDS, LONGEST_SOURCE, DateOrder, SheetMapping, guessed, mapping_faults
from database import sheets
from database.access import Person
from database.columns import new_id
from interchange.sheets import NotASheet, Sheet, opened, orders_of

pages = APIRouter(prefix="/sheets", include_in_schema=False)

COLUMN, FIXED = "column.", "fixed."
"""What the names of a mapping's inputs begin with"""
MOST_INPUTS = 2 * len(FIELDS) + 10
ORDERS = {
    DateOrder.MDY: "month first: 01/31/2026",
    DateOrder.YMD: "year first: 2026-01-31",
    DateOrder.DMY: "day first: 31.01.2026",
}


@pages.get("")
def show_sheets(request: Request, office: TheOffice, person: Taker, note: str = "") -> Response:
    """The sheets that were taken in, and the way to another."""
    return _home(request, office, person, note=NOTES.get(note, ""))


@pages.post("/look")
async def look_at(request: Request, office: TheOffice, person: Taker) -> Response:
    """What the file says by the sender's mapping, or by a first guess where there is none."""
    async with request.form(max_files=1, max_fields=5, max_part_size=uploads.LONGEST_FILE) as form:
        file, source = form.get("file"), str(form.get("source") or "").strip()
        body = await file.read() if isinstance(file, UploadFile) and file.size else b""
    return await run_in_threadpool(_look_at, request, office, person, source, body)


@pages.post("/preview")
async def preview(request: Request, office: TheOffice, person: Taker) -> Response:
    """Keep the mapping that was typed, and show what comes of it."""
    typed = await typed_into(request, max_fields=MOST_INPUTS)
    return await run_in_threadpool(_preview, request, office, person, typed)


@pages.post("/take")
async def take(request: Request, office: TheOffice, person: Taker) -> Response:
    """Take every good visit in."""
    typed = await typed_into(request)
    source, body = typed.get("source", ""), typed.get("csv", "").encode()
    try:
        _require_source(source)
        await run_in_threadpool(calls.take, office, person, source, body, typed["key"])
    except Problem as problem:
        return await run_in_threadpool(_home, request, office, person, fault=problem, source=source)
    return RedirectResponse("/sheets?note=done", 303)


def _home(
    request: Request,
    office: Office,
    person: Person,
    *,
    note: str = "",
    fault: Problem | None = None,
    source: str = "",
) -> Response:
    with office.database.reading() as session:
        taken = sheets.newest(session, practice_id=person.practice_id)
        known = list(sheets.mappings(session, practice_id=person.practice_id))
    words = f"{fault.title}. {fault.detail}" if fault else ""
    status = fault.status if fault else 200
    return show(
        request, "sheets.html", person, status=status, taken=taken, known=known, note=note, fault=words, source=source
    )


def _look_at(request: Request, office: Office, person: Person, source: str, body: bytes) -> Response:
    try:
        _require_source(source)
        if not body.strip():
            raise Problem(422, "no-file", "Choose a file", "A sheet saved as CSV.")
        text = uploads.text_of(body)
        sheet = opened(text)
    except NotASheet as error:
        return _home(request, office, person, fault=calls.not_a_sheet(error), source=source)
    except Problem as problem:
        return _home(request, office, person, fault=problem, source=source)
    with office.database.reading() as session:
        mapping = sheets.mapping_of(session, source, practice_id=person.practice_id)
    is_kept = mapping is not None
    return _page(request, office, person, source, text, sheet.headers, mapping or _guess(sheet), is_kept=is_kept)


def _require_source(source: str) -> None:
    if not 1 <= len(source) <= LONGEST_SOURCE or "\0" in source:
        raise Problem(422, "no-source", "Whose sheet is it?", f"Name the sender, in {LONGEST_SOURCE} characters.")


def _guess(sheet: Sheet) -> SheetMapping:
    """By the names of the columns and what their days look like; where both ways fit, a person says which."""
    mapping = guessed(sheet.headers)
    orders = orders_of(sheet, mapping)
    return replace(mapping, date_order=orders[0] if len(orders) == 1 else None)


def _preview(request: Request, office: Office, person: Person, typed: dict[str, str]) -> Response:
    source, text = typed.get("source", ""), typed.get("csv", "")
    told: dict[str, Any] = {
        "columns": {name.removeprefix(COLUMN): one for name, one in typed.items() if name.startswith(COLUMN)},
        "fixed": {name.removeprefix(FIXED): one for name, one in typed.items() if name.startswith(FIXED)},
        "date_order": typed.get("date_order", ""),
    }
    try:
        _require_source(source)
        mapping = read(MappingForm, told).mapping()
        headers = opened(text).headers
    except NotASheet as error:
        return _home(request, office, person, fault=calls.not_a_sheet(error), source=source)
    except Problem as problem:
        return _home(request, office, person, fault=problem, source=source)
    if not mapping_faults(mapping, headers):
        calls.save(office, person, source, mapping)
    return _page(request, office, person, source, text, headers, mapping, is_kept=True)


def _page(
    request: Request,
    office: Office,
    person: Person,
    source: str,
    text: str,
    headers: tuple[str, ...],
    mapping: SheetMapping,
    *,
    is_kept: bool,
) -> Response:
    """The mapping and, where it stands and somebody has looked at it, what comes of the sheet."""
    faults = {one.field: one.message for one in mapping_faults(mapping, headers)}
    found = calls.look(office, person, source, text, mapping) if is_kept and not faults else None
    used = set(mapping.columns.values())
    return show(
        request,
        "sheet_preview.html",
        person,
        status=422 if faults and is_kept else 200,
        source=source,
        csv=text,
        headers=headers,
        unused=[one for one in headers if one not in used],
        mapping=mapping,
        fields=FIELDS,
        orders=ORDERS,
        faults=faults if is_kept else {},
        found=found,
        visits=[calls.shown(one) for one in found.visits[:PREVIEWED]] if found else [],
        key=new_id(),
    )
