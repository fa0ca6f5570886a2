"""Absorbing facts: what arrived is folded into the encounter, in any order, twice or late.

Each fact is a pure question to billing and one set of writes. What does not fit yet (a reversal whose original is
unknown) waits unabsorbed; after every fact that fitted, the waiting ones are tried again.
"""

import json
from collections.abc import Sequence

from sqlmodel import col, select

from activities import (
    agency_desk,
    information_desk,
    promises,
    recovery_notices,
    reversals,
    share_gate,
    variance_keeping,
)
from activities.amending import go_on_with_amendments, take_amendment
from activities.answered_lines import by_lines, ids_of, lines_as_sent
from activities.appeal_desk import take_decision, take_sent
from activities.denied_amounts import keep_denials, open_denials
from activities.desk import Desk
from activities.live_claims import is_void, submission_named
from activities.member_ids import ask_about_number
from activities.next_payer import Answering, await_crossover, has_next_payer, take_up_answer, who_answers
from activities.passed_on import note_asked
from activities.patient_money import give_up, settle_patient_money, take_handed_over, take_payment, waive
from activities.patient_refunds import refund_failed
from activities.payer_credits import refund_cancelled
from activities.posting_review import hold_for_review
from activities.resending import let_copy_go, take_turn
from activities.status_desk import take_told, take_wish
from activities.take_backs import take_up
from activities.taking_back import take_back
from billing.acknowledgment import ClaimAcknowledgment
from billing.coordination import PRIMARY, answered_as, is_forwarded
from billing.deadlines import Reason
from billing.later_payers import post_later_payment
from billing.ledger import Account
from billing.money import Cents, format_dollars
from billing.posting import (
    BilledLine,
    PostingSituation,
    PostingVerdict,
    part_answered,
    post_claim_payment,
    repeats_an_answer,
)
from billing.remittance import ClaimPayment
from billing.reply_words import why_claim_was_refused
from billing.stages import FactKind
from billing.tasks import NewTask, TaskType
from database import coverages, encounters, records, remittances
from database.tables import Fact, RemittanceClaim, Submission

DENIED = "4"
"""CLP02"""
NO_ANSWER = {
    "23": "The payer says that the claim is not its own and passed it on{to}; the answer is awaited from there",
    "25": "The payer priced the claim beforehand; its answer is still awaited",
}
"""CLP02 of claim payments that decide nothing, and what the story says of them"""


def absorb_pending(desk: Desk) -> int:
    """Absorb every stored fact that fits; returns how many."""
    absorbed = 0
    waiting = list(encounters.pending_facts(desk.session, desk.encounter.id))
    while fitted := [fact for fact in waiting if _absorb(desk, fact)]:
        absorbed += len(fitted)
        waiting = [fact for fact in waiting if fact.absorbed_at is None]
    let_copy_go(desk)
    go_on_with_amendments(desk)
    settle_patient_money(desk)
    return absorbed


def _absorb(desk: Desk, fact: Fact) -> bool:
    verdict: str | None
    match FactKind(fact.kind):
        case FactKind.CLAIM_ACKNOWLEDGED:
            verdict = _acknowledge(desk, fact)
        case FactKind.SUBMISSION_REFUSED:
            verdict = _refuse(desk, fact)
        case FactKind.STATUS_ASKED:
            verdict = take_wish(desk, fact)
        case FactKind.STATUS_ANSWERED:
            verdict = take_told(desk, fact)
        case FactKind.RESUBMISSION_WISHED:
            verdict = take_turn(desk, fact)
        case FactKind.REMITTANCE_ARRIVED:
            verdict = _post_remittance(desk, fact)
        case FactKind.TAKEN_BACK:
            verdict = take_up(desk, fact)
        case FactKind.REFUND_CANCELLED:
            verdict = refund_cancelled(desk, fact)
        case FactKind.CARD_REFUND_FAILED:
            verdict = refund_failed(desk, fact)
        case FactKind.PATIENT_PAID:
            verdict = take_payment(desk, fact)
        case FactKind.BALANCE_GIVEN_UP:
            verdict = give_up(desk, fact)
        case FactKind.SMALL_BALANCE:
            verdict = waive(desk, fact)
        case FactKind.PLACEMENT_RECALLED:
            verdict = agency_desk.take_recall(desk, fact)
        case FactKind.APPEAL_SENT:
            verdict = take_sent(desk, fact)
        case FactKind.APPEAL_DECIDED:
            verdict = take_decision(desk, fact)
        case FactKind.RECORDS_SENT:
            verdict = information_desk.take_sent(desk, fact)
        case FactKind.RECOVERY_ANNOUNCED:
            verdict = recovery_notices.take(desk, fact)
        case FactKind.CALLED:
            verdict = promises.take(desk, fact)
        case FactKind.AMENDED:
            verdict = take_amendment(desk, fact)
        case FactKind.GROUP_CHANGED | FactKind.ASSISTANCE_DECIDED:
            verdict = fact.body
        case FactKind.MONEY_HANDED_OVER:
            verdict = take_handed_over(desk, fact)
    if verdict is None:
        fact.verdict = "waits for the answer that it takes back"
    else:
        fact.verdict = verdict[:200]
        fact.absorbed_at = desk.at
    desk.session.add(fact)
    return verdict is not None


