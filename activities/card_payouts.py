"""Payouts of the card processor: recorded once, each line held against the books, the fees booked, and the net paired
with what the bank books.

A line that fits nothing is a person's to explain; its money stays on CARD_CLEARING, below zero, until then.
"""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlmodel import Session
from temporalio import activity

from activities.card_processor import PaymentGateway, ProcessorRefused, ProcessorUnreachable
from activities.messages import Answer, ReconcileStep
from billing.bank import Means
from billing.card_payouts import Payout, faults
from billing.days import day_of
from billing.deadlines import after_business_days
from billing.ledger import Account, Entry, EntryKind, Side, transfer
from billing.money import Cents, format_dollars
from billing.policies import Policies
from billing.tasks import NewTask, TaskType
from database import bank, card_payouts, ledger, office, records, tasks
from database.engine import Database
from database.tables import BankMovement, CardPayout, CardPayoutLine, ProcessorEvent, Task

SENT = "payout.paid"
"""The processor's word for it"""
ASKED_AGAIN = timedelta(days=7)
"""How far before the newest payout the processor is asked: one may have been late"""
ASKED_AT_FIRST = timedelta(days=30)
BOOKED_LATE = timedelta(days=14)
"""The longest between a payout and a booking of its amount that is taken for its own without naming it"""


class CardPayoutActivities:
    """What the office asks the processor by itself."""

    def __init__(self, database: Database, gateway: PaymentGateway | None) -> None:
        self._database = database
        self._gateway = gateway

    @activity.defn
    def take_card_payouts(self, step: ReconcileStep) -> None:
        """Ask for payouts whose notice did not come, and record them. Receiving calls out first, with nothing open,
        and writes then. A processor that does not answer is asked again by the next run."""
        if self._gateway is None:
            return
        try:
            fetch(self._database, self._gateway, at=step.at)
        except (ProcessorUnreachable, ProcessorRefused) as error:
            activity.logger.warning("the card processor was not asked for its payouts: %s", error)


def fetch(database: Database, gateway: PaymentGateway, *, at: datetime) -> list[str]:
    """Ask for what was paid out lately, and record it payout by payout; what became of each, in words. Raises
    ProcessorUnreachable, ProcessorRefused."""
    with database.reading() as session:
        newest = card_payouts.newest_day(session)
        today = day_of(at, office.zone_of(session, office.first_practice(session).id))
    since = newest - ASKED_AGAIN if newest else today - ASKED_AT_FIRST
    said = gateway.payouts(since=since)
    verdicts = []
    for one in said:
        with database.writing() as session:
            verdicts.append(record(session, one, at=at)[1])
    return verdicts


def take(session: Session, event_id: str, payout: Payout, body: str, *, at: datetime) -> str:
    """Fold one notice; the same one again changes nothing. In words, what it did."""
    known = session.get(ProcessorEvent, event_id)
    if known is not None:
        return known.verdict
    practice_id, verdict = record(session, payout, at=at)
    known = session.get(ProcessorEvent, event_id, populate_existing=True)
    if known is not None:
        return known.verdict
    row = ProcessorEvent(
        id=event_id, practice_id=practice_id, kind=SENT, body=body, received_at=at, verdict=verdict[:200]
    )
    session.add(row)
    session.flush()
    return verdict


def record(session: Session, payout: Payout, *, at: datetime) -> tuple[str, str]:
    """Record a payout once; (the practice, what became of it in words). The book is held."""
    named = card_payouts.practices_named(session, payout)
    everybody = [one.id for one in office.practices(session)]
    if len(named) != 1 and len(everybody) != 1:
        first = office.first_practice(session).id
        return first, _refuse(session, first, payout, "its lines name payments of no single practice", at=at)
    practice_id = named.pop() if len(named) == 1 else everybody[0]
    ledger.hold_book(session, practice_id)
    known = card_payouts.find(session, payout.id, practice_id=practice_id)
    if known is not None and card_payouts.payout_of(known) == payout:
        return practice_id, "it was recorded already"
    wrong = ["another report of this number was recorded before"] if known is not None else faults(payout)
    if wrong:
        return practice_id, _refuse(session, practice_id, payout, "; ".join(wrong), at=at)
    row, lines = card_payouts.keep(session, payout, practice_id=practice_id, at=at)
    for task in tasks.open_tasks(session, practice_id=practice_id, subject_id=practice_id):
        if task.opening_key.startswith(f"{practice_id}:{TaskType.CARD_PAYOUT_REFUSED}:{_digest(payout.id)}:"):
            tasks.close_task(session, task, resolution="came", at=at, actor_id=None)
    _book_fees(session, row, at=at)
    unfit = [one for one in lines if not _fits(session, one, at=at)]
    for one in unfit:
        _ask(session, row, one, at=at)
    for movement in bank.open_untraced(session, practice_id=practice_id):
        if confirm(session, movement, at=at):
            break
    return practice_id, f"{format_dollars(payout.net_cents)} of {len(lines)} lines, {len(unfit)} of them fit nothing"


