"""Visits from a sender's spreadsheet: a mapping for each sender, a preview, and the rows that were not taken."""

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field

from activities import sheet_intake
from activities.sheet_intake import SheetPreview
from activities.taking_in import Sender
from api import actions, auth, errors, idempotency, uploads
from api.auth import require
from api.claim_form import Part
from api.errors import Fault, Problem
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.practice_form import EMPTY
from billing.roles import Permission
from billing.sheets import LONGEST_SOURCE, DateOrder, SheetMapping, mapping_faults
from database import sheets
from database.access import Person
from database.sheets import SheetView
from interchange.sheets import NotASheet, SheetVisit, opened, refused_rows

api = APIRouter(prefix="/api/v1/sheets", tags=["inbound"])

Taker = Annotated[Person, require(Permission.INTAKE)]
Source = Annotated[str, Path(min_length=1, max_length=LONGEST_SOURCE)]
AskedSource = Annotated[str, Query(min_length=1, max_length=LONGEST_SOURCE)]
PREVIEWED = 20
"""Visits that a preview shows; all are looked at"""
Text = Annotated[str, Field(max_length=200)]


class MappingForm(Part):
    """Which column of a sender's is which field."""

    columns: dict[str, Text] = Field(default_factory=dict)
    """Field to the sender's header"""
    fixed: dict[str, Text] = Field(default_factory=dict)
    """Field to the value that stands in every row"""
    date_order: Annotated[DateOrder | None, EMPTY] = None
    """How the sender writes days: needed, for 01/02/2026 may be either"""

    def mapping(self) -> SheetMapping:
        columns = {name: header.strip() for name, header in self.columns.items() if header.strip()}
        fixed = {name: value.strip() for name, value in self.fixed.items() if value.strip()}
        return SheetMapping(columns, fixed, self.date_order)


@api.get("/mappings")
def list_mappings(office: TheOffice, person: Taker) -> dict[str, MappingForm]:
    """How each sender's sheets are read."""
    with office.database.reading() as session:
        found = sheets.mappings(session, practice_id=person.practice_id)
    return {source: _form(one) for source, one in found.items()}


@api.put("/mappings/{source}")
def keep_mapping(source: Source, form: MappingForm, office: TheOffice, person: Taker) -> MappingForm:
    """Keep how a sender's sheets are read. Saying it twice changes nothing."""
    save(office, person, source, form.mapping())
    return form


@api.post("/preview", openapi_extra=uploads.CSV_BODY)
async def preview_sheet(request: Request, source: AskedSource, office: TheOffice, person: Taker) -> dict[str, Any]:
    """What taking a CSV in would do: the first visits, and every fault by row and column. Nothing is changed."""
    text = uploads.text_of(await request.body())
    found = await run_in_threadpool(look, office, person, source, text, kept(office, person, source))
    return {
        "rows": found.rows,
        "visits": len(found.visits),
        "first": [shown(one) for one in found.visits[:PREVIEWED]],
        "faults": [
            {"row": one.row, "column": one.column, "message": one.message, "patient_id": found.whose.get(one.row)}
            for one in found.faults
        ],
    }


@api.post("", openapi_extra=uploads.CSV_BODY, response_model=dict[str, Any])
async def take_sheet(
    request: Request, source: AskedSource, office: TheOffice, person: Taker, key: IdempotencyKey
) -> dict[str, Any]:
    """Take every good visit of a CSV in; the answer names every row that was not taken, with its reasons."""
    body = await request.body()
    return await run_in_threadpool(take, office, person, source, body, key)


@api.get("")
def list_sheets(office: TheOffice, person: Taker) -> list[SheetView]:
    """The sheets that were taken in last."""
    with office.database.reading() as session:
        return sheets.newest(session, practice_id=person.practice_id)


@api.get("/{message_id}/refused", response_class=Response)
def take_refused(request: Request, message_id: str, office: TheOffice, person: Taker) -> Response:
    """The rows of a sheet that were not taken, as CSV, each with its reasons: mend them and send them again."""
    with office.database.reading() as session:
        found = sheets.refused(session, message_id, practice_id=person.practice_id)
    if found is None:
        raise errors.not_found("sheet")
    auth.seen(request, person, subject="message", subject_id=message_id)
    headers = {"Content-Disposition": 'attachment; filename="not-taken.csv"', "Cache-Control": "private, no-store"}
    return Response(refused_rows(*found), media_type="text/csv; charset=utf-8", headers=headers)


