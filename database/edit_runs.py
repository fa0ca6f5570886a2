"""Runs of the claim edits as rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from billing.edits.registry import Finding
from billing.scrubbing import EDITS
from database import records
from database.columns import new_id
from database.tables import EditRun, Encounter


@dataclass(frozen=True, slots=True)
class Run:
    """One run, as people and programs read it."""

    ran_at: datetime
    edits: int
    asked: tuple[str, ...]
    findings: tuple[Finding, ...]
    mended: tuple[Finding, ...]


def keep(
    session: Session,
    encounter: Encounter,
    findings: Sequence[Finding],
    *,
    mended: Sequence[Finding],
    asked: Sequence[str],
    own: int = 0,
    at: datetime,
) -> None:
    """Store what a run found; `own`: how many edits of the practice ran beside the office's."""
    session.add(
        EditRun(
            id=new_id(),
            practice_id=encounter.practice_id,
            encounter_id=encounter.id,
            version=encounter.version,
            ran_at=at,
            edits=len(EDITS) + own,
            asked=records.dump(tuple(asked)),
            findings=records.dump(tuple(findings)),
            mended=records.dump(tuple(mended)),
        )
    )


def latest(session: Session, *, practice_id: str, encounter_id: str) -> Run | None:
    """The newest run over the claim; None: it has not come so far."""
    row = session.exec(
        select(EditRun)
        .where(EditRun.practice_id == practice_id, EditRun.encounter_id == encounter_id)
        .order_by(col(EditRun.ran_at).desc(), col(EditRun.version).desc())
        .limit(1)
    ).first()
    return None if row is None else run_of(row)


def run_of(row: EditRun) -> Run:
    """A row, read."""
    return Run(
        row.ran_at,
        row.edits,
        records.load(tuple[str, ...], row.asked),
        records.load(tuple[Finding, ...], row.findings),
        records.load(tuple[Finding, ...], row.mended),
    )
