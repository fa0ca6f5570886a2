"""Answers that a person looks at before they are posted: held together, posted as they are, or left unapplied."""

import json
from collections.abc import Sequence
from datetime import timedelta

from sqlmodel import col, select

from activities.desk import Desk
from activities.live_claims import submission_named
from activities.refusals import Refused, Values
from billing.deadlines import Reason
from billing.money import format_dollars
from billing.posting_review import Hold, Mode, ReviewRules, hold
from billing.remittance import ClaimPayment
from billing.stages import FactKind
from billing.tasks import NewTask, TaskType
from database import aged_cash, encounters, office, records, stop_codes, tasks
from database.tables import RemittanceClaim, RemittanceFile, Task

HELD = "held"


def hold_for_review(desk: Desk, rows: Sequence[RemittanceClaim]) -> str | None:
    """Hold one remittance's rows for the visit, all together, when a rule wants them seen; None: they are posted."""
    unseen = [row for row in rows if row.reviewed_by is None]
    if not unseen:
        return None
    payments = [records.load(ClaimPayment, row.payment) for row in unseen]
    rules = _rules(desk, rows)
    found = hold(payments, rules)
    if found is None:
        return None
    for row in rows:
        row.state = HELD
        desk.session.add(row)
    _ask(desk, rows, found)
    if found.only_for_its_size and rules.write_off_days:
        desk.schedule(Reason.POSTING_REVIEW_OVER, desk.at + timedelta(days=rules.write_off_days))
    return f"held: {'; '.join(found.reasons)}"


def _rules(desk: Desk, rows: Sequence[RemittanceClaim]) -> ReviewRules:
    """Of the payer that was sent the claim which is answered: by now the visit may be with another one."""
    submission = submission_named(desk, rows[0].control_number) if rows else None
    payer_id = submission.payer_id if submission else desk.encounter.payer_id
    practice_id = desk.encounter.practice_id
    policies = office.policies_for(desk.session, practice_id=practice_id, payer_id=payer_id)
    held_by = ("posting_mode", "write_off_review_cents", "write_off_review_days")
    mode, limit, days = (policies.value(name, as_of=desk.today) for name in held_by)
    stops = stop_codes.of_payer(desk.session, practice_id=practice_id, payer_id=payer_id)
    return ReviewRules(Mode(mode), stops, limit, days)


def _ask(desk: Desk, rows: Sequence[RemittanceClaim], found: Hold) -> None:
    paid = sum(row.paid_cents for row in rows)
    desk.say(f"An answer that pays {format_dollars(paid)} is looked at before it is posted")
    desk.open_task(
        NewTask(
            TaskType.PAYMENT_REVIEW,
            key=f"{rows[0].remittance_id}:{rows[0].id}:{desk.encounter.version}",
            reason=f"An answer that pays {format_dollars(paid)} waits to be posted: {'; '.join(found.reasons)}.",
            amount_cents=paid,
            detail={"remittance_id": rows[0].remittance_id},
        )
    )


def is_held(desk: Desk) -> bool:
    """Whether the payer has answered, and only the office has not looked."""
    return bool(_held(desk))


def _held(desk: Desk, remittance_id: str | None = None) -> list[RemittanceClaim]:
    desk.session.flush()
    query = select(RemittanceClaim).where(
        RemittanceClaim.encounter_id == desk.encounter.id, RemittanceClaim.state == HELD
    )
    if remittance_id is not None:
        query = query.where(RemittanceClaim.remittance_id == remittance_id)
    return list(desk.session.exec(query.order_by(RemittanceClaim.remittance_id, col(RemittanceClaim.ordinal))))


def post_reviewed(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    """A person has looked, and it is right. Raises Refused while older money waits."""
    remittance_id = json.loads(task.detail)["remittance_id"]
    came_at = desk.session.get_one(RemittanceFile, remittance_id).received_at
    locked = aged_cash.why_locked(desk.session, practice_id=desk.encounter.practice_id, came_at=came_at, at=desk.at)
    if locked is not None:
        raise Refused("not_possible", locked)
    _let_go(desk, _held(desk, remittance_id), by=actor_id, cause=task.id)
    return "Looked at; the answer is posted"


def leave_unapplied(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    """A person has looked, and it is wrong: its money waits unapplied until the payer has said what it means."""
    for row in _held(desk, json.loads(task.detail)["remittance_id"]):
        row.state = "excepted"
        desk.session.add(row)
    return f"Looked at; left unapplied: {values['reason']}"


def review_is_over(desk: Desk) -> None:
    """Nobody objected to what was held for its size alone."""
    desk.unschedule(Reason.POSTING_REVIEW_OVER)
    for task in desk.open_tasks():
        if task.type == TaskType.PAYMENT_REVIEW:
            rows = _held(desk, json.loads(task.detail)["remittance_id"])
            found = hold([records.load(ClaimPayment, row.payment) for row in rows], _rules(desk, rows))
            if found is None or found.only_for_its_size:
                _let_go(desk, rows, by="office", cause=task.id)
                tasks.close_task(desk.session, task, resolution="posted_unseen", at=desk.at, actor_id=None)
                desk.say("Nobody objected in time; the answer is posted")


def _let_go(desk: Desk, rows: Sequence[RemittanceClaim], *, by: str, cause: str) -> None:
    for row in rows:
        row.state, row.reviewed_by = "open", by
        desk.session.add(row)
    desk.session.flush()
    for remittance_id in dict.fromkeys(row.remittance_id for row in rows):
        encounters.add_fact(
            desk.session,
            practice_id=desk.encounter.practice_id,
            encounter_id=desk.encounter.id,
            kind=FactKind.REMITTANCE_ARRIVED,
            source_key=f"remit:{remittance_id}:{desk.encounter.id}:reviewed:{cause}",
            subject_id=remittance_id,
            received_at=desk.at,
        )
