"""The lowest floor of X12: bytes into segments, whatever delimiters the sender chose. Knows no billing.

The delimiters come from the ISA itself: byte 3 separates elements, ISA16 components, ISA11 repetitions (a letter or
digit there means "none"), and the byte after ISA16 ends every segment. The reader takes what the world sends: a
byte-order mark, line ends after segments, indentation, one-line files, an ISA that is not 106 bytes long, several
interchanges with different delimiters in one file. It reads 64 KiB at a time and keeps no more than that.
"""

import io
import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from typing import BinaryIO

CHUNK_BYTES = 64 * 1024
CUT_BYTES = 4 * 1024
"""Segments are cut from no more than this at once: most of a file is scanned, and need not be"""
MAX_SEGMENT_BYTES = 1024 * 1024
"""A longer segment is cut here: no sender means one, and memory stays bounded."""

_BLANK = " \t\r\n\x00\x1a\x0b\x0c"
_MARK = b"\xef\xbb\xbf"
_ISA_HEADER_BYTES = 1024
_ISA = re.compile(rb"ISA([^A-Za-z0-9\s])")
_FIRST_ID = re.compile(rb"\s*[A-Z][A-Z0-9]{1,2}([^A-Za-z0-9\s.,;'\"()])")
_BLANKS = re.compile(b"[" + re.escape(_BLANK.encode()) + b"]*")
_ODD = "\t\r\x00\x1a\x0b\x0c"

Source = bytes | BinaryIO


class NotX12(ValueError):
    """No ISA can be found, or its sixteen elements cannot be told apart."""


@dataclass(frozen=True, slots=True)
class Delimiters:
    """The four characters an interchange is written with."""

    element: str = "*"
    component: str = ":"
    repetition: str | None = "^"
    """None when ISA11 is a letter: the interchange repeats no elements."""
    segment: str = "~"

    def all(self) -> str:
        """All delimiters in one string."""
        return self.element + self.component + (self.repetition or "") + self.segment


@dataclass(slots=True)
class Segment:
    """One segment as it stands in the file."""

    elements: tuple[str, ...]
    """The segment id first, so that `elements[1]` is element 01."""
    text: str
    """The raw text without its terminator"""
    index: int
    """Place in the file, from 1"""
    offset: int
    """Byte offset in the file"""
    position: int = 0
    """Place in the transaction, ST = 1; 0 outside of one. Filled by the envelope."""

    @property
    def id(self) -> str:
        """Segment id: `CLM`."""
        return self.elements[0]

    def get(self, element: int) -> str:
        """Element text by its number, `""` when the segment is shorter."""
        return self.elements[element] if element < len(self.elements) else ""


@dataclass(slots=True)
class _Block:
    """A piece of the file that ends with a segment, cut a little at a time: what is scanned in `text` is never cut."""

    data: bytes
    terminator: bytes = b"~"
    is_closed: bool = False
    """Nothing that follows belongs to the last segment: a header or the end of the file comes next"""
    is_plain: bool = True
    """All ASCII"""
    is_indented: bool = False
    """Blanks stood before a segment of those that were cut"""
    text: str = ""
    """The whole, where it is ASCII and its segments stand as close as they may, or a line each"""
    glue: int = 1
    """Bytes between two segments, where nothing odd stands there"""
    scanned: int = 0
    """Byte offset behind what was scanned last, 0 when nothing was"""
    end: int = 0
    """Byte offset of what is neither cut nor scanned"""
    texts: list[str] = field(default_factory=list)
    """What was cut: one segment after the other, the last of them before `end`"""
    starts: list[int] = field(default_factory=list)
    """Byte offset of each in the block"""

    def cut_more(self) -> bool:
        """Cut some more segments; False when there are none. The block ends early at the next ISA, whose delimiters may
        differ."""
        begin = self.end
        if begin >= len(self.data):
            return False
        if begin and _ISA.match(self.data, begin):
            self._close(begin)
            return False
        stop = self.data.find(self.terminator, begin + CUT_BYTES) + 1 or len(self.data)
        header = _header_pattern(self.terminator).search(self.data, begin, stop)
        if header is not None:
            stop = header.end()
            self._close(stop)
        texts, starts = _split(self.data[begin:stop], self.terminator, self.glue, begin)
        if isinstance(starts, list) and not self.is_indented:
            self.is_indented = any(self.data[start - 1 : start] in {b" ", b"\t"} for start in starts if start)
        self.texts += texts
        self.starts += starts
        self.end = _past_blanks(self.data, stop)
        return True

    def _close(self, end: int) -> None:
        self.data, self.text, self.is_closed = self.data[:end], self.text[:end], True

    def pass_to(self, place: int) -> None:
        """Forget what was cut; what is cut next stands at this place."""
        self.texts, self.starts, self.end, self.scanned = [], [], place, place

    def start(self, at: int) -> int:
        """Byte offset in the block of the segment `at`, or of the one that will be cut next."""
        return self.starts[at] if at < len(self.starts) else self.end


