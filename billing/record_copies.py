"""Copies of one patient's record: who may have one, and on what ground it is given."""

from enum import StrEnum


class Requester(StrEnum):
    """Who asked for the copy."""

    PATIENT = "patient"
    """45 CFR 164.524: access to what is held about oneself"""
    REPRESENTATIVE = "representative"
    """45 CFR 164.502(g): who may decide for the patient, such as a parent, a guardian, an executor"""
    AUTHORIZED = "authorized"
    """45 CFR 164.508: a lawyer, an insurer, anybody with the patient's signed authorization"""
    PROVIDER = "provider"
    """45 CFR 164.506(c): another clinic, for treatment or for its own payment"""


WORDS = {
    Requester.PATIENT: "the patient",
    Requester.REPRESENTATIVE: "who may decide for the patient",
    Requester.AUTHORIZED: "somebody with the patient's signed authorization",
    Requester.PROVIDER: "another clinic that treats the patient",
}
"""As the page offers them"""
