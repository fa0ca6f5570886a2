"""Partners reached by files: the same rules through a folder and through a real SSH server."""

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import asyncssh
import pytest

from activities.file_line import Opening
from activities.lines import Cursor, Mail, NotReached, Parcel, Unread
from activities.sftp_files import open_server
from tests.file_places import Place, server_of
from tests.sshd import Sshd, cut_after, free_port, serving


def parcel(body: bytes = b"ISA*interchange~", name: str = "837P_000000042.edi") -> Parcel:
    return Parcel(key="batch42", name=name, body=body, sha256=hashlib.sha256(body).hexdigest())


def bodies(place: Place, cursor: Cursor | None = None, *, archive: bool = False) -> list[bytes]:
    found = list(place.line(archive=archive).mail(cursor or Cursor()))
    assert not [one for one in found if isinstance(one, Unread)]
    return [one.body for one in found if isinstance(one, Mail)]


def test_an_upload_is_renamed_when_whole_and_its_receipt_is_the_listing(place: Place) -> None:
    one = parcel(b"x" * 700_000)
    said = place.line().send(one)
    assert said.receipt_id == f"837P_000000042.edi 700000 {one.sha256[:16]}"
    assert place.uploaded() == {one.name: one.body}


def test_the_same_interchange_again_is_sent_once(place: Place) -> None:
    first = place.line().send(parcel())
    written = (place.outbox / parcel().name).stat().st_mtime_ns
    again = place.line().send(parcel())
    assert again == first
    assert (place.outbox / parcel().name).stat().st_mtime_ns == written
    assert list(place.uploaded()) == [parcel().name]


def test_half_a_file_of_an_earlier_try_is_written_over(place: Place) -> None:
    (place.outbox / f"{parcel().name}.part").write_bytes(b"y" * 1000)
    assert place.line().send(parcel()).receipt_id is not None
    assert place.uploaded() == {parcel().name: parcel().body}


@pytest.mark.parametrize("other", [b"shorter", b"ISA*INTERCHANGE~"], ids=["other size", "same size"])
def test_another_file_of_the_name_is_refused_and_nothing_is_sent_elsewhere(place: Place, other: bytes) -> None:
    (place.outbox / parcel().name).write_bytes(other)
    said = place.line().send(parcel())
    assert said.refused
    assert said.receipt_id is None
    assert "another file is named 837P_000000042.edi" in said.reason
    assert place.uploaded() == {parcel().name: other}


def test_an_outbox_that_is_missing_is_said(place: Place) -> None:
    place.outbox.rmdir()
    said = place.line().send(parcel())
    assert (said.receipt_id, said.refused) == (None, False)
    assert "outbox is missing" in said.reason


def test_mail_is_what_lies_in_the_inbox_oldest_first(place: Place) -> None:
    for age, name in ((10, "b"), (30, "a"), (20, "c")):
        (place.inbox / name).write_bytes(name.encode())
        os.utime(place.inbox / name, (time.time() - age,) * 2)
    assert bodies(place) == [b"a", b"c", b"b"]
    assert len(list(place.inbox.iterdir())) == 3


def test_an_empty_inbox_has_no_mail(place: Place) -> None:
    assert bodies(place) == []


def test_what_is_unfinished_hidden_or_no_file_is_left_alone(place: Place) -> None:
    for name in ("835.edi.part", "835.TMP", ".835.edi", "fine.835"):
        (place.inbox / name).write_bytes(name.encode())
    (place.inbox / "folder").mkdir()
    (place.inbox / "link").symlink_to(place.inbox / "fine.835")
    assert bodies(place) == [b"fine.835"]


def test_a_file_that_still_grows_waits(place: Place) -> None:
    growing = place.inbox / "growing"
    growing.write_bytes(b"x")
    (place.inbox / "whole").write_bytes(b"whole")
    done = threading.Event()

    def grow() -> None:
        while not done.wait(0.02):
            with growing.open("ab") as file:
                file.write(b"x")

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        found = list(place.line(settling_seconds=0.5).mail(Cursor()))
    finally:
        done.set()
        writer.join()
    assert [one.body for one in found if isinstance(one, Mail)] == [b"whole"]
    assert set(bodies(place)) == {b"whole", growing.read_bytes()}


