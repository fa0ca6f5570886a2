"""Write-offs of denied charges: how much of each reason and payer was given up, and who approved it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from billing.denial_codes import REASON_CODES
from billing.ledger import Account, EntryKind
from database import patient_names
from database.tables import Encounter, Journal, Patient, Payer, Posting, User


@dataclass(frozen=True, slots=True)
class WriteOff:
    """One denied amount that was given up."""

    posted_on: date
    encounter_id: str
    patient: str
    service_date: date
    payer: str
    reason: str
    """Group and CARC, such as CO-29; unexplained: the payer gave none"""
    words: str
    amount_cents: int
    approved_by: str


@dataclass(frozen=True, slots=True)
class Part:
    """The sum of one reason, payer or person."""

    name: str
    words: str
    lines: int
    amount_cents: int


@dataclass(frozen=True, slots=True)
class WriteOffs:
    """What was written off in a time, by whatever may be acted on."""

    since: date
    until: date
    total_cents: int
    by_reason: list[Part]
    by_payer: list[Part]
    by_person: list[Part]
    lines: list[WriteOff]


def write_offs(session: Session, *, practice_id: str, since: date, until: date) -> WriteOffs:
    """Denials that were written off from one day of posting to another, the largest sums first. Contractual
    adjustments are none: they stand on an account of their own."""
    rows = session.exec(
        select(Journal, Posting, Encounter, Patient)
        .join(Posting, col(Posting.journal_number) == col(Journal.number))
        .join(Encounter, col(Encounter.id) == col(Journal.encounter_id))
        .join(Patient, col(Patient.id) == col(Encounter.patient_id))
        .where(
            Journal.practice_id == practice_id,
            Journal.kind == EntryKind.WRITE_OFF,
            Journal.posted_on >= since,
            Journal.posted_on <= until,
            col(Posting.account).in_((Account.ADJUSTMENT_DENIAL, Account.AR_INSURANCE)),
        )
        .order_by(col(Journal.number), col(Posting.id))
    ).all()
    owing = {journal.number: one.detail for journal, one, _, _ in rows if one.account == Account.AR_INSURANCE}
    payers = _names(session, Payer.id, Payer.name, owing.values())
    people = _names(session, User.id, User.display_name, (journal.actor for journal, _, _, _ in rows))
    lines = [
        WriteOff(
            posted_on=journal.posted_on,
            encounter_id=encounter.id,
            patient=patient_names.name_of(patient),
            service_date=encounter.service_date,
            payer=payers.get(owing.get(journal.number, ""), "not known"),
            reason=posting.detail,
            words=_words(posting.detail),
            amount_cents=posting.amount_cents,
            approved_by=people.get(journal.actor, journal.actor),
        )
        for journal, posting, encounter, patient in rows
        if posting.account == Account.ADJUSTMENT_DENIAL
    ]
    return WriteOffs(
        since,
        until,
        sum(one.amount_cents for one in lines),
        _parts((one.reason, one.words, one.amount_cents) for one in lines),
        _parts((one.payer, "", one.amount_cents) for one in lines),
        _parts((one.approved_by, "", one.amount_cents) for one in lines),
        lines,
    )


def _names(session: Session, id_: Any, name: Any, ids: Iterable[str]) -> dict[str, str]:
    return dict(session.exec(select(id_, name).where(col(id_).in_(set(ids)))).all())


def _words(code: str) -> str:
    known = REASON_CODES.get(code.rpartition("-")[2])
    return known.words if known else "the payer gave no reason that this office knows"


def _parts(rows: Iterable[tuple[str, str, int]]) -> list[Part]:
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for name, words, cents in rows:
        found[name, words].append(cents)
    parts = [Part(name, words, len(cents), sum(cents)) for (name, words), cents in found.items()]
    return sorted(parts, key=lambda one: (-one.amount_cents, one.name))
