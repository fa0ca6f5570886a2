"""What payers were asked about claims that nobody answered, and what they said."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class StatusInquiry(SQLModel, table=True):
    """One question about one claim (276) with its answer (277); or an answer that came with the mail, unasked."""

    __tablename__ = "claim_status_inquiry"
    __table_args__ = (sa.Index("ix_claim_status_inquiry_claim", "control_number", "state"),)

    id: str = Field(sa_type=Id, primary_key=True)
    """In capitals TRN02 and BHT03 of the 276"""
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    encounter_id: str = Field(sa_type=Id, foreign_key="encounter.id", index=True)
    control_number: str = Field(sa_type=sa.String(20), foreign_key="submission.control_number")
    partner_id: str = Field(sa_type=Id, foreign_key="partner.id")
    interchange_number: int | None = None
    """ISA13; None: nobody asked"""
    body: bytes | None = Field(default=None, sa_type=sa.LargeBinary)
    """The 276: a try again sends the same bytes"""
    asked_at: datetime | None = Field(default=None, sa_type=Instant)
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    """When it left as a file; None: it is asked in real time"""
    asked_by: str | None = Field(default=None, sa_type=Id)
    """None: the office by itself"""
    tries: int = Field(default=0)
    """Calls that brought no answer: the rung of the ladder"""
    state: str = Field(default="waiting", sa_type=sa.String(10))
    """waiting, answered, failed (no answer after every rung), or needless (the claim moved on)"""
    answered_at: datetime | None = Field(default=None, sa_type=Instant)
    message_id: str | None = Field(default=None, sa_type=Id, foreign_key="inbound_message.id")
    """The last bytes that came back"""
    meaning: str | None = Field(default=None, sa_type=sa.String(20))
    """billing.status_verdicts.Meaning"""
    category: str | None = Field(default=None, sa_type=sa.String(10))
    """STC01-1"""
    status: str | None = Field(default=None, sa_type=sa.String(10))
    """STC01-2"""
    entity: str | None = Field(default=None, sa_type=sa.String(10))
    """STC01-3"""
    payer_claim_number: str | None = Field(default=None, sa_type=sa.String(50))
    """REF*1K"""
    said: str = Field(default="", sa_type=sa.Text)
    """The answer in plain words, or why there is none"""
    doing: str | None = Field(default=None, sa_type=sa.String(20))
    """billing.status_verdicts.Doing: what followed; None: nothing, for the claim had moved on"""
