"""Appeals on the desk: filed level by level, sent, decided, and what follows from each decision."""

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from activities.denial_rows import decided, review_again
from activities.denial_tasks import amounts_of
from activities.desk import Desk
from activities.live_claims import live_claim
from activities.refusals import Refused, Values, day_to_come
from billing import appeals as levels
from billing.appeals import Decision, Level, Outcome, Standing, decide_by, levels_of, standing, why_not_recorded
from billing.days import end_of, noon_of
from billing.deadlines import Reason
from billing.denials import classify
from billing.letters import appeal_letter
from billing.money import Cents, NotAnAmount, format_dollars, parse_typed
from billing.tasks import KINDS, NewTask, TaskType
from database import appeals, coverages, encounters, letters, records, remittances, tasks
from database.columns import new_id
from database.letters import APPEAL
from database.tables import Appeal, Denial, Fact, Letter, RemittanceClaim, Task

NOT_SENT = "it was not sent, and is let go of"


def standing_of(desk: Desk, denials: Sequence[Denial]) -> Standing:
    """Which level is next for these amounts, until when; or why there is none."""
    if not denials:
        return Standing(why_not="nothing is denied any more; reload the page")
    row = desk.session.get_one(RemittanceClaim, denials[0].remittance_claim_id)
    indicator = _indicator(desk, row)
    reason = levels.why_medicare_hears_none(indicator, [one.reason for one in denials])
    if reason is not None:
        return Standing(why_not=reason)
    filed = appeals.filed_of(appeals.about_claim(desk.session, desk.encounter.id, row.control_number))
    answered_on = desk.policies.day(_answered_at(desk, row))
    return standing(
        levels_of(indicator, desk.policies, as_of=answered_on),
        filed,
        answered_on=answered_on,
        amount_cents=sum(one.amount_cents for one in denials),
    )


def _indicator(desk: Desk, row: RemittanceClaim) -> str | None:
    """SBR09 of the policy whose payer answered."""
    if row.responsibility != desk.responsibility:
        for one in desk.other_policies:
            if one.responsibility == row.responsibility:
                return coverages.policy_of(one).coverage.filing_indicator
    return desk.claim.coverage.filing_indicator


def _answered_at(desk: Desk, row: RemittanceClaim) -> datetime:
    submission = next((one for one in desk.submissions if one.control_number == row.control_number), None)
    return (submission or desk.live).adjudicated_at or desk.at


def file(desk: Desk, denials: Sequence[Denial], values: Values, actor_id: str) -> str:
    """Write the letter of the level that is next. Raises Refused."""
    found = standing_of(desk, denials)
    if found.level is None or found.last_day is None:
        raise Refused("not_possible", found.why_not or "no level of appeal is open")
    if desk.at > end_of(found.last_day, desk.policies.zone):
        raise Refused("too_late", "the payer's last day to appeal has passed; write it off with approval")
    row = desk.session.get_one(RemittanceClaim, denials[0].remittance_claim_id)
    letter = _write(desk, denials, row, found, values["argument"], actor_id)
    desk.session.add(
        Appeal(
            id=new_id(),
            practice_id=desk.encounter.practice_id,
            encounter_id=desk.encounter.id,
            payer_id=desk.payer_of(row.responsibility),
            control_number=row.control_number,
            level=found.number,
            name=found.level.name,
            letter_id=letter.id,
            amount_cents=sum(one.amount_cents for one in denials),
            filed_at=desk.at,
            filed_by=actor_id,
            file_by=found.last_day,
            decide_by=decide_by(found.level, sent_on=desk.today),
        )
    )
    decided(desk, denials, "appealed")
    _schedule(desk, found.level)
    desk.schedule(Reason.APPEAL_LIMIT, _warning(desk, found.last_day))
    return f"Appealed at level {found.number} ({found.level.name}); the letter waits in the print queue"


def _schedule(desk: Desk, level: Level | None) -> None:
    days = level.decided_within_days if level else None
    days = desk.policy("appeal_decision_days") if days is None else days
    desk.schedule(Reason.FOLLOW_UP, desk.at + timedelta(days=days))


