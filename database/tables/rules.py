"""Published rules about codes, and what NPPES says of providers: the same for every practice of the installation."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from database.columns import Instant


class RuleEditionRow(SQLModel, table=True):
    """One release of a file of rules."""

    __tablename__ = "rule_edition"

    kind: str = Field(sa_type=sa.String(12), primary_key=True)
    """billing.coding_rules.RuleKind"""
    name: str = Field(sa_type=sa.String(20), primary_key=True)
    valid_from: date
    valid_to: date
    """The last day"""
    rules: int
    source: str = Field(sa_type=sa.String(200))
    """Names of the files"""
    loaded_at: datetime = Field(sa_type=Instant)


class CodePairRow(SQLModel, table=True):
    """An NCCI pair; the same two codes may come with several windows of days."""

    __tablename__ = "code_pair"

    edition: str = Field(sa_type=sa.String(20), primary_key=True)
    first: str = Field(sa_type=sa.String(5), primary_key=True)
    second: str = Field(sa_type=sa.String(5), primary_key=True)
    valid_from: date = Field(primary_key=True)
    valid_to: date | None = None
    indicator: str = Field(sa_type=sa.String(1))


class UnitLimitRow(SQLModel, table=True):
    """An NCCI unit limit."""

    __tablename__ = "unit_limit"

    edition: str = Field(sa_type=sa.String(20), primary_key=True)
    procedure: str = Field(sa_type=sa.String(5), primary_key=True)
    units: int
    counted_by: str = Field(sa_type=sa.String(1))


class AddOnRow(SQLModel, table=True):
    """An NCCI add-on code with one of its primaries."""

    __tablename__ = "add_on"

    edition: str = Field(sa_type=sa.String(20), primary_key=True)
    procedure: str = Field(sa_type=sa.String(5), primary_key=True)
    primary_code: str = Field(sa_type=sa.String(5), primary_key=True)
    valid_from: date = Field(primary_key=True)
    valid_to: date | None = None
    kind: str = Field(sa_type=sa.String(1))


class FeeScheduleRow(SQLModel, table=True):
    """What the physician fee schedule says of a procedure without modifier."""

    __tablename__ = "fee_schedule"

    edition: str = Field(sa_type=sa.String(20), primary_key=True)
    procedure: str = Field(sa_type=sa.String(5), primary_key=True)
    status: str = Field(sa_type=sa.String(2))
    components: str = Field(sa_type=sa.String(2))
    global_days: str = Field(sa_type=sa.String(3))
    multiple: str = Field(sa_type=sa.String(2))
    bilateral: str = Field(sa_type=sa.String(2))


class RelativeValueRow(SQLModel, table=True):
    """A row of the relative value file, for the price of a procedure; numbers are decimal text."""

    __tablename__ = "relative_value"

    edition: str = Field(sa_type=sa.String(20), primary_key=True)
    procedure: str = Field(sa_type=sa.String(5), primary_key=True)
    modifier: str = Field(sa_type=sa.String(2), primary_key=True)
    status: str = Field(sa_type=sa.String(2))
    work: str = Field(sa_type=sa.String(10))
    practice_elsewhere: str = Field(sa_type=sa.String(10))
    practice_in_facility: str = Field(sa_type=sa.String(10))
    malpractice: str = Field(sa_type=sa.String(10))
    multiple: str = Field(sa_type=sa.String(2))
    bilateral: str = Field(sa_type=sa.String(2))
    assistant: str = Field(sa_type=sa.String(2))
    co_surgeon: str = Field(sa_type=sa.String(2))
    endoscopic_base: str = Field(sa_type=sa.String(5))
    conversion_factor: str = Field(sa_type=sa.String(10))


class LocalityRow(SQLModel, table=True):
    """A payment locality of Medicare's with its cost indices, as decimal text."""

    __tablename__ = "medicare_locality"

    edition: str = Field(sa_type=sa.String(20), primary_key=True)
    carrier: str = Field(sa_type=sa.String(5), primary_key=True)
    number: str = Field(sa_type=sa.String(2), primary_key=True)
    state: str = Field(sa_type=sa.String(2))
    name: str = Field(sa_type=sa.String(80))
    work: str = Field(sa_type=sa.String(10))
    practice: str = Field(sa_type=sa.String(10))
    malpractice: str = Field(sa_type=sa.String(10))


class ExclusionRow(SQLModel, table=True):
    """An Excludes1 note of the ICD-10-CM tabular list, as ranges of codes without the dot."""

    __tablename__ = "exclusion"

    edition: str = Field(sa_type=sa.String(20), primary_key=True)
    first: str = Field(sa_type=sa.String(7), primary_key=True)
    last: str = Field(sa_type=sa.String(7), primary_key=True)
    excluded_first: str = Field(sa_type=sa.String(7), primary_key=True)
    excluded_last: str = Field(sa_type=sa.String(7), primary_key=True)


class ProviderFactRow(SQLModel, table=True):
    """What NPPES says of an NPI: those that were deactivated, and those that the office uses."""

    __tablename__ = "provider_fact"

    edition: str = Field(sa_type=sa.String(20), primary_key=True)
    npi: str = Field(sa_type=sa.String(10), primary_key=True)
    is_person: bool | None = None
    deactivated_on: date | None = None
    reactivated_on: date | None = None
