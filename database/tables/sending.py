"""When claims leave, what keeps them here, and what is sent again in bulk."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class SendingPlanRow(SQLModel, table=True):
    """When one practice sends to one partner, from a day on. The newest row of a day counts; none is ever changed once
    its day has passed."""

    __tablename__ = "sending_plan"
    __table_args__ = (sa.UniqueConstraint("practice_id", "partner_id", "effective_from", name="uq_sending_plan_day"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    partner_id: str = Field(sa_type=Id, foreign_key="partner.id")
    effective_from: date
    times: str = Field(default="", sa_type=sa.String(120))
    """`12:00, 17:00` by the practice's clock"""
    at_count: int | None = None
    wait_seconds: int | None = None
    """All three empty: no plan from that day on, the policy `batch_wait_seconds` counts again"""
    reason: str = Field(default="", sa_type=sa.String(200))
    set_at: datetime = Field(sa_type=Instant)
    set_by: str = Field(sa_type=Id, foreign_key="app_user.id")


class SendingRequest(SQLModel, table=True):
    """Somebody wants sent now what is ready by now: claims that were ready at `asked_at` wait for no plan."""

    __tablename__ = "sending_request"

    practice_id: str = Field(sa_type=Id, foreign_key="practice.id", primary_key=True)
    partner_id: str = Field(sa_type=Id, foreign_key="partner.id", primary_key=True)
    asked_at: datetime = Field(sa_type=Instant)
    asked_by: str = Field(sa_type=Id)
    """A user; `office` for claims of a bulk resubmission"""


class SendingHold(SQLModel, table=True):
    """Nothing is sent to a partner, or of one payer, until its day or its release. What gathered leaves by the pace of
    the policies, until none of it is left."""

    __tablename__ = "sending_hold"
    __table_args__ = (sa.Index("ix_sending_hold_waiting", "practice_id", "partner_id", "caught_up_at"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    partner_id: str = Field(sa_type=Id, foreign_key="partner.id")
    payer_id: str | None = Field(default=None, sa_type=Id, foreign_key="payer.id")
    """None: every payer that is reached through the partner"""
    reason: str = Field(sa_type=sa.String(300))
    placed_at: datetime = Field(sa_type=Instant)
    placed_by: str = Field(sa_type=Id, foreign_key="app_user.id")
    ends_at: datetime | None = Field(default=None, sa_type=Instant)
    """The beginning of the day until which it holds; None: until somebody releases it"""
    released_at: datetime | None = Field(default=None, sa_type=Instant)
    released_by: str | None = Field(default=None, sa_type=Id, foreign_key="app_user.id")
    last_batch_at: datetime | None = Field(default=None, sa_type=Instant)
    """When a batch last took of what had gathered"""
    caught_up_at: datetime | None = Field(default=None, sa_type=Instant)
    """Nothing of what had gathered waits any more"""


class Resubmission(SQLModel, table=True):
    """A choice of claims to be sent again: previewed, then confirmed, then worked off at a pace."""

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id", index=True)
    state: str = Field(sa_type=sa.String(10))
    """previewed, running, stopped, done"""
    sought: str = Field(sa_type=sa.Text)
    """The filter, as JSON"""
    fingerprint: str = Field(sa_type=sa.String(64))
    """billing.resubmission.fingerprint of what was shown"""
    made_at: datetime = Field(sa_type=Instant)
    made_by: str = Field(sa_type=Id, foreign_key="app_user.id")
    confirmed_at: datetime | None = Field(default=None, sa_type=Instant)
    confirmed_by: str | None = Field(default=None, sa_type=Id, foreign_key="app_user.id")
    last_sent_at: datetime | None = Field(default=None, sa_type=Instant)
    """When claims last had their turn"""
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    stopped_by: str | None = Field(default=None, sa_type=Id, foreign_key="app_user.id")


class ResubmissionItem(SQLModel, table=True):
    """One claim of such a choice and what became of it."""

    __tablename__ = "resubmission_item"
    __table_args__ = (sa.Index("ix_resubmission_item_claim", "control_number", "state"),)

    resubmission_id: str = Field(sa_type=Id, foreign_key="resubmission.id", primary_key=True)
    ordinal: int = Field(primary_key=True)
    """In this order they have their turn"""
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    encounter_id: str = Field(sa_type=Id, foreign_key="encounter.id")
    control_number: str = Field(sa_type=sa.String(20), foreign_key="submission.control_number")
    batch_id: str | None = Field(default=None, sa_type=Id, foreign_key="batch.id")
    """The interchange it went in"""
    amount_cents: int = Field(sa_type=sa.BigInteger)
    way: str | None = Field(default=None, sa_type=sa.String(20))
    """billing.resubmission.Way; None: it does not go"""
    refusal: str | None = Field(default=None, sa_type=sa.String(30))
    """billing.resubmission.Refusal"""
    state: str = Field(sa_type=sa.String(10))
    """refused; waiting (for its turn), asked (its visit is told), made (ready to leave)"""
    new_control_number: str | None = Field(default=None, sa_type=sa.String(20))
    """What it goes under; the same one in the stored interchange"""
    done_at: datetime | None = Field(default=None, sa_type=Instant)
