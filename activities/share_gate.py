"""The gate before the patient's account, asked for one encounter: every policy and every eligibility answer counts."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from sqlmodel import Session, select

from activities.desk import Desk
from billing.coordination import PRIMARY, OtherPayer
from billing.eligibility import EligibilityResponse
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
    the whole. A first policy of which its own payer says that it is not in force protects nobody.
    """
    query = select(RemittanceClaim).where(RemittanceClaim.encounter_id == encounter.id)
    payments = [(row.responsibility, records.load(ClaimPayment, row.payment)) for row in session.exec(query)]
    policies = coverages.in_order(session, encounter, encounters.claim_of(encounter))
    if _is_outside_the_first(payments) or _says_not_in_force(session, encounter, policies):
        policies = [one for one in policies if one.coverage.responsibility != PRIMARY]
    question = ShareQuestion(
        filing_indicators=frozenset(one.coverage.filing_indicator for one in policies if one.coverage.filing_indicator),
        is_qmb=encounters.is_qmb(session, encounter.id),
        remarks=frozenset(chain.from_iterable(_remarks(one) for _, one in payments)),
        reasons=frozenset(),
        has_open_denial=False,
    )
    return patient_may_be_billed(question)


def _is_outside_the_first(payments: Iterable[tuple[str, ClaimPayment]]) -> bool:
    """Whether the first payer answered that its policy was not in force. `payments`: each with who speaks (SBR01)."""
    first = (one.all_adjustments() for place, one in payments if place == PRIMARY)
    return any(one.reason in OUTSIDE_THE_POLICY for one in chain.from_iterable(first))


def _says_not_in_force(session: Session, encounter: Encounter, policies: Sequence[OtherPayer]) -> bool:
    """Whether the newest eligibility answer says so of the first policy: of several, by the member id that it names."""
    benefits = encounters.latest_benefits(session, encounter.id)
    if benefits is None or benefits.verdict not in _NOT_IN_FORCE:
        return False
    if len(policies) == 1:
        return True
    named = records.load(EligibilityResponse, benefits.response).member_id
    return named is not None and named == policies[0].coverage.member_id


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
