"""Runs migrations on the engine it is given, the same scripts for SQLite and PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from alembic import context
from sqlalchemy.engine import Connection
from sqlmodel import SQLModel

import database.tables  # noqa: F401 - registers every table
from database.columns import Instant


def render_item(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    """Migrations must not import the office: our own type is written as what it is in the database."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    return False


@contextmanager
def tables_may_be_rebuilt(connection: Connection) -> Iterator[None]:
    """SQLite changes a column by building its table anew: until the end, rows may point at a table that is gone.

    Raises RuntimeError, and changes nothing, when a row points at nothing afterwards.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.cursor()
    driver.execute("PRAGMA foreign_keys=off")
    try:
        yield
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if lost is not None:
            connection.rollback()
            raise RuntimeError(f"the migration would leave rows of {lost[0]} that point at no row of {lost[2]}")
        connection.commit()
    finally:
        driver.execute("PRAGMA foreign_keys=on")


engine = context.config.attributes["engine"]
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=True,
        render_item=render_item,
        compare_type=True,
    )
    with tables_may_be_rebuilt(connection), context.begin_transaction():
        context.run_migrations()
    connection.commit()
