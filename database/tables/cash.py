"""The till: what each person took in a day, counted and closed; and what was carried to the bank."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class TillClose(SQLModel, table=True):
    """One person's till of a day, counted. Closed once; nothing goes into it afterwards."""

    __tablename__ = "till_close"
    __table_args__ = (sa.UniqueConstraint("practice_id", "user_id", "day", "till", name="uq_till_day"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    user_id: str = Field(sa_type=Id, foreign_key="app_user.id")
    day: date
    till: int = 1
    """The next of the same day begins when this one is at the bank"""
    expected_cash_cents: int = Field(sa_type=sa.BigInteger)
    expected_cheque_cents: int = Field(sa_type=sa.BigInteger)
    counted_cash_cents: int = Field(sa_type=sa.BigInteger)
    counted_cheque_cents: int = Field(sa_type=sa.BigInteger)
    reason: str = Field(default="", sa_type=sa.String(500))
    """Why counted and expected differ"""
    closed_at: datetime = Field(sa_type=Instant)
    closed_by: str = Field(sa_type=Id)
    deposit_id: str | None = Field(default=None, sa_type=Id, foreign_key="deposit.id")
    """None: still in the house"""


class Deposit(SQLModel, table=True):
    """What was carried to the bank at once."""

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id", index=True)
    amount_cents: int = Field(sa_type=sa.BigInteger)
    reference: str = Field(sa_type=sa.String(100))
    """The bank's slip"""
    made_at: datetime = Field(sa_type=Instant)
    made_by: str = Field(sa_type=Id)
    bank_movement_id: str | None = Field(default=None, sa_type=Id, foreign_key="bank_movement.id", index=True)
    """The booking that confirms it; None: the bank has not said that it came"""
