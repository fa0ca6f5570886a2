"""Money that came long ago and is in nobody's books yet: while some waits, newer money is not put away by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from billing.money import format_dollars
from billing.policies import Policies
from database import bank, office
from database.columns import new_id
from database.tables import AgedCashOpening, BankMovement, RemittanceFile

WAITING = ("stored", "posting", "excepted")
"""States of remittances that are not spent"""
NAMED = 3
"""How many a refusal names"""


@dataclass(frozen=True, slots=True)
class AgedCash:
    """One booking of the bank, or one remittance, that waits too long."""

    kind: str
    """booking or remittance"""
    id: str
    trace: str
    cents: int
    came_at: datetime


def aged(session: Session, *, practice_id: str, at: datetime) -> list[AgedCash]:
    """What waits for longer than the practice's policy says, the oldest first; nothing where the policy is 0."""
    policies = office.policies_for(session, practice_id=practice_id, payer_id=None)
    days = policies.value("aged_cash_lock_days", as_of=policies.day(at))
    if days == 0:
        return []
    limit = at - timedelta(days=days)
    bookings = session.exec(
        select(BankMovement).where(
            BankMovement.practice_id == practice_id,
            BankMovement.state == bank.OPEN,
            BankMovement.amount_cents > 0,
            col(BankMovement.received_at) < limit,
        )
    )
    files = session.exec(
        select(RemittanceFile).where(
            RemittanceFile.practice_id == practice_id,
            col(RemittanceFile.state).in_(WAITING),
            col(RemittanceFile.closed_at).is_(None),
            RemittanceFile.paid_cents > 0,
            col(RemittanceFile.received_at) < limit,
        )
    )
    found = [AgedCash("booking", one.id, one.trace or "", one.amount_cents, one.received_at) for one in bookings]
    found += [AgedCash("remittance", one.id, one.trace, one.paid_cents, one.received_at) for one in files]
    return sorted(found, key=lambda one: (one.came_at, one.id))


def opening(session: Session, *, practice_id: str, day: date) -> AgedCashOpening | None:
    """Who opened the lock for this day of the practice, and why."""
    query = select(AgedCashOpening).where(AgedCashOpening.practice_id == practice_id, AgedCashOpening.day == day)
    return session.exec(query).first()


def open_lock(session: Session, *, practice_id: str, day: date, reason: str, by: str, at: datetime) -> AgedCashOpening:
    """Newer money may be put away on this day though older waits. Opened twice it stays as it was first."""
    known = opening(session, practice_id=practice_id, day=day)
    if known is not None:
        return known
    row = AgedCashOpening(id=new_id(), practice_id=practice_id, day=day, reason=reason, opened_by=by, opened_at=at)
    session.add(row)
    session.flush()
    return row


def why_locked(session: Session, *, practice_id: str, came_at: datetime, at: datetime) -> str | None:
    """Why money that came then may not be put away yet, and what to do; None: it may. Older money always may."""
    older = [one for one in aged(session, practice_id=practice_id, at=at) if one.came_at < came_at]
    if not older:
        return None
    policies = office.policies_for(session, practice_id=practice_id, payer_id=None)
    if opening(session, practice_id=practice_id, day=policies.day(at)) is not None:
        return None
    return (
        f"older money waits: {_in_words(older, policies)}. Settle that first (Bank, Remittances), or ask a supervisor "
        "to open the lock for today on the Bank page"
    )


def _in_words(older: Sequence[AgedCash], policies: Policies) -> str:
    named = [
        f"{format_dollars(one.cents)} of {policies.day(one.came_at)}" + (f", trace {one.trace}" if one.trace else "")
        for one in older[:NAMED]
    ]
    more = [f"and {len(older) - NAMED} more"] if len(older) > NAMED else []
    return "; ".join([*named, *more])
