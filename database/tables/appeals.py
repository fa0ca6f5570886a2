"""Appeals, one row a level, and the packets of paper that payers were sent."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class Appeal(SQLModel, table=True):
    """One appeal at one level: `billing.appeals.Filed` with what is known of it."""

    __table_args__ = (sa.Index("ix_appeal_encounter", "encounter_id", "level"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    encounter_id: str = Field(sa_type=Id, foreign_key="encounter.id")
    payer_id: str = Field(sa_type=Id, foreign_key="payer.id")
    control_number: str | None = Field(default=None, sa_type=sa.String(38))
    """CLP01 of the answer that is disputed; None: of before the office kept it"""
    level: int
    """From 1"""
    name: str = Field(sa_type=sa.String(60))
    """Of the level, as the payer calls it"""
    letter_id: str | None = Field(default=None, sa_type=Id, foreign_key="letter.id", index=True)
    amount_cents: int = Field(default=0, sa_type=sa.BigInteger)
    """In dispute"""
    filed_at: datetime = Field(sa_type=Instant)
    """When it was written"""
    filed_by: str = Field(sa_type=Id)
    file_by: date | None = None
    """The last day on which it may be filed"""
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    decide_by: date | None = None
    """The payer's last day to decide; None: nothing limits it"""
    outcome: str | None = Field(default=None, sa_type=sa.String(12))
    """billing.appeals.Outcome; None: undecided"""
    decided_on: date | None = None
    reference: str = Field(default="", sa_type=sa.String(500))
    won_cents: int | None = Field(default=None, sa_type=sa.BigInteger)
    """What the payer said it will pay; None: it said nothing of an amount"""
    recorded_by: str | None = Field(default=None, sa_type=Id)
    answered_at: datetime | None = Field(default=None, sa_type=Instant)
    """When the payer adjudicated the claim again since"""


class Packet(SQLModel, table=True):
    """What goes to a payer with a letter, in one PDF, byte for byte."""

    __table_args__ = (sa.UniqueConstraint("letter_id", name="uq_packet_letter"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    letter_id: str = Field(sa_type=Id, foreign_key="letter.id")
    body: bytes = Field(sa_type=sa.LargeBinary)
    sha256: str = Field(sa_type=sa.String(64))
    pages: int
    enclosures: str = Field(sa_type=sa.Text)
    """JSON: keys and titles of what is in it, and of what goes apart"""
    made_at: datetime = Field(sa_type=Instant)
    made_by: str = Field(sa_type=Id, foreign_key="app_user.id")
