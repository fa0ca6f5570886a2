"""Submissions as people see them: what is ready, what is held, what was sent, and how far each claim has come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col, func, or_, select

from billing.sending import SendingPlan
from billing.submission import SubmissionState
from database import audit, office, patient_names, restoring, sending, users, worklists
from database.tables import Batch, Encounter, Partner, Patient, Payer, SendingHold, SendingPlanRow, Submission

STATES: dict[str, str] = {
    "prepared": "being transmitted",
    "transmitted": "sent, no 999 yet",
    "accepted": "taken by the 999",
    "rejected": "refused by TA1 or 999",
    "failed": "given up",
}
"""States of a batch, in words"""
CLAIM_STATES: dict[SubmissionState, str] = {
    SubmissionState.READY: "in its interchange, not sent yet",
    SubmissionState.TRANSMITTED: "sent",
    SubmissionState.SYNTAX_ACCEPTED: "taken by the 999",
    SubmissionState.CLEARINGHOUSE_ACCEPTED: "accepted by the clearinghouse",
    SubmissionState.PAYER_ACCEPTED: "accepted by the payer",
    SubmissionState.REJECTED: "rejected",
    SubmissionState.ADJUDICATED: "answered (835)",
    SubmissionState.WITHDRAWN: "let go",
}


@dataclass(frozen=True, slots=True)
class ReadyLine:
    """Ready claims of one payer that are in no interchange yet."""

    partner_id: str
    partner: str
    payer_id: str
    payer: str
    claims: int
    charge_cents: int
    oldest_at: datetime
    visits_on_hold: int
    """Of these claims, those whose visit somebody holds"""
    hold_id: str | None
    """The hold of partner or payer that keeps all of them"""


@dataclass(frozen=True, slots=True)
class PartnerView:
    """When one practice sends to a partner."""

    id: str
    name: str
    plan: str
    """In words; empty: no plan"""
    ready: int
    """Claims that could leave"""
    next_at: datetime | None
    """When the next batch leaves; None: nothing waits that may"""
    is_held: bool


@dataclass(frozen=True, slots=True)
class PlanView:
    """One row of a plan."""

    partner_id: str
    partner: str
    effective_from: date
    plan: str
    """Empty: the plan before it ends"""
    reason: str
    set_by: str


@dataclass(frozen=True, slots=True)
class HoldView:
    """A hold in force."""

    id: str
    partner_id: str
    partner: str
    payer_id: str | None
    payer: str
    """Empty: every payer of the partner"""
    reason: str
    placed_at: datetime
    placed_by: str
    ends_at: datetime | None
    claims: int
    charge_cents: int
    nearest_limit: date | None = None
    """The last day to file of the claim that has the fewest days left"""
    days_left: int | None = None


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One interchange."""

    id: str
    partner_id: str
    partner: str
    interchange_number: int
    group_number: int
    prepared_at: datetime
    transmitted_at: datetime | None
    envelope_accepted_at: datetime | None
    """TA1"""
    acknowledged_at: datetime | None
    """999, or a TA1 that refuses"""
    state: str
    state_words: str
    failed_because: str
    resends: int
    claims: int
    charge_cents: int
    taken: int
    """By the 999"""
    clearinghouse_accepted: int
    """277CA of the clearinghouse"""
    payer_accepted: int
    """277CA of the payer, or another sign that it has the claim"""
    rejected: int
    """By TA1, 999 or 277CA, or never transmitted"""
    answered: int
    """835"""


@dataclass(frozen=True, slots=True)
class BatchPage:
    """A page of interchanges, the newest first."""

    items: list[BatchRow]
    next_after: str | None


@dataclass(frozen=True, slots=True)
class BatchClaim:
    """One claim of an interchange."""

    control_number: str
    encounter_id: str
    patient: str
    service_date: date
    payer: str
    charge_cents: int
    state: str
    state_words: str
    state_at: datetime | None
    newer: str | None
    """Control number of the newest claim that went in its place"""


