"""The answer to a message: ACK with MSA and, for each fault, ERR. Source: HL7 2.5.1 chapter 2, tables 0008 and 0357."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from interchange.hl7.syntax import Message, NotHl7, escaped, messages


class Answer(StrEnum):
    """MSA-1."""

    ACCEPTED = "AA"
    """Taken in, now or before"""
    ERROR = "AE"
    """Kept, with a task: something of it could not be taken in"""
    REJECTED = "AR"
    """Kept; the office does not take in such messages"""


_CONDITIONS = {
    Answer.ERROR: "101^Required field missing^HL70357",
    Answer.REJECTED: "200^Unsupported message type^HL70357",
}
SHOWN = 20
"""How many faults an answer names"""


def acknowledge(body: bytes, answer: Answer, faults: Sequence[str], *, at: datetime, number: str) -> bytes:
    """The ACK to a message, unframed; `number` is our MSH-10. What is no HL7 is answered without its number."""
    try:
        message: Message | None = next(messages(body), None)
    except NotHl7:
        message = None
    sender, event, control, version = _head(message)
    rows = [
        f"MSH|^~\\&|ZEROBALANCE||{sender}|{at:%Y%m%d%H%M%S}||ACK{event}|{number}|P|{version}",
        f"MSA|{answer}|{control}",
        *(f"ERR|||{_CONDITIONS[answer]}|E||||{escaped(one)}" for one in faults[:SHOWN] if answer in _CONDITIONS),
    ]
    return "".join(f"{row}\r" for row in rows).encode("utf-8", "replace")


def _head(message: Message | None) -> tuple[str, str, str, str]:
    """(who is answered, event, the number that is answered, version)"""
    if message is None:
        return "|", "", "", "2.5.1"
    head = message.head
    event = message.type.partition("^")[2]
    sender = f"{escaped(head.get(3))}|{escaped(head.get(4))}"
    return sender, f"^{escaped(event)}" if event else "", escaped(head.get(10)), escaped(head.get(12)) or "2.5.1"
