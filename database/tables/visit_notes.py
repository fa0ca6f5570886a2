"""What the provider wrote of a visit: what it is coded from."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class VisitNote(SQLModel, table=True):
    """One clinical note, or an addition to one. Added, never changed; the same words of a visit are one note."""

    __tablename__ = "visit_note"
    __table_args__ = (sa.UniqueConstraint("encounter_id", "sha256", name="uq_visit_note_words"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    encounter_id: str = Field(sa_type=Id, foreign_key="encounter.id", index=True)
    text: str = Field(sa_type=sa.Text)
    sha256: str = Field(sa_type=sa.String(64))
    """Of the text and of who signed it"""
    signed_by: str | None = Field(default=None, sa_type=sa.String(120))
    """As it stands under the note; None: it is not signed"""
    signed_on: date | None = None
    added_at: datetime = Field(sa_type=Instant)
    added_by: str = Field(sa_type=Id, foreign_key="app_user.id")
