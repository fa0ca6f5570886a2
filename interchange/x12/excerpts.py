"""The raw segment that an issue speaks of, cut to a line's length, and where its faulty element stands in it."""

from dataclasses import dataclass
from typing import BinaryIO

from interchange.x12.issues import Issue
from interchange.x12.syntax import Delimiters, Segment, segment_text

_BEFORE, _LENGTH = 40, 160
_CUT = "..."


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A piece of the file: it holds what the file holds, patients' data included."""

    text: str
    start: int
    """Column in `text` where the fault stands, from 0"""
    length: int
    """Characters of the faulty element or component, at least 1"""


def excerpt(file: BinaryIO, issue: Issue, delimiters: Delimiters) -> Excerpt | None:
    """Cut out the segment that the issue stands at, from a file that can be sought; None when it names no place."""
    if issue.offset is None:
        return None
    file.seek(issue.offset)
    text = segment_text(file, delimiters)
    return _excerpt(Segment(tuple(text.split(delimiters.element)), text, 0, issue.offset), issue, delimiters)


def _excerpt(segment: Segment, issue: Issue, delimiters: Delimiters) -> Excerpt:
    start, length = 0, len(segment.id)
    if issue.element is not None and issue.segment == segment.id:
        parts = segment.text.split(delimiters.element)
        number = min(issue.element, len(parts) - 1)
        start, length = len(delimiters.element.join(parts[:number])) + 1, len(parts[number])
        if issue.element >= len(parts):
            start, length = len(segment.text), 1
        elif issue.component is not None:
            pieces = parts[number].split(delimiters.component)[: issue.component]
            start, length = start + len(delimiters.component.join(pieces)) - len(pieces[-1]), len(pieces[-1])
    return _cut(segment.text, start, max(length, 1))


def _cut(text: str, start: int, length: int) -> Excerpt:
    """At most _LENGTH characters around the fault."""
    first = max(start - _BEFORE, 0) if start + length > _LENGTH else 0
    last = first + _LENGTH
    before, after = _CUT if first else "", _CUT if last < len(text) else ""
    shown = min(length, last - start)
    return Excerpt(f"{before}{text[first:last]}{after}", len(before) + start - first, shown)
