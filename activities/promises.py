"""Promises made in calls: awaited until their day, and brought to a person when they were not kept."""

import json
from collections.abc import Callable
from datetime import date

from activities.desk import Desk
from activities.refusals import Values, day_to_come
from billing.calls import Channel, PromiseState, With, in_words, is_kept
from billing.days import noon_of
from billing.deadlines import Reason
from billing.roles import Role
from billing.tasks import KINDS, NewTask, TaskType
from database import calls
from database.columns import new_id
from database.tables import CallRow, Fact, Task

PROMISING = frozenset({"payer_reprocessing", "reopening", "promised_again"})
"""Resolutions with a call by which the other side promises something"""
_WITH_PATIENT = frozenset({TaskType.PATIENT_BALANCE_DUE})


def take(desk: Desk, fact: Fact) -> str:
    """Somebody promised something: it is looked at on its day."""
    schedule(desk)
    return "awaited"


def schedule(desk: Desk) -> None:
    """Look again on the day of the earliest promise that no follow-up of its own brings back."""
    desk.session.flush()
    days = [
        one.promised_on
        for one in calls.open_promises(desk.session, desk.encounter.id)
        if one.task_id is None and one.promised_on is not None
    ]
    desk.unschedule(Reason.PROMISE_DUE)
    if days:
        desk.schedule(Reason.PROMISE_DUE, max(noon_of(min(days), desk.policies.zone), desk.at))


def look(desk: Desk) -> None:
    """The day of a promise has come: it is kept, or a person is told which one was not."""
    for row in calls.open_promises(desk.session, desk.encounter.id):
        if row.task_id is None and _is_over(desk, row) and not _note_kept(desk, row):
            _ask(desk, row)
    schedule(desk)


def _is_over(desk: Desk, row: CallRow) -> bool:
    return row.promised_on is not None and noon_of(row.promised_on, desk.policies.zone) <= desk.at


def _note_kept(desk: Desk, row: CallRow) -> bool:
    kept = is_kept(With(row.whom), calls.promise_of(row), calls.since(desk.session, row))
    row.promise_state = PromiseState.KEPT if kept else PromiseState.BROKEN
    desk.session.add(row)
    if kept:
        desk.say("What was promised in a call has come")
    return kept


def _ask(desk: Desk, row: CallRow) -> None:
    desk.open_task(
        NewTask(
            TaskType.PROMISE_BROKEN,
            key=row.id,
            reason=f"A promise was not kept: {_words(desk, row)}.",
            amount_cents=row.promised_cents or 0,
            detail={"call_id": row.id},
            role=Role.ACCOUNT_REP if row.whom == With.PATIENT else None,
        )
    )


def _words(desk: Desk, row: CallRow) -> str:
    called_on = desk.policies.day(row.called_at)
    return in_words(With(row.whom), calls.promise_of(row), called_on=called_on, reference=row.reference)


def broken_at_follow_up(desk: Desk) -> str | None:
    """Which promises the matter comes up again for; None: none was made with it, or all were kept."""
    over = [
        one
        for one in calls.open_promises(desk.session, desk.encounter.id)
        if one.task_id is not None and _is_over(desk, one)
    ]
    broken = [f"{_words(desk, one)}, and it has not come" for one in over if not _note_kept(desk, one)]
    return "; ".join(broken) or None


def log(desk: Desk, task: Task, resolution: str, values: Values, actor_id: str) -> None:
    """A task that ended by a call is in the call log too."""
    kind = KINDS[TaskType(task.type)].resolutions[resolution]
    asks = {field.name for field in kind.fields}
    if not {"reference", "follow_up"} <= asks:
        return
    promises = resolution in PROMISING
    earlier = _call_of(desk, task)
    desk.session.add(
        CallRow(
            id=new_id(),
            practice_id=desk.encounter.practice_id,
            encounter_id=desk.encounter.id,
            control_number=desk.latest.control_number if desk.latest else None,
            whom=earlier.whom if earlier else With.PATIENT if TaskType(task.type) in _WITH_PATIENT else With.PAYER,
            channel=Channel.TELEPHONE,
            reference=values["reference"],
            said="; ".join(filter(None, (kind.label, values.get("reason", "")))),
            promise=(earlier.promise if earlier else kind.label) if promises else "",
            promised_on=date.fromisoformat(values["follow_up"]) if promises else None,
            promised_cents=earlier.promised_cents if earlier and promises else None,
            promise_state=PromiseState.OPEN if promises else None,
            task_id=None if earlier else task.id,
            called_at=desk.at,
            logged_by=actor_id,
        )
    )
    if earlier and promises:
        schedule(desk)


def _call_of(desk: Desk, task: Task) -> CallRow | None:
    """The call whose promise the task is about."""
    if task.type != TaskType.PROMISE_BROKEN:
        return None
    return desk.session.get_one(CallRow, json.loads(task.detail)["call_id"])


def _kept(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    row = _call_of(desk, task)
    assert row is not None, "the task is about a call"
    row.promise_state = PromiseState.KEPT
    desk.session.add(row)
    return f"The promise was kept after all (reference {values['reference']})"


def _promised_again(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    day_to_come(desk, values["follow_up"])
    return f"Promised anew (reference {values['reference']}) by {values['follow_up']}"


def _let_go(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    return f"The promise is let go of: {values['reason']}"


WAYS: dict[tuple[TaskType, str], Callable[[Desk, Task, Values, str], str]] = {
    (TaskType.PROMISE_BROKEN, "kept"): _kept,
    (TaskType.PROMISE_BROKEN, "promised_again"): _promised_again,
    (TaskType.PROMISE_BROKEN, "let_go"): _let_go,
}
