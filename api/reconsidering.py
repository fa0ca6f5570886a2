"""Several short claims of one payer and one code in one letter: each by its own task, in its own visit's step."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi.concurrency import run_in_threadpool

from api import actions, errors
from api.errors import Fault, Problem
from api.office import Office
from billing.underpayments import State
from database import variances
from database.access import Person
from database.variances import Sought, VarianceView

MOST = 100
"""Lines in one go"""


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of one claim, or would."""

    encounter_id: str
    control_number: str
    patient: str
    lines: int
    missing_cents: int
    is_done: bool
    """The letter names it; when only looked at: it would"""
    words: str


@dataclass(frozen=True, slots=True)
class Reconsideration:
    """One letter, or what it would hold."""

    is_dry_run: bool
    payer: str
    procedure: str
    claims: list[Asked]
    missing_cents: int
    """Of the claims that are in it"""
    letter_id: str | None


async def reconsider(
    office: Office, person: Person, ids: Sequence[str], *, argument: str, key: str, dry_run: bool
) -> Reconsideration:
    """Ask for all of these lines in one letter. A claim goes with all its short lines; one that cannot is told, and the
    others go. Said twice, nothing more happens. Raises Problem 422."""
    chosen = await run_in_threadpool(_chosen, office, person, ids)
    claims = list({one.encounter_id: one for one in chosen}.values())
    results, letter_id = [], None
    for one in claims:
        if dry_run or not one.may_be_put_together:
            results.append(await run_in_threadpool(_as_it_stands, office, person, one, dry_run=dry_run))
            letter_id = letter_id or (None if dry_run else one.letter_id)
            continue
        asked = await _ask(office, person, one, argument=argument, letter_id=letter_id, key=key)
        results.append(asked)
        if letter_id is None and asked.is_done:
            letter_id = await run_in_threadpool(_letter_of, office, person, one)
    total = sum(one.missing_cents for one in results if one.is_done)
    return Reconsideration(dry_run, chosen[0].payer, chosen[0].procedure, results, total, letter_id)


def _chosen(office: Office, person: Person, ids: Sequence[str]) -> list[VarianceView]:
    with office.database.reading() as session:
        found = variances.page(session, Sought(person.practice_id), ids=ids[: MOST + 1], limit=MOST + 1).items
    if not found or len(found) != len(set(ids)) or len(ids) > MOST:
        message = f"choose at least one line of the worklist, and {MOST} at most"
        raise errors.invalid([Fault(field="variance_ids", message=message)])
    if len({(one.payer_id, one.procedure) for one in found}) > 1:
        message = "are of several payers or codes: one letter goes to one payer about one code"
        raise errors.invalid([Fault(field="variance_ids", message=message)])
    return found


def _lines(office: Office, person: Person, one: VarianceView) -> tuple[int, int]:
    """(how many lines of the claim are undecided, cents that they miss)"""
    with office.database.reading() as session:
        rows = [v for v in variances.undecided(session, one.encounter_id) if v.practice_id == person.practice_id]
    return len(rows), sum(variances.case_of(row).missing_cents for row in rows)


def _as_it_stands(office: Office, person: Person, one: VarianceView, *, dry_run: bool) -> Asked:
    lines, missing = _lines(office, person, one)
    common = (one.encounter_id, one.control_number, one.patient, lines, missing)
    if one.may_be_put_together:
        return Asked(*common, is_done=True, words="would be asked for")
    if one.state == State.DISPUTED and one.letter_id is not None:
        return Asked(*common, is_done=not dry_run, words="is asked for in a letter already")
    if one.state == State.OPEN:
        return Asked(*common, is_done=False, words="no task is open that decides it")
    return Asked(*common, is_done=False, words=f"cannot be asked for: it is {one.state.replace('_', ' ')}")


async def _ask(
    office: Office, person: Person, one: VarianceView, *, argument: str, letter_id: str | None, key: str
) -> Asked:
    assert one.task_id is not None, "looked at before"
    lines, missing = await run_in_threadpool(_lines, office, person, one)
    common = (one.encounter_id, one.control_number, one.patient, lines, missing)
    values = {"argument": argument, "letter": letter_id or ""}
    own_key = hashlib.sha256(f"{key}:{one.task_id}:{letter_id}".encode()).hexdigest()[:40]
    try:
        done = await actions.complete_task(
            office, person, task_id=one.task_id, resolution="reconsideration", values=values, key=own_key
        )
    except Problem as problem:
        faults = "; ".join(fault.message for fault in problem.faults)
        return Asked(*common, is_done=False, words=f"{problem.title}: {faults or problem.detail}")
    return Asked(*common, is_done=True, words="asked for" if done.status == 200 else "is being asked for")


def _letter_of(office: Office, person: Person, one: VarianceView) -> str | None:
    with office.database.reading() as session:
        found = variances.page(session, Sought(person.practice_id), ids=[one.id], limit=1).items
    return found[0].letter_id if found else None
