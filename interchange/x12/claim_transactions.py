"""One transaction of an 837, claim by claim, whatever kind of claims it holds.

The segments are sorted into header, hierarchy and claims here; each transaction set says how a claim is built and what
is asked of it beyond its grammar.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from billing.claim import BatchHeader, Name, OpaqueSegment, Party
from interchange.x12 import claim_checks, fields, parties
from interchange.x12.claim_hierarchy import Hierarchy, Row
from interchange.x12.envelope import EnvelopeReport, Transaction, TransactionId
from interchange.x12.fields import Elements, Unreadable, get
from interchange.x12.grammar import Guide, Walker
from interchange.x12.issues import Issue
from interchange.x12.reading import guide_issues
from interchange.x12.syntax import Segment

ClaimT = TypeVar("ClaimT")
BatchT = TypeVar("BatchT", bound=BatchHeader)
ReadT = TypeVar("ReadT")


@dataclass(frozen=True, slots=True)
class ReadClaim(Generic[ClaimT, BatchT]):
    """One CLM of the file."""

    claim: ClaimT | None
    """None when the nouns cannot be made; the issues say why"""
    issues: tuple[Issue, ...]
    batch: BatchT | None
    """The header it came under, its `claims` empty; None when the header is unreadable"""
    control_number: str
    """CLM01 as sent, `""` when empty"""
    segment_index: int
    """Place of the CLM in its transaction, ST = 1"""
    transaction: TransactionId


@dataclass(frozen=True, slots=True)
class ReadTransaction:
    """What belongs to no claim: after the claims of an ST, and (st02 None) after each interchange."""

    issues: tuple[Issue, ...]
    st02: str | None
    claims_count: int
    transaction: TransactionId | None
    envelope: EnvelopeReport | None = None


@dataclass(frozen=True, slots=True)
class ClaimSet(Generic[ClaimT, BatchT, ReadT]):
    """What one transaction set of claims adds to the reading that all share."""

    guide: Guide
    build: Callable[[Hierarchy, list[Row]], ClaimT]
    """The claim of these segments, CLM first; raises Unreadable"""
    check: Callable[[ClaimT, Segment], Iterable[Issue]]
    """Sums and pointers of a claim that was built, placed at its CLM"""
    batch: type[BatchT]
    item: Callable[[ClaimT | None, tuple[Issue, ...], BatchT | None, str, int, TransactionId], ReadT]
    """The ReadClaim of the set"""

    def read(self, transaction: Transaction) -> Iterator[ReadT | ReadTransaction]:
        """Every claim of the transaction, then what belongs to none."""
        return _TransactionReader(transaction, self).read()


@dataclass(slots=True)
class _OpenClaim:
    clm: Segment
    rows: list[Row] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)


class _TransactionReader(Generic[ClaimT, BatchT, ReadT]):
    """Sorts the segments of one transaction into header, hierarchy and claims."""

    def __init__(self, transaction: Transaction, claims: ClaimSet[ClaimT, BatchT, ReadT]) -> None:
        self._transaction = transaction
        self._claims = claims
        self._walker = Walker(claims.guide, transaction.delimiters)
        self._hierarchy = Hierarchy()
        self._header: list[Row] = []
        self._batch: BatchT | None = None
        self._batch_is_read = False
        self._claim: _OpenClaim | None = None
        self._issues: list[Issue] = []
        self._numbers = claim_checks.HierarchyChecks()
        self._slip = claim_checks.ComponentSlip(transaction.delimiters)
        self._count = 0

    def read(self) -> Iterator[ReadT | ReadTransaction]:
        self._issues += guide_issues(self._transaction.id, self._claims.guide)
        last: Segment | None = None
        for segment in self._transaction.segments():
            last = segment
            slip = self._slip.mend(segment)
            self._walker.advance(segment)
            yield from self._take(segment)
            if slip is not None and self._claim is not None:
                self._claim.issues.append(replace(slip, control_number=self._walker.control_number))
        due = self._walker.finish(last) if not (last is not None and last.id == "SE") else []
        (self._claim.issues if self._claim else self._issues).extend(due)
        if self._claim is not None:
            yield self._close(self._claim)
        self._issues += self._transaction.issues
        identity = self._transaction.id
        yield ReadTransaction(tuple(self._issues), identity.st02, self._count, identity)

    def _take(self, segment: Segment) -> Iterator[ReadT]:
        walker, name = self._walker, segment.elements[0]
        if walker.missing:
            (self._claim.issues if self._claim else self._issues).extend(walker.missing)
        if self._claim is not None and (name == "CLM" or walker.control_number is None):
            yield self._close(self._claim)
        elements = fields.normal(segment.elements, self._transaction.delimiters)
        if name == "CLM":
            self._claim = _OpenClaim(segment)
            self._count += 1
        if walker.issues or name in claim_checks.NUMBERED:
            found = [*walker.issues, *self._numbers.check(segment, walker.loop, walker.control_number)]
            (self._claim.issues if self._claim else self._issues).extend(found)
        if self._claim is not None:
            self._claim.rows.append((walker.loop, elements))
            return
        if name == "HL":
            self._hierarchy.open(get(elements, 3))
        if not self._hierarchy.add(walker.loop, elements):
            self._header.append((walker.loop, elements))

    def _close(self, opened: _OpenClaim) -> ReadT:
        self._claim = None
        if not self._batch_is_read:
            self._batch, self._batch_is_read = _read_batch(self._claims.batch, self._header, self._issues), True
        claim: ClaimT | None = None
        try:
            claim = self._claims.build(self._hierarchy, opened.rows)
        except Unreadable as reason:
            opened.issues.append(_unreadable(reason, opened))
        if claim is not None:
            opened.issues += self._claims.check(claim, opened.clm)
        return self._claims.item(
            claim,
            tuple(opened.issues),
            self._batch,
            opened.clm.get(1),
            opened.clm.position,
            self._transaction.id,
        )


def _unreadable(reason: Unreadable, opened: _OpenClaim) -> Issue:
    return Issue(
        "unreadable",
        f"the claim cannot be read: {reason.segment}{reason.element:02d} {reason}; correct it and send it again",
        segment=reason.segment,
        element=reason.element,
        segment_index=opened.clm.position,
        file_index=opened.clm.index,
        offset=opened.clm.offset,
        loop="2300",
        control_number=opened.clm.get(1),
        level="rule",
    )


def _read_batch(kind: type[BatchT], header: list[Row], issues: list[Issue]) -> BatchT | None:
    bht: Elements = ("BHT",)
    ends: dict[str, list[Elements]] = {"1000A": [], "1000B": []}
    for loop, elements in header:
        if elements[0] == "BHT":
            bht = elements
        elif loop in ends and (ends[loop] or elements[0] == "NM1"):
            ends[loop].append(elements)
    submitter, more_a = _read_end(ends["1000A"], "41")
    receiver, more_b = _read_end(ends["1000B"], "40")
    created = fields.parse_day(get(bht, 4))
    if created is None:
        message = "BHT is missing or its date is unreadable: the batch has no header; send BHT03 to BHT05"
        issues.append(Issue("unreadable", message, segment="BHT", element=4, level="rule"))
        return None
    rest = (*(OpaqueSegment("1000A", one) for one in more_a), *(OpaqueSegment("1000B", one) for one in more_b))
    return kind(
        submitter=submitter,
        receiver=receiver,
        reference=get(bht, 3),
        created=created,
        created_time=get(bht, 5),
        purpose=get(bht, 2) or "00",
        kind=get(bht, 6) or "CH",
        other_segments=rest,
    )


def _read_end(rows: list[Elements], role: str) -> tuple[Party, list[Elements]]:
    if not rows:
        return Party(role, False, Name("")), []
    return parties.read_party(rows)
