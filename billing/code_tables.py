"""Code tables by date: what an edition says of a code on the day of service, and what a coder is told about it.

An edition is one release of a code system with the days it is in force: ICD-10-CM from October 1 (and again from
April 1), HCPCS level II by quarter, CPT by year. Where two are in force on a day, the one that began last governs.
Without an edition for the day nothing is concluded: the form of a code is then all that is checked.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from billing.claim import Claim


class CodeSystem(StrEnum):
    """Whose codes they are."""

    ICD10CM = "icd10cm"
    """Diagnoses: CDC/NCHS and CMS, by fiscal year (HI of 005010X222A1)"""
    HCPCS = "hcpcs"
    """Level II procedures, supplies and drugs: CMS, by quarter (SV101-2)"""
    CPT = "cpt"
    """Level I procedures: the American Medical Association; loaded from the user's own licensed file only (SV101-2)"""


NAMES = {CodeSystem.ICD10CM: "ICD-10-CM", CodeSystem.HCPCS: "HCPCS", CodeSystem.CPT: "CPT"}
"""As people write them"""
COMES = {
    CodeSystem.ICD10CM: "on October 1, and sometimes on April 1",
    CodeSystem.HCPCS: "each quarter",
    CodeSystem.CPT: "on January 1",
}
"""When a new edition is in force"""
PUBLIC = (CodeSystem.ICD10CM, CodeSystem.HCPCS)
"""Systems that anybody may load: an office without them is told so"""

_HCPCS = re.compile(r"[A-CE-Z][0-9]{4}")
_CPT = re.compile(r"[0-9]{4}[0-9FTU]")
CATEGORY = 3
"""Characters of an ICD-10-CM category, before the dot"""


@dataclass(frozen=True, slots=True)
class Edition:
    """One release of a system."""

    system: CodeSystem
    name: str
    """Such as FY2026 or 2026Q3"""
    valid_from: date
    valid_to: date
    """The last day"""


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """One code of an edition."""

    code: str
    """Without the dot"""
    short: str
    long: str
    is_billable: bool
    """False: a heading, under which the codes for claims stand"""
    valid_from: date
    valid_to: date | None
    """The last day; None: no end is known"""
    see: tuple[str, ...] = ()
    """What the publisher names in its place"""


class TermKind(StrEnum):
    """Where other words for a code stand in the ICD-10-CM tabular list."""

    INCLUSION = "inclusion"
    """`inclusionTerm`: a condition for which the code is used, a synonym often"""
    INCLUDES = "includes"
    """`includes`: what a category takes in"""


@dataclass(frozen=True, slots=True)
class CodeTerm:
    """Other words for a code or a heading."""

    code: str
    """Without the dot"""
    text: str
    kind: TermKind


@dataclass(frozen=True, slots=True)
class CodeUse:
    """A code that a claim uses on a day."""

    system: CodeSystem
    code: str
    day: date


@dataclass(frozen=True, slots=True)
class CodeOnDay:
    """What the tables say of one code on one day."""

    edition: Edition | None = None
    """In force that day; None: none is loaded, and the rest is empty"""
    entry: CodeEntry | None = None
    """The code in that edition"""
    elsewhere: tuple[Edition, CodeEntry] | None = None
    """The code in the newest other edition that has it"""
    near: tuple[str, ...] = ()
    """Billable codes of the edition below or beside it"""


@dataclass(frozen=True, slots=True)
class CodeTables:
    """What the tables say of the codes of one claim."""

    found: Mapping[CodeUse, CodeOnDay] = field(default_factory=dict)
    loaded: frozenset[CodeSystem] = frozenset()
    """Systems of which any edition is loaded"""

    def fault(self, use: CodeUse) -> str | None:
        """What is wrong with the code on its day, in a coder's words; None: nothing, or nothing is known."""
        said = self.found.get(use, CodeOnDay())
        return None if said.edition is None else _fault(use, said, said.edition)

    def missing(self) -> dict[CodeSystem, list[date]]:
        """The days that were asked for and have no edition, by system; licensed systems only where one is loaded."""
        without: dict[CodeSystem, list[date]] = {}
        for system, day in sorted({(use.system, use.day) for use, said in self.found.items() if said.edition is None}):
            if system in PUBLIC or system in self.loaded:
                without.setdefault(system, []).append(day)
        return without


