"""Books that were put back from a backup: the world knows more than they do. No claim leaves and no kept card is
charged before that is heard, and no number is used twice. What else is sent goes on (docs/runbooks.md)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from billing.stages import FactKind
from billing.submission import SubmissionState
from billing.tasks import TaskType
from database import audit, office, outbox, sending
from database.columns import new_id
from database.messages import INTERCHANGE_NUMBERS
from database.outbox import OutboxKind
from database.tables import ControlSequence, Fact, SendingHold, Submission, Task, User

NUMBERS_LEFT_OUT = 100_000
"""So many control numbers of each partner are passed over: those that went out after the backup are among them"""
REASON = "Restored from the backup of"
"""How the reason of a hold begins that a restore placed"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a restored office has come in hearing what it lost."""

    holds: int
    """Routes of practices to partners that are still held"""
    ready: int
    """Claims behind them that nobody is known to have"""
    unheard: int
    """Acknowledgments that are filed and that their visits have not taken up yet"""


def begin_again(session: Session, *, taken_at: datetime, at: datetime) -> int:
    """What restored books need before any part of the office starts: fresh control numbers, a hold on every route, a
    line in the audit. Returns how many routes are held. A practice without users sends nothing and gets no hold."""
    last = col(ControlSequence.last)
    passed_over = (last + NUMBERS_LEFT_OUT - 1) % INTERCHANGE_NUMBERS + 1
    session.execute(sa.update(ControlSequence).values(last=passed_over))
    held = 0
    taken = f"{taken_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    reason = f"{REASON} {taken} by the {audit.OPERATOR}, on the machine: what left since then is not known here yet"
    partners = [one.id for one in office.partners(session)]
    for practice in office.practices(session):
        audit.record(
            session,
            practice_id=practice.id,
            at=at,
            actor_id=audit.OPERATOR,
            action="update",
            subject="practice",
            subject_id=practice.id,
            reason=f"restored from the backup of {taken_at.astimezone(UTC).isoformat()}",
        )
        by = _somebody(session, practice.id)
        if by is not None:
            held += _hold(session, practice.id, partners, reason=reason, at=at, by=by)
    return held


def _hold(session: Session, practice_id: str, partners: Sequence[str], *, reason: str, at: datetime, by: str) -> int:
    """Hold each route once for the restore, whatever else holds it: that may end by itself, or by who does not know of
    the restore. Returns how many."""
    held = {one.partner_id for one in holds(session, practice_id=practice_id)}
    wanted = [one for one in partners if one not in held]
    for partner_id in wanted:
        session.add(
            SendingHold(
                id=new_id(),
                practice_id=practice_id,
                partner_id=partner_id,
                reason=reason,
                placed_at=at,
                placed_by=by,
            )
        )
    session.flush()
    return len(wanted)


def _somebody(session: Session, practice_id: str) -> str | None:
    """A user under whose number the hold stands, since the column takes nobody else; the hold's reason and the pages
    name the operator. The first by name, those who may come in before the others."""
    query = select(User.id).where(User.practice_id == practice_id)
    return session.exec(query.order_by(col(User.is_active).desc(), User.login).limit(1)).first()


def holds(session: Session, *, practice_id: str | None = None) -> Sequence[SendingHold]:
    """Holds that a restore placed and nobody has released; of one practice, or of all."""
    query = select(SendingHold).where(
        col(SendingHold.released_at).is_(None), col(SendingHold.reason).startswith(REASON, autoescape=True)
    )
    if practice_id is not None:
        query = query.where(SendingHold.practice_id == practice_id)
    return session.exec(query.order_by(SendingHold.id)).all()


def standing(session: Session) -> Standing:
    """What is still held, and what is still to be heard."""
    kept = holds(session)
    routes = sa.or_(sa.false(), *(sending.waiting(one.practice_id, one.partner_id) for one in kept))
    unheard = select(func.count()).where(
        Fact.kind == FactKind.CLAIM_ACKNOWLEDGED, col(Fact.absorbed_at).is_(None), col(Fact.verdict).is_(None)
    )
    ready = select(func.count()).where(routes, Submission.state == SubmissionState.READY)
    return Standing(len(kept), session.exec(ready).one(), session.exec(unheard).one())


def strangers(session: Session) -> Sequence[Task]:
    """Tasks, open or done, about acknowledgments that named claims which these books did not know, oldest first."""
    query = select(Task).where(
        Task.type == TaskType.INTAKE_ERROR, Task.subject == "message", col(Task.opening_key).endswith(":unknown")
    )
    return session.exec(query.order_by(col(Task.opened_at), Task.id)).all()


def release(session: Session, *, at: datetime) -> int:
    """End the holds that a restore placed: what gathered leaves by the pace of the policies, and kept cards are charged
    again. No user did it: `released_by` stays empty. Returns how many."""
    kept = holds(session)
    for one in kept:
        one.released_at = at
        session.add(one)
        session.flush()
        outbox.enqueue(session, OutboxKind.START_BATCH, practice_id=one.practice_id, subject_id=one.partner_id, at=at)
        audit.record(
            session,
            practice_id=one.practice_id,
            at=at,
            actor_id=audit.OPERATOR,
            action="update",
            subject="partner",
            subject_id=one.partner_id,
            reason="sending released after a restore",
        )
    return len(kept)
