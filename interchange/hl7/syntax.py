"""HL7 v2 as text: messages of a file or a stream, segments, fields, repetitions, components, escapes.

Source: HL7 2.5.1 chapter 2 (delimiters of MSH-1 and MSH-2, escapes 2.7), MLLP release 1 (framing).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

START, END = b"\x0b", b"\x1c\r"
"""MLLP: a message stands between these"""
_ENVELOPES = ("FHS", "BHS", "BTS", "FTS")
"""Segments of a batch file, around messages"""


class NotHl7(ValueError):
    """The bytes are no HL7 v2 message. The message quotes nothing of them."""


@dataclass(frozen=True, slots=True)
class Delimiters:
    """MSH-1 and MSH-2."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    part: str = "&"


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment; fields count from 1 as the standard does, for MSH too."""

    id: str
    fields: tuple[str, ...]
    """`fields[0]` is field 1; of MSH, MSH-1 is the separator itself"""
    delimiters: Delimiters

    def repetitions(self, field: int) -> list[str]:
        """The raw repetitions of a field that say anything."""
        raw = self.fields[field - 1] if field <= len(self.fields) else ""
        if self.id == "MSH" and field <= 2:
            return [raw]
        return [one for one in raw.split(self.delimiters.repetition) if one and one != '""']

    def get(self, field: int, component: int = 1, part: int = 1) -> str:
        """A component (or a part of it) of the first repetition, unescaped; empty where there is none."""
        return self.of(next(iter(self.repetitions(field)), ""), component, part)

    def of(self, repetition: str, component: int = 1, part: int = 1) -> str:
        """A component of one repetition, unescaped."""
        components = repetition.split(self.delimiters.component)
        raw = components[component - 1] if component <= len(components) else ""
        parts = raw.split(self.delimiters.part)
        return _plain(parts[part - 1] if part <= len(parts) else "", self.delimiters)


@dataclass(frozen=True, slots=True)
class Message:
    """One message, MSH first."""

    segments: tuple[Segment, ...]

    @property
    def head(self) -> Segment:
        """MSH."""
        return self.segments[0]

    @property
    def type(self) -> str:
        """MSH-9: `DFT^P03`; an event that stands in EVN only is taken from there."""
        event = self.head.get(9, 2) or next((one.get(1) for one in self.segments if one.id == "EVN"), "")
        return f"{self.head.get(9)}^{event}"

    def first(self, name: str) -> Segment:
        """The first segment of a name, or an empty one."""
        return next((one for one in self.segments if one.id == name), Segment(name, (), self.head.delimiters))

    def all(self, name: str) -> list[Segment]:
        """Every segment of a name."""
        return [one for one in self.segments if one.id == name]


def looks_like_hl7(body: bytes) -> bool:
    """Whether the bytes are to be read as HL7 v2."""
    head = body[:32].removeprefix(b"\xef\xbb\xbf").lstrip(b"\x0b\r\n\t ")
    return re.match(rb"(MSH|FHS|BHS)[^A-Za-z0-9\s]", head) is not None


def messages(body: bytes) -> Iterator[Message]:
    """The messages of a file, framed or not. Raises NotHl7 when there is none."""
    text = _decoded(body)
    rows = [row.strip("\x0b\x1c ") for row in re.split(r"[\r\n]+", text)]
    rows = [row for row in rows if row and row[:3] not in _ENVELOPES]
    starts = [place for place, row in enumerate(rows) if row.startswith("MSH")]
    if not starts or starts[0] != 0:
        raise NotHl7("the message does not begin with MSH")
    for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
        yield _message(rows[start:end])


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")


def _message(rows: list[str]) -> Message:
    head = rows[0]
    if len(head) < 8 or head[3].isalnum():
        raise NotHl7("MSH does not name its delimiters")
    marks = head[4:].split(head[3])[0]
    names = ("component", "repetition", "escape", "part")
    delimiters = Delimiters(head[3], **dict(zip(names, marks, strict=False)))
    if len({head[3], *marks}) != len(marks) + 1:
        raise NotHl7("MSH names a delimiter twice")
    return Message(tuple(_segment(row, delimiters) for row in rows))


def _segment(row: str, delimiters: Delimiters) -> Segment:
    name, *fields = row.split(delimiters.field)
    return Segment(name, (delimiters.field, *fields) if name == "MSH" else tuple(fields), delimiters)


def _plain(text: str, delimiters: Delimiters) -> str:
    """Unescaped, without control characters; formatting escapes (`.br`, `H`, `N`) become a space."""
    if delimiters.escape in text:
        mark = re.escape(delimiters.escape)
        text = re.sub(f"{mark}([^{mark}]*){mark}", lambda found: _unescaped(found[1], delimiters), text)
    readable = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(readable.encode("utf-8", "ignore").decode().split())


def _unescaped(code: str, delimiters: Delimiters) -> str:
    known = {
        "F": delimiters.field,
        "S": delimiters.component,
        "T": delimiters.part,
        "R": delimiters.repetition,
        "E": delimiters.escape,
    }
    if code in known:
        return known[code]
    if re.fullmatch(r"X([0-9A-Fa-f]{2})+", code):
        return bytes.fromhex(code[1:]).decode("latin-1")
    return " "


def escaped(text: str) -> str:
    """Text as a field of a message with the usual delimiters."""
    for char, code in (("\\", "E"), ("|", "F"), ("^", "S"), ("&", "T"), ("~", "R")):
        text = text.replace(char, f"\\{code}\\")
    return text
