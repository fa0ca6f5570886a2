"""Bulk resubmissions: which claims are sought, what was shown of them, whose turn it is, what became of each."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from billing.acknowledgment import ClaimAcknowledgment
from billing.resubmission import Decision, Refusal, Way, fingerprint
from billing.stages import FactKind
from billing.submission import SubmissionState
from database import records
from database.columns import new_id
from database.tables import Batch, Encounter, Fact, Resubmission, ResubmissionItem, Submission

MOST = 2000
"""Claims of one choice"""
WAITING, ASKED, MADE, REFUSED = "waiting", "asked", "made", "refused"
"""States of an item"""


class Kind(StrEnum):
    """What is the matter with the claims that are sought."""

    NOT_TRANSMITTED = "not_transmitted"
    NO_999 = "no_999"
    NO_277CA = "no_277ca"
    REJECTED = "rejected"


KIND_WORDS: dict[Kind, str] = {
    Kind.NOT_TRANSMITTED: "given up: the partner never answered, or refused the file",
    Kind.NO_999: "sent, and no 999 came",
    Kind.NO_277CA: "taken by the 999, and no 277CA came",
    Kind.REJECTED: "rejected by the clearinghouse",
}


@dataclass(frozen=True, slots=True)
class Sought:
    """The filter. Every part that is given must hold."""

    kind: Kind | None = None
    batch_id: str | None = None
    interchange_number: int | None = None
    """ISA13, of whichever partner"""
    partner_id: str | None = None
    payer_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    """By the instant at which the interchange was written"""
    reason: str = ""
    """Of a rejection: category and status of its 277CA, such as A3:21"""

    @property
    def text(self) -> str:
        """As it is kept."""
        told = asdict(self)
        for name in ("since", "until"):
            told[name] = told[name].isoformat() if told[name] else None
        return json.dumps(told)


def read_sought(text: str) -> Sought:
    """What was kept."""
    told = json.loads(text)
    for name in ("since", "until"):
        told[name] = datetime.fromisoformat(told[name]) if told[name] else None
    return Sought(**told | {"kind": Kind(told["kind"]) if told["kind"] else None})


class TooMany(ValueError):
    """The filter finds more than MOST claims."""


def candidates(session: Session, sought: Sought, *, practice_id: str) -> list[Submission]:
    """The claims that the filter finds, by day of service. Raises TooMany."""
    query = (
        select(Submission)
        .join(Batch, col(Batch.id) == col(Submission.batch_id))
        .join(Encounter, col(Encounter.id) == col(Submission.encounter_id))
        .where(Submission.practice_id == practice_id, *_conditions(sought))
        .order_by(col(Encounter.service_date), Submission.control_number)
        .limit(MOST + 1)
    )
    found = list(session.exec(query))
    if len(found) > MOST:
        raise TooMany(f"more than {MOST:,} claims are found; narrow it down")
    if not sought.reason:
        return found
    fitting = rejections(session, [one.control_number for one in found], practice_id=practice_id)
    wanted = sought.reason.upper()
    return [one for one in found if wanted in {each.upper() for each in fitting.get(one.control_number, ())}]


def _conditions(sought: Sought) -> list[sa.ColumnElement[bool]]:
    found = []
    if sought.batch_id is not None:
        found.append(col(Batch.id) == sought.batch_id)
    if sought.interchange_number is not None:
        found.append(col(Batch.interchange_number) == sought.interchange_number)
    if sought.partner_id is not None:
        found.append(col(Submission.partner_id) == sought.partner_id)
    if sought.payer_id is not None:
        found.append(col(Submission.payer_id) == sought.payer_id)
    if sought.since is not None:
        found.append(col(Batch.prepared_at) >= sought.since)
    if sought.until is not None:
        found.append(col(Batch.prepared_at) < sought.until)
    match sought.kind:
        case Kind.NOT_TRANSMITTED:
            found.append(sa.and_(col(Batch.state) == "failed", col(Submission.withdrawn_at).is_(None)))
        case Kind.NO_999:
            found.append(col(Submission.state) == SubmissionState.TRANSMITTED)
        case Kind.NO_277CA:
            found.append(col(Submission.state) == SubmissionState.SYNTAX_ACCEPTED)
        case Kind.REJECTED:
            found.append(sa.and_(col(Submission.state) == SubmissionState.REJECTED, col(Batch.state) != "failed"))
    return found


def rejections(session: Session, numbers: Sequence[str], *, practice_id: str) -> dict[str, set[str]]:
    """Control number -> the clearinghouse's reasons in 277CAs that rejected the claim, such as `A3:21`."""
    return _told(session, numbers, practice_id=practice_id, by_clearinghouse=True)