def _warning(desk: Desk, last_day: date) -> datetime:
    limit = end_of(last_day, desk.policies.zone)
    return max(limit - timedelta(days=desk.policy("appeal_warning_days")), desk.at + timedelta(days=1))


def _write(
    desk: Desk, denials: Sequence[Denial], row: RemittanceClaim, found: Standing, argument: str, actor_id: str
) -> Letter:
    before = [one for one in appeals.about_claim(desk.session, desk.encounter.id, row.control_number) if one.decided_on]
    number = live_claim(desk, row.responsibility).payer_claim_number
    content = appeal_letter(
        desk.claim,
        written_on=desk.today,
        payer_claim_number=number or row.payer_claim_number,
        answered_on=(before[-1].decided_on if before else None) or desk.policies.day(_answered_at(desk, row)),
        level=found.number,
        level_name=found.level.name if found.level else "appeal",
        disputed=[_dispute(desk, one) for one in denials],
        amount_cents=sum(one.amount_cents for one in denials),
        argument=argument,
    )
    letter = Letter(
        id=new_id(),
        practice_id=desk.encounter.practice_id,
        encounter_id=desk.encounter.id,
        kind=APPEAL,
        content=records.dump(content),
        written_at=desk.at,
        written_by=actor_id,
    )
    desk.session.add(letter)
    desk.session.flush()
    return letter


def _dispute(desk: Desk, denial: Denial) -> str:
    [amount] = amounts_of([denial])
    line = desk.claim.lines[desk.line_ids.index(denial.line_id)]
    code = f"{denial.adjustment_group}-{denial.reason}" + (f", {denial.remarks}" if denial.remarks else "")
    return (
        f"{line.called} on {line.service_date:%m/%d/%Y}: {format_dollars(denial.amount_cents)}, "
        f"refused as {code} ({classify(amount).words})"
    )


# Sent -------------------------------------------------------------------------------------------------------------


def take_sent(desk: Desk, fact: Fact) -> str:
    """The letter is on its way: the payer's time runs, and nobody is asked to send it any more."""
    appeal = appeals.of_letter(desk.session, fact.subject_id)
    letter = desk.session.get_one(Letter, fact.subject_id)
    if appeal is None or letter.sent_at is None:
        return "no appeal"
    appeal.sent_at = letter.sent_at
    sent_on = letter.sent_on or desk.policies.day(letter.sent_at)
    level = _level(desk, appeal)
    appeal.decide_by = decide_by(level, sent_on=sent_on)
    desk.session.add(appeal)
    if appeal.outcome is not None:
        return "sent, and decided before"
    desk.unschedule(Reason.APPEAL_LIMIT)
    if appeal.decide_by is not None:
        due = noon_of(appeal.decide_by + timedelta(days=1), desk.policies.zone)
        desk.schedule(Reason.FOLLOW_UP, max(due, desk.at))
    _close(desk, TaskType.APPEAL_DEADLINE, "sent")
    return "sent"


def _level(desk: Desk, appeal: Appeal) -> Level | None:
    row = remittances.answer_to(desk.session, desk.encounter.id, control_number=appeal.control_number)
    indicator = _indicator(desk, row) if row else desk.claim.coverage.filing_indicator
    found = levels_of(indicator, desk.policies, as_of=desk.policies.day(appeal.filed_at))
    return found[appeal.level - 1] if appeal.level <= len(found) else None


def is_unsent(desk: Desk) -> bool:
    """Whether an appeal's last day comes near while its letter waits; a person is told once."""
    waiting = [one for one in undecided(desk) if one.sent_at is None and one.letter_id is not None]
    waiting = [one for one in waiting if desk.session.get_one(Letter, one.letter_id).sent_at is None]
    if not waiting:
        return False
    appeal = waiting[-1]
    limit = end_of(appeal.file_by, desk.policies.zone) if appeal.file_by else None
    desk.open_task(
        NewTask(
            TaskType.APPEAL_DEADLINE,
            key=appeal.id,
            reason=f"The letter of the appeal at level {appeal.level} ({appeal.name}) waits in the print queue since "
            f"{desk.policies.day(appeal.filed_at)}. Its last day is {appeal.file_by}: send it, and say there how.",
            amount_cents=appeal.amount_cents,
            detail={"letter_id": appeal.letter_id or ""},
            not_after=limit,
        )
    )
    return True


