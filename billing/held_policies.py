"""The policies that a patient holds: what covers them, through what, and from when to when."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from billing.claim import Person
from billing.coordination import IN_ORDER, OtherPayer
from billing.days import age_on

MAJORITY = 18
"""Years"""


class Basis(StrEnum):
    """Through what a policy covers its subscriber."""

    ACTIVE_EMPLOYMENT = "active_employment"
    """The plan of an employer for whom the subscriber works now"""
    FORMER_EMPLOYMENT = "former_employment"
    """A retiree's plan, or of somebody laid off"""
    CONTINUATION = "continuation"
    """COBRA, or a state's law like it"""
    INDIVIDUAL = "individual"
    """Bought by the person"""
    MEDICARE = "medicare"
    MEDICAID = "medicaid"
    TRICARE = "tricare"
    ACCIDENT = "accident"
    """Workers' compensation, automobile or liability insurance: for one accident"""


class Custody(StrEnum):
    """Whose plan it is, where a child's parents live apart."""

    ORDERED = "ordered"
    """A court made this parent answer for the child's health care"""
    WITH_THE_CHILD = "with_the_child"
    """The parent whom the child lives with"""
    SPOUSE_OF_THAT = "spouse_of_that"
    """That parent's spouse"""
    APART = "apart"
    """The other parent"""
    SPOUSE_OF_APART = "spouse_of_apart"


_BY_INDICATOR = {
    "MA": Basis.MEDICARE,
    "MB": Basis.MEDICARE,
    "16": Basis.MEDICARE,
    "MC": Basis.MEDICAID,
    "CH": Basis.TRICARE,
    "WC": Basis.ACCIDENT,
    "AM": Basis.ACCIDENT,
    "LM": Basis.ACCIDENT,
}
"""SBR09 that says it"""


@dataclass(frozen=True, slots=True)
class HeldPolicy:
    """One policy of a patient, independent of any visit."""

    policy: OtherPayer
    """Its responsibility is its place among all: P, S, T ..."""
    basis: Basis | None = None
    """None: as the kind of plan says, else not known"""
    custody: Custody | None = None
    """None: the parents live together, or it is nobody's child"""
    valid_from: date | None = None
    valid_to: date | None = None
    """The last day"""

    @property
    def covers_through(self) -> Basis | None:
        """The basis, told or by the kind of plan."""
        return self.basis or _BY_INDICATOR.get(self.policy.coverage.filing_indicator or "")

    @property
    def is_own(self) -> bool:
        """Whether the patient is the subscriber."""
        return self.policy.coverage.is_self

    @property
    def name(self) -> str:
        """The payer's."""
        return self.policy.coverage.payer.name.last

    def is_in_force(self, day: date) -> bool:
        """Whether the day lies within its dates; a date that is not known excludes nothing."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_to is None or day <= self.valid_to)


def in_force(held: Iterable[HeldPolicy], day: date) -> list[HeldPolicy]:
    """Those that cover a day, each at its place among them."""
    return placed(one for one in held if one.is_in_force(day))


def placed(held: Iterable[HeldPolicy]) -> list[HeldPolicy]:
    """The same policies, each with its place in this order as SBR01."""
    return [
        replace(one, policy=replace(one.policy, coverage=replace(one.policy.coverage, responsibility=place)))
        for place, one in zip(IN_ORDER, held, strict=False)
    ]


def policy_key(policy: OtherPayer) -> tuple[str, str]:
    """What two statements of one policy have in common: payer's number, member id."""
    member = (policy.coverage.member_id or "").replace(" ", "").upper()
    return policy.coverage.payer.id or "", member


def renumbered(held: HeldPolicy, before: OtherPayer, now: OtherPayer) -> HeldPolicy:
    """The policy after a visit's coverage was put right from `before` to `now`; another policy stays as it is."""
    if policy_key(held.policy) != policy_key(before):
        return held
    coverage = replace(now.coverage, responsibility=held.policy.responsibility)
    return replace(held, policy=OtherPayer(coverage, now.subscriber))


def is_minor(patient: Person, day: date) -> bool:
    """Whether the person is under age on a day; who has no birth date is not."""
    return patient.birth_date is not None and age_on(patient.birth_date, day) < MAJORITY
