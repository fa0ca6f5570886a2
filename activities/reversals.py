"""A payer takes an earlier answer back (CLP02 22): paired with the answer that it names, and undone."""

from collections.abc import Sequence

from sqlmodel import col, select

from activities import recovery_notices
from activities.desk import Desk
from activities.live_claims import is_void, submission_named
from activities.taking_back import take_back
from billing.ledger import Account, Entry, EntryKind, Side
from billing.money import Cents, format_dollars
from billing.posting import reverses, reversing_entries
from billing.remittance import ClaimPayment
from billing.tasks import TaskType
from database import amendments, ledger, messages, records, remittances, tasks
from database.tables import RemittanceClaim, RemittanceFile

UNPOSTED = ("excepted", "noted")
"""States of answers that are the visit's and are in no line's books"""


def are_paired(desk: Desk, rows: Sequence[RemittanceClaim]) -> bool:
    """Whether every reversal among one remittance's rows has its original: in the house, or before it in the file."""
    payments = [records.load(ClaimPayment, row.payment) for row in rows]
    if not any(payment.is_reversal for payment in payments):
        return True
    known = [records.load(ClaimPayment, row.payment) for row in _originals(desk)]
    for payment in payments:
        if not payment.is_reversal:
            known.append(payment)
            continue
        original = next((one for one in known if reverses(payment, one)), None)
        if original is None:
            return False
        known.remove(original)
    return True


def _originals(desk: Desk) -> list[RemittanceClaim]:
    """What a payer can take back: answers that stand, then what was voided, then what was never posted."""
    desk.session.flush()
    standing = remittances.standing_rows(desk.session, desk.encounter.id)
    unposted = select(RemittanceClaim).where(
        RemittanceClaim.encounter_id == desk.encounter.id,
        col(RemittanceClaim.state).in_(UNPOSTED),
        col(RemittanceClaim.reversed_by).is_(None),
        RemittanceClaim.status != "22",
    )
    return [*standing, *_voided_rows(desk), *desk.session.exec(unposted.order_by(RemittanceClaim.id))]


def _voided_rows(desk: Desk) -> list[RemittanceClaim]:
    """Answers that paid nothing and were ended by a void: by its acceptance, or by the amendment that needed none."""
    voids = [one.control_number for one in desk.submissions if is_void(one)]
    changes = [one.id for one in amendments.of_encounter(desk.session, desk.encounter.id)]
    query = select(RemittanceClaim).where(
        RemittanceClaim.encounter_id == desk.encounter.id, col(RemittanceClaim.reversed_by).in_([*voids, *changes])
    )
    return list(desk.session.exec(query))


def post(desk: Desk, row: RemittanceClaim, payment: ClaimPayment, source: str) -> str:
    """Undo the answer that a reversal names. `source`: remittance id and CLP ordinal of the reversal."""
    original = next(one for one in _originals(desk) if reverses(payment, records.load(ClaimPayment, one.payment)))
    if original.reversed_by is not None:
        row.state = "posted"
        row.responsibility = original.responsibility
        desk.session.add(row)
        desk.say("The payer takes back what was voided before; nothing changes")
        return "voided before"
    if original.state in UNPOSTED:
        return _pass_through(desk, row, original, source)
    take_back(desk, original, row.id, source=source, state="reversed", remittance_id=row.remittance_id)
    if original.paid_cents > 0 and not _is_typed(desk, row):
        recovery_notices.taken(desk, original.paid_cents, how="The payer reversed its answer")
    row.state = "posted"
    row.responsibility = original.responsibility
    desk.session.add(row)
    submission = submission_named(desk, original.control_number)
    if submission is not None and submission.responsibility == original.responsibility:
        submission.adjudicated_at = None
    who = "The office took back a mistyped" if _is_typed(desk, row) else "The payer took back its"
    desk.say(f"{who} answer: {format_dollars(payment.paid_cents)} reversed")
    return f"reversed {payment.paid_cents} cents"


def _is_typed(desk: Desk, row: RemittanceClaim) -> bool:
    """Whether a person of the office typed the remittance in."""
    file = desk.session.get_one(RemittanceFile, row.remittance_id)
    return messages.is_typed(desk.session, file.message_id)


def _pass_through(desk: Desk, row: RemittanceClaim, original: RemittanceClaim, source: str) -> str:
    """An answer that was never posted is taken back: its money comes and goes, so that both remittances are spent."""
    paid, line_id = Cents(original.paid_cents), desk.line_ids[0]
    sides = (
        Side(Account.CASH_UNAPPLIED, paid, line_id),
        Side(Account.AR_INSURANCE, Cents(-paid), line_id, desk.payer_of(original.responsibility)),
    )
    came_by = f"remit:{original.remittance_id}:{original.ordinal}:1"
    came = Entry(EntryKind.CLAIM_PAYMENT, came_by, sides, desk.encounter.service_date)
    desk.post([came], remittance_id=original.remittance_id)
    desk.post(reversing_entries([came], source=source), remittance_id=row.remittance_id)
    original.state, original.reversed_by = "posted", row.id
    row.state, row.responsibility = "posted", original.responsibility
    desk.session.add_all([original, row])
    for task in desk.open_tasks():
        if task.type == TaskType.UNMATCHED_REMIT and original.id in task.opening_key:
            tasks.close_task(desk.session, task, resolution="reversed", at=desk.at, actor_id=None)
    desk.say(f"The payer took back an answer of {format_dollars(paid)} that was not posted")
    close_if_spent(desk, original.remittance_id)
    return f"reversed {paid} cents that were not posted"


def close_if_spent(desk: Desk, remittance_id: str) -> None:
    """A remittance that ended excepted, and whose last payment has found a place, is spent after all."""
    file = desk.session.get_one(RemittanceFile, remittance_id)
    if file.state != "excepted" or file.closed_at is None:
        return
    desk.session.flush()
    left = ledger.unapplied_cents(desk.session, practice_id=file.practice_id, remittance_id=file.id)
    if left == 0 and set(remittances.count_by_state(desk.session, file.id)) <= {"posted", "noted"}:
        file.state = "closed"
        desk.session.add(file)
