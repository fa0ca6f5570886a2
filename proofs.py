"""Proves the books: the rows against themselves, against the engine, and against the payer's own books."""

import json
import sys
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table
from sqlmodel import select
from temporalio.client import Client
from temporalio.service import RPCError

import office_setup
from activities.ids import encounter_workflow
from billing.stages import Stage
from database import claim_books, outbox, proof
from database.claim_books import ClaimBooks
from database.engine import Database
from database.proof import Proof
from database.tables import Encounter, Outbox
from settings import Settings

Figures = dict[str, Any]
YOUNG = timedelta(minutes=5)
"""How old a waiting message to a workflow may be"""


async def prove_here(settings: Settings, console: Console) -> None:
    """Check the running office: its rows, its engine, and the simulator's books when one answers.

    Ends the process with exit code 1 when something does not hold.
    """
    database = office_setup.open_database(settings)
    database.check()
    temporal = await office_setup.connected(settings, "proof")
    figures = await prove(database, temporal, await books_of_partner(settings))
    database.close()
    show(figures, console)
    if not figures["holds"]:
        sys.exit(1)


def show(figures: Figures, console: Console) -> None:
    """A table for people, and on standard output one JSON object with the figures."""
    table = Table(title="Proof of the books")
    for heading in ("proof", "looked at", "holds", "what does not"):
        table.add_column(heading)
    for one in figures["proofs"]:
        table.add_row(
            one["statement"], str(one["looked_at"]), "yes" if one["holds"] else "NO", "; ".join(one["offenders"][:3])
        )
    console.print(table)
    sys.stdout.write(json.dumps(figures) + "\n")


async def prove(database: Database, temporal: Client, payer_books: Mapping[str, Any] | None) -> Figures:
    """Every proof, and the figures they are about. Nothing looked at is no proof."""
    with database.reading() as session:
        proofs = proof.prove_rows(session)
        on_paper = claim_books.typed_in(session)
        claims = [one for one in claim_books.claim_books(session) if one.encounter_id not in on_paper]
        apart = [one.control_number for one in claim_books.claim_books(session) if one.encounter_id in on_paper]
        traces = claim_books.remittance_totals(session)
        encounters = session.exec(select(Encounter)).all()
    proofs.append(await _open_is_running(database, temporal, encounters))
    if payer_books is not None:
        proofs += against_payer(claims, traces, payer_books, apart=apart)
    closed = sum(one.stage == Stage.CLOSED for one in encounters)
    return {
        "proof": "books",
        "encounters": len(encounters),
        "closed": closed,
        "open": len(encounters) - closed,
        "charges_cents": sum(one.charge_cents for one in encounters),
        "compared_with_payer": payer_books is not None,
        "proofs": [told(one) for one in proofs],
        "holds": bool(encounters) and all(one.holds for one in proofs),
    }


def told(one: Proof) -> Figures:
    """One statement as figures."""
    return {
        "name": one.name,
        "statement": one.statement,
        "looked_at": one.looked_at,
        "holds": one.holds,
        "offenders": list(one.offenders),
    }


async def books_of_partner(settings: Settings) -> Mapping[str, Any] | None:
    """The simulator's own books; None when no simulator answers (a real clearinghouse keeps none for us)."""
    token = settings.partner_tokens.get(office_setup.PARTNER)
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
    async with httpx.AsyncClient(timeout=30) as http:
        try:
            response = await http.get(f"{settings.partner_url}/v1/books", headers=headers)
        except httpx.TransportError:
            return None
    if response.status_code != httpx.codes.OK:
        return None
    books: Mapping[str, Any] = response.json()
    return books


async def _open_is_running(database: Database, temporal: Client, encounters: Sequence[Encounter]) -> Proof:
    """Every open encounter has a running workflow or a young outbox row, and no message waits longer than YOUNG."""
    running = set()
    async for execution in temporal.list_workflows("WorkflowType='EncounterBilling' AND ExecutionStatus='Running'"):
        running.add(execution.id)
    with database.reading() as session:
        waiting = set(session.exec(select(Outbox.subject_id)))
        stale = outbox.older_than(session, YOUNG)
    open_ones = [one for one in encounters if one.stage != Stage.CLOSED]
    missing = []
    for one in open_ones:
        workflow_id = encounter_workflow(one.practice_id, one.id)
        if workflow_id not in running and one.id not in waiting and not await _is_running(temporal, workflow_id):
            missing.append(f"encounter {one.id}")
    if stale:
        missing.append(f"{stale} messages wait longer than five minutes")
    statement = "every open encounter has a running workflow or a young message to one"
    return Proof("running", statement, len(open_ones), missing[: proof.SHOWN])


