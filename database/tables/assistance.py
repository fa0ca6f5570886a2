"""Help with the bill: the practice's scale, the poverty guidelines that it confirmed, and applications."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class AssistanceScale(SQLModel, table=True):
    """The assistance policy from a day on. Never changed: another row follows it; of one day the newest counts."""

    __tablename__ = "assistance_scale"

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id", index=True)
    effective_from: date
    content: str = Field(sa_type=sa.Text)
    """billing.assistance.Scale"""
    made_at: datetime = Field(sa_type=Instant)
    made_by: str = Field(sa_type=Id, foreign_key="app_user.id")


class PovertyGuideline(SQLModel, table=True):
    """A year's guideline for a region as the practice confirmed or corrected it; the newest row counts."""

    __tablename__ = "poverty_guideline"

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id", index=True)
    year: int
    region: str = Field(sa_type=sa.String(2))
    """billing.poverty_guidelines.Region"""
    effective_from: date
    first_cents: int = Field(sa_type=sa.BigInteger)
    each_more_cents: int = Field(sa_type=sa.BigInteger)
    source: str = Field(sa_type=sa.String(200))
    made_at: datetime = Field(sa_type=Instant)
    made_by: str = Field(sa_type=Id, foreign_key="app_user.id")


class AssistanceApplication(SQLModel, table=True):
    """Somebody asks for help with the bill of an account, and what was decided."""

    __tablename__ = "assistance_application"

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id", index=True)
    patient_id: str = Field(sa_type=Id, foreign_key="patient.id", index=True)
    """Who held the account; it covers everybody whose shares stand on the account that this patient's stand on"""
    state: str = Field(sa_type=sa.String(12))
    """billing.assistance.State"""
    received_on: date
    received_at: datetime = Field(sa_type=Instant)
    received_by: str = Field(sa_type=Id)
    """A user, or `patient`"""
    way: str = Field(sa_type=sa.String(5))
    """billing.assistance.Way"""
    applicant: str = Field(default="", sa_type=sa.String(200))
    household_size: int | None = Field(default=None)
    income_cents: int | None = Field(default=None, sa_type=sa.BigInteger)
    income_per: str = Field(default="year", sa_type=sa.String(5))
    """billing.assistance.Per"""
    insurance: str = Field(default="", sa_type=sa.String(200))
    said: str = Field(default="", sa_type=sa.Text)
    rounds: int = Field(default=0)
    """How often a person was asked to look at it"""
    missing: str = Field(default="", sa_type=sa.Text)
    """What was asked for, one thing a line: a billing.assistance.Missing, or the office's own words"""
    asked_on: date | None = Field(default=None)
    answer_by: date | None = Field(default=None)
    reminded_at: datetime | None = Field(default=None, sa_type=Instant)
    percent_of_level: int | None = Field(default=None)
    """Of the federal poverty level, as it was decided by"""
    takes: str | None = Field(default=None, sa_type=sa.String(7))
    """billing.assistance.Takes; None: nothing is granted"""
    value: int | None = Field(default=None, sa_type=sa.BigInteger)
    """Percent or cents"""
    basis: str = Field(default="", sa_type=sa.Text)
    """Why it was decided so, one sentence a line; of applications that were decided before `reasons` was kept"""
    reasons: str = Field(default="", sa_type=sa.Text)
    """billing.assistance.Basis: why it was decided so"""
    is_hospital: bool = Field(default=False)
    """Decided under 26 CFR 1.501(r)"""
    days_back: int = Field(default=0)
    agb_basis_points: int = Field(default=0)
    until: date | None = Field(default=None)
    """The last day of service that it covers"""
    proposed_by: str | None = Field(default=None, sa_type=Id)
    decided_by: str | None = Field(default=None, sa_type=Id)
    decided_at: datetime | None = Field(default=None, sa_type=Instant)
    is_alone: bool = Field(default=False)
    """Above the limit, and nobody else of the practice may approve"""
    why: str = Field(default="", sa_type=sa.String(500))
    """Why it was closed, denied or taken back"""
