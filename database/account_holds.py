"""Holds of accounts: begun, seen, and ended by a day, a person or an event."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from billing.account_holds import HOLD_WORDS, HoldKind
from database import users
from database.columns import new_id
from database.tables import AccountHold, Encounter

PATIENT = "patient"
"""Who began a hold, or did something, without signing in: on the pay page"""


@dataclass(frozen=True, slots=True)
class HoldView:
    """One hold as pages and programs see it."""

    id: str
    kind: str
    words: str
    encounter_id: str | None
    visit: str
    """The visit's own number; empty: everything"""
    reason: str
    begun_at: datetime
    begun_by: str
    until: datetime | None
    ended_at: datetime | None
    why: str


def standing(session: Session, patient_id: str) -> Sequence[AccountHold]:
    """Those that nobody has ended, oldest first."""
    query = select(AccountHold).where(AccountHold.patient_id == patient_id, col(AccountHold.ended_at).is_(None))
    return session.exec(query.order_by(col(AccountHold.begun_at), AccountHold.id)).all()


def begin(
    session: Session,
    *,
    practice_id: str,
    patient_id: str,
    kind: HoldKind,
    encounter_id: str | None = None,
    reason: str,
    until: datetime | None,
    at: datetime,
    by: str,
) -> AccountHold:
    """One reason more. The account is held; the same kind on the same thing is one hold, whose day is the later one."""
    same = [one for one in standing(session, patient_id) if (one.kind, one.encounter_id) == (kind, encounter_id)]
    if same:
        row = same[0]
        row.until = None if row.until is None or until is None else max(row.until, until)
        row.reason = reason[:500] or row.reason
    else:
        row = AccountHold(
            id=new_id(),
            practice_id=practice_id,
            patient_id=patient_id,
            encounter_id=encounter_id,
            kind=kind,
            reason=reason[:500],
            begun_at=at,
            begun_by=by,
            until=until,
        )
    session.add(row)
    session.flush()
    return row


def end(session: Session, row: AccountHold, *, why: str, at: datetime, by: str | None) -> None:
    """It stands in the way no more."""
    row.ended_at, row.ended_by, row.why = at, by, why[:500]
    session.add(row)
    session.flush()


def held_accounts(session: Session) -> set[str]:
    """Holders of accounts of which nothing, or not everything, is asked now: for the proof of the books."""
    return set(session.exec(select(AccountHold.patient_id).where(col(AccountHold.ended_at).is_(None))))


def views(session: Session, *, practice_id: str, patient_id: str) -> list[HoldView]:
    """Every hold of the account, those that stand first."""
    rows = session.exec(
        select(AccountHold, Encounter.external_id)
        .join(Encounter, col(Encounter.id) == col(AccountHold.encounter_id), isouter=True)
        .where(AccountHold.practice_id == practice_id, AccountHold.patient_id == patient_id)
        .order_by(col(AccountHold.ended_at).is_not(None), col(AccountHold.begun_at).desc(), AccountHold.id)
    ).all()
    names = users.names_of(session, {row.begun_by for row, _ in rows})
    return [
        HoldView(
            row.id,
            row.kind,
            HOLD_WORDS[HoldKind(row.kind)],
            row.encounter_id,
            number or "",
            row.reason,
            row.begun_at,
            names.get(row.begun_by, "the patient" if row.begun_by == PATIENT else "the office"),
            row.until,
            row.ended_at,
            row.why,
        )
        for row, number in rows
    ]
