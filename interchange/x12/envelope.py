"""The envelope: interchanges (ISA..IEA), groups (GS..GE), transaction sets (ST..SE); read with checks, and written.

Reading never stops at a broken envelope. Segments outside any ST open a transaction of their own, a missing trailer
closes at the next header or at the end of the file, and each of these is an issue.
"""

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from interchange.x12.issues import Issue, Level, Severity
from interchange.x12.syntax import Delimiters, Segment, SegmentReader, Source

_SETS_OF_GROUP = {
    "HC": ("837",),
    "HP": ("835",),
    "HS": ("270",),
    "HB": ("271",),
    "HR": ("276",),
    "HN": ("277",),
    "FA": ("999", "997"),
    "HI": ("278",),
}


_TA1_CODES = frozenset("AER")
_NOTHING_REPEATS = "U"
"""ISA11 of senders, of older versions above all, who name no repetition separator"""
COUNT_DIGITS = 10
"""Digits of SE01, GE01 and IEA01: what is longer is no count"""


@dataclass(frozen=True, slots=True)
class TransactionId:
    """Where a transaction stands: what a 999, a log line or a receipt needs to name it."""

    st01: str
    """837, 835, ...; guessed from GS01 when there is no ST"""
    st02: str
    """Control number, `""` when there is no ST"""
    st03: str
    """Guide as ST03 names it, `""` when absent (it is in most 835s)"""
    isa13: str = ""
    isa12: str = ""
    usage_indicator: str = ""
    """ISA15: P production, T test"""
    sender: tuple[str, str] = ("", "")
    """ISA05 and ISA06, blanks cut"""
    receiver: tuple[str, str] = ("", "")
    """ISA07 and ISA08, blanks cut"""
    gs01: str = ""
    gs02: str = ""
    gs03: str = ""
    gs06: str = ""
    gs08: str = ""

    @property
    def version(self) -> str:
        """The guide: ST03, else GS08."""
        return self.st03 or self.gs08


@dataclass(slots=True)
class Transaction:
    """One ST..SE. Its segments are streamed once, by `segments()`; `issues` and `segment_count` fill as they pass."""

    id: TransactionId
    delimiters: Delimiters = field(default_factory=Delimiters)
    issues: list[Issue] = field(default_factory=list)
    """What is wrong with this transaction outside its claims: envelope, header, levels"""
    segment_count: int = 0
    complete: bool = False
    """Whether its SE was read"""
    watch: Callable[[Segment], None] | None = None
    """Told of every segment that passes, whoever takes it"""
    hear: Callable[[Issue], None] | None = None
    """Told of every issue that belongs to no claim as it is found; `issues` does not keep them then"""
    _stream: Iterator[Segment] = field(default_factory=lambda: iter(()), repr=False)
    _reader: SegmentReader | None = field(default=None, repr=False)

    def segments(self) -> Iterator[Segment]:
        """ST to SE, each once."""
        return self._stream

    def tell(self, issues: Iterable[Issue]) -> None:
        """Say what was found, outside the claims: to whoever hears, else it is kept."""
        if self.hear is None:
            self.issues += issues
            return
        for issue in issues:
            self.hear(issue)

    def run(self, ends: Container[str]) -> list[str]:
        """While `segments` is read: the texts that follow, up to a segment that begins with one of `ends`.

        `ends` hold the first three characters of segments; those of SE and of every envelope segment must be among
        them (`run_ends`). The run may be empty, and then nothing is taken.
        """
        if self._reader is None:
            return []
        texts = self._reader.run(ends)
        self.segment_count += len(texts)
        if self._reader.cut:
            self._tell_cut(self._reader)
        if self.watch is not None:
            for one in self.segments_of_run(len(texts)):
                self.watch(one)
        if not self._reader.is_plain:
            self.tell(_not_ascii(one) for one in self.segments_of_run(len(texts)) if not one.text.isascii())
        return texts

    def _tell_cut(self, reader: SegmentReader) -> None:
        what, reader.cut = reader.cut, ""
        message = f"a {what} longer than 1 MB was cut here, and the rest read as what follows: send it in parts"
        self.tell([_issue("rule", "too-long", message, reader.latest(), position=self.segment_count)])

    def ahead(self) -> tuple[str, int, int]:
        """While `segments` is read: as `SegmentReader.ahead`. The text is empty for a transaction that is watched."""
        if self._reader is None or self.watch is not None:
            return "", 0, 0
        return self._reader.ahead()

    def skip(self, count: int, place: int) -> None:
        """Take a run of `count` segments of that text, up to this place in it."""
        if self._reader is not None:
            self._reader.skip(count, place)
            self.segment_count += count

    def segments_of_run(self, count: int) -> list[Segment]:
        """The segments of the run of `count` texts that was just taken."""
        found = self._reader.last(count) if self._reader is not None else []
        for number, one in enumerate(found, start=self.segment_count - count + 1):
            one.position = number
        return found

    def next_segment(self) -> Segment | None:
        """The segment after the last one that was taken; it stays where it is."""
        found = self._reader.peek() if self._reader is not None else None
        if found is not None:
            found.position = self.segment_count + 1
        return found


