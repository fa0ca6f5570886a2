"""A cheque comes back unpaid: the payment that it was is named by a person, and owed again.

What the bank took is the payment's money: the booking and the row that undoes the payment are held together.
"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session

from activities import account_receipts, lockbox_desk
from activities.messages import Answer
from billing.bank import Means
from billing.money import format_dollars
from billing.tasks import NewTask, TaskType
from database import bank, ledger, patient_payments, returned_payments, tasks
from database.columns import new_id
from database.returned_payments import Cheque
from database.tables import BankMovement, PatientPayment, Task

AT_THE_BANK = "eft"
"""How a payment's money leaves again that was carried to the bank"""
SHOWN = 5


def take_up(session: Session, row: BankMovement, *, at: datetime) -> bool:
    """Money that left by a cheque is one that came back: taken back already, or a person is asked whose it was. Whether
    it has its payment."""
    movement = bank.movement_of(row)
    if movement.means != Means.CHEQUE:
        return False
    ledger.hold_book(session, row.practice_id)
    undone = returned_payments.undone(session, row)
    if undone:
        _pair(session, row, undone, at=at, by=None)
        return True
    known = returned_payments.cheques(session, row)
    if not known and lockbox_desk.take_up_gone(session, row, at=at):
        return True
    reason = (
        f"The bank took {format_dollars(-row.amount_cents)} back on {row.booked_on} ({movement.text or 'no words'}, "
        f"{movement.reference or 'no reference'}). {_named(known)}"
    )
    new = NewTask(TaskType.CHEQUE_RETURNED, key="returned", reason=reason, amount_cents=-row.amount_cents)
    tasks.open_task(session, new, practice_id=row.practice_id, subject="bank_movement", subject_id=row.id, at=at)
    return False


def _named(known: Sequence[Cheque]) -> str:
    if not known:
        return "No cheque of this amount is in the books: look whose it was."
    words = [f"{one.reference or 'without a number'} received on {one.received_on}" for one in known[:SHOWN]]
    more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
    return f"Cheques of this amount: {'; '.join(words)}{more}."


def settle(
    session: Session, task: Task, resolution: str, values: dict[str, str], *, actor_id: str, at: datetime, today: date
) -> Answer | None:
    """The payment is undone and owed again; or the booking is no patient's cheque and is set aside."""
    ledger.hold_book(session, task.practice_id)
    row = session.get_one(BankMovement, task.subject_id, populate_existing=True)
    if row.state != bank.OPEN:
        return None
    if resolution != "taken_back":
        row.state, row.settled_at, row.settled_by, row.reason = bank.SET_ASIDE, at, actor_id, values["reason"][:300]
        session.add(row)
        return None
    known = returned_payments.cheques(session, row)
    said = values.get("payment", "").casefold()
    named = [one for one in known if not said or said in {one.reference.casefold(), one.id}]
    if len(named) != 1:
        return _invalid(f"write the number of one of these. {_named(known)}" if known else _named(known))
    [cheque] = named
    if not all(returned_payments.is_whole(session, paid) for paid in cheque.payments):
        return _invalid("part of this payment was paid back to the patient, or it is not posted yet")
    undoing: Sequence[PatientPayment] = ()
    if cheque.unplaced is not None:
        words = "returned by the bank"
        lockbox_desk.let_go(session, cheque.unplaced, words, movement=row, actor_id=actor_id, at=at)
    else:
        undoing = _undo(session, cheque, row, actor_id=actor_id, at=at, today=today)
    _pair(session, row, undoing, at=at, by=actor_id)
    return None


def _invalid(fault: str) -> Answer:
    return Answer(done=False, code="invalid", message="please correct the form", faults=(("payment", fault),))


def _undo(
    session: Session, cheque: Cheque, row: BankMovement, *, actor_id: str, at: datetime, today: date
) -> list[PatientPayment]:
    undoing = [
        PatientPayment(
            id=new_id(),
            practice_id=paid.practice_id,
            encounter_id=paid.encounter_id,
            amount_cents=-paid.amount_cents,
            method=AT_THE_BANK,
            reference=f"returned by the bank on {row.booked_on}",
            received_on=today,
            received_at=at,
            recorded_by=actor_id,
            takes_back=paid.id,
        )
        for paid in cheque.payments
    ]
    if cheque.receipt is not None:
        account_receipts.undo(session, cheque.receipt, undoing, at=at)
        lockbox_desk.put_back(session, cheque.receipt, returned=True, at=at)
    else:
        for one in undoing:
            patient_payments.keep(session, one, at=at)
    return undoing


def _pair(
    session: Session, row: BankMovement, undoing: Sequence[PatientPayment], *, at: datetime, by: str | None
) -> None:
    for one in undoing:
        one.bank_movement_id = row.id
    row.state, row.settled_at, row.settled_by = bank.MATCHED, at, by
    session.add_all([*undoing, row])
    session.flush()
