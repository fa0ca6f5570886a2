"""When the next batch of a practice leaves for a partner: plan, wish to send now, holds, and the pace after a hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, func, or_, select

from billing.policies import Policies
from billing.sending import Pace, SendingPlan, next_send, read_plan
from billing.submission import SubmissionState
from database import office, outbox
from database.columns import new_id
from database.engine import insert
from database.outbox import OutboxKind
from database.tables import Encounter, Payer, SendingHold, SendingPlanRow, SendingRequest, Submission

LATER = "later"
"""Parts the wish for a batch that is not due yet from the wish for one that is"""
Condition = sa.ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Queue:
    """Ready claims that leave together."""

    count: int
    oldest_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Queues:
    """What of a practice's ready claims could leave for one partner."""

    fresh: Queue | None
    backlog: Queue | None
    """What gathered behind a hold that has ended: it goes by the pace"""

    def next_at(self) -> datetime | None:
        """When something leaves next; None: nothing waits that may."""
        return min((one.due_at for one in (self.fresh, self.backlog) if one), default=None)


def waiting(practice_id: str, partner_id: str) -> Condition:
    """Ready claims that are in no interchange yet, whether something holds them or not."""
    return sa.and_(
        col(Submission.practice_id) == practice_id,
        col(Submission.partner_id) == partner_id,
        col(Submission.state) == SubmissionState.READY,
        col(Submission.batch_id).is_(None),
        col(Submission.is_paper).is_(False),
    )


def _is_in_force(at: datetime) -> Condition:
    return sa.and_(
        col(SendingHold.released_at).is_(None), or_(col(SendingHold.ends_at).is_(None), col(SendingHold.ends_at) > at)
    )


def _is_over(at: datetime) -> Condition:
    return or_(col(SendingHold.released_at).is_not(None), col(SendingHold.ends_at) <= at)


def holds(session: Session, *, practice_id: str, at: datetime, partner_id: str | None = None) -> Sequence[SendingHold]:
    """The holds in force, the oldest first; of one partner, or of all."""
    query = select(SendingHold).where(SendingHold.practice_id == practice_id, _is_in_force(at))
    if partner_id is not None:
        query = query.where(SendingHold.partner_id == partner_id)
    return session.exec(query.order_by(col(SendingHold.placed_at), SendingHold.id)).all()


def ended_holds(session: Session, *, practice_id: str, partner_id: str, at: datetime) -> Sequence[SendingHold]:
    """Holds that are over while some of what gathered behind them may still wait."""
    query = select(SendingHold).where(
        SendingHold.practice_id == practice_id,
        SendingHold.partner_id == partner_id,
        col(SendingHold.caught_up_at).is_(None),
        _is_over(at),
    )
    return session.exec(query.order_by(col(SendingHold.placed_at), SendingHold.id)).all()


def hold_on(session: Session, *, practice_id: str, partner_id: str, payer_id: str, at: datetime) -> SendingHold | None:
    """The hold that keeps claims of this payer here, the partner's before the payer's; None: none does."""
    found = holds(session, practice_id=practice_id, partner_id=partner_id, at=at)
    fitting = [one for one in found if one.payer_id in {None, payer_id}]
    return min(fitting, key=lambda one: one.payer_id is not None, default=None)


def ended_at(hold: SendingHold) -> datetime:
    """When a hold that is over ended: on its day, or when it was released before."""
    found = [one for one in (hold.released_at, hold.ends_at) if one is not None]
    return min(found)


def _of_hold(hold: SendingHold) -> Condition:
    return sa.true() if hold.payer_id is None else col(Submission.payer_id) == hold.payer_id


def held(found: Sequence[SendingHold]) -> Condition:
    """Claims that one of these holds keeps here."""
    return or_(sa.false(), *(_of_hold(one) for one in found))


def gathered(found: Sequence[SendingHold]) -> Condition:
    """Claims that gathered behind one of these holds, which are over."""
    return or_(sa.false(), *(sa.and_(_of_hold(one), col(Submission.ready_at) <= ended_at(one)) for one in found))


def has_gathered(claim: Submission, found: Sequence[SendingHold]) -> bool:
    """Whether a claim gathered behind one of these holds, which are over."""
    return any(one.payer_id in {None, claim.payer_id} and claim.ready_at <= ended_at(one) for one in found)


def may_leave(session: Session, *, practice_id: str, partner_id: str, at: datetime) -> Condition:
    """Waiting claims that nothing holds: neither a hold of their visit nor one of partner or payer."""
    kept = holds(session, practice_id=practice_id, partner_id=partner_id, at=at)
    return sa.and_(waiting(practice_id, partner_id), sa.not_(is_visit_on_hold()), sa.not_(held(kept)))


def is_visit_on_hold() -> Condition:
    """Claims whose visit somebody holds."""
    return sa.exists().where(col(Encounter.id) == col(Submission.encounter_id), col(Encounter.on_hold))