@dataclass(slots=True)
class GroupReport:
    """What a group said beside its transactions."""

    gs06: str
    ge01: str = ""
    """How many sets it says that it holds, `""` when GE is missing"""
    issues: list[Issue] = field(default_factory=list)
    """Those of level `group`; the interchange's report has them too"""

    @property
    def included_count(self) -> int | None:
        """GE01 as a number; None when it is none that a group could hold."""
        is_number = self.ge01.isascii() and self.ge01.isdigit() and len(self.ge01) <= COUNT_DIGITS
        return int(self.ge01) if is_number else None


@dataclass(slots=True)
class EnvelopeReport:
    """What an interchange said beside its transactions; comes after them, at its IEA or at the end of the file."""

    isa13: str
    isa14: str = "0"
    """1: the sender wants a TA1"""
    sender: tuple[str, str] = ("", "")
    receiver: tuple[str, str] = ("", "")
    interchange_date: str = ""
    """ISA09, YYMMDD"""
    interchange_time: str = ""
    """ISA10, HHMM"""
    issues: list[Issue] = field(default_factory=list)
    acknowledgments: list[Segment] = field(default_factory=list)
    """TA1 segments"""
    group_count: int = 0
    groups: list[GroupReport] = field(default_factory=list)
    complete: bool = False
    delimiters: Delimiters = field(default_factory=Delimiters)


def run_ends(delimiters: Delimiters, *names: str) -> frozenset[str]:
    """What `Transaction.run` stops at: the segments `names`, and all that belong to no transaction."""
    every = (*names, "ST", "SE", "ISA", "IEA", "GS", "GE", "TA1")
    return frozenset((name + delimiters.element)[:3] for name in every)


def read_transactions(source: Source) -> Iterator[Transaction | EnvelopeReport]:
    """Yield each transaction and, after those of an interchange, its report. Raises NotX12 when there is no ISA.

    A transaction must be consumed before the next is asked for; what the caller leaves is read past.
    """
    reader = _EnvelopeReader(SegmentReader(source))
    yield from reader.read()


