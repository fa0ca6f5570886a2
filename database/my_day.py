"""One person's day: what waits for them, ranked; how much waits in each queue; what changed since the day before."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from billing.days import day_of, start_of
from billing.ledger import Account, EntryKind
from billing.roles import Role
from billing.tasks import KINDS, TaskType
from billing.urgency import LEAST_CENTS, WEIGHTS, Band, Nearness, bands, nearness_of, why
from database import worklists
from database.tables import Encounter, Journal, Posting, Task
from database.worklists import TaskRow

MONEY_AT_HAND = (Account.EFT_CLEARING, Account.UNDEPOSITED, Account.CARD_CLEARING, Account.CASH_BANK)
"""Where money stands when it has come"""


Conditions = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Waiting:
    """One task with why it stands where it stands."""

    task: TaskRow
    nearness: Nearness
    why: str


@dataclass(frozen=True, slots=True)
class Queue:
    """The open tasks of one kind and role."""

    type: TaskType
    title: str
    role: Role
    count: int
    overdue: int
    held: int
    """By somebody"""
    amount_cents: int
    earliest_due_at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """So many things of one kind that happened."""

    name: str
    count: int
    amount_cents: int | None
    """None: money says nothing here"""


@dataclass(frozen=True, slots=True)
class MyDay:
    """What a person begins the day with."""

    held: list[Waiting]
    """By this person, the most pressing first"""
    waiting: list[Waiting]
    """What nobody holds and this person may work, the most pressing first"""
    queues: list[Queue]
    """Of the person's roles, those with the most overdue first"""
    since: date
    changes: list[Change]
    """Since the beginning of that day, over the whole practice"""


def of(
    session: Session,
    *,
    practice_id: str,
    user_id: str,
    roles: Collection[Role] | None,
    now: datetime,
    zone: tzinfo,
    since: date,
    most: int,
) -> MyDay:
    """The day of a user. `roles`: whose tasks the user may work; None: everybody's. `most`: tasks in either list."""
    found = bands(now, zone)
    is_open = (Task.practice_id == practice_id, Task.state == "open")
    theirs: Conditions = is_open if roles is None else (*is_open, col(Task.role).in_(sorted(roles)))
    holds: Conditions = (*is_open, col(Task.assignee_id) == user_id)
    free: Conditions = (*theirs, col(Task.assignee_id).is_(None))
    return MyDay(
        held=_ranked(session, holds, found, zone, most),
        waiting=_ranked(session, free, found, zone, most),
        queues=_queues(session, theirs, now),
        since=since,
        changes=_changes(session, practice_id, since, zone),
    )


def _ranked(session: Session, where: Conditions, found: tuple[Band, ...], zone: tzinfo, most: int) -> list[Waiting]:
    weight = sa.case(
        *((col(Task.due_at) < one.before, WEIGHTS[one.nearness]) for one in found), else_=WEIGHTS[Nearness.LATER]
    )
    money = sa.case((col(Task.amount_cents) < LEAST_CENTS, LEAST_CENTS), else_=col(Task.amount_cents))
    query = select(Task).where(*where).order_by((money * weight).desc(), col(Task.due_at), Task.id).limit(most)
    rows = worklists.shown(session, session.exec(query).all())
    return [_waiting(row, nearness_of(row.due_at, found), zone) for row in rows]


def _waiting(row: TaskRow, nearness: Nearness, zone: tzinfo) -> Waiting:
    return Waiting(row, nearness, why(row.amount_cents, nearness, due_on=day_of(row.due_at, zone)))


def _queues(session: Session, where: Conditions, now: datetime) -> list[Queue]:
    overdue = func.sum(sa.case((col(Task.due_at) < now, 1), else_=0))
    query = (
        select(  # type: ignore[call-overload]
            Task.type,
            Task.role,
            func.count(),
            overdue,
            func.count(col(Task.assignee_id)),
            func.sum(Task.amount_cents),
            func.min(Task.due_at),
        )
        .where(*where)
        .group_by(Task.type, Task.role)
        .order_by(overdue.desc(), func.min(Task.due_at), Task.type)
    )
    return [
        Queue(TaskType(kind), KINDS[TaskType(kind)].title, Role(role), count, late, held, int(cents), due_at)
        for kind, role, count, late, held, cents, due_at in session.exec(query)
    ]


def _changes(session: Session, practice_id: str, since: date, zone: tzinfo) -> list[Change]:
    at = start_of(since, zone)
    opened = (Task.practice_id == practice_id, col(Task.opened_at) >= at)
    ended = (Task.practice_id == practice_id, col(Task.closed_at) >= at)
    closed = session.exec(
        select(func.count()).where(Encounter.practice_id == practice_id, col(Encounter.closed_at) >= at)
    ).one()
    from_payers, from_payers_cents = _money(session, practice_id, since, EntryKind.REMITTANCE_CASH)
    from_patients, from_patients_cents = _money(session, practice_id, since, EntryKind.PATIENT_PAYMENT)
    return [
        Change("payments from payers", from_payers, from_payers_cents),
        Change("payments from patients", from_patients, from_patients_cents),
        Change("visits that came to zero", closed, None),
        Change("tasks opened", *_tasks(session, opened)),
        Change("tasks finished by people", *_tasks(session, (*ended, col(Task.closed_by).is_not(None)))),
        Change("tasks whose cause went away", *_tasks(session, (*ended, col(Task.closed_by).is_(None)))),
    ]


def _tasks(session: Session, where: Conditions) -> tuple[int, int]:
    count, cents = session.exec(select(func.count(), func.coalesce(func.sum(Task.amount_cents), 0)).where(*where)).one()
    return count, int(cents)


def _money(session: Session, practice_id: str, since: date, kind: EntryKind) -> tuple[int, int]:
    """How often money of a kind came, and how much in all, less what was taken back."""
    query = (
        select(func.count(sa.distinct(col(Journal.number))), func.coalesce(func.sum(Posting.amount_cents), 0))
        .join(Posting, col(Posting.journal_number) == col(Journal.number))
        .where(
            Journal.practice_id == practice_id,
            Journal.kind == kind,
            col(Journal.posted_on) >= since,
            col(Posting.account).in_(MONEY_AT_HAND),
        )
    )
    count, cents = session.exec(query).one()
    return count, int(cents)
