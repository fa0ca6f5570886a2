"""Months that were closed, and opened again."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class PeriodClose(SQLModel, table=True):
    """One closing of one month, with what stood in the ledger then. Opening it again leaves the row."""

    __tablename__ = "period_close"
    __table_args__ = (sa.UniqueConstraint("practice_id", "standing_key", name="uq_period_close_standing"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id", index=True)
    month: str = Field(sa_type=sa.String(7))
    """2026-10"""
    standing_key: str | None = Field(default=None, sa_type=sa.String(7))
    """The month, while it is closed by this row; None: it was opened again"""
    last_day: date
    closed_at: datetime = Field(sa_type=Instant)
    closed_by: str = Field(sa_type=Id, foreign_key="app_user.id")
    note: str = Field(default="", sa_type=sa.String(500))
    checklist: str = Field(sa_type=sa.Text)
    """What was open when it was closed, as JSON: a list of database.period_checks.Matter"""
    figures: str = Field(sa_type=sa.Text)
    """billing.periods.seal of the ledger's figures"""
    sha256: str = Field(sa_type=sa.String(64))
    """Of `figures`"""
    reopen_asked_at: datetime | None = Field(default=None, sa_type=Instant)
    """None: nobody wants it opened again"""
    reopen_asked_by: str | None = Field(default=None, sa_type=Id, foreign_key="app_user.id")
    reopen_reason: str = Field(default="", sa_type=sa.String(300))
    reopened_at: datetime | None = Field(default=None, sa_type=Instant)
    reopened_by: str | None = Field(default=None, sa_type=Id, foreign_key="app_user.id")
    """The second person; the first one again where nobody else may approve"""