def queues(session: Session, *, practice_id: str, partner_id: str, at: datetime) -> Queues:
    """What could leave, and when each part of it does."""
    free = may_leave(session, practice_id=practice_id, partner_id=partner_id, at=at)
    over = ended_holds(session, practice_id=practice_id, partner_id=partner_id, at=at)
    behind = gathered(over)
    policies = office.policies_for(session, practice_id=practice_id, payer_id=None)
    count, oldest_at = _counted(session, free, sa.not_(behind))
    fresh = None
    if oldest_at is not None:
        due_at = _due(session, policies, practice_id, partner_id, count=count, oldest_at=oldest_at, at=at)
        fresh = Queue(count, oldest_at, due_at)
    count, oldest_at = _counted(session, free, behind) if over else (0, None)
    backlog = None
    if oldest_at is not None:
        sent = [one.last_batch_at for one in over if one.last_batch_at is not None]
        due_at = max(sent) + pace(policies, at=at).gap if sent else at
        backlog = Queue(count, oldest_at, due_at)
    return Queues(fresh, backlog)


def count_waiting(session: Session, *, practice_id: str, partner_id: str) -> int:
    """Ready claims in no interchange, held or not."""
    return _counted(session, waiting(practice_id, partner_id))[0]


def _counted(session: Session, *conditions: Condition) -> tuple[int, datetime | None]:
    query = select(func.count(), func.min(Submission.ready_at)).where(*conditions)
    count, oldest_at = session.exec(query).one()
    return int(count), oldest_at


def _due(
    session: Session,
    policies: Policies,
    practice_id: str,
    partner_id: str,
    *,
    count: int,
    oldest_at: datetime,
    at: datetime,
) -> datetime:
    """Where there is no plan, whoever wishes for a batch gets one: the wish itself waits."""
    plan = plan_for(session, practice_id=practice_id, partner_id=partner_id, day=policies.day(at))
    asked = session.get(SendingRequest, (practice_id, partner_id))
    if plan is None or (asked is not None and asked.asked_at >= oldest_at):
        return min(oldest_at, at)
    return next_send(plan, policies.zone, count=count, oldest_at=oldest_at)


def pace(policies: Policies, *, at: datetime) -> Pace:
    """How fast what was held, and what is sent again in bulk, goes."""
    today = policies.day(at)
    return Pace(
        policies.value("catch_up_claims", as_of=today), policies.value("catch_up_batches_per_hour", as_of=today)
    )


def wish(session: Session, *, practice_id: str, partner_id: str, at: datetime) -> None:
    """A claim was made ready: ask for a batch when its time has come. Without a plan that is after
    `batch_wait_seconds`, so that claims of one moment share an interchange."""
    policies = office.policies_for(session, practice_id=practice_id, payer_id=None)
    wait = policies.value("batch_wait_seconds", as_of=policies.day(at))
    session.flush()
    if plan_for(session, practice_id=practice_id, partner_id=partner_id, day=policies.day(at)) is not None:
        due_at = queues(session, practice_id=practice_id, partner_id=partner_id, at=at).next_at()
        if due_at is not None and due_at > at:
            wish_later(session, practice_id=practice_id, partner_id=partner_id, at=at, due_at=due_at)
            return
    outbox.enqueue(
        session,
        OutboxKind.START_BATCH,
        practice_id=practice_id,
        subject_id=partner_id,
        at=at,
        delay=timedelta(seconds=wait),
    )


def wish_later(session: Session, *, practice_id: str, partner_id: str, at: datetime, due_at: datetime) -> None:
    """Ask for a batch at an instant to come. An earlier wish stays the earlier one."""
    outbox.enqueue(
        session,
        OutboxKind.START_BATCH,
        practice_id=practice_id,
        subject_id=partner_id,
        fact_id=LATER,
        at=at,
        delay=max(due_at - at, timedelta()),
    )


def ask_now(session: Session, *, practice_id: str, partner_id: str, at: datetime, by: str) -> None:
    """What is ready by now waits for no plan."""
    row = insert(session, "sending_request").values(
        practice_id=practice_id, partner_id=partner_id, asked_at=at, asked_by=by
    )
    session.execute(
        row.on_conflict_do_update(index_elements=["practice_id", "partner_id"], set_={"asked_at": at, "asked_by": by})
    )


def plan_rows(session: Session, *, practice_id: str) -> Sequence[SendingPlanRow]:
    """Every plan of a practice, the newest first."""
    query = select(SendingPlanRow).where(SendingPlanRow.practice_id == practice_id)
    return session.exec(query.order_by(col(SendingPlanRow.effective_from).desc(), SendingPlanRow.id)).all()


