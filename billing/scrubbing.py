"""What is looked at before a claim may leave: every edit runs, and every finding comes back.

Severity E holds the claim until it is mended or overridden by a supervisor; W travels with the claim as a note.
"""

from collections.abc import Sequence
from dataclasses import replace

from billing import practice_edits
from billing.authorizations import fitting
from billing.claim import Claim
from billing.edits import (  # noqa: F401 - they register
    coverage,
    dates,
    diagnoses,
    institutional,
    kinds,
    money,
    providers,
    services,
    together,
    whole_claim,
)
from billing.edits.known import Known
from billing.edits.registry import EDITS, Finding, Severity, Situation
from billing.noncoverage import with_signed_notices
from billing.practice_edits import PracticeEdit

__all__ = ["EDITS", "Severity", "completed", "mended", "scrub"]


def scrub(claim: Claim, situation: Situation, own: Sequence[PracticeEdit] = ()) -> list[Finding]:
    """Run every edit, and the practice's own, and return every finding, errors first."""
    findings = [finding for one in EDITS for finding in one.findings(claim, situation)]
    findings += practice_edits.findings(own, claim)
    return sorted(findings, key=lambda finding: (finding.severity != Severity.ERROR, finding.edit))


def completed(claim: Claim, known: Known) -> Claim:
    """The claim with what the patient has and it lacks: the only authorization that fits, and GA of signed notices."""
    held = None if claim.authorization else fitting(claim, known.lines_to_authorize, known.authorizations)
    if held is not None:
        claim = replace(claim, authorization=held.number)
    return with_signed_notices(claim, known.lines_to_notice, known.notices)


def mended(claim: Claim, situation: Situation) -> tuple[Claim, list[Finding]]:
    """The claim as the edits that can mend it left it, and what they had found."""
    done: list[Finding] = []
    for one in EDITS:
        if one.mend is not None and (found := list(one.findings(claim, situation))):
            claim = one.mend(claim)
            done += found
    return claim, done
