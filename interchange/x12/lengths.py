"""How much the guides let a segment hold: what a writer proves of all that it sends, whatever loop it stands in.

A length is that of the element in the dictionary, so it is taken from every guide that uses the segment, the longest
of them. Elements that the guides know by their codes or as dates have none here: they are chosen from a list.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from billing.characters import SENDABLE
from interchange.x12.elements import ElementRule
from interchange.x12.fields import COMPONENT, REPETITION
from interchange.x12.grammar import Loop, SegmentRule
from interchange.x12.guides.every import GUIDES
from interchange.x12.making import Memory

ANY_LENGTH = 1_000_000
_MEASURED = {"AN": "characters", "R": "digits", "N": "digits"}
_DATA = f"[{re.escape(''.join(sorted(SENDABLE)))}]"
"""What may stand in a component"""
REQUIRED = frozenset({("CLM", 1), ("CLP", 1)})
"""What an answer is found by: never empty"""


@dataclass(frozen=True, slots=True)
class Limit:
    """What an element, or a component, may hold."""

    maximum: int = ANY_LENGTH
    unit: str = "characters"
    """Digits where sign and point do not count"""
    components: tuple["Limit", ...] = ()


@cache
def limits(segment: str) -> tuple[Limit, ...]:
    """Of each element from 01; none for a segment that no guide knows."""
    rules = [rule.elements for rule in _rules() if rule.id == segment]
    return tuple(_merged(rules))


def excess(segment: Sequence[str]) -> tuple[int, str] | None:
    """The first element of a segment that is longer than it may be, or that must not be empty, and what is wrong with
    it. Composites are joined with `:`, repetitions with `^`."""
    name, known = segment[0], limits(segment[0])
    for number, limit in enumerate(known, start=1):
        text = segment[number] if number < len(segment) else ""
        if not text and (name, number) in REQUIRED:
            return number, "is empty: give the claim its number"
        fault = _fault(text, limit)
        if fault is not None:
            return number, fault
    if len(segment) > len(known) + 1 and known:
        return len(known) + 1, f"is more than the {len(known)} elements that the segment has: send fewer"
    return None


def _pattern(segment: str) -> Callable[[str], object]:
    known = limits(segment)
    if not known:
        return re.compile(f"{segment}{_DATA[:-1]}*]*+" if segment.isascii() and segment.isalnum() else "(?!)").fullmatch
    required = rf"(?=\*{_DATA})" if (segment, 1) in REQUIRED else ""
    body = _one_by_one([_at_most(one) for one in known], r"\*", lead=True)
    return re.compile(re.escape(segment) + required + body).fullmatch


def _at_most(limit: Limit) -> str:
    if limit.components:
        return _one_by_one([_at_most(one) for one in limit.components], ":")
    return f"{_DATA}{{0,{limit.maximum}}}+" if limit.maximum < ANY_LENGTH else f"{_DATA}*+"


def _one_by_one(bodies: Sequence[str], separator: str, *, lead: bool = False) -> str:
    """These with separators between them, as many as there are."""
    tail = ""
    for number in range(len(bodies) - 1, -1, -1):
        tail = f"(?:{separator}{bodies[number]}{tail}|)" if number or lead else f"{bodies[number]}{tail}"
    return tail


@lru_cache(maxsize=4096)
def _fault(text: str, limit: Limit) -> str | None:
    for one in text.split(REPETITION):
        if not limit.components:
            fault = _length_fault(one, limit)
            if fault is not None:
                return fault
            continue
        parts = one.split(COMPONENT)
        if len(parts) > len(limit.components):
            return f"has {len(parts)} components where {len(limit.components)} are allowed: send fewer"
        for part, component in zip(parts, limit.components, strict=False):
            fault = _length_fault(part, component)
            if fault is not None:
                return fault
    return None


def _length_fault(text: str, limit: Limit) -> str | None:
    count = sum(map(str.isdigit, text)) if limit.unit == "digits" else len(text)
    return f"has {count} {limit.unit} where {limit.maximum} are allowed: shorten it" if count > limit.maximum else None


FITS: Mapping[str, Callable[[str], object]] = Memory(_pattern)
"""By segment id: matches the text of a segment with the delimiters of our interchanges, in which for certain nothing is
too long, missing, or outside X12's extended set; of any other `excess` says whether it fits"""


# From the guides --------------------------------------------------------------------------------------------------


@cache
def _rules() -> tuple[SegmentRule, ...]:
    return tuple(dict.fromkeys(rule for guide in GUIDES for rule in _below(guide.root)))


def _below(loop: Loop) -> Iterator[SegmentRule]:
    for slot in loop.slots:
        for node in slot:
            if isinstance(node, Loop):
                yield from _below(node)
            else:
                yield node.rule


def _merged(rules: Iterable[tuple[ElementRule, ...]]) -> Iterator[Limit]:
    """Element by element the longest of several rows."""
    every = list(rules)
    for at in range(max(map(len, every), default=0)):
        yield _longest([row[at] for row in every if at < len(row)])


def _longest(rules: Sequence[ElementRule]) -> Limit:
    composites = [rule.components for rule in rules if rule.components]
    if composites:
        return Limit(components=tuple(_merged(composites)))
    measured = [rule for rule in rules if rule.codes is None and rule.kind in _MEASURED and rule.usage != "-"]
    if not measured:
        return Limit()
    unit = "characters" if any(rule.kind == "AN" for rule in measured) else "digits"
    return Limit(max(rule.maximum for rule in measured), unit)
