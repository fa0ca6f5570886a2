"""Patients registered and changed, once: the same functions behind the REST routes and the workbench's forms."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlmodel import Session

from activities import account_decisions
from api import actions, idempotency, known_patient, patient_form
from api.actions import Done
from api.errors import Fault, Problem
from api.office import Office
from api.patient_form import ChangedPatientForm, NewPatientForm
from billing.patients import in_words
from database import accounts, guarantor_patients, letters, patients, registrations
from database.access import Person
from database.registrations import PatientChanged
from database.tables import Patient

ALIKE = "likely-duplicate"
"""Name of the problem of a patient who is likely known already"""
CHANGED = "changed-meanwhile"
"""Name of the problem of a form that somebody else has overtaken"""


def register(office: Office, person: Person, form: NewPatientForm, *, key: str) -> Done:
    """A patient without a visit. Raises Problem 409 while somebody who is likely the same is not told apart."""
    patient_form.require_born(form, today=office.today(person))
    told = form.told()

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        alike = registrations.alike(session, told, practice_id=person.practice_id)
        if alike and not form.is_another_person:
            raise _likely_known([row.id for row in alike])
        row = registrations.register(session, told, practice_id=person.practice_id, at=office.now())
        guarantor_patients.recognise(session, at=office.now())
        reason = f"registered, told apart from {len(alike)} alike" if alike else "registered"
        actions.audited(session, office, person, action="create", subject="patient", subject_id=row.id, reason=reason)
        return row.id, {"patient_id": row.id, "version": row.version}

    sha256 = idempotency.fingerprint("register_patient", "", form.model_dump(mode="json"))
    body = idempotency.once(office, person, name="register_patient", key=key, body_sha256=sha256, effect=effect)
    return Done(body, 201, f"/api/v1/patients/{body['patient_id']}")


def change(office: Office, person: Person, patient_id: str, form: ChangedPatientForm, *, key: str) -> Done:
    """What is known of a patient from now on. Raises Problem 404, and 409 when somebody changed it meanwhile."""
    patient_form.require_born(form, today=office.today(person))

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        try:
            row = known_patient.held(session, person, patient_id, version=form.version)
        except PatientChanged as error:
            detail = "Look at what is known now, and save again."
            raise Problem(409, CHANGED, "Somebody changed this patient meanwhile", detail) from error
        told = form.told()
        address = patient_form.with_what_a_form_cannot_say(told, registrations.of_row(row))
        names = patients.change(session, row, replace(told, address=address))
        guarantor_patients.recognise(session, at=office.now())
        if names:
            reason = f"changed: {in_words(names)}"
            actions.audited(
                session, office, person, action="update", subject="patient", subject_id=row.id, reason=reason
            )
            correct_papers(session, row, at=office.now())
        return row.id, {"patient_id": row.id, "version": row.version, "changed": list(names)}

    return actions.kept_once(office, person, "change_patient", patient_id, form, effect, key=key)


def correct_papers(session: Session, row: Patient, *, at: datetime) -> None:
    """Papers that wait to be printed are written anew where they say a name or an address that is no longer so; what
    mail that came back holds goes on."""
    account = accounts.find(session, practice_id=row.practice_id, patient_id=row.id)
    if account is None:
        return
    where = {"practice_id": row.practice_id, "patient_id": account.patient_id}
    if letters.waiting_notices(session, **where) or letters.newest_returned(session, **where):
        account_decisions.wake(session, account, at=at)


def _likely_known(ids: list[str]) -> Problem:
    message = f"say so if this is none of {', '.join(ids)}"
    return Problem(
        409,
        ALIKE,
        "This patient is likely known already",
        "There are patients with this last name and birth date. Look at them first; register only somebody else.",
        faults=[Fault(field="is_another_person", message=message)],
    )
