"""Why a patient's record is kept from the office at large (45 CFR 164.514(d): access by need; 42 CFR Part 2)."""

from enum import StrEnum


class Sensitivity(StrEnum):
    """Why a record is sensitive."""

    STAFF = "staff"
    """Somebody who works here, or of their family"""
    PUBLIC = "public"
    """Somebody whom the public knows"""
    BEHAVIORAL_HEALTH = "behavioral_health"
    """Treated for mental health"""
    SUBSTANCE_USE = "substance_use"
    """Treated for substance use (42 CFR Part 2)"""
    COURT_ORDER = "court_order"
    """A court says who may know"""
    SAFETY = "safety"
    """Somebody must not learn where the patient is"""
    OTHER = "other"
    """Told in words alone"""


WORDS: dict[Sensitivity, str] = {
    Sensitivity.STAFF: "Works here, or is family of who does",
    Sensitivity.PUBLIC: "Publicly known",
    Sensitivity.BEHAVIORAL_HEALTH: "Behavioral health",
    Sensitivity.SUBSTANCE_USE: "Substance use (42 CFR Part 2)",
    Sensitivity.COURT_ORDER: "Court order",
    Sensitivity.SAFETY: "Must not be found",
    Sensitivity.OTHER: "Another reason",
}
"""As people choose it"""

LEAST_WORDS = 3
"""Of a reason for breaking the glass: `asked by patient` says something, `x` does not"""

LONGEST_REASON = 300


def says_why(reason: str) -> bool:
    """Whether a reason has words enough to be one; a word has two letters or more."""
    return sum(sum(one.isalpha() for one in word) >= 2 for word in reason.split()) >= LEAST_WORDS