@dataclass(frozen=True, slots=True)
class BatchClaims:
    """A page of an interchange's claims, by control number."""

    batch: BatchRow
    items: list[BatchClaim]
    next_after: str | None


@dataclass(frozen=True, slots=True)
class Sought:
    """Which interchanges are looked for."""

    practice_id: str
    partner_id: str | None = None
    state: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    """By the instant at which it was written"""


def ready(session: Session, *, practice_id: str, at: datetime) -> list[ReadyLine]:
    """What waits to be sent, per partner and payer, the oldest first."""
    is_held = func.sum(sa.case((col(Encounter.on_hold), 1), else_=0))
    rows = session.execute(
        sa.select(
            col(Submission.partner_id),
            col(Partner.name),
            col(Submission.payer_id),
            col(Payer.name),
            func.count(),
            func.sum(Encounter.charge_cents),
            func.min(Submission.ready_at),
            is_held,
        )
        .join(Encounter, col(Encounter.id) == col(Submission.encounter_id))
        .join(Partner, col(Partner.id) == col(Submission.partner_id))
        .join(Payer, col(Payer.id) == col(Submission.payer_id))
        .where(
            col(Submission.practice_id) == practice_id,
            col(Submission.state) == SubmissionState.READY,
            col(Submission.batch_id).is_(None),
            col(Submission.is_paper).is_(False),
        )
        .group_by(col(Submission.partner_id), col(Partner.name), col(Submission.payer_id), col(Payer.name))
    ).all()
    kept = sending.holds(session, practice_id=practice_id, at=at)
    found = [
        ReadyLine(
            partner_id,
            partner,
            payer_id,
            payer,
            int(claims),
            int(cents),
            oldest_at,
            int(on_hold),
            next((one.id for one in kept if one.partner_id == partner_id and one.payer_id in {None, payer_id}), None),
        )
        for partner_id, partner, payer_id, payer, claims, cents, oldest_at, on_hold in rows
    ]
    return sorted(found, key=lambda one: (one.partner, one.oldest_at, one.payer_id))


def partners(session: Session, *, practice_id: str, at: datetime) -> list[PartnerView]:
    """The partners that the practice reaches payers through, with their plans; all of them where it knows no payer."""
    known = select(Payer.partner_id).where(Payer.practice_id == practice_id)
    rows = session.exec(select(Partner).where(col(Partner.id).in_(known)).order_by(Partner.name)).all()
    day = office.policies_for(session, practice_id=practice_id, payer_id=None).day(at)
    return [_partner(session, one, practice_id, day, at) for one in rows or office.partners(session)]


def _partner(session: Session, one: Partner, practice_id: str, day: date, at: datetime) -> PartnerView:
    route = {"practice_id": practice_id, "partner_id": one.id}
    queues = sending.queues(session, **route, at=at)
    plan = sending.plan_for(session, **route, day=day)
    counts = [each.count for each in (queues.fresh, queues.backlog) if each]
    is_held = any(each.payer_id is None for each in sending.holds(session, **route, at=at))
    return PartnerView(one.id, one.name, _words(plan), sum(counts), queues.next_at(), is_held)


def _words(plan: SendingPlan | None) -> str:
    return "" if plan is None else plan.words


def plans(session: Session, *, practice_id: str) -> list[PlanView]:
    """Every row of every plan, the newest first; those of days to come stand at the top."""
    rows = sending.plan_rows(session, practice_id=practice_id)
    names = {one.id: one.name for one in office.partners(session)}
    people = users.names_of(session, {one.set_by for one in rows})
    return [_plan(one, names, people) for one in rows]


def _plan(one: SendingPlanRow, names: dict[str, str], people: dict[str, str]) -> PlanView:
    words = _words(sending.plan_of(one))
    return PlanView(
        one.partner_id, names[one.partner_id], one.effective_from, words, one.reason, people.get(one.set_by, "")
    )


