"""Letters: written by a step, looked at, printed, and marked as sent once; or withdrawn before that."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from sqlmodel import Session, col, select

from billing.claim import Claim
from billing.days import day_of
from billing.dunning import Notice
from billing.letters import WAYS, PaidVisit, Way, account_receipt, receipt
from billing.letters import Letter as Content
from billing.paper_claims import PaperClaim
from billing.statements import Statement
from database import (
    appeals,
    crossings,
    encounters,
    good_faith,
    households,
    office,
    patient_names,
    paying,
    receipts,
    records,
    registrations,
    requests,
    submissions,
)
from database.tables import Encounter, Fact, Letter, Patient, PatientPayment

PAPER_CLAIM = "paper_claim"
APPEAL = "appeal"
RECONSIDERATION = "reconsideration"
REFUND = "refund"
RECORDS = "records"
RECOVERY_DISPUTE = "recovery_dispute"
TO_PAYERS = frozenset({APPEAL, RECONSIDERATION, RECORDS, RECOVERY_DISPUTE})
"""Kinds of letters whose sending a person may have to prove"""
CHANGED = "the claim that it disputes was changed"
"""Why an appeal is withdrawn"""


class QueueState(StrEnum):
    """Where letters stand."""

    WAITING = "waiting"
    SENT = "sent"
    WITHDRAWN = "withdrawn"


class LetterSent(ValueError):
    """The letter is on its way: it cannot be withdrawn any more."""


class LetterNotSent(ValueError):
    """The letter has not left: it cannot have come back."""


class LetterWithdrawn(ValueError):
    """The letter was withdrawn: it is not to be sent."""


_WAITS = (col(Letter.sent_at).is_(None), col(Letter.withdrawn_at).is_(None))


@dataclass(frozen=True, slots=True)
class LetterRow:
    """One letter on the print queue."""

    id: str
    kind: str
    title: str
    addressee: str
    encounter_id: str | None
    patient_id: str | None
    patient: str | None
    written_at: datetime
    sent_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_because: str | None
    sent_how: str = ""
    """` by fax (number 12) on 2026-11-02`; empty where nobody said"""
    returned_at: datetime | None = None
    """When the mail brought it back"""
    crossed_cents: int = 0
    """Payments that came after it was on its way; told on the account's list alone"""


def page(session: Session, *, practice_id: str, state: QueueState, limit: int = 100) -> list[LetterRow]:
    """Letters that wait, the oldest first; or those that were sent or withdrawn, the newest first."""
    query = (
        select(Letter, Patient)
        .join(Encounter, col(Encounter.id) == col(Letter.encounter_id), isouter=True)
        .join(
            Patient,
            (col(Patient.id) == col(Encounter.patient_id)) | (col(Patient.id) == col(Letter.patient_id)),
            isouter=True,
        )
        .where(Letter.practice_id == practice_id)
    )
    if state == QueueState.WAITING:
        query = query.where(*_WAITS).order_by(col(Letter.written_at), Letter.id)
    else:
        since = col(Letter.sent_at if state == QueueState.SENT else Letter.withdrawn_at)
        query = query.where(since.is_not(None)).order_by(since.desc(), Letter.id)
    return [_row(letter, patient) for letter, patient in session.exec(query.limit(limit))]


def find(session: Session, *, practice_id: str, letter_id: str) -> Letter | None:
    """One letter of the practice, or None."""
    return session.exec(select(Letter).where(Letter.practice_id == practice_id, Letter.id == letter_id)).first()


def of_encounter(session: Session, encounter_id: str) -> Sequence[LetterRow]:
    """The letters of one encounter, the newest first."""
    query = select(Letter).where(Letter.encounter_id == encounter_id).order_by(col(Letter.written_at).desc())
    return [_row(letter, None) for letter in session.exec(query)]


def of_account(session: Session, *, practice_id: str, patient_id: str) -> list[LetterRow]:
    """Statements and notices of one account, the newest first."""
    query = (
        select(Letter)
        .where(Letter.practice_id == practice_id, Letter.patient_id == patient_id)
        .order_by(col(Letter.written_at).desc())
    )
    return [
        replace(_row(letter, None), crossed_cents=crossings.cents_of(session, letter.id))
        for letter in session.exec(query).all()
    ]


def of_patient(session: Session, *, practice_id: str, patient_id: str) -> list[LetterRow]:
    """Letters about all visits of one patient, and the statements of the account, the newest first."""
    query = (
        select(Letter)
        .join(Encounter, col(Encounter.id) == col(Letter.encounter_id), isouter=True)
        .where(
            Letter.practice_id == practice_id,
            (col(Encounter.patient_id) == patient_id) | (col(Letter.patient_id) == patient_id),
        )
        .order_by(col(Letter.written_at).desc(), Letter.id)
    )
    return [_row(letter, None) for letter in session.exec(query)]


