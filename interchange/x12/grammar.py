"""The machinery that runs a guide's table: which segment may follow which, and what each may hold.

A guide is data (`guides/`): a tree of loops and segments. It is compiled once into places; each place remembers, for
every key that ever followed it, the move that leads on. A move says which loops close, which open and which required
segments were passed over, so the usual segment costs one dictionary look-up and one regex. Only a segment whose
regex fails is walked element by element.

A segment that does not fit is never fatal. The walker tries, in this order: forward in the same loop and outward;
backward (out of order); inward past a missing loop header; else it stays where it is and reports the segment.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from interchange.x12 import elements
from interchange.x12.elements import ElementRule, Rule
from interchange.x12.issues import Issue, Severity
from interchange.x12.syntax import Delimiters, Segment

Key = str | tuple[str, str]
_ANY = "*"
_TOO_OFTEN = "the segment repeats more often than the guide allows"


@dataclass(frozen=True, slots=True, eq=False)
class SegmentRule:
    """One row of a guide."""

    id: str
    required: bool
    max_use: int
    elements: tuple[ElementRule, ...]
    conditions: tuple[Rule, ...] = ()
    conditions_from: int = 0
    """The lowest element that a condition speaks of: a shorter segment need not be asked"""


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
    lowest = 0 if any(letter == "R" for letter, _ in rules) else min((min(at) for _, at in rules), default=0)
    return SegmentRule(name, usage == "R", max_use, elements.parse_elements(table), rules, lowest)


def loop(name: str, usage: str, repeat: int, *children: SegmentRule | LoopRule) -> LoopRule:
    """A loop: id, `R` or `S`, how often (0: any number), what is in it."""
    return LoopRule(name, usage == "R", repeat, children)


class _Place:
    """A segment rule at its place in the tree."""

    __slots__ = ("keys", "loop", "loop_id", "moves", "rank", "rule", "slot")

    def __init__(self, rule: SegmentRule, loop: "_Loop", keys: tuple[Key, ...]) -> None:
        self.rule = rule
        self.loop = loop
        self.loop_id = loop.rule.id
        self.slot = 0
        self.rank = 0
        self.keys = keys
        self.moves: dict[Key, _Move] = {}


class _Loop:
    """A loop rule at its place in the tree. Its slots hold what may stand in any order: equal segment ids in a row."""

    __slots__ = ("parent", "path", "rule", "slot", "slots")

    def __init__(self, rule: LoopRule, parent: "_Loop | None") -> None:
        self.rule = rule
        self.parent = parent
        self.path: tuple[str, ...] = (*(parent.path if parent else ()), rule.id)
        self.slot = 0
        self.slots: list[list[_Place | _Loop]] = []

    @property
    def start(self) -> _Place:
        first = self.slots[0][0]
        return first if isinstance(first, _Place) else first.start

    def required(self, start: int, end: int) -> "tuple[_Place | _Loop, ...]":
        return tuple(node for slot in self.slots[start:end] for node in slot if node.rule.required)


@dataclass(slots=True)
class _Move:
    place: _Place
    leaves: tuple[tuple[_Place | _Loop, ...], ...] = ()
    """For each loop that closes, innermost first, what it must have held."""
    between: tuple[_Place | _Loop, ...] = ()
    """What the loop we stay in must have held by now."""
    opens: tuple[tuple[_Loop, tuple[_Place | _Loop, ...]], ...] = ()
    """The loops that open, with what was passed over inside them."""
    misplaced: bool = False
    is_plain: bool = False
    """It stays, and no claim opens with it: the fast path"""

    @property
    def stays(self) -> bool:
        """Whether it goes on in the same loop and passes nothing over: then only the place itself is counted."""
        return not (self.leaves or self.between or self.opens or self.misplaced)


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
    ) -> None:
        """`qualifiers` names, per segment id, the element whose code tells loops apart; `claim` is the segment whose
        element 01 is a claim's control number, and the loop it opens."""
        self.version = version
        self.transaction = transaction
        self.qualifiers = qualifiers
        self.claim_segment, self.claim_loop = claim
        self.ids: set[str] = set()
        self.keys: set[Key] = set()
        self._ranks: dict[tuple[str, Key], int] = {}
        self._patterns: dict[Delimiters, dict[SegmentRule, re.Pattern[str]]] = {}
        self.root = self._compile(root, None)

    def patterns(self, delimiters: Delimiters) -> dict[SegmentRule, re.Pattern[str]]:
        """The regexes for one set of delimiters; filled as segments are met."""
        if len(self._patterns) > 16:
            self._patterns.clear()
        return self._patterns.setdefault(delimiters, {})

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
        wild = (parts[0], _ANY)
        found = self._ranks.get((loop_id, key), self._ranks.get((loop_id, wild)))
        if found is None:
            same = [rank for (loop, _), rank in self._ranks.items() if loop == loop_id]
            found = max(same, default=0)
        return found

    def loop_rank(self, loop_id: str) -> int:
        """The place of a loop's first segment in the guide's order."""
        return min((rank for (loop, _), rank in self._ranks.items() if loop == loop_id), default=0)

    def _compile(self, rule: LoopRule, parent: _Loop | None) -> _Loop:
        compiled = _Loop(rule, parent)
        slot_id = ""
        for child in rule.children:
            node: _Place | _Loop
            node = self._compile(child, compiled) if isinstance(child, LoopRule) else self._place(child, compiled)
            head = f"loop {node.start.rule.id}" if isinstance(node, _Loop) else node.rule.id
            if head != slot_id:
                compiled.slots.append([])
                slot_id = head
            node.slot = len(compiled.slots) - 1
            compiled.slots[-1].append(node)
        return compiled

    def _place(self, rule: SegmentRule, parent: _Loop) -> _Place:
        position = self.qualifiers.get(rule.id)
        keys: tuple[Key, ...] = (rule.id,)
        if position is not None:
            element = rule.elements[position - 1]
            codes = element.components[0].codes if element.components else element.codes
            keys = tuple((rule.id, code) for code in sorted(codes)) if codes else ((rule.id, _ANY),)
        self.ids.add(rule.id)
        self.keys.update(keys)
        place = _Place(rule, parent, keys)
        for key in keys:
            place.rank = self._ranks.setdefault((parent.rule.id, key), len(self._ranks) + 1)
        return place


