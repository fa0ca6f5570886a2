"""Files on a partner's SSH server. No other server than the one whose key is pinned is spoken to.

The activities are plain functions on threads. Each call of one opens one connection and runs it on an event loop of
its own, which ends with the call: nothing is shared between threads, and the rules above need not know of loops.
"""

import asyncio
import socket
import stat
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import asyncssh

from activities.lines import NotReached, Seen

T = TypeVar("T")

CONNECTING_SECONDS = 15.0
ANSWERING_SECONDS = 30.0
"""One answer of the server, or one piece of a file"""
PIECE = 256 * 1024
SIGNATURES = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),
}
"""Kind of host key to how it signs (RFC 8332 for RSA)"""
PRIVATE_KEY = "-----BEGIN"


@dataclass(frozen=True, slots=True)
class Server:
    """Where, as whom, and how it is known."""

    host: str
    login: str
    secret: str
    """A password, or a private key in OpenSSH's or PEM form"""
    host_key: str
    """Its public keys, one a line"""
    port: int = 22


class SftpFiles:
    """Files over one open connection."""

    def __init__(
        self, runner: asyncio.Runner, client: asyncssh.SFTPClient, *, ends_at: float | None, beat: Callable[[], None]
    ) -> None:
        self._runner = runner
        self._client = client
        self._ends_at = ends_at
        self._beat = beat

    def listing(self, folder: str) -> list[Seen]:
        """The plain files of a folder."""
        return self._run(self._listing(folder))

    async def _listing(self, folder: str) -> list[Seen]:
        found = [_seen(str(one.filename), one.attrs) async for one in self._client.scandir(folder)]
        return [one for one in found if one is not None]

    def look(self, path: str) -> Seen | None:
        """One plain file, or None."""
        try:
            attributes = self._run(self._client.lstat(path))
        except FileNotFoundError:
            return None
        return _seen(path.rpartition("/")[2], attributes)

    def read(self, path: str, *, limit: int) -> bytes:
        """The file's bytes, no more than `limit`, piece by piece."""
        file = self._run(self._client.open(path, "rb"))
        try:
            body = bytearray()
            while len(body) < limit:
                piece = self._run(file.read(min(PIECE, limit - len(body)), len(body)))
                assert isinstance(piece, bytes), "opened for bytes"
                if not piece:
                    break
                body += piece
            return bytes(body)
        finally:
            self._run(file.close())

    def write(self, path: str, body: bytes) -> None:
        """Write a file from its beginning."""
        file = self._run(self._client.open(path, "wb"))
        try:
            for start in range(0, len(body), PIECE):
                self._run(file.write(body[start : start + PIECE], start))
        finally:
            self._run(file.close())

    def rename(self, old: str, new: str) -> None:
        """SFTP's own rename, which takes no name that is taken. Most servers then say no more than `failure`."""
        try:
            self._run(self._client.rename(old, new))
        except OSError:
            if self.look(new) is not None:
                raise FileExistsError(new) from None
            raise

    def _run(self, what: Awaitable[T]) -> T:
        left = ANSWERING_SECONDS
        if self._ends_at is not None:
            left = min(left, self._ends_at - time.monotonic())
        self._beat()
        return _translated(self._runner, what, max(left, 0.0))


def _seen(name: str, attributes: asyncssh.SFTPAttrs) -> Seen | None:
    kind = attributes.permissions
    if kind is not None and stat.S_IFMT(kind) and not stat.S_ISREG(kind):
        return None
    return Seen(name, attributes.size or 0, attributes.mtime or 0)


@contextmanager
def open_server(
    server: Server, *, within_seconds: float | None = None, beat: Callable[[], None] = lambda: None
) -> Iterator[SftpFiles]:
    """Connect, and hang up at the end. `within_seconds` bounds all that is done, `beat` is called between answers.

    Raises NotReached.
    """
    ends_at = None if within_seconds is None else time.monotonic() + within_seconds
    with asyncio.Runner() as runner:
        connection, client = _connect(runner, server)
        try:
            yield SftpFiles(runner, client, ends_at=ends_at, beat=beat)
        finally:
            runner.run(_hang_up(connection, client))