class SegmentReader:
    """Iterates over the segments of `source`; `delimiters` are those of the interchange being read.

    Segments are cut by one split of many, where they stand regularly; what a caller scans in the text of a block
    (`ahead`, `skip`) is not cut at all. Raises NotX12 on construction when there is no readable ISA. With
    `needs_header` False a source that opens with any other segment is read too, its delimiters guessed; NotX12 then
    means that nothing looks like a segment.
    """

    def __init__(self, source: Source, *, needs_header: bool = True) -> None:
        self._file: BinaryIO = io.BytesIO(source) if isinstance(source, bytes | bytearray | memoryview) else source
        self._buffer = b""
        self._offset = 0
        self._ended = False
        self._block = _Block(b"")
        self._at = 0
        self._first_index = 1
        self._before: Segment | None = None
        self.cut = ""
        """What was longer than MAX_SEGMENT_BYTES and was cut, in a word; whoever tells of it empties this"""
        self.has_mark = False
        """A byte-order mark stands before the first ISA"""
        self._is_indented = False
        self.skipped_bytes = 0
        """Bytes before the first ISA that are neither blank nor a byte-order mark."""
        self._fill(_ISA_HEADER_BYTES)
        if not self._buffer:
            raise NotX12("the file is empty: nothing was sent, or it was lost on the way; ask for it again")
        found = _ISA.search(self._buffer)
        guessed = None if needs_header or found is not None else guess_delimiters(self._buffer)
        if guessed is not None:
            self.delimiters = guessed
            self._drop(len(self._buffer) - len(_without_mark(self._buffer)))
            return
        if found is None:
            raise NotX12("no ISA segment in the first 64 KiB: this is no X12 interchange")
        ahead = self._buffer[: found.start()]
        self.has_mark = ahead.startswith(_MARK)
        self.skipped_bytes = len(_without_mark(ahead).strip())
        self._drop(found.start())
        delimiters = _read_delimiters(self._buffer)
        if delimiters is None:
            raise NotX12("the ISA has fewer than sixteen elements: its delimiters cannot be read")
        self.delimiters = delimiters

    def __iter__(self) -> "SegmentReader":
        return self

    def __next__(self) -> Segment:
        while self._at >= len(self._block.texts):
            if not self._block.cut_more():
                self._next_block()
        self._at += 1
        return self._segment(self._at - 1)

    def run(self, ends: Container[str]) -> list[str]:
        """The texts that follow, up to a segment whose first three characters are in `ends`, or to the end of the file.

        `last` gives their segments until more is read.
        """
        looked_at = 0
        while True:
            block, start = self._block, self._at
            texts = block.texts
            for at in range(start + looked_at, len(texts)):
                if texts[at][:3] in ends:
                    self._at = at
                    return texts[start:at]
            looked_at = max(looked_at, len(texts) - start)
            if block.cut_more():
                continue
            if block.is_closed or len(block.data) - block.start(start) > MAX_SEGMENT_BYTES:
                self.cut = self.cut or ("" if block.is_closed else "claim, payment or level")
                self._at = len(texts)
                return texts[start:]
            self._lengthen()

    def ahead(self) -> tuple[str, int, int]:
        """The text of this block, where in it the next segment begins, and how many characters stand between two
        segments; the text is empty where it cannot be scanned."""
        block = self._block
        return (block.text, block.start(self._at), block.glue) if block.text else ("", 0, 0)

    def skip(self, count: int, place: int) -> None:
        """Read past `count` segments of the text that `ahead` gave, up to this place in it."""
        if self._at + count < len(self._block.texts):
            self._at += count
        else:
            self._first_index += self._at + count
            self._block.pass_to(place)
            self._at = 0

    @property
    def is_plain(self) -> bool:
        """Whether all that is at hand is ASCII."""
        return self._block.is_plain

    def was_indented(self) -> bool:
        """Whether blanks stood before segments since this was asked last."""
        found = self._is_indented or self._block.is_indented
        self._is_indented = self._block.is_indented = False
        return found

    def last(self, count: int) -> list[Segment]:
        """The segments of the last run, `count` of them."""
        return [self._segment(at) for at in range(self._at - count, self._at)]

    def latest(self, *, but: int = 0) -> Segment | None:
        """The segment that was read last, or the one `but` before it where it is still at hand."""
        at = self._at - 1 - but
        if at >= 0:
            return self._segment(at)
        return self._last_scanned() if self._block.scanned else self._before

    def peek(self) -> Segment | None:
        """The next segment of this block, which is not taken; None when the block, or the file, ends here."""
        while self._at >= len(self._block.texts):
            if not self._block.cut_more():
                return None
        return self._segment(self._at)

    def _segment(self, at: int) -> Segment:
        return self._as_segment(self._block.texts[at], self._first_index + at, self._block.start(at))

    def _last_scanned(self) -> Segment:
        block = self._block
        end = block.scanned - block.glue
        start = _past_blanks(block.data, block.text.rfind(self.delimiters.segment, 0, end) + 1)
        return self._as_segment(block.text[start:end], self._first_index - 1, start)

    def _as_segment(self, text: str, index: int, start: int) -> Segment:
        return Segment(tuple(text.split(self.delimiters.element)), text, index, self._offset + start)

    # Blocks -----------------------------------------------------------------------------------------------------------

    def _next_block(self) -> None:
        """Go on to the segments after this block. Raises StopIteration at the end of the file."""
        self._leave()
        block = self._header()
        if block is None and not self._buffer:
            raise StopIteration
        self._block = block or self._take()

    def _lengthen(self) -> None:
        """Read on, keeping in the block what comes from the next segment on."""
        self._leave()
        self._skip_blanks()
        self._fill(len(self._buffer) + 1)
        self._block = _Block(b"", is_closed=True) if _ISA.match(self._buffer) else self._take()

    def _leave(self) -> None:
        """Forget what was read."""
        self._before = self.latest()
        self._is_indented = self._is_indented or self._block.is_indented
        self._first_index += self._at
        self._drop(self._block.start(self._at))
        self._at, self._block = 0, _Block(b"")

    def _terminator(self) -> bytes:
        return self.delimiters.segment.encode("latin-1")

    def _fill(self, wanted: int) -> None:
        while not self._ended and len(self._buffer) < wanted:
            chunk = self._file.read(CHUNK_BYTES)
            self._ended = not chunk
            self._buffer += chunk

    def _drop(self, count: int) -> None:
        self._buffer = self._buffer[count:]
        self._offset += count

    def _skip_blanks(self) -> None:
        self._drop(len(self._buffer) - len(self._buffer.lstrip(_BLANK.encode())))

    def _header(self) -> _Block | None:
        """Take the ISA that the buffer stands at, and its delimiters with it; None when it stands at anything else."""
        self._skip_blanks()
        while not self._buffer and not self._ended:
            self._fill(_ISA_HEADER_BYTES)
            self._skip_blanks()
        self._fill(_ISA_HEADER_BYTES)
        delimiters = _read_delimiters(self._buffer) if _ISA.match(self._buffer) else None
        if delimiters is None:
            return None
        self.delimiters = delimiters
        isa = self._buffer[: _header_bytes(self._buffer)]
        return _Block(isa, end=len(isa), texts=[_decode(isa[:-1])], starts=[0])

    def _take(self) -> _Block:
        """The front of the buffer up to its last terminator; at the end of the file, or of all patience, the whole."""
        terminator = self._terminator()
        end = self._buffer.rfind(terminator)
        while end < 0 and not self._ended and len(self._buffer) < MAX_SEGMENT_BYTES:
            self._fill(len(self._buffer) + 1)
            end = self._buffer.rfind(terminator)
        if end < 0 and not self._ended:
            self.cut = "segment"
        data = self._buffer[: end + 1] if end >= 0 and not self._ended else self._buffer
        block = _Block(data, terminator, self._ended, data.isascii())
        behind = data.find(terminator) + 1
        block.glue = 2 if data[behind : behind + 1] == b"\n" != terminator else 1
        if block.is_plain and not data[behind + block.glue - 1 : behind + block.glue].isspace():
            block.text = data.decode("ascii")
        return block


