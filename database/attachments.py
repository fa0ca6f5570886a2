"""Files on patients, visits, claims and applications for help: kept once by content, listed without their bytes."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlmodel import Session, SQLModel, col, select

from billing.attachments import PICTURES, WORDS, FileKind
from database.columns import new_id
from database.tables import AssistanceApplication, Attachment, Encounter, Patient, Submission, User

BY_PATIENT = "the patient"


class FileSubject(StrEnum):
    """What a file may stand on."""

    PATIENT = "patient"
    ENCOUNTER = "encounter"
    CLAIM = "claim"
    """By its control number"""
    ASSISTANCE = "assistance"
    """An application for help with the bill"""


_TABLES: dict[FileSubject, type[SQLModel]] = {
    FileSubject.PATIENT: Patient,
    FileSubject.ENCOUNTER: Encounter,
    FileSubject.CLAIM: Submission,
    FileSubject.ASSISTANCE: AssistanceApplication,
}


@dataclass(frozen=True, slots=True)
class FileView:
    """One file without its bytes."""

    id: str
    kind: FileKind
    words: str
    name: str
    content_type: str
    size: int
    added_at: datetime
    added_by: str

    @property
    def is_picture(self) -> bool:
        return self.content_type in PICTURES


def exists(session: Session, *, practice_id: str, subject: FileSubject, subject_id: str) -> bool:
    """Whether the practice has what the file is to stand on."""
    row: Any = session.get(_TABLES[subject], subject_id)
    return row is not None and row.practice_id == practice_id


def add(
    session: Session,
    *,
    practice_id: str,
    subject: FileSubject,
    subject_id: str,
    kind: FileKind,
    name: str,
    content_type: str,
    body: bytes,
    at: datetime,
    by: str | None,
) -> tuple[str, bool]:
    """Keep a file: (id, whether it is new). `by` None: the patient, on the pay page.
    The same bytes on the same subject are one file."""
    digest = hashlib.sha256(body).hexdigest()
    here = _standing(practice_id, subject, subject_id)
    known = session.exec(select(Attachment.id).where(*here, Attachment.sha256 == digest)).first()
    if known is not None:
        return known, False
    row = Attachment(
        id=new_id(),
        practice_id=practice_id,
        subject=subject,
        subject_id=subject_id,
        kind=kind,
        name=name.replace("\\", "/").rsplit("/", 1)[-1][:120] or "file",
        content_type=content_type,
        size=len(body),
        sha256=digest,
        body=body,
        added_at=at,
        added_by=by,
    )
    session.add(row)
    session.flush()
    return row.id, True


def of(session: Session, *, practice_id: str, subject: FileSubject, subject_id: str) -> list[FileView]:
    """The files on one patient, visit or claim, the newest first."""
    columns = (
        Attachment.id,
        Attachment.kind,
        Attachment.name,
        Attachment.content_type,
        Attachment.size,
        Attachment.added_at,
        User.display_name,
    )
    rows: Sequence[tuple[str, str, str, str, int, datetime, str | None]] = session.execute(
        select(*columns)  # type: ignore[call-overload]
        .join(User, col(User.id) == col(Attachment.added_by), isouter=True)
        .where(*_standing(practice_id, subject, subject_id))
        .order_by(col(Attachment.added_at).desc(), Attachment.id)
    ).all()
    return [
        FileView(one, FileKind(kind), WORDS[FileKind(kind)], name, content_type, size, added_at, by or BY_PATIENT)
        for one, kind, name, content_type, size, added_at, by in rows
    ]


def _standing(practice_id: str, subject: FileSubject, subject_id: str) -> Sequence[Any]:
    """The conditions of a file that stands on the subject."""
    return (
        Attachment.practice_id == practice_id,
        Attachment.subject == subject,
        Attachment.subject_id == subject_id,
        col(Attachment.removed_at).is_(None),
    )


def find(session: Session, *, practice_id: str, file_id: str) -> Attachment | None:
    """One file with its bytes; None when it is not the practice's, or was taken away."""
    row = session.get(Attachment, file_id)
    return row if row is not None and row.practice_id == practice_id and row.removed_at is None else None
