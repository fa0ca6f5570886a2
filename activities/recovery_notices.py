"""A payer's notice that it wants money back: disputed in time or agreed to, and told of when the money is taken."""

import json
from collections.abc import Callable

from activities.desk import Desk
from activities.live_claims import claim_at, live_claim
from activities.refusals import Values
from billing.days import end_of
from billing.letters import recovery_dispute
from billing.money import format_dollars
from billing.recovery_notices import NOTICE_WORDS, NoticeState
from billing.tasks import NewTask, TaskType
from database import letters, records, recovery_notices, tasks
from database.columns import new_id
from database.letters import RECOVERY_DISPUTE
from database.tables import Fact, Letter, RecoveryNotice, Task


def take(desk: Desk, fact: Fact) -> str:
    """A notice was recorded: somebody answers it before its last day. No money has moved."""
    row = desk.session.get_one(RecoveryNotice, fact.subject_id)
    cents = format_dollars(row.amount_cents)
    desk.say(f"The payer announces that it takes {cents} back (its reference is {row.reference})")
    desk.open_task(
        NewTask(
            TaskType.RECOVERY_ANNOUNCED,
            key=row.id,
            reason=f"The payer wrote on {row.dated_on} that it takes {cents} back (its reference is {row.reference}). "
            f"Until {row.dispute_by} it can be disputed; nothing is taken yet.",
            amount_cents=row.amount_cents,
            detail={"notice_id": row.id},
            not_after=end_of(row.dispute_by, desk.policies.zone),
        )
    )
    return "announced"


def _notice(desk: Desk, task: Task) -> RecoveryNotice:
    return desk.session.get_one(RecoveryNotice, json.loads(task.detail)["notice_id"])


def _dispute(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    row = _notice(desk, task)
    places = (one.responsibility for one in desk.other_policies if one.payer_id == row.payer_id)
    place = desk.responsibility if row.payer_id == desk.encounter.payer_id else next(places, desk.responsibility)
    content = recovery_dispute(
        claim_at(desk, place),
        written_on=desk.today,
        payer_claim_number=live_claim(desk, place).payer_claim_number,
        reference=row.reference,
        dated_on=row.dated_on,
        amount_cents=row.amount_cents,
        argument=values["argument"],
    )
    letter = Letter(
        id=new_id(),
        practice_id=desk.encounter.practice_id,
        encounter_id=desk.encounter.id,
        kind=RECOVERY_DISPUTE,
        content=records.dump(content),
        written_at=desk.at,
        written_by=actor_id,
    )
    desk.session.add(letter)
    desk.session.flush()
    row.letter_id, row.state = letter.id, NoticeState.DISPUTED
    desk.session.add(row)
    return "Disputed; the letter waits in the print queue"


def _agree(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    row = _notice(desk, task)
    row.state, row.why = NoticeState.AGREED, values["reason"]
    desk.session.add(row)
    return "Agreed; the payer takes it out of a later payment, and the visit is looked at then"


def _withdrawn(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    _end(desk, _notice(desk, task), NoticeState.WITHDRAWN, why=f"Reference {values['reference']}")
    return "The payer let it go"


WAYS: dict[tuple[TaskType, str], Callable[[Desk, Task, Values, str], str]] = {
    (TaskType.RECOVERY_ANNOUNCED, "dispute"): _dispute,
    (TaskType.RECOVERY_ANNOUNCED, "agree"): _agree,
    (TaskType.RECOVERY_ANNOUNCED, "withdrawn"): _withdrawn,
}


def taken(desk: Desk, cents: int, *, how: str) -> str:
    """Money was taken of the visit: what was announced of it has come. In words what had become of the notice, for
    the task that follows; empty: none was recorded."""
    waiting = recovery_notices.announced(desk.session, desk.encounter.id)
    same = [one for one in waiting if one.amount_cents == cents] or waiting[:1]
    if not same:
        return ""
    row = same[0]
    told = NOTICE_WORDS[NoticeState(row.state)]
    _end(desk, row, NoticeState.TAKEN, why=how)
    return f" It was announced on {row.dated_on} (reference {row.reference}), and {told}."


def _end(desk: Desk, row: RecoveryNotice, state: NoticeState, *, why: str) -> None:
    """The letter that nobody has sent yet is not needed, and nobody is asked any more."""
    row.state, row.why, row.ended_at = state, why, desk.at
    desk.session.add(row)
    letter = desk.session.get(Letter, row.letter_id) if row.letter_id else None
    if letter is not None and letter.sent_at is None and state == NoticeState.WITHDRAWN:
        letters.withdraw(desk.session, letter, because="the payer let it go", at=desk.at)
    for task in desk.open_tasks():
        if (
            task.type == TaskType.RECOVERY_ANNOUNCED
            and task.opening_key.endswith(row.id)
            and state == NoticeState.TAKEN
        ):
            tasks.close_task(desk.session, task, resolution="taken", at=desk.at, actor_id=None)
