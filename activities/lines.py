"""The line to a trading partner: what every way to one can do, whatever it is made of.

NotReached      temporary: said in words, and tried again by the batch's ladder or the mailbox's schedule
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from activities.messages import Transmission

PAGE = 50
"""Messages taken by one look into a mailbox"""


class NotReached(Exception):
    """The partner was not reached; the message says why, for people."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One interchange to send: the same parcel, however often, is one interchange."""

    key: str
    """Known to us and, over HTTP, to the partner"""
    name: str
    """The file's name, where it is a file"""
    body: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as a listing shows it."""

    name: str
    size: int
    modified: int
    """When it was last written; only compared with itself"""

    @property
    def kept_name(self) -> str:
        """The name as a database can keep it: bytes that are no UTF-8 are spelled out."""
        return self.name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


@dataclass(frozen=True, slots=True)
class Cursor:
    """What was taken before."""

    after: int = 0
    """The highest id of the partner's own mailbox"""
    seen: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Files by kept name: size and time, as they looked when they were taken"""

    def knows(self, one: Seen) -> bool:
        """Whether the file was taken and looks the same."""
        return self.seen.get(one.kept_name) == (one.size, one.modified)


@dataclass(frozen=True, slots=True)
class Mail:
    """One message as it came."""

    body: bytes
    received_at: datetime
    kind: str = ""
    """As the partner announced it; empty: it announces nothing"""
    id: int | None = None
    """Its number in the partner's mailbox; None: it is known by its content alone"""
    file: Seen | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """One message that could not be read, and why; the others go on."""

    reason: str


class Line(Protocol):
    """One partner at the other end."""

    def send(self, parcel: Parcel) -> Transmission:
        """Send; silence, a refusal and a receipt are all values. The same parcel again is sent once."""
        ...

    def mail(self, cursor: Cursor) -> Generator[Mail | Unread, None, None]:
        """What came since, up to a page. Asked for the next, it may count on the last being stored.

        Raises NotReached.
        """
        ...
