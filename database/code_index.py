"""The search file of an edition: SQLite with full-text search, beside the office's data, whatever its database is.

It is made from the rows of the edition and only read from then on. It comes into its place whole (a rename), so that
several processes may make it at once. What people say otherwise (`billing.spoken_words`) is not in it.

Candidates come from SQLite (all words, best bm25 first, and when that gives little, any of the words); which of them
fits best is decided by `billing.code_ranking`.
"""

import json
import math
import os
import sqlite3
import tempfile
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from billing.code_concepts import Concept, Leaf, Wording, concepts
from billing.code_tables import CodeEntry, CodeTerm

KEPT = 4096
"""Conditions that stay in memory"""
FORM = 1
"""Of the file; another number makes every file anew"""
TABLES = """
CREATE TABLE concept (id INTEGER PRIMARY KEY, content TEXT NOT NULL);
CREATE TABLE word (word TEXT, stem TEXT, concepts INTEGER NOT NULL, PRIMARY KEY (word, stem)) WITHOUT ROWID;
CREATE VIRTUAL TABLE description USING fts5(stems, leaves, content='', tokenize='ascii');
"""


def build(path: Path, entries: Iterable[CodeEntry], terms: Iterable[CodeTerm]) -> None:
    """Write the search file of an edition. Raises OSError or sqlite3.Error where it cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    os.close(handle)
    try:
        with closing(sqlite3.connect(name)) as file:
            file.executescript("PRAGMA journal_mode=off; PRAGMA synchronous=off;" + TABLES)
            _write(file, concepts(entries, terms))
            file.commit()
        os.replace(name, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name)


def _write(file: sqlite3.Connection, found: Sequence[Concept]) -> None:
    counted: Counter[tuple[str, str]] = Counter()
    for number, one in enumerate(found):
        words = {(word, root) for wording in one.wordings for word, root, _ in wording.words}
        counted.update(words)
        file.execute("INSERT INTO concept VALUES (?, ?)", (number, _packed(one)))
        file.execute(
            "INSERT INTO description (rowid, stems, leaves) VALUES (?, ?, ?)",
            (
                number,
                " ".join(sorted({text for pair in words for text in pair})),
                " ".join(sorted({root for leaf in one.leaves for root in leaf.says})),
            ),
        )
    file.executemany("INSERT INTO word VALUES (?, ?, ?)", ((*pair, count) for pair, count in counted.items()))
    file.execute("INSERT INTO description (description) VALUES ('optimize')")


def _packed(one: Concept) -> str:
    leaves = [[leaf.code, leaf.says] for leaf in one.leaves]
    return json.dumps([leaves, [[wording.text, wording.words, wording.rank] for wording in one.wordings]])


class CodeIndex:
    """An opened search file. Safe to share between threads: one connection, asked by one at a time."""

    def __init__(self, path: Path) -> None:
        self._file = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True, check_same_thread=False)
        self._one_reader = threading.Lock()
        rows = self._read("SELECT word, stem, concepts FROM word")
        [(total,)] = self._read("SELECT count(*) FROM concept")
        self.words: Mapping[str, int] = {word: count for word, _, count in rows}
        together: Counter[str] = Counter()
        for _, root, count in rows:
            together[root] += count
        self.weights: Mapping[str, float] = {root: math.log(1 + total / count) for root, count in together.items()}
        self.concept = lru_cache(maxsize=KEPT)(self._concept)

    def candidates(self, terms: Sequence[str], *, every: bool, limit: int) -> list[int]:
        """Numbers of conditions that have every term, or any; best first by bm25. A term may end in `*`."""
        words = [f'"{term[:-1]}"*' if term.endswith("*") else f'"{term}"' for term in terms]
        query = "SELECT rowid FROM description WHERE description MATCH ? ORDER BY bm25(description) LIMIT ?"
        return [row[0] for row in self._read(query, (" AND " if every else " OR ").join(words), limit)]

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    def _concept(self, number: int) -> Concept:
        [(content,)] = self._read("SELECT content FROM concept WHERE id = ?", number)
        leaves, wordings = json.loads(content)
        return Concept(
            tuple(Leaf(code, tuple(says), order) for order, (code, says) in enumerate(leaves)),
            tuple(Wording(text, tuple(map(tuple, words)), rank) for text, words, rank in wordings),
        )

    def _read(self, query: str, *values: object) -> list[Any]:
        with self._one_reader:
            return self._file.execute(query, values).fetchall()
