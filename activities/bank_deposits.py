"""What was carried to the bank is held against what it booked: confirmed, missing, or a cheque that comes back."""

from datetime import date, datetime, timedelta

from sqlmodel import Session

from activities import agency_remittances, card_payouts, lockbox_desk, returned_cheques
from billing.deadlines import after_business_days
from billing.lockbox import LOCKBOX
from billing.money import format_dollars
from billing.policies import Policies
from billing.tasks import NewTask, TaskType
from database import bank, ledger, office, tasks
from database.tables import BankMovement, Deposit

BOOKED_LATE = timedelta(days=14)
"""The longest between a deposit and its booking that is still taken for its own"""


def take_up(session: Session, row: BankMovement, *, at: datetime) -> bool:
    """A booking that names no remittance: it is a payout of the card processor, what an agency passes on, confirms a
    deposit of its amount, or says that a cheque came back; whether it is somebody's now. The book is held: two bookings
    at one instant confirm no deposit twice."""
    if row.trace is not None or row.state != bank.OPEN:
        return False
    ledger.hold_book(session, row.practice_id)
    if card_payouts.confirm(session, row, at=at) or agency_remittances.confirm(session, row, at=at, named_only=True):
        return True
    if row.amount_cents < 0:
        return returned_cheques.take_up(session, row, at=at)
    policies = office.policies_for(session, practice_id=row.practice_id, payer_id=None)
    waiting = [
        one
        for one in bank.unconfirmed_deposits(session, practice_id=row.practice_id)
        if one.amount_cents == row.amount_cents
        and policies.day(one.made_at) - timedelta(days=1) <= row.booked_on <= policies.day(one.made_at) + BOOKED_LATE
    ]
    said = f"{bank.movement_of(row).reference} {bank.movement_of(row).text}".upper()
    named = [one for one in waiting if one.reference.upper() in said]
    may_be_lockbox = not waiting or (not named and LOCKBOX in said.casefold())
    if may_be_lockbox and lockbox_desk.confirm(session, row, at=at):
        return True
    if not waiting:
        return agency_remittances.confirm(session, row, at=at, named_only=False)
    _confirm(session, row, (named or waiting)[0], at=at)
    return True


def _confirm(session: Session, row: BankMovement, deposit: Deposit, *, at: datetime) -> None:
    deposit.bank_movement_id = row.id
    row.state, row.settled_at = bank.MATCHED, at
    session.add(deposit)
    session.add(row)
    session.flush()
    for task in tasks.open_tasks(session, practice_id=row.practice_id, subject_id=deposit.id):
        tasks.close_task(session, task, resolution="confirmed", at=at, actor_id=None)


def look(session: Session, practice_id: str, policies: Policies, *, since: date, at: datetime) -> int:
    """Confirm what has come meanwhile, and ask about deposits that have not; gives how many tasks were opened. Nothing
    is missing that was carried before the first day that the bank's files tell of."""
    for row in bank.open_untraced(session, practice_id=practice_id):
        if row.amount_cents > 0:
            take_up(session, row, at=at)
    days = policies.value("deposit_wait_days", as_of=policies.day(at))
    opened = 0
    for one in bank.unconfirmed_deposits(session, practice_id=practice_id):
        if policies.day(one.made_at) < since or after_business_days(one.made_at, days, policies.zone) > at:
            continue
        reason = (
            f"{format_dollars(one.amount_cents)} was carried to the bank on {policies.day(one.made_at)} (slip "
            f"{one.reference}), and the bank has not booked it {days} business days later."
        )
        new = NewTask(TaskType.DEPOSIT_MISSING, key="deposit", reason=reason, amount_cents=one.amount_cents)
        task = tasks.open_task(session, new, practice_id=practice_id, subject="deposit", subject_id=one.id, at=at)
        opened += task is not None
    opened += agency_remittances.look(session, practice_id, policies, since=since, at=at)
    opened += card_payouts.look_at_bank(session, practice_id, policies, since=since, at=at)
    return opened + lockbox_desk.look(session, practice_id, policies, since=since, at=at)
