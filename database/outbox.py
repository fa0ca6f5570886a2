"""The outbox: messages to workflows, written in the transaction of their cause."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Session, col, func, or_, select

from database.engine import insert
from database.tables import Outbox

LEASE = timedelta(seconds=30)
"""How long a dispatcher may hold a row before another may send it again"""


class OutboxKind(StrEnum):
    """Which message to which workflow."""

    WAKE_ENCOUNTER = "wake_encounter"
    """Signal-with-start: there is a new encounter, or a fact for one"""
    WAKE_ACCOUNT = "wake_account"
    """Signal-with-start: the patient's balance moved"""
    WAKE_APPOINTMENT = "wake_appointment"
    """Signal-with-start: a visit was booked, or something that its coverage hangs on has changed"""
    START_REMITTANCE = "start_remittance"
    START_BATCH = "start_batch"
    """Claims are ready for a partner"""
    WAKE_BATCH = "wake_batch"
    """A TA1 or 999 came for it"""
    RESEND_BATCH = "resend_batch"
    """Its stored bytes are to be transmitted once more"""
    START_RESUBMISSION = "start_resubmission"
    """Somebody confirmed that claims are sent again in bulk"""
    START_STATEMENT_RUN = "start_statement_run"
    """A run of statements was begun"""
    START_CARD_REFUND = "start_card_refund"
    """Money goes back to a patient's card"""


def enqueue(
    session: Session,
    kind: OutboxKind,
    *,
    practice_id: str,
    subject_id: str,
    at: datetime,
    fact_id: str | None = None,
    delay: timedelta = timedelta(),
) -> None:
    """Ask for a message to be sent, after `delay`. The same wish while one still waits is one message, renewed, and
    sent at the earlier of both instants."""
    key = f"{kind}:{practice_id}:{subject_id}:{fact_id or ''}"
    now = datetime.now(UTC)
    wish = insert(session, "outbox").values(
        kind=kind,
        practice_id=practice_id,
        subject_id=subject_id,
        fact_id=fact_id,
        dedup_key=key,
        at=at,
        queued_at=now,
        send_after=now + delay,
        attempts=0,
        revision=0,
    )
    earlier = sa.case(
        (wish.excluded.send_after < col(Outbox.send_after), wish.excluded.send_after), else_=col(Outbox.send_after)
    )
    renewed = {"revision": col(Outbox.revision) + 1, "send_after": earlier}
    session.execute(wish.on_conflict_do_update(index_elements=["dedup_key"], set_=renewed))


def forget(session: Session, kind: OutboxKind, *, practice_id: str, subject_id: str) -> None:
    """Take back a wish, made in this transaction, that nothing is left for."""
    session.execute(
        sa.delete(Outbox).where(
            col(Outbox.kind) == kind, col(Outbox.practice_id) == practice_id, col(Outbox.subject_id) == subject_id
        )
    )


def lease(session: Session, *, limit: int) -> Sequence[Outbox]:
    """Take the oldest rows that nobody holds, for LEASE."""
    now = datetime.now(UTC)
    rows = session.exec(
        select(Outbox)
        .where(
            col(Outbox.send_after) <= now,
            or_(col(Outbox.leased_until).is_(None), col(Outbox.leased_until) < now),
        )
        .order_by(col(Outbox.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.leased_until = now + LEASE
        row.attempts += 1
        session.add(row)
    return rows


def sent(session: Session, rows: Sequence[Outbox]) -> None:
    """Remove rows that were sent; one that was renewed meanwhile stays and is sent again."""
    session.execute(
        sa.delete(Outbox).where(sa.tuple_(col(Outbox.id), col(Outbox.revision)).in_([(r.id, r.revision) for r in rows]))
    )
    session.execute(sa.update(Outbox).where(col(Outbox.id).in_([row.id for row in rows])).values(leased_until=None))


def pending(session: Session) -> int:
    """How many messages wait to be sent."""
    return session.exec(select(func.count()).select_from(Outbox)).one()


def older_than(session: Session, age: timedelta) -> int:
    """How many messages have waited longer than `age`."""
    return session.exec(
        select(func.count()).select_from(Outbox).where(col(Outbox.queued_at) < datetime.now(UTC) - age)
    ).one()
