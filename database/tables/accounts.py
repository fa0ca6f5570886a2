"""What a patient owes over all visits: the account, its balance items, plans and holds."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class PatientAccount(SQLModel, table=True):
    """One account. Its row is the lock of every step on it. Its patient holds it, for all whose shares stand on it."""

    __tablename__ = "patient_account"
    __table_args__ = (sa.Index("ix_patient_account_owed", "practice_id", "owed_cents", "patient_id"),)

    patient_id: str = Field(sa_type=Id, foreign_key="patient.id", primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id", index=True)
    version: int = Field(default=0)
    last_paper_at: datetime | None = Field(default=None, sa_type=Instant)
    """When a statement, reminder or notice was written last"""
    paused_until: datetime | None = Field(default=None, sa_type=Instant)
    pause_reason: str | None = Field(default=None, sa_type=sa.String(500))
    next_at: datetime | None = Field(default=None, sa_type=Instant)
    """When something happens by itself; None: nothing does"""
    owed_cents: int = Field(default=0, sa_type=sa.BigInteger)
    """What the items came to at the last look, for lists; the ledger alone decides"""
    touched_at: datetime = Field(sa_type=Instant)


class BalanceItem(SQLModel, table=True):
    """One visit's share while it is owed. A visit that the payer opens again starts anew."""

    __tablename__ = "balance_item"

    encounter_id: str = Field(sa_type=Id, foreign_key="encounter.id", primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    patient_id: str = Field(sa_type=Id, foreign_key="patient.id", index=True)
    due_since: datetime = Field(sa_type=Instant)
    statements: int = Field(default=0)
    first_statement_at: datetime | None = Field(default=None, sa_type=Instant)
    final_notice_at: datetime | None = Field(default=None, sa_type=Instant)
    reviewed_at: datetime | None = Field(default=None, sa_type=Instant)
    """When a person was asked before placement"""


class InstalmentPlan(SQLModel, table=True):
    """What was agreed to pay in parts, on the visits that owed that day."""

    __tablename__ = "instalment_plan"

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    patient_id: str = Field(sa_type=Id, foreign_key="patient.id", index=True)
    """Who holds the account"""
    encounters: str = Field(sa_type=sa.Text)
    """Ids of the visits, comma separated"""
    total_cents: int = Field(sa_type=sa.BigInteger)
    instalments: int
    first_day: date
    disclosure: str = Field(default="", sa_type=sa.String(500))
    """How the terms were disclosed, for more than four instalments"""
    agreed_at: datetime = Field(sa_type=Instant)
    agreed_by: str | None = Field(default=None, sa_type=Id, foreign_key="app_user.id")
    """None: the patient, on the pay page"""
    state: str = Field(sa_type=sa.String(10))
    """billing.instalments.PlanState"""
    forgiven: int = Field(default=0)
    """Missed instalments that a person let pass"""
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    why: str = Field(default="", sa_type=sa.String(500))


class AccountHold(SQLModel, table=True):
    """One reason for which nothing is asked of an account, or of one visit on it."""

    __tablename__ = "account_hold"

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    patient_id: str = Field(sa_type=Id, foreign_key="patient.id", index=True)
    """Who holds the account"""
    encounter_id: str | None = Field(default=None, sa_type=Id, foreign_key="encounter.id")
    """None: everything on it"""
    kind: str = Field(sa_type=sa.String(20))
    """billing.account_holds.HoldKind"""
    reason: str = Field(default="", sa_type=sa.String(500))
    begun_at: datetime = Field(sa_type=Instant)
    begun_by: str = Field(sa_type=Id)
    until: datetime | None = Field(default=None, sa_type=Instant)
    """It ends by itself then; None: a person or an event ends it"""
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_by: str | None = Field(default=None, sa_type=Id)
    why: str = Field(default="", sa_type=sa.String(500))
    """Why it ended"""