def test_a_file_that_was_taken_is_read_again_only_when_it_changed(place: Place) -> None:
    path = place.inbox / "835.edi"
    path.write_bytes(b"first")
    [one] = place.line().mail(Cursor())
    assert isinstance(one, Mail)
    assert one.file is not None
    cursor = Cursor(seen={one.file.kept_name: (one.file.size, one.file.modified)})
    assert bodies(place, cursor) == []
    path.write_bytes(b"other")
    os.utime(path, (time.time() + 5,) * 2)
    assert bodies(place, cursor) == [b"other"]


def test_a_name_that_is_no_text_stops_nothing(place: Place) -> None:
    Path(os.fsdecode(os.fsencode(place.inbox) + b"/\xff\xfe.835")).write_bytes(b"odd")
    [one] = place.line().mail(Cursor())
    assert isinstance(one, Mail)
    assert one.file is not None
    assert (one.body, one.file.kept_name) == (b"odd", "\\xff\\xfe.835")


def test_read_mail_is_moved_only_where_the_partner_wants_it(place: Place) -> None:
    (place.archive / "835.edi").write_bytes(b"earlier")
    (place.inbox / "835.edi").write_bytes(b"later")
    mail = place.line(archive=True).mail(Cursor())
    assert isinstance(next(mail), Mail)
    assert (place.inbox / "835.edi").exists()
    assert list(mail) == []
    assert list(place.inbox.iterdir()) == []
    assert sorted(path.read_bytes() for path in place.archive.iterdir()) == [b"earlier", b"later"]


def test_an_archive_that_is_missing_costs_no_mail(place: Place) -> None:
    place.archive.rmdir()
    (place.inbox / "835.edi").write_bytes(b"mail")
    found = list(place.line(archive=True).mail(Cursor()))
    assert [one.body for one in found if isinstance(one, Mail)] == [b"mail"]
    [unread] = [one.reason for one in found if isinstance(one, Unread)]
    assert "archive is missing" in unread


def test_an_inbox_that_is_missing_is_said(place: Place) -> None:
    place.inbox.rmdir()
    with pytest.raises(NotReached, match="inbox is missing"):
        list(place.line().mail(Cursor()))


@contextmanager
def forbidden(folder: Path) -> Iterator[None]:
    """Root may read everything: as root the test becomes nobody for a moment."""
    folder.chmod(0)
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(was)
        folder.chmod(0o700)


def test_a_folder_that_may_not_be_read_is_said(make_place: Callable[[Opening], Place]) -> None:
    from activities.folder_files import open_folder

    place = make_place(open_folder)
    with forbidden(place.inbox), pytest.raises(NotReached, match="permission denied in the partner's inbox"):
        list(place.line().mail(Cursor()))
    with forbidden(place.outbox):
        said = place.line().send(parcel())
    assert "permission denied in the partner's outbox" in said.reason


@pytest.mark.parametrize(("forbids", "way"), [("opendir", "inbox"), ("write", "outbox")], ids=["listing", "writing"])
def test_a_server_that_forbids_it_is_said(
    sshd: Sshd, make_place: Callable[[Opening], Place], tmp_path: Path, forbids: str, way: str
) -> None:
    with serving(tmp_path / "strict", options=f"-P {forbids}") as strict:
        place = make_place(partial(open_server, server_of(strict)))
        if way == "inbox":
            with pytest.raises(NotReached, match="permission denied in the partner's inbox"):
                list(place.line().mail(Cursor()))
        else:
            said = place.line().send(parcel())
            assert (said.receipt_id, said.refused) == (None, False)
            assert "permission denied in the partner's outbox" in said.reason


