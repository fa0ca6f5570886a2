"""A file that is made for one answer, and gone when it was sent."""

import tempfile
from collections.abc import Callable, Iterator
from typing import BinaryIO

from fastapi import Response
from fastapi.responses import StreamingResponse

CHUNK = 1 << 16


def zip_of(name: str, write: Callable[[BinaryIO], object]) -> Response:
    """The ZIP that `write` makes, sent from the disk and never held in memory. `name`: of the download, with no ending.

    The file has no name: whatever becomes of this process, nothing of it stays on the disk.
    """
    file: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 - closed once it is sent
    try:
        write(file)
        size = file.tell()
    except BaseException:
        file.close()
        raise
    headers = {"Content-Disposition": f'attachment; filename="{name}.zip"', "Content-Length": str(size)}
    return StreamingResponse(_sent(file), media_type="application/zip", headers=headers)


def _sent(file: BinaryIO) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while chunk := file.read(CHUNK):
            yield chunk
