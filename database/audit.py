"""The audit chain: each event carries the hash of the one before, so that a missing or changed one shows."""

import hashlib
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from database.tables import AuditEvent

_CHAIN_LOCK = 7_201_554
"""PostgreSQL advisory lock that lets one writer at a time extend the chain"""


OPERATOR = "operator"
"""The actor of the audit for what is done on the machine itself"""


def record(
    session: Session,
    *,
    practice_id: str,
    at: datetime,
    actor_id: str,
    action: str,
    subject: str,
    subject_id: str,
    reason: str = "",
    source: str = "",
) -> None:
    """Append one event. Reasons carry ids and codes, never names."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CHAIN_LOCK})
    previous = head(session)
    event = AuditEvent(
        practice_id=practice_id,
        at=at,
        actor_id=actor_id,
        action=action,
        subject=subject,
        subject_id=subject_id,
        reason=reason,
        source=source,
        previous_sha256=previous,
        sha256="",
    )
    event.sha256 = _hash(event)
    session.add(event)
    session.flush()


def head(session: Session) -> str:
    """The newest event's hash; noted elsewhere, it shows later that none before it is gone. Empty: no event."""
    return session.exec(select(AuditEvent.sha256).order_by(col(AuditEvent.id).desc()).limit(1)).first() or ""


def stands(session: Session, sha256: str) -> bool:
    """Whether an event with this hash is in the chain."""
    return session.exec(select(AuditEvent.id).where(AuditEvent.sha256 == sha256.strip().lower())).first() is not None


def check(session: Session) -> tuple[int, list[int]]:
    """How many events there are, and the ids of those whose hash or link to the one before does not hold."""
    broken: list[int] = []
    previous, count = "", 0
    for event in session.exec(select(AuditEvent).order_by(col(AuditEvent.id))):
        count += 1
        if event.previous_sha256 != previous or event.sha256 != _hash(event):
            broken.append(event.id or 0)
        previous = event.sha256
    return count, broken


def _hash(event: AuditEvent) -> str:
    parts = (
        event.previous_sha256,
        event.practice_id,
        event.at.isoformat(),
        event.actor_id,
        event.action,
        event.subject,
        event.subject_id,
        event.reason,
        event.source,
    )
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