def is_notice(letter: Letter) -> bool:
    """Whether it is a statement, a reminder or a final notice."""
    return letter.kind in set(Notice)


def content_of(letter: Letter) -> Content | PaperClaim | Statement:
    """What the paper says."""
    if letter.kind in set(Notice):
        return records.load(Statement, letter.content)
    if letter.kind == PAPER_CLAIM:
        return records.load(PaperClaim, letter.content)
    return records.load(Content, letter.content)


def receipt_of(session: Session, *, practice_id: str, encounter_id: str, payment_id: str) -> Content | None:
    """The receipt of one payment, or None: the practice knows no such payment of that visit, or it undoes one."""
    payment = session.get(PatientPayment, payment_id)
    if payment is None or (payment.practice_id, payment.encounter_id) != (practice_id, encounter_id):
        return None
    if payment.takes_back is not None:
        return None
    encounter = session.get_one(Encounter, encounter_id)
    return receipt(
        records.load(Claim, encounter.record),
        registrations.of_row(session.get_one(Patient, encounter.patient_id)).person,
        number=f"{payment.id[:5]}-{payment.id[5:10]}".upper(),
        visit=encounter.external_id,
        received_on=payment.received_on,
        amount_cents=payment.amount_cents,
        method=payment.method,
        reference=payment.reference,
        is_self_pay=encounter.is_self_pay,
        taken_back_on=_taken_back_on(session, payment),
    )


def receipt_of_account(session: Session, *, practice_id: str, receipt_id: str) -> Content | None:
    """The receipt of money for a whole account, or None: the practice knows no such money."""
    row = receipts.find(session, practice_id=practice_id, receipt_id=receipt_id)
    if row is None:
        return None
    paid = [one for one in receipts.payments_of(session, row.id) if one.takes_back is None]
    visits = [(session.get_one(Encounter, one.encounter_id), one.amount_cents) for one in paid]
    newest = max((visit for visit, _ in visits), key=lambda visit: visit.service_date)
    zone = office.zone_of(session, practice_id)
    return account_receipt(
        records.load(Claim, newest.record).billing_provider,
        registrations.of_row(session.get_one(Patient, row.patient_id)).person,
        [PaidVisit(visit.external_id, visit.service_date, cents) for visit, cents in visits],
        number=f"{row.id[:5]}-{row.id[5:10]}".upper(),
        received_on=row.received_on,
        method=row.method,
        reference=row.reference,
        taken_back_on=None if row.taken_back_at is None else day_of(row.taken_back_at, zone),
    )


def _taken_back_on(session: Session, payment: PatientPayment) -> date | None:
    """The day on which the office heard of it: the row that undoes a payment is dated into the till of its money."""
    heard = (
        select(Fact.received_at)
        .join(PatientPayment, col(PatientPayment.id) == col(Fact.subject_id))
        .where(Fact.practice_id == payment.practice_id, PatientPayment.takes_back == payment.id)
    )
    at = session.exec(heard).first()
    return None if at is None else day_of(at, office.zone_of(session, payment.practice_id))


@dataclass(frozen=True, slots=True)
class Sending:
    """How a letter left, as a person says it: the proof of sending."""

    way: Way
    number: str = ""
    """Tracking number, confirmation or reference"""
    sent_on: date | None = None
    """None: today"""


def how_sent(letter: Letter) -> str:
    """` by fax (number 12) on 2026-11-02`; empty where nobody said."""
    if letter.sent_how is None:
        return ""
    number = f" (number {letter.sent_number})" if letter.sent_number else ""
    day = f" on {letter.sent_on}" if letter.sent_on else ""
    return f" {WAYS[Way(letter.sent_how)]}{number}{day}"


def mark_sent(session: Session, letter: Letter, *, at: datetime, actor_id: str, how: Sending | None = None) -> bool:
    """Printed and on its way, and a paper claim with it; False when somebody said so before. Raises LetterWithdrawn."""
    hold(session, letter)
    if letter.sent_at is not None:
        return _add_proof(session, letter, at=at, how=how)
    if letter.withdrawn_at is not None:
        raise LetterWithdrawn(letter.withdrawn_because)
    letter.sent_at, letter.sent_by = at, actor_id
    _note_how(letter, how)
    session.add(letter)
    content = content_of(letter)
    if isinstance(content, PaperClaim):
        submissions.mark_mailed(session, content.control_number, at=at)
    if letter.kind == good_faith.LETTER:
        good_faith.close_asked(session, letter, at=at, by=actor_id)
    if letter.kind == APPEAL:
        appeals.note_sent(session, letter, at=at)
    if letter.kind == RECORDS:
        requests.note_sent(session, letter, at=at)
    if letter.kind in TO_PAYERS:
        _tell(session, letter, f"{content.title}: sent to the payer{how_sent(letter)}", at=at)
    return True


