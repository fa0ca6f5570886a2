"""The policies of a visit beside the one that its claim goes to."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class OtherPolicy(SQLModel, table=True):
    """One policy of the patient for one visit: to be billed after the earlier ones, billed, or let go."""

    __tablename__ = "other_policy"

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    encounter_id: str = Field(sa_type=Id, foreign_key="encounter.id", index=True)
    payer_id: str = Field(sa_type=Id, foreign_key="payer.id")
    responsibility: str = Field(sa_type=sa.String(1))
    """SBR01: P primary, S secondary, T tertiary ..."""
    record: str = Field(sa_type=sa.Text)
    """billing.coordination.OtherPayer as JSON, without a decision: what was decided is read off the remittances"""
    state: str = Field(default="waiting", sa_type=sa.String(10))
    """waiting; billed (the claim went there, by us or by the earlier payer); stale (billed, and the claim was changed
    since: it is told once the payers before it have answered); dropped (not covered there)"""
    added_at: datetime = Field(sa_type=Instant)
