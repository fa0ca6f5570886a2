"""What stood at the end of each day, and who of another practice may read a practice's figures."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class DayFigureRow(SQLModel, table=True):
    """One figure of one day of a practice. Append-only: triggers refuse UPDATE and DELETE."""

    __tablename__ = "day_figure"

    practice_id: str = Field(sa_type=Id, foreign_key="practice.id", primary_key=True)
    day: date = Field(primary_key=True)
    """The practice's own; it has ended"""
    name: str = Field(sa_type=sa.String(40), primary_key=True)
    """billing.daily_figures.KINDS"""
    numerator: int = Field(sa_type=sa.BigInteger)
    denominator: int | None = Field(default=None, sa_type=sa.BigInteger)
    """None: it is no ratio"""
    over: int = 1
    """The denominator is divided by it"""
    taken_at: datetime = Field(sa_type=Instant)


class FigureReader(SQLModel, table=True):
    """A user of another practice of the installation who may read this practice's figures: sums, no patients."""

    __tablename__ = "figure_reader"
    __table_args__ = (
        sa.UniqueConstraint("practice_id", "standing_key", name="uq_figure_reader_standing"),
        sa.Index("ix_figure_reader_user", "user_id"),
    )

    id: str = Field(sa_type=Id, primary_key=True)
    practice_id: str = Field(sa_type=Id, foreign_key="practice.id")
    """Whose figures are read"""
    user_id: str = Field(sa_type=Id, foreign_key="app_user.id")
    """Who reads them"""
    standing_key: str | None = Field(default=None, sa_type=Id)
    """The user, while it stands; None: it was ended"""
    given_at: datetime = Field(sa_type=Instant)
    given_by: str = Field(sa_type=Id, foreign_key="app_user.id")
    """A supervisor of the practice whose figures are read"""
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    ended_by: str | None = Field(default=None, sa_type=Id, foreign_key="app_user.id")
