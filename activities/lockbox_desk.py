"""Cheques of a bank's lockbox: each becomes money of the account that it names, or is asked about.

Their money is at the bank with the file. It stands on UNPLACED until a visit takes it, or it goes back.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session

from activities import account_receipts
from activities.messages import Answer
from billing.account_payments import oldest_first
from billing.days import noon_of
from billing.deadlines import after_business_days
from billing.ledger import Account, Entry, EntryKind, Side
from billing.lockbox import LOCKBOX, Cheque, ChequeBatch
from billing.money import Cents, format_dollars
from billing.policies import Policies
from billing.tasks import NewTask, TaskType
from database import accounts, bank, ledger, lockbox, office, papers, paying, tasks
from database.columns import new_id
from database.tables import AccountReceipt, BankMovement, InboundMessage, LockboxBatch, LockboxCheque, Task

NAMES_NOBODY = "Nothing on it names a statement or a visit."
NAMES_SEVERAL = "Its numbers name more than one account."
OF_NO_VISIT = "The account that it names has no visit."


def file_batches(session: Session, message: InboundMessage, batches: Sequence[ChequeBatch], *, practice_id: str) -> str:
    """Keep the cheques that are new, put each on its account, and book them at the bank; in words, what became of
    them. The book is held, then the accounts in their order."""
    ledger.hold_book(session, practice_id)
    seen: Counter[str] = Counter()
    told = sum(len(one.cheques) for one in batches)
    kept: list[tuple[LockboxBatch, list[LockboxCheque]]] = []
    for one in batches:
        found = _keep(session, message, one, seen, practice_id=practice_id)
        if found is not None:
            kept.append(found)
    named = [
        (lockbox.accounts_named(session, lockbox.cheque_of(row), practice_id=practice_id), row, batch)
        for batch, rows in kept
        for row in rows
    ]
    placed = 0
    for holders, row, batch in sorted(named, key=lambda found: (sorted(found[0]), found[1].id)):
        why = NAMES_SEVERAL if len(holders) > 1 else NAMES_NOBODY
        if len(holders) == 1:
            if _place(session, row, batch, holders.pop(), by=None, at=message.received_at):
                placed += 1
                continue
            why = OF_NO_VISIT
        _ask(session, row, batch, why, at=message.received_at)
    for batch, _ in kept:
        _book(session, batch, at=message.received_at)
    new = sum(len(rows) for _, rows in kept)
    return f"{told} cheques of a lockbox, {new} new, {placed} of them on accounts, {new - placed} to be looked at"


def _keep(
    session: Session, message: InboundMessage, told: ChequeBatch, seen: Counter[str], *, practice_id: str
) -> tuple[LockboxBatch, list[LockboxCheque]] | None:
    """The batch with its new cheques; None: all are known."""
    batch = LockboxBatch(
        id=new_id(),
        practice_id=practice_id,
        message_id=message.id,
        lockbox=told.lockbox,
        number=told.number,
        deposited_on=told.deposited_on,
        amount_cents=0,
        received_at=message.received_at,
    )
    new: list[tuple[Cheque, str]] = []
    for one in told.cheques:
        same = lockbox.key_of(one, batch, nth=0)
        seen[same] += 1
        key = lockbox.key_of(one, batch, nth=seen[same])
        if not lockbox.is_known(session, key, practice_id=practice_id):
            new.append((one, key))
    if not new:
        return None
    batch.amount_cents = sum(one.amount_cents for one, _ in new)
    session.add(batch)
    session.flush()
    return batch, [lockbox.keep(session, one, batch, key) for one, key in new]


def _book(session: Session, batch: LockboxBatch, *, at: datetime) -> None:
    sides = (
        Side(Account.CASH_BANK, Cents(batch.amount_cents), None, "lockbox"),
        Side(Account.UNPLACED, Cents(-batch.amount_cents), None, f"lockbox {batch.lockbox}"[:80]),
    )
    entry = Entry(EntryKind.LOCKBOX, f"lockbox:{batch.id}", sides)
    ledger.post(session, [entry], practice_id=batch.practice_id, at=at)


def _place(
    session: Session,
    row: LockboxCheque,
    batch: LockboxBatch,
    patient_id: str,
    *,
    named: str = "",
    by: str | None,
    at: datetime,
) -> bool:
    """Its money goes to the account's visits, those on the papers that it names first (`named`: what a person wrote),
    then the oldest; more than is owed stays as credit. False: there is no visit."""
    account = accounts.lock(session, practice_id=row.practice_id, patient_id=patient_id, at=at)
    theirs = {"practice_id": row.practice_id, "holder_id": account.patient_id}
    owed = paying.shares(session, **theirs, on=batch.deposited_on)
    if not owed:
        return False
    cheque = lockbox.cheque_of(row)
    receipt = AccountReceipt(
        id=new_id(),
        practice_id=row.practice_id,
        patient_id=account.patient_id,
        amount_cents=row.amount_cents,
        method=LOCKBOX,
        reference=cheque.number[:100] or None,
        received_on=batch.deposited_on,
        taken_at=at,
        taken_by=by or LOCKBOX,
    )
    noon = noon_of(batch.deposited_on, office.zone_of(session, row.practice_id))
    numbers = (*cheque.papers, named)
    said = filter(None, (papers.numbered(session, one, practice_id=row.practice_id) for one in numbers))
    before = papers.visits_on(session, list(said), holder_id=account.patient_id)
    spread = oldest_first(owed, Cents(row.amount_cents), before=before)
    account_receipts.take(session, receipt, spread, till=1, received_at=min(noon, at))
    row.state, row.receipt_id, row.settled_at, row.settled_by = lockbox.PLACED, receipt.id, at, by
    session.add(row)
    session.flush()
    return True


def _ask(session: Session, row: LockboxCheque, batch: LockboxBatch, why: str, *, at: datetime) -> None:
    """A person says whose it is; one that was taken back from an account is asked about anew."""
    cheque = lockbox.cheque_of(row)
    sent_by = f" from {cheque.remitter}" if cheque.remitter else ""
    said = f" The bank read: {' '.join((*cheque.invoices, cheque.text))[:120]}." if cheque.text else ""
    reason = (
        f"The lockbox brought a cheque of {format_dollars(row.amount_cents)}{sent_by} on {batch.deposited_on} (number "
        f"{cheque.number or 'not told'}). {why}{said} Its money is at the bank and on no account."
    )
    new = NewTask(
        TaskType.UNPLACED_CHEQUE, key=row.receipt_id or "cheque", reason=reason, amount_cents=row.amount_cents
    )
    tasks.open_task(session, new, practice_id=row.practice_id, subject="lockbox_cheque", subject_id=row.id, at=at)


def settle(
    session: Session, task: Task, resolution: str, values: dict[str, str], *, actor_id: str, at: datetime
) -> Answer | None:
    """A person names the account, or says that the cheque goes back; None when done."""
    row = session.get_one(LockboxCheque, task.subject_id, with_for_update=True, populate_existing=True)
    if row.state != lockbox.UNPLACED:
        return None
    batch = session.get_one(LockboxBatch, row.batch_id)
    if resolution == "sent_back":
        words = f"{values['reason']} ({values['reference']})"
        let_go(session, row, words, movement=None, actor_id=actor_id, at=at)
        return None
    patient_id = lockbox.account_named(session, values["account"], practice_id=row.practice_id)
    if patient_id is None:
        return _invalid("names no account: write a number of a statement, a visit or a claim of this practice")
    if not _place(session, row, batch, patient_id, named=values["account"], by=actor_id, at=at):
        return _invalid("is an account without any visit")
    return None


def _invalid(fault: str) -> Answer:
    return Answer(done=False, code="invalid", message="please correct the form", faults=(("account", fault),))


def let_go(
    session: Session, row: LockboxCheque, reason: str, *, movement: BankMovement | None, actor_id: str, at: datetime
) -> None:
    """Its money leaves the bank and is nobody's any more. `movement`: the booking that says so."""
    cheque = lockbox.cheque_of(row)
    sides = (
        Side(Account.UNPLACED, Cents(row.amount_cents), None, "goes back"),
        Side(Account.CASH_BANK, Cents(-row.amount_cents), None, cheque.number[:80]),
    )
    entry = Entry(EntryKind.LOCKBOX, f"lockbox_gone:{row.id}", sides)
    ledger.post(session, [entry], practice_id=row.practice_id, at=at, actor=actor_id)
    row.state, row.settled_at, row.settled_by, row.reason = lockbox.GONE, at, actor_id, reason[:300]
    row.receipt_id = None
    row.bank_movement_id = movement.id if movement else None
    session.add(row)
    session.flush()
    for task in tasks.open_tasks(session, practice_id=row.practice_id, subject_id=row.id):
        if movement is not None:
            tasks.close_task(session, task, resolution="returned", at=at, actor_id=actor_id)


