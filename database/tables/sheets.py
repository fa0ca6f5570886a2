"""Spreadsheets of visits: how each sender's is read, what became of each, and the rows that were not taken."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Id, Instant


class SheetMappingRow(SQLModel, table=True):
    """Which column of a sender's is which field of a visit."""

    __tablename__ = "sheet_mapping"

    practice_id: str = Field(sa_type=Id, foreign_key="practice.id", primary_key=True)
    source: str = Field(sa_type=sa.String(60), primary_key=True)
    """The sender, as people call them"""
    columns: str = Field(sa_type=sa.Text)
    """Field to header, as JSON"""
    fixed: str = Field(sa_type=sa.Text)
    """Field to value, as JSON"""
    date_order: str = Field(sa_type=sa.String(3))
    """billing.sheets.DateOrder"""
    changed_at: datetime = Field(sa_type=Instant)
    changed_by: str = Field(sa_type=sa.String(30))


class SheetTaken(SQLModel, table=True):
    """What became of a sheet when it was taken in last."""

    __tablename__ = "sheet_taken"

    practice_id: str = Field(sa_type=Id, foreign_key="practice.id", primary_key=True)
    message_id: str = Field(sa_type=Id, foreign_key="inbound_message.id", primary_key=True)
    """Where its bytes are kept"""
    source: str = Field(sa_type=sa.String(60))
    headers: str = Field(sa_type=sa.Text)
    """As JSON"""
    created: int
    amended: int
    duplicates: int
    refused: int
    """Rows"""
    taken_at: datetime = Field(sa_type=Instant)


class RefusedRow(SQLModel, table=True):
    """A row of a sheet that was not taken, as it came."""

    __tablename__ = "refused_row"

    practice_id: str = Field(sa_type=Id, foreign_key="practice.id", primary_key=True)
    message_id: str = Field(sa_type=Id, foreign_key="inbound_message.id", primary_key=True)
    row: int = Field(primary_key=True)
    """As spreadsheets count: the header is 1"""
    cells: str = Field(sa_type=sa.Text)
    """As JSON"""
    reason: str = Field(sa_type=sa.Text)
