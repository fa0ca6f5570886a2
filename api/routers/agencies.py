"""Collection agencies: who they are, what is placed with them, the files to and fro, and what is taken back."""

from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from pydantic import Field
from sqlmodel import Session

from activities import agencies as placing
from activities import agency_answers
from activities.agencies import NotPlaced
from activities.agency_answers import Taken
from api import actions, auth, errors, uploads
from api.actions import Done
from api.auth import Viewer, require
from api.claim_form import Part
from api.errors import Fault, Problem
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.pages import NOTES, Failed, answer, read, show, typed_into
from billing.agencies import RECALL_WORDS, REFERENCE, RecallReason
from billing.agency_answers import COLUMNS, read_answers
from billing.roles import Permission
from database import agencies, agency_views
from database.access import Person
from database.agency_views import AgencyPage, AgencyView
from database.tables import Agency, AgencyFile, Placement

api = APIRouter(prefix="/api/v1/agencies", tags=["accounts"])
pages = APIRouter(prefix="/agencies", include_in_schema=False)

Worker = Annotated[Person, require(Permission.WORK)]
Poster = Annotated[Person, require(Permission.TAKE_PAYMENT)]
Approver = Annotated[Person, require(Permission.APPROVE)]
SetUp = Annotated[Person, require(Permission.SET_UP)]
UPLOAD = "answers"


class AgencyForm(Part):
    """Who an agency is."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    reached: Annotated[str, Field(max_length=200)] = ""
    """Where a person puts its files: a folder, a portal, an address"""
    fee_percent: Annotated[Decimal, Field(ge=0, le=100, decimal_places=2)] = Decimal(0)
    """Of what it collects"""
    number_form: Annotated[str, Field(max_length=60, pattern=r"^[A-Za-z0-9 _.-]*\{reference\}[A-Za-z0-9 _.-]*$")] = (
        REFERENCE
    )
    """How it numbers our accounts; {reference} stands for ours"""


class RecallForm(Part):
    """Why a placement is taken back."""

    reason: RecallReason
    words: Annotated[str, Field(max_length=300)] = ""


@api.get("")
def list_agencies(office: TheOffice, person: Viewer) -> list[AgencyView]:
    """Every agency with what it has, what it collected and what it kept."""
    with office.database.reading() as session:
        return agency_views.all_of(session, person.practice_id)


@api.post("", status_code=201)
def add_agency(form: AgencyForm, key: IdempotencyKey, office: TheOffice, person: SetUp) -> dict[str, Any]:
    """Add an agency. A name that is typed at a placement makes one by itself."""
    return _keep(office, person, "", form, key=key).body


@api.get("/{agency_id}")
def show_agency(request: Request, agency_id: str, office: TheOffice, person: Viewer) -> AgencyPage:
    """One agency: every placement with its state, and every file."""
    return _found(request, office, person, agency_id)


@api.put("/{agency_id}")
def change_agency(
    agency_id: str, form: AgencyForm, key: IdempotencyKey, office: TheOffice, person: SetUp
) -> dict[str, Any]:
    """Change who it is; what was placed and written stays as it was."""
    return _keep(office, person, agency_id, form, key=key).body


@api.post("/{agency_id}/files", status_code=201)
def write_file(agency_id: str, key: IdempotencyKey, office: TheOffice, person: Worker) -> dict[str, Any]:
    """Write the agency's next file: what was placed, paid here, suspended and taken back since the last one."""
    return _write(office, person, agency_id, key=key).body


@api.get("/{agency_id}/files/{file_id}", response_class=Response)
@pages.get("/{agency_id}/files/{file_id}")
def take_file(request: Request, agency_id: str, file_id: str, office: TheOffice, person: Viewer) -> Response:
    """A file as it went out or came in, byte for byte."""
    with office.database.reading() as session:
        row = session.get(AgencyFile, file_id)
        if row is None or (row.practice_id, row.agency_id) != (person.practice_id, agency_id):
            raise errors.not_found("file")
        name = f"{'to' if row.is_ours else 'from'}-agency-{row.id}.csv"
        content = row.content
    auth.seen(request, person, subject="agency_file", subject_id=file_id)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="text/csv", headers=headers)


@api.post("/{agency_id}/answers", openapi_extra=uploads.CSV_BODY)
async def post_answers(request: Request, agency_id: str, office: TheOffice, person: Poster) -> Taken:
    """Take the agency's CSV: reference, action (acknowledge, paid, suspend, close), reason, collected, fee, remitted,
    paid_on, transaction. Good rows are taken, faulty ones named; the same file twice changes nothing."""
    return await run_in_threadpool(_take, office, person, agency_id, await request.body())


