"""Connections to the book of record: what one transaction leaves behind for the next."""

import contextlib
from pathlib import Path

import sqlalchemy as sa

from database.engine import Database


def test_a_read_that_broke_off_shows_no_later_one_what_was_before(tmp_path: Path) -> None:
    """What holds the exception holds its cursor too, and a cursor that was not read to its end holds its snapshot."""
    database = Database(f"sqlite:///{tmp_path / 'book.sqlite3'}")
    with database.writing() as session:
        session.execute(sa.text("CREATE TABLE number (value INTEGER)"))
        session.execute(sa.text("INSERT INTO number VALUES (1), (1)"))
    with contextlib.suppress(ValueError), database.reading() as session:
        held = session.connection().exec_driver_sql("SELECT value FROM number").cursor
        assert held is not None
        raise ValueError(held.fetchone())
    with database.writing() as session:
        session.execute(sa.text("UPDATE number SET value = 2"))
    with database.reading() as session:
        assert set(session.scalars(sa.text("SELECT value FROM number"))) == {2}
    del held
    database.close()
