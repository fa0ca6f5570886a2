"""The gate before the patient's account, asked for one encounter: every policy and every eligibility answer counts."""

from collections.abc import Iterable, Iterator
from itertools import chain

from sqlmodel import Session, select

from activities.desk import Desk
from billing.coordination import PRIMARY, OtherPayer
from billing.patient_share import Permission, ShareQuestion, patient_may_be_billed
from billing.remittance import ClaimPayment
from billing.verification import VerificationOutcome
from database import coverages, encounters, records
from database.tables import Encounter, RemittanceClaim

_NOT_IN_FORCE = frozenset({VerificationOutcome.INACTIVE, VerificationOutcome.NOT_FOUND})
"""What a payer may say of the policy that would otherwise protect the patient"""
OUTSIDE_THE_POLICY = frozenset({"26", "27"})
"""CARC: before the coverage began, after it ended"""


def filing_indicators(desk: Desk, answering: OtherPayer | None = None) -> frozenset[str]:
    """SBR09 of every policy that was not let go; `answering`: one that speaks up just now, known before or not."""
    found = [desk.claim.coverage.filing_indicator]
    found += [answering.coverage.filing_indicator] if answering else []
    found += [coverages.policy_of(row).coverage.filing_indicator for row in desk.other_policies]
    return frozenset(one for one in found if one)


def is_qmb(desk: Desk) -> bool:
    """Whether a payer said that the patient is a qualified Medicare beneficiary."""
    return encounters.is_qmb(desk.session, desk.encounter.id)


def ask_pays_alone(session: Session, encounter: Encounter) -> Permission:
    """May the whole visit be billed to the patient as self-pay? What law keeps from the patient's share it keeps from
    the whole. A policy of which the payer says that it is not in force protects nobody.
    """
    benefits = encounters.latest_benefits(session, encounter.id)
    answers = session.exec(select(RemittanceClaim.payment).where(RemittanceClaim.encounter_id == encounter.id))
    payments = [records.load(ClaimPayment, one) for one in answers]
    policies = coverages.in_order(session, encounter, encounters.claim_of(encounter))
    said = {one.reason for payment in payments for one in payment.all_adjustments()}
    if said & OUTSIDE_THE_POLICY or (benefits is not None and benefits.verdict in _NOT_IN_FORCE):
        policies = [one for one in policies if one.coverage.responsibility != PRIMARY]
    question = ShareQuestion(
        filing_indicators=frozenset(one.coverage.filing_indicator for one in policies if one.coverage.filing_indicator),
        is_qmb=encounters.is_qmb(session, encounter.id),
        remarks=frozenset(chain.from_iterable(_remarks(one) for one in payments)),
        reasons=frozenset(),
        has_open_denial=False,
    )
    return patient_may_be_billed(question)


def _remarks(payment: ClaimPayment) -> Iterator[str]:
    yield from payment.remarks
    for line in payment.lines:
        yield from line.remarks


def ask(desk: Desk, *, remarks: Iterable[str], reasons: Iterable[str], has_open_denial: bool) -> Permission:
    """May this share of a line be billed to the patient?"""
    return patient_may_be_billed(
        ShareQuestion(
            filing_indicators=filing_indicators(desk),
            is_qmb=is_qmb(desk),
            remarks=frozenset(remarks),
            reasons=frozenset(reasons),
            has_open_denial=has_open_denial,
        )
    )
