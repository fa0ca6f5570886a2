"""The line to a partner by files: one rule for SFTP and for a folder, over the few things that both can do.

An upload is written under a temporary name and renamed when its size is right, so that a partner never takes half a
file. Its name belongs to the interchange: a retry finds what an earlier try left. Mail is read when it stopped growing.
"""

import hashlib
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from activities.lines import PAGE, Cursor, Mail, NotReached, Parcel, Seen, Unread
from activities.messages import Transmission
from billing.partners import UNFINISHED

PART = ".part"
SETTLING_SECONDS = 2.0
"""Between two looks into an inbox: a file that changes meanwhile is still being written, and waits for the next run"""
LARGEST = 50 * 1024 * 1024
"""Bytes of one file, as for a file that is dropped by hand"""
DIGEST_SHOWN = 16
"""Characters of the SHA-256 in a receipt; the batch keeps all of it"""


class Files(Protocol):
    """Folders of a partner. Failures are OSError, by kind: missing, forbidden, there already; else NotReached."""

    def listing(self, folder: str) -> list[Seen]:
        """The plain files of a folder."""
        ...

    def look(self, path: str) -> Seen | None:
        """One file, or None."""
        ...

    def read(self, path: str, *, limit: int) -> bytes:
        """The file's bytes, no more than `limit`."""
        ...

    def write(self, path: str, body: bytes) -> None:
        """Write a file from its beginning, over what may be there."""
        ...

    def rename(self, old: str, new: str) -> None:
        """Rename, never over another file (FileExistsError)."""
        ...


Opening = Callable[[], AbstractContextManager[Files]]


@dataclass(frozen=True, slots=True)
class Folders:
    """Where a partner's files lie."""

    outbox: str
    inbox: str
    archive: str | None = None


class FileLine:
    """Outbox and inbox of one partner."""

    def __init__(
        self,
        opening: Opening,
        folders: Folders,
        *,
        settling_seconds: float = SETTLING_SECONDS,
    ) -> None:
        self._open = opening
        self._folders = folders
        self._settling_seconds = settling_seconds

    def send(self, parcel: Parcel) -> Transmission:
        """Put the interchange into the outbox once. The receipt is what the listing then says, and what was sent."""
        try:
            with self._open() as files:
                return self._put(files, parcel)
        except NotReached as error:
            return Transmission(reason=str(error))
        except OSError as error:
            return Transmission(reason=_in_words(error, "outbox"))

    def _put(self, files: Files, parcel: Parcel) -> Transmission:
        path = _join(self._folders.outbox, parcel.name)
        if files.look(path) is None:
            files.write(path + PART, parcel.body)
            part = files.look(path + PART)
            if part is None or part.size != len(parcel.body):
                arrived = 0 if part is None else part.size
                return Transmission(reason=f"{arrived} of {len(parcel.body)} bytes arrived in the outbox")
            with suppress(FileExistsError):  # another try of ours was faster, or it is another file: see below
                files.rename(path + PART, path)
        there = files.look(path)
        if there is not None and not _is(files, path, there, parcel):
            return Transmission(
                refused=True,
                reason=f"another file is named {parcel.name} in the partner's outbox; nothing was sent under it or "
                "under another name. Ask the partner what it is, and have it taken away",
            )
        # A partner that takes files at once leaves nothing to list: the rename was then all that there is to see.
        size = len(parcel.body) if there is None else there.size
        return Transmission(receipt_id=f"{parcel.name} {size} {parcel.sha256[:DIGEST_SHOWN]}")

    def mail(self, cursor: Cursor) -> Generator[Mail | Unread, None, None]:
        """Files that were not seen before and do not grow, oldest first."""
        try:
            with self._open() as files:
                for taken, one in enumerate(self._fresh(files, cursor), start=1):
                    yield from self._take(files, one)
                    if taken == PAGE:
                        return
        except OSError as error:
            raise NotReached(_in_words(error, "inbox")) from error

    def _fresh(self, files: Files, cursor: Cursor) -> list[Seen]:
        """An archive empties the inbox: what is still there is looked at again, seen or not."""
        before = [
            one
            for one in files.listing(self._folders.inbox)
            if _is_mail(one.name) and (self._folders.archive or not cursor.knows(one))
        ]
        if not before:
            return []
        time.sleep(self._settling_seconds)
        now = set(files.listing(self._folders.inbox))
        return sorted((one for one in before if one in now), key=lambda one: (one.modified, one.name))

    def _take(self, files: Files, one: Seen) -> Generator[Mail | Unread, None, None]:
        path = _join(self._folders.inbox, one.name)
        if one.size > LARGEST:
            yield Unread(f"a file has more than {LARGEST // 1024 // 1024} MB and is not taken")
            return
        try:
            body = files.read(path, limit=one.size + 1)
        except FileNotFoundError:
            return
        except OSError as error:
            yield Unread(f"a file could not be read: {_in_words(error, 'inbox')}")
            return
        if len(body) != one.size:
            return
        yield Mail(body, received_at=datetime.now(UTC), file=one)
        if self._folders.archive is None:
            return
        try:
            self._put_away(files, one, path, body)
        except OSError as error:
            yield Unread(f"a file was taken and not moved: {_in_words(error, 'archive')}")

    def _put_away(self, files: Files, one: Seen, path: str, body: bytes) -> None:
        assert self._folders.archive is not None, "checked by the caller"
        kept = _join(self._folders.archive, one.name)
        if files.look(kept) is not None:
            kept += f".{hashlib.sha256(body).hexdigest()[:DIGEST_SHOWN]}"
        try:
            files.rename(path, kept)
        except FileExistsError:
            files.rename(path, f"{kept}.{time.time_ns()}")


def _is(files: Files, path: str, there: Seen, parcel: Parcel) -> bool:
    """Whether the file there is the parcel; where a partner lets nobody read its outbox, its size must do."""
    if there.size != len(parcel.body):
        return False
    try:
        return files.read(path, limit=len(parcel.body) + 1) == parcel.body
    except PermissionError:
        return True
    except FileNotFoundError:
        return True


def _is_mail(name: str) -> bool:
    return not name.startswith(".") and not name.lower().endswith(UNFINISHED) and "/" not in name


def _join(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}"


def _in_words(error: OSError, folder: str) -> str:
    match error:
        case FileNotFoundError() | NotADirectoryError():
            return f"the partner's {folder} is missing: its folder does not exist, or has another name"
        case PermissionError():
            return f"permission denied in the partner's {folder}"
        case _:
            return f"the partner's {folder} failed ({error.strerror or type(error).__name__})"
