"""Patients' credits that lie, by the day on which their state takes them as unclaimed property."""

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from api import auth
from api.auth import Viewer
from api.office import Office, TheOffice
from api.routers.pages import show
from database import office as offices
from database import patient_credits
from database.access import Person
from database.patient_credits import PatientCredit

api = APIRouter(prefix="/api/v1/patient-credits", tags=["accounts"])
pages = APIRouter(prefix="/patient-credits", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class PatientCredits:
    """Credits that are older than the practice's days."""

    days: int
    total_cents: int
    items: list[PatientCredit]


@api.get("")
def list_patient_credits(request: Request, office: TheOffice, person: Viewer) -> PatientCredits:
    """Credits older than the policy `patient_credit_days`, the nearest state's day first. Nothing is refunded by
    itself; the states' periods are to be verified."""
    return _found(request, office, person)


@pages.get("")
def show_page(request: Request, office: TheOffice, person: Viewer) -> Response:
    """The same as a page."""
    return show(request, "patient_credits.html", person, found=_found(request, office, person))


def _found(request: Request, office: Office, person: Person) -> PatientCredits:
    today = office.today(person)
    with office.database.reading() as session:
        policies = offices.policies_for(session, practice_id=person.practice_id, payer_id=None)
        days = policies.value("patient_credit_days", as_of=today)
        items = patient_credits.older_than(session, days, practice_id=person.practice_id, today=today)
    if items:
        auth.seen(request, person, subject="patient_credits", subject_id=person.practice_id)
    return PatientCredits(days, sum(one.cents for one in items), items)
