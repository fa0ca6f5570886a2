"""How close the nearest filing limit of waiting claims is."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from activities.desk import Desk
from database import sending_views
from database.sending_views import HoldView
from database.tables import Encounter, SendingHold, Submission

LOOKED_AT = 25
"""Of each payer, so many claims with the oldest service: the nearest limit is among them"""


def with_limits(session: Session, held: Sequence[HoldView], *, at: datetime) -> list[HoldView]:
    """The holds, each with the nearest filing limit of what gathers behind it."""
    return [_with_limit(session, one, at) for one in held]


def _with_limit(session: Session, one: HoldView, at: datetime) -> HoldView:
    row = session.get_one(SendingHold, one.id)
    desks = [Desk(session, visit, at) for visit in _oldest(session, sending_views.behind(row))]
    nearest = min(desks, key=lambda desk: desk.filing.last_day, default=None)
    if nearest is None:
        return one
    return replace(one, nearest_limit=nearest.filing.last_day, days_left=nearest.filing.days_left(nearest.today))


def _oldest(session: Session, waiting: sa.ColumnElement[bool]) -> list[Encounter]:
    by_payer = sa.func.row_number().over(
        partition_by=col(Submission.payer_id), order_by=(col(Encounter.service_date), col(Encounter.id))
    )
    ranked = (
        sa.select(col(Encounter.id).label("id"), by_payer.label("place"))
        .join(Submission, col(Submission.encounter_id) == col(Encounter.id))
        .where(waiting)
        .subquery()
    )
    ids = sa.select(ranked.c.id).where(ranked.c.place <= LOOKED_AT)
    return list(session.exec(select(Encounter).where(col(Encounter.id).in_(ids))))
