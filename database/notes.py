"""Notes on visits, claims and accounts, and replies on notes: added, read, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlmodel import Session, SQLModel, col, select

from database import users
from database.columns import new_id
from database.tables import Encounter, Note, Patient, Question, Submission, User


class NoteSubject(StrEnum):
    """What a note may stand on."""

    ENCOUNTER = "encounter"
    ACCOUNT = "account"
    CLAIM = "claim"
    """By its control number"""
    NOTE = "note"
    """A reply: on a note that is no reply itself"""


_TABLES: dict[NoteSubject, type[SQLModel]] = {
    NoteSubject.ENCOUNTER: Encounter,
    NoteSubject.ACCOUNT: Patient,
    NoteSubject.CLAIM: Submission,
    NoteSubject.NOTE: Note,
}


@dataclass(frozen=True, slots=True)
class ReplyView:
    """One reply with its author's name."""

    id: str
    text: str
    written_at: datetime
    author: str


@dataclass(frozen=True, slots=True)
class NoteView:
    """One note with its author's name and the replies on it."""

    id: str
    text: str
    written_at: datetime
    author: str
    author_id: str
    asks: str | None
    """Whom it asks, a name or a role in words; None: nobody"""
    question: str | None
    """open, answered or withdrawn; None: it asks nothing"""
    replies: list[ReplyView] = field(default_factory=list)
    """The oldest first"""


def exists(session: Session, *, practice_id: str, subject: NoteSubject, subject_id: str) -> bool:
    """Whether the practice has what the note is to stand on."""
    row: Any = session.get(_TABLES[subject], subject_id)
    return row is not None and row.practice_id == practice_id and not is_reply(row)


def is_reply(row: Any) -> bool:
    """Whether this is a note that stands on a note."""
    return isinstance(row, Note) and row.subject == NoteSubject.NOTE


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
    found = _on(session, practice_id, subject, [subject_id])
    replies: dict[str, list[ReplyView]] = {}
    for reply, name in reversed(_on(session, practice_id, NoteSubject.NOTE, [note.id for note, _ in found])):
        replies.setdefault(reply.subject_id, []).append(ReplyView(reply.id, reply.text, reply.written_at, name))
    asked = _questions(session, [note.id for note, _ in found])
    return [
        NoteView(
            id=note.id,
            text=note.text,
            written_at=note.written_at,
            author=name,
            author_id=note.written_by,
            asks=asked.get(note.id, (None, None))[0],
            question=asked.get(note.id, (None, None))[1],
            replies=replies.get(note.id, []),
        )
        for note, name in found
    ]


def asks_in_words(question: Question, names: dict[str, str]) -> str:
    """Whom a question asks: the person's name, or the role."""
    if question.user_id is not None:
        return names.get(question.user_id, question.user_id)
    return (question.role or "").replace("_", " ")


def _on(session: Session, practice_id: str, subject: NoteSubject, ids: Sequence[str]) -> list[tuple[Note, str]]:
    """The notes on these, the newest first, with their authors' names."""
    rows = session.exec(
        select(Note, User.display_name)
        .join(User, col(User.id) == col(Note.written_by))
        .where(Note.practice_id == practice_id, Note.subject == subject, col(Note.subject_id).in_(ids))
        .order_by(col(Note.written_at).desc(), Note.id)
    )
    return list(rows.all())


def _questions(session: Session, note_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Note id to whom it asks, in words, and how the question stands."""
    rows = session.exec(select(Question).where(col(Question.note_id).in_(note_ids))).all()
    names = users.names_of(session, {one.user_id for one in rows if one.user_id})
    return {one.note_id: (asks_in_words(one, names), one.state) for one in rows}
