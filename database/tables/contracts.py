"""Contracts with payers, and what they made the office expect of each claim when it was made."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class ContractRow(SQLModel, table=True):
    """A contract of a practice with a payer, from a day on."""

    __tablename__ = "contract"
    __table_args__ = (sa.UniqueConstraint("practice_id", "payer_id", "begins", name="uq_contract_begins"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    payer_id: str = Field(sa_type=Id, foreign_key="payer.id")
    name: str = Field(sa_type=sa.String(80))
    begins: date
    ends: date | None = None
    """The last day; None: it goes on"""
    terms: str = Field(sa_type=sa.Text)
    """billing.contracts.Terms as JSON"""
    version: int = Field(default=0)
    """Rises with every change; a form that names an old one is refused"""
    created_at: datetime = Field(sa_type=Instant)


class ContractRateRow(SQLModel, table=True):
    """What a contract says of one code from a day on: an amount, or a percentage."""

    __tablename__ = "contract_rate"

    contract_id: str = Field(sa_type=Id, foreign_key="contract.id", primary_key=True)
    procedure: str = Field(sa_type=sa.String(48), primary_key=True)
    modifier: str = Field(sa_type=sa.String(2), primary_key=True)
    place: str = Field(sa_type=sa.String(8), primary_key=True)
    """billing.contracts.PlaceKind"""
    effective_from: date = Field(primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    amount_cents: int | None = Field(default=None, sa_type=sa.BigInteger)
    """Of one unit"""
    percent: str | None = Field(default=None, sa_type=sa.String(10))
    """Decimal text"""


class ExpectedLine(SQLModel, table=True):
    """What the payer should allow for one line of a claim, as it was known when the claim was made. Never changed."""

    __tablename__ = "expected_line"

    control_number: str = Field(sa_type=sa.String(20), foreign_key="submission.control_number", primary_key=True)
    ordinal: int = Field(primary_key=True)
    """1-based place on the claim"""
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    line_id: str = Field(sa_type=Id, foreign_key="service_line.id")
    procedure: str = Field(sa_type=sa.String(48))
    units: str = Field(sa_type=sa.String(20))
    """Decimal text"""
    charge_cents: int = Field(sa_type=sa.BigInteger)
    expected_cents: int | None = Field(default=None, sa_type=sa.BigInteger)
    """None: not known"""
    words: str = Field(sa_type=sa.Text)
    """How it comes about, or why it is not known"""
    contract_id: str | None = Field(default=None, sa_type=Id, foreign_key="contract.id")
    """None: none was in force on the line's day"""
    edition: str | None = Field(default=None, sa_type=sa.String(20))
    """Relative values that were asked"""
