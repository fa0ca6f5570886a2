"""Months of a practice: closed by a person, sealed with what stood in the ledger, opened again by two."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from billing.days import day_of
from billing.periods import Month, differences, digest_of, month_named, month_of, seal, why_not_closed
from database import ledger, office, period_checks, posted, users
from database.columns import new_id
from database.period_checks import Matter
from database.tables import Journal, PeriodClose


class NotNow(ValueError):
    """The month can not be closed or opened; the message says why and what to do."""


class AnotherPerson(ValueError):
    """A month is opened again by another person than who asked for it."""


@dataclass(frozen=True, slots=True)
class Closing:
    """One closing of a month."""

    id: str
    month: str
    is_standing: bool
    closed_at: datetime
    closed_by: str
    """Name"""
    note: str
    matters: list[Matter]
    """What was open when it was closed"""
    sha256: str
    changed: list[str]
    """Every figure that the ledger does not give any more; empty: all re-add"""
    reopen_asked_at: datetime | None
    reopen_asked_by: str | None
    """Name"""
    reopen_asked_by_id: str | None
    reopen_reason: str
    reopened_at: datetime | None
    reopened_by: str | None
    """Name"""
    was_alone: bool
    """Who asked opened it, since nobody else may approve"""


@dataclass(frozen=True, slots=True)
class Period:
    """One month as a list shows it."""

    month: str
    state: str
    """closed, open (it has ended), running"""
    entries: int
    """Entries posted in it"""
    closed_at: datetime | None
    closed_by: str | None
    reopen_asked_at: datetime | None


def figures(session: Session, *, practice_id: str, month: Month) -> dict[str, Any]:
    """What the ledger says of a month: how many entries, what each account had before, what each kind of entry did to
    it, and the SHA-256 of every entry in order of posting. Cents; a debit is positive. Nothing but the ledger is asked.
    """
    before = posted.totals_until(session, practice_id=practice_id, until=month.first - timedelta(days=1))
    moved: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    digest, count, last = hashlib.sha256(), 0, 0
    for entry in posted.posted(session, practice_id=practice_id, since=month.first, until=month.last):
        count, last = count + 1, entry.number
        for side in entry.sides:
            moved[side.account][entry.kind] += side.amount_cents
        sides = [[one.account, one.amount_cents, one.line_id, one.detail] for one in entry.sides]
        about = [entry.number, entry.kind, str(entry.posted_on), entry.encounter_id, entry.actor, sides]
        digest.update(json.dumps(about, separators=(",", ":")).encode())
    after = {account: before.get(account, 0) + sum(moved.get(account, {}).values()) for account in {*before, *moved}}
    return {
        "month": month.key,
        "entries": count,
        "last_entry": last,
        "opening": before,
        "moved": {account: dict(kinds) for account, kinds in moved.items()},
        "closing": {account: cents for account, cents in after.items() if cents},
        "entries_sha256": digest.hexdigest(),
    }


def latest(session: Session, *, practice_id: str) -> PeriodClose | None:
    """The closing of the latest month that is closed."""
    return session.exec(
        select(PeriodClose)
        .where(PeriodClose.practice_id == practice_id, col(PeriodClose.standing_key).is_not(None))
        .order_by(col(PeriodClose.last_day).desc())
        .limit(1)
    ).first()


def first_closed(session: Session, *, practice_id: str) -> Month | None:
    """The earliest month that is closed: none before it is closed any more."""
    keys = select(func.min(PeriodClose.standing_key)).where(PeriodClose.practice_id == practice_id)
    key = session.exec(keys).one()
    return month_named(key) if key else None


def standing_close(session: Session, month: Month, *, practice_id: str) -> PeriodClose | None:
    """The closing by which a month is closed now; None: it is open."""
    here = (PeriodClose.practice_id == practice_id, PeriodClose.standing_key == month.key)
    return session.exec(select(PeriodClose).where(*here)).first()


def close(session: Session, month: Month, *, practice_id: str, note: str, at: datetime, actor_id: str) -> PeriodClose:
    """Close a month with what is open and what the ledger says. Raises NotNow. Nothing is posted into it afterwards."""
    ledger.hold_book(session, practice_id)
    known = latest(session, practice_id=practice_id)
    today = day_of(at, office.zone_of(session, practice_id))
    refused = why_not_closed(month, today=today, closed=month_named(known.month) if known else None)
    if refused is not None:
        raise NotNow(refused)
    matters = period_checks.checklist(session, practice_id=practice_id, month=month)
    text, sha256 = seal(figures(session, practice_id=practice_id, month=month))
    row = PeriodClose(
        id=new_id(),
        practice_id=practice_id,
        month=month.key,
        standing_key=month.key,
        last_day=month.last,
        closed_at=at,
        closed_by=actor_id,
        note=note,
        checklist=period_checks.dump(matters),
        figures=text,
        sha256=sha256,
    )
    session.add(row)
    session.flush()
    return row


def ask_to_open(
    session: Session, month: Month, *, practice_id: str, reason: str, at: datetime, actor_id: str
) -> PeriodClose:
    """Ask that a month is opened again; done at once where nobody else may approve. Only the latest closed month can
    be. Raises NotNow."""
    row = _standing(session, practice_id, month)
    if row.reopen_asked_at is not None:
        raise NotNow("somebody asked for it already; a second person opens it or says no")
    row.reopen_asked_at, row.reopen_asked_by, row.reopen_reason = at, actor_id, reason
    if users.is_only_approver(session, practice_id=practice_id, user_id=actor_id):
        _open(row, at=at, actor_id=actor_id)
    session.add(row)
    session.flush()
    return row


def open_again(session: Session, month: Month, *, practice_id: str, at: datetime, actor_id: str) -> PeriodClose:
    """The second person opens it. Raises NotNow, AnotherPerson."""
    row = _asked(session, practice_id, month)
    is_alone = users.is_only_approver(session, practice_id=practice_id, user_id=actor_id)
    if row.reopen_asked_by == actor_id and not is_alone:
        raise AnotherPerson("a month is opened again by somebody else than who asked for it")
    _open(row, at=at, actor_id=actor_id)
    session.add(row)
    session.flush()
    return row


def keep_closed(session: Session, month: Month, *, practice_id: str) -> PeriodClose:
    """The wish to open it is dropped. Raises NotNow."""
    row = _asked(session, practice_id, month)
    row.reopen_asked_at, row.reopen_asked_by, row.reopen_reason = None, None, ""
    session.add(row)
    session.flush()
    return row


def _open(row: PeriodClose, *, at: datetime, actor_id: str) -> None:
    row.reopened_at, row.reopened_by, row.standing_key = at, actor_id, None


def _standing(session: Session, practice_id: str, month: Month) -> PeriodClose:
    ledger.hold_book(session, practice_id)
    row = latest(session, practice_id=practice_id)
    if row is None:
        raise NotNow(f"{month.key} is not closed")
    if row.month != month.key:
        raise NotNow(f"only the latest closed month can be opened again: {row.month}")
    return row


def _asked(session: Session, practice_id: str, month: Month) -> PeriodClose:
    row = _standing(session, practice_id, month)
    if row.reopen_asked_at is None:
        raise NotNow(f"nobody asked that {month.key} is opened again")
    return row


def closings(session: Session, month: Month, *, practice_id: str) -> list[Closing]:
    """Every closing of a month, the newest first, held against the ledger as it is now."""
    rows = session.exec(
        select(PeriodClose)
        .where(PeriodClose.practice_id == practice_id, PeriodClose.month == month.key)
        .order_by(col(PeriodClose.closed_at).desc(), col(PeriodClose.id).desc())
    ).all()
    people = {one for row in rows for one in (row.closed_by, row.reopen_asked_by, row.reopened_by) if one}
    names = users.names_of(session, people)
    return [_closing(session, row, names) for row in rows]


def _closing(session: Session, row: PeriodClose, names: dict[str, str]) -> Closing:
    return Closing(
        row.id,
        row.month,
        row.standing_key is not None,
        row.closed_at,
        names.get(row.closed_by, row.closed_by),
        row.note,
        period_checks.load(row.checklist),
        row.sha256,
        changes(session, row),
        row.reopen_asked_at,
        names.get(row.reopen_asked_by or ""),
        row.reopen_asked_by,
        row.reopen_reason,
        row.reopened_at,
        names.get(row.reopened_by or ""),
        row.reopened_by is not None and row.reopened_by == row.reopen_asked_by,
    )


def changes(session: Session, row: PeriodClose) -> list[str]:
    """What the snapshot of a closing and the ledger do not agree about; empty: the figures re-add."""
    if digest_of(row.figures) != row.sha256:
        return ["the snapshot itself was changed: its SHA-256 is another"]
    now = figures(session, practice_id=row.practice_id, month=month_named(row.month))
    return differences(json.loads(row.figures), now)


def unfounded(session: Session) -> tuple[int, list[str]]:
    """(how many closings stand, those whose figures the ledger does not give any more)."""
    rows = session.exec(select(PeriodClose).where(col(PeriodClose.standing_key).is_not(None))).all()
    return len(rows), [f"closing {row.id} of {row.month}" for row in rows if changes(session, row)]


def periods(session: Session, *, practice_id: str, today: date) -> list[Period]:
    """Every month from the first entry to today's, the newest first."""
    query = select(func.min(Journal.posted_on), func.max(Journal.posted_on)).where(Journal.practice_id == practice_id)
    first, last = session.exec(query).one()
    closed = {row.month: row for row in _all_standing(session, practice_id)}
    names = users.names_of(session, {row.closed_by for row in closed.values()})
    begins = min([month_of(first or today), *map(month_named, closed)])
    found = []
    for month in reversed(begins.until(max(month_of(last or today), month_of(today)))):
        row = closed.get(month.key)
        found.append(
            Period(
                month.key,
                "closed" if row else "open" if month.last < today else "running",
                _entries(session, practice_id, month),
                row.closed_at if row else None,
                names.get(row.closed_by, row.closed_by) if row else None,
                row.reopen_asked_at if row else None,
            )
        )
    return found


def _all_standing(session: Session, practice_id: str) -> Sequence[PeriodClose]:
    return session.exec(
        select(PeriodClose).where(PeriodClose.practice_id == practice_id, col(PeriodClose.standing_key).is_not(None))
    ).all()


def _entries(session: Session, practice_id: str, month: Month) -> int:
    return session.exec(
        select(func.count())
        .select_from(Journal)
        .where(Journal.practice_id == practice_id, col(Journal.posted_on).between(month.first, month.last))
    ).one()
