"""What other systems told: their numbers for patients and visits, and their words."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id


class SentWordRow(SQLModel, table=True):
    """A diagnosis or a service of a visit as it was sent, which no code stood for."""

    __tablename__ = "sent_word"

    encounter_id: str = Field(sa_type=Id, foreign_key="encounter.id", primary_key=True)
    ordinal: int = Field(primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    kind: str = Field(sa_type=sa.String(10))
    """diagnosis, service"""
    number: int
    """Of its kind within the message, from 1"""
    system: str = Field(sa_type=sa.String(80))
    code: str = Field(sa_type=sa.String(500))
    text: str = Field(sa_type=sa.Text)


class PatientNumber(SQLModel, table=True):
    """A medical record number of another system: a further name of a patient."""

    __tablename__ = "patient_number"

    practice_id: str = Field(sa_type=Id, foreign_key="practice.id", primary_key=True)
    system: str = Field(sa_type=sa.String(100), primary_key=True)
    """Who gives such numbers"""
    number: str = Field(sa_type=sa.String(80), primary_key=True)
    patient_id: str = Field(sa_type=Id, foreign_key="patient.id", index=True)


class VisitNumber(SQLModel, table=True):
    """A sender's number of a visit."""

    __tablename__ = "visit_number"

    practice_id: str = Field(sa_type=Id, foreign_key="practice.id", primary_key=True)
    system: str = Field(sa_type=sa.String(100), primary_key=True)
    number: str = Field(sa_type=sa.String(80), primary_key=True)
    encounter_id: str = Field(sa_type=Id, foreign_key="encounter.id", index=True)
    message_number: str = Field(default="", sa_type=sa.String(80))
    """The message that told of it first (MSH-10)"""


class VisitMemberId(SQLModel, table=True):
    """A payer's number for a person, as a policy of a visit says it: the way from the number to the visit."""

    __tablename__ = "visit_member_id"

    practice_id: str = Field(sa_type=Id, foreign_key="practice.id", primary_key=True)
    member_id: str = Field(sa_type=sa.String(80), primary_key=True)
    """In capitals and without blanks"""
    encounter_id: str = Field(sa_type=Id, foreign_key="encounter.id", primary_key=True)