@lru_cache(maxsize=64)
def _header_pattern(terminator: bytes) -> re.Pattern[bytes]:
    """A terminator and the blanks before an ISA. A blank that ends segments is none of them: in a row of blank lines
    each would be looked through from every other one."""
    blanks = _BLANK.encode().replace(terminator, b"")
    return re.compile(re.escape(terminator) + b"[" + re.escape(blanks) + rb"]*(?=ISA[^A-Za-z0-9\s])")


def _past_blanks(data: bytes, at: int) -> int:
    found = _BLANKS.match(data, at)
    return found.end() if found is not None else at


def _split(data: bytes, terminator: bytes, glue: int, begin: int) -> tuple[list[str], Iterable[int]]:
    """Cut at every terminator; blanks around segments, and empty segments, are left out. The texts, and where each
    begins when the data begin at `begin`."""
    if data.isascii():
        texts = _split_regular(data.decode("ascii"), terminator.decode("latin-1"), glue)
        if texts is not None:
            return texts, accumulate([len(text) + glue for text in texts[:-1]], initial=begin)
    texts = []
    starts = []
    for piece, size in _pieces(data, terminator):
        text = piece.lstrip(_BLANK)
        if text:
            texts.append(text)
            starts.append(begin + len(piece) - len(text))
        begin += size
    return texts, starts


