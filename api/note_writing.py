"""Keeping the note of a visit, in the transaction of whoever brings it: a program with the visit, or a person later."""

from sqlmodel import Session

from api import errors
from api.claim_form import VisitNoteForm
from api.errors import Fault
from api.office import Office
from database import audit, encounters, visit_notes
from database.access import Person


def keep(session: Session, office: Office, person: Person, encounter_id: str, form: VisitNoteForm) -> tuple[str, bool]:
    """(id of the note, whether it is new). Raises Problem 404, and 422 for a signature of a day to come."""
    if form.signed_on is not None and form.signed_on > office.today(person):
        raise errors.invalid([Fault(field="signed_on", message="lies in the future; when was the note signed?")])
    if encounters.find(session, practice_id=person.practice_id, encounter_id=encounter_id) is None:
        raise errors.not_found("encounter")
    row = encounters.lock(session, practice_id=person.practice_id, encounter_id=encounter_id)
    note_id, is_new = visit_notes.add(
        session,
        row,
        text=form.text,
        signed_by=form.signed_by,
        signed_on=form.signed_on,
        at=office.now(),
        by=person.user_id,
    )
    if is_new:
        audit.record(
            session,
            practice_id=person.practice_id,
            at=office.now(),
            actor_id=person.user_id,
            action="create",
            subject="visit_note",
            subject_id=note_id,
        )
    return note_id, is_new
