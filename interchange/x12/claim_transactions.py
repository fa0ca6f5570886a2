"""One transaction of an 837, claim by claim, whatever kind of claims it holds.

The segments are sorted into header, hierarchy and claims here; each transaction set says how a claim is built and what
is asked of it beyond its grammar.
"""

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from billing.claim import BatchHeader, Name, OpaqueSegment, Party
from interchange.x12 import claim_checks, fields, parties
from interchange.x12.claim_checks import ClaimRun
from interchange.x12.claim_glimpse import Glimpse, glimpse
from interchange.x12.claim_hierarchy import Hierarchy, Row
from interchange.x12.envelope import EnvelopeReport, Transaction, TransactionId, run_ends
from interchange.x12.fields import Elements, Unreadable, get
from interchange.x12.grammar import Guide
from interchange.x12.issues import Issue, issue_at
from interchange.x12.reading import guide_issues
from interchange.x12.scanning import Former, Path
from interchange.x12.shapes import Recogniser, Shape
from interchange.x12.syntax import Segment
from interchange.x12.walking import Walker

ClaimT = TypeVar("ClaimT")
BatchT = TypeVar("BatchT", bound=BatchHeader)
ReadT = TypeVar("ReadT", bound="ReadClaim[Any, Any]")


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
    glimpse: Glimpse | None = None
    """What can be seen of a claim that is None; None when there is a claim"""


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
    check: Callable[[ClaimT, ClaimRun], Iterable[Issue]]
    """Sums and pointers of a claim that was built"""
    batch: type[BatchT]
    item: Callable[[ClaimT | None, tuple[Issue, ...], BatchT | None, str, int, TransactionId, Glimpse | None], ReadT]
    """The ReadClaim of the set"""
    former: Former | None = None
    """Makes the same claims of runs that are scanned, as far as it can"""

    def read(self, transaction: Transaction) -> Iterator[ReadT | ReadTransaction]:
        """Every claim of the transaction, then what belongs to none."""
        return _TransactionReader(transaction, self).read()

    def claims(self, transaction: Transaction) -> Iterator[ClaimT]:
        """The claims alone, and nothing said about them; what cannot be read is passed over."""
        return _TransactionReader(transaction, self).claims()


_BEHIND = ("CLM*", "HL*", "SE*")
"""What may follow a run that is scanned; at anything else the reader looks closer"""
_ANYWHERE = ClaimRun(Segment(("CLM",), "CLM", 0, 0), lambda name, number: None)
"""For a claim of which only has to be known whether anything is wrong"""


