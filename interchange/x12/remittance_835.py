"""The remittance file (835, guide 005010X221A1): streamed payment by payment, balanced, and written.

For each ST come a header, every claim payment in file order, and the remittance itself, which is complete only then:
provider adjustments (PLB) stand last. Sums that do not come out are issues of level `balance`; what was not reported
stays None and is never posted as zero.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from billing import remittance as sums
from billing.money import ZERO, Cents
from billing.remittance import ClaimPayment, Imbalance, ProviderAdjustment, Remittance
from interchange.x12 import fields, payment_making, payment_reading, payment_writing
from interchange.x12.envelope import EnvelopeReport, Transaction, TransactionId, read_transactions, run_ends
from interchange.x12.fields import Elements, Unreadable
from interchange.x12.guides.x221a1 import GUIDE
from interchange.x12.issues import Issue, Level, issue_at
from interchange.x12.quick import quick
from interchange.x12.reading import guide_issues
from interchange.x12.shapes import Recogniser
from interchange.x12.syntax import Segment, Source
from interchange.x12.walking import Walker

VERSION = GUIDE.version
_ENVELOPE = frozenset({"ST", "SE"})
_NOT_HEADER = frozenset({"ST", "SE", "LX"})
_AFTER_HEADER = frozenset({"LX", "CLP", "PLB", "SE"})


@dataclass(frozen=True, slots=True)
class RemittanceHeader:
    """Before the first payment of an ST: what BPR, TRN and the two N1 say; no provider adjustments yet."""

    remittance: Remittance | None
    """None when BPR or TRN is missing or unreadable; the end of the transaction says why"""
    transaction: TransactionId
    first_segment_offset: int
    """Byte offset of the ST"""
    segments: tuple[Elements, ...] = ()
    """Everything it holds, from the ST on: the model's part and the rest"""


@dataclass(frozen=True, slots=True, eq=False)
class KeptSegments:
    """Segments as they stand in the file, cut only when somebody asks."""

    cut: tuple[Elements, ...]
    """Those that were cut before"""
    text: str = ""
    """The others, which follow"""
    separator: str = ""
    glue: str = ""
    """Behind each of the others"""

    def all(self) -> tuple[Elements, ...]:
        """Every one."""
        if not self.text:
            return self.cut
        texts = self.text.removesuffix(self.glue).split(self.glue)
        return (*self.cut, *(tuple(one.split(self.separator)) for one in texts))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KeptSegments) and self.all() == other.all()

    def __hash__(self) -> int:
        return hash(self.all())


@dataclass(frozen=True, slots=True)
class ReadPayment:
    """One CLP of the file."""

    payment: ClaimPayment | None
    """None when an amount or date in it cannot be read"""
    ordinal: int
    """Place among the CLPs of its transaction, from 1"""
    issues: tuple[Issue, ...]
    control_number: str
    """CLP01 as sent"""
    segment_index: int
    transaction: TransactionId
    kept: KeptSegments

    @property
    def segments(self) -> tuple[Elements, ...]:
        """Everything it holds, the model's part and the rest; LX and provider summaries (TS2, TS3) stand before the CLP
        that follows them."""
        return self.kept.all()


@dataclass(frozen=True, slots=True)
class RemittanceEnd:
    """After the last payment of an ST."""

    remittance: Remittance | None
    """Complete, with its provider adjustments; None when BPR or TRN is missing or unreadable"""
    issues: tuple[Issue, ...]
    """Of the header, the balance of the transaction, and its envelope; those of payments came with them"""
    payments_count: int
    claims_paid_cents: Cents
    """Sum of CLP04"""
    content_hash: str
    """See `content_hash`"""
    transaction: TransactionId
    first_segment_offset: int
    segments: tuple[Elements, ...] = ()
    """What stands behind the last payment, to the SE"""


@dataclass(frozen=True, slots=True)
class RemittanceEnvelope:
    """After each interchange: what belongs to no transaction."""

    issues: tuple[Issue, ...]
    envelope: EnvelopeReport


