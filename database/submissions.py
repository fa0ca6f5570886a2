"""Submissions on their way: taken into a batch once, moved on by what the partner says."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from billing.acknowledgment import ClaimAcknowledgment
from billing.deadlines import OWNERS, Reason, after_business_days
from billing.stages import FactKind, Stage
from billing.submission import SubmissionState
from database import office, outbox, records, sending
from database.outbox import OutboxKind
from database.tables import AgendaEntry, Batch, ControlNumberAlias, Encounter, Fact, Submission


def take_ready(
    session: Session, *, practice_id: str, partner_id: str, limit: int, at: datetime
) -> tuple[Sequence[Submission], bool]:
    """Claims that leave now, of one kind (the oldest's), oldest first: (claims, whether some had gathered behind a
    hold). What is held, or not due by its plan or pace, stays."""
    found = sending.queues(session, practice_id=practice_id, partner_id=partner_id, at=at)
    is_free = sending.may_leave(session, practice_id=practice_id, partner_id=partner_id, at=at)
    over = sending.ended_holds(session, practice_id=practice_id, partner_id=partner_id, at=at)
    behind = sending.gathered(over)
    pace = sending.pace(office.policies_for(session, practice_id=practice_id, payer_id=None), at=at)
    parts = []
    if found.fresh is not None and found.fresh.due_at <= at:
        parts.append((sa.and_(is_free, sa.not_(behind)), limit))
    if found.backlog is not None and found.backlog.due_at <= at:
        parts.append((sa.and_(is_free, behind), min(limit, pace.claims)))
    taken = sorted(
        (one for part, most in parts for one in _take(session, part, most)),
        key=lambda one: (one.ready_at, one.control_number),
    )
    same_kind = [one for one in taken if one.is_institutional == taken[0].is_institutional][:limit]
    return same_kind, any(sending.has_gathered(one, over) for one in same_kind)


def _take(session: Session, part: sa.ColumnElement[bool], limit: int) -> Sequence[Submission]:
    """Claims of one part and one kind, kept from others until the transaction ends."""
    query = select(Submission).where(part).order_by(col(Submission.ready_at), Submission.control_number)
    first = session.exec(query.limit(1).with_for_update(skip_locked=True)).first()
    if first is None:
        return []
    same_kind = query.where(col(Submission.is_institutional).is_(first.is_institutional))
    return session.exec(same_kind.limit(limit).with_for_update(skip_locked=True)).all()


def hold(session: Session, encounter_id: str) -> None:
    """Keep batches away from an encounter's submissions until the transaction ends; what one took meanwhile is seen."""
    mine = select(Submission).where(Submission.encounter_id == encounter_id)
    session.exec(mine.with_for_update().execution_options(populate_existing=True)).all()


def of_batch(session: Session, batch_id: str) -> Sequence[Submission]:
    """The claims of one batch in the order they were written."""
    return session.exec(
        select(Submission)
        .where(Submission.batch_id == batch_id)
        .order_by(col(Submission.set_number), col(Submission.ready_at), Submission.control_number)
    ).all()


def hold_batch(session: Session, batch_id: str) -> Sequence[Submission]:
    """The same claims, with their encounters' rows held until the transaction ends.

    An encounter's own step holds its row too: whoever comes second sees what the first wrote.
    """
    session.exec(
        select(Encounter)
        .where(col(Encounter.id).in_(select(Submission.encounter_id).where(Submission.batch_id == batch_id)))
        .order_by(Encounter.id)
        .with_for_update(key_share=True)
    ).all()
    return of_batch(session, batch_id)


def by_control_number(session: Session, number: str) -> Submission | None:
    """The submission that a payer's answer names, in whatever practice: the caller checks the practice."""
    return session.get(Submission, number)


def by_payer_number(session: Session, number: str, *, partner_id: str | None) -> Submission | None:
    """The newest submission of the one visit whose claim the payer knows under this number; None: none, or several."""
    query = select(Submission).where(Submission.payer_claim_number == number, Submission.partner_id == partner_id)
    rows = session.exec(query.order_by(col(Submission.ordinal).desc())).all()
    return rows[0] if len({one.encounter_id for one in rows}) == 1 else None


def named(session: Session, number: str, *, practice_id: str) -> Submission | None:
    """The practice's submission of this number: its own, or the one under which an old system had sent it."""
    found = session.get(Submission, number)
    if found is None:
        alias = session.get(ControlNumberAlias, (practice_id, number.strip().upper()))
        found = session.get(Submission, alias.control_number) if alias else None
    return found if found is not None and found.practice_id == practice_id else None


