"""Patients whose records are kept from the office at large: who may see them, and who broke the glass."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class SensitiveRecord(SQLModel, table=True):
    """One patient's mark, from when somebody set it until somebody took it away."""

    __tablename__ = "sensitive_record"
    __table_args__ = (
        sa.Index(
            "uq_sensitive_record_standing",
            "patient_id",
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
        sa.Index("ix_sensitive_record_practice", "practice_id", "ended_at"),
    )

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    patient_id: str = Field(sa_type=Id, foreign_key="patient.id", index=True)
    kind: str = Field(sa_type=sa.String(30))
    """billing.sensitivity.Sensitivity"""
    reason: str = Field(sa_type=sa.String(300))
    """In words, for those who may see the record"""
    version: int = Field(default=0)
    """Rises with every change; a form that names an old one is refused"""
    marked_at: datetime = Field(sa_type=Instant)
    marked_by: str = Field(sa_type=Id, foreign_key="app_user.id")
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    """None: it stands"""
    ended_by: str | None = Field(default=None, sa_type=Id, foreign_key="app_user.id")
    ended_why: str | None = Field(default=None, sa_type=sa.String(300))


class SensitiveViewer(SQLModel, table=True):
    """One person, or program, who may see a sensitive record without breaking the glass."""

    __tablename__ = "sensitive_viewer"

    record_id: str = Field(sa_type=Id, foreign_key="sensitive_record.id", primary_key=True)
    user_id: str = Field(sa_type=Id, foreign_key="app_user.id", primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id", index=True)


class BrokenGlass(SQLModel, table=True):
    """Somebody opened a sensitive record for themselves, for a reason and a time."""

    __tablename__ = "broken_glass"
    __table_args__ = (
        sa.Index("ix_broken_glass_newest", "practice_id", "broken_at"),
        sa.Index("ix_broken_glass_user", "practice_id", "user_id", "until"),
    )

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    patient_id: str = Field(sa_type=Id, foreign_key="patient.id", index=True)
    user_id: str = Field(sa_type=Id, foreign_key="app_user.id")
    reason: str = Field(sa_type=sa.String(300))
    broken_at: datetime = Field(sa_type=Instant)
    until: datetime = Field(sa_type=Instant)
    task_id: str = Field(sa_type=Id, foreign_key="task.id")
    """By which a supervisor looks at it"""