def rejected_by_payer(session: Session, numbers: Sequence[str], *, practice_id: str) -> set[str]:
    """Control numbers that a payer's 277CA rejected."""
    return set(_told(session, numbers, practice_id=practice_id, by_clearinghouse=False))


def _told(session: Session, numbers: Sequence[str], *, practice_id: str, by_clearinghouse: bool) -> dict[str, set[str]]:
    if not numbers:
        return {}
    rejected = select(Submission.encounter_id).where(
        col(Submission.control_number).in_(numbers), col(Submission.rejected_at).is_not(None)
    )
    facts = session.exec(
        select(Fact.body).where(
            Fact.practice_id == practice_id,
            Fact.kind == FactKind.CLAIM_ACKNOWLEDGED,
            col(Fact.encounter_id).in_(rejected),
        )
    )
    wanted, found = set(numbers), dict[str, set[str]]()
    for body in facts:
        said = records.load(ClaimAcknowledgment, body)
        number = said.control_number or ""
        if number in wanted and not said.accepted and said.from_clearinghouse == by_clearinghouse:
            found.setdefault(number, set()).update(f"{one.category}:{one.status}" for one in said.reasons)
    return found


def reasons_seen(session: Session, *, practice_id: str) -> list[str]:
    """Reasons of the clearinghouse's rejections that stand, for a person to choose from."""
    numbers = session.exec(
        select(Submission.control_number)
        .where(Submission.practice_id == practice_id, Submission.state == SubmissionState.REJECTED)
        .order_by(col(Submission.rejected_at).desc())
        .limit(MOST)
    ).all()
    told = rejections(session, numbers, practice_id=practice_id)
    return sorted({one for each in told.values() for one in each})


def waits_elsewhere(session: Session, numbers: Sequence[str], *, but: str | None) -> set[str]:
    """Which of the claims wait in another resubmission that runs."""
    query = (
        select(ResubmissionItem.control_number)
        .join(Resubmission, col(Resubmission.id) == col(ResubmissionItem.resubmission_id))
        .where(
            col(ResubmissionItem.control_number).in_(numbers),
            col(ResubmissionItem.state).in_([WAITING, ASKED]),
            Resubmission.state == "running",
        )
    )
    if but is not None:
        query = query.where(Resubmission.id != but)
    return set(session.exec(query))


@dataclass(frozen=True, slots=True)
class Chosen:
    """One claim with what was decided on it."""

    submission: Submission
    amount_cents: int
    decision: Decision


def keep_preview(
    session: Session,
    sought: Sought,
    chosen: Sequence[Chosen],
    *,
    practice_id: str,
    at: datetime,
    by: str,
) -> Resubmission:
    """Keep what is shown; earlier previews of the same person that nobody confirmed go."""
    stale = session.exec(
        select(Resubmission.id).where(
            Resubmission.practice_id == practice_id, Resubmission.made_by == by, Resubmission.state == "previewed"
        )
    ).all()
    session.execute(sa.delete(ResubmissionItem).where(col(ResubmissionItem.resubmission_id).in_(stale)))
    session.execute(sa.delete(Resubmission).where(col(Resubmission.id).in_(stale)))
    row = Resubmission(
        id=new_id(),
        practice_id=practice_id,
        state="previewed",
        sought=sought.text,
        fingerprint=fingerprint([one.decision for one in chosen]),
        made_at=at,
        made_by=by,
    )
    session.add(row)
    session.flush()
    for ordinal, one in enumerate(sorted(chosen, key=_turn), start=1):
        session.add(_item(row, ordinal, one))
    session.flush()
    return row