def _split_regular(text: str, terminator: str, glue_length: int) -> list[str] | None:
    """Cut where nothing, or the same line end, stands between all segments; None where it is not so."""
    body = text[:-1]
    if not text.endswith(terminator) or not body or body[0] in terminator + _BLANK:
        return None
    if any(mark in body for mark in _ODD):
        return None
    glue = f"{terminator}\n" if glue_length == 2 else terminator
    if glue_length == 1 and terminator != "\n" and "\n" in body:
        return None
    if glue_length == 2 and not body.count("\n") == body.count(terminator) == body.count(glue):
        return None
    if glue + terminator in text or f"{glue} " in body:
        return None
    return body.split(glue)


def segment_text(file: BinaryIO, delimiters: Delimiters) -> str:
    """The segment that the file stands at, as a SegmentReader gives it."""
    terminator, data = delimiters.segment.encode("latin-1"), b""
    while terminator not in data and len(data) < MAX_SEGMENT_BYTES and (more := file.read(_ISA_HEADER_BYTES)):
        data += more
    return _decode(data.partition(terminator)[0]).rstrip("\r\n")


def guess_delimiters(head: bytes) -> Delimiters | None:
    """The delimiters of a text that lost its ISA: what follows its first segment id, and what most often stands before
    the other ids. None when it does not begin like a segment."""
    first = _FIRST_ID.match(_without_mark(head))
    if first is None:
        return None
    separator = first[1]
    ends = re.findall(rb"([^A-Za-z0-9 ])\s{0,8}[A-Z][A-Z0-9]{1,2}" + re.escape(separator), head)
    ranked = Counter(end for end in ends if end != separator).most_common(1)
    end = ranked[0][0] if ranked else b"~"
    component = ":" if b":" not in {separator, end} else ">"
    return Delimiters(separator.decode("latin-1"), component, None, end.decode("latin-1"))


def _without_mark(data: bytes) -> bytes:
    return data.removeprefix(_MARK)


def _read_delimiters(data: bytes) -> Delimiters | None:
    """Find the delimiters of the ISA that `data` starts with, counting separators so that a short ISA still reads."""
    separator = data[3:4]
    parts = data[:_ISA_HEADER_BYTES].split(separator, 16)
    if len(parts) < 17 or len(parts[16]) < 2:
        return None
    repetition = parts[11].decode("latin-1")
    usable = len(repetition) == 1 and not repetition.isalnum() and repetition not in _BLANK
    tail = parts[16].decode("latin-1")
    return Delimiters(separator.decode("latin-1"), tail[0], repetition if usable else None, tail[1])


def _header_bytes(data: bytes) -> int:
    """How long the ISA at the front of the data is: to its terminator, which may stand inside as well where a sender
    chose badly."""
    return sum(len(part) + 1 for part in data[:_ISA_HEADER_BYTES].split(data[3:4], 16)[:16]) + 2


def _pieces(block: bytes, terminator: bytes) -> Iterator[tuple[str, int]]:
    """Split at terminators; yields each text and the number of bytes it took, its terminator included."""
    if block.isascii():
        for text in block.decode("ascii").split(terminator.decode("latin-1")):
            yield text.rstrip("\r\n"), len(text) + 1
        return
    for piece in block.split(terminator):
        yield _decode(piece).rstrip("\r\n"), len(piece) + 1


def _decode(piece: bytes) -> str:
    """UTF-8 when it is that, else Latin-1, which takes any byte."""
    try:
        return piece.decode("utf-8")
    except UnicodeDecodeError:
        return piece.decode("latin-1")
