"""What banks say that they booked."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class BankMovement(SQLModel, table=True):
    """One booking of a bank, kept once however often a file tells of it."""

    __tablename__ = "bank_movement"
    __table_args__ = (
        sa.UniqueConstraint("practice_id", "content_key", name="uq_bank_movement_content"),
        sa.Index("ix_bank_movement_state", "practice_id", "state", "booked_on"),
        sa.Index("ix_bank_movement_trace", "practice_id", "trace"),
        sa.Index("ix_bank_movement_amount", "practice_id", "amount_cents"),
    )

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    message_id: str = Field(sa_type=Id, foreign_key="inbound_message.id")
    content_key: str = Field(sa_type=sa.String(64))
    """sha256 of trace, payer and amount, or without a trace of everything that the bank says"""
    booked_on: date
    amount_cents: int = Field(sa_type=sa.BigInteger)
    """Negative: it left the account"""
    trace: str | None = Field(default=None, sa_type=sa.String(50))
    """TRN02"""
    record: str = Field(sa_type=sa.Text)
    """billing.bank.Movement as JSON"""
    state: str = Field(sa_type=sa.String(12))
    """open, matched, set_aside"""
    settled_at: datetime | None = Field(default=None, sa_type=Instant)
    settled_by: str | None = Field(default=None, sa_type=Id)
    """The person; None: the office by itself"""
    reason: str = Field(default="", sa_type=sa.String(300))
    """Why it was set aside"""
    received_at: datetime = Field(sa_type=Instant)


class AgedCashOpening(SQLModel, table=True):
    """A day on which newer money may be put away though older waits."""

    __tablename__ = "aged_cash_opening"
    __table_args__ = (sa.UniqueConstraint("practice_id", "day", name="uq_aged_cash_opening_day"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    day: date
    """By the practice's calendar"""
    reason: str = Field(sa_type=sa.String(300))
    opened_by: str = Field(sa_type=Id, foreign_key="app_user.id")
    opened_at: datetime = Field(sa_type=Instant)
