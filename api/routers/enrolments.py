"""The enrolment matrix: which provider may do what with which payer; credentialing keeps it, and claims go on."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import Field

from api import enrolment_changes, errors
from api.actions import Done
from api.auth import Viewer, require
from api.claim_form import Part
from api.errors import Fault
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.practice_form import EMPTY, Npi
from api.routers.pages import Failed, answer, read, show, typed_into
from billing.enrolments import Enrolment, EnrolmentKind, EnrolmentState, row_faults
from billing.identifiers import npi_is_valid
from billing.roles import Permission
from database import enrolment_matrix, enrolments, favourites, payers
from database import office as office_rows
from database.access import Person
from database.enrolment_matrix import Cell, Show
from database.enrolments import Entry

api = APIRouter(prefix="/api/v1/enrolments", tags=["enrolments"])
pages = APIRouter(prefix="/setup/enrolments", include_in_schema=False)

Enroller = Annotated[Person, require(Permission.ENROL)]
Day = Annotated[date | None, EMPTY]
Shown = Annotated[Show, Query(description="all, gaps (not in force today) or due (to be looked at again)")]

FORM = "enrolment"
KINDS = (
    (EnrolmentKind.CONTRACT, "contract of a rendering provider"),
    (EnrolmentKind.CLAIMS, "837, sending claims"),
    (EnrolmentKind.REMITTANCES, "835, electronic remittances"),
    (EnrolmentKind.TRANSFER, "EFT, bank transfer"),
    (EnrolmentKind.ELIGIBILITY, "270, asking for eligibility"),
)
"""As the form's list says them"""


class EnrolmentForm(Part):
    """One cell of the matrix as it shall be."""

    npi: Npi
    """The provider's, billing or rendering"""
    payer_id: Annotated[str, Field(min_length=1, max_length=20)]
    kind: EnrolmentKind
    state: EnrolmentState
    effective_from: Day = None
    """First day of service that it covers; nothing: every day up to the last"""
    effective_to: Day = None
    """Last day of service that it covers"""
    recheck_on: Day = None
    """When somebody looks at it again"""
    reference: Annotated[str, Field(max_length=60)] = ""
    note: Annotated[str, Field(max_length=300)] = ""
    reason: Annotated[str, Field(min_length=1, max_length=120)]

    def entry(self) -> Entry:
        cell = Enrolment(self.npi, self.kind, self.state, self.effective_from, self.effective_to)
        return Entry(self.payer_id, cell, self.recheck_on, self.reference, self.note)


@api.get("")
def list_enrolments(office: TheOffice, person: Viewer, show: Shown = Show.ALL) -> list[Cell]:
    """The cells of the matrix, by payer and provider; `show` leaves only gaps, or what is due to be looked at."""
    with office.database.reading() as session:
        return enrolment_matrix.cells(session, practice_id=person.practice_id, today=office.today(person), show=show)


@api.put("", response_model=dict[str, Any])
def put_enrolment(
    request: Request, form: EnrolmentForm, key: IdempotencyKey, office: TheOffice, person: Enroller
) -> Response:
    """Set one cell. `released` says how many claims waited for it and go on by themselves now."""
    return JSONResponse(_put(request, office, person, form, key).body)


@pages.get("")
def show_matrix(
    request: Request,
    office: TheOffice,
    person: Viewer,
    show_only: Annotated[str, Query(alias="show")] = "",
    saved: int = 0,
    released: int = 0,
) -> Response:
    """The matrix."""
    return matrix_page(request, office, person, show_only=show_only, note=_note(saved, released))


