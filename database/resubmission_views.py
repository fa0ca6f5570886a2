"""Bulk resubmissions as people see them: what would go, and what became of each claim."""

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from billing.resubmission import REFUSAL_WORDS, WAY_WORDS, Refusal, Way
from billing.submission import SubmissionState
from database import patient_names, resubmissions, users
from database.resubmissions import ASKED, KIND_WORDS, MADE, REFUSED, WAITING, Sought
from database.tables import Batch, Encounter, Patient, Payer, Resubmission, ResubmissionItem, Submission

RUN_STATES = {
    "previewed": "a preview: nothing goes before it is confirmed",
    "running": "running",
    "stopped": "stopped",
    "done": "every claim has had its turn",
}


@dataclass(frozen=True, slots=True)
class ResubmissionRow:
    """One choice of claims and how far it has come."""

    id: str
    state: str
    state_words: str
    sought: str
    """What was looked for, in words"""
    made_at: datetime
    made_by: str
    confirmed_at: datetime | None
    ended_at: datetime | None
    claims: int
    going: int
    """Not refused"""
    going_cents: int
    waiting: int
    made: int
    """Ready to leave, or sent"""
    refused: int


@dataclass(frozen=True, slots=True)
class Part:
    """Claims of a choice with one fate."""

    words: str
    goes: bool
    claims: int
    charge_cents: int


@dataclass(frozen=True, slots=True)
class ItemView:
    """One claim and what became of it."""

    ordinal: int
    control_number: str
    encounter_id: str
    patient: str
    service_date: date
    payer: str
    charge_cents: int
    way: str | None
    refusal: str | None
    state: str
    """waiting, asked, ready, transmitting, sent, let_go or refused"""
    words: str
    new_control_number: str | None
    batch_id: str | None
    """The interchange it went again in"""
    interchange_number: int | None


@dataclass(frozen=True, slots=True)
class ResubmissionView:
    """One choice with a page of its claims."""

    row: ResubmissionRow
    fingerprint: str
    """Sent along when it is confirmed"""
    parts: list[Part]
    items: list[ItemView]
    next_after: int | None


def newest(session: Session, *, practice_id: str, limit: int) -> list[ResubmissionRow]:
    """The choices that were confirmed, the newest first."""
    rows = session.exec(
        select(Resubmission)
        .where(Resubmission.practice_id == practice_id, Resubmission.state != "previewed")
        .order_by(col(Resubmission.confirmed_at).desc(), Resubmission.id)
        .limit(limit)
    ).all()
    return [_row(session, one) for one in rows]


def view(
    session: Session, *, practice_id: str, resubmission_id: str, after: int = 0, limit: int
) -> ResubmissionView | None:
    """One choice; None: the practice has none such."""
    row = resubmissions.find(session, practice_id=practice_id, resubmission_id=resubmission_id)
    if row is None:
        return None
    sent, interchange = aliased(Submission), aliased(Batch)
    query = (
        sa.select(ResubmissionItem, Encounter, Patient, col(Payer.name), sent, col(interchange.interchange_number))
        .join(Encounter, col(Encounter.id) == col(ResubmissionItem.encounter_id))
        .join(Patient, col(Patient.id) == col(Encounter.patient_id))
        .join(Submission, col(Submission.control_number) == col(ResubmissionItem.control_number))
        .join(Payer, col(Payer.id) == col(Submission.payer_id))
        .outerjoin(sent, col(sent.control_number) == col(ResubmissionItem.new_control_number))
        .outerjoin(interchange, col(interchange.id) == col(sent.batch_id))
        .where(col(ResubmissionItem.resubmission_id) == row.id, col(ResubmissionItem.ordinal) > after)
        .order_by(col(ResubmissionItem.ordinal))
        .limit(limit + 1)
    )
    found = session.execute(query).all()
    items = [_item(*one, is_preview=row.state == "previewed") for one in found[:limit]]
    more = items[-1].ordinal if len(found) > limit else None
    return ResubmissionView(_row(session, row), row.fingerprint, _parts(session, row.id), items, more)


