"""Estimates: what is known of a patient's coverage gathered, worked out, and kept with all that it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from billing.charges import ChargeMaster
from billing.claim import Claim, ServiceLine
from billing.contracts import NO_CONTRACT, Expected, expected_allowed
from billing.coordination import OtherPayer
from billing.days import day_of, start_of
from billing.eligibility import EligibilityResponse
from billing.estimates import Asked, Estimate, EstimateLine, KnownBenefits, out_of_pocket_remaining, work_out
from billing.money import Cents
from billing.patient_share import ShareQuestion, patient_may_be_billed
from billing.relative_values import rounded
from billing.verification import VerificationOutcome
from database import contracts, held_policies, office, records
from database.columns import new_id
from database.contracts import Library
from database.coverage_checks import policy_text
from database.tables import Appointment, Benefits, CoverageCheck, Encounter, EstimateRow, Letter, Patient, Payer

NEWEST = 20
"""Stored answers that are looked through for the policy"""


A_YEAR = timedelta(days=366)


class NoPrice(ValueError):
    """Procedures that the charge master does not price on the day; `procedures` names them."""

    def __init__(self, procedures: Sequence[str]) -> None:
        super().__init__(f"no price on the day: {', '.join(procedures)}")
        self.procedures = procedures


@dataclass(frozen=True, slots=True)
class LetterState:
    """Where an estimate's letter stands."""

    id: str
    sent_at: datetime | None
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class EstimateView:
    """One estimate as a page and the API show it."""

    id: str
    patient_id: str
    appointment_id: str | None
    day: date
    payer: str | None
    """None: the patient pays alone"""
    contract: str | None
    is_self_pay: bool
    low_cents: int
    high_cents: int
    made_at: datetime
    benefits: KnownBenefits | None
    diagnoses: tuple[str, ...]
    charge_cents: int
    lines: tuple[EstimateLine, ...]
    notes: tuple[str, ...]
    letter: LetterState | None
    """The good-faith letter for who pays alone"""
    disputed_on: date | None
    dispute_note: str | None


def gather(
    session: Session,
    patient: Patient,
    lines: Sequence[ServiceLine],
    *,
    day: date,
    place_of_service: str,
    diagnoses: Sequence[str] = (),
    today: date,
) -> Asked:
    """What an estimate of services on `day` rests on today. Raises NoPrice."""
    asked = Asked(day, _priced(session, patient, lines), place_of_service, tuple(diagnoses))
    policies = held_policies.insured_on(session, patient, day)
    if not policies:
        discount = office.policies_for(session, practice_id=patient.practice_id, payer_id=None)
        return replace(asked, discount_percent=discount.value("self_pay_discount_percent", as_of=today))
    expected, contract = _expected(session, patient.practice_id, policies[0], asked)
    told = _answers(session, patient, policies[0])
    question = ShareQuestion(
        filing_indicators=frozenset(one.coverage.filing_indicator or "" for one in policies),
        is_qmb=_is_qmb(session, patient, day),
        remarks=frozenset(),
        reasons=frozenset(),
        has_open_denial=False,
    )
    gate = patient_may_be_billed(question)
    return replace(
        asked,
        payer=policies[0].coverage.payer.name.last,
        expected=tuple(expected),
        contract=contract,
        benefits=None if told is None else _known(session, told).on(day),
        later_payers=tuple(one.coverage.payer.name.last for one in policies[1:]),
        forbids="" if gate.allowed else gate.reason,
    )


def make(
    session: Session, patient: Patient, asked: Asked, *, appointment_id: str | None, at: datetime, by: str
) -> EstimateRow:
    """Work it out and keep it. The appointment, if any, is the patient's."""
    result = work_out(asked)
    row = EstimateRow(
        id=new_id(),
        practice_id=patient.practice_id,
        patient_id=patient.id,
        appointment_id=appointment_id,
        day=asked.day,
        is_self_pay=result.is_self_pay,
        low_cents=result.low_cents,
        high_cents=result.high_cents,
        asked=records.dump(asked),
        result=records.dump(result),
        made_at=at,
        made_by=by,
    )
    session.add(row)
    session.flush()
    return row


def find(session: Session, *, practice_id: str, estimate_id: str) -> EstimateRow | None:
    """One estimate of the practice, or None."""
    return session.exec(
        select(EstimateRow).where(EstimateRow.practice_id == practice_id, EstimateRow.id == estimate_id)
    ).first()


def of_patient(session: Session, *, practice_id: str, patient_id: str) -> list[EstimateView]:
    """Every estimate of a patient, the newest first."""
    rows = session.exec(
        select(EstimateRow, Letter)
        .outerjoin(Letter, col(Letter.id) == col(EstimateRow.letter_id))
        .where(EstimateRow.practice_id == practice_id, EstimateRow.patient_id == patient_id)
        .order_by(col(EstimateRow.made_at).desc(), EstimateRow.id)
    )
    return [_view(row, letter) for row, letter in rows]


def view(session: Session, row: EstimateRow) -> EstimateView:
    """The row as it is shown."""
    return _view(row, session.get(Letter, row.letter_id) if row.letter_id else None)


