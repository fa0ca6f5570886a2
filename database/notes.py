"""Notes on visits, claims and accounts: added, read, never changed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlmodel import Session, SQLModel, col, select

from database.columns import new_id
from database.tables import Encounter, Note, Patient, Submission, User


class NoteSubject(StrEnum):
    """What a note may stand on."""

    ENCOUNTER = "encounter"
    ACCOUNT = "account"
    CLAIM = "claim"
    """By its control number"""


_TABLES: dict[NoteSubject, type[SQLModel]] = {
    NoteSubject.ENCOUNTER: Encounter,
    NoteSubject.ACCOUNT: Patient,
    NoteSubject.CLAIM: Submission,
}


@dataclass(frozen=True, slots=True)
class NoteView:
    """One note with its author's name."""

    id: str
    text: str
    written_at: datetime
    author: str


def exists(session: Session, *, practice_id: str, subject: NoteSubject, subject_id: str) -> bool:
    """Whether the practice has what the note is to stand on."""
    row: Any = session.get(_TABLES[subject], subject_id)
    return row is not None and row.practice_id == practice_id


def add(
    session: Session,
    *,
    practice_id: str,
    subject: NoteSubject,
    subject_id: str,
    text: str,
    at: datetime,
    author_id: str,
) -> Note:
    """Write a note."""
    note = Note(
        id=new_id(),
        practice_id=practice_id,
        subject=subject,
        subject_id=subject_id,
        text=text,
        written_at=at,
        written_by=author_id,
    )
    session.add(note)
    session.flush()
    return note


def of(session: Session, *, practice_id: str, subject: NoteSubject, subject_id: str) -> list[NoteView]:
    """The notes on one visit, claim or account, the newest first."""
    rows = session.exec(
        select(Note, User.display_name)
        .join(User, col(User.id) == col(Note.written_by))
        .where(Note.practice_id == practice_id, Note.subject == subject, Note.subject_id == subject_id)
        .order_by(col(Note.written_at).desc(), Note.id)
    )
    return [NoteView(note.id, note.text, note.written_at, name) for note, name in rows]