class _TransactionReader(Generic[ClaimT, BatchT, ReadT]):
    """Reads one transaction: its header segment by segment, each level and each claim as one run."""

    def __init__(self, transaction: Transaction, claims: ClaimSet[ClaimT, BatchT, ReadT]) -> None:
        self._transaction = transaction
        self._claims = claims
        self._delimiters = transaction.delimiters
        self._is_normal = fields.is_normal(transaction.delimiters)
        former = claims.former if self._is_normal and transaction.delimiters.element == "*" else None
        self._runs = Recogniser(Walker(claims.guide, transaction.delimiters), former, _BEHIND)
        self._ends = run_ends(transaction.delimiters, "CLM", "HL")
        self._hierarchy = Hierarchy()
        self._header: list[Row] = []
        self._batch: BatchT | None = None
        self._batch_is_read = False
        self._numbers = claim_checks.HierarchyChecks()
        self._slip = claim_checks.ComponentSlip(transaction.delimiters)
        self._count = 0

    def read(self) -> Iterator[ReadT | ReadTransaction]:
        tell = self._transaction.tell
        last: Segment | None = None
        for segment in self._transaction.segments():
            if last is None:
                tell(guide_issues(self._transaction.id, self._claims.guide, segment))
            last = segment
            name = segment.elements[0]
            if name == "CLM":
                yield self._take_claim(segment)
                yield from self._scanned()
            elif name == "HL":
                self._take_level(segment)
                yield from self._scanned()
            else:
                self._take(segment)
        if last is None or last.id != "SE":
            tell(self._runs.walker().finish(last))
        identity = self._transaction.id
        yield ReadTransaction(tuple(self._transaction.issues), identity.st02, self._count, identity)

    def claims(self) -> Iterator[ClaimT]:
        """Every claim that can be read."""
        for segment in self._transaction.segments():
            name = segment.elements[0]
            if name == "CLM":
                claim = self._take_claim(segment).claim
                if claim is not None:
                    yield claim
                yield from self._scan_claims()
            elif name == "HL":
                self._take_level(segment)
                yield from self._scan_claims()
            else:
                self._take(segment)

    def _scan_claims(self) -> Iterator[ClaimT]:
        """The claims that follow in this block, as long as they and their levels are of kinds that come often."""
        text, place, glue = self._transaction.ahead()
        people, billing = self._hierarchy.people, self._hierarchy.billing_parties
        scanners, state = self._runs.scanners(glue)
        count, taken = 0, None
        while (scanner := scanners.get(state)) is not None and (found := scanner.match(text, place)) is not None:
            path, groups = scanner.leaves[found.lastindex]
            try:
                if path.opens == "CLM":
                    claim: ClaimT = path.make(found.group(*groups), (*billing(), *people()))
                else:
                    level, nouns = path.make(found.group(*groups))[2:]
                    self._hierarchy.enter(level, nouns, functools.partial(self._rows_of, path, found[0]))
            except Unreadable:
                break
            count, place = count + len(path.steps), found.end()
            taken, state = path, path.shape.after
            if path.opens == "CLM":
                yield claim
        if taken is not None:
            self._transaction.skip(count, place)
            self._runs.take(taken)

    def _take(self, segment: Segment) -> None:
        """A segment outside every level and claim."""
        walker = self._runs.walker()
        walker.advance(segment)
        self._transaction.tell(walker.missing)
        self._transaction.tell(walker.issues)
        row = (walker.loop, fields.normal(segment.elements, self._delimiters))
        if not self._hierarchy.add(*row):
            self._header.append(row)

    def _scanned(self) -> Iterator[ReadT]:
        """The claims that follow, as long as they and their levels are of kinds that come often and have no fault."""
        while True:
            text, place, glue = self._transaction.ahead()
            scanned = self._runs.scan(text, place, glue)
            if scanned is None:
                return
            path, values, end = scanned
            claim: ClaimT | None = None
            is_claim = path.steps[0].rule.id == "CLM"
            try:
                if is_claim:
                    claim = self._make_claim(path, values)
                fits = claim is not None if is_claim else self._make_level(path, values, text[place:end])
            except Unreadable:
                return
            if not fits:
                return
            self._runs.take(path)
            position = self._transaction.segment_count + 1
            self._transaction.skip(len(path.steps), end)
            if is_claim:
                self._count += 1
                identity = self._transaction.id
                yield self._claims.item(claim, (), self._batch, str(values[0]), position, identity, None)

    def _make_level(self, path: Path, values: tuple[str | None, ...], text: str) -> bool:
        """Enter a level; False when its numbers are wrong."""
        number, parent, level, nouns = path.make(values)
        if not self._numbers.take(number, parent, level):
            return False
        self._hierarchy.enter(level, nouns, functools.partial(self._rows_of, path, text))
        return True

    def _rows_of(self, path: Path, text: str) -> list[Row]:
        """The segments of a level that was scanned."""
        texts = text.split(self._delimiters.segment)[:-1]
        return self._rows([one.lstrip("\n") for one in texts], [one.loop for one in path.steps])

    def _make_claim(self, path: Path, values: tuple[str | None, ...]) -> ClaimT | None:
        """A claim; None when its sums or pointers are wrong."""
        self._read_header()
        claim: ClaimT = path.make(values, (*self._hierarchy.billing_parties(), *self._hierarchy.people()))
        return None if any(self._claims.check(claim, _ANYWHERE)) else claim

    def _take_level(self, hl: Segment) -> None:
        """A level of the hierarchy, up to its first claim or the next level."""
        texts = [hl.text, *self._transaction.run(self._ends)]
        loops, issues, _ = self._walk(hl, texts)
        self._transaction.tell(issues)
        self._transaction.tell(self._numbers.check(hl, loops[0], None))
        rows = self._rows(texts, loops)
        self._hierarchy.open(get(rows[0][1], 3))
        self._header += [row for row in rows if not self._hierarchy.add(*row)]

    def _take_claim(self, clm: Segment) -> ReadT:
        """The claim that opens with this segment, to its end."""
        self._count += 1
        texts = [clm.text, *self._transaction.run(self._ends)]
        slip = self._slip.look(clm)
        if self._slip.is_found:
            run = [clm, *self._transaction.segments_of_run(len(texts) - 1)]
            texts = [self._slip.mended(segment) for segment in run]
        loops, issues, shape = self._walk(clm, texts)
        issues += self._lines_numbered(clm, texts, loops, shape)
        if slip is not None:
            issues.append(slip)
        return self._read(clm, self._rows(texts, loops), issues)

    def _walk(self, first: Segment, texts: list[str]) -> tuple[Sequence[str], list[Issue], Shape | None]:
        """The loops of a run, what is wrong with its segments, and its shape where it was recognised."""
        shape = self._runs.recognise(texts)
        if shape is not None:
            return shape.loops, [], shape
        run = [first, *self._transaction.segments_of_run(len(texts) - 1)]
        for segment, text in zip(run, texts, strict=True):
            segment.text, segment.elements = text, tuple(text.split(self._delimiters.element))
        walked = self._runs.walk(run, self._transaction.next_segment())
        return walked.loops, walked.issues, None

    def _lines_numbered(self, clm: Segment, texts: list[str], loops: Sequence[str], shape: Shape | None) -> list[Issue]:
        """LX01 counts the lines of the claim from 1."""
        mark = f"LX{self._delimiters.element}"
        if shape is not None:
            if shape.plan is None:
                shape.plan = [at for at, text in enumerate(texts) if text.startswith(mark)]
            if [texts[at] for at in shape.plan] == [f"{mark}{number}" for number in range(1, len(shape.plan) + 1)]:
                return []
        run = [clm, *self._transaction.segments_of_run(len(texts) - 1)]
        self._numbers.check(clm, loops[0], clm.get(1))
        return [
            issue
            for one, loop in zip(run, loops, strict=True)
            for issue in self._numbers.check(one, loop, clm.get(1))
            if one.id == "LX"
        ]

    def _rows(self, texts: list[str], loops: Sequence[str]) -> list[Row]:
        separator = self._delimiters.element
        rows = [tuple(text.split(separator)) for text in texts]
        if not self._is_normal or not all(row[-1] for row in rows):
            rows = [fields.normal(row, self._delimiters) for row in rows]
        return list(zip(loops, rows, strict=True))

    def _find(self, rows: list[Row], name: str, number: int) -> Segment | None:
        """The `number`th segment of this id in the claim that was just taken."""
        places = [at for at, (_, row) in enumerate(rows) if row[0] == name]
        if not 0 < number <= len(places):
            return None
        return self._transaction.segments_of_run(len(rows) - 1)[places[number - 1] - 1]

    def _read(self, clm: Segment, rows: list[Row], issues: list[Issue]) -> ReadT:
        self._read_header()
        claim: ClaimT | None = None
        seen: Glimpse | None = None
        try:
            claim = self._claims.build(self._hierarchy, rows)
        except Unreadable as reason:
            issues.append(self._unreadable(reason, clm, rows))
            seen = glimpse(self._hierarchy, rows, reason)
        else:
            issues += self._claims.check(claim, ClaimRun(clm, functools.partial(self._find, rows)))
        identity = self._transaction.id
        return self._claims.item(claim, tuple(issues), self._batch, clm.get(1), clm.position, identity, seen)

    def _read_header(self) -> None:
        if not self._batch_is_read:
            issues: list[Issue] = []
            self._batch, self._batch_is_read = _read_batch(self._claims.batch, self._header, issues), True
            self._transaction.tell(issues)

    def _unreadable(self, reason: Unreadable, clm: Segment, rows: list[Row]) -> Issue:
        """At the segment that is meant, at the CLM when it is missing or stands above the claim."""
        at = reason.place(row for _, row in rows) or 0
        where = self._transaction.segments_of_run(len(rows) - 1)[at - 1] if at else clm
        return issue_at(
            where,
            "unreadable",
            f"the claim cannot be read: {reason.segment}{reason.element:02d} {reason}; correct it and send it again",
            level="rule",
            name=reason.segment,
            element=reason.element,
            loop=rows[at][0] if at else "2300",
            control_number=clm.get(1),
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


def _read_end(rows: list[Elements], role: str) -> tuple[Party, tuple[Elements, ...]]:
    if not rows:
        return Party(role, False, Name("")), ()
    return parties.read_party(rows)
