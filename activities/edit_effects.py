"""What the claim edits would say today of claims that they have looked at: after a release of codes or rules, say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from activities.desk import Desk
from activities.known_facts import situation_of
from billing.edits.registry import Finding, Severity
from billing.scrubbing import scrub
from database import edit_runs, practice_edits
from database.tables import EditRun, Encounter


@dataclass(frozen=True, slots=True)
class Effect:
    """One visit of which the edits say something else than they did."""

    encounter_id: str
    external_id: str
    held_now: tuple[str, ...]
    """Edits that would hold it now and did not"""
    held_no_more: tuple[str, ...]
    noted_now: tuple[str, ...]


def effects(session: Session, *, last: int, at: datetime, practice_id: str | None = None) -> list[Effect]:
    """The visits among the last so many of which the edits would say something else now; None: of every practice."""
    looked_at = select(EditRun.encounter_id).distinct()
    query = select(Encounter).where(
        col(Encounter.id).in_(looked_at), col(Encounter.is_void).is_(False), col(Encounter.is_self_pay).is_(False)
    )
    if practice_id is not None:
        query = query.where(Encounter.practice_id == practice_id)
    rows = session.exec(query.order_by(col(Encounter.created_at).desc(), col(Encounter.id)).limit(last)).all()
    return [effect for row in rows if (effect := _effect(session, row, at)) is not None]


def _effect(session: Session, encounter: Encounter, at: datetime) -> Effect | None:
    before = edit_runs.latest(session, practice_id=encounter.practice_id, encounter_id=encounter.id)
    assert before is not None, "only visits that the edits have looked at are asked for"
    desk = Desk(session, encounter, max(at, before.ran_at))
    own = practice_edits.in_use(session, practice_id=encounter.practice_id)
    now = scrub(desk.claim, situation_of(desk), own)
    held, was_held = _codes(now, Severity.ERROR), _codes(before.findings, Severity.ERROR)
    noted = _codes(now, Severity.WARNING) - _codes(before.findings, Severity.WARNING) - was_held
    if held == was_held and not noted:
        return None
    return Effect(
        encounter.id,
        encounter.external_id,
        tuple(sorted(held - was_held)),
        tuple(sorted(was_held - held)),
        tuple(sorted(noted)),
    )


def _codes(findings: Sequence[Finding], severity: Severity) -> set[str]:
    return {one.edit for one in findings if one.severity == severity}
