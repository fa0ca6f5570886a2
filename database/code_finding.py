"""The search over a loaded edition: by the beginning of a code, then by words in its search file.

The file is written when an edition is loaded (`CodeFinder.prepare`), or when somebody first searches: a small edition
at once, a large one beside the work, while the plain search in the rows answers (`codes.search`). That one answers,
too, where no file can be written.
"""

import hashlib
import logging
import re
import sqlite3
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session

from billing import code_search
from billing.code_search import Question
from billing.code_tables import CodeEntry, Edition
from billing.code_words import different
from billing.spoken_words import readings
from database import codes
from database.code_index import FORM, CodeIndex, build
from database.codes import LoadedEdition
from database.engine import Database

logger = logging.getLogger(__name__)

FOLDER = "code-search"
"""Below the data directory"""
AT_ONCE = 5000
"""Codes of an edition whose search file is written while the question waits; ten times as many take seconds"""

READINGS = 4
"""Of a question that are tried where there is no search file; each reads the whole edition"""


@dataclass(frozen=True, slots=True)
class FoundCode:
    """One answer."""

    entry: CodeEntry
    why: str
    """`spelled diabetes`, `heart attack: acute myocardial infarction`; empty: its own words, or its beginning"""


class CodeFinder:
    """Searches the editions of one database. Safe to share between threads and to have in several processes."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder
        self._opened: dict[str, CodeIndex] = {}
        self._busy: set[str] = set()
        self._lock = threading.Lock()

    def find(self, session: Session, loaded: LoadedEdition, asked: Question, *, limit: int) -> list[FoundCode]:
        """Codes of an edition, best first: by their beginning, and where there is none by words.

        By words only billable codes are found.
        """
        if begun := codes.beginning_with(session, loaded.edition, asked.prefix, limit=limit):
            return [FoundCode(one, "") for one in begun]
        if not asked.words:
            return []
        index = self._index(loaded)
        if index is None:
            return _plainly(session, loaded.edition, asked, limit=limit)
        answers = code_search.search(index, asked, limit=limit)
        entries = codes.entries(session, loaded.edition, [one.code for one in answers])
        return [FoundCode(entries[one.code], one.why) for one in answers if one.code in entries]

    def prepare(self, edition: Edition) -> bool:
        """Write the search file of an edition unless it is there; False: it cannot be written, and the log says why."""
        with self._database.reading() as session:
            loaded = next((one for one in codes.editions(session) if one.edition == edition), None)
        return loaded is not None and self._written(loaded)

    def _index(self, loaded: LoadedEdition) -> CodeIndex | None:
        """None: there is no file, or not yet."""
        name = self._name(loaded)
        with self._lock:
            if name in self._opened:
                return self._opened[name]
            is_busy = name in self._busy
            self._busy.add(name)
        if is_busy:
            return None
        if loaded.codes > AT_ONCE and not (self._folder / name).exists():
            threading.Thread(target=self._open, args=(loaded,), name="code search file", daemon=True).start()
            return None
        return self._open(loaded)

    def _open(self, loaded: LoadedEdition) -> CodeIndex | None:
        """Stays busy where the file cannot be had: another process of the office, or the next start, tries again."""
        if not self._written(loaded):
            return None
        name = self._name(loaded)
        index = CodeIndex(self._folder / name)
        with self._lock:
            self._opened[name] = index
            self._busy.discard(name)
        return index

    def _written(self, loaded: LoadedEdition) -> bool:
        path = self._folder / self._name(loaded)
        if path.exists():
            return True
        with self._database.reading() as session:
            entries, terms = codes.whole(session, loaded.edition)
        try:
            build(path, entries, terms)
        except (OSError, sqlite3.Error) as error:
            logger.warning("no search file for %s (%s): plain search", self._family(loaded), type(error).__name__)
            return False
        for other in self._folder.glob(f"{self._family(loaded)}.*.db"):
            if other != path:
                with suppress(OSError):
                    other.unlink()
        return True

    def _name(self, loaded: LoadedEdition) -> str:
        """With the hour of loading: a newer load has another file."""
        return f"{self._family(loaded)}.{loaded.loaded_at:%Y%m%dT%H%M%S%f}.{FORM}.db"

    def _family(self, loaded: LoadedEdition) -> str:
        """Of the edition in this database: its older files go when a newer one is written."""
        whose = hashlib.sha256(self._database.url.encode()).hexdigest()[:8]
        return re.sub(r"[^A-Za-z0-9-]", "_", f"{loaded.edition.system}-{loaded.edition.name}-{whose}")


def _plainly(session: Session, edition: Edition, asked: Question, *, limit: int) -> list[FoundCode]:
    """In the rows, as it was said and then as it is read: the first of these that gives anything."""
    for reading in readings(asked.words)[:READINGS]:
        words = tuple(different(list(reading.words)))
        if found := codes.search(session, edition, Question("", words), limit=limit):
            why = "; ".join(one.said for one in reading.used)
            return [FoundCode(one, why) for one in found]
    return []
