"""Proves a year of those who answer for bills: they pay, forget, dispute, move, go bankrupt, die, or never pay.

An office of real parts lives four hundred days. Then every account is at zero, on a plan, in a named hold or with an
agency, nobody was asked for what nobody owes, and the patients' own books of what they paid agree to the cent.
"""

import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from rich.console import Console
from rich.live import Live
from rich.table import Table

import demo
import office_setup
import proofs
from database import claim_books, office, proof, year
from database.proof import Proof
from simulator.drive import Outcome
from simulator.guarantors import true_non_payers
from simulator.year import Year

GUARANTORS = 500
SEED = 2026
POLICIES = {"prompt_pay_percent": 10, "prompt_pay_of_plans": 1}
"""Who pays the first paper soon is given something off, so that the year's money proves that too"""


async def prove(console: Console, *, guarantors: int, seed: int) -> None:
    """The command `zerobalance prove year`. Exits with 1 when something does not hold."""
    began = time.monotonic()
    async with demo.own_office() as parts:
        drive, outcome = await lived(parts, console, guarantors=guarantors, seed=seed)
        found = await figures_of(parts, drive, outcome)
    show(found, outcome, console, seconds=time.monotonic() - began)
    if not found["holds"]:
        sys.exit(1)


async def lived(parts: demo.Parts, console: Console, *, guarantors: int, seed: int) -> tuple[Year, Outcome]:
    """Let the families live their year."""
    with parts.database.writing() as session:
        practice = office.practice_named(session, demo.PRACTICE)
        assert practice is not None, "the office was installed"
        for name, value in POLICIES.items():
            office.set_policy(session, practice_id=practice.id, name=name, value=value, effective_from=office.ALWAYS)
    temporal = await office_setup.connected(parts.settings, "driver")
    browser = httpx.Client(
        base_url=parts.settings.public_url, headers={"Sec-Fetch-Site": "same-origin"}, timeout=30, trust_env=False
    )
    with browser, Live(console=console, refresh_per_second=4, transient=True) as live:
        drive = Year(
            world=parts.world,
            client=temporal,
            count=guarantors,
            seed=seed,
            folder=parts.settings.data_dir,
            now=parts.clock(),
            show=lambda progress: live.update(demo.progress_table(progress)),
            browser=browser,
        )
        outcome = await drive.run()
        drive.guarantors.read_card_statements()
        return drive, outcome


async def figures_of(parts: demo.Parts, drive: Year, outcome: Outcome) -> proofs.Figures:
    """The proof of the books, and the year's own statements beside it."""
    found = await demo.proofs_of(parts)
    books = await proofs.books_of_partner(parts.settings)
    assert books is not None, "the clearinghouse is a part of this office"
    told = drive.guarantors.paid_cents() + drive.agency.collected_cents
    with parts.database.reading() as session:
        claims = claim_books.claim_books(session)
        billable = {one: sums["ever_billable"] for one, sums in proofs.by_encounter(claims, books).items()}
        for one in claims:
            billable[one.encounter_id] = billable.get(one.encounter_id, 0) + one.billed_by_person
        own = [
            year.accounts_rest(session),
            year.papers_ask_rightly(session, billable),
            year.money_in(session, told),
            year.placed_rightly(session, _as_on_envelopes(drive), true_non_payers(drive.families)),
        ]
    own.append(_finished(outcome, drive.guarantors.failed))
    statements = [*found["proofs"], *(proofs.told(one) for one in own)]
    return found | {
        "proof": "year",
        "proofs": statements,
        "guarantors": len(drive.families),
        "habits": dict(Counter(one.habit.value for one in drive.families)),
        "paid_cents": drive.guarantors.paid_cents(),
        "collected_cents": drive.agency.collected_cents,
        "placed": len(drive.agency.names),
        "tasks": outcome.tasks_done,
        "days": outcome.days,
        "holds": all(one["holds"] for one in statements),
    }


def _as_on_envelopes(drive: Year) -> set[str]:
    """`last, first`, as the agency's file has it, turned round."""
    return {" ".join(reversed(one.split(", "))) for one in drive.agency.names}


def _finished(outcome: Outcome, failed: Sequence[str]) -> Proof:
    off = [f"{outcome.stuck_tasks} tasks could not be finished"] if outcome.stuck_tasks else []
    off += [f"a guarantor could not: {one}" for one in failed[: proof.SHOWN]]
    if outcome.refused or outcome.created != outcome.encounters:
        off.append(f"{outcome.created} of {outcome.encounters} visits were taken in, {outcome.refused} refused")
    return Proof("finished", "every task could be finished, and every visit was taken in", outcome.encounters, off)


def show(found: Mapping[str, Any], outcome: Outcome, console: Console, *, seconds: float) -> None:
    """Tables for people, and on standard output one JSON object."""
    stages = ", ".join(f"{count} {stage.replace('_', ' ')}" for stage, count in outcome.by_stage.items())
    console.print(
        f"{found['guarantors']} guarantors, {outcome.encounters} visits, {outcome.days} days in {seconds:.0f} s"
    )
    console.print(f"visits: {stages}; {found['placed']} guarantors placed with an agency")
    table = Table(title="How they pay")
    table.add_column("guarantors")
    table.add_column("habit")
    for habit, count in found["habits"].items():
        table.add_row(str(count), habit)
    console.print(table)
    proofs.show(dict(found), console)
