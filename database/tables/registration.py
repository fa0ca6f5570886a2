"""What the office knows of a patient beside who they are: their policies, what Medicare asks, what they agreed to."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class HeldPolicyRow(SQLModel, table=True):
    """One policy that a patient holds, as somebody said it; what is said anew stands in rows of its own."""

    __tablename__ = "held_policy"

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    patient_id: str = Field(sa_type=Id, foreign_key="patient.id", index=True)
    place: int
    """Among those said together, from 0"""
    record: str = Field(sa_type=sa.Text)
    """billing.held_policies.HeldPolicy as JSON"""
    said_at: datetime = Field(sa_type=Instant)
    said_by: str | None = Field(default=None, sa_type=Id, foreign_key="app_user.id")
    """None: a message of another system"""
    replaced_at: datetime | None = Field(default=None, sa_type=Instant)
    """Since when it is no longer what the office goes by"""


class MedicareAnswersRow(SQLModel, table=True):
    """The Medicare secondary payer questions, answered once."""

    __tablename__ = "medicare_answers"

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    patient_id: str = Field(sa_type=Id, foreign_key="patient.id", index=True)
    answered_on: date
    record: str = Field(sa_type=sa.Text)
    """billing.msp.Answers as JSON"""
    asked_by: str = Field(sa_type=Id, foreign_key="app_user.id")
    said_at: datetime = Field(sa_type=Instant)


class ConsentRow(SQLModel, table=True):
    """What a patient agreed to, or took back, on a day; the newest of a kind holds."""

    __tablename__ = "consent"

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    patient_id: str = Field(sa_type=Id, foreign_key="patient.id", index=True)
    kind: str = Field(sa_type=sa.String(30))
    """billing.consents.ConsentKind"""
    is_given: bool
    signed_on: date
    signed_by: str = Field(sa_type=sa.String(120))
    """Who signed, and as what"""
    said_at: datetime = Field(sa_type=Instant)
    said_by: str | None = Field(default=None, sa_type=Id, foreign_key="app_user.id")
    """None: the patient, by a link"""


class PatientMerge(SQLModel, table=True):
    """Two patients who were made one, and whether they were taken apart again."""

    __tablename__ = "patient_merge"

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    kept_id: str = Field(sa_type=Id, foreign_key="patient.id", index=True)
    gone_id: str = Field(sa_type=Id, foreign_key="patient.id")
    moved: str = Field(sa_type=sa.Text)
    """JSON: table to the keys of the rows that were moved"""
    reason: str = Field(sa_type=sa.String(300))
    merged_at: datetime = Field(sa_type=Instant)
    merged_by: str = Field(sa_type=Id, foreign_key="app_user.id")
    undone_at: datetime | None = Field(default=None, sa_type=Instant)
    undone_by: str | None = Field(default=None, sa_type=Id, foreign_key="app_user.id")


class CameOfAge(SQLModel, table=True):
    """A patient for whom somebody answered as long as they were under age, and who answers since."""

    __tablename__ = "came_of_age"

    patient_id: str = Field(sa_type=Id, foreign_key="patient.id", primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id", index=True)
    majority_on: date
    """The first day that the patient answers for"""
    guarantor: str | None = Field(default=None, sa_type=sa.Text)
    """Who answered until then: billing.consents.Guarantor as JSON; None: nobody was named"""
    parted_at: datetime | None = Field(default=None, sa_type=Instant)
    """When a visit on or after that day was first registered; None: there is none yet"""
    decision: str | None = Field(default=None, sa_type=sa.String(20))
    """The way out of `who_answers` that a person chose; None: the patient answers until a person says otherwise"""
    later_guarantor: str | None = Field(default=None, sa_type=sa.Text)
    """Who answers for later visits, by that decision; None: the patient"""
    decided_at: datetime | None = Field(default=None, sa_type=Instant)
    decided_by: str | None = Field(default=None, sa_type=Id)
