"""Encrypts every payload before it leaves the process, and reads it back by the name of its key.

AES-256-GCM with a fresh nonce of 96 bits per payload. The name of the key travels beside the ciphertext and is
authenticated with it, so a ciphertext cannot be passed off as another key's. Rotation: encode with the active key,
decode with whichever key the payload names. Old keys stay in the ring until the longest workflow and its retention
have passed; histories are never re-encrypted.

Errors::

    KeyRingError        the ring cannot be used or found
      KeyFileExposed    others may read the key file
      KeysMissing       a grown installation was given no keys
    DecryptionError     a payload cannot be read
      UnknownKey        its key is not in the ring
      PayloadTampered   it was changed, or encrypted with other bytes under the same name
"""

import base64
import binascii
import contextlib
import json
import os
import secrets
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

from settings import OperatorError, Profile, Settings, variable

ENCODING = b"binary/encrypted"
KEY_BYTES = 32
NONCE_BYTES = 12
KEY_FILE = "payload-keys.json"


class KeyRingError(OperatorError):
    """The key ring cannot be used."""


class KeyFileExposed(KeyRingError):
    """The key file can be read by others than its owner."""


class KeysMissing(KeyRingError):
    """A grown installation must be given its keys."""


class DecryptionError(RuntimeError):
    """A payload cannot be read."""


class UnknownKey(DecryptionError):
    """The payload names a key that is not in the ring."""


class PayloadTampered(DecryptionError):
    """The payload does not belong to the key it names, or was changed."""


@dataclass(frozen=True)
class KeyRing:
    """Keys by name, and the name of the one that encrypts."""

    active: str
    keys: Mapping[str, bytes] = field(repr=False)
    """32 bytes each."""

    def __post_init__(self) -> None:
        if self.active not in self.keys:
            raise KeyRingError(f"The active key {self.active!r} is not in the ring.")
        for key_id, key in self.keys.items():
            if len(key) != KEY_BYTES:
                raise KeyRingError(f"Key {key_id!r} has {len(key)} bytes; AES-256 needs {KEY_BYTES}.")

    def rotated(self) -> "KeyRing":
        """A ring with one new key, which is the active one; the old keys still decrypt."""
        key_id = secrets.token_hex(4)
        return KeyRing(active=key_id, keys={**self.keys, key_id: secrets.token_bytes(KEY_BYTES)})


class EncryptionCodec(PayloadCodec):
    """The codec of clients, workers, the replayer and the codec endpoint.

    It works on the event loop: a payload is at most 2 MiB, which takes AES-NI about a millisecond.
    """

    def __init__(self, keyring: KeyRing) -> None:
        self._active = keyring.active
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keyring.keys.items()}

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Encrypt all payloads with the active key."""
        return [self._encrypt(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Decrypt the payloads that are encrypted and leave the others alone. Raises `DecryptionError`."""
        return [self._decrypt(payload) for payload in payloads]

    def _encrypt(self, payload: Payload) -> Payload:
        nonce = secrets.token_bytes(NONCE_BYTES)
        key_id = self._active.encode()
        ciphertext = self._ciphers[self._active].encrypt(nonce, payload.SerializeToString(), key_id)
        return Payload(metadata={"encoding": ENCODING, "encryption-key-id": key_id}, data=nonce + ciphertext)

    def _decrypt(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        key_id = payload.metadata.get("encryption-key-id", b"")
        cipher = self._ciphers.get(key_id.decode(errors="replace"))
        if cipher is None:
            raise UnknownKey(
                f"A payload was encrypted with key {key_id.decode(errors='replace')!r}, which is not in the ring. "
                f"Add that key to {variable('payload_keys')}."
            )
        nonce, ciphertext = payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:]
        try:
            return Payload.FromString(cipher.decrypt(nonce, ciphertext, key_id))
        except (InvalidTag, ValueError) as error:
            raise PayloadTampered(
                f"A payload does not decrypt with key {key_id.decode()!r}: it was changed, "
                "or the key's bytes are not those that encrypted it."
            ) from error


def load_or_create_keyring(settings: Settings) -> KeyRing:
    """The ring from the settings, else from the key file, else a new key file in an embedded installation.

    Safe when several processes start at once: one file wins and all read it. Raises `KeyRingError`.
    """
    if settings.payload_keys:
        encoded = {key_id: key.get_secret_value() for key_id, key in settings.payload_keys.items()}
        return _keyring(settings.payload_key_id, encoded)
    if settings.profile is Profile.GROWN:
        raise KeysMissing(
            f"Set {variable('payload_keys')} and {variable('payload_key_id')}: "
            "a grown installation never invents its keys."
        )
    path = key_file(settings)
    if not path.exists():
        first = secrets.token_hex(4)
        _write(path, KeyRing(active=first, keys={first: secrets.token_bytes(KEY_BYTES)}), replace=False)
    return _read(path)


def rotate_keyring(settings: Settings) -> KeyRing:
    """Add a key to the key file of an embedded installation and make it the active one. Restart the office afterwards.

    Raises `KeyRingError` when the ring comes from the settings, where it is the operator's to change.
    """
    if settings.payload_keys or settings.profile is Profile.GROWN:
        raise KeyRingError(f"The keys come from {variable('payload_keys')}; rotate them there (docs/operations.md).")
    ring = load_or_create_keyring(settings).rotated()
    _write(key_file(settings), ring, replace=True)
    return ring


def key_file(settings: Settings) -> Path:
    """Where an embedded installation keeps its keys. Back it up apart from the databases: without it they are
    unreadable.
    """
    return settings.data_dir / KEY_FILE


def _read(path: Path) -> KeyRing:
    if path.stat().st_mode & 0o077:
        raise KeyFileExposed(f"{path} can be read by others. Run: chmod 600 {path}")
    try:
        content = json.loads(path.read_text())
        return _keyring(content["active"], content["keys"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise KeyRingError(f"{path} is not a key file.") from error


def _keyring(active: str | None, encoded: Mapping[str, str]) -> KeyRing:
    try:
        keys = {key_id: base64.b64decode(key, validate=True) for key_id, key in encoded.items()}
    except binascii.Error as error:
        raise KeyRingError("A key is not valid base64.") from error
    return KeyRing(active=active or "", keys=keys)


def _write(path: Path, ring: KeyRing, *, replace: bool) -> None:
    """Write the whole file or nothing, readable by its owner only; without `replace` an existing file stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    encoded = {key_id: base64.b64encode(key).decode() for key_id, key in ring.keys.items()}
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{KEY_FILE}.")  # mode 0600
    draft = Path(name)
    try:
        with open(descriptor, "w") as file:
            json.dump({"active": ring.active, "keys": encoded}, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            draft.replace(path)
        else:
            with contextlib.suppress(FileExistsError):  # another process was first: its keys count
                os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
