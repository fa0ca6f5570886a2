"""`python -m benchmarks.search`: the search over ICD-10-CM, and the import of its table, beside what bare tools cost.

The edition is the one of simple-icd-10-cm, in SQLite. A thousand phrases of the office's own list are looked for by the
office, by one full-text query of the same search file, and by the LIKE of the rows, in turn, so that a busy machine
slows all alike; the best of the rounds counts. An import is a ratio to reading the lines of its file. One JSON object
a line.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import code_loading
from benchmarks.files import order_file
from billing.code_search import Question, question
from billing.code_tables import Edition
from billing.code_words import different, stem
from database import codes
from database.code_finding import CodeFinder
from database.code_index import CodeIndex
from database.codes import LoadedEdition
from database.engine import Database
from database.setup import upgrade
from search_proof import SHOWN, own_phrases

PHRASES = 1000
ROUNDS = 3
PLAIN_ROUNDS = 1
"""Of what takes some hundred times as long"""


def say(**figures: Any) -> None:
    """One JSON object on a line."""
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    """The whole run."""
    with tempfile.TemporaryDirectory(prefix="zerobalance-bench-") as name:
        folder = Path(name)
        tabular, _ = code_loading.public_files()
        database = _database(folder / "tabular.sqlite3")
        _import(database, tabular, "tabular list")
        with database.reading() as session:
            entries, _ = codes.whole(session, code_loading.PUBLIC_EDITION)
            [loaded] = codes.editions(session)
        path = folder / "icd10cm_order.txt"
        order_file(path, entries)
        other = _database(folder / "order.sqlite3")
        _import(other, path, "order file")
        other.close()
        _search(database, folder / "search", loaded)
        database.close()


def _database(path: Path) -> Database:
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    return database


def _import(database: Database, file: Path, name: str) -> None:
    """The file into rows, once, beside reading its lines."""
    floor = min(seconds(lambda: _lines(file)) for _ in range(ROUNDS))
    edition: Edition = code_loading.PUBLIC_EDITION
    now = datetime.now(UTC)
    took = seconds(lambda: code_loading.take(database, edition, file, skip_bad_lines=False, at=now))
    say(bench=f"import of the {name}", over_reading_its_lines=round(took / floor, 1), seconds=round(took, 2))


def _lines(file: Path) -> int:
    with file.open(encoding="utf-8") as body:
        return sum(len(line) for line in body)


def _search(database: Database, folder: Path, loaded: LoadedEdition) -> None:
    finder = CodeFinder(database, folder)
    built = seconds(lambda: finder.prepare(loaded.edition))
    index = CodeIndex(next(folder.glob("*.db")))
    asked = [question(one.text) for one in islice(cycle(own_phrases()), PHRASES)]
    with database.reading() as session:

        def ours(one: Question) -> object:
            return finder.find(session, loaded, one, limit=SHOWN)

        def full_text(one: Question) -> object:
            stems = [stem(word) for word in different(list(one.words)) or one.words]
            return index.candidates(stems, every=True, limit=SHOWN)

        def like(one: Question) -> object:
            return codes.search(session, loaded.edition, one, limit=SHOWN)

        ours(asked[0])
        took = [_over(ours, asked, ROUNDS), _over(full_text, asked, ROUNDS), _over(like, asked, PLAIN_ROUNDS)]
    say(
        bench="a phrase looked for",
        phrases=PHRASES,
        over_one_full_text_query=round(took[0] / took[1], 1),
        like_over_ours=round(took[2] / took[0], 1),
        ours_ms=round(1000 * took[0] / PHRASES, 2),
    )
    say(bench="the search file written", seconds=round(built, 2), codes=loaded.codes)


def _over(work: Callable[[Question], object], asked: Sequence[Question], rounds: int) -> float:
    return min(seconds(lambda: [work(one) for one in asked]) for _ in range(rounds))


if __name__ == "__main__":
    main()
