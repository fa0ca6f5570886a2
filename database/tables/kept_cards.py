"""Cards that the processor keeps for a payment plan, and what was charged to them. No card data stands here."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class KeptCard(SQLModel, table=True):
    """What a patient agreed to about one card and one plan, and where it stands. The processor knows the card."""

    __tablename__ = "kept_card"

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    plan_id: str = Field(sa_type=Id, foreign_key="instalment_plan.id", index=True)
    state: str = Field(sa_type=sa.String(10))
    """billing.kept_cards.CardState"""
    words: str = Field(sa_type=sa.Text)
    """What was agreed to, as it was read"""
    agreed_parts: str = Field(default="[]", sa_type=sa.Text, sa_column_kwargs={"server_default": "[]"})
    """JSON, [day, cents] of each part that the words name: no more is charged for it"""
    said_by: str = Field(default="", sa_type=sa.String(200))
    """Who agreed at the desk; empty: on the pay page, behind its second fact"""
    agreed_at: datetime = Field(sa_type=Instant)
    agreed_by: str = Field(sa_type=Id)
    """A user, or database.account_holds.PATIENT"""
    address: str = Field(default="", sa_type=sa.Text)
    """The processor's page that takes the card; empty: it was not reached"""
    reference: str | None = Field(default=None, sa_type=sa.String(200))
    """What the processor calls the card: good for charges of this office alone"""
    label: str = Field(default="", sa_type=sa.String(40))
    """As a person knows it, such as `card ending in 4242`"""
    expires_on: date | None = None
    """The last day of its last month"""
    kept_at: datetime | None = Field(default=None, sa_type=Instant)
    told_of: date | None = None
    """The newest instalment of which the patient was told ahead"""
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_by: str = Field(default="", sa_type=sa.String(20))
    why: str = Field(default="", sa_type=sa.String(200))
    forgotten_at: datetime | None = Field(default=None, sa_type=Instant)
    """When the processor said that it keeps it no longer"""


class InstalmentCharge(SQLModel, table=True):
    """One try to charge one instalment. Its checkout is the key under which the processor charges once."""

    __tablename__ = "instalment_charge"
    __table_args__ = (sa.UniqueConstraint("plan_id", "part_day", "attempt", name="uq_instalment_charge_plan_id"),)

    checkout_id: str = Field(sa_type=Id, foreign_key="checkout.id", primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    plan_id: str = Field(sa_type=Id, foreign_key="instalment_plan.id")
    card_id: str = Field(sa_type=Id, foreign_key="kept_card.id", index=True)
    part_day: date
    attempt: int
    is_withdrawn: bool = Field(default=False)
    """It is not to be charged any more; the processor says whether it was"""
    why: str = Field(default="", sa_type=sa.String(200))
    """Why it was refused"""
