"""Proves a quarter: a thousand visits with everything that payers do, worked by people who make mistakes.

An office of real parts lives until nothing more happens by itself. Then every visit is closed or in a task that says
why, hardly a task is left and none overdue, the ledger agrees with the payers' own books, nothing was given up without
a second person, and what payers would have paid was had.
"""

import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

import demo
import proofs
from database import claim_books, quarter
from database import figures as office_figures
from database.figures import Ratio
from database.proof import Proof
from simulator.drive import Outcome

ENCOUNTERS = 1000
SEED = 2026
ERROR_RATE = 0.03
"""How often a form is first filled in wrongly"""


async def prove(console: Console, *, encounters: int, seed: int) -> None:
    """The command `zerobalance prove quarter`. Exits with 1 when something does not hold."""
    began = time.monotonic()
    async with demo.own_office() as parts:
        outcome = await demo.drive(parts, encounters=encounters, seed=seed, error_rate=ERROR_RATE)
        found = await figures_of(parts, outcome)
    show(found, outcome, console, seconds=time.monotonic() - began)
    if not found["holds"]:
        sys.exit(1)


async def figures_of(parts: demo.Parts, outcome: Outcome) -> proofs.Figures:
    """The proof of the books, and the quarter's own statements and ratios beside it."""
    found = await demo.proofs_of(parts)
    books = await proofs.books_of_partner(parts.settings)
    assert books is not None, "the clearinghouse is a part of this office"
    with parts.database.reading() as session:
        claims = claim_books.claim_books(session)
        own = [quarter.accounted(session), quarter.tasks_done(session, now=parts.clock())]
        cash = quarter.recovered(session, proofs.obtainable(claims, books))
        ratios = [
            cash,
            *office_figures.ratios(session),
            office_figures.untouched(session, outcome.plain_visits),
            *quarter.posted_by_rung(session),
            *office_figures.tasks_left(session, now=parts.clock()),
        ]
        causes = quarter.denied_by_cause(session)
    own += [_had(cash), _finished(outcome, encounters=found["encounters"])]
    statements = [*found["proofs"], *(proofs.told(one) for one in own)]
    return found | {
        "proof": "quarter",
        "proofs": statements,
        "ratios": [{"name": one.name, "count": one.count, "of": one.of, "percent": one.percent} for one in ratios],
        "denied": [{"cause": cause, "amounts": count, "cents": cents} for cause, count, cents in causes],
        "scenarios": outcome.by_scenario,
        "tasks": outcome.tasks_done,
        "days": outcome.days,
        "holds": all(one["holds"] for one in statements),
    }


def _had(cash: Ratio) -> Proof:
    enough = 100 * cash.count >= quarter.RECOVERED_PERCENT * cash.of
    off = [] if enough else [f"{cash.count} of {cash.of} cents"]
    return Proof("recovered", "at least 95 % of what payers would pay was had", cash.of, off)


def _finished(outcome: Outcome, *, encounters: int) -> Proof:
    off = [f"{outcome.stuck_tasks} tasks could not be finished"] if outcome.stuck_tasks else []
    if outcome.refused or outcome.created != encounters:
        off.append(f"{outcome.created} of {encounters} visits were taken in, {outcome.refused} refused")
    return Proof("finished", "every task could be finished, and every visit was taken in", encounters, off)


def show(found: Mapping[str, Any], outcome: Outcome, console: Console, *, seconds: float) -> None:
    """Tables for people, and on standard output one JSON object."""
    stages = ", ".join(f"{count} {stage.replace('_', ' ')}" for stage, count in outcome.by_stage.items())
    console.print(f"{outcome.encounters} visits lived {outcome.days} days in {seconds:.0f} seconds: {stages}")
    console.print(_table("Ratios", ("ratio", "percent", "of"), _ratio_rows(found["ratios"])))
    causes = [(one["cause"], str(one["amounts"]), f"{one['cents'] / 100:,.2f}") for one in found["denied"]]
    console.print(_table("Refused, by cause", ("cause", "amounts", "dollars"), causes))
    proofs.show(dict(found), console)


def _ratio_rows(ratios: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    return [(one["name"], _percent(one["percent"]), f"{one['count']} of {one['of']}") for one in ratios]


def _percent(percent: float | None) -> str:
    return "nothing to count" if percent is None else f"{percent} %"


def _table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(title=title)
    for heading in headings:
        table.add_column(heading)
    for row in rows:
        table.add_row(*row)
    return table
