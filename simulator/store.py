"""What the simulator remembers, in one SQLite file of its own: a restart forgets nothing."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS receipt (key TEXT PRIMARY KEY, sha256 TEXT, receipt_id TEXT, received_at TEXT);
CREATE TABLE IF NOT EXISTS claim (
    control_number TEXT PRIMARY KEY, fingerprint TEXT, scenario TEXT, claim TEXT, payer_claim_number TEXT,
    charge INTEGER, allowed INTEGER, paid INTEGER, contractual INTEGER, patient INTEGER,
    billable_to_patient INTEGER, recoverable INTEGER);
CREATE TABLE IF NOT EXISTS event (
    id INTEGER PRIMARY KEY, due_at TEXT, kind TEXT, body TEXT, done INTEGER DEFAULT 0);
CREATE TABLE IF NOT EXISTS mail (
    id INTEGER PRIMARY KEY, kind TEXT, sha256 TEXT, received_at TEXT, body BLOB);
CREATE TABLE IF NOT EXISTS payment (trace TEXT PRIMARY KEY, amount INTEGER, plb TEXT);
CREATE TABLE IF NOT EXISTS word (
    control_number TEXT PRIMARY KEY, category TEXT, status TEXT, paid INTEGER, trace TEXT, day TEXT);
CREATE TABLE IF NOT EXISTS recovery (
    control_number TEXT PRIMARY KEY, payer TEXT, payee TEXT, reference TEXT, cents INTEGER, state TEXT);
CREATE TABLE IF NOT EXISTS left_to_patient (control_number TEXT PRIMARY KEY, most INTEGER);
CREATE TABLE IF NOT EXISTS once (what TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS sequence (name TEXT PRIMARY KEY, last INTEGER);
CREATE INDEX IF NOT EXISTS event_due ON event (done, due_at);
CREATE INDEX IF NOT EXISTS claim_fingerprint ON claim (fingerprint);
"""

BOOKED = ("charge", "allowed", "paid", "contractual", "patient", "billable_to_patient", "recoverable")
"""The amounts kept per claim, in cents"""


@dataclass(frozen=True, slots=True)
class Mail:
    """One message that waits in the mailbox."""

    id: int
    kind: str
    sha256: str
    received_at: str
    body: bytes


class Store:
    """One connection, one lock: the simulator is small, its memory must be right."""

    def __init__(self, path: Path | str) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=wal")
        self._connection.execute("PRAGMA synchronous=normal")
        self._connection.executescript(_SCHEMA)
        self._connection.row_factory = sqlite3.Row

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block or nothing of it. May be nested."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def row(self, query: str, *values: Any) -> sqlite3.Row | None:
        with self._lock:
            found: sqlite3.Row | None = self._connection.execute(query, values).fetchone()
            return found

    def change(self, query: str, *values: Any) -> None:
        with self._lock:
            self._connection.execute(query, values)

    def next_number(self, name: str) -> int:
        """The next of a rising sequence without gaps."""
        with self.transaction():
            self.change("INSERT OR IGNORE INTO sequence VALUES (?, 0)", name)
            self.change("UPDATE sequence SET last = last + 1 WHERE name = ?", name)
            row = self.row("SELECT last FROM sequence WHERE name = ?", name)
            assert row is not None, "inserted above"
            return int(row["last"])

    def plan(self, due_at: datetime, kind: str, **body: Any) -> None:
        """Something happens at `due_at`."""
        text = due_at.astimezone(UTC).isoformat()
        self.change("INSERT INTO event (due_at, kind, body) VALUES (?, ?, ?)", text, kind, json.dumps(body))

    def first(self, kind: str, what: str) -> bool:
        """Whether this comes for the first time; from now on it has come."""
        with self.transaction():
            key = f"{kind}:{what}"
            known = self.row("SELECT 1 FROM once WHERE what = ?", key)
            self.change("INSERT OR IGNORE INTO once VALUES (?)", key)
            return known is None

    def due(self, now: datetime) -> list[sqlite3.Row]:
        """Events whose instant has come, earliest first."""
        return self.rows(
            "SELECT * FROM event WHERE done = 0 AND due_at <= ? ORDER BY due_at, id", now.astimezone(UTC).isoformat()
        )

    def next_due(self) -> datetime | None:
        """The earliest event that has not happened."""
        row = self.row("SELECT min(due_at) AS due_at FROM event WHERE done = 0")
        return datetime.fromisoformat(row["due_at"]) if row is not None and row["due_at"] else None

    def post(self, kind: str, body: bytes, sha256: str, *, at: datetime) -> int:
        """Put a message into the mailbox. Ids rise without gaps."""
        with self.transaction():
            number = self.next_number("mail")
            self.change("INSERT INTO mail VALUES (?, ?, ?, ?, ?)", number, kind, sha256, at.isoformat(), body)
            return number

    def mail(self, *, after: int, limit: int) -> list[sqlite3.Row]:
        return self.rows(
            "SELECT id, kind, sha256, length(body) AS size, received_at FROM mail WHERE id > ? ORDER BY id LIMIT ?",
            after,
            limit,
        )

    def last_mail_id(self) -> int:
        row = self.row("SELECT max(id) AS last FROM mail")
        return int(row["last"] or 0) if row is not None else 0
