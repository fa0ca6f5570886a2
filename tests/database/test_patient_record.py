"""No table that holds something about a patient is forgotten when a record is copied."""

import sqlalchemy as sa
from sqlmodel import SQLModel

from database.patient_record import KINDS, NOT_COPIED

COPIED = {str(one.table.__tablename__) for one in KINDS}
NAMING = {"patient_id", "encounter_id", "subject_id"}
SECRET = ("secret", "token", "password", "processor", "reference_key")


def named(table: sa.Table) -> bool:
    """Whether a row may be about a patient: by its columns, or since it hangs on a row that is."""
    hangs_on = {key.column.table.name for key in table.foreign_keys}
    return bool(NAMING & set(table.c.keys()) or hangs_on & COPIED)


def test_every_table_about_a_patient_is_in_the_copy_or_says_why_not() -> None:
    about = {name for name, table in SQLModel.metadata.tables.items() if named(table)}
    assert about - COPIED == set(NOT_COPIED)
    assert COPIED & set(NOT_COPIED) == set()
    assert [name for name, why in NOT_COPIED.items() if len(why) < 20] == []


def test_every_file_has_a_name_of_its_own() -> None:
    names = [one.name for one in KINDS]
    assert len(names) == len(set(names)) == len(COPIED)


def test_only_columns_that_are_there_are_withheld_and_none_that_opens_something_is_told() -> None:
    for kind in KINDS:
        columns = set(SQLModel.metadata.tables[str(kind.table.__tablename__)].c.keys())
        assert kind.withheld <= columns, kind.name
        told = {one.name for one in kind.columns}
        assert [one for one in told if any(word in one for word in SECRET)] == [], kind.name