@api.post("/{agency_id}/placements/{placement_id}/recall")
def recall_placement(
    agency_id: str, placement_id: str, form: RecallForm, key: IdempotencyKey, office: TheOffice, person: Approver
) -> dict[str, Any]:
    """Take back what is left: the patient owes it to the practice again, and the agency's next file says so."""
    return _recall(office, person, agency_id, placement_id, form, key=key).body


@pages.get("")
def show_all(request: Request, office: TheOffice, person: Viewer, note: str = "") -> Response:
    """Every agency as a page."""
    return _list_page(request, office, person, Failed(), NOTES.get(note, ""))


@pages.post("")
async def add_from_page(request: Request, office: TheOffice, person: SetUp) -> Response:
    """Add an agency."""
    typed = await typed_into(request)

    def act() -> Done:
        return _keep(office, person, "", read(AgencyForm, typed), key=typed["key"])

    def page(failed: Failed) -> Response:
        return _list_page(request, office, person, failed)

    return await answer(lambda: run_in_threadpool(act), "agency", typed, "/agencies", page)


@pages.get("/{agency_id}")
def show_one(request: Request, agency_id: str, office: TheOffice, person: Viewer, note: str = "") -> Response:
    """One agency as a page."""
    return _page(request, office, person, agency_id, Failed(), NOTES.get(note, ""))


@pages.post("/{agency_id}")
async def change_from_page(request: Request, agency_id: str, office: TheOffice, person: SetUp) -> Response:
    """Change an agency."""
    typed = await typed_into(request)

    def act() -> Done:
        return _keep(office, person, agency_id, read(AgencyForm, typed), key=typed["key"])

    def page(failed: Failed) -> Response:
        return _page(request, office, person, agency_id, failed)

    return await answer(lambda: run_in_threadpool(act), "agency", typed, f"/agencies/{agency_id}", page)


@pages.post("/{agency_id}/files")
async def write_from_page(request: Request, agency_id: str, office: TheOffice, person: Worker) -> Response:
    """Write the agency's next file."""
    typed = await typed_into(request)

    def act() -> Done:
        return _write(office, person, agency_id, key=typed["key"])

    def page(failed: Failed) -> Response:
        return _page(request, office, person, agency_id, failed)

    return await answer(lambda: run_in_threadpool(act), "write", typed, f"/agencies/{agency_id}", page)


@pages.post("/{agency_id}/answers")
async def upload(request: Request, agency_id: str, office: TheOffice, person: Poster) -> Response:
    """Take the file that a person chose."""
    body = await uploads.sent(request)

    def act() -> Response:
        try:
            done = _take(office, person, agency_id, body)
        except Problem as problem:
            faults = {fault.field: fault.message for fault in problem.faults}
            failed = Failed(UPLOAD, problem.title, problem.detail, faults, status=problem.status)
            return _page(request, office, person, agency_id, failed)
        if not done.is_new:
            return _page(request, office, person, agency_id, Failed(), "This file was taken before; nothing changes.")
        if not done.faults:
            return RedirectResponse(f"/agencies/{agency_id}?note=done", 303)
        note = f"{done.taken} taken, {done.unchanged} known before; {len(done.faults)} not taken, see the file below."
        return _page(request, office, person, agency_id, Failed(), note)

    return await run_in_threadpool(act)


@pages.post("/{agency_id}/placements/{placement_id}/recall")
async def recall_from_page(
    request: Request, agency_id: str, placement_id: str, office: TheOffice, person: Approver
) -> Response:
    """Take a placement back."""
    typed = await typed_into(request)

    def act() -> Done:
        return _recall(office, person, agency_id, placement_id, read(RecallForm, typed), key=typed["key"])

    def page(failed: Failed) -> Response:
        return _page(request, office, person, agency_id, failed)

    form = f"recall-{placement_id}"
    return await answer(lambda: run_in_threadpool(act), form, typed, f"/agencies/{agency_id}", page)


def _found(request: Request, office: Office, person: Person, agency_id: str) -> AgencyPage:
    with office.database.reading() as session:
        found = agency_views.page(session, _agency(session, person, agency_id))
    auth.seen(request, person, subject="agency", subject_id=agency_id)
    return found


def _agency(session: Session, person: Person, agency_id: str, *, hold: bool = False) -> Agency:
    row = agencies.find(session, practice_id=person.practice_id, agency_id=agency_id, hold=hold)
    if row is None:
        raise errors.not_found("agency")
    return row


