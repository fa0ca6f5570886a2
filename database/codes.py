"""Code tables as rows: an edition is loaded whole, asked for the codes of one claim, and searched plainly.

The search here reads one edition from end to end with LIKE, which SQLite and PostgreSQL both do: 20 to 40 ms for the
98,000 rows of ICD-10-CM, whatever is asked. It knows no synonyms and no misspellings, and answers only where there is
no search file (`database.code_finding`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from billing.code_search import Question, plain_words
from billing.code_tables import (
    CATEGORY,
    CodeEntry,
    CodeOnDay,
    CodeSystem,
    CodeTables,
    CodeTerm,
    CodeUse,
    Edition,
    TermKind,
    in_force,
)
from database.bulk import in_parts
from database.tables import Code, CodeEditionRow, CodeTermRow

BATCH = 2000
"""Rows written by one statement"""
NEAR = 4
"""Suggestions for one code"""
LAST = "ZZZZZZZ"
"""Sorts behind every end of a code"""
ROW = ("code", "short", "long", "is_billable", "valid_from", "valid_to", "see")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading an edition did to its codes."""

    codes: int
    """In the edition now"""
    added: int
    changed: int
    removed: int
    before: int | None
    """How many the edition that began before it has; None: there is none"""


@dataclass(frozen=True, slots=True)
class LoadedEdition:
    """An edition as the office holds it."""

    edition: Edition
    codes: int
    source: str
    loaded_at: datetime


def load(session: Session, edition: Edition, entries: Iterable[CodeEntry], *, source: str, at: datetime) -> Loaded:
    """Put an edition in, or make it what the entries say. The same entries twice change nothing but the hour."""
    row = session.merge(
        CodeEditionRow(
            system=edition.system,
            name=edition.name,
            valid_from=edition.valid_from,
            valid_to=edition.valid_to,
            codes=0,
            source=source[:200],
            loaded_at=at,
        )
    )
    session.flush()
    was = _rows_of(session, edition)
    seen, added, changed = _write(session, edition, entries, was)
    _remove(session, edition, list(was))
    row.codes = seen
    session.flush()
    return Loaded(seen, added, changed, len(was), _codes_before(session, edition))


def load_terms(session: Session, edition: Edition, terms: Iterable[CodeTerm], *, at: datetime) -> int:
    """Make these the other words for the codes of a loaded edition; gives how many there are."""
    of_edition = col(CodeTermRow.system) == edition.system, col(CodeTermRow.edition) == edition.name
    session.execute(sa.delete(CodeTermRow).where(*of_edition))
    count = 0
    for part in in_parts(terms, BATCH):
        rows = [
            {
                "system": edition.system.value,
                "edition": edition.name,
                "number": number,
                "code": one.code,
                "kind": one.kind.value,
                "text": one.text,
            }
            for number, one in enumerate(part, start=count + 1)
        ]
        session.execute(sa.insert(CodeTermRow), rows)
        count += len(part)
    session.get_one(CodeEditionRow, (edition.system, edition.name)).loaded_at = at
    session.flush()
    return count


def whole(session: Session, edition: Edition) -> tuple[list[CodeEntry], list[CodeTerm]]:
    """Every code of an edition, and the other words for them."""
    entries = [_entry(row) for row in session.execute(sa.select(*_COLUMNS).where(*_of(edition)))]
    terms = session.exec(
        select(CodeTermRow.code, CodeTermRow.text, CodeTermRow.kind)
        .where(col(CodeTermRow.system) == edition.system, col(CodeTermRow.edition) == edition.name)
        .order_by(col(CodeTermRow.number))
    )
    return entries, [CodeTerm(code, text, TermKind(kind)) for code, text, kind in terms]


def editions(session: Session) -> list[LoadedEdition]:
    """Every edition, by system and beginning."""
    rows = session.exec(
        select(CodeEditionRow).order_by(CodeEditionRow.system, col(CodeEditionRow.valid_from), CodeEditionRow.name)
    )
    return [LoadedEdition(_edition(row), row.codes, row.source, row.loaded_at) for row in rows]


def tables_for(session: Session, uses: Sequence[CodeUse]) -> CodeTables:
    """What the tables say of these codes on their days."""
    known = [one.edition for one in editions(session)]
    if not known:
        return CodeTables({use: CodeOnDay() for use in uses})
    rows = _entries(session, uses, known)
    return CodeTables({use: _on_day(session, use, known, rows) for use in uses}, frozenset(one.system for one in known))


def beginning_with(session: Session, edition: Edition, prefix: str, *, limit: int) -> list[CodeEntry]:
    """Codes and headings of an edition that begin so, the shortest first."""
    if not prefix:
        return []
    query = select(Code).where(*_of(edition), _begins(prefix)).order_by(func.length(Code.code), Code.code)
    return [_entry(row) for row in session.exec(query.limit(limit))]


def entries(session: Session, edition: Edition, codes: Sequence[str]) -> dict[str, CodeEntry]:
    """Codes of an edition by their number."""
    return {row.code: _entry(row) for row in session.exec(select(Code).where(*_of(edition), col(Code.code).in_(codes)))}


