"""A payer wants documents: asked for by a remittance or a 277, sent with a cover sheet, and followed to the answer."""

import json
from collections.abc import Callable, Sequence
from datetime import date, timedelta

from activities import appeal_desk
from activities.denial_desk import send_again, situation_of
from activities.denial_rows import review_again
from activities.desk import Desk
from activities.live_claims import live_claim
from activities.refusals import Refused, Values, day_to_come
from activities.seen import BY_STATUS
from billing.days import end_of, noon_of
from billing.deadlines import Reason
from billing.denials import Exit, why_not
from billing.information import SUPPORT, TRANSMISSIONS, RequestState, asked_by, with_attachment
from billing.letters import Way, records_letter
from billing.money import format_dollars
from billing.posting import DeniedAmount
from billing.status_verdicts import Answered
from billing.tasks import NewTask, TaskType
from database import encounters, letters, records, requests, tasks
from database.columns import new_id
from database.letters import RECORDS
from database.tables import Fact, InformationRequest, Letter, RemittanceClaim, Submission, Task

WARNING = timedelta(days=5)
"""Before the last day an unsent cover sheet is brought up"""


def ask_by_remittance(desk: Desk, row: RemittanceClaim, wanted: Sequence[DeniedAmount]) -> None:
    """The refused amounts of one answer that ask for documents."""
    if not wanted:
        return
    codes = dict.fromkeys(
        f"{one.group}-{one.reason}" + (f" with {', '.join(one.remarks)}" if one.remarks else "") for one in wanted
    )
    _open(
        desk,
        payer_id=desk.payer_of(row.responsibility),
        control_number=row.control_number,
        source=f"remittance:{row.id}",
        key=row.id,
        asked=asked_by(wanted),
        codes="; ".join(codes),
        amount_cents=sum(one.amount_cents for one in wanted),
    )


def ask_by_status(desk: Desk, submission: Submission, inquiry_id: str, answered: Answered) -> None:
    """A 277 that asks for documents, whether the office had asked or not. While a request about the claim waits, the
    same wish again is only told: it has its own last day, or its own day on which the answer is looked for."""
    for row in requests.waiting(desk.session, desk.encounter.id):
        if row.control_number == submission.control_number and row.asked == answered.asked:
            desk.say(f"The payer still asks for documents; our number {row.attachment_number} is {row.state}")
            return
    _open(
        desk,
        payer_id=submission.payer_id,
        control_number=submission.control_number,
        source=f"status:{inquiry_id}",
        key=f"{BY_STATUS.strip(':')}:{inquiry_id}",
        asked=answered.asked,
        codes=f"277 {answered.codes}",
        amount_cents=desk.encounter.charge_cents,
        number=answered.request_number,
        due_on=answered.respond_by,
    )


def _open(
    desk: Desk,
    *,
    payer_id: str,
    control_number: str,
    source: str,
    key: str,
    asked: str,
    codes: str,
    amount_cents: int,
    number: str | None = None,
    due_on: date | None = None,
) -> None:
    """`number` and `due_on` are the payer's own, where it names them."""
    days = desk.policy("information_request_days")
    row = requests.keep(
        desk.session,
        practice_id=desk.encounter.practice_id,
        encounter_id=desk.encounter.id,
        payer_id=payer_id,
        control_number=control_number,
        source_key=source,
        asked=asked,
        codes=codes,
        amount_cents=amount_cents,
        payer_reference=number,
        due_on=due_on or desk.today + timedelta(days=days),
        at=desk.at,
    )
    if row is not None:
        _ask(desk, row, key=key, because=f"The payer asks for {asked} ({codes}) before it pays")


def _ask(desk: Desk, row: InformationRequest, *, key: str, because: str) -> None:
    amount = f" {format_dollars(row.amount_cents)} waits for it." if row.amount_cents else ""
    named = f" The payer's number for its request is {row.payer_reference}." if row.payer_reference else ""
    desk.open_task(
        NewTask(
            TaskType.INFO_REQUEST,
            key=key,
            reason=f"{because}. The last day to send it is {row.due_on}.{amount} "
            f"Our number for it is {row.attachment_number}.{named}",
            amount_cents=row.amount_cents,
            detail={"request_id": row.id},
            not_after=end_of(row.due_on, desk.policies.zone),
        )
    )


# Ways out ---------------------------------------------------------------------------------------------------------


def _request(desk: Desk, task: Task) -> InformationRequest:
    return desk.session.get_one(InformationRequest, json.loads(task.detail)["request_id"])


