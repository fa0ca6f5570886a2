"""The strict side of the envelope: segments in, one interchange out. Counts are computed, control numbers are given.

What a reader forgives a writer refuses: a delimiter inside data, a character outside X12's extended set and more than
an element holds are exceptions that name the segment and the element, never the data. Blanks around data are cut.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import overload

from billing.characters import EXTENDED
from interchange.x12 import lengths
from interchange.x12.fields import COMPONENT, REPETITION, Elements, Joined
from interchange.x12.lengths import FITS
from interchange.x12.syntax import Delimiters

_PLAIN = Delimiters()
"""Of our interchanges"""
_GROUP_OF_SET = {"837": "HC", "835": "HP", "270": "HS", "271": "HB", "276": "HR", "277": "HN", "999": "FA", "997": "FA"}


class UnwritableData(ValueError):
    """Data that cannot be sent. Carries where it stands: DataHoldsDelimiter, DataOutsideCharacterSet, DoesNotFit,
    BadHeader."""

    def __init__(self, segment: str, element: int, reason: str) -> None:
        super().__init__(f"{segment}{element:02d} {reason}")
        self.segment = segment
        self.element = element


class DataHoldsDelimiter(UnwritableData):
    """An element holds one of the interchange's delimiters."""


class DataOutsideCharacterSet(UnwritableData):
    """An element holds a character that X12's extended character set does not have."""


class DoesNotFit(UnwritableData):
    """An element is longer than the guides allow, or there are more of a kind, or none where one must be."""


class BadHeader(UnwritableData):
    """An id or control number does not fit into ISA, GS or ST."""


@dataclass(frozen=True, slots=True)
class Address:
    """One end of an interchange: ISA qualifier and id, and the group's application id (the same id when None)."""

    qualifier: str
    """ISA05 or ISA07: ZZ, 30, 01 ..."""
    id: str
    """ISA06 or ISA08, at most 15 characters"""
    application_id: str | None = None
    """GS02 or GS03"""


class Body(Sequence[Elements]):
    """The segments of a transaction set that were written already, with the delimiters of our interchanges. Their
    elements are made when somebody asks for them: an interchange with other delimiters does."""

    def __init__(self, text: str, rows: Callable[[], Sequence[Elements]]) -> None:
        """`text` has a terminator behind each segment, and nothing in it is still to be proven."""
        self.text = text
        self._make = rows
        self._rows: Sequence[Elements] | None = None

    def __len__(self) -> int:
        return self.text.count(_PLAIN.segment)

    @overload
    def __getitem__(self, at: int) -> Elements: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Elements]: ...
    def __getitem__(self, at: int | slice) -> Elements | Sequence[Elements]:
        if self._rows is None:
            self._rows = self._make()
        return self._rows[at]


@dataclass(frozen=True, slots=True)
class Group:
    """One GS..GE: its control number, its guide, and the bodies of its transaction sets without ST and SE."""

    control_number: int
    """GS06"""
    version: str
    """GS08: 005010X222A1"""
    sets: Sequence[tuple[str, Sequence[Elements]]]
    """(ST02, segments from after ST to before SE)"""
    transaction: str = "837"
    """ST01"""


def write_interchange(
    groups: Sequence[Group],
    *,
    sender: Address,
    receiver: Address,
    control_number: int,
    instant: datetime,
    usage: str = "P",
    wants_ta1: bool = False,
    acknowledgments: Iterable[Elements] = (),
    delimiters: Delimiters | None = None,
    line_end: str = "",
) -> str:
    """Write one interchange: `control_number` is ISA13, `usage` P or T, `acknowledgments` TA1 segments for its head.

    Raises DataHoldsDelimiter, DataOutsideCharacterSet, DoesNotFit or BadHeader. The same arguments give the same text.
    """
    marks = delimiters or Delimiters()
    printer = _Printer(marks, line_end)
    printer.raw(_isa(sender, receiver, control_number, instant, usage, wants_ta1, marks))
    for segment in acknowledgments:
        printer.add(segment)
    for group in groups:
        _write_group(printer, group, sender, receiver, instant)
    printer.add(("IEA", str(len(groups)), f"{control_number:09d}"))
    return printer.text()


