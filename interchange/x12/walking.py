"""Walks a transaction through a guide: the usual segment costs one dictionary look-up and one regex.

A segment that does not fit is never fatal: it is read where the guide knows it (`moves`), else it stays where it is,
opaque, and is reported. Only a segment whose regex fails is walked element by element.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from interchange.x12 import elements, moves
from interchange.x12.grammar import ANY, Guide, Key, Loop, Move, Place, SegmentRule, State
from interchange.x12.issues import Issue, Severity
from interchange.x12.syntax import Delimiters, Segment

_TOO_OFTEN = "the segment repeats more often than the guide allows"


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
    _place: Place | None = None
    _frames: list[dict[Place | Loop, int]] = field(default_factory=lambda: [{}])
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
        if self.pattern(rule).fullmatch(found.text) is None:
            self._report(elements.element_faults(found.elements, rule.elements, self.delimiters), found)
            self._report(elements.condition_faults(found.elements, rule.conditions), found)
        return True

    def pattern(self, rule: SegmentRule) -> re.Pattern[str]:
        """The regex of a well-formed segment with the file's delimiters."""
        pattern = self._patterns.get(rule)
        if pattern is None:
            pattern = elements.segment_pattern(rule.id, rule.elements, rule.conditions, self.delimiters)
            self._patterns[rule] = pattern
        return pattern

    @property
    def place(self) -> Place | None:
        """Where the last segment stood."""
        return self._place

    def state(self) -> State:
        """Where the walk stands now."""
        return self.guide.state(self._place, self._frames)

    def resume(self, state: State) -> None:
        """Go on from a state that was reached without this walker."""
        self._place, self._frames = state.place, [dict(frame) for frame in state.frames]
        self.loop = state.place.loop_id if state.place is not None else self.guide.root.rule.id
        self.control_number = None

    def close_claim(self, found: Segment | None) -> list[Issue]:
        """Leave the claim: whatever comes next is no part of it. What it should have held, noticed at `found`."""
        self.missing.clear()
        loop: Loop | None = self._place.loop if self._place else None
        slot = self._place.slot if self._place else 0
        inside = list(self._frames)
        while loop is not None and len(inside) > 1:
            self._require(inside.pop(), loop.required(slot, len(loop.slots)), loop, found)
            if loop.rule.id == self.guide.claim_loop:
                self._frames, self._place, self.loop = inside, loop.behind, loop.behind.loop_id
                self.control_number = None
                return list(self.missing)
            slot, loop = loop.slot, loop.parent
        self.missing.clear()
        return []

    def finish(self, last: Segment | None) -> list[Issue]:
        """What was still due when the transaction ended."""
        self.missing.clear()
        if self._place is None:
            return []
        loop: Loop | None = self._place.loop
        slot = self._place.slot
        for frame in reversed(self._frames):
            if loop is None:
                break
            self._require(frame, loop.required(slot, len(loop.slots)), loop, last)
            slot, loop = loop.slot, loop.parent
        return list(self.missing)

    # Moving ---------------------------------------------------------------------------------------------------

    def _seek(self, key: Key) -> Move | None:
        if key not in self.guide.keys:
            wild = (key[0], ANY) if isinstance(key, tuple) else key
            if wild not in self.guide.keys:
                return None
            return self._seek(wild)
        place = self._place
        if place is None:
            return moves.find(self.guide.root, 0, key)
        move = moves.find(place.loop, place.slot, key)
        if move is not None:
            move.is_plain = move.stays and move.place.rule.id != self.guide.claim_segment
            place.moves[key] = move
        return move

    def _apply(self, move: Move, found: Segment) -> None:
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

    def _count(self, node: Place | Loop, found: Segment, limit: int, code: str, message: str) -> None:
        frame = self._frames[-1]
        count = frame[node] = frame.get(node, 0) + 1
        if limit and count > limit:
            self._say(code, f"{message} ({limit}): take it out", found)

    def _check_count(self, place: Place, found: Segment, count: int) -> None:
        limit = place.rule.max_use
        if limit and count > limit:
            self._say("5", f"{_TOO_OFTEN} ({limit}): take it out", found)

    def _require(
        self,
        frame: dict[Place | Loop, int],
        nodes: tuple[Place | Loop, ...],
        loop: Loop,
        found: Segment | None,
    ) -> None:
        for node in nodes:
            if node in frame:
                continue
            if isinstance(node, Loop):
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
