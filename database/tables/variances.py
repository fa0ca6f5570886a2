"""Lines that a payer allowed another amount for than its contract says."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class PaymentVariance(SQLModel, table=True):
    """One line of one claim, from the first answer that differed beyond the tolerance: `billing.underpayments.Case`."""

    __tablename__ = "payment_variance"
    __table_args__ = (
        sa.UniqueConstraint("control_number", "line_id", name="uq_payment_variance_line"),
        sa.Index("ix_payment_variance_state", "practice_id", "state", "answered_on"),
    )

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    encounter_id: str = Field(sa_type=Id, foreign_key="encounter.id", index=True)
    payer_id: str = Field(sa_type=Id, foreign_key="payer.id")
    line_id: str = Field(sa_type=Id, foreign_key="service_line.id")
    remittance_claim_id: str = Field(sa_type=Id, foreign_key="remittance_claim.id", index=True)
    """The newest answer"""
    control_number: str = Field(sa_type=sa.String(38))
    """CLP01"""
    service_date: date
    procedure: str = Field(sa_type=sa.String(48))
    modifiers: str = Field(default="", sa_type=sa.String(20))
    """Comma separated"""
    charge_cents: int = Field(sa_type=sa.BigInteger)
    recode: str = Field(default="", sa_type=sa.String(200))
    """How the payer changed the line, in words"""
    contract_id: str | None = Field(default=None, sa_type=Id, foreign_key="contract.id")
    rule: str = Field(default="", sa_type=sa.Text)
    """How the contract comes to what is expected; empty: nothing is"""
    expected_cents: int | None = Field(default=None, sa_type=sa.BigInteger)
    allowed_cents: int | None = Field(default=None, sa_type=sa.BigInteger)
    lowest_cents: int | None = Field(default=None, sa_type=sa.BigInteger)
    """The least that was allowed while the line was short"""
    recovered_cents: int = Field(default=0, sa_type=sa.BigInteger)
    """Worked out with every answer, for sums"""
    state: str = Field(sa_type=sa.String(12))
    """billing.underpayments.State"""
    state_before: str | None = Field(default=None, sa_type=sa.String(12))
    """In which its answer was taken back"""
    opened_at: datetime = Field(sa_type=Instant)
    answered_on: date
    """BPR16 of the newest answer"""
    decided_at: datetime | None = Field(default=None, sa_type=Instant)
    decided_by: str | None = Field(default=None, sa_type=Id)
    decided_why: str = Field(default="", sa_type=sa.Text)
    letter_id: str | None = Field(default=None, sa_type=Id, foreign_key="letter.id", index=True)
    """The reconsideration that it is asked in"""