@dataclass(frozen=True, slots=True)
class ReadRemittance:
    """One whole ST*835."""

    remittance: Remittance | None
    payments: tuple[ReadPayment, ...]
    issues: tuple[Issue, ...]
    """All of them: header, payments, balance, transaction; the interchange's own go with its last transaction"""
    st02: str
    content_hash: str
    transaction: TransactionId
    first_segment_offset: int

    @property
    def is_balanced(self) -> bool:
        """Whether it may be posted: it could be read, every payment too, and all sums come out."""
        readable = self.remittance is not None and all(one.payment is not None for one in self.payments)
        return readable and not any(issue.level == "balance" for issue in self.issues)


Item = RemittanceHeader | ReadPayment | RemittanceEnd | RemittanceEnvelope


def read(source: Source) -> Iterator[Item]:
    """Stream the file, keeping one payment at a time. Raises NotX12 when the source holds no ISA."""
    for item in read_transactions(source):
        if isinstance(item, EnvelopeReport):
            yield RemittanceEnvelope(tuple(item.issues), item)
        else:
            yield from read_transaction(item)


def payments(source: Source) -> Iterator[ClaimPayment]:
    """The claim payments alone, as fast as they can be had: for counting and searching, never for posting.

    Envelopes are followed and segments fit the guide or are read the long way, but no sum is proven, no place is kept,
    and a payment that cannot be read is passed over in silence. Raises NotX12 when the source holds no ISA.
    """
    for item in read_transactions(source):
        if not isinstance(item, EnvelopeReport):
            yield from _TransactionReader(item).payments()


def read_transaction(transaction: Transaction) -> Iterator[Item]:
    """The same for one transaction of an envelope that the caller walks."""
    return _TransactionReader(transaction).read()


def read_remittances(source: Source) -> Iterator[ReadRemittance]:
    """One item per ST, with all its payments: for files that fit into memory."""
    payments: list[ReadPayment] = []
    waiting: tuple[RemittanceEnd, tuple[ReadPayment, ...]] | None = None
    for item in read(source):
        if isinstance(item, ReadPayment):
            payments.append(item)
        elif isinstance(item, RemittanceEnd):
            if waiting is not None:
                yield _whole(*waiting, ())
            waiting, payments = (item, tuple(payments)), []
        elif isinstance(item, RemittanceEnvelope) and waiting is not None:
            yield _whole(*waiting, item.issues)
            waiting = None


def _whole(end: RemittanceEnd, payments: tuple[ReadPayment, ...], more: tuple[Issue, ...]) -> ReadRemittance:
    issues = tuple(issue for one in payments for issue in one.issues)
    return ReadRemittance(
        end.remittance,
        payments,
        (*issues, *end.issues, *more),
        end.transaction.st02,
        end.content_hash,
        end.transaction,
        end.first_segment_offset,
    )


def content_hash(segments: Iterable[Elements]) -> str:
    """SHA-256 over the segments from BPR to the last PLB, delimiters normalised: what an 835 says, whatever its
    envelope. Elements are joined by `*`, components by `:`, repetitions by `^`, segments by `~`."""
    digest = hashlib.sha256()
    _digest(digest.update, segments)
    return digest.hexdigest()


def _digest(update: Callable[[bytes], None], segments: Iterable[Elements]) -> None:
    update("".join(f"{'*'.join(elements)}~" for elements in segments).encode())


def write(remittance: Remittance, payments: Iterable[ClaimPayment]) -> list[Elements]:
    """The body of one ST*835, BPR to PLB, for `writing.Group.sets`. Raises payment_writing.NotBalanced when a line,
    a claim or the transaction does not come out."""
    return payment_writing.write_remittance(remittance, payments)


_read_payment = quick(ReadPayment)
_kept_segments = quick(KeptSegments)
_FORMER = payment_making.Payments()
_BEHIND = ("CLP*", "LX*", "PLB*", "SE*")
"""What may follow a payment that is scanned; at anything else the reader looks closer"""


