"""The patient's money on one encounter: taken, taken back, applied to what is owed, given up and brought back."""

import json

from activities import agency_desk, assistance_posting, prompt_pay_posting
from activities.desk import Desk
from billing.agencies import EventKind
from billing.ledger import Account, Entry, EntryKind, Side, transfer
from billing.lockbox import LOCKBOX
from billing.money import ZERO, Cents, format_dollars
from billing.posting import SMALL, allocation, deallocation, reinstatement, released_credit
from billing.stages import FactKind
from billing.tasks import NewTask, TaskType
from database import encounters, ledger
from database.tables import Fact, PatientPayment

RECEIVED_AS: dict[str, Account] = {
    "cash": Account.UNDEPOSITED,
    "cheque": Account.UNDEPOSITED,
    "card": Account.CARD_CLEARING,
    "eft": Account.CASH_BANK,
    LOCKBOX: Account.UNPLACED,
    agency_desk.BY_AGENCY: Account.AGENCY_CLEARING,
}
"""Which asset a patient's payment is at first, by method"""

ABOUT_CREDITS = frozenset({TaskType.CREDIT_BALANCE, TaskType.PATIENT_REFUND_APPROVAL})
"""Tasks while which nobody is asked about a credit anew"""


def take_payment(desk: Desk, fact: Fact) -> str:
    """Money that the patient paid, or a payment that was taken back; the fact names its row."""
    payment = desk.session.get(PatientPayment, fact.subject_id)
    assert payment is not None, "a payment fact names its row"
    amount = Cents(payment.amount_cents)
    if payment.takes_back is not None:
        return _return_payment(desk, payment)
    sides = (
        Side(RECEIVED_AS[payment.method], amount, None, payment.method),
        Side(Account.PATIENT_UNAPPLIED, Cents(-amount), None),
    )
    desk.post([Entry(EntryKind.PATIENT_PAYMENT, f"payment:{payment.id}", sides)])
    agency_desk.post_fee(desk, payment)
    back = _reinstate(desk, amount, source=f"reinstated:{payment.id}")
    if payment.method == agency_desk.BY_AGENCY:
        desk.say(f"The collection agency collected {format_dollars(amount)} from the patient")
    else:
        agency_desk.tell_reduced(desk, back, EventKind.PAID_DIRECT)
        desk.say(f"The patient paid {format_dollars(amount)} by {payment.method}")
    return f"took {amount} cents"


def _return_payment(desk: Desk, payment: PatientPayment) -> str:
    """A payment is taken back: what it had paid is owed again."""
    amount = Cents(-payment.amount_cents)
    sides = (
        Side(Account.PATIENT_UNAPPLIED, amount, None),
        Side(RECEIVED_AS[payment.method], Cents(-amount), None, payment.method),
    )
    desk.post([Entry(EntryKind.PATIENT_PAYMENT, f"payment:{payment.id}", sides)])
    agency_desk.post_fee(desk, payment)
    _unapply(desk, source=f"unapplied:{payment.id}")
    desk.say(f"A payment of {format_dollars(amount)} by the patient was taken back")
    return f"took back {amount} cents"


def _unapply(desk: Desk, *, source: str) -> None:
    """What is missing now comes off the shares that it had paid."""
    applied = ledger.applied_by_line(
        desk.session, practice_id=desk.encounter.practice_id, encounter_id=desk.encounter.id
    )
    entry = deallocation(desk.balances, applied, desk.line_ids, source=source)
    if entry is not None:
        desk.post([entry])


def hand_over(desk: Desk, to_id: str, amount: Cents) -> None:
    """What the patient paid towards this visit goes to the one that bills it, or back: out of here now, and in there
    once that visit has read the fact. A negative amount asks for as much back."""
    if not amount:
        return
    source = f"handed_over:{desk.encounter.id}:{desk.encounter.version}:{desk.ordinal()}"
    sides = transfer(Account.PATIENT_UNAPPLIED, Account.PATIENT_TRANSFER, amount)
    desk.post([Entry(EntryKind.HANDED_OVER, source, sides)])
    encounters.add_fact(
        desk.session,
        practice_id=desk.encounter.practice_id,
        encounter_id=to_id,
        kind=FactKind.MONEY_HANDED_OVER,
        source_key=source,
        subject_id=desk.encounter.id,
        received_at=desk.at,
        body=str(int(amount)),
    )
    words = (
        "go to the visit that it is billed with" if amount > 0 else "are taken back from the visit it is billed with"
    )
    desk.say(f"{format_dollars(abs(amount))} of the patient's money {words}")


