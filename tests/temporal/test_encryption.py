"""Payload encryption and the key ring."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from temporalio.api.common.v1 import Payload

from settings import Profile, Settings
from temporal import encryption
from temporal.encryption import EncryptionCodec, KeyRing

PAYLOAD = Payload(metadata={"encoding": b"json/plain"}, data=b'{"amount_cents": 12345}')


def a_ring() -> KeyRing:
    return KeyRing(active="first", keys={"first": b"1" * 32})


def settings_in(directory: Path, **fields: object) -> Settings:
    return Settings(data_dir=directory, **fields)


async def test_it_gives_back_what_it_encrypted() -> None:
    codec = EncryptionCodec(a_ring())

    encrypted = await codec.encode([PAYLOAD, PAYLOAD])

    assert b"amount_cents" not in b"".join(payload.SerializeToString() for payload in encrypted)
    assert encrypted[0].metadata["encryption-key-id"] == b"first"
    assert encrypted[0].data != encrypted[1].data, "every payload has its own nonce"
    assert await codec.decode(encrypted) == [PAYLOAD, PAYLOAD]


async def test_it_leaves_plain_payloads_alone() -> None:
    assert await EncryptionCodec(a_ring()).decode([PAYLOAD]) == [PAYLOAD]


async def test_after_a_rotation_it_reads_old_payloads_and_writes_with_the_new_key() -> None:
    old, new = EncryptionCodec(a_ring()), EncryptionCodec(a_ring().rotated())
    before = await old.encode([PAYLOAD])

    after = await new.encode([PAYLOAD])

    assert await new.decode(before + after) == [PAYLOAD, PAYLOAD]
    assert after[0].metadata["encryption-key-id"] != b"first"


async def test_it_names_a_key_that_is_missing_and_where_to_add_it() -> None:
    encrypted = await EncryptionCodec(a_ring().rotated()).encode([PAYLOAD])
    key_id = encrypted[0].metadata["encryption-key-id"].decode()

    with pytest.raises(encryption.UnknownKey, match=f"'{key_id}'.*ZEROBALANCE_PAYLOAD_KEYS"):
        await EncryptionCodec(a_ring()).decode(encrypted)


@pytest.mark.parametrize("place", [0, 11, 12, -1], ids=["nonce", "end of nonce", "ciphertext", "tag"])
async def test_it_refuses_a_changed_payload(place: int) -> None:
    codec = EncryptionCodec(a_ring())
    [encrypted] = await codec.encode([PAYLOAD])
    changed = bytearray(encrypted.data)
    changed[place] ^= 1

    with pytest.raises(encryption.PayloadTampered):
        await codec.decode([Payload(metadata=encrypted.metadata, data=bytes(changed))])


@pytest.mark.parametrize("length", [0, 5, 12, 27])
async def test_it_refuses_a_payload_that_was_cut_off(length: int) -> None:
    codec = EncryptionCodec(a_ring())
    [encrypted] = await codec.encode([PAYLOAD])

    with pytest.raises(encryption.PayloadTampered):
        await codec.decode([Payload(metadata=encrypted.metadata, data=encrypted.data[:length])])


async def test_it_refuses_a_payload_under_another_keys_name_even_if_the_bytes_are_the_same() -> None:
    twins = EncryptionCodec(KeyRing(active="first", keys={"first": b"1" * 32, "second": b"1" * 32}))
    [encrypted] = await twins.encode([PAYLOAD])
    encrypted.metadata["encryption-key-id"] = b"second"

    with pytest.raises(encryption.PayloadTampered):
        await twins.decode([encrypted])


def test_it_refuses_a_short_key_and_an_active_key_that_is_not_there() -> None:
    with pytest.raises(encryption.KeyRingError, match="16 bytes"):
        KeyRing(active="short", keys={"short": b"1" * 16})
    with pytest.raises(encryption.KeyRingError, match="'other' is not in the ring"):
        KeyRing(active="other", keys={"first": b"1" * 32})


def test_it_never_prints_a_key() -> None:
    assert "1111" not in repr(a_ring())


def test_it_makes_one_key_file_for_its_owner_only_and_keeps_it(tmp_path: Path) -> None:
    settings = settings_in(tmp_path / "data")

    ring = encryption.load_or_create_keyring(settings)

    assert stat.S_IMODE(encryption.key_file(settings).stat().st_mode) == 0o600
    assert encryption.load_or_create_keyring(settings) == ring
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["payload-keys.json"]


def test_processes_that_start_together_share_one_key(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)

    with ThreadPoolExecutor(8) as threads:
        rings = list(threads.map(encryption.load_or_create_keyring, [settings] * 8))

    assert len({ring.active for ring in rings}) == 1


def test_it_refuses_a_key_file_that_others_can_read(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    encryption.load_or_create_keyring(settings)
    encryption.key_file(settings).chmod(0o644)

    with pytest.raises(encryption.KeyFileExposed, match="chmod 600"):
        encryption.load_or_create_keyring(settings)


@pytest.mark.parametrize("content", ["", "[]", '{"active": "a"}', '{"active": "a", "keys": {"a": "?"}}'])
def test_it_refuses_a_broken_key_file(tmp_path: Path, content: str) -> None:
    settings = settings_in(tmp_path)
    encryption.key_file(settings).touch(mode=0o600)
    encryption.key_file(settings).write_text(content)

    with pytest.raises(encryption.KeyRingError):
        encryption.load_or_create_keyring(settings)


def test_a_grown_installation_invents_no_keys(tmp_path: Path) -> None:
    with pytest.raises(encryption.KeysMissing, match="ZEROBALANCE_PAYLOAD_KEYS"):
        encryption.load_or_create_keyring(settings_in(tmp_path, profile=Profile.GROWN))

    assert not list(tmp_path.iterdir())


def test_given_keys_are_used_and_not_written(tmp_path: Path) -> None:
    encoded = base64.b64encode(b"7" * 32).decode()

    ring = encryption.load_or_create_keyring(
        settings_in(tmp_path, profile=Profile.GROWN, payload_key_id="seven", payload_keys={"seven": encoded})
    )

    assert ring == KeyRing(active="seven", keys={"seven": b"7" * 32})
    assert not list(tmp_path.iterdir())


def test_rotating_the_key_file_keeps_the_old_key(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    before = encryption.load_or_create_keyring(settings)

    after = encryption.rotate_keyring(settings)

    assert after.active != before.active
    assert after.keys[before.active] == before.keys[before.active]
    assert encryption.load_or_create_keyring(settings) == after
