"""What people write beside the books."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class Note(SQLModel, table=True):
    """One note on a visit or an account. Added, never changed."""

    __table_args__ = (sa.Index("ix_note_subject", "practice_id", "subject", "subject_id", "written_at"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    subject: str = Field(sa_type=sa.String(20))
    """encounter or account"""
    subject_id: str = Field(sa_type=Id)
    text: str = Field(sa_type=sa.Text)
    written_at: datetime = Field(sa_type=Instant)
    written_by: str = Field(sa_type=Id, foreign_key="app_user.id")
