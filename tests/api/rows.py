"""One row in every table of a practice, written from the tables themselves: a table added later has one at once.

A row holds what its columns ask for and no more. Its texts say nothing: whoever reads one as a noun fails over it.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from database.columns import Instant, new_id
from tests.api.conftest import OPENED, Book

TOLD: dict[str, dict[str, Any]] = {
    "submission": {"control_number": "CLM0001"},
    "letter": {"id": "a1b2c3d4e5"},
}
"""table -> column -> value, where what the column's type makes is no number that a route could be asked for"""

Row = dict[str, Any]


def one_of_each(book: Book) -> dict[str, Row]:
    """table -> the row of the first practice that was found there, or was written now."""
    book.encounter()
    rows: dict[str, Row] = {}
    with book.database.writing() as session:
        for table in SQLModel.metadata.sorted_tables:
            if not _is_of_practices(table, rows):
                continue
            rows[table.name] = _found(session, table, book) or _written(session, table, book, rows)
    return rows


def kept(book: Book, *, besides: Iterable[str]) -> dict[str, list[Row]]:
    """table -> all its rows that are not the other practice's, without the tables named."""
    found = {}
    with book.database.reading() as session:
        for table in SQLModel.metadata.sorted_tables:
            if table.name not in besides:
                rows = map(dict, session.execute(sa.select(table)).mappings())
                found[table.name] = [row for row in rows if row.get("practice_id") in (None, book.practice_id)]
    return found


def _is_of_practices(table: sa.Table, rows: dict[str, Row]) -> bool:
    """Not a table of codes or rules, which are everybody's."""
    hangs_on_one = any(key.column.table.name in rows for key in table.foreign_keys)
    return "practice_id" in table.c or hangs_on_one or table.name in ("practice", "partner")


def _found(session: Session, table: sa.Table, book: Book) -> Row | None:
    query = sa.select(table).limit(1)
    if "practice_id" in table.c:
        query = query.where(table.c.practice_id == book.practice_id)
    elif table.name == "practice":
        query = query.where(table.c.id == book.practice_id)
    row = session.execute(query).mappings().first()
    return dict(row) if row else None


def _written(session: Session, table: sa.Table, book: Book, rows: dict[str, Row]) -> Row:
    told = {"practice_id": book.practice_id} | TOLD.get(table.name, {})
    session.execute(
        sa.insert(table).values(
            {
                column.name: told.get(column.name) or _value(column, rows)
                for column in table.columns
                if column.name in told or _is_filled(column, rows)
            }
        )
    )
    row = _found(session, table, book)
    assert row is not None
    return row


def _is_filled(column: sa.Column[Any], rows: dict[str, Row]) -> bool:
    """Whether the column asks for a value, or could name a row that is there."""
    if column.nullable:
        return any(key.column.table.name in rows for key in column.foreign_keys)
    return column is not column.table.autoincrement_column


def _value(column: sa.Column[Any], rows: dict[str, Row]) -> Any:
    for key in column.foreign_keys:
        return rows[key.column.table.name][key.column.name]
    if isinstance(column.type, Instant):
        return OPENED
    kind = column.type.python_type
    if kind is str:
        return new_id() if column.name in ("id", "sha256") or column.name.endswith("_id") else "x"
    return {date: OPENED.date(), bool: False, bytes: b"x"}.get(kind, 1)
