"""A real SSH server on this machine, of the test's own: a free port, its own keys, SFTP and nothing else.

It is Debian's `openssh-server`, run as whoever runs the tests; `make system` installs it.
"""

import getpass
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import asyncssh

SSHD = Path("/usr/sbin/sshd")
SEPARATION = Path("/run/sshd")
"""A directory that sshd wants when root runs it"""

CONFIGURATION = """
Port {port}
ListenAddress 127.0.0.1
HostKey {host_key}
AuthorizedKeysFile {authorized}
PidFile none
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
Subsystem sftp internal-sftp {options}
"""


@dataclass(frozen=True)
class Sshd:
    """A server that listens."""

    port: int
    host_key: str
    """Public, as a partner would publish it"""
    client_key: str
    """Private, as it is kept among the secrets"""
    login: str
    pid: int


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(folder: Path, *, port: int | None = None, options: str = "") -> Iterator[Sshd]:
    """Start it with new keys below `folder`; it ends with the block."""
    folder.mkdir(parents=True)
    host, client = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    host.write_private_key(folder / "host_key")
    (folder / "host_key").chmod(0o600)
    (folder / "authorized").write_bytes(client.export_public_key())
    port = port or free_port()
    text = CONFIGURATION.format(
        port=port, host_key=folder / "host_key", authorized=folder / "authorized", options=options
    )
    (folder / "config").write_text(text, encoding="utf-8")
    if os.geteuid() == 0:
        SEPARATION.mkdir(exist_ok=True)
    log = folder / "log"
    process = subprocess.Popen([SSHD, "-D", "-f", folder / "config", "-E", log])
    try:
        _wait_for(port, process, log)
        public = host.export_public_key().decode().strip()
        private = client.export_private_key().decode()
        yield Sshd(port, public, private, getpass.getuser(), process.pid)
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(200):
        assert process.poll() is None, log.read_text(encoding="utf-8")
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError("sshd does not listen")


@contextmanager
def cut_after(port: int, *, sent_bytes: int) -> Iterator[int]:
    """A wire to that port that breaks when so many bytes went into it; gives its own port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def carry() -> None:
        client, _ = listener.accept()
        server = socket.create_connection(("127.0.0.1", port))
        back = threading.Thread(target=_copy, args=(server, client))
        back.start()
        left = sent_bytes
        with suppress(OSError):
            while left > 0 and (piece := client.recv(min(left, 65536))):
                server.sendall(piece)
                left -= len(piece)
        for one in (client, server):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        back.join()
        client.close()
        server.close()

    thread = threading.Thread(target=carry)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        thread.join(timeout=10)
        listener.close()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
