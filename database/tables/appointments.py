"""Appointments: who is expected when, and whether they came."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class Appointment(SQLModel, table=True):
    """One appointment of a known patient, in the clinic's own wall-clock time."""

    __table_args__ = (
        sa.Index("ix_appointment_day", "practice_id", "day", "at_time"),
        sa.UniqueConstraint("practice_id", "sender", "number", name="uq_appointment_number"),
    )

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    patient_id: str = Field(sa_type=Id, foreign_key="patient.id", index=True)
    day: date
    at_time: str = Field(sa_type=sa.String(5))
    """HH:MM on the clinic's clock; the office knows no time zone of it"""
    minutes: int
    provider: str = Field(sa_type=sa.String(100))
    reason: str = Field(sa_type=sa.String(200))
    """Why, in words that may stand on a screen at the desk"""
    state: str = Field(default="booked", sa_type=sa.String(10))
    """booked, arrived, no_show, cancelled"""
    booked_at: datetime = Field(sa_type=Instant)
    booked_by: str | None = Field(default=None, sa_type=Id, foreign_key="app_user.id")
    """None: another system told of it"""
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    """When the patient arrived, did not come, or cancelled"""
    sender: str | None = Field(default=None, sa_type=sa.String(100))
    """The system that told of it, and what it calls it"""
    number: str | None = Field(default=None, sa_type=sa.String(80))
    told_at: str = Field(default="", sa_type=sa.String(14))
    """When its sender last spoke of it, as digits on the sender's clock (MSH-7)"""
