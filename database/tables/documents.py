"""Papers that the office writes: kept as what they say, so that page and PDF are always the same."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class Letter(SQLModel, table=True):
    """One letter. It waits in the print queue until somebody marks it as sent."""

    __table_args__ = (sa.Index("ix_letter_queue", "practice_id", "sent_at", "written_at"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    encounter_id: str | None = Field(default=None, sa_type=Id, foreign_key="encounter.id", index=True)
    """The visit that an appeal or a reconsideration is about; None: one of several visits"""
    patient_id: str | None = Field(default=None, sa_type=Id, foreign_key="patient.id", index=True)
    """Whose account a statement is of, or whom a good-faith estimate is for"""
    kind: str = Field(sa_type=sa.String(30))
    """appeal; reconsideration; records; paper_claim; good_faith_estimate; or a notice of the account: statement,
    reminder, final_notice"""
    content: str = Field(sa_type=sa.Text)
    """JSON: billing.letters.Letter for an appeal, billing.paper_claims.PaperClaim, billing.statements.Statement"""
    written_at: datetime = Field(sa_type=Instant)
    written_by: str = Field(sa_type=Id)
    """A user; `office` for what goes out by itself"""
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    sent_by: str | None = Field(default=None, sa_type=Id)
    sent_how: str | None = Field(default=None, sa_type=sa.String(20))
    """billing.letters.Way; None: nobody said"""
    sent_number: str = Field(default="", sa_type=sa.String(100))
    """Tracking number of the mail, confirmation of the fax, reference of the portal"""
    sent_on: date | None = None
    """The day on which it left, as a person says it"""
    returned_at: datetime | None = Field(default=None, sa_type=Instant)
    """When the mail brought it back"""
    returned_by: str | None = Field(default=None, sa_type=Id)
    withdrawn_at: datetime | None = Field(default=None, sa_type=Instant)
    """Let go of before it was sent: nobody prints it"""
    withdrawn_by: str | None = Field(default=None, sa_type=Id)
    """A user; `office` where what it says came to an end"""
    withdrawn_because: str | None = Field(default=None, sa_type=sa.String(200))
