"""Files in a folder of this machine."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from activities.lines import Seen


class FolderFiles:
    """The operating system's own files; every failure is its OSError."""

    def listing(self, folder: str) -> list[Seen]:
        """The plain files of a folder."""
        with os.scandir(folder) as entries:
            found = [(one.name, self.look(one.path)) for one in entries]
        return [seen for _, seen in found if seen is not None]

    def look(self, path: str) -> Seen | None:
        """One plain file, or None. Links are not followed."""
        try:
            status = os.lstat(path)
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(status.st_mode):
            return None
        return Seen(Path(path).name, status.st_size, status.st_mtime_ns // 1000)

    def read(self, path: str, *, limit: int) -> bytes:
        """The file's bytes, no more than `limit`."""
        with open(path, "rb") as file:
            return file.read(limit)

    def write(self, path: str, body: bytes) -> None:
        """Write a file from its beginning, down to the disk."""
        with open(path, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())

    def rename(self, old: str, new: str) -> None:
        """Link, then unlink: a rename would silently replace a file that has the name.

        Where there are no links (a mounted share) a look before the rename must do.
        """
        try:
            os.link(old, new)
        except FileExistsError:
            raise
        except OSError:
            if os.path.lexists(new):
                raise FileExistsError(new) from None
            os.rename(old, new)
            return
        os.unlink(old)


@contextmanager
def open_folder() -> Iterator[FolderFiles]:
    """A folder needs no opening."""
    yield FolderFiles()
