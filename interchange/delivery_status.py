"""Reads delivery status notifications: the e-mail that says that an e-mail did not arrive (RFC 3462, RFC 3464)."""

from email import message_from_bytes, policy
from email.message import EmailMessage, Message

from billing.statement_emails import DeliveryReport

LONGEST_WORDS = 200


class NoReport(ValueError):
    """The message is no delivery status notification."""


def read(body: bytes) -> list[DeliveryReport]:
    """One report a recipient that the notification names. Raises NoReport."""
    message = message_from_bytes(body, policy=policy.default)
    status = next((part for part in message.walk() if part.get_content_type() == "message/delivery-status"), None)
    if not isinstance(message, EmailMessage) or status is None:
        raise NoReport("it has no part of the type message/delivery-status (RFC 3464)")
    groups = [one for one in status.get_payload() if isinstance(one, Message)]
    message_id = _original(message)
    found = [_report(one, message_id) for one in groups if one.get("Final-Recipient")]
    if not found:
        raise NoReport("it names no recipient (Final-Recipient)")
    return found


def _original(message: EmailMessage) -> str | None:
    """Message-ID of the e-mail that was sent, from the copy or the headers that come along."""
    for part in message.walk():
        if part.get_content_type() == "text/rfc822-headers":
            text = part.get_payload(decode=True)
            headers = message_from_bytes(text if isinstance(text, bytes) else b"", policy=policy.default)
            return _told(headers.get("Message-ID"))
        if part.get_content_type() == "message/rfc822":
            copies = [one for one in part.walk() if one is not part]
            return _told(copies[0].get("Message-ID")) if copies else None
    return None


def _told(value: object) -> str | None:
    return str(value).strip() if value else None


def _report(group: Message, message_id: str | None) -> DeliveryReport:
    action = str(group.get("Action", "")).strip().lower()
    status = str(group.get("Status", "")).split("(")[0].strip()
    diagnostic = str(group.get("Diagnostic-Code", "")).partition(";")[2]
    words = " ".join(diagnostic.split())[:LONGEST_WORDS]
    return DeliveryReport(message_id, action == "failed" and status.startswith("5"), status, words)