def _turn(one: Chosen) -> tuple[bool, str]:
    """Stored interchanges first, each together; the sort is stable, so that the oldest service goes first."""
    is_whole = one.decision.way == Way.SAME_INTERCHANGE
    return (not is_whole, (one.submission.batch_id or "") if is_whole else "")


def _item(row: Resubmission, ordinal: int, one: Chosen) -> ResubmissionItem:
    return ResubmissionItem(
        resubmission_id=row.id,
        ordinal=ordinal,
        practice_id=row.practice_id,
        encounter_id=one.submission.encounter_id,
        control_number=one.submission.control_number,
        batch_id=one.submission.batch_id,
        amount_cents=one.amount_cents,
        way=one.decision.way,
        refusal=one.decision.refusal,
        state=WAITING if one.decision.way else REFUSED,
    )


def find(session: Session, *, practice_id: str, resubmission_id: str) -> Resubmission | None:
    """One of the practice, for reading."""
    query = select(Resubmission).where(Resubmission.practice_id == practice_id, Resubmission.id == resubmission_id)
    return session.exec(query).first()


def hold(session: Session, *, practice_id: str, resubmission_id: str) -> Resubmission | None:
    """One of the practice, kept from others until the transaction ends."""
    query = select(Resubmission).where(Resubmission.practice_id == practice_id, Resubmission.id == resubmission_id)
    return session.exec(query.with_for_update()).first()


def items(session: Session, resubmission_id: str) -> Sequence[ResubmissionItem]:
    """Every claim in the order of their turns."""
    query = select(ResubmissionItem).where(ResubmissionItem.resubmission_id == resubmission_id)
    return session.exec(query.order_by(col(ResubmissionItem.ordinal))).all()


def decisions(session: Session, resubmission_id: str) -> dict[str, Decision]:
    """What was shown, by control number."""
    return {
        one.control_number: Decision(
            one.control_number,
            Way(one.way) if one.way else None,
            Refusal(one.refusal) if one.refusal else None,
        )
        for one in items(session, resubmission_id)
    }


def next_turns(session: Session, resubmission_id: str, *, limit: int) -> list[ResubmissionItem]:
    """Whose turn it is: every claim of the first stored interchange, or up to `limit` new originals."""
    waiting = select(ResubmissionItem).where(
        ResubmissionItem.resubmission_id == resubmission_id, ResubmissionItem.state == WAITING
    )
    ordered = waiting.order_by(col(ResubmissionItem.ordinal))
    first = session.exec(ordered.limit(1)).first()
    if first is None:
        return []
    if first.way == Way.SAME_INTERCHANGE:
        same = ordered.where(ResubmissionItem.batch_id == first.batch_id, ResubmissionItem.way == first.way)
        return list(session.exec(same))
    return list(session.exec(ordered.limit(limit)))


def count_waiting(session: Session, resubmission_id: str) -> int:
    """How many have not had their turn."""
    return session.exec(
        select(func.count()).where(
            ResubmissionItem.resubmission_id == resubmission_id, ResubmissionItem.state == WAITING
        )
    ).one()


def item(session: Session, resubmission_id: str, ordinal: int) -> ResubmissionItem | None:
    """One claim of a choice."""
    return session.get(ResubmissionItem, (resubmission_id, ordinal))


def refuse(session: Session, one: ResubmissionItem, why: Refusal, *, at: datetime) -> None:
    """The claim does not go after all."""
    one.state, one.refusal, one.done_at = REFUSED, why, at
    session.add(one)


def refuse_waiting(session: Session, resubmission_id: str, why: Refusal, *, at: datetime) -> int:
    """None that waits goes any more: how many."""
    count = 0
    for one in items(session, resubmission_id):
        if one.state == WAITING:
            refuse(session, one, why, at=at)
            count += 1
    return count


def note_made(session: Session, one: ResubmissionItem, *, control_number: str, at: datetime) -> None:
    """The claim is ready to leave."""
    one.state, one.new_control_number, one.done_at = MADE, control_number, at
    session.add(one)
