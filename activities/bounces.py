"""E-mails that came back: a notification of a mail server puts the statement back on paper."""

from datetime import datetime

from sqlmodel import Session

from activities import handing_over
from billing.statement_emails import DeliveryReport
from billing.statement_runs import ItemState
from database import registrations, statement_runs
from database.tables import Letter, Patient
from interchange import delivery_status

NOT_OURS = "it is about no e-mail of ours"


def take(session: Session, body: bytes, *, practice_id: str, at: datetime) -> list[str]:
    """Fold one notification (RFC 3464); the same one again changes nothing. In words, what it did for each recipient.
    Raises interchange.delivery_status.NoReport."""
    return [_fold(session, one, practice_id=practice_id, at=at) for one in delivery_status.read(body)]


def _fold(session: Session, report: DeliveryReport, *, practice_id: str, at: datetime) -> str:
    item = statement_runs.by_message(session, report.message_id) if report.message_id else None
    if item is None or item.practice_id != practice_id:
        return NOT_OURS
    letter = session.get_one(Letter, item.letter_id)
    account = handing_over.account_of(session, letter, at=at)
    session.refresh(item)
    if not report.is_final:
        return "it is late, and may still arrive"
    if item.state not in {ItemState.HANDED_OVER, ItemState.HANDING_OVER}:
        return "it is known"
    why = f"{report.status} {report.words}".strip()
    if item.address:
        patient = session.get_one(Patient, account.patient_id)
        registrations.note_email_failed(session, patient, item.address, why)
    stopped = handing_over.put_back(session, account, letter, at=at)
    statement_runs.move(session, item, ItemState.BOUNCED, at=at, note=why)
    if stopped is not None and stopped.is_withdrawn:
        return f"the e-mail came back; the statement is withdrawn: {stopped.because}"
    return "the e-mail came back; the statement goes on paper"
