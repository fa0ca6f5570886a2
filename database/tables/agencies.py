"""Collection agencies, what is placed with them, and the files that go to and fro."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class Agency(SQLModel, table=True):
    """One collection agency of a practice."""

    __table_args__ = (sa.UniqueConstraint("practice_id", "folded_name", name="uq_agency_name"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    name: str = Field(sa_type=sa.String(100))
    folded_name: str = Field(sa_type=sa.String(100))
    """By which a typed name is known again: lower case, single spaces"""
    reached: str = Field(default="", sa_type=sa.String(200))
    """Where a person puts its files: a folder, a portal, an address"""
    fee_basis_points: int = Field(default=0)
    """Of what it collects, in hundredths of a percent"""
    number_form: str = Field(default="{reference}", sa_type=sa.String(60))
    """How it numbers our accounts; {reference} is ours"""
    made_at: datetime = Field(sa_type=Instant)


class Placement(SQLModel, table=True):
    """One visit's share given to a collection agency. What was given that day is never overwritten."""

    id: str = Field(sa_type=Id, primary_key=True)
    """Our reference"""
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    patient_id: str = Field(sa_type=Id, foreign_key="patient.id", index=True)
    encounter_id: str = Field(sa_type=Id, foreign_key="encounter.id", index=True)
    agency: str = Field(sa_type=sa.String(100))
    """Its name that day"""
    agency_id: str = Field(sa_type=Id, foreign_key="agency.id", index=True)
    amount_cents: int = Field(sa_type=sa.BigInteger)
    balance_cents: int = Field(sa_type=sa.BigInteger)
    """What the agency may still ask for"""
    state: str = Field(sa_type=sa.String(20))
    """billing.agencies.PlacementState"""
    placed_at: datetime = Field(sa_type=Instant)
    placed_by: str = Field(sa_type=Id)
    first_statement_at: datetime = Field(sa_type=Instant)


class AgencyFile(SQLModel, table=True):
    """One file that was written for an agency, or came from it, as it was."""

    __tablename__ = "agency_file"

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    agency_id: str = Field(sa_type=Id, foreign_key="agency.id", index=True)
    is_ours: bool
    """Written here; else it came from the agency"""
    content: bytes = Field(sa_type=sa.LargeBinary)
    sha256: str = Field(sa_type=sa.String(64))
    rows: int
    """Written, or taken"""
    faults: str = Field(default="[]", sa_type=sa.Text)
    """Rows that were not taken: (line, what is wrong) as JSON"""
    bank_movement_id: str | None = Field(default=None, sa_type=Id, foreign_key="bank_movement.id", index=True)
    """The booking with which the agency passed on what the file told of"""
    at: datetime = Field(sa_type=Instant)
    by: str = Field(sa_type=Id)


class PlacementEvent(SQLModel, table=True):
    """One thing that happened to a placement: ours, told by the next file, or the agency's."""

    __tablename__ = "placement_event"
    __table_args__ = (sa.UniqueConstraint("agency_id", "transaction", name="uq_placement_event_transaction"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    agency_id: str = Field(sa_type=Id, foreign_key="agency.id")
    placement_id: str = Field(sa_type=Id, foreign_key="placement.id", index=True)
    ordinal: int
    """Of the placement's, from 1: several may happen at one instant"""
    kind: str = Field(sa_type=sa.String(20))
    """billing.agencies.EventKind"""
    is_ours: bool
    amount_cents: int = Field(default=0, sa_type=sa.BigInteger)
    fee_cents: int = Field(default=0, sa_type=sa.BigInteger)
    reason: str = Field(default="", sa_type=sa.String(60))
    transaction: str | None = Field(default=None, sa_type=sa.String(60))
    """The agency's own number of a payment"""
    file_id: str | None = Field(default=None, sa_type=Id, foreign_key="agency_file.id")
    """The file that told it; None: the agency's next one does"""
    at: datetime = Field(sa_type=Instant)
    by: str = Field(sa_type=Id)
