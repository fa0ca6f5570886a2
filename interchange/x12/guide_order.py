"""Segments in a guide's order: what the nouns say and what was kept opaque, merged by the rank the guide gives each."""

from collections.abc import Iterable, Sequence

from billing.claim import OpaqueSegment
from interchange.x12.fields import Elements, Joined
from interchange.x12.grammar import Guide

Block = tuple[int, list[Elements]]
"""Rank in the guide's order, and segments that stay together."""


def block(guide: Guide, loop: str, row: Elements) -> Block:
    """One segment at its place."""
    return guide.rank(loop, row), [row]


def loop_block(guide: Guide, loop: str, rows: list[Elements]) -> Block:
    """The segments of a whole loop at its place."""
    return guide.loop_rank(loop), rows


def joined(
    guide: Guide, loop: str, rows: Sequence[Elements], loops: Sequence[Block], rest: Sequence[OpaqueSegment]
) -> list[Elements]:
    """Segments of `loop` that stand in the guide's order already, the loops below it, and what was kept opaque.

    Without the last there is nothing to look up: the loops below come after the loop's own segments.
    """
    if rest:
        return merged(guide, [*(block(guide, loop, row) for row in rows), *loops], rest, base=loop)
    below = loops if len(loops) < 2 else sorted(loops, key=lambda one: one[0])
    return [*rows, *(row for _, found in below for row in found)]


def merged(guide: Guide, blocks: Iterable[Block], rest: Iterable[OpaqueSegment], *, base: str) -> list[Elements]:
    """Put the opaque segments among the blocks where the guide wants them; equals keep the order they came in.

    What stands in a loop below `base` stays together under the first segment of that loop, since a loop may repeat.
    """
    ranked = list(blocks)
    for one in rest:
        row = tuple(text if number == 0 else Joined(text) for number, text in enumerate(one.elements))
        rank = guide.rank(base, row) if one.loop == base else guide.loop_rank(_top(one.loop))
        ranked.append((rank, [row]))
    ranked.sort(key=lambda block: block[0])
    return [row for _, rows in ranked for row in rows]


def in_order(guide: Guide, loop: str, rows: Iterable[Elements]) -> list[Elements]:
    """The segments of one loop, none of a loop below it, in the guide's order; equals keep the order they came in."""
    return sorted(rows, key=lambda row: guide.rank(loop, row))


def of_loop(rest: Iterable[OpaqueSegment], loop: str) -> list[Elements]:
    """The opaque segments of one loop, in the order they came in."""
    return [tuple(Joined(text) for text in one.elements) for one in rest if one.loop == loop]


def _top(loop: str) -> str:
    """The loop below the base that `loop` belongs to: 2330A hangs on 2320."""
    return "2320" if loop.startswith("233") else loop
