"""Patients: found by name, birth date, telephone, member id or a number; one patient with every visit and balance."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from api import auth, errors, registering
from api.auth import Viewer, require
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.patient_form import ChangedPatientForm, NewPatientForm
from api.routers import office_search, patient_record
from api.routers.pages import NOTES, Failed, show
from billing.attachments import WORDS
from billing.record_copies import WORDS as WHO_ASKS
from billing.roles import Permission
from database import appointments, attachments, patients, sensitive
from database.access import Person
from database.attachments import FileSubject
from database.patients import PatientList, PatientView

api = APIRouter(prefix="/api/v1/patients", tags=["patients"])
pages = APIRouter(prefix="/patients", include_in_schema=False)

Clerk = Annotated[Person, require(Permission.INTAKE)]
Sought = Annotated[str, Query(max_length=80)]


@api.get("")
def find_patients(request: Request, office: TheOffice, person: Viewer, q: Sought = "") -> PatientList:
    """Patients by name (last, first, or both in any order), birth date, telephone, member id, number; fifty at most."""
    with office.database.reading() as session:
        found = patients.search(session, practice_id=person.practice_id, text=q)
    if found.items:
        auth.seen(request, person, subject="patients", subject_id="search")
    return found


@api.get("/{patient_id}")
def show_patient(request: Request, patient_id: str, office: TheOffice, person: Viewer) -> PatientView:
    """One patient: coverage as last used, every visit with its balances, letters."""
    return find(request, office, person, patient_id)


@api.post("", status_code=201, response_model=dict[str, Any])
def register_patient(form: NewPatientForm, key: IdempotencyKey, office: TheOffice, person: Clerk) -> Response:
    """Register a patient without a visit. 409: likely known already; look, and say `is_another_person`."""
    done = registering.register(office, person, form, key=key)
    return JSONResponse(done.body, done.status, headers={"Location": done.location or ""})


@api.put("/{patient_id}")
def put_patient(
    patient_id: str, form: ChangedPatientForm, key: IdempotencyKey, office: TheOffice, person: Clerk
) -> dict[str, Any]:
    """Keep who a patient is from now on; claims and open visits keep what they have. 409: changed meanwhile."""
    return registering.change(office, person, patient_id, form, key=key).body


@pages.get("")
def show_search(request: Request, office: TheOffice, person: Viewer, q: Sought = "", asked: str = "") -> Response:
    """The search, and who was found."""
    q = (office_search.asked(office, person, asked) or "") if asked else q
    found = find_patients(request, office, person, q)
    return show(request, "patients.html", person, q=q.strip(), found=found, may_open=person.may(Permission.INTAKE))


@pages.get("/{patient_id}")
def show_page(request: Request, patient_id: str, office: TheOffice, person: Viewer, note: str = "") -> Response:
    """One patient."""
    return patient_page(request, office, person, patient_id, Failed(), note=NOTES.get(note, ""))


def patient_page(
    request: Request, office: Office, person: Person, patient_id: str, failed: Failed, note: str = ""
) -> Response:
    """The patient's page, with the refused form if there is one."""
    patient = find(request, office, person, patient_id)
    with office.database.reading() as session:
        files = attachments.of(
            session, practice_id=person.practice_id, subject=FileSubject.PATIENT, subject_id=patient_id
        )
        mark = sensitive.of(session, practice_id=person.practice_id, patient_id=patient_id)
        expected = appointments.of_patient(
            session, practice_id=person.practice_id, patient_id=patient_id, since=office.today(person)
        )
    return show(
        request,
        "patient.html",
        person,
        status=failed.status,
        failed=failed,
        patient=patient,
        files=files,
        expected=expected,
        is_sensitive=mark.is_sensitive,
        file_kinds=WORDS,
        note=note,
        email_failed=patient.email_failed,
        may_open=person.may(Permission.INTAKE),
        may_work=person.may(Permission.WORK),
        requesters=WHO_ASKS if patient_record.may_copy(person) else {},
    )


def find(request: Request, office: Office, person: Person, patient_id: str) -> PatientView:
    """The patient, and that this person looked at them. Raises Problem 404."""
    with office.database.reading() as session:
        patient = patients.patient(session, practice_id=person.practice_id, patient_id=patient_id)
    if patient is None:
        raise errors.not_found("patient")
    auth.seen(request, person, subject="patient", subject_id=patient_id)
    return patient
