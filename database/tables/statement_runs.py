"""Runs of statements: what each took, what became of every paper, the file for the printing machine; and payments that
crossed a paper.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class StatementRun(SQLModel, table=True):
    """One run over the papers to patients that wait. Its row is the lock of every step of the run itself."""

    __tablename__ = "statement_run"
    __table_args__ = (sa.Index("ix_statement_run_newest", "practice_id", "begun_at"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    state: str = Field(sa_type=sa.String(10))
    """billing.statement_runs.RunState"""
    kinds: str = Field(sa_type=sa.String(60))
    """billing.dunning.Notice, comma separated: the kinds of papers it takes"""
    begun_at: datetime = Field(sa_type=Instant)
    """Papers that were written later are the next run's"""
    begun_by: str = Field(sa_type=Id)
    """A user; `office` where it was begun by the plan"""
    both_sides: bool
    """How its file is printed: the policy `print_both_sides` of its day"""
    taken_at: datetime | None = Field(default=None, sa_type=Instant)
    """When every paper was looked at"""
    made_at: datetime | None = Field(default=None, sa_type=Instant)
    """When the file was made"""
    sha256: str = Field(default="", sa_type=sa.String(64))
    """Of its file; empty: there is none, or none yet"""
    manifest: str = Field(default="", sa_type=sa.Text)
    """billing.statement_runs.manifest of the file, as CSV"""
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    """When the file was handed to the post, or thrown away"""
    ended_by: str | None = Field(default=None, sa_type=Id)


class StatementRunItem(SQLModel, table=True):
    """One paper of a run, and what became of it."""

    __tablename__ = "statement_run_item"
    __table_args__ = (sa.UniqueConstraint("live_letter_id", name="uq_statement_run_item_live"),)

    run_id: str = Field(sa_type=Id, foreign_key="statement_run.id", primary_key=True)
    ordinal: int = Field(primary_key=True)
    """In this order the papers were taken, and stand in the file"""
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    letter_id: str = Field(sa_type=Id, foreign_key="letter.id", index=True)
    live_letter_id: str | None = Field(default=None, sa_type=Id)
    """The same paper while the run has it in hand: no other run takes it meanwhile"""
    channel: str = Field(sa_type=sa.String(10))
    """billing.statement_runs.Channel"""
    state: str = Field(sa_type=sa.String(20))
    """billing.statement_runs.ItemState"""
    note: str = Field(default="", sa_type=sa.String(300))
    """Why it stayed, was refused, or came back"""
    part: int | None = None
    """Which part of the file it stands in, from 1"""
    pages: int | None = None
    address: str | None = Field(default=None, sa_type=sa.String(254))
    """Where an e-mail went"""
    message_id: str | None = Field(default=None, sa_type=sa.String(200), unique=True)
    """Message-ID of its e-mail: the same at every try"""
    tries: int = Field(default=0)
    next_try_at: datetime | None = Field(default=None, sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant)


class StatementRunFile(SQLModel, table=True):
    """The papers of a run as one PDF for the printing machine."""

    __tablename__ = "statement_run_file"

    run_id: str = Field(sa_type=Id, foreign_key="statement_run.id", primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    body: bytes = Field(sa_type=sa.LargeBinary)


class StatementRunPart(SQLModel, table=True):
    """Some papers of a run as one PDF, until the file is made of them."""

    __tablename__ = "statement_run_part"

    run_id: str = Field(sa_type=Id, foreign_key="statement_run.id", primary_key=True)
    ordinal: int = Field(primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    body: bytes = Field(sa_type=sa.LargeBinary)


class CrossedPayment(SQLModel, table=True):
    """A patient's payment that was kept after a paper about its visit had been handed over."""

    __tablename__ = "crossed_payment"

    payment_id: str = Field(sa_type=Id, foreign_key="patient_payment.id", primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    letter_id: str = Field(sa_type=Id, foreign_key="letter.id", index=True)
    amount_cents: int = Field(sa_type=sa.BigInteger)
    at: datetime = Field(sa_type=Instant)
