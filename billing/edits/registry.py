"""What an edit is, and the list of all of them. Ids are those of docs/edits.md; each says where its rule comes from."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from billing.claim import Claim
from billing.policies import Policies

MEDICARE = "MB"
"""SBR09 of Medicare Part B"""


class Severity(StrEnum):
    """What a finding does to the claim."""

    ERROR = "E"
    """Holds the claim"""
    WARNING = "W"
    """Noted, and the claim goes out"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing an edit found."""

    edit: str
    severity: Severity
    path: str
    """The field, as corrections name it"""
    message: str
    """What is wrong and what would mend it; never a name, a birth date or a member id"""


@dataclass(frozen=True, slots=True)
class Situation:
    """What an edit may know besides the claim."""

    at: datetime
    """When the claim is about to leave (UTC)"""
    policies: Policies
    is_verified: bool
    filing_anchor: date | None = None
    """The day that the filing limit counts from, where it is not the visit's"""

    @property
    def today(self) -> date:
        return self.policies.day(self.at)


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit with its id and severity."""

    code: str
    severity: Severity
    check: Callable[[Claim, Situation], Iterator[tuple[str, str]]]
    """Yields (path, message)"""


EDITS: list[Edit] = []
_Check = Callable[[Claim, Situation], Iterator[tuple[str, str]]]


def edit(code: str, severity: Severity = Severity.ERROR) -> Callable[[_Check], _Check]:
    """Register a check as the edit `code`."""

    def register(check: _Check) -> _Check:
        EDITS.append(Edit(code, severity, check))
        return check

    return register
