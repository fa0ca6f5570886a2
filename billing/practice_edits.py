"""Claim edits that a practice writes itself, as data: such a line is held or noted, unless it has what it needs.

Beside the office's own edits (`billing.edits`): what one payer or one practice wants is no rule for all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from billing.claim import Claim, Party, ServiceLine
from billing.coding_rules import CodeRange
from billing.days import age_on
from billing.edits.registry import Finding, Severity
from billing.money import Cents

LETTER = "Z"
"""Before the number of a practice's edit; the office's own edits never have it"""
Ranges = tuple[CodeRange, ...]


class Has(StrEnum):
    """What a claim may carry beside its codes."""

    AUTHORIZATION = "authorization"
    """REF*G1"""
    REFERRAL = "referral"
    """REF*9F"""
    REFERRING = "referring_provider"
    """NM1*DN"""
    ORDERING = "ordering_provider"
    """NM1*DK of the line"""


@dataclass(frozen=True, slots=True)
class When:
    """What a line looks like that the edit is about. Empty or None: anything; several: all of them."""

    payer: str = ""
    """NM109 of 2010BB"""
    procedures: Ranges = ()
    diagnoses: Ranges = ()
    """One that the line points at"""
    modifiers: tuple[str, ...] = ()
    """One of them"""
    places: tuple[str, ...] = ()
    """Of service"""
    providers: tuple[str, ...] = ()
    """NPI of who rendered it"""
    age_from: int | None = None
    """Whole years on the day of service"""
    age_to: int | None = None
    units_over: int | None = None
    charge_over_cents: Cents | None = None


@dataclass(frozen=True, slots=True)
class Unless:
    """What lets such a line pass: one of these."""

    modifiers: tuple[str, ...] = ()
    diagnoses: Ranges = ()
    procedures: Ranges = ()
    """On another line of the same day"""
    has: Has | None = None


@dataclass(frozen=True, slots=True)
class PracticeEdit:
    """One edit of a practice."""

    code: str
    """Z1, Z2 and so on"""
    severity: Severity
    message: str
    """What is wrong with such a line"""
    begins: date
    """First day of service that it looks at"""
    ends: date | None = None
    """The last day"""
    fix: str = ""
    when: When = field(default_factory=When)
    unless: Unless = field(default_factory=Unless)

    def findings(self, claim: Claim) -> Iterator[Finding]:
        """Every line that it is about."""
        for number, line in enumerate(claim.lines, start=1):
            is_in_force = self.begins <= line.service_date and (self.ends is None or line.service_date <= self.ends)
            if is_in_force and _looks_so(claim, line, self.when) and not _passes(claim, number, self.unless):
                message = f"line {number}: {self.message}"
                yield Finding(self.code, self.severity, f"line.{number}.procedure", message, self.fix)


def findings(edits: Sequence[PracticeEdit], claim: Claim) -> list[Finding]:
    """Everything that a practice's edits have to say about a claim."""
    return [found for one in edits for found in one.findings(claim)]


def _looks_so(claim: Claim, line: ServiceLine, when: When) -> bool:
    rendering = _provider(claim, line, "82") or claim.billing_provider
    born = claim.patient.birth_date
    age = age_on(born, line.service_date) if born else None
    return (
        (not when.payer or claim.coverage.payer.id == when.payer)
        and (not when.procedures or _among(line.procedure, when.procedures))
        and (not when.diagnoses or any(_among(code, when.diagnoses) for code in _pointed_at(claim, line)))
        and (not when.modifiers or bool(set(when.modifiers) & set(line.modifiers)))
        and (not when.places or (line.place_of_service or claim.place_of_service) in when.places)
        and (not when.providers or rendering.npi in when.providers)
        and (when.age_from is None or (age is not None and age >= when.age_from))
        and (when.age_to is None or (age is not None and age <= when.age_to))
        and (when.units_over is None or line.units > when.units_over)
        and (when.charge_over_cents is None or line.charge_cents > when.charge_over_cents)
    )


def _passes(claim: Claim, number: int, unless: Unless) -> bool:
    line = claim.lines[number - 1]
    rest = claim.lines[: number - 1] + claim.lines[number:]
    others = [one for one in rest if one.service_date == line.service_date]
    return (
        bool(set(unless.modifiers) & set(line.modifiers))
        or any(_among(code, unless.diagnoses) for code in _pointed_at(claim, line))
        or any(_among(one.procedure, unless.procedures) for one in others)
        or (unless.has is not None and _carries(claim, line, unless.has))
    )


def _carries(claim: Claim, line: ServiceLine, what: Has) -> bool:
    match what:
        case Has.AUTHORIZATION:
            return claim.authorization is not None
        case Has.REFERRAL:
            return claim.referral is not None
        case Has.REFERRING:
            return _provider(claim, line, "DN") is not None
        case Has.ORDERING:
            return _provider(claim, line, "DK") is not None


def _provider(claim: Claim, line: ServiceLine, role: str) -> Party | None:
    """The line's own, else the claim's."""
    return next((party for party in line.providers if party.role == role), None) or claim.provider(role)


def _pointed_at(claim: Claim, line: ServiceLine) -> list[str]:
    count = len(claim.diagnoses)
    return [claim.diagnoses[one - 1].code for one in line.diagnosis_pointers if 1 <= one <= count]


def _among(code: str, ranges: Ranges) -> bool:
    return any(code in one for one in ranges)
