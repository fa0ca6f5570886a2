"""Letters: written by a step, looked at, printed, and marked as sent once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from billing.letters import Letter as Content
from database import records
from database.tables import Encounter, Letter, Patient


@dataclass(frozen=True, slots=True)
class LetterRow:
    """One letter on the print queue."""

    id: str
    kind: str
    title: str
    addressee: str
    encounter_id: str | None
    patient: str | None
    written_at: datetime
    sent_at: datetime | None


def page(session: Session, *, practice_id: str, is_sent: bool, limit: int = 100) -> list[LetterRow]:
    """Letters that wait, the oldest first; or those that were sent, the newest first."""
    query = (
        select(Letter, Patient)
        .join(Encounter, col(Encounter.id) == col(Letter.encounter_id), isouter=True)
        .join(Patient, col(Patient.id) == col(Encounter.patient_id), isouter=True)
        .where(Letter.practice_id == practice_id)
    )
    if is_sent:
        query = query.where(col(Letter.sent_at).is_not(None)).order_by(col(Letter.sent_at).desc(), Letter.id)
    else:
        query = query.where(col(Letter.sent_at).is_(None)).order_by(col(Letter.written_at), Letter.id)
    return [_row(letter, patient) for letter, patient in session.exec(query.limit(limit))]


def find(session: Session, *, practice_id: str, letter_id: str) -> Letter | None:
    """One letter of the practice, or None."""
    return session.exec(select(Letter).where(Letter.practice_id == practice_id, Letter.id == letter_id)).first()


def of_encounter(session: Session, encounter_id: str) -> Sequence[LetterRow]:
    """The letters of one encounter, the newest first."""
    query = select(Letter).where(Letter.encounter_id == encounter_id).order_by(col(Letter.written_at).desc())
    return [_row(letter, None) for letter in session.exec(query)]


def of_patient(session: Session, *, practice_id: str, patient_id: str) -> list[LetterRow]:
    """The letters about all visits of one patient, the newest first."""
    query = (
        select(Letter)
        .join(Encounter, col(Encounter.id) == col(Letter.encounter_id))
        .where(Letter.practice_id == practice_id, Encounter.patient_id == patient_id)
        .order_by(col(Letter.written_at).desc(), Letter.id)
    )
    return [_row(letter, None) for letter in session.exec(query)]


def content_of(letter: Letter) -> Content:
    """What the letter says."""
    return records.load(Content, letter.content)


def mark_sent(session: Session, letter: Letter, *, at: datetime, actor_id: str) -> bool:
    """Printed and on its way; False when somebody said so before."""
    if letter.sent_at is not None:
        return False
    letter.sent_at, letter.sent_by = at, actor_id
    session.add(letter)
    return True


def _row(letter: Letter, patient: Patient | None) -> LetterRow:
    content = content_of(letter)
    name = None if patient is None else f"{patient.last_name}, {patient.first_name or ''}".rstrip(", ")
    return LetterRow(
        id=letter.id,
        kind=letter.kind,
        title=content.title,
        addressee=content.addressee[0],
        encounter_id=letter.encounter_id,
        patient=name,
        written_at=letter.written_at,
        sent_at=letter.sent_at,
    )