async def _is_running(temporal: Client, workflow_id: str) -> bool:
    try:
        description = await temporal.get_workflow_handle(workflow_id).describe()
    except RPCError:
        return False
    return description.close_time is None


def against_payer(
    claims: Sequence[ClaimBooks], traces: Mapping[str, int], books: Mapping[str, Any], *, apart: Collection[str] = ()
) -> list[Proof]:
    """The office's ledger beside the payer's own books; claims `apart` were answered on paper, which those books lack.

    An encounter whose first claim was refused has several control numbers; the payer's figures are added up over
    them before they are compared. What a payer refused may be billed by a person, unless the patient is protected; a
    visit that was voided after it was refused whole keeps nothing of the answer, and its payer is not told.
    """
    ours = {one.encounter_id: one for one in claims}
    theirs, strangers = _sums_by_encounter(claims, books, apart)
    paid, contractual, patient, taken = [], [], [], []
    for encounter_id, sums in theirs.items():
        mine = ours[encounter_id]
        where = f"encounter {encounter_id}"
        if mine.paid != sums["paid"]:
            paid.append(f"{where}: {mine.paid} posted, {sums['paid']} paid")
        if mine.taken != sums["taken"]:
            taken.append(f"{where}: {mine.taken} taken here, {sums['taken']} by the payer")
        if mine.contractual != sums["contractual"] and not (mine.is_void and mine.contractual == 0):
            contractual.append(f"{where}: {mine.contractual} posted, {sums['contractual']} by the payer")
        is_protected = sums["patient"] > sums["billable_to_patient"]
        if mine.patient > sums["billable_to_patient"] + (0 if is_protected else mine.billed_by_person):
            patient.append(f"{where}: {mine.patient} billed, {sums['billable_to_patient']} billable")
    payments = books["payments"]
    off = [
        f"trace {one['trace']}: {traces.get(one['trace'])} here, {one['amount']} paid"
        for one in payments
        if traces.get(one["trace"]) != int(one["amount"])
    ]
    count = len(theirs)
    return [
        Proof("known", "every claim the payer knows is one of ours", len(books["claims"]), strangers[: proof.SHOWN]),
        Proof("paid", "what the payer paid is what was posted", count, paid[: proof.SHOWN]),
        Proof("taken", "what the payer took out of other payments is on its visit", count, taken[: proof.SHOWN]),
        Proof("contractual", "contractual adjustments equal the payer's", count, contractual[: proof.SHOWN]),
        Proof("patient", "no patient owes more than may be billed", count, patient[: proof.SHOWN]),
        Proof("payments", "every payment's trace and amount are in the books", len(payments), off[: proof.SHOWN]),
    ]


def obtainable(claims: Sequence[ClaimBooks], books: Mapping[str, Any]) -> dict[str, int]:
    """What payers would pay in the end on each encounter, in cents: the most that any claim of it can still bring, or
    what its payers paid together where that is more."""
    encounter_of = {one.control_number: one.encounter_id for one in claims}
    most: dict[str, int] = {}
    paid: dict[str, int] = {}
    for claim in books["claims"]:
        encounter_id = encounter_of.get(claim["control_number"])
        if encounter_id is not None:
            most[encounter_id] = max(most.get(encounter_id, 0), int(claim["paid"]) + int(claim["recoverable"]))
            paid[encounter_id] = paid.get(encounter_id, 0) + int(claim["paid"])
    return {one: max(most[one], paid[one]) for one in most}


def by_encounter(claims: Sequence[ClaimBooks], books: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """The payer's cents by our encounter: paid, contractual, patient, billable_to_patient, ever_billable, taken."""
    return _sums_by_encounter(claims, books, ())[0]


def _sums_by_encounter(
    claims: Sequence[ClaimBooks], books: Mapping[str, Any], apart: Collection[str]
) -> tuple[dict[str, dict[str, int]], list[str]]:
    """The payer's figures in cents added up by our encounter, and its claims that are none of ours, in words."""
    encounter_of = {one.control_number: one.encounter_id for one in claims}
    theirs: dict[str, dict[str, int]] = {}
    strangers = []
    for claim in books["claims"]:
        if claim["control_number"] in apart:
            continue
        encounter_id = encounter_of.get(claim["control_number"])
        if encounter_id is None:
            strangers.append(f"claim {claim['control_number']}")
            continue
        sums = theirs.setdefault(encounter_id, {})
        for name in ("paid", "contractual", "patient", "billable_to_patient", "ever_billable", "taken"):
            sums[name] = sums.get(name, 0) + int(claim.get(name, 0))
    return theirs, strangers
