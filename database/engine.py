"""Connects to the book of record: SQLite (WAL) embedded, PostgreSQL when grown, one behaviour.

Two session makers, because reading and writing want different transactions:

`reading`  sees one snapshot, may not write, and on SQLite never waits for a writer.
`writing`  takes the write lock at its beginning on SQLite (BEGIN IMMEDIATE: a plain BEGIN loses updates silently or
           fails with "database is locked" when it upgrades) and commits once, at its edge. On PostgreSQL it runs at
           READ COMMITTED, and whoever changes an encounter locks its row first (`encounters.lock`).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine
from sqlmodel import Session, SQLModel

SQLITE_PRAGMAS = (
    "journal_mode=wal",
    "synchronous=normal",
    "busy_timeout=10000",
    "foreign_keys=on",
    "cache_size=-32768",
    "temp_store=memory",
)


class DatabaseMissing(RuntimeError):
    """The database cannot be reached or has no tables; the message names the command that mends it."""


class Database:
    """The book of record at one URL. Safe to share between threads."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        if self.is_sqlite:
            self._write_engine = _sqlite_engine(url, begin="BEGIN IMMEDIATE", query_only=False)
            self._read_engine = _sqlite_engine(url, begin="BEGIN", query_only=True)
        else:
            self._write_engine = sa.create_engine(_psycopg(url), pool_size=20, max_overflow=20, pool_pre_ping=True)
            self._read_engine = self._write_engine
        self._one_writer = threading.Lock()

    @property
    def engine(self) -> Engine:
        """The writing engine, for migrations."""
        return self._write_engine

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session on one snapshot that cannot write."""
        with Session(self._read_engine, expire_on_commit=False, autoflush=False) as session:
            if not self.is_sqlite:
                session.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            try:
                yield session
            except BaseException:
                # A cursor that an exception keeps from its end holds SQLite's snapshot beyond a rollback: whoever got
                # this connection next would read what was before.
                if self.is_sqlite:
                    session.invalidate()
                raise

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        if self.is_sqlite:
            # SQLite admits one writer; waiting here is fair, waiting in its busy handler starves the unlucky.
            with self._one_writer:
                yield from self._one_transaction()
        else:
            yield from self._one_transaction()

    def _one_transaction(self) -> Iterator[Session]:
        # Rows are written where the code says `flush` and at the end: several at once, each once.
        with Session(self._write_engine, expire_on_commit=False, autoflush=False) as session, session.begin():
            yield session

    def check(self) -> None:
        """Raise DatabaseMissing when the database cannot be reached or was never set up."""
        try:
            with self.reading() as session:
                session.execute(sa.text("SELECT 1 FROM practice LIMIT 1"))
        except sa.exc.DBAPIError as error:
            raise DatabaseMissing(
                f"the database at {sa.make_url(self.url).render_as_string(hide_password=True)} is missing or not set up"
                f" ({type(error.orig).__name__}): run `zerobalance setup`, or correct ZEROBALANCE_DATABASE_URL"
            ) from error

    def close(self) -> None:
        """Give back every connection."""
        self._write_engine.dispose()
        self._read_engine.dispose()


def insert(session: Session, table: str) -> sqlite.Insert | postgresql.Insert:
    """An INSERT in the database's own dialect, for `on_conflict_do_nothing` and `on_conflict_do_update`."""
    into = SQLModel.metadata.tables[table]
    return sqlite.insert(into) if session.get_bind().dialect.name == "sqlite" else postgresql.insert(into)


def _lower(value: Any) -> Any:
    """What SQLite's own `lower` does for English letters only, done for all: ÁLVAREZ is álvarez, as on PostgreSQL."""
    return value.lower() if isinstance(value, str) else value


def _psycopg(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1).replace("postgres://", "postgresql+psycopg://", 1)


def _sqlite_engine(url: str, *, begin: str, query_only: bool) -> Engine:
    engine = sa.create_engine(url, pool_size=20, max_overflow=20)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # The driver's own transaction handling begins late and silently; ours begins when we say so.
        connection.isolation_level = None
        connection.create_function("lower", 1, _lower, deterministic=True)
        for pragma in SQLITE_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        if query_only:
            connection.execute("PRAGMA query_only=on")

    @event.listens_for(engine, "begin")
    def begin_transaction(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
