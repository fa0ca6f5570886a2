"""What a patient agrees to at registration, who answers for their balance, and whether insurance may be billed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from billing.claim import Person


class ConsentKind(StrEnum):
    """A paper, or its like on a screen, that a patient signs."""

    TREATMENT_PAYMENT = "release_of_information"
    """The payer may be told what it needs to pay: CLM09"""
    ASSIGNMENT = "assignment_of_benefits"
    """The payer pays the practice and not the patient: CLM08"""
    FINANCIAL = "financial_responsibility"
    """What insurance does not pay is the patient's"""
    PRIVACY_NOTICE = "privacy_notice"
    """The notice of privacy practices was received: 45 CFR 164.520"""
    TELEHEALTH = "telehealth"
    ELECTRONIC = "electronic_statements"
    """Statements and reminders by e-mail or text message"""


ASKED_OF_ALL = (
    ConsentKind.TREATMENT_PAYMENT,
    ConsentKind.ASSIGNMENT,
    ConsentKind.FINANCIAL,
    ConsentKind.PRIVACY_NOTICE,
)
"""What every patient is asked for; the others as the case may be"""


@dataclass(frozen=True, slots=True)
class Consent:
    """One answer on one paper."""

    kind: ConsentKind
    is_given: bool
    signed_on: date
    signed_by: str


def standing(said: Iterable[Consent]) -> dict[ConsentKind, Consent]:
    """What holds: the newest answer of each kind, `said` in the order in which it was kept."""
    return {one.kind: one for one in sorted(said, key=lambda one: one.signed_on)}


def not_signed(said: Iterable[Consent]) -> list[ConsentKind]:
    """What every patient is asked for and this one has neither given nor refused."""
    holds = standing(said)
    return [kind for kind in ASKED_OF_ALL if kind not in holds]


class GuarantorIs(StrEnum):
    """What the guarantor is to the patient."""

    PARENT = "parent"
    GUARDIAN = "guardian"
    SPOUSE = "spouse"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Guarantor:
    """Who answers for what a patient owes, where it is not the patient."""

    person: Person
    relationship: GuarantorIs
    telephone: str | None = None
    """Ten digits"""


class Wish(StrEnum):
    """What holds instead of billing insurance."""

    NO_INSURANCE = "no_insurance"
    """Nobody but the patient pays"""
    DO_NOT_BILL = "do_not_bill"
    """The patient pays in full and wants no health plan told: 45 CFR 164.522(a)(1)(vi)"""
