"""The ledger: append-only double entry in whole cents. Triggers refuse UPDATE and DELETE."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class Journal(SQLModel, table=True):
    """One entry: postings that sum to zero, with the source that makes posting it twice change nothing."""

    __table_args__ = (
        sa.UniqueConstraint("practice_id", "source_key", name="uq_journal_source"),
        sa.Index("ix_journal_posted", "practice_id", "posted_on"),
    )

    number: int | None = Field(
        default=None, sa_type=sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True
    )
    """Rises in the order of posting"""
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    encounter_id: str | None = Field(default=None, sa_type=Id, foreign_key="encounter.id", index=True)
    remittance_id: str | None = Field(default=None, sa_type=Id, foreign_key="remittance_file.id", index=True)
    kind: str = Field(sa_type=sa.String(30))
    source_key: str = Field(sa_type=sa.String(160))
    posted_on: date
    """Never before the practice's last entry"""
    service_date: date | None = None
    recorded_at: datetime = Field(sa_type=Instant)
    actor: str = Field(default="office", sa_type=sa.String(30))


class Posting(SQLModel, table=True):
    """One side of an entry: debit positive, credit negative."""

    id: int | None = Field(default=None, sa_type=sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    journal_number: int = Field(
        sa_type=sa.BigInteger().with_variant(sa.Integer, "sqlite"), foreign_key="journal.number", index=True
    )
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    encounter_id: str | None = Field(default=None, sa_type=Id, index=True)
    account: str = Field(sa_type=sa.String(30))
    """billing.ledger.Account"""
    line_id: str | None = Field(default=None, sa_type=Id)
    detail: str = Field(default="", sa_type=sa.String(80))
    """Sub-account: the payer, the adjustment's group and reason, the PLB reason and reference"""
    amount_cents: int = Field(sa_type=sa.BigInteger)
