"""One search for everything that a person may have before them: a name, a number, a day or an amount.

Each kind of record is looked for under an index of its own, so that the search costs the same in a large practice.
Numbers are found whole, names by their beginning, amounts to the cent.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, or_, select

from billing.money import NotAnAmount, parse_typed
from database import account_lists, patient_names, patients, submissions
from database.folding import found_by
from database.tables import (
    AccountReceipt,
    BankMovement,
    Encounter,
    LockboxCheque,
    Patient,
    PatientPayment,
    Payer,
    RemittanceClaim,
    RemittanceFile,
    Submission,
)

SHOWN = 10
"""Of each kind; one more is read to know whether there are more"""
_AMOUNT = re.compile(r"\$\s?[0-9][0-9,]*(\.[0-9]{1,2})?|[0-9][0-9,]*\.[0-9]{2}")


class HitKind(StrEnum):
    """What was found."""

    PATIENT = "patient"
    VISIT = "visit"
    CLAIM = "claim"
    REMITTANCE = "remittance"
    BANK_MOVEMENT = "bank_movement"
    PAYMENT = "payment"
    """Of a patient, for one visit"""
    RECEIPT = "receipt"
    """Of a patient, for the whole account"""
    CHEQUE = "cheque"
    """In a lockbox"""
    ACCOUNT = "account"
    """By the number of a paper"""


@dataclass(frozen=True, slots=True)
class Hit:
    """One record, and enough of it to know whether it is the one."""

    kind: HitKind
    id: str
    """A claim's is its control number; a payment's is its visit's, a receipt's its patient's"""
    title: str
    detail: str
    day: date | None = None
    amount_cents: int | None = None


@dataclass(frozen=True, slots=True)
class Hits:
    """What was found of one kind."""

    kind: HitKind
    items: list[Hit]
    has_more: bool


@dataclass(frozen=True, slots=True)
class _Sought:
    practice_id: str
    text: str

    @property
    def spellings(self) -> list[str]:
        """As typed and in capitals, since numbers of claims and traces are written so."""
        return sorted({self.text, self.text.upper()})

    @property
    def cents(self) -> int | None:
        """An amount says that it is one: by a dollar sign, or by its cents."""
        if _AMOUNT.fullmatch(self.text) is None:
            return None
        try:
            return parse_typed(self.text)
        except NotAnAmount:
            return None


def search(session: Session, *, practice_id: str, text: str) -> list[Hits]:
    """What a text names, by kind; kinds without any are left out. A text of one character names nothing."""
    sought = _Sought(practice_id, " ".join(text.split()))
    if len(sought.text) < 2:
        return []
    ways = (_patients, _visits, _claims, _remittances, _movements, _payments, _receipts, _cheques, _accounts)
    found = [list(way(session, sought)) for way in ways]
    return [Hits(hits[0].kind, hits[:SHOWN], len(hits) > SHOWN) for hits in found if hits]


def _patients(session: Session, sought: _Sought) -> Iterator[Hit]:
    listed = patients.search(session, practice_id=sought.practice_id, text=sought.text, limit=SHOWN + 1)
    for row in listed.items:
        yield Hit(HitKind.PATIENT, row.id, row.name, f"born {row.birth_date:%Y-%m-%d}" if row.birth_date else "")


def _visits(session: Session, sought: _Sought) -> Iterator[Hit]:
    theirs = select(Encounter.id).where(Encounter.practice_id == sought.practice_id)
    ways = [
        theirs.where(col(Encounter.external_id).in_(sought.spellings)),
        submissions.formerly_named(sought.practice_id, sought.text),
        *([theirs.where(Encounter.charge_cents == sought.cents)] if sought.cents else []),
    ]
    query = (
        select(Encounter, Patient)
        .join(Patient, col(Patient.id) == col(Encounter.patient_id))
        .where(Encounter.practice_id == sought.practice_id, found_by(col(Encounter.id), ways))
        .order_by(col(Encounter.service_date).desc(), Encounter.id)
    )
    for row, patient in session.exec(query.limit(SHOWN + 1)):
        title = f"{row.external_id}: {patient_names.name_of(patient)}"
        yield Hit(HitKind.VISIT, row.id, title, row.stage, row.service_date, row.charge_cents)


def _claims(session: Session, sought: _Sought) -> Iterator[Hit]:
    ways = [
        select(Submission.control_number).where(number.in_(sought.spellings))
        for number in (col(Submission.control_number), col(Submission.payer_claim_number))
    ]
    query = (
        select(Submission, Encounter, Payer)
        .join(Encounter, col(Encounter.id) == col(Submission.encounter_id))
        .join(Payer, col(Payer.id) == col(Submission.payer_id))
        .where(Submission.practice_id == sought.practice_id, found_by(col(Submission.control_number), ways))
        .order_by(col(Submission.ready_at).desc(), Submission.control_number)
    )
    for row, visit, payer in session.exec(query.limit(SHOWN + 1)):
        title = f"{row.control_number} to {payer.name}"
        yield Hit(HitKind.CLAIM, row.control_number, title, row.state, visit.service_date, visit.charge_cents)


