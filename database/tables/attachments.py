"""Files beside the books: card images, records, letters of payers."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class Attachment(SQLModel, table=True):
    """One file on a patient, a visit, a claim or an application for help. Added, never changed; taken away it stays,
    hidden, with who did it."""

    __table_args__ = (sa.Index("ix_attachment_subject", "practice_id", "subject", "subject_id"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    subject: str = Field(sa_type=sa.String(20))
    """database.attachments.FileSubject"""
    subject_id: str = Field(sa_type=Id)
    kind: str = Field(sa_type=sa.String(20))
    """billing.attachments.FileKind"""
    name: str = Field(sa_type=sa.String(120))
    """As the person's machine named it, without its folder"""
    content_type: str = Field(sa_type=sa.String(40))
    """Told by the bytes"""
    size: int
    sha256: str = Field(sa_type=sa.String(64))
    body: bytes
    added_at: datetime = Field(sa_type=Instant)
    added_by: str | None = Field(default=None, sa_type=Id, foreign_key="app_user.id")
    """None: the patient, on the pay page"""
    removed_at: datetime | None = Field(default=None, sa_type=Instant)
    removed_by: str | None = Field(default=None, sa_type=Id)