def _add_proof(session: Session, letter: Letter, *, at: datetime, how: Sending | None) -> bool:
    """Say afterwards how a letter left; what was said once stays."""
    if how is None or letter.sent_how is not None:
        return False
    _note_how(letter, how)
    session.add(letter)
    if letter.kind in TO_PAYERS:
        _tell(session, letter, f"{content_of(letter).title}: it was sent{how_sent(letter)}", at=at)
    return True


def take_sending_back(session: Session, letter: Letter) -> None:
    """What counted as sent did not arrive: it waits to be printed again."""
    hold(session, letter)
    letter.sent_at = letter.sent_by = letter.sent_how = letter.sent_on = None
    letter.sent_number = ""
    session.add(letter)
    session.flush()


def _note_how(letter: Letter, how: Sending | None) -> None:
    if how is not None:
        letter.sent_how, letter.sent_number, letter.sent_on = how.way, how.number, how.sent_on


def _tell(session: Session, letter: Letter, text: str, *, at: datetime) -> None:
    encounter = session.get(Encounter, letter.encounter_id) if letter.encounter_id else None
    if encounter is not None:
        encounters.tell(session, encounter, text, at=at, actor="staff")


def withdraw(session: Session, letter: Letter, *, because: str, at: datetime, actor_id: str = "office") -> bool:
    """Nobody is to print it any more; False when it was withdrawn before. Raises LetterSent."""
    hold(session, letter)
    if letter.sent_at is not None:
        raise LetterSent(letter.id)
    if letter.withdrawn_at is not None:
        return False
    letter.withdrawn_at, letter.withdrawn_by, letter.withdrawn_because = at, actor_id, because
    session.add(letter)
    appeals.note_withdrawn(session, letter)
    requests.note_withdrawn(session, letter, at=at)
    paying.end_of_paper(session, letter.id, at=at)
    return True


def mark_returned(session: Session, letter: Letter, *, at: datetime, actor_id: str) -> bool:
    """The mail brought it back; False when somebody said so before. Its pay link ends: who has the paper is unknown.
    Raises LetterNotSent."""
    hold(session, letter)
    if letter.sent_at is None:
        raise LetterNotSent(letter.id)
    if letter.returned_at is not None:
        return False
    letter.returned_at, letter.returned_by = at, actor_id
    session.add(letter)
    paying.end_of_paper(session, letter.id, at=at)
    return True


def newest_returned(session: Session, *, practice_id: str, patient_id: str) -> Letter | None:
    """The account's paper that came back last, also from before it was kept under who holds it now."""
    everybody = households.members(session, patient_id)
    query = select(Letter).where(
        Letter.practice_id == practice_id, col(Letter.patient_id).in_(everybody), col(Letter.returned_at).is_not(None)
    )
    return session.exec(query.order_by(col(Letter.returned_at).desc(), Letter.id)).first()


def waiting_of_visit(session: Session, encounter_id: str, *, kind: str) -> Sequence[Letter]:
    """Letters of one kind about a visit that nobody has sent yet."""
    return session.exec(select(Letter).where(Letter.encounter_id == encounter_id, Letter.kind == kind, *_WAITS)).all()


def withdraw_appeals(session: Session, encounter_id: str, *, because: str, at: datetime) -> None:
    """Appeals and documents that nobody has mailed yet are not to be sent: what they are about is no longer there."""
    for kind in (APPEAL, RECORDS):
        for letter in waiting_of_visit(session, encounter_id, kind=kind):
            withdraw(session, letter, because=because, at=at)


def waiting_notices(session: Session, *, practice_id: str, patient_id: str) -> Sequence[Letter]:
    """Statements, reminders and final notices of an account that nobody has sent yet."""
    return session.exec(
        select(Letter).where(
            Letter.practice_id == practice_id,
            Letter.patient_id == patient_id,
            col(Letter.kind).in_(list(Notice)),
            *_WAITS,
        )
    ).all()


def hold(session: Session, letter: Letter) -> None:
    """See the letter as it is now, until the transaction ends: it is sent or withdrawn, never both."""
    session.refresh(letter, with_for_update={"key_share": True})


def _row(letter: Letter, patient: Patient | None) -> LetterRow:
    content = content_of(letter)
    name = None if patient is None else patient_names.name_of(patient)
    return LetterRow(
        id=letter.id,
        kind=letter.kind,
        title=content.title,
        addressee=content.addressee[0] if patient is None else patient_names.shown(patient, content.addressee[0]),
        encounter_id=letter.encounter_id,
        patient_id=letter.patient_id,
        patient=name,
        written_at=letter.written_at,
        sent_at=letter.sent_at,
        withdrawn_at=letter.withdrawn_at,
        withdrawn_because=letter.withdrawn_because,
        sent_how=how_sent(letter),
        returned_at=letter.returned_at,
    )
