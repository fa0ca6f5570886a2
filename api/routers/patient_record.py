"""A copy of everything the book holds about one patient, for who may have it: the patient, their lawyer, a clinic."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from activities.patient_record import copy_record
from api import auth, known_patient
from api.auth import require, require_also
from api.office import Office, TheOffice
from api.sent_file import zip_of
from billing.record_copies import Requester
from billing.roles import Permission
from database.access import Person

api = APIRouter(prefix="/api/v1/patients", tags=["patients"])
pages = APIRouter(prefix="/patients", include_in_schema=False)

Releaser = Annotated[Person, require(Permission.APPROVE)]
Asked = Annotated[Requester, Query(description="Who asked for it: it is written down")]


def may_copy(person: Person) -> bool:
    """Whether this person may give a whole record out: it holds the audit, too."""
    return person.may(Permission.APPROVE) and person.may(Permission.AUDIT)


@api.get("/{patient_id}/record.zip", response_class=Response)
def take_copy(
    request: Request, patient_id: str, office: TheOffice, person: Releaser, asked: Asked = Requester.PATIENT
) -> Response:
    """Everything about one patient as a ZIP with a manifest (45 CFR 164.524). Needs `approve` and `audit`; that it was
    taken is written down. 410: the patient was merged into another one."""
    return _copy(request, office, person, patient_id, asked)


@pages.get("/{patient_id}/record.zip")
def take_copy_on_page(
    request: Request, patient_id: str, office: TheOffice, person: Releaser, asked: Asked = Requester.PATIENT
) -> Response:
    """The same for the patient's page."""
    return _copy(request, office, person, patient_id, asked)


def _copy(request: Request, office: Office, person: Person, patient_id: str, asked: Requester) -> Response:
    require_also(person, Permission.AUDIT)
    with office.database.reading() as session:
        known_patient.here(session, person, patient_id)
    auth.seen(request, person, subject="patient", subject_id=patient_id)
    return zip_of(
        f"record-{patient_id}",
        lambda file: copy_record(
            office.database,
            file,
            practice_id=person.practice_id,
            patient_id=patient_id,
            at=office.now(),
            by=person.user_id,
            asked=asked,
        ),
    )
