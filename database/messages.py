"""Inbound bytes and outbound numbers."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from database.columns import new_id
from database.engine import insert
from database.tables import ControlSequence, Fact, InboundMessage, RemittanceFile, StatusInquiry, Task

INTERCHANGE_NUMBERS = 999_999_999
"""ISA13 has nine digits and then begins again"""


def store_inbound(
    session: Session,
    *,
    partner_id: str | None,
    kind: str,
    body: bytes,
    received_at: datetime,
    practice_id: str | None = None,
    mail_id: int | None = None,
) -> tuple[InboundMessage, bool]:
    """Store raw bytes. The same bytes from the same partner are one message: (message, whether it is new)."""
    digest = hashlib.sha256(body).hexdigest()
    known = session.exec(
        select(InboundMessage).where(InboundMessage.partner_id == partner_id, InboundMessage.sha256 == digest)
    ).first()
    if known is not None:
        return known, False
    message = InboundMessage(
        id=new_id(),
        partner_id=partner_id,
        practice_id=practice_id,
        kind=kind,
        sha256=digest,
        body=body,
        received_at=received_at,
        mail_id=mail_id,
    )
    session.add(message)
    session.flush()
    return message, True


def not_filed(session: Session, *, partner_id: str | None, limit: int) -> Sequence[str]:
    """Ids of mail that was stored and not looked at yet, the oldest first; of one partner, or of all."""
    query = select(InboundMessage.id).where(InboundMessage.state == "stored", col(InboundMessage.mail_id).is_not(None))
    if partner_id is not None:
        query = query.where(InboundMessage.partner_id == partner_id)
    return session.exec(query.order_by(col(InboundMessage.received_at), col(InboundMessage.mail_id)).limit(limit)).all()


def lock(session: Session, message_id: str) -> InboundMessage:
    """A stored message, held until the transaction ends: it is filed by one at a time."""
    query = select(InboundMessage).where(InboundMessage.id == message_id)
    return session.exec(query.with_for_update(key_share=True).execution_options(populate_existing=True)).one()


def asked_about(session: Session, *, practice_id: str, message_id: str) -> InboundMessage | None:
    """A message that a task of this practice is about, or that says something of a claim of its, or None.

    Mail from a partner may be another practice's in part: then nobody but the operator sees its bytes.
    """
    about = (
        select(RemittanceFile.practice_id).where(RemittanceFile.message_id == message_id),
        select(Fact.practice_id).where(Fact.subject_id == message_id),
        select(StatusInquiry.practice_id).where(StatusInquiry.message_id == message_id),
        select(Task.practice_id).where(Task.subject == "message", Task.subject_id == message_id),
    )
    practices = {one for query in about for one in session.exec(query.distinct())}
    return session.get(InboundMessage, message_id) if practices == {practice_id} else None


def remittance_of(session: Session, message_id: str) -> RemittanceFile | None:
    """The first remittance that a message brought, or None: it brought none, or one that came before."""
    return session.exec(
        select(RemittanceFile).where(RemittanceFile.message_id == message_id).order_by(col(RemittanceFile.set_ordinal))
    ).first()


def of_remittance(session: Session, *, practice_id: str, remittance_id: str) -> InboundMessage | None:
    """The file that a remittance came in; None when it holds another practice's remittances too."""
    file = session.get(RemittanceFile, remittance_id)
    if file is None or file.practice_id != practice_id:
        return None
    payees = session.exec(select(RemittanceFile.practice_id).where(RemittanceFile.message_id == file.message_id))
    return session.get(InboundMessage, file.message_id) if set(payees) == {practice_id} else None


def is_typed(session: Session, message_id: str) -> bool:
    """Whether a person typed the message in: it came from no partner."""
    message = session.get(InboundMessage, message_id)
    return message is not None and message.partner_id is None


def next_number(session: Session, *, partner_id: str, name: str) -> int:
    """Allocate the next control number of a partner. The caller stores it with the bytes in the same transaction."""
    last = col(ControlSequence.last)
    first = insert(session, "control_sequence").values(partner_id=partner_id, name=name, last=1)
    next_one = first.on_conflict_do_update(
        index_elements=["partner_id", "name"], set_={"last": last % INTERCHANGE_NUMBERS + 1}
    )
    number: int = session.execute(next_one.returning(last)).scalar_one()
    return number
