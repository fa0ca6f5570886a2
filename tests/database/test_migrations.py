import pytest
import sqlalchemy as sa
from alembic import command
from sqlmodel import SQLModel, select

from billing.policies import DEFAULTS
from database.engine import Database, DatabaseMissing
from database.setup import migration_config, upgrade
from database.tables import Policy


def tables_of(database: Database) -> set[str]:
    return set(sa.inspect(database.engine).get_table_names()) - {"alembic_version"}


def test_a_migrated_database_has_every_table_and_no_other(database: Database) -> None:
    assert tables_of(database) == set(SQLModel.metadata.tables)


def test_the_migrations_and_the_tables_agree(database: Database) -> None:
    """Raises when autogenerate would write another migration."""
    command.check(migration_config(database))


def test_a_downgrade_leaves_nothing_and_can_be_undone(empty: Database) -> None:
    config = migration_config(empty)
    command.upgrade(config, "head")
    command.downgrade(config, "base")
    assert tables_of(empty) == set()
    command.upgrade(config, "head")
    assert tables_of(empty) == set(SQLModel.metadata.tables)


def test_setting_up_twice_changes_nothing(empty: Database) -> None:
    for _ in range(2):
        upgrade(empty)
    with empty.reading() as session:
        names = session.exec(select(Policy.name)).all()
    assert sorted(names) == sorted(DEFAULTS)


def test_a_database_that_was_never_set_up_says_which_command_mends_it(empty: Database) -> None:
    with pytest.raises(DatabaseMissing, match="run `zerobalance setup`"):
        empty.check()


def test_a_database_that_was_set_up_is_fine(database: Database) -> None:
    database.check()
