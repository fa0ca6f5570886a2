"""How a patient is insured, as a page and the API show it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from billing.consents import Consent, ConsentKind, Guarantor, Wish, not_signed, standing
from billing.held_policies import Basis, HeldPolicy
from billing.majority import is_under_age
from billing.msp import Answers, MedicarePlace
from billing.payer_order import PayerOrder
from database import consents, coverage_checks, held_policies, registrations
from database.coverage_checks import CheckView
from database.tables import Patient


@dataclass(frozen=True, slots=True)
class InsuranceView:
    """Everything beside who the patient is."""

    patient_id: str
    version: int
    """Given back when the coverage is changed"""
    is_minor: bool
    held: Sequence[HeldPolicy]
    """As said last, ended ones too"""
    today: PayerOrder
    """In force today, the first to pay first, and why"""
    order_reason: str
    wish: Wish | None
    wish_reason: str
    answers: Answers | None
    """To the Medicare secondary payer questions"""
    answered_on: date | None
    medicare: MedicarePlace | None
    """What they come to today"""
    asks_medicare: bool
    """Medicare stands beside another policy"""
    guarantor: Guarantor | None
    consents: Sequence[Consent]
    """What holds"""
    not_signed: Sequence[ConsentKind]
    checks: Sequence[CheckView]
    """What payers said of coming visits, the newest first"""


def insurance(session: Session, row: Patient, *, today: date) -> InsuranceView:
    """The view."""
    held = held_policies.of_patient(session, row.id)
    order = held_policies.order_on(session, row, today)
    answered = held_policies.latest_answers(session, row.id)
    said = consents.of_patient(session, row.id)
    return InsuranceView(
        patient_id=row.id,
        version=row.version,
        is_minor=is_under_age(registrations.of_row(row).person, today),
        held=held,
        today=order,
        order_reason=row.order_reason,
        wish=Wish(row.wish) if row.wish else None,
        wish_reason=row.wish_reason,
        answers=answered.answers if answered else None,
        answered_on=answered.on if answered else None,
        medicare=answered.place(today) if answered else None,
        asks_medicare=any(one.covers_through == Basis.MEDICARE for one in order.policies) and len(order.policies) > 1,
        guarantor=consents.guarantor_of(row),
        consents=list(standing(said).values()),
        not_signed=not_signed(said),
        checks=coverage_checks.of_patient(session, practice_id=row.practice_id, patient_id=row.id),
    )