def _refuse(session: Session, practice_id: str, payout: Payout, why: str, *, at: datetime) -> str:
    """Nothing of it is taken, and a person is asked, once for each thing that it says."""
    reason = (
        f"The card processor reported the payout {payout.id[:60]} of {payout.day} over "
        f"{format_dollars(payout.net_cents)}, and nothing of it was taken: {why}. Ask the processor for a right "
        "report, which is taken when it comes."
    )
    key = f"{_digest(payout.id)}:{_digest(records.dump(payout))}"
    new = NewTask(TaskType.CARD_PAYOUT_REFUSED, key=key, reason=reason, amount_cents=abs(payout.net_cents))
    tasks.open_task(session, new, practice_id=practice_id, subject="practice", subject_id=practice_id, at=at)
    return f"nothing of it was taken: {why}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _book_fees(session: Session, row: CardPayout, *, at: datetime) -> None:
    sides = transfer(Account.CARD_FEE, Account.CARD_CLEARING, Cents(row.fees_cents), detail=row.processor_id[:80])
    ledger.post(
        session,
        [Entry(EntryKind.CARD_FEE, f"card_fee:{row.id}", sides)] if row.fees_cents else [],
        practice_id=row.practice_id,
        at=at,
    )


def _fits(session: Session, line: CardPayoutLine, *, at: datetime) -> bool:
    """Whether the line pays out what it names; from now on it does. The book is held."""
    keys = card_payouts.keys_named(session, line)
    return _settle(session, line, keys, by=None, at=at) if keys else False


def _settle(session: Session, line: CardPayoutLine, keys: Sequence[str], *, by: str | None, at: datetime) -> bool:
    """Give a line the first of these items that is open and of its amount; whether there is one."""
    known = card_payouts.items(session, practice_id=line.practice_id, keys=keys)
    found = next((one for one in known if one.cents == line.amount_cents), None)
    if found is None:
        return False
    line.item, line.settled_at, line.settled_by = found.key, at, by
    session.add(line)
    session.flush()
    return True


def _ask(session: Session, payout: CardPayout, line: CardPayoutLine, *, at: datetime) -> None:
    reason = (
        f"The payout {payout.processor_id[:60]} of {payout.sent_on} has a {line.kind} of "
        f"{format_dollars(abs(line.amount_cents))} (payment {line.payment or 'not told'}, reference "
        f"{line.reference or 'not told'}) that fits nothing here: {_why(session, line)} Say which visit it is of, or "
        "ask the processor: what its notice tells later settles this by itself."
    )
    new = NewTask(TaskType.CARD_PAYOUT_LINE, key="line", reason=reason, amount_cents=abs(line.amount_cents))
    tasks.open_task(session, new, practice_id=line.practice_id, subject="card_payout_line", subject_id=line.id, at=at)


def _why(session: Session, line: CardPayoutLine) -> str:
    keys = card_payouts.keys_named(session, line)
    known = card_payouts.items(session, practice_id=line.practice_id, keys=keys, open_only=False) if keys else []
    for one in known:
        other = card_payouts.paid_out_by(session, one.key, practice_id=line.practice_id)
        if other is not None:
            return f"the payout {other[:60]} has paid it out already."
        return f"{format_dollars(abs(one.cents))} were booked for it."
    return "nothing is booked under these numbers." if not keys else "no notice said yet that it was done."


def settle(
    session: Session, task: Task, resolution: str, values: dict[str, str], *, actor_id: str, at: datetime
) -> Answer | None:
    """A person names the visit, or counts the line as a cost of taking cards; None when done. The book is held."""
    line = session.get_one(CardPayoutLine, task.subject_id, with_for_update=True, populate_existing=True)
    if line.settled_at is not None:
        return None
    if resolution == "counted":
        _count(session, line, values["reason"], actor_id=actor_id, at=at)
        return None
    keys = card_payouts.keys_of_visit(session, values["visit"], practice_id=line.practice_id)
    if _settle(session, line, keys, by=actor_id, at=at):
        return None
    fault = (
        f"names no visit with a card payment of {format_dollars(abs(line.amount_cents))} that waits to be paid out: "
        "write the number of a visit or claim whose payment, or its return, is of this amount"
    )
    return Answer(done=False, code="invalid", message="please correct the form", faults=(("visit", fault),))