def _acknowledge(desk: Desk, fact: Fact) -> str:
    """A 277CA's verdict on one claim: who spoke, and what it says."""
    acknowledgment = records.load(ClaimAcknowledgment, fact.body)
    submission = submission_named(desk, acknowledgment.control_number or "")
    if submission is None:
        return "names no submission of this encounter"
    who = "clearinghouse" if acknowledgment.from_clearinghouse else "payer"
    if acknowledgment.payer_claim_number:
        submission.payer_claim_number = acknowledgment.payer_claim_number
    if acknowledgment.accepted:
        if acknowledgment.from_clearinghouse:
            submission.clearinghouse_accepted_at = submission.clearinghouse_accepted_at or desk.at
        else:
            submission.payer_accepted_at = submission.payer_accepted_at or desk.at
            _note_void(desk, submission)
        desk.say(f"Accepted by the {who} (277CA)", message_id=fact.subject_id)
        return f"accepted by the {who}"
    why = why_claim_was_refused(acknowledgment)
    if submission.adjudicated_at is not None:
        desk.say(f"A late refusal by the {who} changes nothing, since the claim is adjudicated: {why}")
        return "refused after adjudication"
    submission.rejected_at = submission.rejected_at or desk.at
    desk.say(f"Rejected by the {who}: {why}", message_id=fact.subject_id)
    if _is_latest(desk, submission):
        desk.open_task(
            NewTask(
                TaskType.CLAIM_REJECTED,
                key=submission.control_number,
                reason=f"The {who} rejected the claim: {why}. It was never adjudicated and the filing clock still "
                "runs: mend it and send it as a new original.",
                amount_cents=desk.encounter.charge_cents,
                detail={"codes": acknowledgment.codes, "control_number": submission.control_number},
            )
        )
    return f"rejected by the {who}"


def _note_void(desk: Desk, submission: Submission) -> None:
    """A void has no remittance of its own where nothing was paid: the payer's acceptance is the answer. What was paid
    is owed back until the payer takes it (CLP02 22)."""
    if _is_latest(desk, submission) and is_void(submission) and submission.adjudicated_at is None:
        submission.adjudicated_at = desk.at
        for row in _standing_rows(desk, of=submission.responsibility):
            if row.paid_cents == 0:
                take_back(desk, row, submission.control_number, source=f"superseded:{row.id}", state="voided")
        desk.say("The payer took the void: the claim is withdrawn")


def _is_latest(desk: Desk, submission: Submission) -> bool:
    return desk.latest is submission


def _refuse(desk: Desk, fact: Fact) -> str:
    """The interchange or the transaction set was refused, or could not be sent."""
    refusal: dict[str, str] = json.loads(fact.body)
    submission = submission_named(desk, refusal["control_number"])
    if submission is None or submission.adjudicated_at is not None:
        return "no open submission"
    submission.rejected_at = submission.rejected_at or desk.at
    desk.say(refusal["reason"], message_id=fact.subject_id)
    if _is_latest(desk, submission):
        desk.open_task(
            NewTask(
                TaskType.TRANSMISSION_FAILED,
                key=submission.control_number,
                reason=refusal["reason"],
                amount_cents=desk.encounter.charge_cents,
                detail={"control_number": submission.control_number},
            )
        )
    return "refused"


