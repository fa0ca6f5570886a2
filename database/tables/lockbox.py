"""Patients' cheques that a bank's lockbox brought."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class LockboxBatch(SQLModel, table=True):
    """Cheques that a lockbox put on the bank account together: what is new of them in one file."""

    __tablename__ = "lockbox_batch"
    __table_args__ = (sa.Index("ix_lockbox_batch_day", "practice_id", "deposited_on"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    message_id: str = Field(sa_type=Id, foreign_key="inbound_message.id")
    lockbox: str = Field(sa_type=sa.String(20))
    number: str = Field(sa_type=sa.String(20))
    deposited_on: date
    amount_cents: int = Field(sa_type=sa.BigInteger)
    """What its cheques sum to"""
    received_at: datetime = Field(sa_type=Instant)
    bank_movement_id: str | None = Field(default=None, sa_type=Id, foreign_key="bank_movement.id", index=True)
    """The booking that confirms it, alone or with the others of its lockbox and day"""


class LockboxCheque(SQLModel, table=True):
    """One cheque of a lockbox, kept once however often a file tells of it."""

    __tablename__ = "lockbox_cheque"
    __table_args__ = (
        sa.UniqueConstraint("practice_id", "content_key", name="uq_lockbox_cheque_content"),
        sa.Index("ix_lockbox_cheque_state", "practice_id", "state"),
        sa.Index("ix_lockbox_cheque_amount", "practice_id", "amount_cents"),
    )

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    batch_id: str = Field(sa_type=Id, foreign_key="lockbox_batch.id", index=True)
    content_key: str = Field(sa_type=sa.String(64))
    """sha256 of lockbox, day, batch and everything that the bank says"""
    amount_cents: int = Field(sa_type=sa.BigInteger)
    record: str = Field(sa_type=sa.Text)
    """billing.lockbox.Cheque as JSON"""
    state: str = Field(sa_type=sa.String(10))
    """database.lockbox: placed, unplaced, gone"""
    receipt_id: str | None = Field(default=None, sa_type=Id, foreign_key="account_receipt.id", index=True)
    """The receipt that it became, the last one"""
    settled_at: datetime | None = Field(default=None, sa_type=Instant)
    settled_by: str | None = Field(default=None, sa_type=Id)
    """Who placed it or sent it back; None: the office by itself"""
    reason: str = Field(default="", sa_type=sa.String(300))
    """Why it is gone"""
    bank_movement_id: str | None = Field(default=None, sa_type=Id, foreign_key="bank_movement.id", index=True)
    """The booking with which its money left again, before it was anybody's"""