def put_back(session: Session, receipt: AccountReceipt, *, returned: bool, at: datetime) -> None:
    """The receipt was undone: a cheque that the bank gave back is gone; one that was on the wrong account is nobody's
    again, and asked about anew. A receipt that no lockbox brought has none."""
    row = lockbox.of_receipt(session, receipt.id)
    if row is None:
        return
    row.settled_at = at
    row.state, row.reason = (lockbox.GONE, "returned by the bank") if returned else (lockbox.UNPLACED, "")
    session.add(row)
    session.flush()
    if not returned:
        batch = session.get_one(LockboxBatch, row.batch_id)
        _ask(session, row, batch, "It was taken back from the account that it was on.", at=at)


def confirm(session: Session, row: BankMovement, *, at: datetime) -> bool:
    """A booking is what a lockbox brought; whether it is. The book is held."""
    found = lockbox.fitting(session, row)
    if not found:
        return False
    for one in found:
        one.bank_movement_id = row.id
        session.add(one)
        for task in tasks.open_tasks(session, practice_id=row.practice_id, subject_id=one.id):
            tasks.close_task(session, task, resolution="confirmed", at=at, actor_id=None)
    _settled(session, row, at=at)
    return True


def look(session: Session, practice_id: str, policies: Policies, *, since: date, at: datetime) -> int:
    """Ask about batches that the bank has not booked; gives how many tasks were opened. Nothing is missing of a day
    before the first one that the bank's files tell of."""
    days = policies.value("deposit_wait_days", as_of=policies.day(at))
    opened = 0
    for one in lockbox.unconfirmed(session, practice_id=practice_id):
        if one.deposited_on < since or after_business_days(one.received_at, days, policies.zone) > at:
            continue
        reason = (
            f"The lockbox told of {format_dollars(one.amount_cents)} of cheques on {one.deposited_on}, and the bank "
            f"has not booked it {days} business days later."
        )
        new = NewTask(TaskType.DEPOSIT_MISSING, key="deposit", reason=reason, amount_cents=one.amount_cents)
        task = tasks.open_task(session, new, practice_id=practice_id, subject="lockbox_batch", subject_id=one.id, at=at)
        opened += task is not None
    return opened


def take_up_gone(session: Session, row: BankMovement, *, at: datetime) -> bool:
    """A booking with which the money of a cheque that was sent back left; whether it is. The book is held."""
    cheque = lockbox.gone_unbooked(session, row)
    if cheque is None:
        return False
    cheque.bank_movement_id = row.id
    session.add(cheque)
    _settled(session, row, at=at)
    return True


def _settled(session: Session, row: BankMovement, *, at: datetime) -> None:
    row.state, row.settled_at = bank.MATCHED, at
    session.add(row)
    session.flush()