def plan_of(row: SendingPlanRow) -> SendingPlan | None:
    """The row as billing's noun; None: it ends the plan before it."""
    if not row.times and row.at_count is None and row.wait_seconds is None:
        return None
    return read_plan(row.times, row.at_count, row.wait_seconds)


def plan_for(session: Session, *, practice_id: str, partner_id: str, day: date) -> SendingPlan | None:
    """The plan in force on a day; None: the practice has none."""
    row = session.exec(
        select(SendingPlanRow)
        .where(
            SendingPlanRow.practice_id == practice_id,
            SendingPlanRow.partner_id == partner_id,
            SendingPlanRow.effective_from <= day,
        )
        .order_by(col(SendingPlanRow.effective_from).desc())
        .limit(1)
    ).first()
    return None if row is None else plan_of(row)


def plan_from(session: Session, *, practice_id: str, partner_id: str, day: date) -> SendingPlanRow | None:
    """The row that begins on that very day."""
    return session.exec(
        select(SendingPlanRow).where(
            SendingPlanRow.practice_id == practice_id,
            SendingPlanRow.partner_id == partner_id,
            SendingPlanRow.effective_from == day,
        )
    ).first()


def hold(session: Session, *, practice_id: str, hold_id: str) -> SendingHold | None:
    """One hold of the practice, kept from others until the transaction ends; None: there is none."""
    query = select(SendingHold).where(SendingHold.practice_id == practice_id, SendingHold.id == hold_id)
    return session.exec(query.with_for_update()).first()


def place_hold(
    session: Session,
    *,
    practice_id: str,
    partner_id: str,
    payer_id: str | None,
    reason: str,
    ends_at: datetime | None,
    at: datetime,
    by: str,
) -> SendingHold | None:
    """Send nothing to the partner, or of the payer, from now on; None: the very same is held already."""
    session.exec(
        select(Payer.id).where(Payer.practice_id == practice_id, Payer.partner_id == partner_id).with_for_update()
    ).all()
    kept = holds(session, practice_id=practice_id, partner_id=partner_id, at=at)
    if any(one.payer_id == payer_id for one in kept):
        return None
    row = SendingHold(
        id=new_id(),
        practice_id=practice_id,
        partner_id=partner_id,
        payer_id=payer_id,
        reason=reason,
        placed_at=at,
        placed_by=by,
        ends_at=ends_at,
    )
    session.add(row)
    session.flush()
    return row


def take_note(session: Session, *, practice_id: str, partner_id: str, at: datetime, took_backlog: bool) -> None:
    """A batch was written: holds whose backlog it drew on, and those behind which nothing waits any more."""
    free = waiting(practice_id, partner_id)
    for one in ended_holds(session, practice_id=practice_id, partner_id=partner_id, at=at):
        if took_backlog:
            one.last_batch_at = at
        if _counted(session, free, gathered([one]))[0] == 0:
            one.caught_up_at = at
        session.add(one)


def why_it_waits(
    session: Session, *, practice_id: str, partner_id: str, payer_id: str, ready_at: datetime, at: datetime
) -> str | None:
    """Why a ready claim may wait longer than is usual, in words; None: nothing keeps it."""
    hold_found = hold_on(session, practice_id=practice_id, partner_id=partner_id, payer_id=payer_id, at=at)
    if hold_found is not None:
        whom = "partner" if hold_found.payer_id is None else "payer"
        return f"sending to this {whom} is on hold ({hold_found.reason})"
    for one in ended_holds(session, practice_id=practice_id, partner_id=partner_id, at=at):
        if one.payer_id in {None, payer_id} and ready_at <= ended_at(one):
            return "it takes its turn among what gathered behind a hold"
    return None


def why_visit_waits(session: Session, *, practice_id: str, encounter_id: str, at: datetime) -> str | None:
    """The same of the ready claim of a visit; None: it has none, or nothing keeps it."""
    row = session.exec(
        select(Submission).where(
            Submission.practice_id == practice_id,
            Submission.encounter_id == encounter_id,
            Submission.state == SubmissionState.READY,
            col(Submission.is_paper).is_(False),
            col(Submission.batch_id).is_(None),
        )
    ).first()
    if row is None:
        return None
    return why_it_waits(
        session,
        practice_id=practice_id,
        partner_id=row.partner_id,
        payer_id=row.payer_id,
        ready_at=row.ready_at,
        at=at,
    )


def routes_waiting(session: Session, *, before: datetime) -> list[tuple[str, str]]:
    """(practice, partner) of claims that were ready before an instant and are in no interchange."""
    rows = session.exec(
        select(Submission.practice_id, Submission.partner_id)
        .where(
            Submission.state == SubmissionState.READY,
            col(Submission.is_paper).is_(False),
            col(Submission.batch_id).is_(None),
            col(Submission.ready_at) < before,
        )
        .distinct()
    )
    return list(rows)