def holds(session: Session, *, practice_id: str, at: datetime) -> list[HoldView]:
    """The holds in force with what gathers behind each, without the filing limits."""
    rows = sending.holds(session, practice_id=practice_id, at=at)
    people = users.names_of(session, {one.placed_by for one in rows})
    return [_hold(session, one, people) for one in rows]


def _hold(session: Session, one: SendingHold, people: dict[str, str]) -> HoldView:
    partner = session.get_one(Partner, one.partner_id)
    payer = session.get_one(Payer, one.payer_id) if one.payer_id else None
    query = (
        select(func.count(), func.coalesce(func.sum(Encounter.charge_cents), 0))
        .join(Submission, col(Submission.encounter_id) == col(Encounter.id))
        .where(behind(one))
    )
    claims, cents = session.exec(query).one()
    return HoldView(
        one.id,
        one.partner_id,
        partner.name,
        one.payer_id,
        payer.name if payer else "",
        one.reason,
        one.placed_at,
        audit.OPERATOR if one.reason.startswith(restoring.REASON) else people.get(one.placed_by, ""),
        one.ends_at,
        int(claims),
        int(cents),
    )


def behind(one: SendingHold) -> sa.ColumnElement[bool]:
    """Claims that gather behind a hold."""
    return sa.and_(sending.waiting(one.practice_id, one.partner_id), sending.held([one]))


def batches(session: Session, sought: Sought, *, after: str | None = None, limit: int) -> BatchPage:
    """A page of interchanges. Raises worklists.NotACursor."""
    query = select(Batch, Partner.name).join(Partner, col(Partner.id) == col(Batch.partner_id))
    query = query.where(Batch.practice_id == sought.practice_id)
    if sought.partner_id is not None:
        query = query.where(Batch.partner_id == sought.partner_id)
    if sought.state is not None:
        query = query.where(Batch.state == sought.state)
    if sought.since is not None:
        query = query.where(col(Batch.prepared_at) >= sought.since)
    if sought.until is not None:
        query = query.where(col(Batch.prepared_at) < sought.until)
    if after is not None:
        at, batch_id = worklists.read_instant_cursor(after)
        older = sa.and_(col(Batch.prepared_at) == at, col(Batch.id) < batch_id)
        query = query.where(or_(col(Batch.prepared_at) < at, older))
    query = query.options(sa.orm.defer(Batch.body))  # type: ignore[arg-type]
    rows = session.exec(query.order_by(col(Batch.prepared_at).desc(), col(Batch.id).desc()).limit(limit + 1)).all()
    shown = rows[:limit]
    counts = _counts(session, [one.id for one, _ in shown])
    last = shown[-1][0] if len(rows) > limit else None
    return BatchPage(
        [_row(one, partner, counts.get(one.id)) for one, partner in shown],
        worklists.instant_cursor(last.prepared_at, last.id) if last else None,
    )


def batch(session: Session, *, practice_id: str, batch_id: str) -> BatchRow | None:
    """One interchange of the practice."""
    found = session.exec(
        select(Batch, Partner.name)
        .join(Partner, col(Partner.id) == col(Batch.partner_id))
        .where(Batch.practice_id == practice_id, Batch.id == batch_id)
    ).first()
    return None if found is None else _row(found[0], found[1], _counts(session, [batch_id]).get(batch_id))


def body(session: Session, *, practice_id: str, batch_id: str) -> Batch | None:
    """One interchange with its bytes."""
    return session.exec(select(Batch).where(Batch.practice_id == practice_id, Batch.id == batch_id)).first()


Counts = tuple[int, int, int, int, int, int]
"""Cents; claims taken by the 999, accepted by clearinghouse and payer, rejected, answered"""


