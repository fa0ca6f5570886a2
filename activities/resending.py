"""What may go again, looked at on the desk of each visit; and what is done when it may."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from activities.desk import Desk
from activities.seen import BEFORE_SUBMISSION
from activities.submission_desk import make_submission, withdraw
from billing.claim import Claim
from billing.resubmission import REFUSAL_WORDS, Decision, Refusal, Situation, Way, refusal, way_of
from billing.submission import SubmissionState
from billing.tasks import TaskType
from database import encounters, outbox, records, resubmissions, sending, submissions, tasks
from database.outbox import OutboxKind
from database.resubmissions import Chosen
from database.tables import Batch, Encounter, Fact, RemittanceClaim, ResubmissionItem, Submission, Task

ASKED_ABOUT = frozenset({TaskType.TRANSMISSION_FAILED, TaskType.CLAIM_REJECTED, TaskType.NO_RESPONSE})
"""Tasks about a claim that are done once it goes again"""


def decide(
    session: Session, found: Sequence[Submission], *, practice_id: str, at: datetime, run: str | None = None
) -> list[Chosen]:
    """What becomes of each claim if it were sent again now. `run`: the resubmission that they have their turn in."""
    numbers = [one.control_number for one in found]
    elsewhere = resubmissions.waits_elsewhere(session, numbers, but=run)
    by_payer = resubmissions.rejected_by_payer(session, numbers, practice_id=practice_id)
    judged: list[tuple[Submission, int, Situation, Refusal | None]] = []
    may_go: Counter[str | None] = Counter()
    for one in found:
        desk = Desk(session, session.get_one(Encounter, one.encounter_id), at)
        situation = situation_of(
            desk,
            one,
            in_another_run=one.control_number in elsewhere,
            was_rejected_by_payer=one.control_number in by_payer,
        )
        why = refusal(situation, desk.policies, at=at)
        may_go[one.batch_id] += why is None
        judged.append((one, desk.encounter.charge_cents, situation, why))
    whole = {batch_id for batch_id, count in may_go.items() if batch_id and count == _size(session, batch_id)}
    return [
        Chosen(one, cents, Decision(one.control_number, way_of(situation, why, is_whole=one.batch_id in whole), why))
        for one, cents, situation, why in judged
    ]


def _size(session: Session, batch_id: str) -> int:
    return session.get_one(Batch, batch_id).claim_count


def situation_of(
    desk: Desk, one: Submission, *, in_another_run: bool, was_rejected_by_payer: bool, but: str | None = None
) -> Situation:
    """One claim as it is now. `but`: the fact that is being looked at and is no news."""
    session, visit = desk.session, desk.encounter
    batch = session.get(Batch, one.batch_id) if one.batch_id else None
    pending = [fact for fact in encounters.pending_facts(session, visit.id) if fact.id != but and fact.verdict is None]
    held = sending.hold_on(
        session, practice_id=one.practice_id, partner_id=one.partner_id, payer_id=one.payer_id, at=desk.at
    )
    return Situation(
        progress=encounters.progress(one),
        is_latest=desk.latest is not None and desk.latest.control_number == one.control_number,
        is_withdrawn=one.withdrawn_at is not None,
        is_answered=_is_answered(session, one),
        is_with_its_payer=visit.payer_id == one.payer_id,
        is_being_changed=desk.stage in BEFORE_SUBMISSION or visit.is_void or visit.is_self_pay or bool(desk.amendments),
        news_waits=bool(pending),
        was_rejected_by_payer=was_rejected_by_payer and one.rejected_at is not None,
        is_in_batch=batch is not None,
        envelope_accepted=batch is not None and batch.envelope_accepted_at is not None,
        batch_state=batch.state if batch else "",
        was_refused=batch.was_refused if batch else False,
        on_hold=visit.on_hold,
        sending_held=held is not None,
        in_another_run=in_another_run,
        filing_limit=desk.filing.limit,
    )


def _is_answered(session: Session, one: Submission) -> bool:
    query = select(RemittanceClaim.id).where(
        RemittanceClaim.practice_id == one.practice_id,
        RemittanceClaim.encounter_id == one.encounter_id,
        RemittanceClaim.control_number == one.control_number,
    )
    return session.exec(query.limit(1)).first() is not None


def take_turn(desk: Desk, fact: Fact) -> str:
    """The claim's turn has come: it goes again as a new original, or the facts of this moment are against it."""
    told = json.loads(fact.body)
    item = resubmissions.item(desk.session, fact.subject_id, told["ordinal"])
    one = next((one for one in desk.submissions if one.control_number == told["control_number"]), None)
    row = resubmissions.find(desk.session, practice_id=fact.practice_id, resubmission_id=fact.subject_id)
    if item is None or one is None or row is None or item.state != resubmissions.ASKED:
        return "the turn is over"
    by_payer = resubmissions.rejected_by_payer(desk.session, [one.control_number], practice_id=one.practice_id)
    situation = situation_of(desk, one, in_another_run=False, was_rejected_by_payer=bool(by_payer), but=fact.id)
    why = Refusal.STOPPED if row.state == "stopped" else refusal(situation, desk.policies, at=desk.at)
    if why is not None:
        resubmissions.refuse(desk.session, item, why, at=desk.at)
        desk.say(f"Not sent again with others: {REFUSAL_WORDS[why]}")
        return f"not sent again: {why}"
    route = {"practice_id": one.practice_id, "partner_id": one.partner_id}
    sending.ask_now(desk.session, **route, at=desk.at, by="office")
    _end_tasks(desk.session, desk.open_tasks(), one, at=desk.at, by=row.confirmed_by)
    make_submission(desk)
    desk.session.flush()
    _end_tasks_of_batch(desk.session, one, at=desk.at, by=row.confirmed_by)
    resubmissions.note_made(desk.session, item, control_number=desk.live.control_number, at=desk.at)
    desk.say("Sent again with others as a new original; the filing clock is the same")
    return "sent again"