@dataclass(slots=True)
class Walker:
    """Walks one transaction through a guide. `loop` and `control_number` are those of the last segment taken;
    `loops_opened` counts the loops that opened since ST."""

    guide: Guide
    delimiters: Delimiters
    issues: list[Issue] = field(default_factory=list)
    """What the last call of `advance` found about its own segment"""
    missing: list[Issue] = field(default_factory=list)
    """What the last call found missing before it, in the loops it closed or passed over"""
    loop: str = ""
    control_number: str | None = None
    loops_opened: int = 0
    _place: _Place | None = None
    _frames: list[dict[_Place | _Loop, int]] = field(default_factory=lambda: [{}])
    _patterns: dict[SegmentRule, re.Pattern[str]] = field(default_factory=dict)
    _component: str = ""

    def __post_init__(self) -> None:
        self._component = self.delimiters.component
        self._patterns = self.guide.patterns(self.delimiters)
        self.loop = self.guide.root.rule.id

    def standing(self) -> tuple[SegmentRule | None, tuple[str, ...]]:
        """The row of the last segment that had a place, and the loops around it from the root inward."""
        return (self._place.rule, self._place.loop.path) if self._place else (None, ())

    def advance(self, found: Segment) -> bool:
        """Take the next segment. False when it has no place here: it stays with the loop being read, as opaque."""
        if self.issues:
            self.issues.clear()
        if self.missing:
            self.missing.clear()
        key = self.guide.key(found.elements, self._component)
        place = self._place
        move = (place.moves.get(key) if place is not None else None) or self._seek(key)
        if move is None:
            self._refuse(found, key)
            return False
        if move.is_plain:
            self._place = place = move.place
            self.loop = place.loop_id
            frame = self._frames[-1]
            count = frame[place] = frame.get(place, 0) + 1
            if count > 1:
                self._check_count(place, found, count)
        else:
            self._apply(move, found)
            place = move.place
        rule = place.rule
        pattern = self._patterns.get(rule) or self._compile(rule)
        if pattern.fullmatch(found.text) is None:
            self._report(elements.element_faults(found.elements, rule.elements, self.delimiters), found)
        if rule.conditions and len(found.elements) > rule.conditions_from:
            self._report(elements.condition_faults(found.elements, rule.conditions), found)
        return True

    def finish(self, last: Segment | None) -> list[Issue]:
        """What was still due when the transaction ended."""
        self.missing.clear()
        if self._place is None:
            return []
        loop: _Loop | None = self._place.loop
        slot = self._place.slot
        for frame in reversed(self._frames):
            if loop is None:
                break
            self._require(frame, loop.required(slot, len(loop.slots)), loop, last)
            slot, loop = loop.slot, loop.parent
        return list(self.missing)

    # Moving ---------------------------------------------------------------------------------------------------

    def _seek(self, key: Key) -> _Move | None:
        if key not in self.guide.keys:
            wild = (key[0], _ANY) if isinstance(key, tuple) else key
            if wild not in self.guide.keys:
                return None
            return self._seek(wild)
        place = self._place
        if place is None:
            return _find_from(self.guide.root, 0, key)
        move = _find_from(place.loop, place.slot, key)
        if move is not None:
            move.is_plain = move.stays and move.place.rule.id != self.guide.claim_segment
            place.moves[key] = move
        return move

    def _apply(self, move: _Move, found: Segment) -> None:
        frames = self._frames
        place = move.place
        if move.leaves:
            loop = self._place.loop if self._place else self.guide.root
            for required in move.leaves:
                if required:
                    self._require(frames[-1], required, loop, found)
                if loop.rule.id == self.guide.claim_loop:
                    self.control_number = None
                frames.pop()
                loop = loop.parent or loop
        if move.between:
            self._require(frames[-1], move.between, place.loop, found)
        for loop, required in move.opens:
            self._count(loop, found, loop.rule.repeat, "4", f"loop {loop.rule.id} repeats too often")
            frames.append({})
            if required:
                self._require(frames[-1], required, loop, found)
        self.loops_opened += len(move.opens)
        self._place = place
        self.loop = place.loop_id
        if place.rule.id == self.guide.claim_segment:
            self.control_number = found.get(1)
        if move.misplaced:
            self._say("2", "the segment is out of order here; it was read all the same", found)
        self._count(place, found, place.rule.max_use, "5", _TOO_OFTEN)

    def _count(self, node: _Place | _Loop, found: Segment, limit: int, code: str, message: str) -> None:
        frame = self._frames[-1]
        count = frame[node] = frame.get(node, 0) + 1
        if limit and count > limit:
            self._say(code, f"{message} ({limit}): take it out", found)

    def _check_count(self, place: _Place, found: Segment, count: int) -> None:
        limit = place.rule.max_use
        if limit and count > limit:
            self._say("5", f"{_TOO_OFTEN} ({limit}): take it out", found)

    def _require(
        self,
        frame: dict[_Place | _Loop, int],
        nodes: tuple[_Place | _Loop, ...],
        loop: _Loop,
        found: Segment | None,
    ) -> None:
        for node in nodes:
            if node in frame:
                continue
            if isinstance(node, _Loop):
                name, where = node.start.rule.id, node.rule.id
            else:
                name, where = node.rule.id, node.loop.rule.id
            message = f"the required {name} of loop {where} is missing: send it"
            self.missing.append(self._issue("3", message, found, name=name, loop=where))

    def _refuse(self, found: Segment, key: Key) -> None:
        if found.id not in self.guide.ids:
            self._say("1", "the guide does not know this segment; it was kept as it is", found)
        elif isinstance(key, tuple) and key not in self.guide.keys:
            position = self.guide.qualifiers[found.id]
            issue = self._issue(
                "7", "the qualifier is not one the guide uses for this segment", found, element=position
            )
            self.issues.append(issue)
        else:
            self._say("2", "the segment has no place here; it was kept as it is", found)

    # Checking -------------------------------------------------------------------------------------------------

    def _compile(self, rule: SegmentRule) -> re.Pattern[str]:
        pattern = elements.segment_pattern(rule.id, rule.elements, self.delimiters)
        self._patterns[rule] = pattern
        return pattern

    def _report(self, faults: Iterator[elements.ElementFault], found: Segment) -> None:
        for fault in faults:
            self.issues.append(
                self._issue(
                    fault.code,
                    fault.message,
                    found,
                    severity="warning" if fault.is_warning else "error",
                    element=fault.element,
                    component=fault.component,
                )
            )

    def _say(self, code: str, message: str, found: Segment) -> None:
        self.issues.append(self._issue(code, message, found))

    def _issue(
        self,
        code: str,
        message: str,
        found: Segment | None,
        *,
        severity: Severity = "error",
        name: str | None = None,
        loop: str | None = None,
        element: int | None = None,
        component: int | None = None,
    ) -> Issue:
        return Issue(
            code,
            message,
            severity,
            segment=name or (found.id if found else ""),
            element=element,
            component=component,
            segment_index=found.position if found else None,
            file_index=found.index if found else None,
            offset=found.offset if found else None,
            loop=loop or self.loop,
            control_number=self.control_number,
            level="segment" if element is None else "element",
        )


