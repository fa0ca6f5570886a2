"""What a collection agency passes on, paired with the bank's booking of its net."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlmodel import Session

from billing.days import noon_of
from billing.deadlines import after_business_days
from billing.ledger import Account, Entry, EntryKind, Side
from billing.money import Cents, format_dollars
from billing.policies import Policies
from billing.tasks import NewTask, TaskType
from database import agency_remittances, bank, ledger, office, tasks
from database.agency_remittances import Remitted
from database.tables import AgencyFile, BankMovement, PatientPayment

BOOKED_WITHIN = timedelta(days=14)
"""The longest between an agency's file and a booking of its amount that is taken for its own without naming it"""
NAMED_BY = 12
"""Characters of an agency's name that a bank has to write: it has room for 16"""


def confirm(session: Session, row: BankMovement, *, at: datetime, named_only: bool) -> bool:
    """A booking is what an agency passes on: of one of its files, or of all that it owes; whether it is. The bank names
    the agency, or booked it within two weeks of the file. The book is held."""
    movement = bank.movement_of(row)
    said = " ".join(f"{movement.sender} {movement.text} {movement.reference}".casefold().split())
    fitting = [
        units
        for units in _sums(agency_remittances.waiting(session, practice_id=row.practice_id))
        if sum(one.cents for one in units) == row.amount_cents
    ]
    for units in fitting:
        is_named = units[0].folded_name[:NAMED_BY] in said
        is_near = any(abs(row.booked_on - one.told_on) <= BOOKED_WITHIN for one in units)
        if is_named or (is_near and not named_only):
            pair(session, row, units, at=at, by=None)
            return True
    return False


def _sums(waiting: Sequence[Remitted]) -> list[list[Remitted]]:
    """What may come in one sum: each by itself, and all of one agency."""
    together: dict[str, list[Remitted]] = defaultdict(list)
    for one in waiting:
        together[one.agency_id].append(one)
    return [[one] for one in waiting] + list(together.values())


def pair(session: Session, row: BankMovement, units: Sequence[Remitted], *, at: datetime, by: str | None) -> None:
    """The booking is this money: it is at the bank now. The book is held."""
    reference = bank.movement_of(row).reference[:80]
    for one in units:
        kept = session.get_one(AgencyFile if one.is_file else PatientPayment, one.id)
        kept.bank_movement_id = row.id
        session.add(kept)
        sides = (
            Side(Account.CASH_BANK, Cents(one.cents), None, reference),
            Side(Account.AGENCY_CLEARING, Cents(-one.cents), None, one.agency[:80]),
        )
        entry = Entry(EntryKind.BANKED, f"agency:{one.id}", sides)
        ledger.post(session, [entry], practice_id=row.practice_id, at=at, actor=by or "office")
        _close_tasks(session, row.practice_id, one.id, at=at)
    row.state, row.settled_at, row.settled_by = bank.MATCHED, at, by
    session.add(row)
    session.flush()
    _close_tasks(session, row.practice_id, row.id, at=at)


def look(session: Session, practice_id: str, policies: Policies, *, since: date, at: datetime) -> int:
    """Ask about what agencies told of and have not passed on; gives how many tasks were opened. Nothing is missing of a
    day before the first one that the bank's files tell of."""
    days = policies.value("agency_wait_days", as_of=policies.day(at))
    zone = office.zone_of(session, practice_id)
    opened = 0
    for one in agency_remittances.waiting(session, practice_id=practice_id):
        if not one.is_file or one.told_on < since or after_business_days(noon_of(one.told_on, zone), days, zone) > at:
            continue
        reason = (
            f"{one.agency} told on {one.told_on} of payments with {format_dollars(one.cents)} for the office, and the "
            f"bank has not booked it {days} business days later."
        )
        new = NewTask(TaskType.DEPOSIT_MISSING, key="agency", reason=reason, amount_cents=abs(one.cents))
        task = tasks.open_task(session, new, practice_id=practice_id, subject="agency_file", subject_id=one.id, at=at)
        opened += task is not None
    return opened


def _close_tasks(session: Session, practice_id: str, subject_id: str, *, at: datetime) -> None:
    for task in tasks.open_tasks(session, practice_id=practice_id, subject_id=subject_id):
        tasks.close_task(session, task, resolution="confirmed", at=at, actor_id=None)
