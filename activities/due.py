"""What the office does when an agenda entry's instant has come and nothing else happened."""

from datetime import timedelta

from activities import appeal_desk, information_desk, promises, take_backs, variance_keeping
from activities.denial_rows import review_again
from activities.desk import Desk
from activities.month_desk import bill_the_month
from activities.next_payer import forwarded_in_vain
from activities.posting_review import is_held, review_is_over
from activities.status_desk import ask_payer, ask_when_due, why_not_asked
from billing.deadlines import WORDS, Reason, after_business_days
from billing.ledger import Account
from billing.money import format_dollars
from billing.stages import FactKind
from billing.tasks import LAST_ESCALATION, NewTask, TaskType
from database import encounters, sending, tasks


def act(desk: Desk, reason: Reason) -> None:
    """Act on one due entry and move or strike it, so that it never fires twice for the same instant."""
    match reason:
        case Reason.INQUIRY_RETRY:
            desk.unschedule(reason)
        case Reason.TRANSMISSION_DUE if desk.live.transmitted_at is not None:
            desk.unschedule(reason)
        case Reason.TRANSMISSION_DUE:
            _ask_why_not_sent(desk, reason)
            desk.schedule(reason, desk.at + timedelta(hours=desk.policy("transmission_due_hours")))
        case Reason.CLEARINGHOUSE_ACKNOWLEDGMENT_DUE:
            _alarm(desk, reason, TaskType.TRANSMISSION_FAILED)
            days = desk.policy("clearinghouse_acknowledgment_business_days")
            desk.schedule(reason, after_business_days(desk.at, days))
        case Reason.PAYER_ACKNOWLEDGMENT_DUE:
            _ask_payer_or_person(desk, reason)
            days = desk.policy("payer_acknowledgment_business_days")
            desk.schedule(reason, after_business_days(desk.at, days))
        case Reason.REMITTANCE_DUE:
            if not is_held(desk):
                _ask_payer_or_person(desk, reason)
            desk.schedule(reason, desk.at + timedelta(days=desk.policy("remittance_repeat_days")))
        case Reason.STATUS_INQUIRY:
            ask_when_due(desk)
        case Reason.TIMELY_FILING:
            _warn_of_filing_limit(desk)
        case Reason.APPEAL_LIMIT:
            _warn_of_appeal_limit(desk)
        case Reason.POSTING_REVIEW_OVER:
            review_is_over(desk)
        case Reason.REVERSAL_UNPAIRED:
            _ask_about_waiting_facts(desk)
        case Reason.PATIENT_BALANCE_DUE:
            _ask_about_patient_balance(desk)
        case Reason.CROSSOVER_DUE:
            forwarded_in_vain(desk)
        case Reason.AMENDMENT_DUE:
            _ask_about_change(desk)
        case Reason.RECONSIDERATION_DUE:
            variance_keeping.ask_again(desk)
        case Reason.MONTH_OVER:
            bill_the_month(desk)
        case Reason.OWNER_DUE:
            _look_at_owner(desk)
        case Reason.PROMISE_DUE:
            promises.look(desk)
        case Reason.FOLLOW_UP:
            _follow_up(desk)
        case Reason.HOLD_ENDS:
            release(desk, "The hold ended on its day")
        case Reason.TASK_DUE:
            _escalate(desk)


def release(desk: Desk, words: str, *, actor: str = "office") -> None:
    """End the hold."""
    desk.encounter.on_hold = False
    desk.encounter.hold_reason = None
    desk.unschedule(Reason.HOLD_ENDS)
    desk.say(words, actor=actor)


def _ask_why_not_sent(desk: Desk, reason: Reason) -> None:
    """A ready claim has no receipt. One that the office itself keeps here asks nobody: its hold has an owner, and the
    filing clock goes on."""
    submission = desk.live
    words = None
    if submission.batch_id is None:
        words = sending.why_it_waits(
            desk.session,
            practice_id=submission.practice_id,
            partner_id=submission.partner_id,
            payer_id=submission.payer_id,
            ready_at=submission.ready_at,
            at=desk.at,
        )
    if words is None:
        _alarm(desk, reason, TaskType.TRANSMISSION_FAILED)
    else:
        desk.say_once(f"The claim waits: {words}")


def _ask_payer_or_person(desk: Desk, reason: Reason) -> None:
    """Silence of a payer: it is asked by machine where that is possible, else a person asks it."""
    if why_not_asked(desk) is not None or desk.encounter.on_hold:
        _alarm(desk, reason, TaskType.NO_RESPONSE)
    elif desk.due_at(Reason.STATUS_INQUIRY) is None:
        desk.say(f"Silence: {WORDS[reason]}")
        ask_payer(desk)


def _alarm(desk: Desk, reason: Reason, task_type: TaskType) -> None:
    """Silence is an event: ask a person, once per submission and kind of silence."""
    submission = desk.live
    since = submission.transmitted_at or submission.ready_at
    words = WORDS[reason]
    if any(task.type == task_type for task in desk.open_tasks()):
        desk.say(f"Still silent: {words}")
        return
    earlier = sum(1 for event in encounters.timeline_texts(desk.session, desk.encounter.id) if words in event)
    desk.say(f"Silence: {words}")
    desk.open_task(
        NewTask(
            task_type,
            key=f"{submission.control_number}:{reason}:{earlier}",
            reason=f"Nothing heard since {desk.policies.day(since)}: {words}.",
            amount_cents=desk.encounter.charge_cents,
            detail={"control_number": submission.control_number},
        )
    )