def take_handed_over(desk: Desk, fact: Fact) -> str:
    """Money of the patient's that another visit of theirs handed over; below zero, what it asks back."""
    amount = Cents(int(fact.body))
    sides = transfer(Account.PATIENT_TRANSFER, Account.PATIENT_UNAPPLIED, amount)
    desk.post([Entry(EntryKind.HANDED_OVER, f"arrived:{fact.id}", sides)])
    if amount > 0:
        back = _reinstate(desk, amount, source=f"reinstated:{fact.id}")
        agency_desk.tell_reduced(desk, back, EventKind.PAID_DIRECT)
    else:
        _unapply(desk, source=f"unapplied:{fact.id}")
    desk.say(
        f"{format_dollars(abs(amount))} of the patient's money {'came from' if amount > 0 else 'went back to'} "
        "a visit that is billed with this one"
    )
    return f"took over {amount} cents"


def give_up(desk: Desk, fact: Fact) -> str:
    """The account's decision on what is left of the patient's share."""
    decided: dict[str, str] = json.loads(fact.body)
    entries = []
    total = 0
    for line_id, cents in desk.balances.lines(Account.AR_PATIENT).items():
        if cents > 0:
            sides = transfer(Account.BAD_DEBT, Account.AR_PATIENT, cents, line_id=line_id)
            source = f"given_up:{fact.id}:{line_id}"
            entries.append(Entry(EntryKind.GIVEN_UP, source, sides, desk.encounter.service_date))
            total += cents
    agency_desk.given(desk, decided.get("placement_id"), total)
    if not entries:
        return "nothing was left to give up"
    desk.post(entries, actor=decided["actor_id"])
    desk.say(f"{format_dollars(total)} of the patient's share: {decided['words']}")
    return f"gave up {total} cents"


def waive(desk: Desk, fact: Fact) -> str:
    """What is left is too little to ask for, unless it has become more since the account looked."""
    open_lines = {line_id: cents for line_id, cents in desk.balances.lines(Account.AR_PATIENT).items() if cents > 0}
    total = sum(open_lines.values())
    if not 0 < total <= int(fact.body):
        return "nothing is waived: the balance has changed"
    sides = [
        side
        for line_id, cents in open_lines.items()
        for side in transfer(Account.ADJUSTMENT_SMALL, Account.AR_PATIENT, cents, line_id=line_id, detail=SMALL)
    ]
    source = f"small_balance:{fact.id}"
    desk.post([Entry(EntryKind.SMALL_BALANCE, source, tuple(sides), desk.encounter.service_date)])
    desk.say(f"{format_dollars(total)} is too little to ask for and was taken off")
    return f"waived {total} cents"


def _reinstate(desk: Desk, available: Cents, *, source: str) -> Cents:
    """Bring back what was given up, as far as it is paid or taken off now: how much was bad debt."""
    entry = reinstatement(desk.balances, desk.line_ids, available_cents=available, source=source)
    if entry is None:
        return ZERO
    desk.post([entry])
    cents = Cents(sum(side.amount_cents for side in entry.sides if side.amount_cents > 0))
    desk.say(f"{format_dollars(cents)} that was given up is back on the patient's account")
    return Cents(-sum(side.amount_cents for side in entry.sides if side.account == Account.BAD_DEBT))


def settle_patient_money(desk: Desk) -> None:
    """Apply the patient's unapplied money, and ask what to do with what is left over.

    A credit born of a reversal is frozen until its correction comes: nothing moves while the claim is open again.
    """
    if desk.encounter.billed_with_id is not None:
        hand_over(desk, desk.encounter.billed_with_id, Cents(-desk.balances.total(Account.PATIENT_UNAPPLIED)))
        return
    if not desk.is_answered:
        return
    assistance_posting.take_off(desk)
    settled_by_discount = prompt_pay_posting.take_off(desk)
    step = f"{desk.encounter.id}:step{desk.encounter.version}"
    back = _reinstate(desk, settled_by_discount, source=f"reinstated:{step}")
    agency_desk.tell_reduced(desk, back, EventKind.REDUCED)
    credit = released_credit(desk.balances, desk.line_ids, source=f"credit:{step}")
    if credit is not None:
        desk.post([credit])
    applied = allocation(desk.balances, desk.line_ids, source=f"apply:{step}")
    if applied is not None:
        desk.post([applied])
        cents = Cents(sum(side.amount_cents for side in applied.sides if side.amount_cents > 0))
        desk.say(f"{format_dollars(cents)} of the patient's money applied to the patient's share")
    balances = desk.balances
    left = Cents(-balances.total(Account.PATIENT_UNAPPLIED))
    settled = balances.total(Account.AR_PATIENT) == 0 and balances.total(Account.AR_INSURANCE) == 0
    if left > 0 and settled and not any(task.type in ABOUT_CREDITS for task in desk.open_tasks()):
        desk.open_task(
            NewTask(
                TaskType.CREDIT_BALANCE,
                key=str(desk.encounter.version),
                reason=f"The patient has paid {format_dollars(left)} more than is owed on this visit.",
                amount_cents=left,
                days=desk.policy("patient_refund_days"),
            )
        )
