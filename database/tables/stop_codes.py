"""Adjustment codes that are never posted unseen."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class StopCodeRow(SQLModel, table=True):
    """One code, of one payer or of all."""

    __tablename__ = "stop_code"

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id", index=True)
    payer_id: str | None = Field(default=None, sa_type=Id, foreign_key="payer.id")
    """None: every payer"""
    adjustment_group: str = Field(default="", sa_type=sa.String(2))
    """CAS01; empty: any"""
    reason: str = Field(sa_type=sa.String(5))
    """CARC"""
    note: str = Field(default="", sa_type=sa.String(200))
    added_at: datetime = Field(sa_type=Instant)
    added_by: str = Field(sa_type=Id, foreign_key="app_user.id")
