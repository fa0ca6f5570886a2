"""`zerobalance backup`, `restore`, `resume` and `keys`: what they write, what they refuse and in which words."""

import json
import sqlite3
import stat
import threading
import time
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import select
from typer.testing import CliRunner

import doctor
import office_backup
import office_setup
from cli import app
from database import messages, office, restoring
from database.engine import Database
from database.tables import Partner
from settings import Profile, Settings
from temporal import encryption, engine

PASSED_OVER = restoring.NUMBERS_LEFT_OUT


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An office that was set up and never ran."""
    made = Settings(data_dir=tmp_path / "var", api_port=engine.free_port(), temporal_port=engine.free_port())
    database = office_setup.open_database(made)
    office_setup.install(database, made, practice="Invented Clinic", charges=None, at=datetime.now(UTC))
    database.close()
    encryption.load_or_create_keyring(made)
    (made.data_dir / "worker.log").write_text("a log")
    return made


def number_of(settings: Settings, name: str = "interchange") -> int:
    database = Database(settings.database_url)
    with database.writing() as session:
        partner = session.exec(select(Partner)).one()
        number = messages.next_number(session, partner_id=partner.id, name=name)
    database.close()
    return number


def put_back(settings: Settings, folder: Path, *, over: bool = True) -> office_backup.Restored:
    return office_backup.restore(settings, folder, over=over, at=datetime.now(UTC))


def test_a_backup_is_whole_and_for_its_owner_alone(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    manifest = office_backup.take(settings, folder)
    assert {office_backup.BOOK_FILE, encryption.KEY_FILE} <= set(manifest.files)
    assert "worker.log" not in manifest.files
    modes = {stat.S_IMODE(one.stat().st_mode) for one in folder.rglob("*") if one.is_file()}
    assert (stat.S_IMODE(folder.stat().st_mode), modes) == (0o700, {0o600})
    assert office_backup.read(folder) == manifest


def test_a_backup_needs_a_folder_of_its_own(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").touch()
    for folder in (tmp_path / "full", settings.data_dir / "backup", tmp_path):
        with pytest.raises(office_backup.FolderInUse):
            office_backup.take(settings, folder)


def test_engine_and_book_are_of_one_instant(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the office writes: what the copy of the book has, the copy of the engine was asked for; and what the engine
    was told is done, the book has."""
    with closing(sqlite3.connect(settings.data_dir / engine.DATABASE_FILE)) as made:
        made.execute("PRAGMA journal_mode=wal")
        made.execute("CREATE TABLE step (asked INTEGER, done INTEGER)")
        made.execute("INSERT INTO step VALUES (0, 0)")
        made.commit()
    slowly(monkeypatch)
    stopped, began = threading.Event(), threading.Event()
    writing = threading.Thread(target=work, args=(settings, stopped, began))
    writing.start()
    try:
        assert began.wait(timeout=30)
        office_backup.take(settings, tmp_path / "backup")
    finally:
        stopped.set()
        writing.join()
    with closing(sqlite3.connect(tmp_path / "backup" / engine.DATABASE_FILE)) as copied:
        asked, done = copied.execute("SELECT asked, done FROM step").fetchone()
    with closing(sqlite3.connect(tmp_path / "backup" / office_backup.BOOK_FILE)) as copied:
        [kept] = copied.execute("SELECT last FROM control_sequence WHERE name = 'group'").fetchone()
    assert 0 < done <= kept <= asked
    assert number_of(settings, "group") > kept + 1, "the office wrote on"


def slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Much is written between the snapshot of the engine and that of the book, and before the copying."""
    pin = office_backup._pin

    def pin_and_wait(stack: ExitStack, path: Path) -> sqlite3.Connection:
        pinned = pin(stack, path)
        time.sleep(0.2)
        return pinned

    monkeypatch.setattr(office_backup, "_pin", pin_and_wait)


def work(settings: Settings, stopped: threading.Event, began: threading.Event) -> None:
    """The engine asks for a step, the book keeps it, the engine is told: over and over."""
    while not stopped.is_set():
        asks(settings, "UPDATE step SET asked = asked + 1")
        number_of(settings, "group")
        asks(settings, "UPDATE step SET done = done + 1")
        began.set()


def asks(settings: Settings, words: str) -> None:
    with closing(sqlite3.connect(settings.data_dir / engine.DATABASE_FILE, timeout=30)) as connection:
        connection.execute(words)
        connection.commit()


def test_a_link_in_the_data_directory_is_refused(settings: Settings, tmp_path: Path) -> None:
    """What it stands for would be missing without a word. A log elsewhere is not copied anyhow."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (settings.data_dir / "api.log").symlink_to(tmp_path / "api.log")
    office_backup.take(settings, tmp_path / "first")
    (settings.data_dir / "inbox").symlink_to(elsewhere)
    with pytest.raises(office_backup.LinkInside, match=f"inbox -> {elsewhere}"):
        office_backup.take(settings, tmp_path / "second")
    assert not (tmp_path / "second").exists()