def _count(session: Session, line: CardPayoutLine, reason: str, *, actor_id: str, at: datetime) -> None:
    """Its money is the office's gain or cost: nobody's payment is changed by it."""
    sides = transfer(Account.CARD_CLEARING, Account.CARD_FEE, Cents(line.amount_cents), detail=line.payment[:80])
    entry = Entry(EntryKind.CARD_FEE, f"card_payout_line:{line.id}", sides)
    ledger.post(session, [entry], practice_id=line.practice_id, at=at, actor=actor_id)
    line.settled_at, line.settled_by, line.reason = at, actor_id, reason[:300]
    session.add(line)
    session.flush()


def look_at_lines(session: Session, practice_id: str, *, at: datetime) -> None:
    """What was booked meanwhile settles lines that fitted nothing."""
    waiting = card_payouts.open_lines(session, practice_id=practice_id)
    if not waiting:
        return
    ledger.hold_book(session, practice_id)
    for line, _ in waiting:
        session.refresh(line, with_for_update=True)
        if line.settled_at is None and _fits(session, line, at=at):
            _close_tasks(session, practice_id, line.id, "came", at=at)


def confirm(session: Session, row: BankMovement, *, at: datetime) -> bool:
    """A booking is the net of a payout: of the one that it names, or else of its amount within two weeks, unless it is
    of cheques; whether it is. The book is held."""
    movement = bank.movement_of(row)
    said = f"{movement.reference} {movement.text} {movement.sender}".upper()
    waiting = [
        one
        for one in card_payouts.unbooked(session, practice_id=row.practice_id)
        if one.net_cents == row.amount_cents and row.state == bank.OPEN
    ]
    named = [one for one in waiting if one.processor_id.upper() in said]
    near = [
        one
        for one in waiting
        if movement.means != Means.CHEQUE
        and one.sent_on - timedelta(days=1) <= row.booked_on <= one.sent_on + BOOKED_LATE
    ]
    for found in (named or near)[:1]:
        pair(session, row, found, at=at, by=None)
        return True
    return False


def pair(session: Session, row: BankMovement, payout: CardPayout, *, at: datetime, by: str | None) -> None:
    """The booking is the payout's net: it is at the bank now. The book is held."""
    payout.bank_movement_id = row.id
    session.add(payout)
    sides = (
        Side(Account.CASH_BANK, Cents(payout.net_cents), None, bank.movement_of(row).reference[:80]),
        Side(Account.CARD_CLEARING, Cents(-payout.net_cents), None, payout.processor_id[:80]),
    )
    entry = Entry(EntryKind.BANKED, f"card_payout:{payout.id}", sides)
    ledger.post(session, [entry], practice_id=row.practice_id, at=at, actor=by or "office")
    row.state, row.settled_at, row.settled_by = bank.MATCHED, at, by
    session.add(row)
    session.flush()
    _close_tasks(session, row.practice_id, payout.id, "confirmed", at=at)
    _close_tasks(session, row.practice_id, row.id, "confirmed", at=at)


def look_at_bank(session: Session, practice_id: str, policies: Policies, *, since: date, at: datetime) -> int:
    """Pair debits that came before their payout, and ask about payouts that the bank has not booked; gives how many
    tasks were opened. Nothing is missing of a day before the first one that the bank's files tell of."""
    waiting = card_payouts.unbooked(session, practice_id=practice_id)
    if any(one.net_cents < 0 for one in waiting):
        ledger.hold_book(session, practice_id)
        for row in bank.open_untraced(session, practice_id=practice_id):
            if row.amount_cents < 0:
                confirm(session, row, at=at)
    days = policies.value("deposit_wait_days", as_of=policies.day(at))
    opened = 0
    for one in card_payouts.unbooked(session, practice_id=practice_id):
        if one.sent_on < since or after_business_days(one.received_at, days, policies.zone) > at:
            continue
        verb = "paid out" if one.net_cents > 0 else "takes back"
        reason = (
            f"The card processor says that it {verb} {format_dollars(abs(one.net_cents))} on {one.sent_on} (payout "
            f"{one.processor_id[:60]}), and the bank has not booked it {days} business days later."
        )
        new = NewTask(TaskType.DEPOSIT_MISSING, key="payout", reason=reason, amount_cents=abs(one.net_cents))
        task = tasks.open_task(session, new, practice_id=practice_id, subject="card_payout", subject_id=one.id, at=at)
        opened += task is not None
    return opened


def _close_tasks(session: Session, practice_id: str, subject_id: str, resolution: str, *, at: datetime) -> None:
    for task in tasks.open_tasks(session, practice_id=practice_id, subject_id=subject_id):
        tasks.close_task(session, task, resolution=resolution, at=at, actor_id=None)
