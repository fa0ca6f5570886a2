"""Recognising a run of segments that was seen before: most claims of a file differ in their values only.

Which loops a run opens, and whether anything is missing or out of order in it, depends on nothing but where the walk
stood and on the keys of its segments. So that is worked out once, by the walker, and remembered as a shape. A run whose
shape is known costs a look-up and one regex per segment; any other, and any with a fault in it, is walked. The shapes
that come most often cost one regex for the whole run (`scanning`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import gt
from typing import Any

from interchange.x12.grammar import Guide, Key, SegmentRule, State
from interchange.x12.issues import Issue
from interchange.x12.scanning import LONGEST, Former, Path, Scanner, scanner, step
from interchange.x12.syntax import Delimiters, Segment
from interchange.x12.walking import Walker

KEPT = 4_096
"""Shapes that are remembered per guide and set of delimiters; real files have a few hundred"""
PREFIXES_KEPT = 50_000
OFTEN = 5
"""Times that a shape is met before it is scanned for"""
PATIENCE = 60
"""Runs that come the long way before a regex is made, or made anew"""
PATIENCE_A_SHAPE = 10
"""As many more for each shape that it will know: what making it costs"""
STATES_KEPT = 1_000
"""States from which what comes often is counted; real files have a few dozen"""
SCANNED = 32
"""Shapes that are scanned for from one state"""
REGEX_BYTES = 2_000_000
"""Memory that all scanners of one guide may take; no more are made then"""
LONG = 8
"""Characters in which a segment id, its separator, a qualifier and the next separator have room"""
SHORT = 3


@dataclass(slots=True, eq=False)
class Shape:
    """A run of segments that fits the guide."""

    after: State
    loops: tuple[str, ...]
    """Loop id of each segment"""
    matchers: tuple[Callable[[str], object], ...]
    """What each segment must match"""
    rules: tuple[SegmentRule, ...]
    keys: tuple[Key, ...]
    plan: Any = None
    """What a reader worked out about runs of this shape"""
    met: int = 0
    """How often it was recognised the long way"""
    reach: list[int] = field(default_factory=list)
    """The last element of each segment in any of those runs"""


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
    often: dict[int, dict[State | None, "_Often"]] = field(default_factory=dict)
    """What is scanned for, by how many characters stand between two segments and by the state"""
    scanners: dict[int, dict[State | None, Scanner]] = field(default_factory=dict)
    """The regexes of those that have one, likewise"""
    regex_bytes: int = 0
    """Memory that the scanners take"""


@dataclass(slots=True)
class _Often:
    """The shapes that come often from one state."""

    shapes: list[Shape] = field(default_factory=list)
    misses: int = 0
    """Runs since the regex was made that came the long way"""
    is_stale: bool = False
    """There is a shape, or a longer segment, that the regex does not know"""


_BOOKS: dict[tuple[Guide, Delimiters, Former | None], _Book] = {}


class Recogniser:
    """Takes runs of segments of one transaction: at once where their shape is known, else through the walker."""

    def __init__(self, walker: Walker, former: Former | None = None, ends: Iterable[str] = ()) -> None:
        """`former` makes nouns of the runs that are scanned; behind such a run stands one of `ends`."""
        self._live = walker
        self._guide, self._delimiters = walker.guide, walker.delimiters
        self._former, self._following = former, tuple(ends)
        if len(_BOOKS) > 64:
            _BOOKS.clear()
        self._book = _BOOKS.setdefault((walker.guide, walker.delimiters, former), _Book())
        self._state: State | None = None
        self._glue = 0

    def scan(self, text: str, place: int, glue: int) -> tuple[Path, tuple[str | None, ...], int] | None:
        """The run at this place of a block's text, what was captured of it, and where it ends; None when it must be
        recognised or walked. It is not taken until `take` is called."""
        self._glue = glue
        often = self._scanners(glue).get(self._state)
        found = often.match(text, place) if often is not None else None
        if often is None or found is None:
            return None
        path, groups = often.leaves[found.lastindex]
        return path, found.group(*groups), found.end()

    def scanners(self, glue: int) -> tuple[Mapping[State | None, Scanner], State | None]:
        """The regexes of all runs by the state that they start from, and the state that the runs have come to: for a
        reader that wants only what they capture, and goes on from the state behind each."""
        self._glue = glue
        return self._scanners(glue), self._state

    def _scanners(self, glue: int) -> dict[State | None, Scanner]:
        return self._book.scanners.setdefault(glue, {})

    def take(self, path: Path) -> None:
        """Go on behind a run that was scanned."""
        self._state = path.shape.after

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
        if self._former is not None and self._glue and len(texts) <= LONGEST:
            self._meet(state, shape, texts, self._former)
        return shape

    def _meet(self, state: State, shape: Shape, texts: Sequence[str], former: Former) -> None:
        """Count a run that came the long way; make the regex anew when that pays."""
        book, separator = self._book, self._delimiters.element
        if sum(map(len, book.often.values())) >= STATES_KEPT:
            book.often.clear()
            book.scanners.clear()
            book.regex_bytes = 0
        often = book.often.setdefault(self._glue, {}).setdefault(state, _Often())
        counts = [text.count(separator) for text in texts]
        if not shape.met:
            shape.reach = counts
        shape.met += 1
        if any(map(gt, counts, shape.reach)):
            shape.reach = list(map(max, counts, shape.reach))
            often.is_stale = True
        if shape.met >= OFTEN and shape not in often.shapes and len(often.shapes) < SCANNED:
            often.shapes.append(shape)
            often.is_stale = True
        often.misses += 1
        wanted = PATIENCE + PATIENCE_A_SHAPE * len(often.shapes)
        if often.is_stale and often.misses > wanted and book.regex_bytes < REGEX_BYTES:
            self._make_scanner(state, often, former)

    def _make_scanner(self, state: State, often: _Often, former: Former) -> None:
        paths = [path for path in [self._path(shape, former) for shape in often.shapes] if path is not None]
        glue = self._delimiters.segment + "\n" * (self._glue - 1)
        often.misses, often.is_stale = 0, False
        if not paths:
            return
        scanners = self._scanners(self._glue)
        self._book.regex_bytes -= scanners[state].size if state in scanners else 0
        scanners[state] = scanner(paths, self._delimiters, glue, self._following, self._guide.qualifiers)
        self._book.regex_bytes += scanners[state].size

    def _path(self, shape: Shape, former: Former) -> Path | None:
        """The run of a shape as it is scanned for; None when it cannot be."""
        positions = self._guide.qualifiers
        steps = [
            step(rule, key, reach, loop, positions.get(rule.id), former)
            for rule, key, reach, loop in zip(shape.rules, shape.keys, shape.reach, shape.loops, strict=True)
        ]
        known = [one for one in steps if one is not None]
        make = former.maker(known) if len(known) == len(steps) else None
        return Path(tuple(known), shape, make, known[0].rule.id) if make is not None else None

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
        matchers = tuple([self._live.pattern(rule).fullmatch for rule in rules])
        shape = Shape(self._live.state(), tuple(loops), matchers, tuple(rules), keys)
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
        """Whether the first eight characters tell the key: its qualifier stands in them, and not what looks like it
        (HL01 may be 22 at any level), and ends before they do."""
        if self._guide.qualifiers[key[0]] != 1:
            return False
        end = len(key[0]) + 1 + len(key[1])
        return end < LONG and text[end : end + 1] in {self._delimiters.element, self._delimiters.component, ""}
