"""What people write beside the books."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class Note(SQLModel, table=True):
    """One note on a visit, a claim or an account, or a reply on a note. Added, never changed."""

    __table_args__ = (sa.Index("ix_note_subject", "practice_id", "subject", "subject_id", "written_at"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    subject: str = Field(sa_type=sa.String(20))
    """encounter, account, claim, or note for a reply"""
    subject_id: str = Field(sa_type=Id)
    text: str = Field(sa_type=sa.Text)
    written_at: datetime = Field(sa_type=Instant)
    written_by: str = Field(sa_type=Id, foreign_key="app_user.id")


class Question(SQLModel, table=True):
    """What a note asks, and of whom: of one user, or of whoever has a role."""

    __table_args__ = (sa.Index("ix_question_state", "practice_id", "state"),)

    note_id: str = Field(sa_type=Id, foreign_key="note.id", primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    role: str | None = Field(default=None, sa_type=sa.String(30))
    user_id: str | None = Field(default=None, sa_type=Id, foreign_key="app_user.id")
    state: str = Field(default="open", sa_type=sa.String(10))
    """open, answered, or withdrawn by who asked"""
    settled_at: datetime | None = Field(default=None, sa_type=Instant)
    settled_by: str | None = Field(default=None, sa_type=Id)
