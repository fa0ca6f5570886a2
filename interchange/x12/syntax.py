"""The lowest floor of X12: bytes into segments, whatever delimiters the sender chose. Knows no billing.

The delimiters come from the ISA itself: byte 3 separates elements, ISA16 components, ISA11 repetitions (a letter or
digit there means "none"), and the byte after ISA16 ends every segment. The reader takes what the world sends: a
byte-order mark, line ends after segments, indentation, one-line files, an ISA that is not 106 bytes long, several
interchanges with different delimiters in one file. It reads 64 KiB at a time and keeps no more than that.
"""

import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

CHUNK_BYTES = 64 * 1024
MAX_SEGMENT_BYTES = 1024 * 1024
"""A longer segment is cut here: no sender means one, and memory stays bounded."""

_BLANK = " \t\r\n\x00\x1a\x0b\x0c"
_ISA_HEADER_BYTES = 1024
_ISA = re.compile(rb"ISA([^A-Za-z0-9\s])")
_FIRST_ID = re.compile(rb"\s*[A-Z][A-Z0-9]{1,2}([^A-Za-z0-9\s.,;'\"()])")

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


class SegmentReader:
    """Iterates over the segments of `source`; `delimiters` are those of the interchange being read.

    Raises NotX12 on construction when there is no readable ISA. With `needs_header` False a source that opens with
    any other segment is read too, its delimiters guessed; NotX12 then means that nothing looks like a segment.
    """

    def __init__(self, source: Source, *, needs_header: bool = True) -> None:
        self._file: BinaryIO = io.BytesIO(source) if isinstance(source, bytes | bytearray | memoryview) else source
        self._buffer = b""
        self._offset = 0
        self._index = 0
        self._ended = False
        self.skipped_bytes = 0
        """Bytes before the first ISA that are neither blank nor a byte-order mark."""
        self._fill(_ISA_HEADER_BYTES)
        found = _ISA.search(self._buffer)
        guessed = None if needs_header or found is not None else guess_delimiters(self._buffer)
        if guessed is not None:
            self.delimiters = guessed
            self._drop(len(self._buffer) - len(_without_mark(self._buffer)))
            return
        if found is None:
            raise NotX12("no ISA segment in the first 64 KiB: this is no X12 interchange")
        ahead = self._buffer[: found.start()]
        self.skipped_bytes = len(_without_mark(ahead).strip())
        self._drop(found.start())
        delimiters = _read_delimiters(self._buffer)
        if delimiters is None:
            raise NotX12("the ISA has fewer than sixteen elements: its delimiters cannot be read")
        self.delimiters = delimiters

    def __iter__(self) -> Iterator[Segment]:
        while self._buffer or not self._ended:
            header = self._header()
            if header is not None:
                yield header
            else:
                yield from self._segments(self._block())

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

    def _header(self) -> Segment | None:
        """Take the ISA that the buffer stands at, and its delimiters with it; None when it stands at anything else."""
        self._drop(len(self._buffer) - len(self._buffer.lstrip(_BLANK.encode())))
        self._fill(_ISA_HEADER_BYTES)
        if not _ISA.match(self._buffer):
            return None
        delimiters = _read_delimiters(self._buffer)
        if delimiters is None:
            return None
        self.delimiters = delimiters
        end = self._buffer.find(self._terminator())
        text = _decode(self._buffer[:end])
        self._index += 1
        segment = Segment(tuple(text.split(delimiters.element)), text, self._index, self._offset)
        self._drop(end + 1)
        return segment

    def _block(self) -> bytes:
        """The front of the buffer up to its last terminator; at the end of the file, or of all patience, the whole."""
        end = self._buffer.rfind(self._terminator())
        while end < 0 and not self._ended and len(self._buffer) < MAX_SEGMENT_BYTES:
            self._fill(len(self._buffer) + 1)
            end = self._buffer.rfind(self._terminator())
        return self._buffer[: end + 1] if end >= 0 else self._buffer

    def _segments(self, block: bytes) -> Iterator[Segment]:
        """Cut `block` into segments and drop it; stop early at the next ISA, whose delimiters may differ."""
        separator, start = self.delimiters.element, 0
        for piece, size in _pieces(block, self._terminator()):
            text = piece.lstrip(_BLANK)
            if text:
                if start and text.startswith("ISA") and _ISA.match(text.encode("latin-1", "replace")):
                    break
                self._index += 1
                offset = self._offset + start + len(piece) - len(text)
                yield Segment(tuple(text.split(separator)), text, self._index, offset)
            start += size
        self._drop(min(start, len(block)))


def guess_delimiters(head: bytes) -> Delimiters | None:
    """The delimiters of a text that lost its ISA: what follows its first segment id, and what most often stands before
    the other ids. None when it does not begin like a segment."""
    first = _FIRST_ID.match(_without_mark(head))
    if first is None:
        return None
    separator = first[1]
    ends = re.findall(rb"([^A-Za-z0-9 ])\s*[A-Z][A-Z0-9]{1,2}" + re.escape(separator), head)
    ranked = Counter(end for end in ends if end != separator).most_common(1)
    end = ranked[0][0] if ranked else b"~"
    component = ":" if b":" not in {separator, end} else ">"
    return Delimiters(separator.decode("latin-1"), component, None, end.decode("latin-1"))


def _without_mark(data: bytes) -> bytes:
    return data.removeprefix(b"\xef\xbb\xbf")


def _read_delimiters(data: bytes) -> Delimiters | None:
    """Find the delimiters of the ISA that `data` starts with, counting separators so that a short ISA still reads."""
    separator = data[3:4]
    parts = data[:_ISA_HEADER_BYTES].split(separator, 16)
    if len(parts) < 17 or len(parts[16]) < 2:
        return None
    repetition = parts[11].decode("latin-1")
    usable = len(repetition) == 1 and not repetition.isalnum() and not repetition.isspace()
    tail = parts[16].decode("latin-1")
    return Delimiters(separator.decode("latin-1"), tail[0], repetition if usable else None, tail[1])


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
