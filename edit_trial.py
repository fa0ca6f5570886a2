"""Commands on the claim edits: `zerobalance edits ...`: what they say today of claims that they have looked at."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated

import typer
from sqlmodel import Session

import office_setup
from activities.edit_effects import Effect, effects
from billing.edits.registry import Severity
from billing.scrubbing import EDITS
from database.engine import Database
from settings import Settings

app = typer.Typer(
    help="List the claim edits, and try what they would say today of claims that they have looked at.",
    no_args_is_help=True,
)

SHOWN = 50
"""Visits that are printed"""


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


class _Untaken(Exception):
    """Ends a transaction whose work must not stay."""


def tried(database: Database, change: Callable[[Session], object], *, last: int) -> list[Effect]:
    """What the edits would say of the last claims after a change; nothing of it stays. What the change raises comes
    through.
    """
    found: list[Effect] = []
    with suppress(_Untaken), database.writing() as session:
        change(session)
        found = effects(session, last=last, at=datetime.now(UTC))
        raise _Untaken
    return found


def tell(found: Sequence[Effect], last: int) -> None:
    """Print what would change."""
    typer.echo(f"{len(found)} of the last {last} claims would be seen otherwise")
    for one in found[:SHOWN]:
        parts = {"held by": one.held_now, "no more held by": one.held_no_more, "noted by": one.noted_now}
        words = "; ".join(f"{what} {', '.join(codes)}" for what, codes in parts.items() if codes)
        typer.echo(f"  {one.external_id} ({one.encounter_id}): {words}")
    if len(found) > SHOWN:
        typer.echo(f"  and {len(found) - SHOWN} more")
