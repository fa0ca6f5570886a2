"""The gate before the patient's account, asked for one encounter: every policy and every eligibility answer counts."""

from collections.abc import Iterable

from activities.desk import Desk
from billing.coordination import OtherPayer
from billing.patient_share import Permission, ShareQuestion, patient_may_be_billed
from database import coverages, encounters


def filing_indicators(desk: Desk, answering: OtherPayer | None = None) -> frozenset[str]:
    """SBR09 of every policy that was not let go; `answering`: one that speaks up just now, known before or not."""
    found = [desk.claim.coverage.filing_indicator]
    found += [answering.coverage.filing_indicator] if answering else []
    found += [coverages.policy_of(row).coverage.filing_indicator for row in desk.other_policies]
    return frozenset(one for one in found if one)


def is_qmb(desk: Desk) -> bool:
    """Whether a payer said that the patient is a qualified Medicare beneficiary."""
    benefits = encounters.latest_benefits(desk.session, desk.encounter.id)
    return benefits.is_qmb if benefits else False


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