def search(session: Session, edition: Edition, asked: Question, *, limit: int) -> list[CodeEntry]:
    """Billable codes of an edition by the words of their descriptions: what answers where there is no search file.

    Each word is the beginning of a word of the description. Best: most whole words, then the shorter code, then the
    shorter description.
    """
    if not asked.words:
        return []
    whole: Any = sum(
        (sa.case((col(Code.words).like(f"% {word} %"), 1), else_=0) for word in asked.words), sa.literal(0)
    )
    query = (
        select(Code)
        .where(*_of(edition), col(Code.is_billable), *(col(Code.words).like(f"% {word}%") for word in asked.words))
        .order_by(whole.desc(), func.length(Code.code), func.length(Code.long), Code.code)
    )
    return [_entry(row) for row in session.exec(query.limit(limit))]


def _of(edition: Edition) -> tuple[Any, Any]:
    return col(Code.system) == edition.system, col(Code.edition) == edition.name


def _begins(prefix: str) -> Any:
    """The code begins so: as a range, which both databases look up in the key."""
    return col(Code.code).between(prefix, prefix + LAST)


def _edition(row: CodeEditionRow) -> Edition:
    return Edition(CodeSystem(row.system), row.name, row.valid_from, row.valid_to)


_COLUMNS = [getattr(Code, name) for name in ROW]


def _entry(row: Any) -> CodeEntry:
    """From a `Code`, or from a row of `_COLUMNS`."""
    return CodeEntry(
        row.code, row.short, row.long, row.is_billable, row.valid_from, row.valid_to, tuple(row.see.split())
    )


def _values(edition: Edition, entry: CodeEntry) -> dict[str, Any]:
    return {
        "system": edition.system.value,
        "edition": edition.name,
        "code": entry.code,
        "short": entry.short,
        "long": entry.long,
        "is_billable": entry.is_billable,
        "valid_from": entry.valid_from,
        "valid_to": entry.valid_to,
        "see": " ".join(entry.see),
        "words": f" {' '.join(plain_words(entry.long or entry.short))} ",
    }


def _write(
    session: Session, edition: Edition, entries: Iterable[CodeEntry], was: dict[str, tuple[Any, ...]]
) -> tuple[int, int, int]:
    """Write what is new or other than it was, and take everything seen out of `was`: (seen, added, changed)."""
    seen = added = changed = 0
    for part in in_parts(entries, BATCH):
        seen += len(part)
        values = [_values(edition, entry) for entry in part]
        before = [was.pop(entry.code, None) for entry in part]
        pairs = [(one, old) for one, old in zip(values, before, strict=True) if old != tuple(one[key] for key in ROW)]
        others = [one["code"] for one, old in pairs if old is not None]
        _remove(session, edition, others)
        if pairs:
            session.execute(sa.insert(Code), [one for one, _ in pairs])
        changed += len(others)
        added += len(pairs) - len(others)
    return seen, added, changed


def _rows_of(session: Session, edition: Edition) -> dict[str, tuple[Any, ...]]:
    columns = (getattr(Code, name) for name in ROW)
    return {row.code: tuple(row) for row in session.execute(sa.select(*columns).where(*_of(edition)))}


def _remove(session: Session, edition: Edition, codes: Sequence[str]) -> None:
    for start in range(0, len(codes), BATCH):
        part = col(Code.code).in_(codes[start : start + BATCH])
        session.execute(sa.delete(Code).where(*_of(edition), part))


def _codes_before(session: Session, edition: Edition) -> int | None:
    query = (
        select(CodeEditionRow.codes)
        .where(CodeEditionRow.system == edition.system, CodeEditionRow.valid_from < edition.valid_from)
        .order_by(col(CodeEditionRow.valid_from).desc())
    )
    return session.exec(query.limit(1)).first()


def _entries(
    session: Session, uses: Sequence[CodeUse], known: Sequence[Edition]
) -> dict[tuple[str, str, str], CodeEntry]:
    """By system, edition and code: the asked codes in every edition."""
    found: dict[tuple[str, str, str], CodeEntry] = {}
    for system in {use.system for use in uses}:
        codes = {use.code for use in uses if use.system == system}
        names = [one.name for one in known if one.system == system]
        within = col(Code.edition).in_(names), col(Code.code).in_(codes)
        for row in session.exec(select(Code).where(Code.system == system, *within)):
            found[row.system, row.edition, row.code] = _entry(row)
    return found


def _on_day(
    session: Session,
    use: CodeUse,
    known: Sequence[Edition],
    rows: dict[tuple[str, str, str], CodeEntry],
) -> CodeOnDay:
    edition = in_force(known, use.system, use.day)
    if edition is None:
        return CodeOnDay()
    entry = rows.get((use.system, edition.name, use.code))
    if entry is not None and entry.is_billable and entry.valid_from <= use.day <= (entry.valid_to or date.max):
        return CodeOnDay(edition, entry)
    others = sorted((one for one in known if one != edition), key=lambda one: one.valid_from, reverse=True)
    elsewhere = next(((one, row) for one in others if (row := rows.get((one.system, one.name, use.code)))), None)
    return CodeOnDay(edition, entry, elsewhere, _near(session, edition, use))


def _near(session: Session, edition: Edition, use: CodeUse) -> tuple[str, ...]:
    """Billable codes below the code, or below the longest beginning of it that has any: as far up as the category."""
    if use.system != CodeSystem.ICD10CM:
        return ()
    for length in range(len(use.code), CATEGORY - 1, -1):
        query = select(Code.code).where(*_of(edition), col(Code.is_billable), _begins(use.code[:length]))
        codes = session.exec(query.order_by(func.length(Code.code), Code.code).limit(NEAR)).all()
        if codes:
            return tuple(codes)
    return ()