@pages.get("/edit")
def show_form(
    request: Request, office: TheOffice, person: Enroller, payer: str = "", npi: str = "", kind: str = ""
) -> Response:
    """One cell, to be changed; without a payer and a provider an empty form."""
    typed = {"payer_id": payer, "npi": npi, "kind": kind}
    if kind in set(EnrolmentKind):
        with office.database.reading() as session:
            row = enrolments.find(
                session, practice_id=person.practice_id, payer_id=payer, npi=npi, kind=EnrolmentKind(kind)
            )
        if row is not None:
            days = {name: str(getattr(row, name) or "") for name in ("effective_from", "effective_to", "recheck_on")}
            typed |= {"state": row.state, "reference": row.reference, "note": row.note} | days
    return _form(request, office, person, Failed(typed=typed))


@pages.post("/edit")
async def put_by_form(request: Request, office: TheOffice, person: Enroller) -> Response:
    """Set one cell."""
    typed = await typed_into(request)

    def act() -> Done:
        return _put(request, office, person, read(EnrolmentForm, typed), typed["key"])

    def page(failed: Failed) -> Response:
        return _form(request, office, person, failed)

    return await answer(lambda: run_in_threadpool(act), FORM, typed, home_after, page)


def home_after(done: Done) -> str:
    """The matrix, which says how much was written and released."""
    return f"/setup/enrolments?saved={done.body['written']}&released={done.body['released']}&"


def matrix_page(
    request: Request,
    office: Office,
    person: Person,
    *,
    show_only: str = "",
    note: str = "",
    fault: str = "",
    pasted: str = "",
    status: int = 200,
) -> Response:
    """The matrix, with what became of the last change."""
    shown = Show(show_only) if show_only in set(Show) else Show.ALL
    with office.database.reading() as session:
        found = enrolment_matrix.matrix(session, practice_id=person.practice_id, today=office.today(person), show=shown)
    return show(
        request,
        "enrolments.html",
        person,
        status=status,
        matrix=found,
        shown=shown,
        note=note,
        fault=fault,
        pasted=pasted,
        may_change=person.may(Permission.ENROL),
    )


def _form(request: Request, office: Office, person: Person, failed: Failed) -> Response:
    with office.database.reading() as session:
        known = favourites.known_payers(session, practice_id=person.practice_id)
        providers = enrolment_matrix.providers(session, practice_id=person.practice_id, today=office.today(person))
    return show(
        request,
        "enrolment.html",
        person,
        status=failed.status,
        failed=failed,
        typed=failed.typed,
        key=failed.key_for(FORM),
        payers=[(one.id, f"{one.name} ({one.number or 'no number'})") for one in known],
        providers=providers,
        kinds=KINDS,
        states=[(one, one.replace("_", " ")) for one in EnrolmentState],
    )


def _note(saved: int, released: int) -> str:
    if not saved:
        return ""
    rows = "One row is saved" if saved == 1 else f"{saved} rows are saved"
    if not released:
        return f"{rows}."
    claims = "one claim that waited goes" if released == 1 else f"{released} claims that waited go"
    return f"{rows}; {claims} on by {'itself' if released == 1 else 'themselves'}."


def _put(request: Request, office: Office, person: Person, form: EnrolmentForm, key: str) -> Done:
    entry = form.entry()
    faults = [Fault(field=name, message=message) for name, message in row_faults(entry.enrolment).items()]
    with office.database.reading() as session:
        if payers.find(session, practice_id=person.practice_id, payer_id=form.payer_id) is None:
            faults.append(Fault(field="payer_id", message="choose one of the payers"))
    if is_npi_strict(office, person) and not npi_is_valid(form.npi):
        faults.append(Fault(field="npi", message="the check digit is wrong; look it up again"))
    if faults:
        raise errors.invalid(faults)
    return enrolment_changes.put(request, office, person, [entry], name="put_enrolment", key=key, reason=form.reason)


def is_npi_strict(office: Office, person: Person) -> bool:
    """Whether the practice wants every check digit right (policy `strict_npi_check_digit`)."""
    with office.database.reading() as session:
        policies = office_rows.policies_for(session, practice_id=person.practice_id, payer_id=None)
    return bool(policies.value("strict_npi_check_digit", as_of=office.today(person)))
