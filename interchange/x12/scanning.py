"""One regex for the runs that come most often: it recognises a run in the text of a block, and cuts out its elements.

The shapes that were met often from one state of the walk are joined into a tree, segment by segment: what they begin
with is matched once, and where they part the next segment decides. Every segment is matched by the same regex as when
it is walked, only its qualifier is fixed: which group closes last tells the shape. What the regex does not take is
nothing worse than unknown: it is read the long way.
"""

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from interchange.x12 import elements
from interchange.x12.elements import ElementRule
from interchange.x12.grammar import Key, SegmentRule
from interchange.x12.syntax import Delimiters

WHOLE = 0
"""Stands for the whole segment where an element number is asked for"""
_LINE_ENDS = "\r\n"
"""A text that holds one is read the long way: at the end of a segment it would be no part of the text"""
LONGEST = 60
"""Segments of a run that is scanned for; a longer one is recognised segment by segment"""


@dataclass(frozen=True, slots=True)
class Step:
    """One segment of a run, as the regex takes it."""

    rule: SegmentRule
    loop: str
    code: str
    """Its qualifier, `""` where it has none"""
    reach: int
    """Its last element; what is longer is read the long way"""
    captured: tuple[int, ...] = ()


class Former(Protocol):
    """What a transaction set makes of a run that was scanned."""

    def captured(self, loop: str, name: str, code: str) -> tuple[int, ...]:
        """The elements that nouns are made of, or WHOLE."""
        ...

    def maker(self, run: Sequence[Step]) -> Callable[..., Any] | None:
        """The function that makes the nouns of the texts captured, which may raise Unreadable; None for a run that is
        to be read the long way. The texts are in the order of segments and numbers, None for what was not sent."""
        ...


@dataclass(frozen=True, slots=True)
class Path:
    """A run that is scanned for, and what it stands for."""

    steps: tuple[Step, ...]
    shape: Any
    make: Callable[..., Any]
    opens: str
    """Segment id of its first segment"""


@dataclass(slots=True)
class Scanner:
    """The regex of all runs from one state."""

    match: Callable[[str, int], re.Match[str] | None]
    leaves: dict[int | None, tuple[Path, tuple[int, ...]]]
    """By the group that closes last: which run it was, and the groups of its values"""
    size: int
    """Bytes of memory that the regex takes"""


def step(rule: SegmentRule, key: Key, reach: int, loop: str, position: int | None, former: Former) -> Step | None:
    """A segment with this key; None where the guide does not list its qualifier."""
    code = key if isinstance(key, str) else key[1]
    if isinstance(key, str) or position is None:
        code = ""
    elif code not in _codes(rule.elements[position - 1]):
        return None
    wanted = [one for one in former.captured(loop, rule.id, code) if one <= reach]
    captured = tuple([one for one in wanted if one == WHOLE or rule.elements[one - 1].usage != "-"])
    return Step(rule, loop, code, reach, captured)


def _codes(rule: ElementRule) -> frozenset[str]:
    return (rule.components[0].codes if rule.components else rule.codes) or frozenset()


@dataclass(slots=True)
class _Node:
    paths: dict[Step, "_Node"] = field(default_factory=dict)
    path: Path | None = None


def scanner(
    paths: Iterable[Path], delimiters: Delimiters, glue: str, ends: Iterable[str], qualifiers: dict[str, int]
) -> Scanner:
    """Join these runs, which have no two in common; behind each of them stands one of `ends`."""
    root = _Node()
    for path in paths:
        node = root
        for one in path.steps:
            node = node.paths.setdefault(one, _Node())
        node.path = path
    writer = _Writer(delimiters, re.escape(glue), "|".join(map(re.escape, sorted(ends))), qualifiers)
    text = writer.write(root, ())
    pattern = re.compile(text, re.ASCII)
    return Scanner(pattern.match, writer.leaves, sys.getsizeof(pattern))


@dataclass(slots=True)
class _Writer:
    delimiters: Delimiters
    glue: str
    ends: str
    qualifiers: dict[str, int]
    leaves: dict[int | None, tuple[Path, tuple[int, ...]]] = field(default_factory=dict)
    _groups: int = 0

    def write(self, node: _Node, groups: tuple[int, ...]) -> str:
        """The regex from this place on; `groups` are those of the run up to here."""
        ways = []
        for one, behind in node.paths.items():
            first = self._groups + 1
            self._groups += len(one.captured)
            way = self._segment(one)
            ways.append(f"(?>{way}{self.glue}){self.write(behind, (*groups, *range(first, self._groups + 1)))}")
        if node.path is not None:
            self._groups += 1
            self.leaves[self._groups] = (node.path, groups)
            ways.append(f"(?={self.ends})()")
        return ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"

    def _segment(self, one: Step) -> str:
        rules = list(one.rule.elements[: one.reach])
        if one.code:
            position = self.qualifiers[one.rule.id] - 1
            rules[position] = _fixed(rules[position], one.code)
        known = [rule for rule in one.rule.conditions if rule[0] == "R" or min(rule[1]) <= one.reach]
        return elements.segment_regex(
            one.rule.id, tuple(rules), tuple(known), self.delimiters, captured=one.captured, foreign=_LINE_ENDS
        )


def _fixed(rule: ElementRule, code: str) -> ElementRule:
    """The rule of a qualifier that is known."""
    if rule.components:
        return replace(rule, components=(_fixed(rule.components[0], code), *rule.components[1:]))
    return replace(rule, codes=frozenset({code}))