def kept(office: Office, person: Person, source: str) -> SheetMapping:
    """The sender's mapping. Raises Problem 404."""
    with office.database.reading() as session:
        found = sheets.mapping_of(session, source, practice_id=person.practice_id)
    if found is None:
        raise Problem(404, "not-found", "No mapping of this sender is kept", "Keep one first: PUT its columns.")
    return found


def save(office: Office, person: Person, source: str, mapping: SheetMapping) -> None:
    """Keep a mapping. Raises Problem 422 with every fault."""
    refuse(mapping)
    with office.database.writing() as session:
        is_new = sheets.keep_mapping(
            session, source, mapping, practice_id=person.practice_id, at=office.now(), by=person.user_id
        )
        if is_new:
            actions.audited(session, office, person, action="update", subject="sheet_mapping", subject_id=source)


def refuse(mapping: SheetMapping, headers: tuple[str, ...] | None = None) -> None:
    """Raise Problem 422 where a mapping has faults."""
    faults = mapping_faults(mapping, headers)
    if faults:
        raise errors.invalid([Fault(field=one.field, message=one.message) for one in faults])


def look(office: Office, person: Person, source: str, text: str, mapping: SheetMapping) -> SheetPreview:
    """What the sheet would do. Raises Problem 422."""
    try:
        refuse(mapping, opened(text).headers)
        return sheet_intake.preview(office.database, text, mapping, source=source, sender=_sender(office, person))
    except NotASheet as error:
        raise not_a_sheet(error) from error


def take(office: Office, person: Person, source: str, body: bytes, key: str) -> dict[str, Any]:
    """Take the sheet in, once per key. Raises Problem 422."""
    mapping = kept(office, person, source)
    sha256 = idempotency.fingerprint("take_sheet", source, hashlib.sha256(body).hexdigest())
    earlier = idempotency.earlier_answer(office, person, key=key, body_sha256=sha256)
    if earlier is not None:
        return earlier
    text = uploads.text_of(body)
    try:
        refuse(mapping, opened(text).headers)
        done = sheet_intake.import_sheet(
            office.database, body, text, mapping, source=source, sender=_sender(office, person)
        )
    except NotASheet as error:
        raise not_a_sheet(error) from error
    answer = done.report.as_json("sheet") | {"message_id": done.message_id}
    # Taking the same sheet in again changes nothing, so the answer may be recorded after its effect.
    return idempotency.once(
        office, person, name="take_sheet", key=key, body_sha256=sha256, effect=lambda _: (done.message_id, answer)
    )


def not_a_sheet(error: NotASheet) -> Problem:
    """Why nothing of it can be read."""
    return Problem(422, "unreadable-file", "This is no sheet that can be read", f"{error}.")


def shown(one: SheetVisit) -> dict[str, Any]:
    """One visit of a preview."""
    claim = one.visit.claim
    name = claim.patient.name
    return {
        "rows": list(one.rows),
        "number": one.visit.visit_number.number if one.visit.visit_number else None,
        "patient": ", ".join(filter(None, (name.last, name.first))),
        "birth_date": str(claim.patient.birth_date or ""),
        "service_date": str(claim.service_from),
        "payer": claim.coverage.payer.name.last,
        "diagnoses": [code.code for code in claim.diagnoses],
        "lines": [
            {
                "procedure": line.procedure,
                "modifiers": list(line.modifiers),
                "units": str(line.units),
                "charge_cents": line.charge_cents,
            }
            for line in claim.lines
        ],
        "charge_cents": claim.charge_cents,
    }


def _sender(office: Office, person: Person) -> Sender:
    with office.database.reading() as session:
        partner = actions.partner_for(session, None)
    return Sender(person.practice_id, partner.id, office.now())


def _form(mapping: SheetMapping) -> MappingForm:
    return MappingForm(columns=dict(mapping.columns), fixed=dict(mapping.fixed), date_order=mapping.date_order)