def let_copy_go(desk: Desk) -> None:
    """The payer took the first claim after its copy was made and before that left: the copy stays here, else the payer
    would have two."""
    copy = desk.latest
    if copy is None or copy.batch_id is not None or copy.transmitted_at is not None or copy.is_paper:
        return
    for one in desk.submissions:
        heard = [at for at in (one.payer_accepted_at, one.adjudicated_at) if at is not None and at > copy.ready_at]
        if one is not copy and one.payer_id == copy.payer_id and heard and _is_copy(one, copy):
            withdraw(desk, copy)
            desk.say("The payer has the claim that was sent first: its copy, which had not left, is let go")
            return


def _is_copy(one: Submission, other: Submission) -> bool:
    claims = [replace(records.load(Claim, each.claim), control_number="") for each in (one, other)]
    return claims[0] == claims[1]


def _end_tasks(session: Session, found: Sequence[Task], one: Submission, *, at: datetime, by: str | None) -> None:
    for task in found:
        if task.type in ASKED_ABOUT and one.control_number in f"{task.opening_key} {task.detail}":
            tasks.close_task(session, task, resolution="resent", at=at, actor_id=by)


def _end_tasks_of_batch(session: Session, one: Submission, *, at: datetime, by: str | None) -> None:
    """Nobody asks any more about an interchange of which every claim has gone again."""
    newer = aliased(Submission)
    is_superseded = sa.exists().where(
        col(newer.encounter_id) == col(Submission.encounter_id), col(newer.ordinal) > col(Submission.ordinal)
    )
    left = select(Submission.control_number).where(Submission.batch_id == one.batch_id, sa.not_(is_superseded))
    if one.batch_id is None or session.exec(left.limit(1)).first() is not None:
        return
    for task in tasks.open_tasks(session, practice_id=one.practice_id, subject_id=one.batch_id):
        tasks.close_task(session, task, resolution="resent", at=at, actor_id=by)


def transmit_again(session: Session, turns: Sequence[ResubmissionItem], *, at: datetime) -> None:
    """Put a stored interchange back on its way, whole and as it was, or refuse all of it. Its visits are held until
    the transaction ends, so that none of them moves meanwhile."""
    batch_id = turns[0].batch_id
    assert batch_id is not None, "a stored interchange is a batch's"
    first = turns[0]
    members = submissions.hold_batch(session, batch_id)
    found = decide(session, members, practice_id=first.practice_id, at=at, run=first.resubmission_id)
    decided = {one.submission.control_number: one.decision for one in found}
    if any(one.way != Way.SAME_INTERCHANGE for one in decided.values()):
        for item in turns:
            resubmissions.refuse(session, item, decided[item.control_number].refusal or Refusal.NOT_WHOLE, at=at)
        return
    batch = session.get_one(Batch, batch_id)
    batch.state, batch.resends = "prepared", batch.resends + 1
    session.add(batch)
    row = resubmissions.find(session, practice_id=first.practice_id, resubmission_id=first.resubmission_id)
    for one in members:
        _back_on_its_way(session, one, batch, at=at, by=row.confirmed_by if row else None)
    for item in turns:
        resubmissions.note_made(session, item, control_number=item.control_number, at=at)
    outbox.enqueue(session, OutboxKind.RESEND_BATCH, practice_id=batch.practice_id, subject_id=batch.id, at=at)


def _back_on_its_way(session: Session, one: Submission, batch: Batch, *, at: datetime, by: str | None) -> None:
    visit = session.get_one(Encounter, one.encounter_id)
    one.rejected_at = None
    one.state, one.ready_at = SubmissionState.READY, at
    session.add(one)
    found = tasks.open_tasks(session, practice_id=one.practice_id, subject_id=visit.id)
    _end_tasks(session, found, one, at=at, by=by)
    words = f"Interchange {batch.interchange_number:09d} is transmitted once more, byte for byte: nobody answered to it"
    encounters.tell(session, visit, words, at=at)
    outbox.enqueue(
        session,
        OutboxKind.WAKE_ENCOUNTER,
        practice_id=one.practice_id,
        subject_id=visit.id,
        fact_id="resent",
        at=at,
    )
