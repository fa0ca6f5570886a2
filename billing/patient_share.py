"""The one gate before anything reaches a patient's account: may this be billed to the patient?

Law and contract come before what a payer calls PR. Every entry into AR_PAT, every statement and every desk
collection asks here and gets a reason that a person can read.
"""

from dataclasses import dataclass

from billing.adjustment_codes import NEVER_FROM_PATIENT, QMB_REMARKS

MEDICAID = "MC"
"""SBR09"""
WORKERS_COMPENSATION = "WC"
TRICARE = "CH"


@dataclass(frozen=True, slots=True)
class ShareQuestion:
    """What is known about one line's patient share."""

    filing_indicators: frozenset[str]
    """SBR09 of every policy of the patient's: Medicaid forbids as any payer"""
    is_qmb: bool
    """271 EB04 = QM"""
    remarks: frozenset[str]
    """RARCs of the line and its claim"""
    reasons: frozenset[str]
    """Every CARC on the line"""
    has_open_denial: bool
    """An amount of this line is denied and undecided"""


@dataclass(frozen=True, slots=True)
class Permission:
    """The gate's answer."""

    allowed: bool
    reason: str


def patient_may_be_billed(question: ShareQuestion) -> Permission:
    """Decide whether a patient share may enter the patient's account.

    Source: 42 USC 1396a(n)(3)(B) (QMB), 42 CFR 447.15 (Medicaid), 32 CFR 199.6 (TRICARE hold harmless), state
    workers' compensation acts, CARC 209 and 303, RARC N781-N783.
    """
    if question.is_qmb or question.remarks & QMB_REMARKS:
        return Permission(False, "the patient is a qualified Medicare beneficiary: no share may be collected")
    if MEDICAID in question.filing_indicators:
        return Permission(False, "Medicaid pays in full: nothing may be collected from the patient")
    if WORKERS_COMPENSATION in question.filing_indicators:
        return Permission(False, "workers' compensation: the patient owes nothing")
    if TRICARE in question.filing_indicators:
        return Permission(False, "TRICARE hold harmless: look at the contract before billing the patient")
    if question.reasons & NEVER_FROM_PATIENT:
        return Permission(False, "the payer forbids collecting from the patient (CARC 209 or 303)")
    if question.has_open_denial:
        return Permission(False, "part of this line is denied and undecided: the patient is not billed yet")
    return Permission(True, "the payer assigns this share to the patient and nothing forbids billing it")
