"""A partner reached by files, both ways: the same folders, seen directly and through a real SSH server."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from activities.file_line import FileLine, Folders, Opening
from activities.folder_files import open_folder
from activities.sftp_files import Server, open_server
from tests.sshd import SSHD, Sshd, serving


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    if not SSHD.exists():
        pytest.skip("needs sshd (make system)")
    with serving(tmp_path_factory.mktemp("sshd") / "server") as server:
        yield server


def server_of(sshd: Sshd, **changes: Any) -> Server:
    known = {"host": "127.0.0.1", "login": sshd.login, "secret": sshd.client_key, "host_key": sshd.host_key}
    return Server(**{**known, "port": sshd.port, **changes})


@dataclass
class Place:
    """The partner's two folders, and how the office opens them."""

    outbox: Path
    inbox: Path
    archive: Path
    opening: Opening
    server: Server | None = None
    """None: a folder of this machine"""

    def facts(self) -> dict[str, Any]:
        """What the partner's row says of it."""
        facts: dict[str, Any] = {"outbox": str(self.outbox), "inbox": str(self.inbox), "base_url": ""}
        if self.server is None:
            return {**facts, "reached_by": "folder"}
        of_server = {name: getattr(self.server, name) for name in ("host", "port", "login", "host_key")}
        return {**facts, **of_server, "reached_by": "sftp"}

    def line(self, *, archive: bool = False, settling_seconds: float = 0.0) -> FileLine:
        folders = Folders(str(self.outbox), str(self.inbox), str(self.archive) if archive else None)
        return FileLine(self.opening, folders, settling_seconds=settling_seconds)

    def uploaded(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.outbox.iterdir()}


@pytest.fixture
def make_place(tmp_path: Path) -> Callable[..., Place]:
    def make(opening: Opening, server: Server | None = None) -> Place:
        folders = [tmp_path / name for name in ("outbox", "inbox", "archive")]
        for folder in folders:
            folder.mkdir()
        return Place(*folders, opening, server)

    return make


@pytest.fixture(params=["folder", "sftp"])
def place(request: pytest.FixtureRequest, make_place: Callable[..., Place]) -> Place:
    if request.param == "folder":
        return make_place(open_folder)
    server = server_of(request.getfixturevalue("sshd"))
    return make_place(partial(open_server, server), server)


@pytest.fixture
def by_sftp(sshd: Sshd, make_place: Callable[..., Place]) -> Place:
    return make_place(partial(open_server, server_of(sshd)), server_of(sshd))
