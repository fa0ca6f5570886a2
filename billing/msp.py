"""The Medicare secondary payer questions: whether somebody pays before Medicare, and why.

Source: 42 CFR 411.20 to 411.206; the questions are those of the CMS model questionnaire in our words. SBR05 is the
reason as a claim gives it (005010X222A1 2000B).
"""

from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum

from billing.days import months_after


class Accident(StrEnum):
    """What the visit comes from."""

    NONE = "none"
    WORK = "work"
    AUTOMOBILE = "automobile"
    OTHER = "other"
    """Another accident for which somebody is liable"""


class Entitlement(StrEnum):
    """Why the patient has Medicare."""

    AGE = "age"
    DISABILITY = "disability"
    RENAL = "renal"
    """End-stage renal disease"""


class EmployerSize(StrEnum):
    """Employees of the employer whose group health plan covers the patient."""

    UNDER_20 = "under_20"
    UNDER_100 = "under_100"
    FROM_100 = "from_100"


QUESTIONS = "the Medicare secondary payer questions"
"""What people call them"""
RENAL_MONTHS = 30
"""Of the coordination period, 42 CFR 411.162"""


@dataclass(frozen=True, slots=True)
class Answers:
    """What the patient says."""

    accident: Accident = Accident.NONE
    has_black_lung: bool = False
    """Gets black lung benefits, and this visit is for that"""
    is_veterans: bool = False
    """Veterans Affairs has authorized and pays for this care"""
    is_federal_grant: bool = False
    """Another federal programme or research grant pays"""
    entitlement: Entitlement = Entitlement.AGE
    has_employer_plan: bool = False
    """A group health plan through current employment, the patient's or a family member's"""
    employer_size: EmployerSize | None = None
    renal_since: date | None = None
    """First day of entitlement by renal disease"""


@dataclass(frozen=True, slots=True)
class MedicarePlace:
    """What the answers come to."""

    insurance_type: str | None
    """SBR05 where somebody pays before Medicare; None: Medicare pays first"""
    reason: str
    """In plain words"""

    @property
    def is_first(self) -> bool:
        """Whether Medicare pays first."""
        return self.insurance_type is None


_BY_ACCIDENT = {
    Accident.WORK: MedicarePlace("15", "workers' compensation pays first for an injury or illness from work"),
    Accident.AUTOMOBILE: MedicarePlace("14", "no-fault or automobile insurance pays first after a car accident"),
    Accident.OTHER: MedicarePlace("47", "the insurance of who is liable for the accident pays first"),
}


def missing(answers: Answers) -> dict[str, str]:
    """What is still to be asked: field to words."""
    gaps: dict[str, str] = {}
    if answers.has_employer_plan and answers.entitlement != Entitlement.RENAL and answers.employer_size is None:
        gaps["employer_size"] = "is needed: ask how many people the employer has"
    if answers.employer_size is not None and not answers.has_employer_plan:
        gaps["employer_size"] = "is given, and no employer's plan: tick it too, or clear this"
    if answers.has_employer_plan and answers.entitlement == Entitlement.RENAL and answers.renal_since is None:
        gaps["renal_since"] = "is needed: ask since when Medicare covers because of the kidneys"
    return gaps


def medicare_place(answers: Answers, *, day: date) -> MedicarePlace:
    """Where Medicare stands for a visit on `day`. Raises ValueError while something is missing."""
    if gaps := missing(answers):
        raise ValueError(f"not answered: {', '.join(gaps)}")
    if answers.accident in _BY_ACCIDENT:
        return _BY_ACCIDENT[answers.accident]
    if answers.has_black_lung:
        return MedicarePlace("41", "the black lung programme pays first for this care")
    if answers.is_veterans:
        return MedicarePlace("42", "Veterans Affairs has authorized this care and pays for it")
    if answers.is_federal_grant:
        return MedicarePlace("16", "another federal programme pays first")
    if answers.has_employer_plan:
        return _beside_employer(answers, day)
    return MedicarePlace(None, "no plan of current employment and no accident: Medicare pays first")


def _beside_employer(answers: Answers, day: date) -> MedicarePlace:
    size = answers.employer_size
    match answers.entitlement:
        case Entitlement.RENAL:
            assert answers.renal_since is not None, "asked for as missing"
            ends = months_after(answers.renal_since, RENAL_MONTHS)
            if day < ends:
                return MedicarePlace("13", f"the employer's plan pays first for {RENAL_MONTHS} months, until {ends}")
            return MedicarePlace(None, f"the {RENAL_MONTHS} months of the employer's plan ended on {ends}")
        case Entitlement.DISABILITY if size == EmployerSize.FROM_100:
            return MedicarePlace("43", "disabled, and the plan is of an employer of 100 or more")
        case Entitlement.AGE if size in {EmployerSize.UNDER_100, EmployerSize.FROM_100}:
            return MedicarePlace("12", "working aged, and the plan is of an employer of 20 or more")
        case _:
            return MedicarePlace(None, "the employer is too small for its plan to pay before Medicare")


FIELDS = tuple(one.name for one in fields(Answers))


def questions_due(asked_on: date | None, *, day: date, good_for_days: int) -> str:
    """Why the questions have to be asked for a visit on `day`, in words; empty: the last answers are good for it."""
    if asked_on is None:
        return f"{QUESTIONS} were never asked"
    if abs((day - asked_on).days) <= good_for_days:
        return ""
    return f"{QUESTIONS} were answered on {asked_on}, and are asked again after {good_for_days} days"