def _post_remittance(desk: Desk, fact: Fact) -> str | None:
    """All rows of one remittance for this encounter, in file order, in this one transaction; None: they wait."""
    rows = desk.session.exec(
        select(RemittanceClaim)
        .where(
            RemittanceClaim.remittance_id == fact.subject_id,
            RemittanceClaim.encounter_id == desk.encounter.id,
            RemittanceClaim.state == "open",
        )
        .order_by(col(RemittanceClaim.ordinal))
    ).all()
    if not reversals.are_paired(desk, rows):
        return None
    held = hold_for_review(desk, rows)
    if held is not None:
        return held
    posted = [_post_row(desk, row) for row in rows]
    reversals.close_if_spent(desk, fact.subject_id)
    return "; ".join(posted) or "nothing left to post"


def _standing_rows(desk: Desk, *, of: str | None = None) -> list[RemittanceClaim]:
    """Posted rows of this encounter that were not taken back; what this very step posted counts. `of`: one payer's."""
    desk.session.flush()
    return remittances.standing_rows(desk.session, desk.encounter.id, of=of)


def _post_row(desk: Desk, row: RemittanceClaim) -> str:
    payment = records.load(ClaimPayment, row.payment)
    source = f"remit:{row.remittance_id}:{row.ordinal}"
    if payment.is_reversal:
        return reversals.post(desk, row, payment, source)
    if payment.status in NO_ANSWER and payment.paid_cents == 0:
        return _note(desk, row, payment)
    if not desk.submissions:
        return _except(desk, row, "this office has sent no claim for the visit; find out who did")
    submission = submission_named(desk, row.control_number) or desk.live
    if is_void(submission) and submission.control_number == row.control_number:
        return _answer_void(desk, row, submission)
    if not _is_still_with(desk, submission):
        return _except(desk, row, "it answers a claim that was let go; the visit is with another payer now")
    row.responsibility = answered_as(
        payment,
        sent_as=submission.responsibility,
        payer_number=remittances.payer_number(desk.session, row),
        forwarded_by=_forwarded_by(desk, submission.responsibility),
    )
    lines = lines_as_sent(desk, row.control_number)
    part = part_answered(payment, lines)
    beside, standing = by_lines(desk, row.responsibility, part)
    if standing and repeats_an_answer(payment):
        row.state = "noted"
        desk.session.add(row)
        desk.say("The payer refused a duplicate of a claim that it has answered; nothing changes")
        return "a duplicate was refused; the first answer stands"
    if row.responsibility != PRIMARY and not _is_first_done(desk):
        return _except(desk, row, "it speaks as a payer after the first, and the first has not answered")
    answering = who_answers(desk, row, payment)
    is_paid = any(one.paid_cents for one in standing)
    verdict = _decide(desk, row, payment, source, lines=part, answering=answering, is_paid=is_paid)
    if verdict.exception is not None:
        return _except(desk, row, verdict.exception)
    if answering is not None:
        take_up_answer(desk, answering, control_number=row.control_number)
    if row.responsibility == submission.responsibility:
        if {line.line_id for line in lines} <= {*ids_of(part), *beside}:
            submission.adjudicated_at = desk.at
        submission.payer_accepted_at = submission.payer_accepted_at or desk.at
        submission.payer_claim_number = payment.payer_claim_number or submission.payer_claim_number
    return _post_answer(desk, row, payment, verdict, instead_of=standing)


def _post_answer(
    desk: Desk,
    row: RemittanceClaim,
    payment: ClaimPayment,
    verdict: PostingVerdict,
    *,
    instead_of: Sequence[RemittanceClaim],
) -> str:
    """Put an answer that was decided on into the books, in the place of those that it supersedes."""
    for one in instead_of:
        take_back(desk, one, row.id, source=f"superseded:{one.id}", state="superseded")
    desk.post(verdict.entries, remittance_id=row.remittance_id)
    row.state = "posted"
    desk.session.add(row)
    desk.unschedule(Reason.FOLLOW_UP, Reason.APPEAL_LIMIT)
    desk.say(f"Adjudicated and posted: paid {format_dollars(payment.paid_cents)} of {format_dollars(row.charge_cents)}")
    for note in verdict.notes:
        desk.say(note[0].upper() + note[1:])
    if row.responsibility != PRIMARY:
        note_asked(desk)
    keep_denials(desk, row, verdict.passed_on, state="passed_on")
    if _is_stale(desk, row.responsibility):
        keep_denials(desk, row, verdict.denials, state="resubmitted")
    else:
        open_denials(desk, row, verdict.denials)
    await_crossover(desk, payment)
    ask_about_number(desk, row, payment)
    if not _is_stale(desk, row.responsibility):
        lines = part_answered(payment, lines_as_sent(desk, row.control_number))
        variance_keeping.compare(desk, row, payment, lines)
    return f"posted {payment.paid_cents} cents"