def _send_records(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    row = _request(desk, task)
    _write(desk, row, values.get("remark", ""), actor_id)
    return (
        f"The cover sheet with our number {row.attachment_number} waits in the print queue: "
        "choose there what goes with it"
    )


def _replace(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    """The claim says itself that documents follow; the cover sheet carries the same number."""
    denials = encounters.open_denials(desk.session, desk.encounter.id)
    reason = why_not(Exit.REPLACE, situation_of(desk, denials))
    if reason is not None:
        raise Refused("not_possible", reason)
    way = values["way"].strip().lower().replace(" ", "_")
    if way not in set(Way):
        raise Refused("invalid", "please correct the form", (("way", f"must be one of: {', '.join(Way)}"),))
    row = _request(desk, task)
    typed = f"{values.get('report') or SUPPORT} {TRANSMISSIONS[Way(way)]} {row.attachment_number}"
    try:
        desk.keep(with_attachment(desk.claim, typed))
    except ValueError as error:
        raise Refused("invalid", "please correct the form", (("report", str(error)),)) from error
    _write(desk, row, "", actor_id)
    said = send_again(desk, denials, {}, frequency="7")
    return f"{said}; it says that documents follow under our number {row.attachment_number}"


def _write(desk: Desk, row: InformationRequest, remark: str, actor_id: str) -> None:
    """The cover sheet, and the day on which it is looked for in the print queue."""
    content = records_letter(
        desk.claim,
        written_on=desk.today,
        payer_claim_number=live_claim(desk, desk.responsibility).payer_claim_number,
        attachment_number=row.attachment_number,
        payer_reference=row.payer_reference,
        asked=row.asked,
        codes=row.codes,
        remark=remark,
        control_number=row.control_number,
    )
    letter = Letter(
        id=new_id(),
        practice_id=desk.encounter.practice_id,
        encounter_id=desk.encounter.id,
        kind=RECORDS,
        content=records.dump(content),
        written_at=desk.at,
        written_by=actor_id,
    )
    desk.session.add(letter)
    desk.session.flush()
    row.letter_id, row.state = letter.id, RequestState.ANSWERING
    desk.session.add(row)
    warning = noon_of(row.due_on, desk.policies.zone) - WARNING
    desk.schedule(Reason.FOLLOW_UP, max(warning, desk.at + timedelta(days=1)))


def _sent_otherwise(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    row = _request(desk, task)
    row.state, row.sent_at, row.why = RequestState.SENT, desk.at, f"Reference {values['reference']}"
    desk.session.add(row)
    desk.schedule(Reason.FOLLOW_UP, day_to_come(desk, values["follow_up"]))
    return f"What was asked for was sent (reference {values['reference']}); looked at again on {values['follow_up']}"


def _cannot_supply(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    row = _request(desk, task)
    _end(desk, row, RequestState.NOT_SUPPLIED, why=values["reason"], actor_id=actor_id)
    because = f"what the payer asked for ({row.asked}) cannot be supplied: {values['reason']}"
    again = review_again(desk, key=f"not_supplied:{row.id}", because=because)
    if again is not None:
        desk.open_task(again)
    return f"What the payer asked for cannot be supplied: {values['reason']}"


def _appeal_instead(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    denials = encounters.open_denials(desk.session, desk.encounter.id)
    if not denials:
        raise Refused("not_possible", "the payer has refused nothing yet: send what it asks for, or say why not")
    said = appeal_desk.file(desk, denials, values, actor_id)
    _end(desk, _request(desk, task), RequestState.APPEALED, why="appealed instead", actor_id=actor_id)
    return said


def _end(desk: Desk, row: InformationRequest, state: RequestState, *, why: str, actor_id: str | None) -> None:
    row.state, row.why, row.ended_at, row.ended_by = state, why, desk.at, actor_id
    desk.session.add(row)


WAYS: dict[tuple[TaskType, str], Callable[[Desk, Task, Values, str], str]] = {
    (TaskType.INFO_REQUEST, "send_records"): _send_records,
    (TaskType.INFO_REQUEST, "replace"): _replace,
    (TaskType.INFO_REQUEST, "sent_otherwise"): _sent_otherwise,
    (TaskType.INFO_REQUEST, "cannot_supply"): _cannot_supply,
    (TaskType.INFO_REQUEST, "appeal_instead"): _appeal_instead,
}


# What follows -----------------------------------------------------------------------------------------------------


def take_sent(desk: Desk, fact: Fact) -> str:
    """The documents are on their way: the payer's answer is awaited."""
    row = requests.of_letter(desk.session, fact.subject_id)
    if row is None or row.state != RequestState.ANSWERING:
        return "nothing is asked for any more"
    row.state, row.sent_at = RequestState.SENT, fact.received_at
    desk.session.add(row)
    desk.schedule(Reason.FOLLOW_UP, desk.at + timedelta(days=desk.policy("information_answer_days")))
    _close(desk)
    return "sent"


def is_unsent(desk: Desk) -> bool:
    """Whether a cover sheet waits in the print queue though its last day comes near: a person is asked."""
    late = [one for one in requests.waiting(desk.session, desk.encounter.id) if one.state == RequestState.ANSWERING]
    for row in late:
        _ask(
            desk,
            row,
            key=f"unsent:{row.id}:{desk.at:%Y%m%d}",
            because=f"The cover sheet of what the payer asks for ({row.asked}) still waits in the print queue",
        )
    return bool(late)


def why_again(desk: Desk) -> str | None:
    """Why a denial comes up again after documents were sent; None: none were."""
    sent = [one for one in requests.waiting(desk.session, desk.encounter.id) if one.state == RequestState.SENT]
    if not sent:
        return None
    last = sent[-1]
    day = desk.policies.day(last.sent_at) if last.sent_at else "earlier"
    return f"documents were sent on {day} (our number {last.attachment_number}), and the payer has not answered"


def settle(desk: Desk, payer_id: str) -> None:
    """The payer has adjudicated the claim: what it had asked before is answered, and not sent any more."""
    for row in requests.waiting(desk.session, desk.encounter.id):
        if row.payer_id != payer_id:
            continue
        letter = desk.session.get(Letter, row.letter_id) if row.letter_id else None
        if letter is not None and letter.sent_at is None:
            letters.withdraw(desk.session, letter, because="the payer answered anew", at=desk.at)
        _end(desk, row, RequestState.ANSWERED, why="adjudicated since", actor_id=None)
    _close(desk)


def _close(desk: Desk) -> None:
    for task in desk.open_tasks():
        if task.type == TaskType.INFO_REQUEST:
            tasks.close_task(desk.session, task, resolution="answered", at=desk.at, actor_id=None)