def text_of(rows: Iterable[Elements]) -> str:
    """Segments with the delimiters of our interchanges and a terminator behind each, nothing around them.

    Raises DataHoldsDelimiter, DataOutsideCharacterSet or DoesNotFit.
    """
    return "".join([_plain_printer().written(row) + _PLAIN.segment for row in rows])


@cache
def _plain_printer() -> "_Printer":
    return _Printer(_PLAIN, "")


def has_loose_blanks(text: str) -> bool:
    """Whether blanks stand around data in text with the delimiters of our interchanges."""
    return _find_loose(text) is not None


_find_loose = re.compile(r" (?:(?=[*:^~]|$)|(?<=[*:^] ))").search


def _trimmed(segment: Elements) -> Elements:
    """Without empty elements at its end."""
    count = len(segment)
    while count > 1 and not segment[count - 1]:
        count -= 1
    return segment[:count]


def _is_joined(segment: Elements) -> bool:
    """Whether component and repetition separators stand in composites only, where they were put."""
    whole = "".join([one for one in segment if type(one) is not Joined])
    return COMPONENT not in whole and REPETITION not in whole


def _without_loose_blanks(segment: Elements) -> Elements:
    cut = tuple([_cut(text) for text in segment])
    if not any(cut[2:]):
        for number, (before, text) in enumerate(zip(segment, cut, strict=True)):
            if before and not text:
                raise DoesNotFit(segment[0], number, "holds nothing but blanks: leave it out, or fill it in")
    return cut


def _cut(text: str) -> str:
    """The element without blanks around it, nor around any component of it."""
    if not isinstance(text, Joined):
        return text.strip(" ")
    return Joined(re.sub(" *([:^]) *", r"\1", text.strip(" ")).rstrip(COMPONENT))


def _write_group(printer: "_Printer", group: Group, sender: Address, receiver: Address, instant: datetime) -> None:
    printer.add(
        (
            "GS",
            _GROUP_OF_SET[group.transaction],
            sender.application_id or sender.id,
            receiver.application_id or receiver.id,
            f"{instant:%Y%m%d}",
            f"{instant:%H%M}",
            str(group.control_number),
            "X",
            group.version,
        )
    )
    for st02, body in group.sets:
        if not 4 <= len(st02) <= 9:
            raise BadHeader("ST", 2, "must have four to nine characters")
        named = () if group.transaction == "835" else (group.version,)
        printer.add(("ST", group.transaction, st02, *named))
        printer.add_body(body)
        printer.add(("SE", str(len(body) + 2), st02))
    printer.add(("GE", str(len(group.sets)), str(group.control_number)))


def _isa(
    sender: Address,
    receiver: Address,
    control_number: int,
    instant: datetime,
    usage: str,
    wants_ta1: bool,
    marks: Delimiters,
) -> str:
    for number, text, limit in (
        (5, sender.qualifier, 2),
        (6, sender.id, 15),
        (7, receiver.qualifier, 2),
        (8, receiver.id, 15),
        (15, usage, 1),
    ):
        if not text or len(text) > limit or any(mark in text for mark in marks.all()) or not text.isascii():
            raise BadHeader("ISA", number, f"must have one to {limit} plain characters")
    if not 0 < control_number < 1_000_000_000:
        raise BadHeader("ISA", 13, "must be a number of at most nine digits")
    parts = ("ISA", "00", " " * 10, "00", " " * 10, sender.qualifier, f"{sender.id:<15}", receiver.qualifier)
    more = (f"{receiver.id:<15}", f"{instant:%y%m%d}", f"{instant:%H%M}", marks.repetition or "U", "00501")
    last = (f"{control_number:09d}", "1" if wants_ta1 else "0", usage, marks.component)
    return marks.element.join((*parts, *more, *last))


_REPEATED = frozenset({"DTM", "CAS", "LQ"})
"""Days, reasons and remarks: files have few different ones"""
MOST_REPEATED = 4096