# Finding a move, once per place and key ---------------------------------------------------------------------------


_Search = Callable[[_Loop, int, Key, bool], _Move | None]
"""Loop, slot, key, and whether this is the loop being read."""


def _find_from(loop: _Loop, slot: int, key: Key) -> _Move | None:
    move = _outward(loop, slot, key, _forward) or _outward(loop, slot, key, _backward)
    if move is None and not _is_at_home(loop, key):
        move = _outward(loop, slot, key, _inward)
    return move


def _is_at_home(loop: _Loop, key: Key) -> bool:
    """Whether the loop uses this segment id with other qualifiers: then a strange one opens no loop below it."""
    places = (node for slot in loop.slots for node in slot if isinstance(node, _Place) and node is not loop.start)
    return isinstance(key, tuple) and any(place.rule.id == key[0] for place in places)


def _outward(loop: _Loop, slot: int, key: Key, search: _Search) -> _Move | None:
    """Try `search` in this loop, then in the loop around it, and so on to the root."""
    leaves: list[tuple[_Place | _Loop, ...]] = []
    around: _Loop | None = loop
    while around is not None:
        move = search(around, slot, key, not leaves)
        if move is not None:
            move.leaves = tuple(leaves)
            return move
        leaves.append(around.required(slot, len(around.slots)))
        slot, around = around.slot, around.parent
    return None


