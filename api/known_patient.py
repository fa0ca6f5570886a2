"""The patient whom a request is about: there, merged into another one, or nobody's."""

from sqlmodel import Session

from api import errors
from api.errors import Problem
from database import registrations
from database.access import Person
from database.registrations import PatientMerged, PatientMissing
from database.tables import Patient


def here(session: Session, person: Person, patient_id: str) -> Patient:
    """The patient. Raises Problem 404, and 410 where they were merged into another one."""
    row = registrations.find(session, practice_id=person.practice_id, patient_id=patient_id)
    if row is None:
        raise errors.not_found("patient")
    if row.merged_into is not None:
        raise merged(registrations.kept(session, row).id)
    return row


def missing(error: PatientMissing) -> Problem:
    """Why a patient could not be locked."""
    return merged(error.kept_id) if isinstance(error, PatientMerged) else errors.not_found("patient")


def merged(kept_id: str) -> Problem:
    """The patient turned out to be another one, and everything stands there."""
    detail = "Visits, money and all that was typed before stand with the patient who was kept. Go on there."
    return Problem(410, "merged", "This patient was merged into another one", detail, patient_id=kept_id)
