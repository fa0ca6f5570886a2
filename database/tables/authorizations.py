"""What payers want authorized, and what they authorized for a patient."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class AuthorizationRuleRow(SQLModel, table=True):
    """Procedures that a payer wants authorized, from a day on; a rule that no longer holds gets a last day."""

    __tablename__ = "authorization_rule"

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id", index=True)
    payer_number: str = Field(sa_type=sa.String(80))
    """NM109; empty: every payer"""
    first: str = Field(sa_type=sa.String(10))
    last: str = Field(sa_type=sa.String(10))
    begins: date
    ends: date | None = None
    note: str = Field(default="", sa_type=sa.String(300))
    """Where the payer says so"""


class AuthorizationRow(SQLModel, table=True):
    """One authorization of one patient."""

    __tablename__ = "payer_authorization"

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    patient_id: str = Field(sa_type=Id, foreign_key="patient.id", index=True)
    payer_number: str = Field(sa_type=sa.String(80))
    state: str = Field(sa_type=sa.String(10))
    """billing.authorizations.AuthorizationState"""
    number: str = Field(default="", sa_type=sa.String(50))
    """REF*G1; empty until the payer gives it"""
    valid_from: date | None = None
    valid_to: date | None = None
    """The last day"""
    procedures: str = Field(default="", sa_type=sa.String(200))
    """Apart by spaces; empty: the payer named none"""
    units: str | None = Field(default=None, sa_type=sa.String(12))
    """Decimal text; None: the payer named no number"""
    provider_npi: str | None = Field(default=None, sa_type=sa.String(10))
    note: str = Field(default="", sa_type=sa.String(300))
    """Who at the payer said it, and when"""
    version: int = 0
    said_at: datetime = Field(sa_type=Instant)
    said_by: str = Field(sa_type=Id, foreign_key="app_user.id")
