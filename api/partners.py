"""Notices of trading partners: is it really them, and is it fresh? (Standard Webhooks, HMAC-SHA256.)"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, ValidationError

TOLERANCE = timedelta(minutes=5)
"""How far the time of a notice may lie from ours, either way: an old one may be a replay"""

SECRET_PREFIX = "whsec_"


class NoticeRefused(Exception):
    """The notice is not signed by the partner, or not fresh; the message says which, for the audit."""


class Notice(BaseModel):
    """`{"partner", "last_id"}`: there is mail up to this id."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    partner: str
    last_id: int


def read_notice(body: bytes) -> Notice:
    """What the notice says, believed by nobody yet. Raises NoticeRefused."""
    try:
        return Notice.model_validate_json(body)
    except ValidationError as error:
        raise NoticeRefused("not a notice") from error


def check_signature(headers: Mapping[str, str], body: bytes, *, secret: str, at: datetime) -> None:
    """Check webhook-id, webhook-timestamp and webhook-signature. Raises NoticeRefused."""
    notice_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not notice_id or not timestamp.isdigit():
        raise NoticeRefused("the notice is not signed")
    if abs(at.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        raise NoticeRefused("the notice is not fresh")
    expected = signature(secret, notice_id=notice_id, timestamp=timestamp, body=body)
    given = headers.get("webhook-signature", "").split()
    if not any(hmac.compare_digest(one.encode(), expected.encode()) for one in given):
        raise NoticeRefused("the signature does not fit")


def signature(secret: str, *, notice_id: str, timestamp: str, body: bytes) -> str:
    """`v1,` and the signature in base64. A secret without the prefix counts as it stands."""
    key = secret.encode()
    if secret.startswith(SECRET_PREFIX):
        try:
            key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
        except binascii.Error as error:
            raise NoticeRefused("the secret kept for this partner cannot be read") from error
    signed = f"{notice_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
