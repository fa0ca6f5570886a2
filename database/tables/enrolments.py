"""Which provider is enrolled for what with which payer."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class EnrolmentRow(SQLModel, table=True):
    """One cell of the matrix as it stands now; what it was before is in the audit."""

    __tablename__ = "enrolment"
    __table_args__ = (sa.UniqueConstraint("practice_id", "payer_id", "npi", "kind", name="uq_enrolment_cell"),)

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    payer_id: str = Field(sa_type=Id, foreign_key="payer.id")
    npi: str = Field(sa_type=sa.String(10))
    """The provider's, billing or rendering"""
    kind: str = Field(sa_type=sa.String(10))
    """billing.enrolments.EnrolmentKind"""
    state: str = Field(sa_type=sa.String(12))
    """billing.enrolments.EnrolmentState"""
    effective_from: date | None = None
    """First day of service that it covers"""
    effective_to: date | None = None
    """Last day of service that it covers"""
    recheck_on: date | None = None
    """When somebody looks at it again"""
    reference: str = Field(default="", sa_type=sa.String(60))
    """The payer's number for it"""
    note: str = Field(default="", sa_type=sa.String(300))
    changed_at: datetime = Field(sa_type=Instant)
    changed_by: str = Field(sa_type=Id)
    """Who changed it last"""