def acknowledgments(session: Session, row: Submission) -> list[tuple[Fact, ClaimAcknowledgment]]:
    """What clearinghouse and payer said of a claim before its answer (277CA), in order of arrival."""
    query = select(Fact).where(Fact.encounter_id == row.encounter_id, Fact.kind == FactKind.CLAIM_ACKNOWLEDGED)
    facts = session.exec(query.order_by(col(Fact.received_at), Fact.id))
    said = [(fact, records.load(ClaimAcknowledgment, fact.body)) for fact in facts]
    return [(fact, one) for fact, one in said if one.control_number == row.control_number]


def formerly_named(practice_id: str, number: str) -> SelectOfScalar[str]:
    """Visits of the practice with a claim that an old system had sent under this number."""
    return (
        select(Submission.encounter_id)
        .join(ControlNumberAlias, col(ControlNumberAlias.control_number) == col(Submission.control_number))
        .where(ControlNumberAlias.practice_id == practice_id, ControlNumberAlias.number == number.strip().upper())
    )


def formerly(session: Session, number: str, *, partner_id: str | None) -> Sequence[Submission]:
    """The submissions through a partner that old systems had sent under this number: one at most in each practice."""
    query = (
        select(Submission)
        .join(ControlNumberAlias, col(ControlNumberAlias.control_number) == col(Submission.control_number))
        .where(ControlNumberAlias.number == number.strip().upper(), Submission.partner_id == partner_id)
    )
    return session.exec(query.order_by(Submission.control_number)).all()


def batch_of_interchange(session: Session, *, partner_id: str, interchange_number: int) -> Batch | None:
    """The batch that went out under ISA13."""
    return session.exec(
        select(Batch).where(Batch.partner_id == partner_id, Batch.interchange_number == interchange_number)
    ).first()


def batch_of_group(session: Session, *, partner_id: str, group_number: int) -> Batch | None:
    """The batch whose newest group went out under GS06."""
    return session.exec(
        select(Batch)
        .where(Batch.partner_id == partner_id, Batch.group_number == group_number)
        .order_by(col(Batch.prepared_at).desc())
    ).first()


def mark_transmitted(session: Session, batch: Batch, *, at: datetime, receipt_id: str, received_at: datetime) -> None:
    """The receipt is stored: every claim of the batch is transmitted, and its next deadline is the clearinghouse's.

    The encounters' stage and agenda move here, in bulk, so that no workflow is woken merely to hear that all is well.
    """
    batch.state = "transmitted"
    batch.transmitted_at = at
    batch.receipt_id = receipt_id
    session.add(batch)
    due_at: dict[str, datetime] = {}
    for submission in hold_batch(session, batch.id):
        if submission.transmitted_at is not None:
            continue
        submission.transmitted_at = at
        if submission.state == SubmissionState.READY:
            submission.state = SubmissionState.TRANSMITTED
        session.add(submission)
        if submission.payer_id not in due_at:
            policies = office.policies_for(session, practice_id=submission.practice_id, payer_id=submission.payer_id)
            days = policies.value("clearinghouse_acknowledgment_business_days", as_of=policies.day(at))
            due_at[submission.payer_id] = after_business_days(at, days)
        _move_agenda(session, submission, due_at[submission.payer_id])
    session.flush()


def _move_agenda(session: Session, submission: Submission, due_at: datetime) -> None:
    encounter = session.get(Encounter, submission.encounter_id)
    if encounter is None or encounter.stage != Stage.SUBMISSION:
        return
    encounter.stage = Stage.ACKNOWLEDGMENT
    session.add(encounter)
    row = session.get(AgendaEntry, (submission.encounter_id, Reason.TRANSMISSION_DUE.value))
    if row is not None:
        session.delete(row)
    reason = Reason.CLEARINGHOUSE_ACKNOWLEDGMENT_DUE
    session.merge(
        AgendaEntry(
            encounter_id=submission.encounter_id,
            reason=reason,
            practice_id=submission.practice_id,
            owner=OWNERS[reason],
            due_at=due_at,
        )
    )


def mark_mailed(session: Session, control_number: str, *, at: datetime) -> None:
    """A paper claim is in the mail: its encounter is woken, and waits for the payer's answer from now on."""
    submission = session.get(Submission, control_number)
    if submission is None or submission.transmitted_at is not None or submission.withdrawn_at is not None:
        return
    submission.transmitted_at = at
    submission.state = SubmissionState.TRANSMITTED
    session.add(submission)
    outbox.enqueue(
        session,
        OutboxKind.WAKE_ENCOUNTER,
        practice_id=submission.practice_id,
        subject_id=submission.encounter_id,
        fact_id=control_number,
        at=at,
    )


def mark_syntax_accepted(session: Session, submission: Submission, *, at: datetime) -> None:
    """A 999 took the claim's transaction set."""
    if submission.syntax_accepted_at is None:
        submission.syntax_accepted_at = at
        if submission.state == SubmissionState.TRANSMITTED:
            submission.state = SubmissionState.SYNTAX_ACCEPTED
        session.add(submission)