def _warn_of_filing_limit(desk: Desk) -> None:
    """One rung of the filing clock. Tasks that are open become more urgent; where there is none, one is opened."""
    desk.unschedule(Reason.TIMELY_FILING)
    limit, left = desk.filing.limit, desk.filing.days_left(desk.today)
    last_day = desk.policies.day(limit)
    words = "has passed" if desk.at >= limit else f"comes near, {left} {'day is' if left == 1 else 'days are'} left"
    desk.say(f"The payer's filing limit of {last_day} {words}")
    reason = f"The filing limit of {last_day} {words}, and no payer has accepted the claim."
    key = f"filing:{desk.today}"
    waiting = desk.open_tasks()
    for task in waiting:
        if f"{TaskType.NO_RESPONSE}:filing:" in task.opening_key:
            task.reason = reason
        if desk.at >= desk.filing.urgent_from:
            task.escalation = min(task.escalation + 1, max(task.escalation, LAST_ESCALATION))
            task.due_at = min(task.due_at, max(desk.at, limit))
        desk.session.add(task)
    if desk.submissions and not waiting:
        amount = desk.encounter.charge_cents
        desk.open_task(NewTask(TaskType.NO_RESPONSE, key, reason, amount_cents=amount, not_after=max(desk.at, limit)))


def _warn_of_appeal_limit(desk: Desk) -> None:
    """Said once; the review comes up again if nobody has it open."""
    desk.unschedule(Reason.APPEAL_LIMIT)
    words = f"the last day to appeal comes near: {desk.policy('appeal_warning_days')} days are left"
    desk.say(words[0].upper() + words[1:])
    if appeal_desk.is_unsent(desk):
        return
    again = review_again(desk, key=f"appeal_limit:{desk.encounter.version}", because=words)
    if again is not None and not any(task.type == TaskType.DENIAL_REVIEW for task in desk.open_tasks()):
        desk.open_task(again)


def _ask_about_waiting_facts(desk: Desk) -> None:
    asked = [task.opening_key for task in desk.open_tasks()]
    for fact in encounters.pending_facts(desk.session, desk.encounter.id):
        if fact.kind == FactKind.TAKEN_BACK and fact.verdict is not None:
            take_backs.hand_over(desk, fact)
            continue
        if any(fact.id in key for key in asked):
            continue
        desk.open_task(
            NewTask(
                TaskType.UNMATCHED_REMIT,
                key=f"{fact.id}:{desk.at:%Y%m%d}",
                reason="A payer takes back an answer that this office never received; find the original.",
            )
        )
    desk.schedule(Reason.REVERSAL_UNPAIRED, desk.at + timedelta(days=desk.policy("unpaired_reversal_days")))


def _ask_about_change(desk: Desk) -> None:
    """A change of the visit waits for a payer that is silent about it."""
    days = desk.policy("amendment_wait_days")
    desk.schedule(Reason.AMENDMENT_DUE, desk.at + timedelta(days=days))
    if any(task.type == TaskType.NO_RESPONSE for task in desk.open_tasks()):
        return
    for change in desk.amendments[:1]:
        desk.open_task(
            NewTask(
                TaskType.NO_RESPONSE,
                key=f"{Reason.AMENDMENT_DUE}:{change.id}:{desk.at:%Y%m%d}",
                reason=f"A change of this visit has waited since {desk.policies.day(change.made_at)} "
                f"({change.kind.replace('_', ' ')}): {WORDS[Reason.AMENDMENT_DUE]}.",
                amount_cents=desk.encounter.charge_cents,
            )
        )


def _ask_about_patient_balance(desk: Desk) -> None:
    owed = desk.balances.total(Account.AR_PATIENT)
    days = desk.policy("patient_balance_days")
    desk.schedule(Reason.PATIENT_BALANCE_DUE, desk.at + timedelta(days=days))
    if owed <= 0 or any(task.type == TaskType.PATIENT_BALANCE_DUE for task in desk.open_tasks()):
        return
    desk.open_task(
        NewTask(
            TaskType.PATIENT_BALANCE_DUE,
            key=f"{desk.at:%Y%m%d}",
            reason=f"The patient's share of {format_dollars(owed)} has been open for {days} days.",
            amount_cents=owed,
        )
    )


def _look_at_owner(desk: Desk) -> None:
    """The visit that bills this one tells when it is at zero; until then its own clocks are looked after there."""
    desk.say("Still billed with another visit, which is not at zero yet")
    desk.schedule(Reason.OWNER_DUE, desk.at + timedelta(days=desk.policy("joined_wait_days")))


def _follow_up(desk: Desk) -> None:
    """The day that a person named: bring the matter up again."""
    desk.unschedule(Reason.FOLLOW_UP)
    if appeal_desk.ask_about(desk) or information_desk.is_unsent(desk):
        return
    key = f"again:{desk.at:%Y%m%d%H%M}"
    why = "; ".join(filter(None, (promises.broken_at_follow_up(desk), appeal_desk.why_again(desk))))
    why = why or information_desk.why_again(desk) or ""
    again = review_again(desk, key=key, because=why or "the day to look at this denial again has come")
    desk.open_task(
        again
        or NewTask(
            TaskType.NO_RESPONSE,
            key=key,
            reason=f"The day to ask the payer again has come{': ' + why if why else ''}.",
            amount_cents=desk.encounter.charge_cents,
        )
    )


def _escalate(desk: Desk) -> None:
    rungs = {1: "reminded", 2: "brought to the lead", 3: "brought to the supervisor"}
    for task in desk.open_tasks():
        if tasks.next_rung(task) <= desk.at:
            task.escalation += 1
            desk.session.add(task)
            words = rungs.get(task.escalation, "brought to the supervisor again")
            desk.say(f"Overdue, {words}: {task.type.replace('_', ' ')}")
    desk.session.flush()