def _counts(session: Session, batch_ids: Sequence[str]) -> dict[str, Counts]:
    def happened(name: str) -> sa.ColumnElement[int]:
        return func.sum(sa.case((getattr(Submission, name).is_not(None), 1), else_=0))

    dates = ("syntax_accepted_at", "clearinghouse_accepted_at", "payer_accepted_at", "rejected_at", "adjudicated_at")
    rows = session.execute(
        sa.select(col(Submission.batch_id), func.sum(Encounter.charge_cents), *(happened(name) for name in dates))
        .join(Encounter, col(Encounter.id) == col(Submission.encounter_id))
        .where(col(Submission.batch_id).in_(batch_ids))
        .group_by(col(Submission.batch_id))
    )
    return {row[0]: tuple(int(one) for one in row[1:]) for row in rows}  # type: ignore[misc]


def _row(one: Batch, partner: str, counts: Counts | None) -> BatchRow:
    cents, taken, clearinghouse, payer, rejected, answered = counts or (0, 0, 0, 0, 0, 0)
    return BatchRow(
        id=one.id,
        partner_id=one.partner_id,
        partner=partner,
        interchange_number=one.interchange_number,
        group_number=one.group_number,
        prepared_at=one.prepared_at,
        transmitted_at=one.transmitted_at,
        envelope_accepted_at=one.envelope_accepted_at,
        acknowledged_at=one.acknowledged_at,
        state=one.state,
        state_words=STATES.get(one.state, one.state),
        failed_because=one.failed_because or "",
        resends=one.resends,
        claims=one.claim_count,
        charge_cents=cents,
        taken=taken,
        clearinghouse_accepted=clearinghouse,
        payer_accepted=payer,
        rejected=rejected,
        answered=answered,
    )


def claims(
    session: Session, *, practice_id: str, batch_id: str, after: str | None = None, limit: int
) -> BatchClaims | None:
    """One interchange and a page of its claims; None: the practice has none such."""
    row = batch(session, practice_id=practice_id, batch_id=batch_id)
    if row is None:
        return None
    query = (
        select(Submission, Encounter, Patient, Payer.name)
        .join(Encounter, col(Encounter.id) == col(Submission.encounter_id))
        .join(Patient, col(Patient.id) == col(Encounter.patient_id))
        .join(Payer, col(Payer.id) == col(Submission.payer_id))
        .where(Submission.practice_id == practice_id, Submission.batch_id == batch_id)
    )
    if after is not None:
        query = query.where(col(Submission.control_number) > after)
    found = session.exec(query.order_by(Submission.control_number).limit(limit + 1)).all()
    shown = found[:limit]
    newest = _newest(session, [one.encounter_id for one, *_ in shown])
    items = [_claim(one, visit, patient, payer, newest[visit.id]) for one, visit, patient, payer in shown]
    return BatchClaims(row, items, shown[-1][0].control_number if len(found) > limit else None)


def _newest(session: Session, encounter_ids: Sequence[str]) -> dict[str, str]:
    rows = session.exec(
        select(Submission.encounter_id, Submission.control_number)
        .where(col(Submission.encounter_id).in_(encounter_ids))
        .order_by(col(Submission.ordinal))
    )
    return dict(rows.all())


def _claim(one: Submission, visit: Encounter, patient: Patient, payer: str, newest: str) -> BatchClaim:
    state = SubmissionState(one.state)
    reached = {
        SubmissionState.TRANSMITTED: one.transmitted_at,
        SubmissionState.SYNTAX_ACCEPTED: one.syntax_accepted_at,
        SubmissionState.CLEARINGHOUSE_ACCEPTED: one.clearinghouse_accepted_at,
        SubmissionState.PAYER_ACCEPTED: one.payer_accepted_at,
        SubmissionState.REJECTED: one.rejected_at,
        SubmissionState.ADJUDICATED: one.adjudicated_at,
        SubmissionState.WITHDRAWN: one.withdrawn_at,
    }
    return BatchClaim(
        one.control_number,
        visit.id,
        patient_names.name_of(patient),
        visit.service_date,
        payer,
        visit.charge_cents,
        one.state,
        CLAIM_STATES[state],
        reached.get(state, one.ready_at),
        newest if newest != one.control_number else None,
    )
