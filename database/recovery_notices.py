"""Payers' notices that they want money back: kept once per reference, and followed to the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from billing.recovery_notices import ANNOUNCED
from database.tables import Payer, RecoveryNotice


@dataclass(frozen=True, slots=True)
class NoticeView:
    """One notice as pages and programs see it."""

    id: str
    payer: str
    amount_cents: int
    reference: str
    dated_on: date
    dispute_by: date
    said: str
    state: str
    letter_id: str | None
    recorded_at: datetime
    ended_at: datetime | None
    why: str


def of_encounter(session: Session, encounter_id: str) -> Sequence[RecoveryNotice]:
    """Every notice about the visit, oldest first."""
    query = select(RecoveryNotice).where(RecoveryNotice.encounter_id == encounter_id)
    return session.exec(query.order_by(col(RecoveryNotice.recorded_at), RecoveryNotice.id)).all()


def announced(session: Session, encounter_id: str) -> list[RecoveryNotice]:
    """Those whose money may still be taken."""
    return [one for one in of_encounter(session, encounter_id) if one.state in ANNOUNCED]


def with_reference(session: Session, *, encounter_id: str, reference: str) -> RecoveryNotice | None:
    """The notice of this number about the visit, in whatever letters."""
    rows = of_encounter(session, encounter_id)
    return next((one for one in rows if one.reference.casefold() == reference.casefold()), None)


def views(session: Session, *, practice_id: str, encounter_id: str) -> list[NoticeView]:
    """Every notice about the visit, oldest first."""
    rows = session.exec(
        select(RecoveryNotice, Payer.name)
        .join(Payer, col(Payer.id) == col(RecoveryNotice.payer_id))
        .where(RecoveryNotice.encounter_id == encounter_id, RecoveryNotice.practice_id == practice_id)
        .order_by(col(RecoveryNotice.recorded_at), RecoveryNotice.id)
    )
    own = [name for name in NoticeView.__dataclass_fields__ if name != "payer"]
    return [NoticeView(payer=payer, **{name: getattr(row, name) for name in own}) for row, payer in rows]
