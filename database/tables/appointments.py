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
    procedures: str = Field(default="", sa_type=sa.String(200))
    """Services that are planned, codes apart by spaces; empty: nobody said"""
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


class CoverageCheck(SQLModel, table=True):
    """One question about the coverage of a coming visit, asked until the payer answers or a person is told."""

    __tablename__ = "coverage_check"

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    appointment_id: str = Field(sa_type=Id, foreign_key="appointment.id", index=True)
    ordinal: int
    """Of the appointment, from 1"""
    kind: str = Field(sa_type=sa.String(10))
    """billing.verification_times.CheckKind"""
    service_day: date
    """Of the visit, as it was booked when the payer was asked"""
    policy: str = Field(default="", sa_type=sa.String(200))
    """What names the policy asked about: payer's number and member id"""
    payer: str = Field(default="", sa_type=sa.String(60))
    """Name"""
    begun_at: datetime = Field(sa_type=Instant)
    tries: int = 0
    """How often the payer was silent"""
    again_at: datetime | None = Field(default=None, sa_type=Instant)
    """When it is asked again after a silence"""
    outcome: str | None = Field(default=None, sa_type=sa.String(20))
    """As of billing.verification, or no_policy, patient_pays, not_asked, other_payer, replaced; None: open"""
    said: str = Field(default="", sa_type=sa.String(300))
    """In plain words, without names of people"""
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
