"""A guide as data: a tree of loops and segments, compiled once into places.

`guides/` holds the tables. Each place remembers, for every key that ever followed it, the move that leads on: which
loops close, which open, and which required segments were passed over. `moves` finds a move, `walking` walks.
"""

import re
from dataclasses import dataclass

from interchange.x12 import elements
from interchange.x12.elements import ElementRule, Rule
from interchange.x12.syntax import Delimiters

Key = str | tuple[str, str]
ANY = "*"
STATES_KEPT = 10_000
"""States of a guide that are remembered; a well-made file has a few dozen"""


@dataclass(frozen=True, slots=True, eq=False)
class SegmentRule:
    """One row of a guide."""

    id: str
    required: bool
    max_use: int
    elements: tuple[ElementRule, ...]
    conditions: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class LoopRule:
    """One loop: it opens with its first segment."""

    id: str
    required: bool
    repeat: int
    children: tuple["SegmentRule | LoopRule", ...]


def segment(name: str, usage: str, max_use: int, table: str, conditions: str = "") -> SegmentRule:
    """A row: id, `R` or `S`, how often (0: any number), the elements' words, and conditions such as `P0304 C1110`."""
    rules = tuple(
        (word[0], tuple(int(word[at : at + 2]) for at in range(1, len(word), 2))) for word in conditions.split()
    )
    return SegmentRule(name, usage == "R", max_use, elements.parse_elements(table), rules)


def loop(name: str, usage: str, repeat: int, *children: SegmentRule | LoopRule) -> LoopRule:
    """A loop: id, `R` or `S`, how often (0: any number), what is in it."""
    return LoopRule(name, usage == "R", repeat, children)


class Place:
    """A segment rule at its place in the tree; `rule` of the place behind a whole loop is that of its first segment."""

    __slots__ = ("keys", "loop", "loop_id", "moves", "rank", "rule", "slot")

    def __init__(self, rule: SegmentRule, loop: "Loop", keys: tuple[Key, ...]) -> None:
        self.rule = rule
        self.loop = loop
        self.loop_id = loop.rule.id
        self.slot = 0
        self.rank = 0
        self.keys = keys
        self.moves: dict[Key, Move] = {}

    @property
    def limit(self) -> int:
        """How often it may come in one loop; 0: any number."""
        return self.rule.max_use


class Loop:
    """A loop rule at its place in the tree. Its slots hold what may stand in any order: equal segment ids in a row."""

    __slots__ = ("_behind", "parent", "path", "rule", "slot", "slots")

    def __init__(self, rule: LoopRule, parent: "Loop | None") -> None:
        self.rule = rule
        self.parent = parent
        self.path: tuple[str, ...] = (*(parent.path if parent else ()), rule.id)
        self.slot = 0
        self.slots: list[list[Place | Loop]] = []
        self._behind: Place | None = None

    @property
    def limit(self) -> int:
        """How often it may come in the loop around it; 0: any number."""
        return self.rule.repeat

    @property
    def start(self) -> Place:
        first = self.slots[0][0]
        return first if isinstance(first, Place) else first.start

    @property
    def behind(self) -> Place:
        """Where one stands when this loop was closed and nothing has come yet."""
        if self._behind is None:
            assert self.parent is not None, "nothing comes behind the root"
            self._behind = Place(self.start.rule, self.parent, ())
            self._behind.slot = self.slot
        return self._behind

    def required(self, start: int, end: int) -> "tuple[Place | Loop, ...]":
        return tuple(node for slot in self.slots[start:end] for node in slot if node.rule.required)


@dataclass(slots=True)
class Move:
    """From one place to the next."""

    place: Place
    leaves: tuple[tuple[Place | Loop, ...], ...] = ()
    """For each loop that closes, innermost first, what it must have held."""
    between: tuple[Place | Loop, ...] = ()
    """What the loop we stay in must have held by now."""
    opens: tuple[tuple[Loop, tuple[Place | Loop, ...]], ...] = ()
    """The loops that open, with what was passed over inside them."""
    misplaced: bool = False
    is_plain: bool = False
    """It stays, and no claim opens with it: the fast path"""

    @property
    def stays(self) -> bool:
        """Whether it goes on in the same loop and passes nothing over: then only the place itself is counted."""
        return not (self.leaves or self.between or self.opens or self.misplaced)


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """Where a walk stands between two runs of segments. Equal states of a guide are one object."""

    place: Place | None
    frames: tuple[frozenset[tuple[Place | Loop, int]], ...]
    """Per open loop, outermost first, what it has held and how often; no further than its limit matters"""


