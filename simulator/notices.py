"""Tells the office that there is mail: a thin signed webhook (Standard Webhooks, HMAC-SHA256)."""

import base64
import hashlib
import hmac
import json
import logging
import secrets
from datetime import datetime

import httpx

logger = logging.getLogger(__name__)


def signature(secret: str, *, notice_id: str, timestamp: str, body: bytes) -> str:
    """`v1,` and the base64 of HMAC-SHA256 over id, timestamp and body; a `whsec_` secret is the base64 of its key."""
    prefix, key = "whsec_", secret.encode()
    if secret.startswith(prefix):
        key = base64.b64decode(secret.removeprefix(prefix))
    signed = f"{notice_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


class Notifier:
    """Sends notices to one office. A notice that does not arrive is no harm: the office looks by itself."""

    def __init__(self, *, office_url: str, partner: str, secret: str) -> None:
        self._url = f"{office_url}/api/v1/inbound/notify"
        self._partner = partner
        self._secret = secret

    def tell(self, *, last_id: int, at: datetime) -> bool:
        """Whether the office took the notice."""
        body = json.dumps({"partner": self._partner, "last_id": last_id}).encode()
        notice_id, timestamp = f"msg_{secrets.token_hex(12)}", str(int(at.timestamp()))
        headers = {
            "Content-Type": "application/json",
            "webhook-id": notice_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": signature(self._secret, notice_id=notice_id, timestamp=timestamp, body=body),
        }
        try:
            response = httpx.post(self._url, content=body, headers=headers, timeout=10, trust_env=False)
        except httpx.TransportError:
            logger.info("the office did not take the notice")
            return False
        return response.is_success
