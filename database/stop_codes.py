"""The stop list: adjustments that are never posted unseen, of one payer or of all."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, or_, select

from billing.posting_review import StopCode
from database.columns import new_id
from database.tables import Payer, StopCodeRow, User


@dataclass(frozen=True, slots=True)
class StopCodeView:
    """One entry of the list."""

    id: str
    reason: str
    group: str
    """Empty: any"""
    payer_id: str | None
    payer: str
    """Empty: every payer"""
    note: str
    added_at: datetime
    added_by: str


def of_payer(session: Session, *, practice_id: str, payer_id: str) -> tuple[StopCode, ...]:
    """What is on the list for a payer; its own entries first."""
    rows = session.exec(
        select(StopCodeRow)
        .where(
            StopCodeRow.practice_id == practice_id,
            or_(col(StopCodeRow.payer_id).is_(None), StopCodeRow.payer_id == payer_id),
        )
        .order_by(col(StopCodeRow.payer_id).is_(None), StopCodeRow.reason, StopCodeRow.adjustment_group)
    )
    return tuple(StopCode(row.reason, row.adjustment_group, row.note) for row in rows)


def of_practice(session: Session, *, practice_id: str) -> list[StopCodeView]:
    """The whole list, by code."""
    rows = session.exec(
        select(StopCodeRow, Payer.name, User.display_name)
        .join(Payer, col(Payer.id) == StopCodeRow.payer_id, isouter=True)
        .join(User, col(User.id) == StopCodeRow.added_by)
        .where(StopCodeRow.practice_id == practice_id)
        .order_by(StopCodeRow.reason, StopCodeRow.adjustment_group, StopCodeRow.id)
    ).all()
    return [
        StopCodeView(
            row.id, row.reason, row.adjustment_group, row.payer_id, payer or "", row.note, row.added_at, person
        )
        for row, payer, person in rows
    ]


def add(
    session: Session, stop: StopCode, *, practice_id: str, payer_id: str | None, at: datetime, by: str
) -> str | None:
    """Put a code on the list: its id; None: it is there already."""
    same = select(StopCodeRow.id).where(
        StopCodeRow.practice_id == practice_id,
        StopCodeRow.payer_id == payer_id if payer_id else col(StopCodeRow.payer_id).is_(None),
        StopCodeRow.reason == stop.reason,
        StopCodeRow.adjustment_group == stop.group,
    )
    if session.exec(same).first() is not None:
        return None
    row = StopCodeRow(
        id=new_id(),
        practice_id=practice_id,
        payer_id=payer_id,
        adjustment_group=stop.group,
        reason=stop.reason,
        note=stop.note,
        added_at=at,
        added_by=by,
    )
    session.add(row)
    session.flush()
    return row.id


def take_off(session: Session, stop_id: str, *, practice_id: str) -> StopCode | None:
    """Take an entry off the list: what it was; None: there is none."""
    found = session.exec(
        select(StopCodeRow).where(StopCodeRow.practice_id == practice_id, StopCodeRow.id == stop_id)
    ).first()
    if found is None:
        return None
    session.delete(found)
    session.flush()
    return StopCode(found.reason, found.adjustment_group, found.note)
