"""Offices that moved here: each move, what came with it, and the numbers by which the old system is still known."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class Move(SQLModel, table=True):
    """One set of files. Nobody who came with it gets a paper before it is signed off."""

    __table_args__ = (sa.UniqueConstraint("practice_id", "digest", name="uq_move_digest"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    digest: str = Field(sa_type=sa.String(64))
    """Of the files: the same files again are the same move"""
    as_of: date
    """Of the old aging"""
    insurance_cents: int = Field(sa_type=sa.BigInteger)
    patient_cents: int = Field(sa_type=sa.BigInteger)
    """What the lines, and the old aging, came to"""
    patient_count: int
    visit_count: int
    line_count: int
    tie: str = Field(sa_type=sa.Text)
    """billing.moving.AgingCompared of every cell, as JSON"""
    begun_at: datetime = Field(sa_type=Instant)
    begun_by: str = Field(sa_type=sa.String(30))
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    """Everything is taken over"""
    signed_off_at: datetime | None = Field(default=None, sa_type=Instant)
    signed_off_by: str | None = Field(default=None, sa_type=Id)


class MovedPatientRow(SQLModel, table=True):
    """A patient who came with a move. Who comes with two is held by either."""

    __tablename__ = "moved_patient"

    move_id: str = Field(sa_type=Id, foreign_key="move.id", primary_key=True)
    patient_id: str = Field(sa_type=Id, foreign_key="patient.id", primary_key=True, index=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")


class MovedVisitRow(SQLModel, table=True):
    """A visit that came with a move."""

    __tablename__ = "moved_visit"
    __table_args__ = (sa.UniqueConstraint("practice_id", "number", name="uq_moved_visit_number"),)

    encounter_id: str = Field(sa_type=Id, foreign_key="encounter.id", primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    move_id: str = Field(sa_type=Id, foreign_key="move.id", index=True)
    number: str = Field(sa_type=sa.String(38))
    """The old system's number of the visit"""


class ControlNumberAlias(SQLModel, table=True):
    """A number under which an old system sent a claim: a payer's answer that names it is about this one."""

    __tablename__ = "control_number_alias"

    practice_id: str = Field(sa_type=Id, foreign_key="practice.id", primary_key=True)
    number: str = Field(sa_type=sa.String(38), primary_key=True)
    """CLM01 as it was sent, in capitals"""
    control_number: str = Field(sa_type=sa.String(20), foreign_key="submission.control_number", index=True)


class PaymentPlan(SQLModel, table=True):
    """What a patient had agreed to pay by instalments when the office moved here."""

    __tablename__ = "payment_plan"

    patient_id: str = Field(sa_type=Id, foreign_key="patient.id", primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    amount_cents: int = Field(sa_type=sa.BigInteger)
    """Of one instalment, a month"""
    day_of_month: int
    balance_cents: int = Field(sa_type=sa.BigInteger)
    """What was left on `as_of`"""
    as_of: date
