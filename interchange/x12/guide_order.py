"""Segments in a guide's order: what the nouns say and what was kept opaque, merged by the rank the guide gives each."""

import re
from collections.abc import Iterable, Sequence

from billing.characters import EXTENDED
from billing.claim import OpaqueSegment
from interchange.x12 import lengths, writing
from interchange.x12.fields import Elements, Joined
from interchange.x12.grammar import Guide

Block = tuple[int, list[Elements]]
"""Rank in the guide's order, and segments that stay together."""

_find_strange = re.compile(f"[^{re.escape(''.join(sorted(EXTENDED - {'~'})))}]").search
"""Finds what may not be sent, not even between components"""


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
        row = _row(one)
        rank = guide.rank(base, row) if one.loop == base else guide.loop_rank(_top(one.loop))
        ranked.append((rank, [row]))
    ranked.sort(key=lambda block: block[0])
    return [row for _, rows in ranked for row in rows]


def in_order(guide: Guide, loop: str, rows: Iterable[Elements]) -> list[Elements]:
    """The segments of one loop, none of a loop below it, in the guide's order; equals keep the order they came in."""
    return sorted(rows, key=lambda row: guide.rank(loop, row))


def of_loop(rest: Iterable[OpaqueSegment], loop: str) -> list[Elements]:
    """The opaque segments of one loop, in the order they came in."""
    return [_row(one) for one in rest if one.loop == loop]


def texts_below(guide: Guide, base: str, rest: Iterable[OpaqueSegment]) -> list[tuple[int, str]] | None:
    """What `merged` makes of them, as text of our interchanges: a rank and a segment each. None when one of them is
    not in a loop below `base`, and stands among its own segments. Raises UnwritableData."""
    first = guide.loop_rank(base)
    found = []
    for one in rest:
        rank = guide.loop_rank(_top(one.loop))
        if rank <= first:
            return None
        found.append((rank, _text(one)))
    return found


def _text(one: OpaqueSegment) -> str:
    elements = one.elements
    text = "*".join(elements)
    is_odd = _find_strange(text) or text.count("*") >= len(elements) or not elements[0].isalnum()
    if is_odd or lengths.FITS[elements[0]](text) is None:
        return writing.text_of([_row(one)])
    return f"{text.rstrip('*')}~"


def _row(one: OpaqueSegment) -> Elements:
    """Its composites are joined already; its id is no composite."""
    return tuple(text if number == 0 else Joined(text) for number, text in enumerate(one.elements))


def _top(loop: str) -> str:
    """The loop below the base that `loop` belongs to: 2330A hangs on 2320."""
    return "2320" if loop.startswith("233") else loop
