"""What an edit is, and the list of all of them. Ids are those of docs/edits.md; each says where its rule comes from."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from billing.claim import Claim
from billing.edits.known import Known
from billing.filing_time import FilingTime
from billing.policies import Policies

MEDICARE = "MB"
"""SBR09 of Medicare Part B"""
MEDICAID = "MC"
"""SBR09"""
GOVERNMENT = frozenset({MEDICARE, MEDICAID})
"""Who pays by the National Correct Coding Initiative"""


class Severity(StrEnum):
    """What a finding does to the claim."""

    ERROR = "E"
    """Holds the claim"""
    WARNING = "W"
    """Noted, and the claim goes out"""


class Bill(StrEnum):
    """Which claims an edit looks at."""

    ANY = "any"
    PROFESSIONAL = "professional"
    """837P, CMS-1500"""
    INSTITUTIONAL = "institutional"
    """837I, UB-04"""


class Scope(StrEnum):
    """What an edit looks at."""

    CLAIM = "claim"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing an edit found."""

    edit: str
    severity: Severity
    path: str
    """The field, as corrections name it"""
    message: str
    """What is wrong; never a name, a birth date or a member id"""
    fix: str = ""
    """What would mend it"""


@dataclass(frozen=True, slots=True)
class Situation:
    """What an edit may know besides the claim."""

    at: datetime
    """When the claim is about to leave (UTC)"""
    policies: Policies
    is_verified: bool
    filing: FilingTime | None = None
    """How long the claim is timely, where that is not counted from the visit alone"""
    known: Known = field(default_factory=Known)

    @property
    def today(self) -> date:
        return self.policies.day(self.at)

    def allows(self, policy: str) -> bool:
        """A policy that is 1 for yes."""
        return bool(self.policies.value(policy, as_of=self.today))


Check = Callable[[Claim, Situation], Iterator[tuple[str, str]]]
"""Yields (path, message)"""
Mend = Callable[[Claim], Claim]


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit as data, and the small function that looks."""

    code: str
    severity: Severity
    check: Check
    fix: str
    """What a person does about it"""
    scope: Scope = Scope.CLAIM
    errors_for: frozenset[str] = frozenset()
    """SBR09 of payers for whom a warning is an error"""
    since: date = date.min
    """First day of service that it looks at"""
    until: date = date.max
    payers: frozenset[str] = frozenset()
    """SBR09 of the payers it is about; empty: all"""
    bill: Bill = Bill.ANY
    mend: Mend | None = None
    """Puts it right without a person, where only one way is right"""

    @property
    def says(self) -> str:
        """What it asks for, and the source."""
        return (self.check.__doc__ or "").strip()

    def is_about(self, claim: Claim) -> bool:
        """Whether kind of claim, payer and days are those that it was written for."""
        kind = Bill.PROFESSIONAL if claim.hospital is None else Bill.INSTITUTIONAL
        if self.bill not in {Bill.ANY, kind}:
            return False
        if self.payers and claim.coverage.filing_indicator not in self.payers:
            return False
        if (self.since == date.min and self.until == date.max) or not claim.lines:
            return True
        return claim.service_to >= self.since and claim.service_from <= self.until

    def severity_for(self, claim: Claim) -> Severity:
        return Severity.ERROR if claim.coverage.filing_indicator in self.errors_for else self.severity

    def findings(self, claim: Claim, situation: Situation) -> Iterator[Finding]:
        """Everything that it has to say about the claim."""
        if self.is_about(claim):
            for path, message in self.check(claim, situation):
                yield Finding(self.code, self.severity_for(claim), path, message, self.fix)


EDITS: list[Edit] = []


def edit(
    code: str,
    severity: Severity = Severity.ERROR,
    *,
    fix: str,
    scope: Scope = Scope.CLAIM,
    errors_for: Collection[str] = (),
    since: date = date.min,
    until: date = date.max,
    payers: Collection[str] = (),
    bill: Bill = Bill.ANY,
    mend: Mend | None = None,
) -> Callable[[Check], Check]:
    """Register a check as the edit `code`."""

    def register(check: Check) -> Check:
        about = (since, until, frozenset(payers), bill)
        made = Edit(code, severity, check, fix, scope, frozenset(errors_for), *about, mend)
        EDITS.append(made)
        return check

    return register