def _answer_void(desk: Desk, row: RemittanceClaim, submission: Submission) -> str:
    """The payer's own word on a void, under the void's number. It pays nothing; what was paid before comes back as a
    reversal of that (CLP02 22)."""
    if row.paid_cents:
        return _except(desk, row, "it pays for a claim that this office voided; ask the payer to take it back")
    if row.status == DENIED:
        return _except(desk, row, "it refuses the void; ask the payer what it has of the claim")
    row.state = "posted"
    row.responsibility = submission.responsibility
    row.reversed_by = submission.control_number
    desk.session.add(row)
    _note_void(desk, submission)
    return "the void was answered"


def _is_still_with(desk: Desk, submission: Submission) -> bool:
    """Whether the payer that a submission went to still has its place among the patient's payers."""
    return submission.withdrawn_at is None or submission.payer_id == desk.payer_of(submission.responsibility)


def _is_stale(desk: Desk, responsibility: str) -> bool:
    """Whether the payer with this place answers a claim that was changed since: it will be sent a replacement."""
    own = next((one for one in desk.other_policies if one.responsibility == responsibility), None)
    return own is not None and own.state == coverages.STALE


def _is_first_done(desk: Desk) -> bool:
    """Whether the first payer has answered, here or before the office moved here."""
    had_gone_on = any(one.first_submitted_at and one.responsibility != PRIMARY for one in desk.submissions)
    return had_gone_on or bool(_standing_rows(desk, of=PRIMARY))


def _forwarded_by(desk: Desk, responsibility: str) -> str | None:
    """The number of the payer with this place, once it has answered and passed the claim on."""
    for row in _standing_rows(desk, of=responsibility):
        if is_forwarded(records.load(ClaimPayment, row.payment)):
            return remittances.payer_number(desk.session, row)
    return None


def _except(desk: Desk, row: RemittanceClaim, why: str) -> str:
    """The row is not posted by machine; a person is asked."""
    row.state = "excepted"
    desk.session.add(row)
    desk.say(f"A remittance of {format_dollars(row.paid_cents)} was not posted: {why}")
    desk.open_task(
        NewTask(
            TaskType.UNMATCHED_REMIT,
            key=f"{row.id}:{desk.encounter.version}",
            reason=f"A claim payment was not posted by machine: {why}.",
            amount_cents=row.paid_cents,
            detail={"remittance_claim_id": row.id},
        )
    )
    return f"excepted: {why}"


def _decide(
    desk: Desk,
    row: RemittanceClaim,
    payment: ClaimPayment,
    source: str,
    *,
    lines: Sequence[BilledLine],
    answering: Answering | None,
    is_paid: bool,
) -> PostingVerdict:
    """What the payment does to the lines that it answers, by the rules for the payer that speaks: the first one, or one
    after it. Writes nothing."""
    situation = PostingSituation(
        lines=tuple(lines),
        charge_cents=Cents(sum(line.charge_cents for line in lines)),
        filing_indicators=share_gate.filing_indicators(desk, answering.policy if answering else None),
        is_qmb=share_gate.is_qmb(desk),
        already_adjudicated=is_paid,
        pays_capitation=bool(desk.policy("pays_capitation")),
        payer_detail=answering.payer_id if answering else desk.payer_of(row.responsibility),
        has_next_payer=has_next_payer(desk, row.responsibility, payment) or _is_stale(desk, row.responsibility),
    )
    if row.responsibility == PRIMARY:
        return post_claim_payment(payment, situation, source=source)
    open_cents = {line_id: desk.balances.line(Account.AR_INSURANCE, line_id) for line_id in desk.line_ids}
    return post_later_payment(payment, situation, open_cents, source=source)


def _note(desk: Desk, row: RemittanceClaim, payment: ClaimPayment) -> str:
    """It speaks of the claim and is no answer to it: what is awaited is awaited still."""
    row.state = "noted"
    desk.session.add(row)
    to = f" to {payment.crossover_payer.name.last}" if payment.crossover_payer is not None else ""
    desk.say(NO_ANSWER[payment.status].format(to=to))
    return "noted; the answer is awaited still"
