"""A patient's credit is paid back: by cheque, or to the card that paid; above a limit with a second person's word."""

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from activities.desk import Desk
from activities.refusals import Refused, Values
from billing.ledger import Account, Entry, EntryKind, Side, transfer
from billing.money import Cents, format_dollars
from billing.tasks import NewTask, TaskType
from database import card_refunds, returned_payments, users, visit_groups
from database.columns import new_id
from database.tables import CardRefund, Checkout, Fact, Task

CHEQUE, CARD = "cheque", "card"


def _credit(desk: Desk) -> Cents:
    return Cents(-desk.balances.total(Account.PATIENT_UNAPPLIED))


def _refund(desk: Desk, task: Task, values: Values, actor_id: str, *, way: str) -> str:
    """Pay it back now, or ask a second person. Raises Refused."""
    left = _credit(desk)
    if left <= 0:
        return "No credit is left to refund"
    _wait_for_cheque(desk)
    reference = values.get("reference", "")
    if left <= desk.policy("patient_refund_limit_cents"):
        return _pay(desk, task, left, way=way, reference=reference, actor_id=actor_id)
    if way == CARD:
        _card_for(desk, left)
    said = f" by cheque or transfer ({reference})" if way == CHEQUE else " to the card that paid"
    desk.open_task(
        NewTask(
            TaskType.PATIENT_REFUND_APPROVAL,
            key=task.id,
            reason=f"{format_dollars(left)} is to be paid back to the patient{said}.",
            amount_cents=left,
            detail={"proposed_by": actor_id, "way": way, "reference": reference},
            not_after=task.due_at,
        )
    )
    return f"{format_dollars(left)} is to be paid back to the patient; a second person is asked"


def _approve(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    """A second person agrees; where nobody else may approve, the same one does. Raises Refused."""
    told = json.loads(task.detail)
    practice_id = desk.encounter.practice_id
    if told["proposed_by"] == actor_id and not users.is_only_approver(
        desk.session, practice_id=practice_id, user_id=actor_id
    ):
        message = (
            "this is approved by somebody else than who proposed it; a second supervisor is added under Set-up, Users"
        )
        raise Refused("needs_second_person", message)
    if _credit(desk) != task.amount_cents:
        message = "the credit has changed since this was proposed; do not agree, and look at it again"
        raise Refused("amount_changed", message)
    _wait_for_cheque(desk)
    left = Cents(task.amount_cents)
    return _pay(desk, task, left, way=told["way"], reference=told["reference"], actor_id=actor_id)


def _reject(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    left = _credit(desk)
    desk.open_task(
        NewTask(
            TaskType.CREDIT_BALANCE,
            key=f"rejected:{task.id}",
            reason=f"{format_dollars(left)} of the patient's credit was not paid back: {values['reason']}",
            amount_cents=left,
            not_after=task.due_at,
        )
    )
    return f"The refund was not agreed to: {values['reason']}"


def _wait_for_cheque(desk: Desk) -> None:
    """What was paid back cannot be taken back when the cheque that it stood on comes back. Raises Refused."""
    paying = {desk.encounter.id, *visit_groups.money_came_from(desk.session, desk.encounter)}
    received_on = returned_payments.last_cheque(desk.session, paying)
    if received_on is None:
        return
    clears_on = received_on + timedelta(days=desk.policy("cheque_clears_days"))
    if desk.today < clears_on:
        message = (
            f"a cheque towards this visit, or one whose money is on it, was received on {received_on} and may still"
            f" come back unpaid: pay the credit back from {clears_on} on (policy cheque_clears_days)"
        )
        raise Refused("cheque_not_cleared", message)


def _pay(desk: Desk, task: Task, left: Cents, *, way: str, reference: str, actor_id: str) -> str:
    if way == CARD:
        return _to_card(desk, task, left, actor_id)
    sides = (
        Side(Account.PATIENT_UNAPPLIED, left, None),
        Side(Account.CASH_BANK, Cents(-left), None, "refund"),
    )
    desk.post([Entry(EntryKind.REFUND, f"refund:{task.id}", sides)], actor=actor_id)
    return f"{format_dollars(left)} refunded to the patient ({reference})"


def _to_card(desk: Desk, task: Task, left: Cents, actor_id: str) -> str:
    """It is on its way; the processor's word settles it."""
    checkout = _card_for(desk, left)
    row = CardRefund(
        id=new_id(),
        practice_id=desk.encounter.practice_id,
        encounter_id=desk.encounter.id,
        checkout_id=checkout.id,
        amount_cents=left,
        state=card_refunds.UNDER_WAY,
        asked_at=desk.at,
        asked_by=actor_id,
    )
    desk.session.add(row)
    desk.session.flush()
    sides = transfer(Account.PATIENT_UNAPPLIED, Account.PATIENT_REFUND_DUE, left)
    desk.post([Entry(EntryKind.REFUND, f"card_refund:{row.id}", sides)], actor=actor_id)
    card_refunds.wish(desk.session, practice_id=row.practice_id, refund_id=row.id, at=desk.at)
    return f"{format_dollars(left)} goes back to the patient's card; the card processor is asked"


def _card_for(desk: Desk, cents: Cents) -> Checkout:
    found = card_refunds.card_for(desk.session, desk.encounter.id, cents)
    if found is None:
        message = "no card payment towards this visit on the pay page can take so much back: pay it by cheque"
        raise Refused("not_possible", message)
    return found


def refund_failed(desk: Desk, fact: Fact) -> str:
    """What was to go back to the card is the patient's credit again; the step asks what to do with it."""
    row = desk.session.get_one(CardRefund, fact.subject_id)
    cents = Cents(row.amount_cents)
    sides = transfer(Account.PATIENT_REFUND_DUE, Account.PATIENT_UNAPPLIED, cents)
    desk.post([Entry(EntryKind.REFUND, f"card_refund_failed:{row.id}", sides)])
    desk.say(f"{format_dollars(cents)} did not go back to the patient's card: {row.why}")
    return f"{cents} cents are credit again"


WAYS: dict[tuple[TaskType, str], Callable[[Desk, Task, Values, str], str]] = {
    (TaskType.CREDIT_BALANCE, "refund_patient"): partial(_refund, way=CHEQUE),
    (TaskType.CREDIT_BALANCE, "refund_card"): partial(_refund, way=CARD),
    (TaskType.PATIENT_REFUND_APPROVAL, "approved"): _approve,
    (TaskType.PATIENT_REFUND_APPROVAL, "rejected"): _reject,
}
