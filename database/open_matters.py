"""What is open with payers: appeals, documents that they want, money that they want back; the next day first."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlmodel import Session, col, select

from billing.information import WAITS, RequestState
from billing.recovery_notices import ANNOUNCED, NOTICE_WORDS, NoticeState
from database import patient_names
from database.tables import Appeal, Encounter, InformationRequest, Patient, Payer, RecoveryNotice


class Matter(StrEnum):
    """What it is about."""

    APPEAL = "appeal"
    DOCUMENTS = "documents"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True)
class OpenMatter:
    """One matter of one visit."""

    kind: Matter
    id: str
    encounter_id: str
    patient: str
    payer: str
    what: str
    state: str
    """In words"""
    amount_cents: int
    day: date | None
    """The next one that counts: to file, to send, to decide, to dispute"""
    is_ours: bool
    """Whether the office has to act by that day; else the payer"""


def of_practice(session: Session, *, practice_id: str, kind: Matter | None = None, limit: int) -> list[OpenMatter]:
    """The most pressing first; those without a day last."""
    readers = {Matter.APPEAL: _appeals, Matter.DOCUMENTS: _documents, Matter.RECOVERY: _recoveries}
    found = [one for name, read in readers.items() if kind in {None, name} for one in read(session, practice_id)]
    return sorted(found, key=lambda one: (one.day or date.max, -one.amount_cents, one.id))[:limit]


def _joined(table: Any, practice_id: str) -> Any:
    return (
        select(table, Patient, Payer.name)
        .join(Encounter, col(Encounter.id) == col(table.encounter_id))
        .join(Patient, col(Patient.id) == col(Encounter.patient_id))
        .join(Payer, col(Payer.id) == col(table.payer_id))
        .where(table.practice_id == practice_id)
    )


def _appeals(session: Session, practice_id: str) -> list[OpenMatter]:
    rows = session.execute(_joined(Appeal, practice_id).where(col(Appeal.outcome).is_(None)))
    return [
        OpenMatter(
            Matter.APPEAL,
            one.id,
            one.encounter_id,
            patient_names.name_of(patient),
            payer,
            f"Appeal at level {one.level}: {one.name}",
            "waits in the print queue" if one.sent_at is None else "the payer decides",
            one.amount_cents,
            one.file_by if one.sent_at is None else one.decide_by,
            one.sent_at is None,
        )
        for one, patient, payer in rows
    ]


def _documents(session: Session, practice_id: str) -> list[OpenMatter]:
    rows = session.execute(_joined(InformationRequest, practice_id).where(col(InformationRequest.state).in_(WAITS)))
    words = {
        RequestState.OPEN: "nobody has answered it",
        RequestState.ANSWERING: "waits in the print queue",
        RequestState.SENT: "the payer decides",
    }
    return [
        OpenMatter(
            Matter.DOCUMENTS,
            one.id,
            one.encounter_id,
            patient_names.name_of(patient),
            payer,
            f"Wants {one.asked}",
            words[RequestState(one.state)],
            one.amount_cents,
            None if one.state == RequestState.SENT else one.due_on,
            one.state != RequestState.SENT,
        )
        for one, patient, payer in rows
    ]


def _recoveries(session: Session, practice_id: str) -> list[OpenMatter]:
    rows = session.execute(_joined(RecoveryNotice, practice_id).where(col(RecoveryNotice.state).in_(ANNOUNCED)))
    return [
        OpenMatter(
            Matter.RECOVERY,
            one.id,
            one.encounter_id,
            patient_names.name_of(patient),
            payer,
            f"Wants money back, reference {one.reference}",
            NOTICE_WORDS[NoticeState(one.state)],
            one.amount_cents,
            one.dispute_by if one.state == NoticeState.OPEN else None,
            one.state == NoticeState.OPEN,
        )
        for one, patient, payer in rows
    ]