def _row(session: Session, row: Resubmission) -> ResubmissionRow:
    rows = session.exec(
        select(ResubmissionItem.state, func.count(), func.sum(ResubmissionItem.amount_cents))
        .where(ResubmissionItem.resubmission_id == row.id)
        .group_by(ResubmissionItem.state)
    )
    counts = {state: (int(count), int(cents)) for state, count, cents in rows}
    going = [counts.get(state, (0, 0)) for state in (WAITING, ASKED, MADE)]
    return ResubmissionRow(
        id=row.id,
        state=row.state,
        state_words=RUN_STATES[row.state],
        sought=_sought(session, resubmissions.read_sought(row.sought)),
        made_at=row.made_at,
        made_by=users.names_of(session, {row.made_by}).get(row.made_by, ""),
        confirmed_at=row.confirmed_at,
        ended_at=row.ended_at,
        claims=sum(count for count, _ in counts.values()),
        going=sum(count for count, _ in going),
        going_cents=sum(cents for _, cents in going),
        waiting=sum(count for count, _ in going[:2]),
        made=going[2][0],
        refused=counts.get(REFUSED, (0, 0))[0],
    )


def _sought(session: Session, sought: Sought) -> str:
    parts = [KIND_WORDS[sought.kind]] if sought.kind else []
    if sought.reason:
        parts.append(f"with {sought.reason}")
    if sought.batch_id:
        batch = session.get(Batch, sought.batch_id)
        parts.append(
            f"in interchange {batch.interchange_number:09d}" if batch else "in an interchange that is not here"
        )
    if sought.interchange_number:
        parts.append(f"in interchange {sought.interchange_number:09d}")
    if sought.payer_id:
        payer = session.get(Payer, sought.payer_id)
        parts.append(f"to {payer.name}" if payer else "")
    return ", ".join(one for one in parts if one)


def _parts(session: Session, resubmission_id: str) -> list[Part]:
    """Those that go first, the largest first."""
    rows = session.exec(
        select(
            ResubmissionItem.way,
            ResubmissionItem.refusal,
            func.count(),
            func.sum(ResubmissionItem.amount_cents),
        )
        .where(ResubmissionItem.resubmission_id == resubmission_id)
        .group_by(col(ResubmissionItem.way), col(ResubmissionItem.refusal))
    )
    parts = [
        Part(
            REFUSAL_WORDS[Refusal(refusal)] if refusal else WAY_WORDS[Way(way or "")],
            refusal is None,
            int(count),
            int(cents),
        )
        for way, refusal, count, cents in rows
    ]
    return sorted(parts, key=lambda one: (not one.goes, -one.claims, one.words))


def _item(
    one: ResubmissionItem,
    visit: Encounter,
    patient: Patient,
    payer: str,
    sent: Submission | None,
    number: int | None,
    *,
    is_preview: bool,
) -> ItemView:
    state, words = _fate(one, sent, number)
    if is_preview and one.way:
        words = f"goes: {WAY_WORDS[Way(one.way)]}"
    return ItemView(
        ordinal=one.ordinal,
        control_number=one.control_number,
        encounter_id=one.encounter_id,
        patient=patient_names.name_of(patient),
        service_date=visit.service_date,
        payer=payer,
        charge_cents=one.amount_cents,
        way=one.way,
        refusal=one.refusal,
        state=state,
        words=words,
        new_control_number=one.new_control_number,
        batch_id=sent.batch_id if sent else None,
        interchange_number=number,
    )


def _fate(one: ResubmissionItem, sent: Submission | None, number: int | None) -> tuple[str, str]:
    if one.refusal is not None:
        return "refused", REFUSAL_WORDS[Refusal(one.refusal)]
    if one.state == WAITING:
        return "waiting", f"waits for its turn; it goes as {WAY_WORDS[Way(one.way or '')]}"
    if sent is None:
        return "asked", "its turn has come; its visit is being told"
    if sent.state == SubmissionState.WITHDRAWN:
        return "let_go", "let go before it left: the payer has the first one"
    if number is None:
        return "ready", "ready, waits for the next batch"
    if sent.transmitted_at is None:
        return "transmitting", f"in interchange {number:09d}, being transmitted"
    return "sent", f"sent in interchange {number:09d}"
