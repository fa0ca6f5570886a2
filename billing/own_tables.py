"""Places of service and modifiers: small tables in the office's own words, `own_tables.txt` beside this file.

They need no edition. Modifiers and places that payers or states made for themselves are in none of them, so a code
that is missing here is not wrong.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import resources

from billing.code_concepts import Concept, concepts
from billing.code_memory import MemoryIndex
from billing.code_search import Answer, Question, search
from billing.code_tables import CodeEntry, CodeTerm, TermKind

MADE_ON = date(2026, 1, 1)
"""The day by which the tables were written"""


class OwnTable(StrEnum):
    """A table that ships with the office."""

    POS = "pos"
    """Places of service (CMS; CLM05-1 and SV105)"""
    MODIFIER = "modifier"
    """Modifiers of CPT by number and of HCPCS (CMS; SV101-3 to SV101-6)"""


OWN_NAMES = {OwnTable.POS: "Place of service", OwnTable.MODIFIER: "Modifier"}
"""As people write them"""


def find(table: OwnTable, asked: Question, *, limit: int) -> list[tuple[CodeEntry, Answer]]:
    """Codes that begin as the question does, or else those that fit its words, best first."""
    entries, index = _table(table)
    prefix = asked.prefix or "".join(asked.words).upper()
    if begun := [one for code, one in entries.items() if prefix and code.startswith(prefix)]:
        return [(one, Answer(one.code, 1.0, "")) for one in begun[:limit]]
    return [(entries[one.code], one) for one in search(index, asked, limit=limit)]


def codes(table: OwnTable) -> Sequence[str]:
    """Every code of the table."""
    return tuple(_table(table)[0])


@cache
def _table(table: OwnTable) -> tuple[Mapping[str, CodeEntry], MemoryIndex]:
    text = resources.files("billing").joinpath("own_tables.txt").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    entries = {code: _entry(code, words) for name, code, words, _ in rows if name == table}
    terms = [
        CodeTerm(code, one.strip(), TermKind.INCLUSION)
        for name, code, _, others in rows
        if name == table
        for one in others.split("|")
        if one.strip()
    ]
    made: Sequence[Concept] = concepts(entries.values(), terms)
    return entries, MemoryIndex(made)


def _entry(code: str, words: str) -> CodeEntry:
    return CodeEntry(code, words, words, True, MADE_ON, None)