def test_a_file_that_may_not_be_read_stops_none(by_sftp: Place, sshd: Sshd, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (by_sftp.inbox / name).write_bytes(name.encode())
    with serving(tmp_path / "strict", options="-P read") as strict:
        by_sftp.opening = partial(open_server, server_of(strict))
        found = list(by_sftp.line().mail(Cursor()))
    assert [one.reason for one in found if isinstance(one, Unread)] == [
        "a file could not be read: permission denied in the partner's inbox"
    ] * 2


def test_an_outbox_that_nobody_may_read_is_judged_by_size(by_sftp: Place, tmp_path: Path) -> None:
    (by_sftp.outbox / parcel().name).write_bytes(parcel().body)
    with serving(tmp_path / "strict", options="-P read") as strict:
        by_sftp.opening = partial(open_server, server_of(strict))
        assert by_sftp.line().send(parcel()).receipt_id is not None


def test_a_connection_cut_in_the_middle_is_no_receipt_and_the_retry_sends_once(by_sftp: Place, sshd: Sshd) -> None:
    one = parcel(os.urandom(2_000_000))
    whole = by_sftp.opening
    with cut_after(sshd.port, sent_bytes=500_000) as port:
        by_sftp.opening = partial(open_server, server_of(sshd, port=port))
        said = by_sftp.line().send(one)
    assert (said.receipt_id, said.refused) == (None, False)
    assert "broke" in said.reason
    [half] = by_sftp.outbox.iterdir()
    assert half.name == f"{one.name}.part"
    assert half.stat().st_size < len(one.body)
    by_sftp.opening = whole
    assert by_sftp.line().send(one).receipt_id is not None
    assert by_sftp.uploaded() == {one.name: one.body}


def test_another_host_key_is_refused_before_anything_is_sent(by_sftp: Place, sshd: Sshd) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    by_sftp.opening = partial(open_server, server_of(sshd, host_key=other))
    (by_sftp.inbox / "835.edi").write_bytes(b"mail")
    said = by_sftp.line().send(parcel())
    assert said.receipt_id is None
    assert "shows another host key than the one pinned (SHA256:" in said.reason
    assert by_sftp.uploaded() == {}
    with pytest.raises(NotReached, match="another host key"):
        list(by_sftp.line().mail(Cursor()))


def test_a_host_key_of_another_kind_is_refused_too(by_sftp: Place, sshd: Sshd) -> None:
    other = asyncssh.generate_private_key("ecdsa-sha2-nistp256").export_public_key().decode()
    by_sftp.opening = partial(open_server, server_of(sshd, host_key=other))
    assert "another host key" in by_sftp.line().send(parcel()).reason
    by_sftp.opening = partial(open_server, server_of(sshd, host_key=f"{other}{sshd.host_key}"))
    assert by_sftp.line().send(parcel()).receipt_id is not None


def test_no_server_is_spoken_to_without_a_pinned_key(by_sftp: Place, sshd: Sshd) -> None:
    by_sftp.opening = partial(open_server, server_of(sshd, host_key=""))
    assert "no host key is pinned" in by_sftp.line().send(parcel()).reason


@pytest.mark.parametrize("wrong", ["key", "password", "login"])
def test_who_is_not_let_in_is_told(by_sftp: Place, sshd: Sshd, wrong: str) -> None:
    stranger = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    changes = {"key": {"secret": stranger}, "password": {"secret": "hunter2"}, "login": {"login": "nobody-here"}}
    by_sftp.opening = partial(open_server, server_of(sshd, **changes[wrong]))
    assert "does not let us in" in by_sftp.line().send(parcel()).reason


def test_a_key_that_cannot_be_used_is_said(by_sftp: Place, sshd: Sshd) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    locked = key.export_private_key("pkcs8-pem", passphrase="secret").decode()
    by_sftp.opening = partial(open_server, server_of(sshd, secret=locked))
    assert "keep a private key without one" in by_sftp.line().send(parcel()).reason
    by_sftp.opening = partial(open_server, server_of(sshd, secret="-----BEGIN NOTHING-----"))
    assert "cannot be read" in by_sftp.line().send(parcel()).reason


def test_a_server_that_is_away_is_said(by_sftp: Place, sshd: Sshd) -> None:
    by_sftp.opening = partial(open_server, server_of(sshd, port=free_port()))
    assert "not reached (connection refused)" in by_sftp.line().send(parcel()).reason
    with pytest.raises(NotReached, match="refused"):
        list(by_sftp.line().mail(Cursor()))


def test_a_server_that_says_nothing_does_not_hold_the_office(
    by_sftp: Place, sshd: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    monkeypatch.setattr("activities.sftp_files.CONNECTING_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        by_sftp.opening = partial(open_server, server_of(sshd, port=silent.getsockname()[1]))
        began = time.monotonic()
        assert by_sftp.line().send(parcel()).receipt_id is None
        assert time.monotonic() - began < 5
