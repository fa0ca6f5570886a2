"""The ledger read entry by entry, for whoever adds it up."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from billing.ledger import Account, Side
from billing.money import Cents
from database.tables import Journal, Posting

READ_AT_ONCE = 2000


@dataclass(slots=True)
class Posted:
    """One entry as it stands in the ledger, with all of its sides."""

    number: int
    kind: str
    posted_on: date
    service_date: date | None
    actor: str
    encounter_id: str | None
    remittance_id: str | None
    sides: list[Side] = field(default_factory=list)

    def cents(self, *accounts: Account) -> int:
        """What it puts on these accounts (debit positive)."""
        return sum(one.amount_cents for one in self.sides if one.account in accounts)


def posted(session: Session, *, practice_id: str, since: date, until: date) -> Iterator[Posted]:
    """Every entry from one day of posting to another, in order of posting."""
    return _entries(session, Journal.practice_id == practice_id, col(Journal.posted_on).between(since, until))


def numbered(session: Session, *, practice_id: str, after: int, through: int) -> Iterator[Posted]:
    """Every entry of a practice with a number above `after` and not above `through`, in order of posting."""
    return _entries(
        session, Journal.practice_id == practice_id, col(Journal.number) > after, col(Journal.number) <= through
    )


def last_number(session: Session, *, practice_id: str, until: date, through: int | None = None) -> int:
    """The number of the last entry that was posted up to the end of a day, of those up to `through`; 0: none was."""
    query = select(func.max(Journal.number)).where(Journal.practice_id == practice_id, Journal.posted_on <= until)
    if through is not None:
        query = query.where(col(Journal.number) <= through)
    return session.exec(query).one() or 0


def _entries(session: Session, *wanted: bool | sa.ColumnElement[bool]) -> Iterator[Posted]:
    query = (
        select(
            col(Journal.number),
            col(Journal.kind),
            col(Journal.posted_on),
            col(Journal.service_date),
            col(Journal.actor),
            col(Journal.encounter_id),
            col(Journal.remittance_id),
            col(Posting.account),
            col(Posting.amount_cents),
            col(Posting.line_id),
            col(Posting.detail),
        )  # type: ignore[call-overload]
        .join(Posting, col(Posting.journal_number) == col(Journal.number))
        .where(*wanted)
        .order_by(col(Journal.number), col(Posting.id))
        .execution_options(yield_per=READ_AT_ONCE)
    )
    entry: Posted | None = None
    for number, kind, day, service, actor, visit, remittance, account, amount, line_id, detail in session.exec(query):
        if entry is None or entry.number != number:
            if entry is not None:
                yield entry
            entry = Posted(number, kind, day, service, actor, visit, remittance)
        entry.sides.append(Side(Account(account), Cents(amount), line_id, detail))
    if entry is not None:
        yield entry


def totals_until(session: Session, *, practice_id: str, until: date) -> dict[str, int]:
    """Cents per account of all that was posted up to the end of a day, without accounts that are zero."""
    rows = session.exec(
        select(Posting.account, func.sum(Posting.amount_cents))
        .join(Journal, col(Journal.number) == col(Posting.journal_number))
        .where(Posting.practice_id == practice_id, Journal.posted_on <= until)
        .group_by(Posting.account)
        .order_by(Posting.account)
    )
    return {account: int(cents) for account, cents in rows if cents}
