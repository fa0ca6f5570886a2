"""Holds what banks booked against what payers advised: the money moves to CASH_BANK once both say the same."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from activities import agency_remittances, bank_deposits, card_payouts
from billing.bank import Advice, Fit, Movement, fit, plain_trace
from billing.deadlines import after_business_days
from billing.ledger import Account, Entry, EntryKind, Side
from billing.money import Cents, format_dollars
from billing.tasks import NewTask, TaskType
from database import agency_remittances as agency_rows
from database import bank, ledger, office, tasks
from database import card_payouts as payout_rows
from database.agency_remittances import Remitted
from database.tables import BankMovement, CardPayout, InboundMessage, RemittanceFile


def file_movements(
    session: Session, message: InboundMessage, movements: Sequence[Movement], *, practice_id: str
) -> str:
    """Keep what a bank's file tells of and pair what can be paired; in words, what became of it."""
    seen: Counter[Movement] = Counter()
    new = paired = 0
    for one in movements:
        seen[one] += 1
        row, is_new = bank.keep(session, one, message, practice_id=practice_id, nth=seen[one])
        new += is_new
        if is_new:
            is_paired = pair_movement(session, row, at=message.received_at) == Fit.EXACT
            paired += is_paired or bank_deposits.take_up(session, row, at=message.received_at)
    return f"{len(movements)} bookings of the bank, {new} new, {paired} of them paired with remittances or deposits"


def pair_movement(session: Session, row: BankMovement, *, at: datetime) -> Fit:
    """Give a booking its remittances; one of another amount is told to a person. The book is held: two files at one
    instant pair nothing twice."""
    session.flush()
    ledger.hold_book(session, row.practice_id)
    session.refresh(row)
    if row.state != bank.OPEN:
        return Fit.NONE
    kind, found = fit(bank.movement_of(row), bank.advised(session, practice_id=row.practice_id))
    if kind == Fit.EXACT:
        settle(session, row, found, at=at, by=None)
    if kind == Fit.DIFFERS:
        _ask_about_difference(session, row, found, at=at)
    return kind


def pair_remittance(session: Session, file: RemittanceFile, *, at: datetime) -> None:
    """A remittance has come: its money may have been at the bank before it."""
    for row in bank.open_traced(session, practice_id=file.practice_id):
        is_its = plain_trace(row.trace or "") == plain_trace(file.trace)
        if is_its and pair_movement(session, row, at=at) == Fit.EXACT:
            return


def settle(session: Session, row: BankMovement, found: Sequence[Advice], *, at: datetime, by: str | None) -> None:
    """The booking is the money of these remittances."""
    for one in found:
        file = session.get_one(RemittanceFile, one.remittance_id)
        file.bank_movement_id = row.id
        session.add(file)
        sides = (
            Side(Account.CASH_BANK, one.paid_cents, None, bank.movement_of(row).reference[:80]),
            Side(Account.EFT_CLEARING, Cents(-one.paid_cents), None, one.trace),
        )
        entry = Entry(EntryKind.BANKED, f"bank:{row.id}:{file.id}", sides)
        actor = by or "office"
        ledger.post(session, [entry], practice_id=row.practice_id, at=at, remittance_id=file.id, actor=actor)
        _close_tasks(session, file.practice_id, file.id, at=at)
    row.state, row.settled_at, row.settled_by = bank.MATCHED, at, by
    session.add(row)
    session.flush()
    _close_tasks(session, row.practice_id, row.id, at=at)


class DoesNotFit(ValueError):
    """The booking cannot be the money of these remittances; the message says why."""


def pair_by_hand(session: Session, row: BankMovement, remittance_ids: Sequence[str], *, at: datetime, by: str) -> None:
    """A person says whose money the booking is: of remittances together, of one payout of the card processor, or of
    one agency's files and returns. Raises DoesNotFit: the sums have to agree."""
    ledger.hold_book(session, row.practice_id)
    session.refresh(row)
    if row.state != bank.OPEN:
        raise DoesNotFit("somebody settled this booking meanwhile")
    payouts = [one for one in payout_rows.unbooked(session, practice_id=row.practice_id) if one.id in remittance_ids]
    if len(payouts) == len(set(remittance_ids)) == 1:
        _pair_payout(session, row, payouts[0], at=at, by=by)
        return
    owed = [one for one in agency_rows.waiting(session, practice_id=row.practice_id) if one.id in remittance_ids]
    if owed and len(owed) == len(set(remittance_ids)):
        _pair_with_agency(session, row, owed, at=at, by=by)
        return
    known = {one.remittance_id: one for one in bank.advised(session, practice_id=row.practice_id)}
    found = [known[one] for one in dict.fromkeys(remittance_ids) if one in known]
    if len(found) != len(set(remittance_ids)) or not found:
        raise DoesNotFit("one of these remittances has its money already, or is not known; a payout goes alone")
    advised = sum(one.paid_cents for one in found)
    if advised != row.amount_cents:
        raise DoesNotFit(
            f"the remittances say {format_dollars(advised)}, and the bank booked {format_dollars(row.amount_cents)}"
        )
    settle(session, row, found, at=at, by=by)


