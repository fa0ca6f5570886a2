"""Letters about help with the bill, written into the print queue from an application as it stands."""

from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from activities import patient_letters
from billing import help_words
from billing.assistance import Help, Reason
from billing.assistance_letters import (
    DECISION,
    MISSING,
    Head,
    closed_letter,
    denied_letter,
    granted_letter,
    missing_letter,
    revoked_letter,
)
from billing.letters import Letter as Content
from billing.policies import Policies
from database import assistance, households, letters
from database.registrations import read_by
from database.tables import AssistanceApplication, Letter, Patient


def missing(
    session: Session,
    row: AssistanceApplication,
    *,
    policies: Policies,
    at: datetime,
    by: str,
    is_reminder: bool = False,
) -> None:
    """What the patient is to send, and by when."""
    assert row.answer_by is not None, "it was asked for with a day"
    head = _head(session, row, policies, at)
    content = missing_letter(
        head,
        missing=help_words.missing(row.missing, head.language),
        answer_by=row.answer_by,
        is_reminder=is_reminder,
    )
    _write(session, row, MISSING, content, at=at, by=by)


def granted(
    session: Session, row: AssistanceApplication, given: Help, *, policies: Policies, at: datetime, by: str
) -> None:
    """How much help, why, and until when."""
    reach = assistance.reach_of(row)
    content = granted_letter(
        _head(session, row, policies, at),
        given,
        basis=assistance.basis_of(row),
        from_on=reach.received_on - timedelta(days=reach.days_back),
        until=reach.until,
        appeal_by=_appeal_by(policies, at),
    )
    _write(session, row, DECISION, content, at=at, by=by)


def denied(session: Session, row: AssistanceApplication, *, policies: Policies, at: datetime, by: str) -> None:
    """No help, and why."""
    basis = assistance.basis_of(row)
    content = denied_letter(_head(session, row, policies, at), basis=basis, appeal_by=_appeal_by(policies, at))
    _write(session, row, DECISION, content, at=at, by=by)


def closed(
    session: Session, row: AssistanceApplication, why: Reason, *, policies: Policies, at: datetime, by: str
) -> None:
    """It ended without a decision."""
    _write(session, row, DECISION, closed_letter(_head(session, row, policies, at), why=why), at=at, by=by)


def revoked(session: Session, row: AssistanceApplication, *, policies: Policies, at: datetime, by: str) -> None:
    """What was granted is taken back."""
    head = _head(session, row, policies, at)
    content = revoked_letter(head, why=row.why, appeal_by=_appeal_by(policies, at))
    _write(session, row, DECISION, content, at=at, by=by)


def withdraw_missing(session: Session, row: AssistanceApplication, *, at: datetime) -> None:
    """Nobody is asked for what is there already."""
    holder = households.holder_of(session, row.patient_id)
    query = select(Letter).where(Letter.patient_id == holder, Letter.kind == MISSING)
    for letter in session.exec(query.where(col(Letter.sent_at).is_(None), col(Letter.withdrawn_at).is_(None))):
        letters.withdraw(session, letter, because="the application went on meanwhile", at=at)


def _appeal_by(policies: Policies, at: datetime) -> date:
    today = policies.day(at)
    return today + timedelta(days=policies.value("assistance_appeal_days", as_of=today))


def _head(session: Session, row: AssistanceApplication, policies: Policies, at: datetime) -> Head:
    holder = households.holder_of(session, row.patient_id)
    scale = assistance.scale_on(session, practice_id=row.practice_id, on=row.received_on)
    today = policies.day(at)
    return Head(
        sender=patient_letters.sender_of(session, practice_id=row.practice_id, holder_id=holder),
        addressee=patient_letters.addressee_of(session, holder, on=today),
        written_on=today,
        received_on=row.received_on,
        applicant=row.applicant,
        web=scale.web if scale else "",
        language=read_by(session.get_one(Patient, holder)),
    )


def _write(session: Session, row: AssistanceApplication, kind: str, content: Content, *, at: datetime, by: str) -> None:
    """Into the print queue; what was asked for before and has not left is not asked for any more."""
    holder = households.holder_of(session, row.patient_id)
    withdraw_missing(session, row, at=at)
    patient_letters.put_in_queue(
        session, content, practice_id=row.practice_id, holder_id=holder, kind=kind, at=at, by=by
    )
