"""Runs migrations on the engine it is given, the same scripts for SQLite and PostgreSQL."""

from typing import Any, Literal

from alembic import context
from sqlmodel import SQLModel

import database.tables  # noqa: F401 - registers every table
from database.columns import Instant


def render_item(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    """Migrations must not import the office: our own type is written as what it is in the database."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    return False


engine = context.config.attributes["engine"]
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=True,
        render_item=render_item,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