class Guide:
    """A compiled guide."""

    def __init__(
        self,
        version: str,
        transaction: str,
        root: LoopRule,
        *,
        qualifiers: dict[str, int],
        claim: tuple[str, str] = ("", ""),
        also: tuple[str, ...] = (),
    ) -> None:
        """`qualifiers` names, per segment id, the element whose code tells loops apart; `claim` is the segment whose
        element 01 is a claim's control number, and the loop it opens; `also` are other versions the table serves."""
        self.version = version
        self.versions = frozenset({version, *also})
        self.transaction = transaction
        self.qualifiers = qualifiers
        self.claim_segment, self.claim_loop = claim
        self.ids: set[str] = set()
        self.keys: set[Key] = set()
        self._ranks: dict[tuple[str, Key], int] = {}
        self._patterns: dict[Delimiters, dict[SegmentRule, re.Pattern[str]]] = {}
        self._states: dict[tuple[object, ...], State] = {}
        self.root = self._compile(root, None)
        self._loop_ranks: dict[str, tuple[int, int]] = {}
        """The first and the last rank in each loop"""
        for (loop_id, _), rank in self._ranks.items():
            first, last = self._loop_ranks.get(loop_id, (rank, rank))
            self._loop_ranks[loop_id] = (min(first, rank), max(last, rank))

    def patterns(self, delimiters: Delimiters) -> dict[SegmentRule, re.Pattern[str]]:
        """The regexes for one set of delimiters; filled as segments are met."""
        if len(self._patterns) > 16:
            self._patterns.clear()
        return self._patterns.setdefault(delimiters, {})

    def state(self, place: Place | None, frames: list[dict[Place | Loop, int]]) -> State:
        """The state of a walk, the same object whenever it is the same."""
        held = tuple(
            frozenset((node, min(count, node.limit + 1) if node.limit else 1) for node, count in frame.items())
            for frame in frames
        )
        if len(self._states) > STATES_KEPT:
            self._states.clear()
        return self._states.setdefault((place, held), State(place, held))

    def key(self, parts: tuple[str, ...], component: str) -> Key:
        """What tells this segment from others of its id: the id, or the id with its qualifier."""
        position = self.qualifiers.get(parts[0])
        if position is None:
            return parts[0]
        text = parts[position] if position < len(parts) else ""
        return parts[0], text.partition(component)[0] if component in text else text

    def rank(self, loop_id: str, parts: tuple[str, ...]) -> int:
        """The place of a segment in the guide's order, counted from the top; unknown ones stand last in their loop."""
        key = self.key(parts, ":")
        wild = (parts[0], ANY)
        found = self._ranks.get((loop_id, key), self._ranks.get((loop_id, wild)))
        if found is None:
            _, found = self._loop_ranks.get(loop_id, (0, 0))
        return found

    def loop_rank(self, loop_id: str) -> int:
        """The place of a loop's first segment in the guide's order."""
        first, _ = self._loop_ranks.get(loop_id, (0, 0))
        return first

    def _compile(self, rule: LoopRule, parent: Loop | None) -> Loop:
        compiled = Loop(rule, parent)
        slot_id = ""
        for child in rule.children:
            node: Place | Loop
            node = self._compile(child, compiled) if isinstance(child, LoopRule) else self._place(child, compiled)
            head = f"loop {node.start.rule.id}" if isinstance(node, Loop) else node.rule.id
            if head != slot_id:
                compiled.slots.append([])
                slot_id = head
            node.slot = len(compiled.slots) - 1
            compiled.slots[-1].append(node)
        return compiled

    def _place(self, rule: SegmentRule, parent: Loop) -> Place:
        position = self.qualifiers.get(rule.id)
        keys: tuple[Key, ...] = (rule.id,)
        if position is not None:
            element = rule.elements[position - 1]
            codes = element.components[0].codes if element.components else element.codes
            keys = tuple((rule.id, code) for code in sorted(codes)) if codes else ((rule.id, ANY),)
        self.ids.add(rule.id)
        self.keys.update(keys)
        place = Place(rule, parent, keys)
        for key in keys:
            place.rank = self._ranks.setdefault((parent.rule.id, key), len(self._ranks) + 1)
        return place
