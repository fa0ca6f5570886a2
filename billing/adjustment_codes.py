"""What the office makes of a claim adjustment: contract, patient's share, sequestration, memo, or a denial.

Numbers only, with the office's own reading; the official wording belongs to its owner. A code that is in no set is
a denial to be looked at: nothing is written off or billed to a patient because it was not recognised.
"""

import re
from enum import StrEnum

from billing.remittance import Adjustment, Group


class Treatment(StrEnum):
    """What a CAS amount does to the books."""

    CONTRACTUAL = "contractual"
    """Given up by contract"""
    SEQUESTRATION = "sequestration"
    WITHHOLD = "withhold"
    """Kept back until the year is settled; owed to the practice"""
    PATIENT_SHARE = "patient_share"
    """Deductible, coinsurance, copayment: the patient's, when nothing forbids it"""
    MEMO = "memo"
    """Prior payer's effect (OA-23): no entry"""
    DENIAL = "denial"
    """Refused; stays with the payer until somebody decides"""


WELL_FORMED_CARC = re.compile(r"[1-9][0-9]{0,2}|[AWY][0-9]|[BDP][1-9][0-9]?")
"""The shapes of claim adjustment reason codes that were ever given out"""
WELL_FORMED_RARC = re.compile(r"M[1-9][0-9]{0,2}|MA[0-9]{2,3}|N[1-9][0-9]{0,2}")
"""The shapes of remittance advice remark codes"""

CONTRACTUAL = frozenset({"A2", "44", "45", "59", "131", "144", "172", "223", "237", "P12"})
"""CARCs that are contractual under group CO"""

PATIENT_SHARE = frozenset({"1", "2", "3", "66", "142"})
"""CARCs that are the patient's share under group PR; any other PR code is a denial"""

SEQUESTRATION = "253"
WITHHOLD = "104"
CAPITATED = "24"
"""Under group CO: settled by a payment by the head, where there is such an agreement; else another plan is liable"""
ABOVE_CHARGE = "94"
"""Negative: more is paid than was charged"""
PRIOR_PAYER = "23"
NEVER_FROM_PATIENT = frozenset({"209", "303"})
"""CARCs that forbid collecting from the patient"""

QMB_REMARKS = frozenset({"N781", "N782", "N783"})
"""RARCs: the patient is a qualified Medicare beneficiary, nothing may be collected"""

PATIENT_SHARE_WORDS = {
    "1": "deductible",
    "2": "coinsurance",
    "3": "copayment",
    "66": "blood deductible",
    "142": "monthly liability",
}


def treatment(adjustment: Adjustment) -> Treatment:
    """Decide on one CAS triplet by group and reason. CLP02 never decides (835 guide, CAS01 and CAS02)."""
    match adjustment.group, adjustment.reason:
        case (Group.CONTRACTUAL, reason) if reason in CONTRACTUAL:
            return Treatment.CONTRACTUAL
        case (Group.CONTRACTUAL, reason) if reason == SEQUESTRATION:
            return Treatment.SEQUESTRATION
        case (Group.CONTRACTUAL | Group.OTHER | Group.PAYER, reason) if reason == WITHHOLD:
            return Treatment.WITHHOLD
        case (Group.CONTRACTUAL | Group.OTHER | Group.PAYER, reason) if reason == ABOVE_CHARGE:
            return Treatment.CONTRACTUAL if adjustment.amount_cents < 0 else Treatment.DENIAL
        case (Group.PATIENT, reason) if reason in PATIENT_SHARE:
            return Treatment.PATIENT_SHARE
        case (Group.OTHER, reason) if reason == PRIOR_PAYER:
            return Treatment.MEMO
    return Treatment.DENIAL
