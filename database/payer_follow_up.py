"""Claims that payers have and have not paid: what each is worth, how long it is out, and what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from billing.days import day_of
from billing.deadlines import WORDS, Reason
from billing.ledger import Account
from billing.stages import Stage
from billing.tasks import KINDS, TaskType
from database import patient_names
from database.tables import AgendaEntry, CallRow, Encounter, Patient, Payer, Posting, Submission, Task

AGES: tuple[tuple[str, int, int | None], ...] = (
    ("0 to 30 days", 0, 30),
    ("31 to 60 days", 31, 60),
    ("61 to 90 days", 61, 90),
    ("91 to 120 days", 91, 120),
    ("over 120 days", 121, None),
)
"""(words, first day, last day) since the claim was first sent"""


class Order(StrEnum):
    """What stands first."""

    MONEY = "money"
    AGE = "age"
    DEADLINE = "deadline"


@dataclass(frozen=True, slots=True)
class OpenClaim:
    """One claim that its payer has."""

    encounter_id: str
    visit: str
    patient: str
    payer_id: str
    payer: str
    control_number: str
    payer_claim_number: str
    open_cents: int
    """What stands on the payer's account in the ledger"""
    sent_on: date
    days_out: int
    task_id: str | None
    """The open task that is due first"""
    next_on: date | None
    next_is: str
    """What a person or the office does then, in words"""
    last_call_on: date | None
    last_call: str


@dataclass(frozen=True, slots=True)
class PayerTotal:
    """What one payer has, by age."""

    payer_id: str
    payer: str
    count: int
    cents: int
    by_age: tuple[int, ...]
    """Cents in the order of AGES; they sum to `cents`"""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """All of it: totals over every claim, and the claims that were asked for."""

    totals: list[PayerTotal]
    claims: list[OpenClaim]


def of_practice(
    session: Session,
    *,
    practice_id: str,
    today: date,
    zone: tzinfo,
    payer_id: str | None = None,
    oldest_only: int = 0,
    order: Order = Order.MONEY,
) -> FollowUp:
    """Every claim that was sent, is not closed, and has money open with its payer. `oldest_only`: at least so many
    days out."""
    rows = _rows(session, practice_id)
    claims = _claims(session, rows, practice_id=practice_id, today=today, zone=zone)
    chosen = [one for one in claims if (payer_id is None or one.payer_id == payer_id) and one.days_out >= oldest_only]
    return FollowUp(_totals(claims), sorted(chosen, key=_KEYS[order]))


_KEYS = {
    Order.MONEY: lambda one: (-one.open_cents, one.sent_on, one.encounter_id),
    Order.AGE: lambda one: (one.sent_on, -one.open_cents, one.encounter_id),
    Order.DEADLINE: lambda one: (one.next_on or date.max, -one.open_cents, one.encounter_id),
}

_Row = tuple[Encounter, Patient, Payer, Submission, int]


def _rows(session: Session, practice_id: str) -> list[_Row]:
    """The newest claim that stands, of each visit with money open."""
    total = func.sum(Posting.amount_cents)
    owed = (
        select(Posting.encounter_id, total.label("cents"))
        .join(Encounter, col(Encounter.id) == col(Posting.encounter_id))
        .where(
            Encounter.practice_id == practice_id,
            Encounter.stage != Stage.CLOSED,
            Posting.account == Account.AR_INSURANCE,
        )
        .group_by(col(Posting.encounter_id))
        .having(total > 0)
        .subquery()
    )
    found = session.execute(
        sa.select(Encounter, Patient, Payer, Submission, owed.c.cents)
        .join(owed, owed.c.encounter_id == Encounter.id)
        .join(Submission, col(Submission.encounter_id) == col(Encounter.id))
        .join(Payer, col(Payer.id) == col(Submission.payer_id))
        .join(Patient, col(Patient.id) == col(Encounter.patient_id))
        .where(col(Submission.transmitted_at).is_not(None), col(Submission.withdrawn_at).is_(None))
        .order_by(col(Submission.ordinal))
    ).all()
    newest = {row[0].id: (row[0], row[1], row[2], row[3], int(row[4])) for row in found}
    return list(newest.values())


def _claims(session: Session, rows: Sequence[_Row], *, practice_id: str, today: date, zone: tzinfo) -> list[OpenClaim]:
    steps, tasks, calls = _next_steps(session, practice_id), _tasks(session, practice_id), _calls(session, practice_id)
    claims = []
    for encounter, patient, payer, submission, cents in rows:
        sent = submission.first_submitted_at or submission.transmitted_at
        assert sent is not None, "only what was sent is looked at"
        sent_on = day_of(sent, zone)
        task, step, call = tasks.get(encounter.id), steps.get(encounter.id), calls.get(encounter.id)
        due, words = (task.due_at, KINDS[TaskType(task.type)].title) if task else step or (None, "")
        claims.append(
            OpenClaim(
                encounter.id,
                encounter.external_id,
                patient_names.name_of(patient),
                payer.id,
                payer.name,
                submission.control_number,
                submission.payer_claim_number or "",
                cents,
                sent_on,
                (today - sent_on).days,
                task.id if task else None,
                day_of(due, zone) if due else None,
                words,
                day_of(call.called_at, zone) if call else None,
                call.said if call else "",
            )
        )
    return claims


def _next_steps(session: Session, practice_id: str) -> dict[str, tuple[datetime, str]]:
    """What the office does next by itself."""
    rows = session.exec(
        select(AgendaEntry).where(AgendaEntry.practice_id == practice_id).order_by(col(AgendaEntry.due_at).desc())
    )
    return {one.encounter_id: (one.due_at, WORDS[Reason(one.reason)]) for one in rows}


def _tasks(session: Session, practice_id: str) -> dict[str, Task]:
    rows = session.exec(
        select(Task)
        .where(Task.practice_id == practice_id, Task.subject == "encounter", Task.state == "open")
        .order_by(col(Task.due_at).desc(), Task.id)
    )
    return {one.subject_id: one for one in rows}


def _calls(session: Session, practice_id: str) -> dict[str, CallRow]:
    query = select(CallRow).where(CallRow.practice_id == practice_id)
    rows = session.exec(query.order_by(col(CallRow.called_at), CallRow.id))
    return {one.encounter_id: one for one in rows}


def _totals(claims: Sequence[OpenClaim]) -> list[PayerTotal]:
    by_payer: dict[str, list[OpenClaim]] = {}
    for one in claims:
        by_payer.setdefault(one.payer_id, []).append(one)
    totals = [
        PayerTotal(
            payer_id,
            theirs[0].payer,
            len(theirs),
            sum(one.open_cents for one in theirs),
            tuple(_between(theirs, first, last) for _, first, last in AGES),
        )
        for payer_id, theirs in by_payer.items()
    ]
    return sorted(totals, key=lambda one: (-one.cents, one.payer))


def _between(claims: Sequence[OpenClaim], first: int, last: int | None) -> int:
    return sum(one.open_cents for one in claims if first <= one.days_out and (last is None or one.days_out <= last))
