"""Published rules about codes: which stand together, how often, and beside what (CMS: NCCI and the fee schedule).

The files are keyed by CPT, whose codes the American Medical Association licenses: the office ships none of them and
reads what the user has loaded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class RuleKind(StrEnum):
    """What a published file says."""

    PAIRS = "pairs"
    """NCCI procedure-to-procedure edits: two codes of one day, of which the second is not paid"""
    UNITS = "units"
    """NCCI medically unlikely edits: units that one line or one day may have"""
    ADD_ONS = "add_ons"
    """NCCI add-on codes, and the codes they are added to"""
    FEE_SCHEDULE = "fee_schedule"
    """The physician fee schedule's relative values: what modifiers a code takes, how long its global period is"""
    RELATIVE_VALUES = "rvu"
    """The same file read for its prices: relative values, conversion factor, rules of payment"""
    LOCALITIES = "gpci"
    """What work, practice and malpractice cost in each of Medicare's localities"""
    EXCLUSIONS = "exclusions"
    """Excludes1 notes of the ICD-10-CM tabular list: diagnoses that exclude each other"""
    PROVIDERS = "providers"
    """NPPES: what an NPI stands for, and since when no more"""


RULE_NAMES = {
    RuleKind.PAIRS: "NCCI pairs",
    RuleKind.UNITS: "NCCI unit limits",
    RuleKind.ADD_ONS: "NCCI add-ons",
    RuleKind.FEE_SCHEDULE: "Physician fee schedule",
    RuleKind.RELATIVE_VALUES: "Relative values",
    RuleKind.LOCALITIES: "Medicare localities",
    RuleKind.EXCLUSIONS: "ICD-10-CM Excludes1",
    RuleKind.PROVIDERS: "NPPES",
}
"""As people read them"""

RULES_COME = {
    RuleKind.PAIRS: "each quarter",
    RuleKind.UNITS: "each quarter",
    RuleKind.ADD_ONS: "each quarter",
    RuleKind.FEE_SCHEDULE: "each quarter, the prices on January 1",
    RuleKind.RELATIVE_VALUES: "each quarter, the prices on January 1",
    RuleKind.LOCALITIES: "on January 1",
    RuleKind.EXCLUSIONS: "on October 1, and sometimes on April 1",
    RuleKind.PROVIDERS: "each month",
}
"""When a new edition is in force"""

ASKED_BY_EDITS = tuple(kind for kind in RuleKind if kind not in {RuleKind.RELATIVE_VALUES, RuleKind.LOCALITIES})
"""The other two price claims: `billing.contracts`"""

NEVER, WITH_MODIFIER = "0", "1"
"""Modifier indicator of a pair; 9: the pair is none any more"""
PAIR_MODIFIERS = frozenset(
    {
        *("E1", "E2", "E3", "E4", "FA", "F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9"),
        *("TA", "T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9", "LT", "RT", "LC", "LD", "RC", "LM", "RI"),
        *("24", "25", "27", "57", "58", "59", "78", "79", "91", "XE", "XP", "XS", "XU"),
    }
)
"""With which a pair of indicator 1 is paid, on either code since July 2019 (CMS: NCCI policy manual, chapter I)"""


@dataclass(frozen=True, slots=True)
class CodePair:
    """Two procedures of one day and provider: the second is not paid beside the first."""

    first: str
    """Column 1"""
    second: str
    """Column 2"""
    indicator: str
    """0 never together, 1 with a modifier, 9 no edit any more"""
    valid_from: date
    valid_to: date | None
    """The last day; None: still in force"""

    def is_in_force(self, day: date) -> bool:
        return self.valid_from <= day <= (self.valid_to or date.max)


class CountedBy(StrEnum):
    """The adjudication indicator (MAI) of a unit limit."""

    LINE = "1"
    DAY_ABSOLUTE = "2"
    """By policy: no appeal raises it"""
    DAY = "3"
    """By clinical experience: more may be paid with records"""


@dataclass(frozen=True, slots=True)
class UnitLimit:
    """How many units of a procedure are believed."""

    procedure: str
    units: int
    counted_by: CountedBy


CONTRACTOR_DEFINED = "CCCCC"
"""In place of a primary code: the payer's contractor decides what the add-on is added to"""


@dataclass(frozen=True, slots=True)
class AddOn:
    """A code that is paid beside another only."""

    procedure: str
    kind: str
    """1 the primaries are listed, 2 the contractor defines them, 3 some are listed"""
    primary_code: str
    """A procedure, or CCCCC"""
    valid_from: date
    valid_to: date | None

    def is_in_force(self, day: date) -> bool:
        return self.valid_from <= day <= (self.valid_to or date.max)


@dataclass(frozen=True, slots=True)
class Indicators:
    """What the physician fee schedule says of a procedure without modifier."""

    procedure: str
    status: str
    """A active, B bundled, C priced by the carrier, N not covered, I not valid for Medicare ..."""
    components: str
    """PC/TC: 0 a physician's service, 1 has a professional and a technical component, 2 and 3 one of them only ..."""
    global_days: str
    """000, 010, 090, MMM, XXX, YYY, ZZZ"""
    multiple: str
    bilateral: str
    """0 no, 1 at 150 %, 2 both sides already, 3 each side at its full price, 9 no idea of sides"""


@dataclass(frozen=True, slots=True)
class ProviderFacts:
    """What NPPES knows of an NPI."""

    npi: str
    is_person: bool | None
    """Entity type 1; None: the row does not say (deactivated)"""
    deactivated_on: date | None
    reactivated_on: date | None

    def is_active(self, day: date) -> bool:
        if self.deactivated_on is None or day < self.deactivated_on:
            return True
        return self.reactivated_on is not None and self.deactivated_on <= self.reactivated_on <= day


@dataclass(frozen=True, slots=True)
class CodeRange:
    """ICD-10-CM codes without the dot, compared as far as the ends are long: E08 to E13 holds E119."""

    first: str
    last: str

    def __contains__(self, code: str) -> bool:
        return self.first <= code[: len(self.first)] and code[: len(self.last)] <= self.last


@dataclass(frozen=True, slots=True)
class Exclusion:
    """An Excludes1 note: no code of the one range beside a code of the other."""

    codes: CodeRange
    excluded: CodeRange


@dataclass(frozen=True, slots=True)
class RuleEdition:
    """One release of a file of rules."""

    kind: RuleKind
    name: str
    """Such as 2026Q4"""
    valid_from: date
    valid_to: date
    """The last day"""


DATED = frozenset({RuleKind.PAIRS, RuleKind.ADD_ONS, RuleKind.PROVIDERS})
"""Files whose rows carry their own days: the newest edition holds the past, too, and replaces the one before"""


def edition_for(editions: Sequence[RuleEdition], kind: RuleKind, day: date) -> RuleEdition | None:
    """The edition to ask about a day of service; of a dated file the newest, which reaches back."""
    of_kind = [one for one in editions if one.kind == kind]
    if kind in DATED:
        return max(of_kind, key=lambda one: one.valid_from, default=None)
    fitting = [one for one in of_kind if one.valid_from <= day <= one.valid_to]
    return max(fitting, key=lambda one: (one.valid_from, one.name), default=None)
