"""Reads the ICD-10-CM tabular list (CDC/NCHS, XML): its codes with their titles, and the other words for them.

A `diag` holds `name`, `desc`, notes and the `diag`s below it. One without any below is for claims. Where a
`sevenChrDef` stands at it or above, its codes are those with each of the seventh characters, X in the empty places
before it, and the character's meaning behind the title, as in the order file.

The other words are `inclusionTerm` (conditions for which the code is used) and `includes` (what a category takes in).
"""

import re
from collections.abc import Iterator
from typing import IO
from xml.etree.ElementTree import Element, ParseError, iterparse

from billing.code_tables import CodeEntry, CodeTerm, Edition, TermKind
from interchange.code_files import SHORT, BadLine

SEVENTH = 6
"""Characters before the seventh"""
_DIED = re.compile("S06..[78][DS]")
"""Codes that a note takes out again: who died of a head injury before waking has no later encounter"""
_KINDS = {"inclusionTerm": TermKind.INCLUSION, "includes": TermKind.INCLUDES}


def read(file: IO[bytes], edition: Edition) -> Iterator[CodeEntry | CodeTerm | BadLine]:
    """Every code, headings behind what is below them, each before its other words."""
    stack: list[Element] = []
    try:
        for event, element in iterparse(file, events=("start", "end")):
            if event == "start":
                stack.append(element)
                continue
            stack.pop()
            if element.tag == "diag":
                yield from _entries(element, stack, edition)
                yield from _terms(element)
                _forget(element)
    except ParseError as error:
        yield BadLine(error.position[0], f"is no XML: {error}")


def _entries(diag: Element, above: list[Element], edition: Edition) -> Iterator[CodeEntry]:
    code, title = _code(diag), _text(diag.find("desc"))
    is_heading = diag.find("diag") is not None
    sevenths = [] if is_heading else _sevenths([diag, *reversed(above)])
    yield _entry(code, title, not is_heading and not sevenths, edition)
    for character, meaning in sevenths:
        whole = code.ljust(SEVENTH, "X") + character
        if not _DIED.fullmatch(whole):
            yield _entry(whole, f"{title}, {meaning}", True, edition)


def _sevenths(places: list[Element]) -> list[tuple[str, str]]:
    """The seventh characters of the nearest place that has any, with their meanings."""
    for place in places:
        found = place.find("sevenChrDef")
        if found is not None:
            return [(one.get("char", ""), _text(one)) for one in found.iter("extension")]
    return []


def _terms(diag: Element) -> Iterator[CodeTerm]:
    code = _code(diag)
    for tag, kind in _KINDS.items():
        for notes in diag.findall(tag):
            for note in notes.iter("note"):
                if text := _text(note):
                    yield CodeTerm(code, text, kind)


def _forget(diag: Element) -> None:
    """A category with everything below it is large; that it was there is all that is asked of it later."""
    diag.clear()
    diag.tag = "diag"


def _entry(code: str, title: str, is_billable: bool, edition: Edition) -> CodeEntry:
    return CodeEntry(code, title[:SHORT], title, is_billable, edition.valid_from, edition.valid_to)


def _code(diag: Element) -> str:
    return _text(diag.find("name")).replace(".", "")


def _text(element: Element | None) -> str:
    return "" if element is None else " ".join("".join(element.itertext()).split())
