"""Finding the move from one place to the next segment, once per place and key.

In this order: forward in the same loop and outward; backward (out of order); inward past a missing loop header.
"""

from collections.abc import Callable

from interchange.x12.grammar import Key, Loop, Move, Place

_Search = Callable[[Loop, int, Key, bool], Move | None]
"""Loop, slot, key, and whether this is the loop being read."""


def find(loop: Loop, slot: int, key: Key) -> Move | None:
    """How a segment with this key follows what stands in `slot` of `loop`; None when it has no place from here on."""
    move = _outward(loop, slot, key, _forward) or _outward(loop, slot, key, _backward)
    if move is None and not _is_at_home(loop, key):
        move = _outward(loop, slot, key, _inward)
    return move


def _is_at_home(loop: Loop, key: Key) -> bool:
    """Whether the loop uses this segment id with other qualifiers: then a strange one opens no loop below it."""
    places = (node for slot in loop.slots for node in slot if isinstance(node, Place) and node is not loop.start)
    return isinstance(key, tuple) and any(place.rule.id == key[0] for place in places)


def _outward(loop: Loop, slot: int, key: Key, search: _Search) -> Move | None:
    """Try `search` in this loop, then in the loop around it, and so on to the root."""
    leaves: list[tuple[Place | Loop, ...]] = []
    around: Loop | None = loop
    while around is not None:
        move = search(around, slot, key, not leaves)
        if move is not None:
            move.leaves = tuple(leaves)
            return move
        leaves.append(around.required(slot, len(around.slots)))
        slot, around = around.slot, around.parent
    return None


def _forward(loop: Loop, slot: int, key: Key, _innermost: bool) -> Move | None:
    for number in range(slot, len(loop.slots)):
        for node in loop.slots[number]:
            if isinstance(node, Place):
                if key in node.keys and (node is not loop.start or loop.parent is None):
                    return Move(node, between=loop.required(slot, number))
            elif key in node.start.keys:
                return Move(node.start, between=loop.required(slot, number), opens=_opened(node))
    return None


def _opened(loop: Loop) -> tuple[tuple[Loop, tuple[Place | Loop, ...]], ...]:
    """The loops that open with this loop's first segment: itself, and its first loop if it has no segment."""
    opened: list[tuple[Loop, tuple[Place | Loop, ...]]] = [(loop, ())]
    while isinstance(first := opened[-1][0].slots[0][0], Loop):
        opened.append((first, ()))
    return tuple(opened)


def _backward(loop: Loop, slot: int, key: Key, innermost: bool) -> Move | None:
    for number in range(slot - 1, -1, -1):
        for node in loop.slots[number]:
            if isinstance(node, Place):
                if innermost and key in node.keys and node is not loop.start:
                    return Move(node, misplaced=True)
            elif key in node.start.keys:
                return Move(node.start, opens=_opened(node), misplaced=True)
    return None


def _inward(loop: Loop, slot: int, key: Key, _innermost: bool) -> Move | None:
    for number in range(slot, len(loop.slots)):
        for node in loop.slots[number]:
            if isinstance(node, Loop):
                path = _descend(node, key)
                if path is not None:
                    place, opens = path
                    return Move(place, between=loop.required(slot, number), opens=opens)
    return None


def _descend(loop: Loop, key: Key) -> tuple[Place, tuple[tuple[Loop, tuple[Place | Loop, ...]], ...]] | None:
    for number, slot in enumerate(loop.slots):
        for node in slot:
            passed = loop.required(0, number)
            if isinstance(node, Place):
                if key in node.keys:
                    return node, ((loop, passed),)
            else:
                path = _descend(node, key)
                if path is not None:
                    return path[0], ((loop, passed), *path[1])
    return None