def _pair_payout(session: Session, row: BankMovement, payout: CardPayout, *, at: datetime, by: str) -> None:
    if payout.net_cents != row.amount_cents:
        booked = format_dollars(row.amount_cents)
        raise DoesNotFit(f"the payout says {format_dollars(payout.net_cents)}, and the bank booked {booked}")
    card_payouts.pair(session, row, payout, at=at, by=by)


def _pair_with_agency(session: Session, row: BankMovement, owed: Sequence[Remitted], *, at: datetime, by: str) -> None:
    told = sum(one.cents for one in owed)
    if told != row.amount_cents or len({one.agency_id for one in owed}) > 1:
        booked = format_dollars(row.amount_cents)
        raise DoesNotFit(f"one agency's files have to sum to {booked}; these say {format_dollars(told)}")
    agency_remittances.pair(session, row, owed, at=at, by=by)


def set_aside(session: Session, row: BankMovement, reason: str, *, at: datetime, by: str) -> None:
    """The booking is no remittance's: a deposit, a fee, another business."""
    row.state, row.settled_at, row.settled_by, row.reason = bank.SET_ASIDE, at, by, reason
    session.add(row)
    session.flush()
    _close_tasks(session, row.practice_id, row.id, at=at)


def look(session: Session, *, at: datetime) -> int:
    """Ask about money that was advised and has not come, and about transfers without a remittance; gives how many
    tasks were opened. Nothing is missing that was paid before the first day that the bank's files tell of."""
    opened = 0
    for practice in office.practices(session):
        card_payouts.look_at_lines(session, practice.id, at=at)
        since = bank.read_since(session, practice_id=practice.id)
        if since is None:
            continue
        policies = office.policies_for(session, practice_id=practice.id, payer_id=None)
        days = policies.value("reassociation_wait_days", as_of=policies.day(at))
        for row in bank.open_traced(session, practice_id=practice.id):
            if pair_movement(session, row, at=at) != Fit.NONE:
                continue
            if after_business_days(row.received_at, days, policies.zone) <= at:
                opened += _ask_where_remittance_is(session, row, days, at=at)
        for one in bank.advised(session, practice_id=practice.id):
            if one.payment_date >= since and after_business_days(one.received_at, days, policies.zone) <= at:
                opened += _ask_where_money_is(session, practice.id, one, days, at=at)
        opened += bank_deposits.look(session, practice.id, policies, since=since, at=at)
    return opened


def _ask_where_money_is(session: Session, practice_id: str, one: Advice, days: int, *, at: datetime) -> bool:
    reason = (
        f"{format_dollars(one.paid_cents)} was advised under trace {one.trace} for {one.payment_date}, and the bank "
        f"has not booked it {days} business days after the remittance came."
    )
    new = NewTask(TaskType.MONEY_MISSING, key="money", reason=reason, amount_cents=one.paid_cents)
    return _open(session, new, practice_id, "remittance", one.remittance_id, at=at)


def _ask_where_remittance_is(session: Session, row: BankMovement, days: int, *, at: datetime) -> bool:
    movement = bank.movement_of(row)
    reason = (
        f"The bank booked {format_dollars(movement.amount_cents)} on {movement.booked_on} under trace {movement.trace} "
        f"of {movement.sender or 'a payer'}, and no remittance has come in {days} business days."
    )
    new = NewTask(TaskType.REMITTANCE_MISSING, key="remittance", reason=reason, amount_cents=movement.amount_cents)
    return _open(session, new, row.practice_id, "bank_movement", row.id, at=at)


def _ask_about_difference(session: Session, row: BankMovement, found: Sequence[Advice], *, at: datetime) -> None:
    advised = sum(one.paid_cents for one in found)
    reason = (
        f"The bank booked {format_dollars(row.amount_cents)} under trace {row.trace}, and the remittance says "
        f"{format_dollars(advised)}: {format_dollars(abs(row.amount_cents - advised))} apart."
    )
    amount = abs(row.amount_cents - advised)
    new = NewTask(TaskType.BANK_DIFFERS, key=found[0].remittance_id, reason=reason, amount_cents=amount)
    _open(session, new, row.practice_id, "bank_movement", row.id, at=at)


def _open(session: Session, new: NewTask, practice_id: str, subject: str, subject_id: str, *, at: datetime) -> bool:
    opened = tasks.open_task(session, new, practice_id=practice_id, subject=subject, subject_id=subject_id, at=at)
    return opened is not None


_ABOUT_THE_BANK = frozenset({TaskType.MONEY_MISSING, TaskType.REMITTANCE_MISSING, TaskType.BANK_DIFFERS})


def _close_tasks(session: Session, practice_id: str, subject_id: str, *, at: datetime) -> None:
    for task in tasks.open_tasks(session, practice_id=practice_id, subject_id=subject_id):
        if task.type in _ABOUT_THE_BANK:
            tasks.close_task(session, task, resolution="paired", at=at, actor_id=None)