def _keep(office: Office, person: Person, agency_id: str, form: AgencyForm, *, key: str) -> Done:
    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        known = agencies.by_name(session, form.name, practice_id=person.practice_id)
        if known is not None and known.id != agency_id:
            raise errors.invalid([Fault(field="name", message="there is an agency with this name already")])
        if agency_id:
            row = _agency(session, person, agency_id, hold=True)
        else:
            row = agencies.named(session, form.name, practice_id=person.practice_id, at=office.now())
        row.name, row.folded_name = " ".join(form.name.split()), agencies.folded(form.name)
        row.reached, row.number_form = form.reached.strip(), form.number_form
        row.fee_basis_points = int(form.fee_percent * 100)
        session.add(row)
        session.flush()
        action = "update" if agency_id else "create"
        actions.audited(session, office, person, action=action, subject="agency", subject_id=row.id)
        return row.id, {"agency_id": row.id}

    return actions.kept_once(office, person, "keep_agency", agency_id or person.practice_id, form, effect, key=key)


def _write(office: Office, person: Person, agency_id: str, *, key: str) -> Done:
    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        agency = _agency(session, person, agency_id, hold=True)
        row = placing.write_file(session, agency, actor_id=person.user_id, at=office.now())
        if row is None:
            detail = "What is placed, paid here or taken back from now on goes into the next file."
            raise Problem(409, "nothing-to-tell", "There is nothing new to tell the agency", detail)
        actions.audited(session, office, person, action="create", subject="agency_file", subject_id=row.id)
        return agency_id, {"file_id": row.id, "rows": row.rows, "sha256": row.sha256}

    return actions.kept_once(office, person, "write_agency_file", agency_id, Part(), effect, key=key)


def _take(office: Office, person: Person, agency_id: str, body: bytes) -> Taken:
    text = uploads.text_of(body)
    rows, faults = read_answers(text)
    with office.database.writing() as session:
        agency = _agency(session, person, agency_id, hold=True)
        done = agency_answers.take(
            session,
            agency,
            body,
            rows,
            faults,
            actor_id=person.user_id,
            at=office.now(),
            today=office.today(person),
        )
        if not done.taken and not done.unchanged:
            told = [Fault(field=f"line {one.line}", message=one.message) for one in done.faults]
            raise errors.invalid(told or [Fault(field="body", message=f"has no rows of {', '.join(COLUMNS)}")])
        if done.is_new:
            actions.audited(session, office, person, action="create", subject="agency_file", subject_id=done.file_id)
    return done


def _recall(office: Office, person: Person, agency_id: str, placement_id: str, form: RecallForm, *, key: str) -> Done:
    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        row = session.get(Placement, placement_id)
        if row is None or (row.practice_id, row.agency_id) != (person.practice_id, agency_id):
            raise errors.not_found("placement")
        if form.reason == RecallReason.OTHER and not form.words.strip():
            raise errors.invalid([Fault(field="words", message="say why")])
        try:
            cents = placing.recall(
                session, row, form.reason, words=form.words.strip(), actor_id=person.user_id, at=office.now()
            )
        except NotPlaced as error:
            raise Problem(409, "not-placed", "The agency has it no more", f"{str(error).capitalize()}.") from error
        actions.updated(session, office, person, "placement", row.id, form.reason)
        return placement_id, {"recalled_cents": cents}

    return actions.kept_once(office, person, "recall_placement", placement_id, form, effect, key=key)


def _list_page(request: Request, office: Office, person: Person, failed: Failed, note: str = "") -> Response:
    return show(
        request,
        "agencies.html",
        person,
        status=failed.status,
        found=list_agencies(office, person),
        failed=failed,
        keys=failed.key_for,
        note=note,
        may_set_up=person.may(Permission.SET_UP),
    )


def _page(request: Request, office: Office, person: Person, agency_id: str, failed: Failed, note: str = "") -> Response:
    return show(
        request,
        "agency.html",
        person,
        status=failed.status,
        found=_found(request, office, person, agency_id),
        failed=failed,
        keys=failed.key_for,
        note=note,
        reasons=RECALL_WORDS,
        columns=COLUMNS,
        may_set_up=person.may(Permission.SET_UP),
        may_work=person.may(Permission.WORK),
        may_post=person.may(Permission.TAKE_PAYMENT),
        may_approve=person.may(Permission.APPROVE),
    )
