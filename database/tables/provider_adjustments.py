"""What payers took and gave outside the claims, and what became of it."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class ProviderAdjustmentRow(SQLModel, table=True):
    """One reason and amount of a PLB segment."""

    __tablename__ = "provider_adjustment"
    __table_args__ = (
        sa.UniqueConstraint("remittance_id", "ordinal", name="uq_provider_adjustment"),
        sa.Index("ix_provider_adjustment_reference", "practice_id", "payer_number", "reference"),
    )

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    remittance_id: str = Field(sa_type=Id, foreign_key="remittance_file.id")
    ordinal: int
    """Place among the transaction's provider adjustments, from 1"""
    payer_number: str = Field(sa_type=sa.String(10))
    """TRN03"""
    reason: str = Field(sa_type=sa.String(2))
    """PLB03-1"""
    reference: str = Field(sa_type=sa.String(80))
    """PLB03-2 in capital letters; empty: the payer gave none"""
    amount_cents: int = Field(sa_type=sa.BigInteger)
    """PLB04: positive was taken, negative was given"""
    account: str = Field(sa_type=sa.String(30))
    """billing.ledger.Account that it was booked on"""
    open_cents: int = Field(default=0, sa_type=sa.BigInteger)
    """What of it stands on PLB_CLEARING, with the sign of the amount"""
    linked_cents: int = Field(default=0, sa_type=sa.BigInteger)
    """What of it was put on a claim, with the sign of the amount"""
    encounter_id: str | None = Field(default=None, sa_type=Id, foreign_key="encounter.id", index=True)
    """The visit whose claim it was put on"""
    received_at: datetime = Field(sa_type=Instant)
