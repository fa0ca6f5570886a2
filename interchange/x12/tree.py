"""A file as a tree for reading: interchange, group, transaction, loops, segments, and on demand each element.

Lines come one by one as the file is read. They hold what the file holds, patients' data included.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from interchange.x12.elements import ElementRule
from interchange.x12.envelope import TransactionId
from interchange.x12.guides import names
from interchange.x12.places import Placed, place
from interchange.x12.syntax import Delimiters, Segment, Source

Kind = Literal["interchange", "group", "transaction", "loop", "segment", "element"]

_KINDS = {
    "R": "decimal number",
    "N": "whole number",
    "DT": "date CCYYMMDD",
    "PD": "date or two dates",
    "SP": "two dates",
    "DH": "date, or date with time",
    "TM": "time",
    "COMPOSITE": "composite",
}
_USAGE = {"!": "required", "?": "situational", "-": "not used"}
_MANY_CODES = 12


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the tree."""

    kind: Kind
    depth: int
    """0 for an interchange"""
    text: str
    """The segment's or element's text, or what a heading names: `2300`, `837 0001`"""
    name: str = ""
    """Plain words for it, `""` when there are none"""
    position: int | None = None
    """Of a segment: its place in the transaction, ST = 1, or in the file when it stands outside of one"""
    rule: str = ""
    """Of an element: what the guide allows there"""


def lines(source: Source, *, elements: bool = False, claim: str | None = None) -> Iterator[Line]:
    """The tree of a file. `elements` adds a line for each element and component that is not empty; `claim` (CLM01,
    CLP01, or TRN02 of a status) leaves only the claims of that number, under the headings they stand under.

    A file without ISA is read with guessed delimiters. Raises NotX12 when nothing looks like a segment.
    """
    tree = _Tree()
    for placed in place(source, needs_header=False):
        for heading in tree.headings(placed):
            if claim is None:
                yield heading
        if claim is not None and placed.control_number != claim:
            continue
        yield from tree.due(is_filtered=claim is not None)
        yield tree.segment(placed)
        if elements:
            yield from _element_lines(placed, tree.depth + 1)


class _Tree:
    """Follows the headings that the next segment stands under."""

    def __init__(self) -> None:
        self.depth = 0
        self._open: list[Line] = []
        self._shown: list[Line] = []
        self._transaction: TransactionId | None = None
        self._has_group = False

    def headings(self, placed: Placed) -> list[Line]:
        """The headings that open with this segment, outermost first."""
        segment, found = placed.segment, list[Line]()
        if segment.id == "ISA":
            self._open, self._has_group = [], False
            found.append(_interchange(segment))
        elif segment.id == "GS":
            self._cut("group")
            self._has_group = True
            found.append(_group(segment, len(self._open)))
        elif placed.transaction is None:
            self._cut("transaction")
            self._has_group = self._has_group and segment.id not in {"GE", "IEA"}
            if segment.id == "IEA":
                self._cut("group")
        elif placed.transaction is not self._transaction:
            self._cut("transaction")
            found.append(_transaction(placed, len(self._open)))
        self._transaction = placed.transaction
        self._open += found
        if placed.transaction is not None:
            found += self._loops(placed)
        self.depth = len(self._open)
        return found

    def due(self, *, is_filtered: bool) -> Iterator[Line]:
        """With a filter, the open headings that were not shown yet."""
        if is_filtered:
            yield from (line for line in self._open if not any(line is shown for shown in self._shown))
            self._shown = list(self._open)

    def segment(self, placed: Placed) -> Line:
        """The line of the segment itself."""
        segment = placed.segment
        role = names.ROLES.get(segment.get(1)) if segment.id in {"NM1", "N1"} else None
        name = role or names.segment_name(segment.id)
        if placed.guide is not None and placed.rule is None:
            name = f"{name} (has no place here)".lstrip()
        return Line("segment", self.depth, segment.text, name, segment.position or segment.index)

    def _cut(self, kind: Kind) -> None:
        """Close the innermost headings down to the first of `kind`, and what can only stand below it."""
        closing = {"group", "transaction", "loop"} if kind == "group" else {"transaction", "loop"}
        while self._open and self._open[-1].kind in closing:
            self._open.pop()

    def _loops(self, placed: Placed) -> list[Line]:
        kept = len(placed.loops) - placed.opened_count
        outside = sum(line.kind != "loop" for line in self._open)
        del self._open[outside + kept :]
        version = placed.guide.version if placed.guide else ""
        found = [
            Line("loop", outside + kept + number, loop, names.loop_name(version, loop))
            for number, loop in enumerate(placed.loops[kept:])
        ]
        self._open += found
        return found


def _interchange(isa: Segment) -> Line:
    usage = {"P": "production", "T": "test"}.get(isa.get(15), "")
    name = ", ".join(text for text in (f"{isa.get(6).strip()} to {isa.get(8).strip()}", usage) if text)
    return Line("interchange", 0, isa.get(13), name)


def _group(gs: Segment, depth: int) -> Line:
    return Line("group", depth, f"{gs.get(1)} {gs.get(6)}".strip(), gs.get(8))


def _transaction(placed: Placed, depth: int) -> Line:
    identity = placed.transaction
    assert identity is not None
    words = f"{identity.st01} {identity.st02}".strip() or "segments outside ST..SE"
    guide = placed.guide.version if placed.guide else identity.version
    name = guide if placed.guide else f"{guide}: no guide known, shown flat".removeprefix(": ")
    return Line("transaction", depth, words, name)


# Elements ---------------------------------------------------------------------------------------------------------


def _element_lines(placed: Placed, depth: int) -> Iterator[Line]:
    segment, marks = placed.segment, placed.delimiters
    rules = placed.rule.elements if placed.rule else ()
    for number, text in enumerate(segment.elements[1:], start=1):
        if not text:
            continue
        rule = rules[number - 1] if number <= len(rules) else None
        label = f"{segment.id}{number:02d}"
        name = names.element_name(segment.id, number)
        is_composite = rule is not None and bool(rule.components)
        yield Line("element", depth, f"{label} {text}", name, rule="" if is_composite else _rule_text(rule))
        if is_composite and rule is not None:
            yield from _component_lines(text, rule, label, depth + 1, marks)


def _component_lines(text: str, rule: ElementRule, label: str, depth: int, marks: Delimiters) -> Iterator[Line]:
    for one in text.split(marks.repetition) if marks.repetition else [text]:
        for number, part in enumerate(one.split(marks.component), start=1):
            allowed = rule.components[number - 1] if number <= len(rule.components) else None
            if part:
                yield Line("element", depth, f"{label}-{number} {part}", rule=_rule_text(allowed))


def _rule_text(rule: ElementRule | None) -> str:
    """`required, one of 1, 2`; `situational, at most 60 characters`."""
    if rule is None:
        return ""
    if rule.usage == "-":
        return _USAGE["-"]
    if rule.codes is not None:
        codes = sorted(rule.codes)
        what = "one of " + ", ".join(codes[:_MANY_CODES]) + (", ..." if len(codes) > _MANY_CODES else "")
    else:
        what = _KINDS.get(rule.kind) or f"{_length(rule)} characters"
    return f"{_USAGE[rule.usage]}, {what}"


def _length(rule: ElementRule) -> str:
    if rule.minimum == rule.maximum:
        return str(rule.maximum)
    return f"{rule.minimum} to {rule.maximum}"
