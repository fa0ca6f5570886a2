"""What people see of an encounter's entries in the ledger. Money is in cents; a debit is positive."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from database import ledger


@dataclass(frozen=True, slots=True)
class LedgerSide:
    """One side of an entry; a debit is positive."""

    account: str
    line_id: str | None
    detail: str
    amount_cents: int


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One entry of an encounter; its sides sum to zero."""

    number: int
    kind: str
    posted_on: date
    service_date: date | None
    actor: str
    sides: list[LedgerSide]


def ledger_entries(session: Session, *, practice_id: str, encounter_id: str) -> list[LedgerEntry]:
    """Every entry of one encounter, in order of posting."""
    found: dict[int, LedgerEntry] = {}
    for journal, posting in ledger.journal_of_encounter(session, practice_id=practice_id, encounter_id=encounter_id):
        number = posting.journal_number
        if number not in found:
            found[number] = LedgerEntry(
                number, journal.kind, journal.posted_on, journal.service_date, journal.actor, []
            )
        found[number].sides.append(LedgerSide(posting.account, posting.line_id, posting.detail, posting.amount_cents))
    return list(found.values())
