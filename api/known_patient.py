"""The patient whom a request is about: there, merged into another one, or nobody's."""

from sqlmodel import Session

from api import errors
from api.errors import Problem
from database import registrations
from database.access import Person
from database.merges import BY_SUBJECT
from database.registrations import PatientMerged, PatientMissing
from database.tables import Patient

SUBJECTS = frozenset(kind for kinds in BY_SUBJECT.values() for kind in kinds)
"""What a note or a file may stand on whose id is the patient's: the patient and the account"""


def here(session: Session, person: Person, patient_id: str) -> Patient:
    """The patient. Raises Problem 404, and 410 where they were merged into another one."""
    row = registrations.find(session, practice_id=person.practice_id, patient_id=patient_id)
    if row is None:
        raise errors.not_found("patient")
    if row.merged_into is not None:
        raise merged(registrations.kept(session, row).id)
    return row


def held(session: Session, person: Person, patient_id: str, *, version: int | None = None) -> Patient:
    """The patient, locked: nobody merges them before what is written for them stands.

    Raises Problem 404 and 410 as `here` does, and PatientChanged where they are not at `version`.
    """
    try:
        return registrations.lock(session, practice_id=person.practice_id, patient_id=patient_id, version=version)
    except PatientMerged as error:
        raise merged(error.kept_id) from error
    except PatientMissing as error:
        raise errors.not_found("patient") from error


def require_behind(session: Session, person: Person, subject: str, subject_id: str, *, writing: bool) -> None:
    """The patient whom a note or a file stands on, if on one: there, and locked where something is to be written.

    Raises Problem 404 and 410 as `here` does.
    """
    if subject in SUBJECTS:
        (held if writing else here)(session, person, subject_id)


def merged(kept_id: str) -> Problem:
    """The patient turned out to be another one, and everything stands there."""
    detail = "Visits, money and all that was typed before stand with the patient who was kept. Go on there."
    return Problem(410, "merged", "This patient was merged into another one", detail, patient_id=kept_id)