def _forward(loop: _Loop, slot: int, key: Key, _innermost: bool) -> _Move | None:
    for number in range(slot, len(loop.slots)):
        for node in loop.slots[number]:
            if isinstance(node, _Place):
                if key in node.keys and (node is not loop.start or loop.parent is None):
                    return _Move(node, between=loop.required(slot, number))
            elif key in node.start.keys:
                return _Move(node.start, between=loop.required(slot, number), opens=_opened(node))
    return None


def _opened(loop: _Loop) -> tuple[tuple[_Loop, tuple[_Place | _Loop, ...]], ...]:
    """The loops that open with this loop's first segment: itself, and its first loop if it has no segment."""
    opened: list[tuple[_Loop, tuple[_Place | _Loop, ...]]] = [(loop, ())]
    while isinstance(first := opened[-1][0].slots[0][0], _Loop):
        opened.append((first, ()))
    return tuple(opened)


def _backward(loop: _Loop, slot: int, key: Key, innermost: bool) -> _Move | None:
    for number in range(slot - 1, -1, -1):
        for node in loop.slots[number]:
            if isinstance(node, _Place):
                if innermost and key in node.keys and node is not loop.start:
                    return _Move(node, misplaced=True)
            elif key in node.start.keys:
                return _Move(node.start, opens=_opened(node), misplaced=True)
    return None


def _inward(loop: _Loop, slot: int, key: Key, _innermost: bool) -> _Move | None:
    for number in range(slot, len(loop.slots)):
        for node in loop.slots[number]:
            if isinstance(node, _Loop):
                path = _descend(node, key)
                if path is not None:
                    place, opens = path
                    return _Move(place, between=loop.required(slot, number), opens=opens)
    return None


def _descend(loop: _Loop, key: Key) -> tuple[_Place, tuple[tuple[_Loop, tuple[_Place | _Loop, ...]], ...]] | None:
    for number, slot in enumerate(loop.slots):
        for node in slot:
            passed = loop.required(0, number)
            if isinstance(node, _Place):
                if key in node.keys:
                    return node, ((loop, passed),)
            else:
                path = _descend(node, key)
                if path is not None:
                    return path[0], ((loop, passed), *path[1])
    return None
