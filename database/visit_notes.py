"""The notes that visits are coded from: added, read beside the coder's form, never changed."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from billing.attachments import FileKind
from billing.tasks import TaskType
from database import attachments
from database.attachments import FileSubject, FileView
from database.columns import new_id
from database.tables import Encounter, User, VisitNote
from database.worklists import tasks_of


@dataclass(frozen=True, slots=True)
class VisitNoteView:
    """One note of a visit."""

    id: str
    text: str
    signed_by: str | None
    """As it stands under the note; None: it is not signed"""
    signed_on: date | None
    added_at: datetime
    added_by: str
    """Name of who brought it"""


@dataclass(frozen=True, slots=True)
class Signature:
    """The provider said that the note is signed, wherever it is kept."""

    words: str
    """When, and where it is, as the provider wrote it"""
    said_by: str
    said_at: datetime


@dataclass(frozen=True, slots=True)
class VisitNotes:
    """All that the office holds of what the provider wrote."""

    notes: list[VisitNoteView]
    """The newest first"""
    files: list[FileView]
    """Medical records on the visit, the newest first"""
    is_awaited: bool
    """The provider has yet to sign; nothing is coded before"""
    signature: Signature | None

    @property
    def is_empty(self) -> bool:
        return not self.notes and not self.files


def add(
    session: Session,
    encounter: Encounter,
    *,
    text: str,
    signed_by: str | None,
    signed_on: date | None,
    at: datetime,
    by: str,
) -> tuple[str, bool]:
    """Keep a note: (id, whether it is new). The same words under the same signature are one note."""
    digest = hashlib.sha256("\x1f".join((text, signed_by or "", str(signed_on or ""))).encode()).hexdigest()
    known = session.exec(
        select(VisitNote.id).where(VisitNote.encounter_id == encounter.id, VisitNote.sha256 == digest)
    ).first()
    if known is not None:
        return known, False
    row = VisitNote(
        id=new_id(),
        practice_id=encounter.practice_id,
        encounter_id=encounter.id,
        text=text,
        sha256=digest,
        signed_by=signed_by,
        signed_on=signed_on,
        added_at=at,
        added_by=by,
    )
    session.add(row)
    session.flush()
    return row.id, True


def of(session: Session, encounter: Encounter) -> VisitNotes:
    """What the provider wrote of one visit."""
    rows = session.exec(
        select(VisitNote, User.display_name)
        .join(User, col(User.id) == col(VisitNote.added_by))
        .where(VisitNote.practice_id == encounter.practice_id, VisitNote.encounter_id == encounter.id)
        .order_by(col(VisitNote.added_at).desc(), VisitNote.id)
    )
    files = attachments.of(
        session, practice_id=encounter.practice_id, subject=FileSubject.ENCOUNTER, subject_id=encounter.id
    )
    return VisitNotes(
        [VisitNoteView(one.id, one.text, one.signed_by, one.signed_on, one.added_at, name) for one, name in rows],
        [one for one in files if one.kind == FileKind.RECORD],
        encounter.note_unsigned,
        _signature(session, encounter),
    )


def _signature(session: Session, encounter: Encounter) -> Signature | None:
    """What the provider said to end the wait for the signature, if there was one."""
    for task in tasks_of(session, practice_id=encounter.practice_id, subject_id=encounter.id):
        if task.type == TaskType.NOTE_UNSIGNED and task.said and task.closed_by and task.closed_at:
            return Signature(task.said[0][1], task.closed_by, task.closed_at)
    return None