def _remittances(session: Session, sought: _Sought) -> Iterator[Hit]:
    """By trace, by the payer's number of a claim in it, by what it pays, or by what it pays for one claim."""
    answers = select(RemittanceClaim.remittance_id).where(RemittanceClaim.practice_id == sought.practice_id)
    numbered = answers.where(col(RemittanceClaim.payer_claim_number).in_(sought.spellings))
    theirs = select(RemittanceFile.id).where(RemittanceFile.practice_id == sought.practice_id)
    ways = [theirs.where(col(RemittanceFile.trace).in_(sought.spellings)), numbered]
    if sought.cents:
        ways.append(theirs.where(RemittanceFile.paid_cents == sought.cents))
        ways.append(answers.where(RemittanceClaim.paid_cents == sought.cents))
    query = select(RemittanceFile).where(
        RemittanceFile.practice_id == sought.practice_id, found_by(col(RemittanceFile.id), ways)
    )
    query = query.order_by(col(RemittanceFile.payment_date).desc(), RemittanceFile.id).limit(SHOWN + 1)
    for row in session.exec(query):
        detail = f"{row.claim_count} claims, {row.state}"
        yield Hit(HitKind.REMITTANCE, row.id, row.trace, detail, row.payment_date, row.paid_cents)


def _movements(session: Session, sought: _Sought) -> Iterator[Hit]:
    named: sa.ColumnElement[bool] = col(BankMovement.trace).in_(sought.spellings)
    if sought.cents:
        named |= col(BankMovement.amount_cents).in_([sought.cents, -sought.cents])
    query = select(BankMovement).where(BankMovement.practice_id == sought.practice_id, named)
    query = query.order_by(col(BankMovement.booked_on).desc(), BankMovement.id).limit(SHOWN + 1)
    for row in session.exec(query):
        title = row.trace or "without a trace"
        yield Hit(HitKind.BANK_MOVEMENT, row.id, title, row.state, row.booked_on, row.amount_cents)


def _payments(session: Session, sought: _Sought) -> Iterator[Hit]:
    """What is a part of a receipt is found as that."""
    query = (
        select(PatientPayment, Patient)
        .join(Encounter, col(Encounter.id) == col(PatientPayment.encounter_id))
        .join(Patient, col(Patient.id) == col(Encounter.patient_id))
        .where(PatientPayment.practice_id == sought.practice_id, col(PatientPayment.receipt_id).is_(None))
        .where(_paid(sought, col(PatientPayment.reference), col(PatientPayment.amount_cents)))
        .order_by(col(PatientPayment.received_on).desc(), PatientPayment.id)
    )
    for row, patient in session.exec(query.limit(SHOWN + 1)):
        yield Hit(
            HitKind.PAYMENT,
            row.encounter_id,
            f"{row.method} {row.reference or ''}".strip(),
            patient_names.name_of(patient),
            row.received_on,
            row.amount_cents,
        )


def _receipts(session: Session, sought: _Sought) -> Iterator[Hit]:
    query = (
        select(AccountReceipt, Patient)
        .join(Patient, col(Patient.id) == col(AccountReceipt.patient_id))
        .where(AccountReceipt.practice_id == sought.practice_id)
        .where(_paid(sought, col(AccountReceipt.reference), col(AccountReceipt.amount_cents)))
        .order_by(col(AccountReceipt.received_on).desc(), AccountReceipt.id)
    )
    for row, patient in session.exec(query.limit(SHOWN + 1)):
        title = f"{row.method} {row.reference or ''}".strip()
        yield Hit(
            HitKind.RECEIPT, row.patient_id, title, patient_names.name_of(patient), row.received_on, row.amount_cents
        )


def _cheques(session: Session, sought: _Sought) -> Sequence[Hit]:
    """By its amount: its number stands in the bank's record only."""
    if not sought.cents:
        return []
    query = select(LockboxCheque).where(
        LockboxCheque.practice_id == sought.practice_id, LockboxCheque.amount_cents == sought.cents
    )
    rows = session.exec(query.order_by(LockboxCheque.id).limit(SHOWN + 1))
    return [Hit(HitKind.CHEQUE, one.id, "Cheque in a lockbox", one.state, None, one.amount_cents) for one in rows]


def _accounts(session: Session, sought: _Sought) -> Iterable[Hit]:
    holder = account_lists.by_paper(session, sought.text, practice_id=sought.practice_id)
    patient = None if holder is None else session.get(Patient, holder)
    if patient is not None:
        yield Hit(
            HitKind.ACCOUNT, patient.id, f"Account of {patient_names.name_of(patient)}", f"paper {sought.text.upper()}"
        )


def _paid(sought: _Sought, reference: Any, amount: Any) -> sa.ColumnElement[bool]:
    """By its cheque's or confirmation's number, or its amount; what was taken back stands below zero."""
    named: sa.ColumnElement[bool] = reference.in_(sought.spellings)
    return or_(named, amount.in_([sought.cents, -sought.cents])) if sought.cents else named
