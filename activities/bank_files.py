"""A bank's file becomes what it tells of: bookings, or cheques of its lockbox. One that contradicts itself is not
taken."""

from sqlmodel import Session

from activities import bank_desk, lockbox_desk
from database.tables import InboundMessage
from interchange.bank import ach, bai2, lockbox, lockbox_csv
from interchange.x12.detect import FileKind

KINDS = frozenset({FileKind.BANK_CCD, FileKind.BANK_BAI2, FileKind.LOCKBOX, FileKind.LOCKBOX_CSV})


def check(kind: str, body: bytes) -> None:
    """Raises BankFileInvalid where nothing of it is to be taken."""
    text = _text(body)
    match kind:
        case FileKind.BANK_CCD:
            ach.read(text)
        case FileKind.BANK_BAI2:
            bai2.read(text)
        case FileKind.LOCKBOX:
            lockbox.read(text)
        case _:
            lockbox_csv.read(text)


def take(session: Session, message: InboundMessage, *, practice_id: str) -> str:
    """What became of it, in words. Raises BankFileInvalid."""
    text = _text(message.body)
    match message.kind:
        case FileKind.BANK_CCD:
            return bank_desk.file_movements(session, message, ach.read(text), practice_id=practice_id)
        case FileKind.BANK_BAI2:
            return bank_desk.file_movements(session, message, bai2.read(text), practice_id=practice_id)
        case FileKind.LOCKBOX:
            return lockbox_desk.file_batches(session, message, lockbox.read(text), practice_id=practice_id)
        case _:
            return lockbox_desk.file_batches(session, message, lockbox_csv.read(text), practice_id=practice_id)


def _text(body: bytes) -> str:
    return body.decode("utf-8", errors="replace")
