"""Seals single texts of the book of record with the office's keys, such as the secret of a second factor.

AES-256-GCM as for payloads; the name of the key travels in front. What a text is about is authenticated with it, so
that a sealed text copied to another row does not open there.
"""

import base64
import binascii
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from temporal.encryption import NONCE_BYTES, KeyRing, PayloadTampered, UnknownKey


def seal(ring: KeyRing, text: str, *, about: str) -> str:
    """`key:base64`, under the active key."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = AESGCM(ring.keys[ring.active]).encrypt(nonce, text.encode(), f"{ring.active}:{about}".encode())
    return f"{ring.active}:{base64.b64encode(nonce + sealed).decode()}"


def unseal(ring: KeyRing, sealed: str, *, about: str) -> str:
    """The text. Raises UnknownKey, and PayloadTampered where it was changed or is about something else."""
    key_id, _, body = sealed.partition(":")
    if key_id not in ring.keys:
        raise UnknownKey(f"A text was sealed with key {key_id!r}, which is not in the ring.")
    try:
        raw = base64.b64decode(body, validate=True)
        plain = AESGCM(ring.keys[key_id]).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], f"{key_id}:{about}".encode())
    except (InvalidTag, ValueError, binascii.Error) as error:
        raise PayloadTampered(f"A text does not open with key {key_id!r} as what it is said to be about.") from error
    return plain.decode()
