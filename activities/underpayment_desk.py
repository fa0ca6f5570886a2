"""The ways out of an underpayment: dispute it with the payer, own that the expectation was wrong, or give it up."""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta

from activities import variance_keeping
from activities.desk import Desk
from activities.refusals import Refused, Values, day_to_come
from billing.deadlines import Reason, reconsideration_deadline
from billing.money import format_dollars
from billing.tasks import NewTask, TaskType
from billing.underpayments import State
from database import letters, variances
from database.columns import new_id
from database.letters import RECONSIDERATION
from database.tables import Letter, PaymentVariance, Task


def reconsideration(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    """Ask the payer in writing. `letter`: the number of a waiting letter to the same payer that it is added to."""
    rows = _undecided(desk)
    if desk.at > reconsideration_deadline(min(one.answered_on for one in rows), desk.policies):
        raise Refused(
            "too_late", "the payer's last day for a reconsideration has passed; call the payer, or give it up"
        )
    missing = sum(variances.case_of(one).missing_cents for one in rows)
    letter = _waiting_letter(desk, rows, values["letter"]) if values.get("letter") else _new_letter(desk, actor_id)
    _decide(desk, rows, State.DISPUTED, why=values.get("argument", ""), actor_id=actor_id)
    for row in rows:
        row.letter_id = letter.id
        desk.session.add(row)
    variance_keeping.write_again(desk, letter, variances.of_letter(desk.session, letter.id))
    days = desk.policy("reconsideration_answer_days")
    desk.schedule(Reason.RECONSIDERATION_DUE, desk.at + timedelta(days=days))
    return f"Reconsideration of {format_dollars(missing)} asked for; the letter waits in the print queue"


def _waiting_letter(desk: Desk, rows: Sequence[PaymentVariance], letter_id: str) -> Letter:
    """A letter that nobody has sent, to the payer of these lines. Raises Refused."""
    letter = letters.find(desk.session, practice_id=desk.encounter.practice_id, letter_id=letter_id.lower())
    if letter is None or letter.kind != RECONSIDERATION:
        fault = "is no reconsideration of this practice; leave it empty for a letter of its own"
        raise Refused("invalid", "please correct the form", (("letter", fault),))
    letters.hold(desk.session, letter)
    if letter.sent_at is not None or letter.withdrawn_at is not None:
        fault = "was sent or withdrawn already; leave it empty for a letter of its own"
        raise Refused("invalid", "please correct the form", (("letter", fault),))
    there = variances.of_letter(desk.session, letter.id)
    if {one.payer_id for one in there} - {one.payer_id for one in rows}:
        fault = "is to another payer; leave it empty for a letter of its own"
        raise Refused("invalid", "please correct the form", (("letter", fault),))
    return letter


def _new_letter(desk: Desk, actor_id: str) -> Letter:
    letter = Letter(
        id=new_id(),
        practice_id=desk.encounter.practice_id,
        encounter_id=desk.encounter.id,
        kind=RECONSIDERATION,
        content="",
        written_at=desk.at,
        written_by=actor_id,
    )
    desk.session.add(letter)
    desk.session.flush()
    return letter


def payer_reprocessing(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    """The payer said by telephone that it processes the claim again."""
    rows = _undecided(desk)
    desk.schedule(Reason.RECONSIDERATION_DUE, day_to_come(desk, values["follow_up"]))
    _decide(desk, rows, State.DISPUTED, why=f"Reference {values['reference']}", actor_id=actor_id)
    return f"The payer processes it again (reference {values['reference']}); looked at again on {values['follow_up']}"


def contract_wrong(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    """The payer is right. What was expected of this claim stays written down; the contract is mended by itself."""
    _decide(desk, _undecided(desk), State.MISTAKEN, why=values["reason"], actor_id=actor_id)
    return f"What was expected was wrong: {values['reason']}. Mend the contract for the claims to come"


def accept(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    """Give it up; above the limit somebody else agrees first."""
    rows = _undecided(desk)
    missing = sum(variances.case_of(one).missing_cents for one in rows)
    if missing <= desk.policy("accept_underpayment_limit_cents"):
        return _give_up(desk, rows, why=values["reason"], actor_id=actor_id)
    desk.open_task(
        NewTask(
            TaskType.UNDERPAYMENT_APPROVAL,
            key=task.id,
            reason=f"Giving up an underpayment of {format_dollars(missing)} is proposed: {values['reason']}",
            amount_cents=missing,
            detail={"proposed_by": actor_id, "why": values["reason"]},
        )
    )
    return f"Giving up {format_dollars(missing)} was proposed"


def _approve(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    rows = _undecided(desk)
    if sum(variances.case_of(one).missing_cents for one in rows) != task.amount_cents:
        raise Refused("amount_changed", "the amount has changed since this was proposed; reload the page")
    return _give_up(desk, rows, why=json.loads(task.detail)["why"], actor_id=actor_id)


def _reject(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    because = f"giving it up was not approved: {values['reason']}"
    variance_keeping.ask(desk, key=f"rejected:{task.id}", because=because)
    return "Giving the underpayment up was not approved"


def _give_up(desk: Desk, rows: Sequence[PaymentVariance], *, why: str, actor_id: str) -> str:
    missing = sum(variances.case_of(one).missing_cents for one in rows)
    _decide(desk, rows, State.ACCEPTED, why=why, actor_id=actor_id)
    return f"The underpayment of {format_dollars(missing)} is given up; nothing changes in the books"


def _undecided(desk: Desk) -> list[PaymentVariance]:
    """Raises Refused where nothing is short any more."""
    rows = variances.undecided(desk.session, desk.encounter.id)
    if not rows:
        raise Refused("not_possible", "nothing is underpaid any more; reload the page")
    return rows


def _decide(desk: Desk, rows: Sequence[PaymentVariance], state: State, *, why: str, actor_id: str) -> None:
    """A letter that nobody has sent asks no more for what is decided otherwise."""
    variance_keeping.leave_letters(desk, rows)
    for row in rows:
        row.state, row.decided_at, row.decided_by, row.decided_why = state, desk.at, actor_id, why
        desk.session.add(row)
    desk.session.flush()
    variance_keeping.rest(desk)


WAYS: dict[tuple[TaskType, str], Callable[[Desk, Task, Values, str], str]] = {
    (TaskType.UNDERPAYMENT, "reconsideration"): reconsideration,
    (TaskType.UNDERPAYMENT, "payer_reprocessing"): payer_reprocessing,
    (TaskType.UNDERPAYMENT, "contract_wrong"): contract_wrong,
    (TaskType.UNDERPAYMENT, "accept"): accept,
    (TaskType.UNDERPAYMENT_APPROVAL, "approved"): _approve,
    (TaskType.UNDERPAYMENT_APPROVAL, "rejected"): _reject,
}
