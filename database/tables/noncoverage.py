"""What Original Medicare is expected to refuse, and the notices that patients were given before it."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class NoticeRuleRow(SQLModel, table=True):
    """Procedures for which a notice is wanted, from a day on; a rule that no longer holds gets a last day."""

    __tablename__ = "notice_rule"

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id", index=True)
    record: str = Field(sa_type=sa.Text)
    """billing.noncoverage.NoticeRule as JSON"""


class NoticeRow(SQLModel, table=True):
    """One notice of non-coverage (form CMS-R-131) for one patient, before and after it was signed."""

    __tablename__ = "noncoverage_notice"

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    patient_id: str = Field(sa_type=Id, foreign_key="patient.id", index=True)
    procedures: str = Field(sa_type=sa.String(200))
    """Apart by spaces"""
    reason: str = Field(sa_type=sa.String(300))
    """Box E"""
    cost_cents: int = Field(sa_type=sa.BigInteger)
    """Box F"""
    choice: str | None = Field(default=None, sa_type=sa.String(20))
    """billing.noncoverage.Choice; None: written, and nobody has chosen yet"""
    signed_on: date | None = None
    """Of the refusal, where nobody signed"""
    note: str = Field(default="", sa_type=sa.String(300))
    version: int = 0
    said_at: datetime = Field(sa_type=Instant)
    said_by: str = Field(sa_type=Id, foreign_key="app_user.id")
