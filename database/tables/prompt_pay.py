"""Prompt-pay offers: what the first statement of a share said."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class PromptPayOffer(SQLModel, table=True):
    """What one paper offered on one visit. It is never changed: what was printed binds."""

    __tablename__ = "prompt_pay_offer"
    __table_args__ = (sa.UniqueConstraint("encounter_id", "letter_id", name="uq_prompt_pay_offer_encounter_id"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    encounter_id: str = Field(sa_type=Id, foreign_key="encounter.id")
    letter_id: str = Field(sa_type=Id, foreign_key="letter.id")
    share_cents: int = Field(sa_type=sa.BigInteger)
    """Owed on the visit when the paper was written"""
    applied_cents: int = Field(sa_type=sa.BigInteger)
    """What the patient had paid on the visit by then, by the ledger"""
    paid_cents: int = Field(sa_type=sa.BigInteger)
    """The same as payments"""
    percent: int
    last_day: date
    of_plans: bool
    """Policy prompt_pay_of_plans on that day"""
    made_at: datetime = Field(sa_type=Instant)