def system_of_procedure(code: str) -> CodeSystem | None:
    """The system that a procedure's form belongs to; None: no table decides on it.

    D codes are dental (CDT, licensed by the American Dental Association) and no part of the HCPCS file.
    """
    if _HCPCS.fullmatch(code):
        return CodeSystem.HCPCS
    return CodeSystem.CPT if _CPT.fullmatch(code) else None


def diagnosis_uses(claim: Claim, number: int) -> list[CodeUse]:
    """Diagnosis `number` (from 1) on each day of a line that points at it, or on the visit's first day."""
    code = claim.diagnoses[number - 1].code
    days = {line.service_date for line in claim.lines if number in line.diagnosis_pointers}
    return [CodeUse(CodeSystem.ICD10CM, code, day) for day in sorted(days or {claim.service_from})]


def procedure_use(claim: Claim, number: int) -> CodeUse | None:
    """The procedure of line `number` (from 1) on the line's day; None: no table decides on it."""
    line = claim.lines[number - 1]
    system = system_of_procedure(line.procedure) if line.procedure_qualifier == "HC" else None
    return None if system is None else CodeUse(system, line.procedure, line.service_date)


def in_force(editions: Iterable[Edition], system: CodeSystem, day: date) -> Edition | None:
    """The edition that governs the day: of those in force, the one that began last."""
    fitting = (one for one in editions if one.system == system and one.valid_from <= day <= one.valid_to)
    return max(fitting, key=lambda one: (one.valid_from, one.name), default=None)


def without_edition(editions: Sequence[Edition], day: date) -> list[CodeSystem]:
    """The public systems, and licensed ones of which anything is loaded, that have no edition in force that day."""
    wanted = {*PUBLIC, *(one.system for one in editions)}
    return [system for system in CodeSystem if system in wanted and in_force(editions, system, day) is None]


def written(system: CodeSystem, code: str) -> str:
    """As people write it: a diagnosis with its dot."""
    dotted = system == CodeSystem.ICD10CM and len(code) > CATEGORY
    return f"{code[:CATEGORY]}.{code[CATEGORY:]}" if dotted else code


def _fault(use: CodeUse, said: CodeOnDay, edition: Edition) -> str | None:
    code = written(use.system, use.code)
    if said.entry is None:
        return _absent(use, said, edition)
    if not said.entry.is_billable:
        return f"{code} needs more characters{_such_as('nearest', use.system, said.near)}"
    if said.entry.valid_to is not None and said.entry.valid_to < use.day:
        return f"{code} ended on {said.entry.valid_to}{_instead(use.system, said.entry, said.near)}"
    if use.day < said.entry.valid_from:
        return f"{code} begins on {said.entry.valid_from}, after the service"
    return None


def _absent(use: CodeUse, said: CodeOnDay, edition: Edition) -> str:
    """The edition of the day does not have the code: it ended, it is younger, or it never was."""
    code, table = written(use.system, use.code), f"{NAMES[use.system]} {edition.name}"
    if said.elsewhere is not None:
        other, entry = said.elsewhere
        if other.valid_from < edition.valid_from:
            last = min(entry.valid_to or other.valid_to, edition.valid_from - timedelta(days=1))
            return f"{code} ended on {last}{_instead(use.system, entry, said.near)}"
        return f"{code} begins on {max(entry.valid_from, other.valid_from)}, after the service"
    return f"{code} is unknown to {table}{_such_as('nearest', use.system, said.near)}"


def _instead(system: CodeSystem, ended: CodeEntry, near: Sequence[str]) -> str:
    return _such_as("see", system, ended.see) or _such_as("nearest", system, near)


def _such_as(word: str, system: CodeSystem, codes: Sequence[str]) -> str:
    return f"; {word}: {', '.join(written(system, one) for one in codes)}" if codes else ""
