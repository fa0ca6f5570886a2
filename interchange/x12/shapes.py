"""Recognising a run of segments that was seen before: most claims of a file differ in their values only.

Which loops a run opens, and whether anything is missing or out of order in it, depends on nothing but where the walk
stood and on the keys of its segments. So that is worked out once, by the walker, and remembered as a shape. A run whose
shape is known costs a look-up and one regex per segment; any other, and any with a fault in it, is walked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from interchange.x12.grammar import Guide, Key, SegmentRule, State
from interchange.x12.issues import Issue
from interchange.x12.syntax import Delimiters, Segment
from interchange.x12.walking import Walker

KEPT = 4_096
"""Shapes that are remembered per guide and set of delimiters; real files have a few hundred"""
PREFIXES_KEPT = 50_000
LONG = 8
"""Characters in which a segment id, its separator, a qualifier and the next separator have room"""
SHORT = 3


@dataclass(slots=True)
class Shape:
    """A run of segments that fits the guide."""

    after: State
    loops: tuple[str, ...]
    """Loop id of each segment"""
    matchers: tuple[Callable[[str], object], ...]
    """What each segment must match"""
    plan: Any = None
    """What a reader worked out about runs of this shape"""


@dataclass(frozen=True, slots=True)
class Walked:
    """A run that was taken segment by segment."""

    loops: tuple[str, ...]
    issues: list[Issue]
    """In the order of the segments; what the claim lacks comes last"""
    shape: Shape | None
    """What will be recognised from now on; None when the run has a fault in its structure"""


@dataclass(slots=True)
class _Book:
    shapes: dict[tuple[State, tuple[Key, ...]], Shape] = field(default_factory=dict)
    short: dict[str, Key] = field(default_factory=dict)
    """Keys of segments without a qualifier, by their first three characters"""
    long: dict[str, Key] = field(default_factory=dict)
    """Keys of the others, by their first eight"""


_BOOKS: dict[tuple[Guide, Delimiters], _Book] = {}


class Recogniser:
    """Takes runs of segments of one transaction: at once where their shape is known, else through the walker."""

    def __init__(self, walker: Walker) -> None:
        self._live = walker
        self._guide, self._delimiters = walker.guide, walker.delimiters
        if len(_BOOKS) > 64:
            _BOOKS.clear()
        self._book = _BOOKS.setdefault((walker.guide, walker.delimiters), _Book())
        self._state: State | None = None

    def recognise(self, texts: Sequence[str]) -> Shape | None:
        """The shape of a run that fits in every way; None when it must be walked."""
        state = self._state
        if state is None:
            state = self._state = self._live.state()
        short, long = self._book.short.get, self._book.long.get
        keys = tuple([short(text[:SHORT]) or long(text[:LONG]) or self._key(text) for text in texts])
        shape = self._book.shapes.get((state, keys))
        if shape is None:
            return None
        for match, text in zip(shape.matchers, texts, strict=True):
            if match(text) is None:
                return None
        self._state = shape.after
        return shape

    def walker(self) -> Walker:
        """The walker, where the runs have come to."""
        if self._state is not None:
            self._live.resume(self._state)
            self._state = None
        return self._live

    def walk(self, run: Sequence[Segment], following: Segment | None) -> Walked:
        """Take a run segment by segment: one whose shape is new, or that has a fault. A claim in it is closed."""
        walker = self.walker()
        before = walker.state()
        issues: list[Issue] = []
        loops: list[str] = []
        rules: list[SegmentRule] = []
        fits = True
        for segment in run:
            known = walker.advance(segment)
            fits = fits and known and not walker.missing and all(one.level == "element" for one in walker.issues)
            issues += walker.missing
            issues += walker.issues
            loops.append(walker.loop)
            if known and walker.place is not None:
                rules.append(walker.place.rule)
        missing = walker.close_claim(following)
        issues += missing
        if not fits or missing:
            return Walked(tuple(loops), issues, None)
        return Walked(tuple(loops), issues, self._learn(before, [one.text for one in run], loops, rules))

    def _learn(self, before: State, texts: list[str], loops: list[str], rules: list[SegmentRule]) -> Shape:
        keys = tuple([self._key(text) for text in texts])
        shape = Shape(self._live.state(), tuple(loops), tuple([self._live.pattern(rule).fullmatch for rule in rules]))
        if len(self._book.shapes) >= KEPT:
            self._book.shapes.clear()
        self._book.shapes[before, keys] = shape
        return shape

    def _key(self, text: str) -> Key:
        separator = self._delimiters.element
        key = self._guide.key(tuple(text.split(separator)), self._delimiters.component)
        name = key if isinstance(key, str) else key[0]
        is_plain = isinstance(key, str) and len(name) <= SHORT and self._guide.qualifiers.get(name) is None
        if is_plain and (len(name) == SHORT or text[len(name) : SHORT] == separator):
            self._book.short[text[:SHORT]] = key
        elif isinstance(key, tuple) and text.startswith(f"{name}{separator}{key[1]}") and self._is_told(text, key):
            if len(self._book.long) >= PREFIXES_KEPT:
                self._book.long.clear()
            self._book.long[text[:LONG]] = key
        return key

    def _is_told(self, text: str, key: tuple[str, str]) -> bool:
        """Whether the first eight characters tell the key: its qualifier ends before they do."""
        end = len(key[0]) + 1 + len(key[1])
        return end < LONG and text[end : end + 1] in {self._delimiters.element, self._delimiters.component, ""}
