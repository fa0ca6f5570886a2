"""The ledger's queries and its one way of writing: append."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, func, select

from billing.days import day_of
from billing.ledger import APPLYING, Account, Balances, Entry, EntryKind, Side
from billing.money import Cents
from database import office
from database.columns import Id
from database.tables import Journal, PeriodClose, Posting

_JOURNAL = SQLModel.metadata.tables["journal"]
_NEW_JOURNAL = sa.insert(_JOURNAL).returning(_JOURNAL.c.number)
_NEW_POSTING = sa.insert(SQLModel.metadata.tables["posting"])


def hold_book(session: Session, practice_id: str) -> None:
    """One writer at a time in a practice's book: two at once would each overlook the other's last day and entries."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:book, 0))"), {"book": f"ledger:{practice_id}"}
        )


def post(
    session: Session,
    entries: Iterable[Entry],
    *,
    practice_id: str,
    at: datetime,
    encounter_id: str | None = None,
    remittance_id: str | None = None,
    actor: str = "office",
) -> list[Entry]:
    """Append entries and return those that were new.

    An entry whose source key is already there is passed over: posting twice changes nothing. The day of posting is
    the later of `at` and the practice's last entry, so that the book runs forwards; never a day of a closed month.
    """
    wanted = [entry for entry in entries if not entry.is_empty]
    if not wanted:
        return []
    hold_book(session, practice_id)
    known = set(
        session.exec(
            select(Journal.source_key).where(
                Journal.practice_id == practice_id, col(Journal.source_key).in_([entry.source_key for entry in wanted])
            )
        )
    )
    posted_on = _posting_day(session, practice_id, at)
    fresh = [entry for entry in wanted if entry.source_key not in known]
    about = {"practice_id": practice_id, "encounter_id": encounter_id}
    for entry in fresh:
        journal = {
            "remittance_id": remittance_id,
            "kind": entry.kind.value,
            "source_key": entry.source_key,
            "posted_on": posted_on,
            "service_date": entry.service_date,
            "recorded_at": at,
            "actor": actor,
        }
        number = session.execute(_NEW_JOURNAL, about | journal).scalar_one()
        session.execute(_NEW_POSTING, [about | _posting(number, side) for side in entry.sides if side.amount_cents])
    return fresh


def _posting_day(session: Session, practice_id: str, at: datetime) -> date:
    """The practice's day at `at`, and never before the book's last, or in a month that is closed."""
    last = select(func.max(Journal.posted_on)).where(Journal.practice_id == practice_id)
    closed = select(func.max(PeriodClose.last_day)).where(
        PeriodClose.practice_id == practice_id, col(PeriodClose.standing_key).is_not(None)
    )
    last_on, closed_to = session.exec(select(last.scalar_subquery(), closed.scalar_subquery())).one()
    today = day_of(at, office.zone_of(session, practice_id))
    first_open = closed_to + timedelta(days=1) if closed_to else today
    return max(today, last_on or today, first_open)


def _posting(number: int, side: Side) -> dict[str, Any]:
    return {
        "journal_number": number,
        "account": side.account.value,
        "line_id": side.line_id,
        "detail": side.detail,
        "amount_cents": side.amount_cents,
    }


_BALANCES = (
    select(Posting.account, Posting.line_id, func.sum(Posting.amount_cents))
    .where(
        Posting.practice_id == sa.bindparam("practice_id", type_=Id),
        Posting.encounter_id == sa.bindparam("encounter_id", type_=Id),
    )
    .group_by(Posting.account, col(Posting.line_id))
)


def balances(session: Session, *, practice_id: str, encounter_id: str) -> Balances:
    """What stands on each account and line of one encounter."""
    rows = session.exec(_BALANCES, params={"practice_id": practice_id, "encounter_id": encounter_id})
    return Balances.of((account, line_id, int(cents)) for account, line_id, cents in rows)


def entries_from(session: Session, *, practice_id: str, source_prefix: str, kind: EntryKind) -> list[Entry]:
    """The posted entries whose source key begins with `source_prefix:`, in order of posting."""
    return _entries(
        session, practice_id, kind, col(Journal.source_key).startswith(f"{source_prefix}:", autoescape=True)
    )


def entry_of(session: Session, *, practice_id: str, source_key: str, kind: EntryKind) -> list[Entry]:
    """The posted entry with this source key; none: it was not posted."""
    return _entries(session, practice_id, kind, col(Journal.source_key) == source_key)


def _entries(session: Session, practice_id: str, kind: EntryKind, is_wanted: sa.ColumnElement[bool]) -> list[Entry]:
    rows = session.exec(
        select(Journal, Posting)
        .join(Posting, col(Posting.journal_number) == col(Journal.number))
        .where(
            Journal.practice_id == practice_id,
            Journal.kind == kind,
            is_wanted,
        )
        .order_by(col(Journal.number), col(Posting.id))
    )
    found: dict[int, tuple[Journal, list[Side]]] = {}
    for journal, posting in rows:
        assert journal.number is not None
        found.setdefault(journal.number, (journal, []))[1].append(
            Side(Account(posting.account), Cents(posting.amount_cents), posting.line_id, posting.detail)
        )
    return [
        Entry(EntryKind(journal.kind), journal.source_key, tuple(sides), journal.service_date)
        for journal, sides in found.values()
    ]


def account_totals(session: Session, *, practice_id: str) -> dict[str, int]:
    """The trial balance: cents per account; they sum to zero."""
    rows = session.exec(
        select(Posting.account, func.sum(Posting.amount_cents))
        .where(Posting.practice_id == practice_id)
        .group_by(Posting.account)
        .order_by(Posting.account)
    )
    return {account: int(cents) for account, cents in rows}


def journal_of_encounter(session: Session, *, practice_id: str, encounter_id: str) -> Sequence[tuple[Journal, Posting]]:
    """Every posting of one encounter with its entry, in order of posting."""
    return session.exec(
        select(Journal, Posting)
        .join(Posting, col(Posting.journal_number) == col(Journal.number))
        .where(Journal.practice_id == practice_id, Journal.encounter_id == encounter_id)
        .order_by(col(Journal.number), col(Posting.id))
    ).all()


def applied_by_line(session: Session, *, practice_id: str, encounter_id: str) -> dict[str, int]:
    """Cents of the patient's money that are applied to each line of one encounter."""
    rows = session.exec(
        select(Posting.line_id, func.sum(Posting.amount_cents))
        .join(Journal, col(Posting.journal_number) == col(Journal.number))
        .where(
            Journal.practice_id == practice_id,
            Journal.encounter_id == encounter_id,
            col(Journal.kind).in_(APPLYING),
            Posting.account == Account.AR_PATIENT,
        )
        .group_by(col(Posting.line_id))
    )
    return {line_id: -int(cents) for line_id, cents in rows if line_id is not None}


def unapplied_cents(session: Session, *, practice_id: str, remittance_id: str) -> int:
    """What of a remittance's money no claim and no provider adjustment has taken: zero when it is fully posted.

    Claim payments name their remittance in the journal, so this is a sum over one remittance only.
    """
    total = session.exec(
        select(func.coalesce(func.sum(Posting.amount_cents), 0))
        .join(Journal, col(Posting.journal_number) == col(Journal.number))
        .where(
            Journal.practice_id == practice_id,
            Journal.remittance_id == remittance_id,
            Posting.account == Account.CASH_UNAPPLIED,
        )
    ).one()
    return -int(total)
