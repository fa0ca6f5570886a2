"""Parts a file that holds several kinds of transactions: one file a kind, each with envelopes of its own.

Partners by SFTP put what they have into one file: acknowledgments before a remittance, in one interchange or several.
The readers read one guide each. A group (GS..GE) holds one kind (GS01), so groups are what is dealt out; a TA1 that
stands before groups is a kind of its own. Bytes are kept, but for the count in IEA01.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from interchange.x12.detect import FileKind, of_set

_ISA_BYTES = 106
_ISA = re.compile(rb"ISA[^A-Za-z0-9\s]")


@dataclass(slots=True)
class _Interchange:
    """ISA..IEA in pieces."""

    whole: bytes
    head: bytes = b""
    """ISA with its terminator"""
    notices: list[bytes] = field(default_factory=list)
    """TA1 segments"""
    groups: list[tuple[FileKind, bytes]] = field(default_factory=list)
    tail: bytes = b""
    """IEA with its terminator; empty when it is missing"""

    @property
    def kinds(self) -> set[FileKind]:
        found = {kind for kind, _ in self.groups}
        return found | {FileKind.ACKNOWLEDGMENT_TA1} if self.notices else found

    def of(self, kind: FileKind) -> bytes:
        """The interchange with nothing but this kind in it."""
        if kind == FileKind.ACKNOWLEDGMENT_TA1:
            pieces = self.notices
            count = 0
        else:
            pieces = [piece for one, piece in self.groups if one == kind]
            count = len(pieces)
        separator = self.head[3:4]
        words = self.tail.split(separator)
        if len(words) > 2:
            words[1] = str(count).encode()
        return b"".join([self.head, *pieces, separator.join(words)])


def parts(data: bytes) -> list[tuple[FileKind, bytes]]:
    """The file by kinds, in the order in which they first stand; empty when it holds no more than one."""
    found = list(_interchanges(data))
    kinds: dict[FileKind, None] = {}
    for one in found:
        if one.notices:
            kinds[FileKind.ACKNOWLEDGMENT_TA1] = None
        kinds |= {kind: None for kind, _ in one.groups}
    if len(kinds) < 2:
        return []
    return [
        (kind, b"".join(one.whole if one.kinds == {kind} else one.of(kind) for one in found if kind in one.kinds))
        for kind in kinds
    ]


def _interchanges(data: bytes) -> Iterator[_Interchange]:
    first = _ISA.search(data)
    start = first.start() if first else None
    while start is not None and len(data) >= start + _ISA_BYTES:
        separator, terminator = data[start + 3 : start + 4], data[start + _ISA_BYTES - 1 : start + _ISA_BYTES]
        last = start + _ISA_BYTES - 1
        after = _match(rb"(?<=%t)%b*(ISA)[^A-Za-z0-9\s]", separator, terminator).search(data, last)
        next_start = after.start(1) if after else None
        end = _match(rb"(?<=%t)%b*IEA%s[^%t]*%t", separator, terminator).search(data, last, next_start or len(data))
        yield _pieces(data[start : end.end() if end else next_start or len(data)], separator, terminator)
        start = next_start


def _match(pattern: bytes, separator: bytes, terminator: bytes) -> re.Pattern[bytes]:
    """Compile it with the separator for %s, the terminator for %t, and for %b a blank that is not the terminator: of
    lines that are blank each would be looked through from every other one."""
    blank = rb"[^\S" + re.escape(terminator) + b"]"
    marks = {b"%b": blank, b"%t": re.escape(terminator), b"%s": re.escape(separator)}
    return re.compile(re.sub(b"%[bts]", lambda mark: marks[mark[0]], pattern))


def _pieces(whole: bytes, separator: bytes, terminator: bytes) -> _Interchange:
    found = _Interchange(whole, head=whole[:_ISA_BYTES])
    marks = _match(rb"(?<=%t)%b*(GS|IEA|TA1)(?=%s)", separator, terminator).finditer(whole, _ISA_BYTES - 1)
    places = [(match.group(1), match.start()) for match in marks]
    for (name, place), (_, end) in pairwise([*places, (b"", len(whole))]):
        piece = whole[place:end]
        if name == b"GS":
            found.groups.append((_kind(piece, separator, terminator), piece))
        elif name == b"TA1":
            found.notices.append(piece)
        else:
            found.tail = piece
    return found


def _kind(group: bytes, separator: bytes, terminator: bytes) -> FileKind:
    """The kind of a group's first transaction set."""
    version = ""
    for segment in group.split(terminator, 2)[:2]:
        words = [word.decode("latin-1") for word in segment.strip().split(separator)]
        if words[0] == "GS":
            version = words[8] if len(words) > 8 else ""
        elif words[0] == "ST" and len(words) > 1:
            return of_set(words[1], words[3] if len(words) > 3 and words[3] else version)
    return FileKind.UNKNOWN
