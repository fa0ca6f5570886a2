"""Claim status on the desk: the 276 is prepared and stored, its stored answer is read, silence climbs a ladder.

Every question ends: in a day to ask again, in a new claim once, or with a person who sees every answer so far.
"""

import json
from datetime import timedelta

from activities import information_desk
from activities import status_inquiries as inquiries
from activities.desk import Desk
from activities.submission_desk import make_submission
from billing.claim import Claim
from billing.claim_status import ClaimStatus
from billing.days import in_words
from billing.deadlines import WORDS, Reason, after_business_days
from billing.partners import Reach
from billing.stages import Stage
from billing.status_verdicts import HAS_THE_CLAIM, RETRY_LADDER, Answered, Doing, Known, Meaning, read_status, what_next
from billing.submission import ON_ITS_WAY
from billing.tasks import NewTask, TaskType
from database import encounters, messages, office, records, status_inquiries
from database.columns import new_id
from database.tables import Fact, InboundMessage, StatusInquiry, Submission
from interchange.x12 import writing

BY_FILE_TOO = 2
"""Policy status_inquiry: a 276 is also sent to partners that are reached by files"""


def why_not_asked(desk: Desk) -> str | None:
    """Why the payer cannot be asked by machine what has become of the live claim; None: it can."""
    submission = desk.latest
    if submission is None or encounters.progress(submission).state not in ON_ITS_WAY:
        return "no claim is on its way to a payer"
    if encounters.progress(submission).goes_unacknowledged:
        return "the claim went on paper or from another system, under a number that the payer knows and this wire not"
    if not desk.policy("status_inquiry"):
        return "this payer is not asked by machine (policy status_inquiry)"
    is_real_time = Reach(office.partner(desk.session, submission.partner_id).reached_by).answers_at_once
    if not is_real_time and desk.policy("status_inquiry") != BY_FILE_TOO:
        return "this partner is reached by files and answers no questions in real time (policy status_inquiry 2)"
    return None


def ask_payer(desk: Desk, *, by: str | None = None) -> bool:
    """Prepare the 276 about the live claim, unless one waits already, and put it on the agenda for now. False, with a
    task for a person, when it cannot be written."""
    submission = desk.live
    if status_inquiries.waiting(desk.session, submission.control_number) is None and not _prepare(desk, submission, by):
        return False
    desk.schedule(Reason.STATUS_INQUIRY, desk.at)
    return True


def _prepare(desk: Desk, submission: Submission, by: str | None) -> bool:
    partner = office.partner(desk.session, submission.partner_id)
    number = messages.next_number(desk.session, partner_id=partner.id, name="interchange")
    row = StatusInquiry(
        id=new_id(),
        practice_id=submission.practice_id,
        encounter_id=submission.encounter_id,
        control_number=submission.control_number,
        partner_id=partner.id,
        interchange_number=number,
        asked_at=desk.at,
        asked_by=by,
    )
    try:
        row.body = inquiries.written(row, submission, partner, number, today=desk.today, local_time=desk.local_time)
    except writing.UnwritableData as error:
        desk.unschedule(Reason.STATUS_INQUIRY)
        ask_person(desk, submission, f"The payer cannot be asked by machine: the 276 cannot be written: {error}.")
        return False
    desk.session.add(row)
    desk.session.flush()
    desk.say("The payer is asked what has become of the claim (276)")
    return True


def ask_when_due(desk: Desk) -> None:
    """The instant to ask has come: ask; on hold a day later; a claim that moved on is not asked about any more."""
    if desk.encounter.on_hold:
        desk.schedule(Reason.STATUS_INQUIRY, desk.at + timedelta(days=1))
        return
    if why_not_asked(desk) is None:
        ask_payer(desk)
        return
    desk.unschedule(Reason.STATUS_INQUIRY)
    _let_go(desk)


def _let_go(desk: Desk) -> None:
    """What was asked about claims that moved on needs no answer."""
    for submission in desk.submissions:
        row = status_inquiries.waiting(desk.session, submission.control_number)
        if row is not None:
            row.state = status_inquiries.NEEDLESS
            desk.session.add(row)


