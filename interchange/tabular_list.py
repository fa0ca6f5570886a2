"""Reads the ICD-10-CM tabular list (CDC/NCHS, XML): which codes exclude each other by an Excludes1 note.

A note stands at a chapter, a section, a category or a code, and holds for everything below it. It names what it
excludes in words with the codes in brackets: `(E08.-)`, `(O24.4-)`, `(A30-A49, B95)`. A note without codes says nothing
that a program could ask.
"""

import re
from collections.abc import Iterator
from typing import IO
from xml.etree.ElementTree import Element, ParseError, iterparse

from billing.coding_rules import CodeRange, Exclusion
from interchange.code_files import BadLine

_CODE = r"[A-Z][0-9][0-9A-Z](?:\.[0-9A-Z]{1,4})?(?:\.?-(?![A-Z0-9]))?"
_NAMED = re.compile(rf"({_CODE})(?:\s?(?:-|to)\s?({_CODE}))?")
_BRACKETS = re.compile(r"\(([^()]*)\)")
_PLACES = {"chapter", "section", "diag"}


def read(file: IO[bytes]) -> Iterator[Exclusion | BadLine]:
    """Every Excludes1 note as ranges of codes."""
    stack: list[Element] = []
    try:
        for event, element in iterparse(file, events=("start", "end")):
            if event == "start":
                stack.append(element)
                continue
            stack.pop()
            if element.tag == "excludes1" and stack and stack[-1].tag in _PLACES:
                yield from _exclusions(_place(stack[-1]), element)
            elif element.tag == "diag":
                element.clear()
    except ParseError as error:
        yield BadLine(error.position[0], f"is no XML: {error}")


def _place(element: Element) -> CodeRange | None:
    """What a note stands at: the code, or the range of the section or the chapter."""
    if element.tag == "diag":
        return _range(element.findtext("name") or "", None)
    text = element.get("id") or element.findtext("desc") or ""
    found = _NAMED.search(text)
    return None if found is None else _range(found[1], found[2])


def _exclusions(place: CodeRange | None, notes: Element) -> Iterator[Exclusion]:
    if place is None:
        return
    for note in notes.iter("note"):
        for inside in _BRACKETS.findall(note.text or ""):
            for first, last in _NAMED.findall(inside):
                yield Exclusion(place, _range(first, last or None))


def _range(first: str, last: str | None) -> CodeRange:
    return CodeRange(_bare(first), _bare(last or first))


def _bare(code: str) -> str:
    return code.replace(".", "").rstrip("-")
