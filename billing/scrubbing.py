"""What is looked at before a claim may leave: every edit runs, and every finding comes back.

Severity E holds the claim until it is mended or overridden by a supervisor; W travels with the claim as a note.
"""

from billing.claim import Claim
from billing.edits import coverage, dates, diagnoses, money, providers, services, whole_claim  # noqa: F401 - registers
from billing.edits.registry import EDITS, Finding, Severity, Situation

__all__ = ["EDITS", "Severity", "scrub"]


def scrub(claim: Claim, situation: Situation) -> list[Finding]:
    """Run every edit and return every finding, errors first."""
    findings = [
        Finding(one.code, one.severity, path, message) for one in EDITS for path, message in one.check(claim, situation)
    ]
    return sorted(findings, key=lambda finding: (finding.severity != Severity.ERROR, finding.edit))