def read_answer(desk: Desk, message_id: str | None, *, why: str, is_refused: bool) -> None:
    """Read the stored answer to the question that waits, or note why there is none.

    One that was read stays read: an engine that lost the end of this step has it done again, and what was put on the
    agenda by the first time stands. The same bytes once more, when a question is due, are another answer.
    """
    row = status_inquiries.waiting(desk.session, desk.live.control_number)
    due_at = desk.due_at(Reason.STATUS_INQUIRY)
    is_due = row is not None and due_at is not None and due_at <= desk.at
    if message_id is not None and not is_due and status_inquiries.was_read(desk.session, desk.encounter.id, message_id):
        return
    if row is None:
        desk.unschedule(Reason.STATUS_INQUIRY)
        return
    if message_id is None and row.sent_at is not None and not is_refused:
        again = after_business_days(desk.at, desk.policy("status_file_business_days"), desk.policies.zone)
        desk.schedule(Reason.STATUS_INQUIRY, again)
        desk.say(f"The question was {why}")
        return
    if message_id is None:
        _note_silence(desk, row, why or "the payer was not reached", is_refused=is_refused)
        return
    message = desk.session.get_one(InboundMessage, message_id)
    status = inquiries.answer_in(message.body, row)
    if isinstance(status, str):
        row.message_id = message_id
        _note_silence(desk, row, status, is_refused=False)
        return
    fold(desk, row, status, message_id=message_id)


def _note_silence(desk: Desk, row: StatusInquiry, why: str, *, is_refused: bool) -> None:
    """No answer: the next rung of the ladder; after the last, or where the partner refuses to be asked, a person."""
    rung = row.tries
    row.tries = rung + 1
    row.said = f"No answer: {why}"
    desk.session.add(row)
    if rung < len(RETRY_LADDER) and not is_refused:
        again = desk.at + RETRY_LADDER[rung]
        desk.schedule(Reason.STATUS_INQUIRY, again)
        desk.say(f"No status answer ({why}); asked again at {in_words(again, desk.policies.zone)}")
        return
    row.state = status_inquiries.FAILED
    desk.unschedule(Reason.STATUS_INQUIRY)
    desk.say(f"No status answer: {why}")
    tries = "" if is_refused else f" after {rung + 1} tries"
    ask_person(desk, desk.live, f"The payer was asked by machine{tries}, without an answer: {why}.")


def fold(desk: Desk, row: StatusInquiry, status: ClaimStatus, *, message_id: str) -> str:
    """Keep an answer and do what it asks for; of a claim that moved on it is only kept. Returns the answer in words."""
    answered = read_status(status)
    if answered.meaning == Meaning.NO_ANSWER and row.asked_at is not None:
        row.message_id = message_id
        _note_silence(desk, row, answered.words, is_refused=False)
        return answered.words
    before = status_inquiries.of_claim(desk.session, row.control_number)
    pending_before = status_inquiries.pending_in_a_row(before)
    status_inquiries.keep_answer(row, answered, message_id=message_id, at=desk.at)
    desk.session.add(row)
    submission = next(one for one in desk.submissions if one.control_number == row.control_number)
    if answered.payer_claim_number:
        submission.payer_claim_number = submission.payer_claim_number or answered.payer_claim_number
    desk.say(f"The payer on the claim's status: {answered.words}", message_id=message_id)
    if desk.latest is not submission or encounters.progress(submission).state not in ON_ITS_WAY:
        return answered.words
    known = _known(desk, submission, pending_before)
    if answered.meaning in HAS_THE_CLAIM:
        submission.payer_accepted_at = submission.payer_accepted_at or desk.at
    desk.session.flush()
    _act(desk, submission, row, answered, known)
    return answered.words


def _known(desk: Desk, submission: Submission, pending_before: int) -> Known:
    return Known(
        at=desk.at,
        transmitted_at=submission.transmitted_at or submission.ready_at,
        pending_before=pending_before,
        is_accepted_by_payer=submission.payer_accepted_at is not None or submission.payer_claim_number is not None,
        was_sent_again=status_inquiries.was_sent_again(desk.session, desk.encounter.id, payer_id=submission.payer_id),
        is_original=records.load(Claim, submission.claim).is_original,
        is_late=desk.at >= desk.filing.limit,
    )


