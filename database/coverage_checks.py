"""What was asked about the coverage of coming visits, and what payers answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from billing.claim import Claim
from billing.days import day_of
from billing.eligibility import EligibilityResponse
from billing.verification import Verification, VerificationOutcome
from billing.verification_times import CheckKind
from database import appointments, records
from database.columns import new_id
from database.tables import Appointment, Benefits, CoverageCheck, Encounter, Inquiry


@dataclass(frozen=True, slots=True)
class CheckView:
    """One line of a patient's history of checks."""

    day: date
    """Of the appointment"""
    kind: CheckKind
    payer: str
    begun_at: datetime
    outcome: str | None
    said: str


def of_appointment(session: Session, appointment_id: str) -> Sequence[CoverageCheck]:
    """Every check, oldest first."""
    query = select(CoverageCheck).where(CoverageCheck.appointment_id == appointment_id)
    return session.exec(query.order_by(col(CoverageCheck.ordinal))).all()


def of_patient(session: Session, *, practice_id: str, patient_id: str, limit: int = 20) -> list[CheckView]:
    """The newest checks of a patient's appointments."""
    rows = session.exec(
        select(CoverageCheck, Appointment)
        .join(Appointment, col(Appointment.id) == col(CoverageCheck.appointment_id))
        .where(Appointment.practice_id == practice_id, Appointment.patient_id == patient_id)
        .order_by(col(CoverageCheck.begun_at).desc(), col(CoverageCheck.ordinal).desc())
        .limit(limit)
    )
    return [
        CheckView(row.day, CheckKind(one.kind), one.payer, one.begun_at, one.outcome, one.said) for one, row in rows
    ]


def begin(
    session: Session, row: Appointment, kind: CheckKind, *, ordinal: int, policy: str, payer: str, at: datetime
) -> CoverageCheck:
    """Start a check. A 270 of an earlier one that nobody answered is out of date."""
    stale = sa.delete(Inquiry).where(col(Inquiry.appointment_id) == row.id, col(Inquiry.answer_id).is_(None))
    session.execute(stale)
    check = CoverageCheck(
        id=new_id(),
        practice_id=row.practice_id,
        appointment_id=row.id,
        ordinal=ordinal,
        kind=kind,
        service_day=row.day,
        policy=policy,
        payer=payer,
        begun_at=at,
    )
    session.add(check)
    session.flush()
    return check


def waiting_inquiry(session: Session, appointment_id: str) -> Inquiry | None:
    """A 270 without an answer."""
    query = select(Inquiry).where(Inquiry.appointment_id == appointment_id, col(Inquiry.answer_id).is_(None))
    return session.exec(query.order_by(col(Inquiry.prepared_at).desc())).first()


def keep_answer(
    session: Session,
    row: Appointment,
    verification: Verification,
    response: EligibilityResponse,
    *,
    at: datetime,
    message_id: str,
) -> None:
    """The answer as a snapshot, beside the earlier ones."""
    coinsurance = verification.coinsurance
    session.add(
        Benefits(
            id=new_id(),
            practice_id=row.practice_id,
            appointment_id=row.id,
            message_id=message_id,
            answered_at=at,
            verdict=verification.outcome,
            copay_cents=verification.copay_cents,
            deductible_remaining_cents=verification.deductible_remaining_cents,
            coinsurance=None if coinsurance is None else str(coinsurance),
            is_qmb=verification.is_qmb,
            response=records.dump(response),
        )
    )


def last_answer(session: Session, row: Appointment, policy: str) -> EligibilityResponse | None:
    """The newest answer about an appointment and a policy."""
    query = (
        select(Benefits)
        .join(CoverageCheck, col(CoverageCheck.appointment_id) == col(Benefits.appointment_id))
        .where(
            Benefits.appointment_id == row.id,
            CoverageCheck.policy == policy,
            CoverageCheck.ended_at == Benefits.answered_at,
        )
        .order_by(col(Benefits.answered_at).desc())
    )
    found = session.exec(query.limit(1)).first()
    return records.load(EligibilityResponse, found.response) if found else None


def answer_of_day(session: Session, encounter: Encounter, claim: Claim, *, zone: tzinfo) -> Benefits | None:
    """What the payer of a visit said of this member on the visit's own day, for an appointment; only where it is
    covered, and nobody else may come first.
    """
    query = (
        select(Benefits, CoverageCheck)
        .join(Appointment, col(Appointment.id) == col(Benefits.appointment_id))
        .join(CoverageCheck, col(CoverageCheck.appointment_id) == col(Appointment.id))
        .where(
            Appointment.patient_id == encounter.patient_id,
            Appointment.day == claim.service_from,
            Benefits.verdict == VerificationOutcome.ACTIVE,
            CoverageCheck.outcome == VerificationOutcome.ACTIVE,
            CoverageCheck.service_day == claim.service_from,
            CoverageCheck.policy == policy_text(claim.coverage.payer.id, claim.coverage.member_id),
            CoverageCheck.ended_at == Benefits.answered_at,
        )
        .order_by(col(Benefits.answered_at).desc())
    )
    found = session.exec(query).first()
    if found is None or day_of(found[0].answered_at, zone) != claim.service_from:
        return None
    return found[0]


def answer_for_visit(session: Session, found: Benefits, encounter: Encounter, *, at: datetime) -> None:
    """The appointment's answer is the visit's too."""
    values = found.model_dump(exclude={"id", "encounter_id"})
    session.add(Benefits(id=new_id(), encounter_id=encounter.id, **values))
    session.flush()


def settle(session: Session, appointment_id: str, resolution: str, *, practice_id: str, at: datetime) -> None:
    """A person worked the task: what was corrected is asked about again."""
    row = appointments.find(session, practice_id=practice_id, appointment_id=appointment_id)
    assert row is not None, "appointments are never deleted"
    checks = of_appointment(session, appointment_id)
    if resolution == "corrected" and checks:
        checks[-1].policy = ""
        session.add(checks[-1])
    appointments.wake(session, row, at=at)


def policy_text(payer: str | None, member_id: str | None) -> str:
    """What names a policy in a check."""
    return f"{payer or ''} {(member_id or '').replace(' ', '').upper()}"[:200]