class _EnvelopeReader:
    def __init__(self, reader: SegmentReader) -> None:
        self._reader = reader
        self._source = iter(reader)
        self._pushed: Segment | None = None
        self._last: Segment | None = None
        self._report: EnvelopeReport | None = None
        self._isa: tuple[str, ...] = ()
        self._gs: tuple[str, ...] = ()
        self._set_count = 0

    def read(self) -> Iterator[Transaction | EnvelopeReport]:
        if self._reader.skipped_bytes:
            message = f"{self._reader.skipped_bytes} bytes stand before the ISA; they were skipped: send none"
            self._early = [Issue("024", message, "warning", level="interchange")]
        else:
            self._early = []
        if self._reader.has_mark:
            message = "a byte-order mark stands before the ISA; it was read past: send plain text without one"
            self._early.append(Issue("024", message, "warning", level="interchange"))
        while (segment := self._next()) is not None:
            handler = self._HANDLERS.get(segment.id)
            if handler is None:
                yield from self._transaction(segment)
            else:
                report = handler(self, segment)
                if report is not None:
                    yield report
        self._close_group(None)
        report = self._close_interchange(None)
        if report is not None:
            yield report

    def _next(self) -> Segment | None:
        segment, self._pushed = self._pushed, None
        if segment is None:
            segment = next(self._source, None)
        if segment is not None:
            self._last = segment
        return segment

    # Headers and trailers -------------------------------------------------------------------------------------

    def _isa_read(self, segment: Segment) -> EnvelopeReport | None:
        self._close_group(segment)
        before = self._close_interchange(segment)
        elements = segment.elements + ("",) * 17
        self._isa = elements
        self._report = EnvelopeReport(
            isa13=elements[13],
            isa14=elements[14],
            sender=(elements[5].strip(), elements[6].strip()),
            receiver=(elements[7].strip(), elements[8].strip()),
            interchange_date=elements[9],
            interchange_time=elements[10],
            issues=self._early,
            delimiters=self._reader.delimiters,
        )
        self._early = []
        self._check_isa(segment)
        return before

    def _check_isa(self, segment: Segment) -> None:
        lengths = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1)
        for number, length in enumerate(lengths, start=1):
            if len(self._isa[number]) != length:
                message = f"ISA{number:02d} has {len(self._isa[number])} characters where {length} are due: pad it"
                self._say("interchange", "024", message, segment, element=number)
        for code, place, message in _delimiter_faults(self._reader.delimiters, self._isa[11]):
            self._say("interchange", code, message, segment, element=place)
        if self._isa[12] != "00501":
            message = "ISA12 is not 00501; the 5010 content was read all the same: ask the sender to say 00501"
            self._say("interchange", "017", message, segment, severity="warning", element=12)

    def _gs_read(self, segment: Segment) -> None:
        self._close_group(segment)
        self._gs = segment.elements + ("",) * 9
        self._set_count = 0
        report = self._open_report()
        report.group_count += 1
        report.groups.append(GroupReport(self._gs[6]))

    def _ge_read(self, segment: Segment) -> None:
        if not self._gs:
            self._say("interchange", "024", "GE without a GS: every group opens with GS", segment)
            return
        self._open_report().groups[-1].ge01 = segment.get(1)
        if segment.get(2) != self._gs[6]:
            self._say("group", "4", "GE02 differs from GS06: the two must be the same number", segment, element=2)
        if not _is_count(segment.get(1), self._set_count):
            message = f"GE01 does not say the {self._set_count} transaction sets that were read"
            self._say("group", "5", message, segment, element=1)
        self._gs = ()

    def _iea_read(self, segment: Segment) -> EnvelopeReport | None:
        self._close_group(segment)
        report = self._open_report()
        if segment.get(2) != report.isa13:
            self._say("interchange", "001", "IEA02 differs from ISA13: the two must be the same", segment, element=2)
        if not _is_count(segment.get(1), report.group_count) and not report.acknowledgments:
            message = f"IEA01 does not say the {report.group_count} groups that were read"
            self._say("interchange", "021", message, segment, element=1)
        self._tell_indentation(segment)
        report.complete, self._report = True, None
        return report

    def _ta1_read(self, segment: Segment) -> None:
        self._open_report().acknowledgments.append(segment)
        if not segment.get(1):
            message = "TA101 is empty: nothing says which interchange is answered"
            self._say("element", "1", message, segment, element=1)
        if segment.get(4) not in _TA1_CODES:
            message = "TA104 is none of A, E, R: the answer cannot be understood"
            self._say("element", "7", message, segment, element=4)

    _HANDLERS = {"ISA": _isa_read, "GS": _gs_read, "GE": _ge_read, "IEA": _iea_read, "TA1": _ta1_read}

    def _open_report(self) -> EnvelopeReport:
        if self._report is None:
            self._report = EnvelopeReport(isa13="", delimiters=self._reader.delimiters)
            self._isa = ("",) * 17
            self._say("interchange", "024", "data stands outside any ISA..IEA: send it in an interchange", self._last)
        return self._report

    def _close_group(self, found: Segment | None) -> None:
        if self._gs:
            where = f"before {found.id}" if found else "before the end of the file"
            self._say("group", "3", f"GE is missing {where}: the file is cut short or the trailer was lost", self._last)
        self._gs = ()

    def _close_interchange(self, found: Segment | None) -> EnvelopeReport | None:
        if self._report is None:
            return None
        where = f"before {found.id}" if found else "before the end of the file"
        self._say("interchange", "023", f"IEA is missing {where}: ask for the whole file again", self._last)
        self._tell_indentation(self._last)
        report, self._report = self._report, None
        return report

    def _tell_indentation(self, segment: Segment | None) -> None:
        if self._reader.was_indented():
            message = "blanks stand before segments; they were read past: begin each segment where the last one ends"
            self._say("interchange", "024", message, segment, severity="warning")

    # Transactions ---------------------------------------------------------------------------------------------

    def _transaction(self, first: Segment) -> Iterator[Transaction]:
        report = self._open_report()
        isa, gs = self._isa + ("",) * 17, self._gs + ("",) * 9
        has_header = first.id == "ST"
        self._set_count += has_header
        guess = _SETS_OF_GROUP.get(gs[1], ("",))[0]
        identity = TransactionId(
            st01=first.get(1) if has_header else guess,
            st02=first.get(2) if has_header else "",
            st03=first.get(3) if has_header else "",
            isa13=report.isa13,
            isa12=isa[12],
            usage_indicator=isa[15],
            sender=report.sender,
            receiver=report.receiver,
            gs01=gs[1],
            gs02=gs[2],
            gs03=gs[3],
            gs06=gs[6],
            gs08=gs[8],
        )
        transaction = Transaction(identity, self._reader.delimiters)
        self._check_header(transaction, first, has_header)
        stream = self._body(transaction, first)
        transaction._stream, transaction._reader = stream, self._reader
        yield transaction
        for _ in stream:
            pass

    def _check_header(self, transaction: Transaction, first: Segment, has_header: bool) -> None:
        if not has_header:
            message = "segments stand outside any ST..SE: put them into a transaction set"
            transaction.issues.append(_issue("transaction", "6", message, first, position=1))
        if not transaction.id.gs08 and not transaction.id.gs01:
            message = "the transaction set stands outside any GS..GE: put it into a group"
            transaction.issues.append(_issue("transaction", "6", message, first, position=1))
        expected = _SETS_OF_GROUP.get(transaction.id.gs01)
        if has_header and expected and transaction.id.st01 not in expected:
            message = f"ST01 does not belong into a group whose GS01 is {transaction.id.gs01}"
            severity: Severity = "warning"
            transaction.issues.append(
                _issue("transaction", "6", message, first, severity=severity, element=1, position=1)
            )
        if transaction.id.st03 and transaction.id.gs08 and transaction.id.st03 != transaction.id.gs08:
            message = "ST03 and GS08 name different guides; ST03 was followed"
            transaction.issues.append(_issue("transaction", "I6", message, first, element=3, position=1))

    def _body(self, transaction: Transaction, first: Segment) -> Iterator[Segment]:
        handlers = self._HANDLERS
        found: Segment | None = None
        for segment in chain((first,), self._source):
            name = segment.elements[0]
            if (name == "ST" and transaction.segment_count) or name in handlers:
                found = segment
                break
            transaction.segment_count += 1
            segment.position = transaction.segment_count
            if self._reader.cut:
                transaction._tell_cut(self._reader)
            if transaction.watch is not None:
                transaction.watch(segment)
            if not segment.text.isascii():
                transaction.tell([_not_ascii(segment)])
            if name == "SE":
                self._last = segment
                self._check_trailer(transaction, segment)
                yield segment
                return
            yield segment
        self._pushed = found
        self._last = self._reader.latest(but=0 if found is None else 1)
        if self._last is not None:
            self._last.position = transaction.segment_count
        where = f"before {found.id}" if found is not None else "before the end of the file"
        message = f"SE is missing {where}: the transaction is cut short; ask for it again"
        position = transaction.segment_count + 1
        transaction.tell([_issue("transaction", "2", message, self._last, name="SE", position=position)])

    def _check_trailer(self, transaction: Transaction, segment: Segment) -> None:
        transaction.complete = True
        if segment.get(2) != transaction.id.st02:
            message = "SE02 differs from ST02: the two must be the same number"
            transaction.tell([_issue("transaction", "3", message, segment, element=2)])
        if not _is_count(segment.get(1), transaction.segment_count):
            message = f"SE01 does not say the {transaction.segment_count} segments from ST to SE"
            transaction.tell([_issue("transaction", "4", message, segment, element=1)])

    def _say(
        self,
        level: Level,
        code: str,
        message: str,
        segment: Segment | None,
        *,
        severity: Severity = "error",
        element: int | None = None,
    ) -> None:
        report = self._open_report()
        issue = _issue(level, code, message, segment, severity=severity, element=element)
        report.issues.append(issue)
        if level == "group" and report.groups:
            report.groups[-1].issues.append(issue)