def test_a_restore_moves_aside_and_passes_over_numbers(settings: Settings, tmp_path: Path) -> None:
    before = number_of(settings)
    office_backup.take(settings, tmp_path / "backup")
    number_of(settings)
    with pytest.raises(office_backup.FolderInUse, match="--over"):
        put_back(settings, tmp_path / "backup", over=False)
    done = put_back(settings, tmp_path / "backup")
    assert done.moved_to is not None
    assert (done.moved_to / "worker.log").read_text() == "a log"
    assert number_of(settings) == before + PASSED_OVER + 1


def test_sending_is_held_until_it_is_resumed(settings: Settings, tmp_path: Path) -> None:
    office_backup.take(settings, tmp_path / "backup")
    assert put_back(settings, tmp_path / "backup").held == 1
    database = Database(settings.database_url)
    told = [one.what for one in doctor.examine(database, settings, at=datetime.now(UTC)) if one.stops_claims]
    assert any("since the books were restored" in one for one in told)
    environment = {"ZEROBALANCE_DATA_DIR": str(settings.data_dir)}
    said = CliRunner().invoke(app, ["resume", "--release"], env=environment)
    assert (said.exit_code, "1 routes are released" in said.output) == (0, True)
    with database.reading() as session:
        assert restoring.holds(session) == []
    database.close()


def test_a_changed_or_unfinished_backup_is_refused(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    office_backup.take(settings, folder)
    (folder / encryption.KEY_FILE).write_text("{}")
    with pytest.raises(office_backup.NoBackup, match=encryption.KEY_FILE):
        put_back(settings, folder)
    (folder / office_backup.MANIFEST).unlink()
    with pytest.raises(office_backup.NoBackup, match="did not come to its end"):
        put_back(settings, folder)


def test_a_manifest_names_no_file_outside(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    office_backup.take(settings, folder)
    outside = tmp_path / "outside"
    outside.write_text("")
    kept = json.loads((folder / office_backup.MANIFEST).read_text())
    kept["files"]["../outside"] = office_backup.digest(outside)
    (folder / office_backup.MANIFEST).write_text(json.dumps(kept))
    with pytest.raises(office_backup.NoBackup, match="outside"):
        put_back(settings, folder)


def test_a_newer_schema_is_refused(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    office_backup.take(settings, folder)
    kept = json.loads((folder / office_backup.MANIFEST).read_text())
    (folder / office_backup.MANIFEST).write_text(json.dumps(kept | {"migration": "9999"}))
    with pytest.raises(office_backup.NewerBackup, match="9999"):
        put_back(settings, folder)


def test_a_running_office_is_not_written_over(settings: Settings, tmp_path: Path) -> None:
    office_backup.take(settings, tmp_path / "backup")
    running = Database(settings.database_url)
    with running.reading() as session:
        office.practices(session)
        with pytest.raises(office_backup.OfficeRuns, match="stop the office"):
            put_back(settings, tmp_path / "backup")
    running.close()


def test_a_database_server_is_named_its_own_tools(tmp_path: Path) -> None:
    grown = Settings(data_dir=tmp_path, profile=Profile.GROWN, database_url="postgresql://office@db/office")
    with pytest.raises(office_backup.NotEmbedded, match="pg_dump"):
        office_backup.take(grown, tmp_path / "backup")


def test_keys_are_rotated_and_named_never_shown(settings: Settings) -> None:
    environment = {"ZEROBALANCE_DATA_DIR": str(settings.data_dir)}
    old = encryption.load_or_create_keyring(settings)
    said = CliRunner().invoke(app, ["keys", "rotate"], env=environment)
    new = encryption.load_or_create_keyring(settings)
    assert (said.exit_code, "Restart the office now" in said.output) == (0, True)
    assert new.active not in old.keys
    assert new.keys[old.active] == old.keys[old.active]
    listed = CliRunner().invoke(app, ["keys", "list"], env=environment).output
    assert listed.split() == [old.active, "reads", new.active, "encrypts"]
    content = json.loads(encryption.key_file(settings).read_text())
    assert not any(key in listed for key in content["keys"].values())


def test_the_copy_is_a_database_of_one_file(settings: Settings, tmp_path: Path) -> None:
    office_backup.take(settings, tmp_path / "backup")
    assert sorted(one.name for one in (tmp_path / "backup").glob("*.sqlite3*")) == [office_backup.BOOK_FILE]
    book = sqlite3.connect(tmp_path / "backup" / office_backup.BOOK_FILE)
    assert book.execute("SELECT name FROM practice").fetchone() == ("Invented Clinic",)
    book.close()
