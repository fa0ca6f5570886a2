"""Commands on the claim edits: `zerobalance edits ...`: what they say today of claims that they have looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import typer
from sqlmodel import Session, col, select

import office_setup
from activities.desk import Desk
from activities.known_facts import situation_of
from billing.edits.registry import Finding, Severity
from billing.scrubbing import EDITS, scrub
from database import edit_runs
from database.tables import EditRun, Encounter
from settings import Settings

app = typer.Typer(
    help="List the claim edits, and try what they would say today of claims that they have looked at.",
    no_args_is_help=True,
)

SHOWN = 50
"""Visits that are printed"""


@dataclass(frozen=True, slots=True)
class Effect:
    """One visit of which the edits say something else than they did."""

    encounter_id: str
    external_id: str
    held_now: tuple[str, ...]
    """Edits that would hold it now and did not"""
    held_no_more: tuple[str, ...]
    noted_now: tuple[str, ...]


@app.command(name="list")
def list_edits() -> None:
    """Every edit with what it does to a claim."""
    for one in sorted(EDITS, key=lambda one: one.code):
        effect = "mends" if one.mend else "holds" if one.severity == Severity.ERROR else "notes"
        typer.echo(f"{one.code:<5} {effect:<6} {' '.join(one.says.split())}")


@app.command(name="try")
def try_edits(
    last: Annotated[int, typer.Option(min=1, max=100_000, help="So many claims, the newest first")] = 500,
) -> None:
    """Run every edit over the last claims, as the office and the loaded rules are now. Changes nothing."""
    database = office_setup.open_database(Settings())
    with database.reading() as session:
        found = effects(session, last=last, at=datetime.now(UTC))
    database.close()
    tell(found, last)


def effects(session: Session, *, last: int, at: datetime) -> list[Effect]:
    """The visits among the last so many of which the edits would say something else now."""
    looked_at = select(EditRun.encounter_id).distinct()
    rows = session.exec(
        select(Encounter)
        .where(
            col(Encounter.id).in_(looked_at),
            col(Encounter.is_void).is_(False),
            col(Encounter.is_self_pay).is_(False),
        )
        .order_by(col(Encounter.created_at).desc(), col(Encounter.id))
        .limit(last)
    ).all()
    return [effect for row in rows if (effect := _effect(session, row, at)) is not None]


def _effect(session: Session, encounter: Encounter, at: datetime) -> Effect | None:
    before = edit_runs.latest(session, encounter.id)
    assert before is not None, "only visits that the edits have looked at are asked for"
    desk = Desk(session, encounter, max(at, before.ran_at))
    now = scrub(desk.claim, situation_of(desk))
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


def tell(found: Sequence[Effect], last: int) -> None:
    """Print what would change."""
    typer.echo(f"{len(found)} of the last {last} claims would be seen otherwise")
    for one in found[:SHOWN]:
        parts = {"held by": one.held_now, "no more held by": one.held_no_more, "noted by": one.noted_now}
        words = "; ".join(f"{what} {', '.join(codes)}" for what, codes in parts.items() if codes)
        typer.echo(f"  {one.external_id} ({one.encounter_id}): {words}")
    if len(found) > SHOWN:
        typer.echo(f"  and {len(found) - SHOWN} more")