class _TransactionReader:
    """Reads one transaction: its header segment by segment, each payment as one run."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._delimiters = transaction.delimiters
        self._is_normal = transaction.delimiters.element == "*" and fields.is_normal(transaction.delimiters)
        former = _FORMER if self._is_normal else None
        self._runs = Recogniser(Walker(GUIDE, transaction.delimiters), former, _BEHIND)
        self._ends = run_ends(transaction.delimiters, "CLP", "LX", "PLB")
        self._header: list[tuple[str, Elements]] = []
        self._between: list[Elements] = []
        self._plb: list[ProviderAdjustment] = []
        self._tell = transaction.tell
        self._digest = hashlib.sha256()
        self._count = 0
        self._paid = ZERO
        self._all_read = True
        self._offset = 0
        self._bpr: Segment | None = None

    def read(self) -> Iterator[Item]:
        last: Segment | None = None
        header_is_due = True
        for segment in self._transaction.segments():
            if last is None:
                self._offset = segment.offset
                self._tell(guide_issues(self._transaction.id, GUIDE, segment))
            last = segment
            name = segment.elements[0]
            if header_is_due and name in _AFTER_HEADER:
                header_is_due = False
                yield self._begin()
            if name == "CLP":
                yield self._take_payment(segment)
                while (payment := self._scan_payment()) is not None:
                    yield payment
            else:
                self._take(segment, name)
        if last is None or last.id != "SE":
            self._tell(self._runs.walker().finish(last))
        if header_is_due:
            yield self._begin()
        yield self._end(last)

    def payments(self) -> Iterator[ClaimPayment]:
        """Every payment that can be read, and nothing said about it."""
        for segment in self._transaction.segments():
            if segment.elements[0] == "CLP":
                payment = self._take_payment(segment).payment
                if payment is not None:
                    yield payment
                yield from self._scan_payments()
            else:
                self._take(segment, segment.elements[0])
                self._between.clear()

    def _scan_payments(self) -> Iterator[ClaimPayment]:
        """The payments that follow in this block, as long as they are of kinds that come often."""
        text, place, glue = self._transaction.ahead()
        scanners, state = self._runs.scanners(glue)
        count, taken = 0, None
        while (scanner := scanners.get(state)) is not None and (found := scanner.match(text, place)) is not None:
            path, groups = scanner.leaves[found.lastindex]
            try:
                payment: ClaimPayment = path.make(found.group(*groups))
            except Unreadable:
                break
            count, place = count + len(path.steps), found.end()
            taken, state = path, path.shape.after
            yield payment
        if taken is not None:
            self._transaction.skip(count, place)
            self._runs.take(taken)

    def _take(self, segment: Segment, name: str) -> None:
        """A segment that belongs to no payment."""
        walker = self._runs.walker()
        walker.advance(segment)
        elements = fields.normal(segment.elements, self._delimiters)
        self._between.append(elements)
        self._tell(walker.missing)
        self._tell(walker.issues)
        if name not in _ENVELOPE:
            _digest(self._digest.update, [elements])
        if name == "BPR":
            self._bpr = segment
        if name == "PLB":
            self._take_plb(segment, elements)
        elif not self._count and name not in _NOT_HEADER:
            self._header.append((walker.loop, elements))

    def _take_plb(self, segment: Segment, elements: Elements) -> None:
        try:
            self._plb += payment_reading.read_provider_adjustments(elements)
        except Unreadable as reason:
            self._all_read = False
            what = "the provider adjustment cannot be read and its amount is not known, do not post"
            self._tell([_unreadable(reason, segment, what, None, level="balance")])

    def _begin(self) -> RemittanceHeader:
        try:
            remittance = payment_reading.read_remittance(self._header, [])
        except Unreadable:
            remittance = None
        return RemittanceHeader(remittance, self._transaction.id, self._offset, self._told())

    def _told(self) -> tuple[Elements, ...]:
        """The segments outside payments since this was asked last."""
        told = tuple(self._between)
        self._between.clear()
        return told

    def _take_payment(self, clp: Segment) -> ReadPayment:
        """The payment that opens with this segment, to its end."""
        self._count += 1
        texts = [clp.text, *self._transaction.run(self._ends)]
        separator = self._delimiters.element
        rows = [tuple(text.split(separator)) for text in texts]
        shape = self._runs.recognise(texts)
        if shape is not None and self._is_normal:
            self._digest.update(f"{'~'.join(texts)}~".encode())
            if shape.plan is None:
                shape.plan = payment_reading.plan_payment(rows)
            return self._read(clp, rows, shape.plan, ())
        rows = [fields.normal(row, self._delimiters) for row in rows]
        _digest(self._digest.update, rows)
        if shape is not None:
            return self._read(clp, rows, payment_reading.plan_payment(rows), ())
        run = [clp, *self._transaction.segments_of_run(len(texts) - 1)]
        walked = self._runs.walk(run, self._transaction.next_segment())
        return self._read(clp, rows, payment_reading.plan_payment(rows), walked.issues)

    def _scan_payment(self) -> ReadPayment | None:
        """The next payment, where it is of a kind that comes often and has no fault; it is not taken otherwise."""
        text, place, glue = self._transaction.ahead()
        scanned = self._runs.scan(text, place, glue)
        if scanned is None:
            return None
        path, values, end = scanned
        try:
            payment: ClaimPayment = path.make(values)
        except Unreadable:
            return None
        if sums.claim_imbalances(payment, ordinal=self._count + 1):
            return None
        self._runs.take(path)
        position = self._transaction.segment_count + 1
        self._transaction.skip(len(path.steps), end)
        self._count += 1
        self._paid = Cents(self._paid + payment.paid_cents)
        mark = text[end - glue : end]
        told = text[place:end]
        self._digest.update((told.replace(mark, "~") if mark != "~" else told).encode())
        kept = _kept_segments(self._told() if self._between else (), told, "*", mark)
        return _read_payment(payment, self._count, (), payment.control_number, position, self._transaction.id, kept)

    def _read(
        self, clp: Segment, rows: list[Elements], plan: payment_reading.PaymentPlan, issues: Iterable[Issue]
    ) -> ReadPayment:
        control_number = clp.get(1)
        found = list(issues)
        payment: ClaimPayment | None = None
        try:
            payment = payment_reading.read_payment(rows, plan)
        except Unreadable as reason:
            self._all_read = False
            where = self._segment(clp, len(rows), reason.place(rows) or 0)
            found.append(_unreadable(reason, where, "the claim payment cannot be read", control_number))
        else:
            self._paid = Cents(self._paid + payment.paid_cents)
            for one in sums.claim_imbalances(payment, ordinal=self._count):
                place = plan.lines[one.line - 1].svc if one.line is not None else 0
                found.append(_imbalance(one, self._segment(clp, len(rows), place), control_number))
        segments = (*self._told(), *rows) if self._between else tuple(rows)
        return _read_payment(
            payment,
            self._count,
            tuple(found),
            control_number,
            clp.position,
            self._transaction.id,
            _kept_segments(segments),
        )

    def _segment(self, clp: Segment, count: int, place: int) -> Segment:
        """One segment of the payment that was just taken: `place` 0 is its CLP."""
        return self._transaction.segments_of_run(count - 1)[place - 1] if place else clp

    def _end(self, last: Segment | None) -> RemittanceEnd:
        remittance: Remittance | None = None
        try:
            remittance = payment_reading.read_remittance(self._header, self._plb)
        except Unreadable as reason:
            where = self._bpr if self._bpr is not None and reason.segment == "BPR" else last
            if where is not None:
                self._tell([_unreadable(reason, where, "the remittance cannot be read", None)])
        if remittance is not None and self._all_read:
            found = sums.transaction_imbalance(remittance, claims_paid_cents=self._paid)
            if found is not None and self._bpr is not None:
                self._tell([_imbalance(found, self._bpr, None)])
        return RemittanceEnd(
            remittance,
            tuple(self._transaction.issues),
            self._count,
            self._paid,
            self._digest.hexdigest(),
            self._transaction.id,
            self._offset,
            self._told(),
        )


def _unreadable(
    reason: Unreadable, segment: Segment, what: str, control_number: str | None, *, level: Level = "rule"
) -> Issue:
    message = f"{what}: {reason.segment}{reason.element:02d} {reason}; ask the payer for a corrected file"
    return issue_at(
        segment,
        "unreadable",
        message,
        level=level,
        name=reason.segment,
        element=reason.element,
        control_number=control_number,
    )


def _imbalance(found: Imbalance, segment: Segment, control_number: str | None) -> Issue:
    message = f"{found}: do not post; ask the payer"
    return issue_at(
        segment,
        found.level,
        message,
        level="balance",
        element=found.element,
        loop={"line": "2110", "claim": "2100"}.get(found.level),
        control_number=control_number,
    )