def _act(desk: Desk, submission: Submission, row: StatusInquiry, answered: Answered, known: Known) -> None:
    coming = what_next(answered, known, desk.policies)
    row.doing = coming.doing
    if coming.doing == Doing.TRY_AGAIN:
        return  # told unasked that it cannot answer: what is on the agenda stays there
    desk.unschedule(Reason.STATUS_INQUIRY)
    match coming.doing:
        case Doing.ASK_AGAIN:
            assert coming.at is not None, "who asks again says when"
            desk.schedule(Reason.STATUS_INQUIRY, coming.at)
        case Doing.SEND_AGAIN:
            make_submission(desk)
            desk.say("The payer finds no such claim: it is sent again as a new original; the filing clock is the same")
        case Doing.MEND:
            _reject(desk, submission, answered)
        case Doing.TAKE_REQUEST:
            information_desk.ask_by_status(desk, submission, row.id, answered)
        case Doing.ASK_PERSON:
            ask_person(desk, submission, f"{answered.words[0].upper()}{answered.words[1:]}: {coming.why}.")


def _reject(desk: Desk, submission: Submission, answered: Answered) -> None:
    submission.rejected_at = submission.rejected_at or desk.at
    desk.open_task(
        NewTask(
            TaskType.CLAIM_REJECTED,
            key=submission.control_number,
            reason=f"Asked what became of the claim, the payer says: {answered.words}. It was never adjudicated and "
            "the filing clock still runs: mend it and send it as a new original.",
            amount_cents=desk.encounter.charge_cents,
            detail={"codes": answered.codes, "control_number": submission.control_number},
        )
    )


def ask_person(desk: Desk, submission: Submission, what: str) -> None:
    """A person looks into the silence, and sees every answer so far. One task: an open one is brought up to date."""
    cause = Reason.PAYER_ACKNOWLEDGMENT_DUE if desk.stage == Stage.ACKNOWLEDGMENT else Reason.REMITTANCE_DUE
    since = desk.policies.day(submission.transmitted_at or submission.ready_at)
    heard = _heard(desk, submission)
    reason = f"{what} Sent on {since}; {WORDS[cause]}." + (f" Answers so far: {heard}." if heard else "")
    task = next((one for one in desk.open_tasks() if one.type == TaskType.NO_RESPONSE), None)
    detail = {"control_number": submission.control_number}
    if task is not None:
        task.reason = reason
        task.detail = json.dumps(detail)
        desk.session.add(task)
        desk.say("The task about the payer's silence was brought up to date")
        return
    key = f"{submission.control_number}:{cause}:{new_id()}"
    desk.open_task(NewTask(TaskType.NO_RESPONSE, key, reason, desk.encounter.charge_cents, detail=detail))


def _heard(desk: Desk, submission: Submission) -> str:
    rows = status_inquiries.of_claim(desk.session, submission.control_number)
    told = [(one.answered_at, one.said) for one in rows if one.answered_at is not None]
    return "; ".join(f"{desk.policies.day(at)} {said}" for at, said in told)


def take_wish(desk: Desk, fact: Fact) -> str:
    """A person wants the payer asked now. What was asked and not answered is not asked twice."""
    submission = desk.latest
    if submission is None or submission.control_number != fact.body:
        return "the claim is not the live one any more"
    reason = why_not_asked(desk)
    if reason is not None:
        desk.say(f"The payer was not asked: {reason}")
        return f"not asked: {reason}"
    return "the payer is asked" if ask_payer(desk, by=fact.subject_id) else "the question cannot be written"


def take_told(desk: Desk, fact: Fact) -> str:
    """A 277 that came with the mail: the answer to what was asked, or one that nobody asked for."""
    status = records.load(ClaimStatus, fact.body)
    submission = next((one for one in desk.submissions if one.control_number == status.patient_control_number), None)
    if submission is None:
        return "names no claim of this encounter"
    asked = status_inquiries.referred_to(desk.session, status.reference)
    if asked is None or asked.control_number != submission.control_number or asked.answered_at is not None:
        asked = status_inquiries.unasked(submission)
    return fold(desk, asked, status, message_id=fact.subject_id)
