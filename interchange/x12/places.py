"""Every segment of a file with its place: interchange, group, transaction, loop, claim. Streams, and never stops.

What shows, counts or rewrites a whole file stands on this; what makes nouns of it stands on `envelope`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from interchange.x12.envelope import TransactionId
from interchange.x12.grammar import Guide, SegmentRule
from interchange.x12.syntax import Delimiters, Segment, SegmentReader, Source
from interchange.x12.validate import guide_for
from interchange.x12.walking import Walker

ENVELOPE = frozenset({"ISA", "GS", "GE", "IEA", "TA1"})
_CLAIM_TRACES = frozenset({"2200D", "2200E"})
"""Loops of the 277CA, 276 and 277 that open with the TRN of a claim."""


@dataclass(frozen=True, slots=True)
class Placed:
    """One segment and where it stands."""

    segment: Segment
    delimiters: Delimiters
    transaction: TransactionId | None
    """None between the transactions: ISA, GS, GE, IEA, TA1"""
    guide: Guide | None
    """None when no guide is known for the transaction"""
    rule: SegmentRule | None
    """The guide's row; None when it has none for this place"""
    loops: tuple[str, ...]
    """Loop ids from the outermost inward, without the root"""
    opened_count: int
    """How many of the innermost loops open with this segment"""
    control_number: str | None
    """CLM01, CLP01, or TRN02 of a claim's status; None outside a claim"""


def place(source: Source, *, needs_header: bool = True) -> Iterator[Placed]:
    """Yield every segment of the file. Raises NotX12; see SegmentReader for `needs_header`."""
    return _Placer(SegmentReader(source, needs_header=needs_header)).read()


class _Placer:
    def __init__(self, reader: SegmentReader) -> None:
        self._reader = reader
        self._gs: Segment | None = None
        self._transaction: TransactionId | None = None
        self._walker: Walker | None = None
        self._position = 0
        self._trace: str | None = None

    def read(self) -> Iterator[Placed]:
        for segment in self._reader:
            if segment.id in ENVELOPE:
                self._leave()
                self._gs = segment if segment.id == "GS" else self._gs
            elif segment.id == "ST" or self._transaction is None:
                self._enter(segment)
            yield self._placed(segment)
            if segment.id == "SE":
                self._leave()

    def _leave(self) -> None:
        self._transaction, self._walker, self._trace, self._position = None, None, None, 0

    def _enter(self, first: Segment) -> None:
        self._leave()
        is_header, gs = first.id == "ST", self._gs
        self._transaction = TransactionId(
            st01=first.get(1) if is_header else "",
            st02=first.get(2) if is_header else "",
            st03=first.get(3) if is_header else "",
            gs01=gs.get(1) if gs else "",
            gs08=gs.get(8) if gs else "",
        )
        guide = guide_for(self._transaction)
        self._walker = Walker(guide, self._reader.delimiters) if guide else None

    def _placed(self, segment: Segment) -> Placed:
        delimiters, walker = self._reader.delimiters, self._walker
        if self._transaction is not None:
            self._position += 1
            segment.position = self._position
        if walker is None:
            return Placed(segment, delimiters, self._transaction, None, None, (), 0, None)
        before = walker.loops_opened
        fits = walker.advance(segment)
        rule, loops = walker.standing()
        opened = walker.loops_opened - before if fits else 0
        number = walker.control_number or self._traced(segment, loops, opened)
        return Placed(
            segment, delimiters, self._transaction, walker.guide, rule if fits else None, loops[1:], opened, number
        )

    def _traced(self, segment: Segment, loops: tuple[str, ...], opened: int) -> str | None:
        """The number of the claim whose status is told, while its loop is open."""
        if _CLAIM_TRACES.isdisjoint(loops):
            self._trace = None
        elif opened and segment.id == "TRN":
            self._trace = segment.get(2)
        return self._trace