def _is_sent(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    letter = desk.session.get_one(Letter, json.loads(task.detail)["letter_id"])
    if letter.sent_at is None:
        raise Refused("not_possible", "its letter is not marked as sent: say on the letter's page how and when it left")
    return "The appeal is sent"


def _let_go(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    letter = desk.session.get_one(Letter, json.loads(task.detail)["letter_id"])
    try:
        letters.withdraw(desk.session, letter, because=NOT_SENT, at=desk.at, actor_id=actor_id)
    except letters.LetterSent as error:
        raise Refused("not_possible", "its letter was sent meanwhile; reload the page") from error
    desk.session.flush()
    _open_again(desk, key=f"not_sent:{letter.id}", because=f"the appeal was not sent: {values['reason']}")
    return f"The appeal is let go of: {values['reason']}"


# Decided ----------------------------------------------------------------------------------------------------------


def undecided(desk: Desk) -> list[Appeal]:
    """Appeals that a payer has yet to decide."""
    return [one for one in appeals.of_encounter(desk.session, desk.encounter.id) if one.outcome is None]


def ask_about(desk: Desk) -> bool:
    """The payer's time is over: a person finds out what it decided. False: no appeal is undecided."""
    waiting = undecided(desk)
    if not waiting:
        return False
    appeal = waiting[-1]
    sent = f"sent {desk.policies.day(appeal.sent_at)}" if appeal.sent_at else "not marked as sent"
    last = f", to be decided by {appeal.decide_by}" if appeal.decide_by else ""
    desk.open_task(
        NewTask(
            TaskType.APPEAL_DECISION,
            key=f"{appeal.id}:{desk.at:%Y%m%d%H%M}",
            reason=f"The appeal at level {appeal.level} ({appeal.name}), {sent}{last}, has no decision on record.",
            amount_cents=appeal.amount_cents,
            detail={"appeal_id": appeal.id},
        )
    )
    return True


def take_decision(desk: Desk, fact: Fact) -> str:
    """What a person recorded of a payer's decision, whenever it came."""
    appeal = desk.session.get_one(Appeal, fact.subject_id, populate_existing=True)
    if appeal.outcome is not None:
        return f"decided before: {appeal.outcome}"
    told = json.loads(fact.body)
    decision = Decision(
        Outcome(told["outcome"]),
        date.fromisoformat(told["decided_on"]),
        told["reference"],
        Cents(told["amount_cents"]) if told["amount_cents"] else None,
    )
    said = decide(desk, appeal, decision, actor_id=told["by"])
    desk.say(said)
    return said


def decide(desk: Desk, appeal: Appeal, decision: Decision, *, actor_id: str) -> str:
    """Record a decision and do what follows from it."""
    appeal.outcome, appeal.decided_on = decision.outcome, decision.decided_on
    appeal.reference, appeal.won_cents, appeal.recorded_by = decision.reference, decision.amount_cents, actor_id
    desk.session.add(appeal)
    desk.session.flush()
    _close(desk, TaskType.APPEAL_DECISION, str(decision.outcome))
    _close(desk, TaskType.APPEAL_DEADLINE, str(decision.outcome))
    amount = f", {format_dollars(decision.amount_cents)} will be paid" if decision.amount_cents else ""
    said = f"The appeal at level {appeal.level} was {levels.WORDS[decision.outcome]} on {decision.decided_on}{amount}"
    if decision.outcome in {Outcome.WON, Outcome.WON_IN_PART}:
        desk.unschedule(Reason.APPEAL_LIMIT)
        days = desk.policy("corrected_remittance_days")
        desk.schedule(Reason.FOLLOW_UP, desk.at + timedelta(days=days))
        return f"{said}; the corrected remittance is awaited for {days} days"
    _open_again(desk, key=f"decided:{appeal.id}", because=said[0].lower() + said[1:])
    return said


def _open_again(desk: Desk, *, key: str, because: str) -> None:
    """What was appealed is denied still: the next level has its own last day, or there is none."""
    denials = [one for one in encounters.open_denials(desk.session, desk.encounter.id) if one.state == "appealed"]
    decided(desk, denials, "open")
    desk.unschedule(Reason.FOLLOW_UP, Reason.APPEAL_LIMIT)
    desk.session.flush()
    found = standing_of(desk, denials)
    if found.level is not None and found.last_day is not None:
        desk.schedule(Reason.APPEAL_LIMIT, _warning(desk, found.last_day))
        because += f"; next is level {found.number} ({found.level.name}) until {found.last_day}"
    else:
        because += f"; {found.why_not}"
    limit = end_of(found.last_day, desk.policies.zone) if found.last_day else None
    again = review_again(desk, key=key, because=because, may_appeal=found.level is not None, not_after=limit)
    if again is not None:
        desk.open_task(again)


def why_again(desk: Desk) -> str | None:
    """Why a denial comes up again after an appeal was won and nothing was paid; None: no such appeal."""
    won = [
        one
        for one in appeals.of_encounter(desk.session, desk.encounter.id)
        if one.outcome in {Outcome.WON, Outcome.WON_IN_PART} and one.answered_at is None
    ]
    if not won:
        return None
    last = won[-1]
    return (
        f"the appeal at level {last.level} was {levels.WORDS[Outcome(last.outcome or '')]} on {last.decided_on} "
        f"(reference {last.reference or 'none'}), and no corrected remittance has come: hold the payer to it"
    )


def settle(desk: Desk, original: RemittanceClaim) -> None:
    """The answer that was disputed gives way to another one: the payer has adjudicated the claim again."""
    for one in appeals.about_claim(desk.session, desk.encounter.id, original.control_number):
        if one.answered_at is not None or one.outcome == Outcome.WITHDRAWN:
            continue
        one.answered_at = desk.at
        if one.outcome is None:
            one.outcome, one.decided_on = Outcome.ANSWERED, desk.today
        desk.session.add(one)
    _close(desk, TaskType.APPEAL_DECISION, "answered")
    _close(desk, TaskType.APPEAL_DEADLINE, "answered")


def _close(desk: Desk, kind: TaskType, resolution: str) -> None:
    for task in desk.open_tasks():
        if task.type == kind:
            tasks.close_task(desk.session, task, resolution=resolution, at=desk.at, actor_id=None)


def _recorded(outcome: Outcome) -> Callable[[Desk, Task, Values, str], str]:
    def record(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
        appeal = desk.session.get_one(Appeal, json.loads(task.detail)["appeal_id"])
        if appeal.outcome is not None:
            raise Refused("not_possible", "its decision was recorded meanwhile; reload the page")
        decided_on = date.fromisoformat(values["decided_on"]) if values.get("decided_on") else desk.today
        decision = Decision(outcome, decided_on, values["reference"], _amount(values))
        fault = why_not_recorded(
            decision,
            disputed_cents=Cents(appeal.amount_cents),
            filed_on=desk.policies.day(appeal.filed_at),
            today=desk.today,
        )
        if fault is not None:
            raise Refused("invalid", "please correct the form", (fault,))
        return decide(desk, appeal, decision, actor_id=actor_id)

    return record


def _amount(values: Values) -> Cents | None:
    try:
        return parse_typed(values["amount"]) if values.get("amount") else None
    except NotAnAmount as error:
        raise Refused("invalid", "please correct the form", (("amount", str(error)),)) from error


def _wait_on(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    desk.schedule(Reason.FOLLOW_UP, day_to_come(desk, values["follow_up"]))
    return f"Still with the payer (reference {values['reference']}); looked at again on {values['follow_up']}"


WAYS: dict[tuple[TaskType, str], Callable[[Desk, Task, Values, str], str]] = {
    (TaskType.APPEAL_DEADLINE, "sent"): _is_sent,
    (TaskType.APPEAL_DEADLINE, "not_sent"): _let_go,
    **{
        (TaskType.APPEAL_DECISION, name): _recorded(Outcome(name))
        for name in KINDS[TaskType.APPEAL_DECISION].resolutions
        if name != "still_waiting"
    },
    (TaskType.APPEAL_DECISION, "still_waiting"): _wait_on,
}
