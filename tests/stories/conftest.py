"""Books for stories: SQLite for all of them; PostgreSQL where a story asks for both."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from database.engine import Database
from database.setup import upgrade
from tests.office import Office


@pytest.fixture(scope="session")
def empty_books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy from."""
    path = tmp_path_factory.mktemp("books") / "empty.db"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    database.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture
def database(empty_books: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copy(empty_books, tmp_path / "books.db")
    database = Database(f"sqlite:///{tmp_path / 'books.db'}")
    yield database
    database.close()


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)
