"""What payers write that they want back."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class RecoveryNotice(SQLModel, table=True):
    """One payer's letter or notice that money which it paid on a visit is to come back."""

    __tablename__ = "recovery_notice"
    __table_args__ = (sa.UniqueConstraint("encounter_id", "reference", name="uq_recovery_notice_reference"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    encounter_id: str = Field(sa_type=Id, foreign_key="encounter.id", index=True)
    payer_id: str = Field(sa_type=Id, foreign_key="payer.id")
    amount_cents: int = Field(sa_type=sa.BigInteger)
    reference: str = Field(sa_type=sa.String(50))
    """The payer's number of the matter"""
    dated_on: date
    """Day of its letter"""
    dispute_by: date
    """The last day to dispute it"""
    said: str = Field(default="", sa_type=sa.Text)
    """Why, as the payer says it"""
    state: str = Field(sa_type=sa.String(10))
    """billing.recovery_notices.NoticeState"""
    letter_id: str | None = Field(default=None, sa_type=Id, foreign_key="letter.id")
    """The dispute"""
    recorded_at: datetime = Field(sa_type=Instant)
    recorded_by: str = Field(sa_type=Id, foreign_key="app_user.id")
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    why: str = Field(default="", sa_type=sa.Text)
    """How it ended, or what was agreed to"""