def _delimiter_faults(marks: Delimiters, isa11: str) -> Iterator[tuple[str, int | None, str]]:
    """Delimiters that cannot be told from data or from each other: TA105, the element of the ISA (None for the
    terminator, which stands behind it), and what is wrong. ISA11 may be U, which says that nothing repeats."""
    others = {marks.element: "the element separator"}
    for code, number, name, mark in (
        ("027", 16, "ISA16, the component separator,", marks.component),
        ("004", None, "the segment terminator behind ISA16", marks.segment),
        ("024", 11, "ISA11, the repetition separator,", "" if isa11 == _NOTHING_REPEATS else isa11[:1]),
    ):
        if mark in others:
            yield code, number, f"{name} is {others[mark]} too: choose a character that stands nowhere else"
        elif mark and (mark.isalnum() or mark in " \t"):
            yield code, number, f"{name} is a letter, a digit or a blank: choose a character that no data hold"
        elif mark:
            others[mark] = name.rstrip(",")


def _is_count(text: str, count: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= COUNT_DIGITS and int(text) == count


def _not_ascii(segment: Segment) -> Issue:
    number = next((n for n, text in enumerate(segment.elements) if not text.isascii()), 0)
    message = "a character outside ASCII stands here; it was kept: send plain letters"
    return _issue("element", "6", message, segment, severity="warning", element=number or None)


def _issue(
    level: Level,
    code: str,
    message: str,
    segment: Segment | None,
    *,
    severity: Severity = "error",
    element: int | None = None,
    name: str | None = None,
    position: int | None = None,
) -> Issue:
    if segment is None:
        return Issue(code, message, severity, level=level)
    return Issue(
        code,
        message,
        severity,
        segment=name or segment.id,
        element=element,
        segment_index=position or segment.position or None,
        file_index=segment.index,
        offset=segment.offset,
        level=level,
    )
