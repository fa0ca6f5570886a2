"""How long charges take, by provider: from the day of service to their entry, and to the first claim that left."""

from datetime import date, timedelta

from fastapi import APIRouter, Request, Response

from api import errors
from api.auth import Viewer
from api.errors import Fault
from api.office import Office, TheOffice
from api.routers.pages import show
from database import charge_lag
from database.access import Person
from database.charge_lag import ChargeLag

api = APIRouter(prefix="/api/v1/charge-lag", tags=["figures"])
pages = APIRouter(prefix="/charge-lag", include_in_schema=False)

USUAL = timedelta(days=90)
LONGEST = timedelta(days=366)


@api.get("")
def measure_charge_lag(
    office: TheOffice, person: Viewer, since: date | None = None, until: date | None = None
) -> ChargeLag:
    """Median and 90th percentile in days, of visits by their first day of service; the last 90 days when none is named.

    A period holds at most a year.
    """
    until = until or office.today(person)
    since = since or _before(until)
    if not timedelta() <= until - since <= LONGEST:
        message = "must lie at most a year before the last day, and not after it"
        raise errors.invalid([Fault(field="since", message=message)])
    return _measured(office, person, since, until)


@pages.get("")
def show_page(request: Request, office: TheOffice, person: Viewer, since: str = "", until: str = "") -> Response:
    """The same as a page; days that cannot be read or lie too far apart are said above the usual ones."""
    last, fault = _day(until) or office.today(person), ""
    first = _day(since) or _before(last)
    if not timedelta() <= last - first <= LONGEST or (since and not _day(since)) or (until and not _day(until)):
        fault = "The first day must lie at most a year before the last one, and not after it"
        first = _before(last)
    found = _measured(office, person, first, last)
    return show(request, "charge_lag.html", person, found=found, fault=fault, status=422 if fault else 200)


def _measured(office: Office, person: Person, since: date, until: date) -> ChargeLag:
    with office.database.reading() as session:
        return charge_lag.charge_lag(session, practice_id=person.practice_id, since=since, until=until)


def _before(until: date) -> date:
    return until - min(USUAL, until - date.min)


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None