class _Printer:
    def __init__(self, marks: Delimiters, line_end: str) -> None:
        self._marks = marks
        self._mark = marks.element
        self._end = marks.segment + line_end
        self._out: list[str] = []
        self._repeated: dict[Elements, str] = {}
        """Segments that say the same again and again, as they were written the first time"""
        self._forbidden = frozenset(marks.all())
        self._plain = frozenset(EXTENDED - self._forbidden)
        self._joined = self._plain | {marks.component, marks.repetition or ""}
        plain = "".join(sorted(self._plain | {marks.element}))
        self._find_odd = re.compile(f"[^{re.escape(plain)}]").search
        """Finds what has to be looked at element by element: composites, and what may not be sent"""
        self._is_plain = marks == _PLAIN
        self._is_usual = (marks.component, marks.repetition) == (COMPONENT, REPETITION)
        self._find_strange = re.compile(f"[^{re.escape(plain + COMPONENT + REPETITION)}]").search
        """Finds what may not even stand in a composite"""
        around = re.escape(marks.element + COMPONENT + REPETITION)
        self._find_loose = re.compile(f" (?:(?=[{around}]|$)|(?<=[{around}] ))").search
        """Finds blanks around data"""

    def raw(self, text: str) -> None:
        self._out.append(text)

    def add_body(self, body: Sequence[Elements]) -> None:
        if isinstance(body, Body) and self._marks == _PLAIN:
            if body.text:
                self._out.append(body.text[:-1].replace(_PLAIN.segment, self._end))
            return
        for segment in body:
            self.add(segment)

    def add(self, segment: Elements) -> None:
        if segment[0] not in _REPEATED:
            self._out.append(self.written(segment))
            return
        known = self._repeated.get(segment)
        if known is None:
            known = self.written(segment)
            if len(self._repeated) < MOST_REPEATED and self._marks.component not in known:
                self._repeated[segment] = known
        self._out.append(known)

    def written(self, segment: Elements) -> str:
        """The segment without its terminator."""
        if not segment[-1]:
            segment = _trimmed(segment)
        mark = self._mark
        whole = mark.join(segment)
        if " " in whole and self._find_loose(whole) is not None:
            return self.written(_without_loose_blanks(segment))
        is_good = self._is_plain and FITS[segment[0]](whole) is not None and whole.count(mark) == len(segment) - 1
        if is_good and (COMPONENT not in whole or _is_joined(segment)):
            return whole
        return self._written_with_care(segment, whole)

    def _written_with_care(self, segment: Elements, whole: str) -> str:
        found = lengths.excess(segment)
        if found is not None:
            raise DoesNotFit(segment[0], *found)
        if whole.count(self._mark) == len(segment) - 1:
            is_usual = self._is_usual and self._find_strange(whole) is None and _is_joined(segment)
            if is_usual or self._find_odd(whole) is None:
                return whole
        texts = [self._element(segment[0], number, text) for number, text in enumerate(segment)]
        return self._mark.join(texts)

    def text(self) -> str:
        return self._end.join(self._out) + self._end

    def _element(self, segment: str, number: int, text: str) -> str:
        allowed = self._plain
        if isinstance(text, Joined):
            text = self._translated(segment, number, text)
            allowed = self._joined
        if not allowed.issuperset(text):
            if self._forbidden.isdisjoint(text):
                raise DataOutsideCharacterSet(
                    segment, number, "holds a character outside X12's extended set: replace it"
                )
            raise DataHoldsDelimiter(segment, number, "holds a delimiter of the interchange: replace it")
        return text

    def _translated(self, segment: str, number: int, text: str) -> str:
        """Put the interchange's own component and repetition separators in place of `:` and `^`."""
        marks = self._marks
        if (marks.component, marks.repetition) == (COMPONENT, REPETITION):
            return text
        if REPETITION in text and marks.repetition is None:
            raise DataHoldsDelimiter(segment, number, "repeats, but the interchange has no repetition separator")
        foreign = {marks.component, marks.repetition} - {COMPONENT, REPETITION, None}
        if any(mark in text for mark in foreign if mark):
            raise DataHoldsDelimiter(segment, number, "holds a delimiter of the interchange: replace it")
        return text.translate({ord(COMPONENT): marks.component, ord(REPETITION): marks.repetition})