def _connect(runner: asyncio.Runner, server: Server) -> tuple[asyncssh.SSHClientConnection, asyncssh.SFTPClient]:
    guard = _Guard()
    key, pinned = _keys(server)

    async def connect() -> tuple[asyncssh.SSHClientConnection, asyncssh.SFTPClient]:
        connection = await asyncssh.connect(
            server.host,
            server.port,
            username=server.login,
            client_keys=[key] if key is not None else None,
            password=None if key is not None else server.secret,
            known_hosts=(pinned, [], []),
            server_host_key_algs=_signatures(pinned),
            client_factory=lambda: guard,
            config=None,
            agent_path=None,
            connect_timeout=CONNECTING_SECONDS,
            login_timeout=CONNECTING_SECONDS,
        )
        try:
            return connection, await connection.start_sftp_client(path_errors="surrogateescape")
        except BaseException:
            connection.abort()
            raise

    try:
        return _translated(runner, connect(), 2 * CONNECTING_SECONDS)
    except NotReached:
        if guard.shown is not None:
            raise NotReached(
                f"the server shows another host key than the one pinned ({guard.shown}); nothing was sent. Ask the "
                "partner whether it changed its key before you pin this one"
            ) from None
        raise
    except OSError as error:
        raise NotReached(f"the partner was not reached ({_why_not(error)})") from error


def _keys(server: Server) -> tuple[asyncssh.SSHKey | None, list[asyncssh.SSHKey]]:
    """(our private key, unless a password is kept instead; the server's pinned keys). Raises NotReached."""
    try:
        key = asyncssh.import_private_key(server.secret) if server.secret.startswith(PRIVATE_KEY) else None
        pinned = [asyncssh.import_public_key(line) for line in server.host_key.splitlines() if line.strip()]
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        hint = "; keep a private key without one" if "assphrase" in str(error) else ""
        raise NotReached(f"a key kept for this partner cannot be read ({error}){hint}") from error
    if not pinned:
        raise NotReached("no host key is pinned for this partner; no server is spoken to without one")
    return key, pinned


def _why_not(error: OSError) -> str:
    match error:
        case ConnectionRefusedError():
            return "connection refused"
        case socket.gaierror():
            return "nobody knows the name of its host"
        case _:
            return error.strerror or type(error).__name__


def _signatures(pinned: list[asyncssh.SSHKey]) -> list[str]:
    """What a server may sign with: its pinned kinds before all, so that a server with several keys shows that one.

    The other kinds stand behind: a server without the pinned kind then shows what it has, and is refused for it.
    """
    kinds = [one.get_algorithm() for one in pinned]
    kinds += [kind for kind in SIGNATURES if kind not in kinds]
    return [name for kind in kinds for name in SIGNATURES.get(kind, (kind,))]


class _Guard(asyncssh.SSHClient):
    """Trusts nothing beside what is pinned, and remembers what was shown instead."""

    shown: str | None = None

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.shown = key.get_fingerprint()
        return False


_BROKEN = (
    asyncssh.SFTPConnectionLost,
    asyncssh.SFTPNoConnection,
    asyncssh.ConnectionLost,
    BrokenPipeError,
    ConnectionResetError,
    ConnectionAbortedError,
)


async def _hang_up(connection: asyncssh.SSHClientConnection, client: asyncssh.SFTPClient) -> None:
    client.exit()
    connection.close()
    try:
        await asyncio.wait_for(connection.wait_closed(), timeout=5)
    except (TimeoutError, OSError, asyncssh.Error):
        connection.abort()


def _translated(runner: asyncio.Runner, what: Awaitable[T], seconds: float) -> T:
    """Run to its end or out of time; what asyncssh says becomes the operating system's words."""

    async def bounded() -> T:
        return await asyncio.wait_for(what, timeout=seconds)

    try:
        return runner.run(bounded())
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath) as error:
        raise FileNotFoundError(2, "no such file") from error
    except asyncssh.SFTPPermissionDenied as error:
        raise PermissionError(13, "permission denied") from error
    except asyncssh.SFTPFileAlreadyExists as error:
        raise FileExistsError(17, "file exists") from error
    except _BROKEN as error:
        raise NotReached("the connection to the partner broke") from error
    except asyncssh.SFTPError as error:
        raise OSError(5, f"the server says: {error.reason}") from error
    except asyncssh.PermissionDenied as error:
        raise NotReached("the partner's server does not let us in: login, key or password is wrong") from error
    except asyncssh.HostKeyNotVerifiable as error:
        raise NotReached("the server's host key is not the one pinned") from error
    except asyncssh.KeyExchangeFailed as error:
        raise NotReached(f"no common way of speaking with the partner's server ({error.reason})") from error
    except asyncssh.Error as error:
        raise NotReached(f"the partner's server ended the connection ({error.reason})") from error
    except TimeoutError as error:
        raise NotReached(f"the partner's server did not answer within {seconds:.0f} seconds") from error
