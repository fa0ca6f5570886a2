"""What payers asked for, and what was said in calls."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class InformationRequest(SQLModel, table=True):
    """One payer's wish for documents about one claim, whether a remittance or a 277 says it."""

    __tablename__ = "information_request"
    __table_args__ = (sa.UniqueConstraint("practice_id", "source_key", name="uq_information_request_source"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    encounter_id: str = Field(sa_type=Id, foreign_key="encounter.id", index=True)
    payer_id: str = Field(sa_type=Id, foreign_key="payer.id")
    control_number: str = Field(sa_type=sa.String(38))
    """CLM01 of the claim that it is about"""
    source_key: str = Field(sa_type=sa.String(120))
    """The answer that asks: the same one asks once"""
    asked: str = Field(sa_type=sa.Text)
    """What for, in the office's words"""
    codes: str = Field(sa_type=sa.String(200))
    """As the payer says it"""
    amount_cents: int = Field(default=0, sa_type=sa.BigInteger)
    due_on: date
    """The last day to send it"""
    opened_at: datetime = Field(sa_type=Instant)
    state: str = Field(sa_type=sa.String(12))
    """billing.information.RequestState"""
    attachment_number: str = Field(sa_type=sa.String(50))
    """PWK06: our number for what is sent"""
    payer_reference: str | None = Field(default=None, sa_type=sa.String(50))
    """The payer's number of its request (277RFAI TRN02): it awaits the documents under it"""
    letter_id: str | None = Field(default=None, sa_type=Id, foreign_key="letter.id", index=True)
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_by: str | None = Field(default=None, sa_type=Id)
    why: str = Field(default="", sa_type=sa.Text)


class CallRow(SQLModel, table=True):
    """One call or portal look-up about a visit, with what was promised."""

    __tablename__ = "call_log"
    __table_args__ = (sa.Index("ix_call_log_called", "practice_id", "called_at"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    encounter_id: str = Field(sa_type=Id, foreign_key="encounter.id", index=True)
    control_number: str | None = Field(default=None, sa_type=sa.String(20), foreign_key="submission.control_number")
    """The claim that it was about; None: the visit"""
    whom: str = Field(sa_type=sa.String(10))
    """billing.calls.With"""
    channel: str = Field(sa_type=sa.String(10))
    """billing.calls.Channel"""
    spoken_to: str = Field(default="", sa_type=sa.String(120))
    """Name of the person at the other end"""
    number: str = Field(default="", sa_type=sa.String(120))
    """Telephone number or address of the portal"""
    reference: str = Field(default="", sa_type=sa.String(500))
    said: str = Field(sa_type=sa.Text)
    promise: str = Field(default="", sa_type=sa.Text)
    """What was promised; empty: nothing"""
    promised_on: date | None = None
    """By which day"""
    promised_cents: int | None = Field(default=None, sa_type=sa.BigInteger)
    promise_state: str | None = Field(default=None, sa_type=sa.String(10))
    """billing.calls.PromiseState; None: nothing was promised"""
    task_id: str | None = Field(default=None, sa_type=Id, foreign_key="task.id")
    """The task that it ended, whose own follow-up comes back; None: it was logged by itself"""
    called_at: datetime = Field(sa_type=Instant)
    logged_by: str = Field(sa_type=Id, foreign_key="app_user.id")
