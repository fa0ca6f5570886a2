"""What patients were told that they would owe, and what became of it."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class EstimateRow(SQLModel, table=True):
    """One estimate, with all that it was worked out from, which is never changed: who asks anew gets another."""

    __tablename__ = "estimate"
    __table_args__ = (sa.Index("ix_estimate_patient", "practice_id", "patient_id", "day"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    patient_id: str = Field(sa_type=Id, foreign_key="patient.id")
    appointment_id: str | None = Field(default=None, sa_type=Id, foreign_key="appointment.id", index=True)
    day: date
    """Of service"""
    is_self_pay: bool
    low_cents: int = Field(sa_type=sa.BigInteger)
    high_cents: int = Field(sa_type=sa.BigInteger)
    asked: str = Field(sa_type=sa.Text)
    """billing.estimates.Asked as JSON"""
    result: str = Field(sa_type=sa.Text)
    """billing.estimates.Estimate as JSON"""
    made_at: datetime = Field(sa_type=Instant)
    made_by: str = Field(sa_type=Id, foreign_key="app_user.id")
    letter_id: str | None = Field(default=None, sa_type=Id, foreign_key="letter.id", index=True)
    """The good-faith letter for who pays alone"""
    disputed_on: date | None = None
    """The patient disputes the bill against it"""
    dispute_note: str | None = Field(default=None, sa_type=sa.String(500))
    disputed_by: str | None = Field(default=None, sa_type=Id)
    """Who recorded it"""
