"""How visits that belong together are shown: the claims of one visit, and the visits of one claim."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlmodel import Session, col, select

from billing.stages import Stage
from database import encounters, visit_groups
from database.tables import Encounter

NOT_SENT = (
    Stage.REGISTRATION,
    Stage.VERIFICATION,
    Stage.CODING,
    Stage.CHARGE_REVIEW,
    Stage.SCRUBBING,
    Stage.SUBMISSION,
)
SHOWN = 50
"""Visits that are offered for one claim"""


@dataclass(frozen=True, slots=True)
class VisitLink:
    """One visit that belongs to another."""

    id: str
    external_id: str
    service_date: date
    stage: Stage
    charge_cents: int
    lines: tuple[int, ...] = ()
    """Its lines by their numbers on the claim that bills it; empty: its claim is its own"""


@dataclass(frozen=True, slots=True)
class GroupView:
    """What a visit belongs to. All empty: it is one visit with one claim."""

    parts: list[VisitLink] = field(default_factory=list)
    """Every claim of the visit, this one among them, where it was parted"""
    because: str = ""
    """Why it was parted"""
    billed_with: VisitLink | None = None
    """The visit whose claim bills this one"""
    bills: list[VisitLink] = field(default_factory=list)
    """The visits that this one's claim bills too"""


def group_of(session: Session, row: Encounter) -> GroupView:
    """What the visit belongs to."""
    parts = visit_groups.parts_of(session, row)
    owner = session.get(Encounter, row.billed_with_id) if row.billed_with_id else None
    bills = visit_groups.billed_with(session, row.id)
    reasons = dict.fromkeys(one.parted_because for one in parts if one.parted_because)
    return GroupView(
        parts=[_link(one) for one in parts] if len(parts) > 1 else [],
        because="; ".join(reasons),
        billed_with=_link(owner) if owner is not None else None,
        bills=[_link(one, _lines_of(session, row, one)) for one in bills],
    )


def _link(row: Encounter, lines: tuple[int, ...] = ()) -> VisitLink:
    return VisitLink(row.id, row.external_id, row.service_date, Stage(row.stage), row.charge_cents, lines)


def _lines_of(session: Session, owner: Encounter, member: Encounter) -> tuple[int, ...]:
    return tuple(one.ordinal for one in encounters.lines(session, owner) if one.visit_id == member.id)


def joinable(session: Session, row: Encounter) -> Sequence[VisitLink]:
    """Visits of the same patient and payer that are not sent yet, in the order of their days: what may go on one claim
    with this one, if the claims agree."""
    found = session.exec(
        select(Encounter)
        .where(
            Encounter.practice_id == row.practice_id,
            Encounter.patient_id == row.patient_id,
            Encounter.payer_id == row.payer_id,
            Encounter.id != row.id,
            col(Encounter.stage).in_(NOT_SENT),
            col(Encounter.is_void).is_(False),
            col(Encounter.is_self_pay).is_(False),
        )
        .order_by(col(Encounter.service_date), col(Encounter.created_at), col(Encounter.id))
        .limit(SHOWN)
    )
    return [_link(one) for one in found]