def _view(row: EstimateRow, letter: Letter | None) -> EstimateView:
    asked, result = records.load(Asked, row.asked), records.load(Estimate, row.result)
    return EstimateView(
        id=row.id,
        patient_id=row.patient_id,
        appointment_id=row.appointment_id,
        day=row.day,
        payer=asked.payer,
        contract=asked.contract,
        is_self_pay=row.is_self_pay,
        low_cents=row.low_cents,
        high_cents=row.high_cents,
        made_at=row.made_at,
        benefits=asked.benefits,
        diagnoses=asked.diagnoses,
        charge_cents=result.charge_cents,
        lines=result.lines,
        notes=result.notes,
        letter=LetterState(letter.id, letter.sent_at, letter.withdrawn_at) if letter else None,
        disputed_on=row.disputed_on,
        dispute_note=row.dispute_note,
    )


def appointment_of(session: Session, patient: Patient, appointment_id: str) -> Appointment | None:
    """The patient's own appointment, or None."""
    row = session.get(Appointment, appointment_id)
    return row if row is not None and row.patient_id == patient.id else None


def _priced(session: Session, patient: Patient, lines: Sequence[ServiceLine]) -> tuple[ServiceLine, ...]:
    procedures = [line.procedure for line in lines]
    master = office.charge_master(session, practice_id=patient.practice_id, procedures=procedures)
    without = [line.procedure for line in lines if master.price_of(line) is None]
    if without:
        raise NoPrice(list(dict.fromkeys(without)))
    return tuple(replace(line, charge_cents=_charge(master, line)) for line in lines)


def _charge(master: ChargeMaster, line: ServiceLine) -> Cents:
    return rounded((master.price_of(line) or 0) * line.units)


def _expected(
    session: Session, practice_id: str, policy: OtherPayer, asked: Asked
) -> tuple[Sequence[Expected], str | None]:
    """What the payer should allow for each line, and the name of the contract that says so."""
    procedures = [line.procedure for line in asked.lines]
    for payer_id in _payer_ids(session, practice_id, policy):
        found = contracts.of_payer(session, practice_id=practice_id, payer_id=payer_id, procedures=procedures)
        by = Library(session, found, asked.lines).in_force(asked.day)
        if by.contract is not None:
            return expected_allowed(asked.lines, by, place_of_service=asked.place_of_service), by.contract.name
    return [NO_CONTRACT for _ in asked.lines], None


def _payer_ids(session: Session, practice_id: str, policy: OtherPayer) -> Sequence[str]:
    number = policy.coverage.payer.id
    query = select(Payer.id).where(Payer.practice_id == practice_id, Payer.payer_number == number).order_by(Payer.id)
    return session.exec(query).all() if number else []


def _about(patient: Patient) -> sa.Select[Benefits, Any, Any]:
    """Answers about a patient, the newest first: with the claim of the visit, or the policy that was asked about for
    an appointment."""
    query = (
        sa.select(Benefits, col(Encounter.record), col(CoverageCheck.policy))
        .outerjoin(Encounter, col(Encounter.id) == col(Benefits.encounter_id))
        .outerjoin(Appointment, col(Appointment.id) == col(Benefits.appointment_id))
        .outerjoin(
            CoverageCheck,
            (col(CoverageCheck.appointment_id) == col(Benefits.appointment_id))
            & (col(CoverageCheck.ended_at) == col(Benefits.answered_at)),
        )
        .where(
            col(Benefits.practice_id) == patient.practice_id,
            (col(Encounter.patient_id) == patient.id) | (col(Appointment.patient_id) == patient.id),
        )
    )
    return query.order_by(col(Benefits.answered_at).desc())


def _answers(session: Session, patient: Patient, policy: OtherPayer) -> Benefits | None:
    """The newest answer about this very policy, where it says that the coverage is active; who was asked by telephone
    told of no benefits."""
    wanted = policy_text(policy.coverage.payer.id, policy.coverage.member_id)
    for answer, record, asked_about in session.execute(_about(patient).limit(NEWEST)):
        if answer.message_id is not None and wanted == (asked_about if record is None else _policy_in(record)):
            return answer if answer.verdict == VerificationOutcome.ACTIVE else None
    return None


def _policy_in(record: str) -> str:
    coverage = records.load(Claim, record).coverage
    return policy_text(coverage.payer.id, coverage.member_id)


def _is_qmb(session: Session, patient: Patient, day: date) -> bool:
    """Whether an answer of the year before the day says so, of whichever payer."""
    since = start_of(day - A_YEAR, office.zone_of(session, patient.practice_id))
    query = _about(patient).where(col(Benefits.is_qmb), col(Benefits.answered_at) >= since)
    return session.execute(query.limit(1)).first() is not None


def _known(session: Session, row: Benefits) -> KnownBenefits:
    return KnownBenefits(
        answered_on=day_of(row.answered_at, office.zone_of(session, row.practice_id)),
        copay_cents=None if row.copay_cents is None else Cents(row.copay_cents),
        deductible_remaining_cents=(
            None if row.deductible_remaining_cents is None else Cents(row.deductible_remaining_cents)
        ),
        coinsurance=None if row.coinsurance is None else Decimal(row.coinsurance),
        out_of_pocket_remaining_cents=out_of_pocket_remaining(records.load(EligibilityResponse, row.response)),
    )
