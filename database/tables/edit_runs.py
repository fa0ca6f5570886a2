"""The claim edits that practices wrote, and what all edits found, each time they ran."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class EditRun(SQLModel, table=True):
    """One run of every edit over one claim. Kept: it says which edits ran, with which tables, and what they found."""

    __tablename__ = "edit_run"

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    encounter_id: str = Field(sa_type=Id, foreign_key="encounter.id", index=True)
    version: int
    """Of the encounter"""
    ran_at: datetime = Field(sa_type=Instant)
    edits: int
    """How many edits ran"""
    asked: str = Field(sa_type=sa.Text)
    """JSON: names of the editions that were asked"""
    findings: str = Field(sa_type=sa.Text)
    """JSON: billing.edits.registry.Finding"""
    mended: str = Field(sa_type=sa.Text)
    """JSON: findings that the edits put right themselves"""


class PracticeEditRow(SQLModel, table=True):
    """A claim edit that a practice wrote. It is never deleted: it ends, and its number stays its own."""

    __tablename__ = "practice_edit"
    __table_args__ = (sa.UniqueConstraint("practice_id", "number", name="uq_practice_edit_number"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    number: int
    """Of the practice, from 1"""
    record: str = Field(sa_type=sa.Text)
    """billing.practice_edits.PracticeEdit as JSON"""
    version: int = Field(default=1)
    """Rises with every change; a stale form names an old one"""
    changed_at: datetime = Field(sa_type=Instant)
    changed_by: str = Field(sa_type=Id, foreign_key="app_user.id")
