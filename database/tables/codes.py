"""Code tables: published editions, the same for every practice of the installation."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Instant


class CodeEditionRow(SQLModel, table=True):
    """One release of a code system with the days it is in force."""

    __tablename__ = "code_edition"

    system: str = Field(sa_type=sa.String(10), primary_key=True)
    """icd10cm, hcpcs or cpt"""
    name: str = Field(sa_type=sa.String(20), primary_key=True)
    """Such as FY2026"""
    valid_from: date
    valid_to: date
    """The last day"""
    codes: int
    """How many, headings among them"""
    source: str = Field(sa_type=sa.String(200))
    """The file's name"""
    loaded_at: datetime = Field(sa_type=Instant)


class Code(SQLModel, table=True):
    """One code of one edition."""

    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["system", "edition"], ["code_edition.system", "code_edition.name"], name="fk_code_edition"
        ),
    )

    system: str = Field(sa_type=sa.String(10), primary_key=True)
    edition: str = Field(sa_type=sa.String(20), primary_key=True)
    code: str = Field(sa_type=sa.String(7), primary_key=True)
    """Without the dot"""
    short: str = Field(sa_type=sa.String(60))
    long: str = Field(sa_type=sa.Text)
    is_billable: bool
    """False: a heading of ICD-10-CM"""
    valid_from: date
    valid_to: date | None = None
    """The last day; None: no end is known"""
    see: str = Field(default="", sa_type=sa.String(60))
    """Codes to use instead, apart by spaces"""
    words: str = Field(sa_type=sa.Text)
    """The different words of the description in lower-case ASCII, a space before and after each: what is searched"""


class CodeTermRow(SQLModel, table=True):
    """Other words for one code or heading of one edition: only the search asks for them."""

    __tablename__ = "code_term"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["system", "edition"], ["code_edition.system", "code_edition.name"], name="fk_code_term_edition"
        ),
    )

    system: str = Field(sa_type=sa.String(10), primary_key=True)
    edition: str = Field(sa_type=sa.String(20), primary_key=True)
    number: int = Field(primary_key=True)
    """From 1, in the file's order"""
    code: str = Field(sa_type=sa.String(7))
    """Without the dot"""
    kind: str = Field(sa_type=sa.String(10))
    """inclusion or includes"""
    text: str = Field(sa_type=sa.Text)
