"""Write-offs of denied charges by reason, payer and who approved, so that their causes can be acted on."""

from collections.abc import Iterable
from datetime import date

from fastapi import APIRouter, Request, Response

from api import auth, errors
from api.auth import Viewer
from api.errors import Fault
from api.office import Office, TheOffice
from api.routers.pages import show
from billing.csv_file import write_rows
from billing.money import format_amount
from database import write_offs
from database.access import Person
from database.write_offs import WriteOffs

api = APIRouter(prefix="/api/v1/write-offs", tags=["remittances"])
pages = APIRouter(prefix="/write-offs", include_in_schema=False)

COLUMNS = ("posted_on", "visit", "patient", "service_date", "payer", "reason", "words", "amount", "approved_by")


@api.get("")
def list_write_offs(
    request: Request, office: TheOffice, person: Viewer, since: date | None = None, until: date | None = None
) -> WriteOffs:
    """Denied charges that were written off, by day of posting; this month when none is named."""
    first, last = _month(office, person)
    since, until = since or first, until or last
    if since > until:
        raise errors.invalid([Fault(field="since", message="must not lie after the last day")])
    return _found(request, office, person, since, until)


@pages.get("")
def show_page(request: Request, office: TheOffice, person: Viewer, since: str = "", until: str = "") -> Response:
    """The same as a page; days that cannot be read are said above this month's."""
    first, last, fault = _days(office, person, since, until)
    found = _found(request, office, person, first, last)
    return show(request, "write_offs.html", person, found=found, fault=fault, status=422 if fault else 200)


@pages.get("/lines.csv")
@api.get("/lines.csv", response_class=Response)
def take_csv(request: Request, office: TheOffice, person: Viewer, since: str = "", until: str = "") -> Response:
    """Each written-off amount as a line of a CSV."""
    first, last, fault = _days(office, person, since, until)
    if fault:
        raise errors.invalid([Fault(field="since", message=fault)])
    found = _found(request, office, person, first, last)
    headers = {"Content-Disposition": 'attachment; filename="write-offs.csv"'}
    return Response(write_rows(COLUMNS, _cells(found)), media_type="text/csv", headers=headers)


def _cells(found: WriteOffs) -> Iterable[tuple[str, ...]]:
    for one in found.lines:
        yield (
            str(one.posted_on),
            one.encounter_id,
            one.patient,
            str(one.service_date),
            one.payer,
            one.reason,
            one.words,
            format_amount(one.amount_cents),
            one.approved_by,
        )


def _days(office: Office, person: Person, since: str, until: str) -> tuple[date, date, str]:
    first, last = _month(office, person)
    try:
        first, last = date.fromisoformat(since) if since else first, date.fromisoformat(until) if until else last
    except ValueError:
        return first, last, "write days as YYYY-MM-DD"
    if first > last:
        return *_month(office, person), "the first day must not lie after the last one"
    return first, last, ""


def _month(office: Office, person: Person) -> tuple[date, date]:
    today = office.today(person)
    return today.replace(day=1), today


def _found(request: Request, office: Office, person: Person, since: date, until: date) -> WriteOffs:
    with office.database.reading() as session:
        found = write_offs.write_offs(session, practice_id=person.practice_id, since=since, until=until)
    if found.lines:
        auth.seen(request, person, subject="write_offs", subject_id=person.practice_id)
    return found
