"""Step 3, coding: are codes present, well formed, and in the tables of their day?

Whether they are the right ones is a coder's judgement.
"""

import re
from collections.abc import Iterator

from billing.claim import Claim, Diagnosis, ServiceLine
from billing.code_tables import NAMES, CodeTables, CodeUse, diagnosis_uses, procedure_use

_ICD10 = re.compile(r"[A-Z][0-9A][0-9A-Z]{1,5}")
_ICD9 = re.compile(r"([0-9]{3}|V[0-9]{2}|E[0-9]{3})[0-9]{0,2}")
HIPPS = "HP"
"""SV202-1: the code says a case mix (skilled nursing, home health, rehabilitation)"""
_HIPPS = re.compile(r"[0-9A-Z]{5}")
_PROCEDURE = re.compile(r"[0-9]{5}|[0-9]{4}[FTU]|[A-Z][0-9]{4}")

ICD9_QUALIFIERS = frozenset({"BK", "BF", "BJ", "PR", "BN"})
"""HIxx-1 for ICD-9-CM (BJ, PR and BN on institutional claims), which no service since 2015-10-01 may carry"""


PROVIDER_ASKED = "The provider is asked"
"""In the visit's story, where who asked and what is read off the task that ended so: stories carry no free text"""
PROVIDER_ANSWERED = "The provider has answered"

CODES_STAND = "D03"
"""Beside the overridden edits of an encounter: a supervisor let its codes stand against the tables"""


def diagnosis_is_well_formed(diagnosis: Diagnosis) -> bool:
    """ICD-10-CM without the dot: a letter, a digit (or A, since QA0 of fiscal year 2026), then one to five more."""
    if diagnosis.qualifier in ICD9_QUALIFIERS:
        return _ICD9.fullmatch(diagnosis.code) is not None
    return _ICD10.fullmatch(diagnosis.code) is not None


def procedure_is_well_formed(code: str) -> bool:
    """Five digits, four digits with F, T or U, or a letter with four digits (CPT and HCPCS level II)."""
    return _PROCEDURE.fullmatch(code) is not None


def service_is_well_formed(line: ServiceLine) -> bool:
    """A procedure that looks like one; an institutional line may have none, or a HIPPS code (SV202-1 HP)."""
    if line.revenue is not None and not line.procedure:
        return True
    if line.procedure_qualifier == HIPPS:
        return _HIPPS.fullmatch(line.procedure) is not None
    return procedure_is_well_formed(line.procedure)


def is_for_nothing(line: ServiceLine) -> bool:
    """Whether the code only reports: CPT category II, and the case mix of a stay (HIPPS). Nothing is charged for it."""
    return line.procedure.endswith("F") or line.procedure_qualifier == HIPPS


def coding_faults(claim: Claim) -> list[str]:
    """Everything about the codes that a coder must mend, each with the field that mends it; empty when codable."""
    return [f"{words} (field {path})" for path, words in located_form_faults(claim)]


def located_form_faults(claim: Claim) -> Iterator[tuple[str, str]]:
    """(field, words) of codes that are missing or not well formed, and of pointers at nothing."""
    if not claim.diagnoses:
        yield "diagnoses", "no diagnosis"
    for number, diagnosis in enumerate(claim.diagnoses, start=1):
        if not diagnosis_is_well_formed(diagnosis):
            yield "diagnoses", f"diagnosis {number} is not a well-formed code"
    for number, line in enumerate(claim.lines, start=1):
        where = f"line {number}"
        if not service_is_well_formed(line):
            yield f"line.{number}.procedure", f"{where}: procedure is not a well-formed code"
        if claim.hospital is not None:
            continue
        if not line.diagnosis_pointers:
            yield f"line.{number}.pointers", f"{where}: points at no diagnosis"
        if any(not 1 <= pointer <= len(claim.diagnoses) for pointer in line.diagnosis_pointers):
            yield f"line.{number}.pointers", f"{where}: points at a diagnosis that is not there"


def codes_used(claim: Claim) -> list[CodeUse]:
    """What to ask the code tables: every well-formed code on each day it is used."""
    return [use for _, _, use in _uses(claim)]


def table_faults(claim: Claim, tables: CodeTables) -> list[str]:
    """Codes that are unknown, no leaf, or not valid on their day, each once with suggestions and its field."""
    return [f"{words} (field {path})" for path, words in located_faults(claim, tables)]


def located_faults(claim: Claim, tables: CodeTables) -> list[tuple[str, str]]:
    """(field, words) of codes that are unknown, no leaf, or not valid on their day, each once."""
    faults = {
        (path, f"{where}: {fault}"): None
        for where, path, use in _uses(claim)
        if (fault := tables.fault(use)) is not None
    }
    return list(faults)


def tables_missing(tables: CodeTables) -> list[str]:
    """For the visit's story, one line a system: what was checked for its form only. Names no code."""
    return [
        f"{NAMES[system]} codes were checked for their form only: "
        f"no edition in force on {', '.join(map(str, days))} is loaded"
        for system, days in tables.missing().items()
    ]


def _uses(claim: Claim) -> Iterator[tuple[str, str, CodeUse]]:
    """(words for the place, field, use)"""
    for number, diagnosis in enumerate(claim.diagnoses, start=1):
        if diagnosis.qualifier not in ICD9_QUALIFIERS and diagnosis_is_well_formed(diagnosis):
            yield from ((f"diagnosis {number}", "diagnoses", use) for use in diagnosis_uses(claim, number))
    for number in range(1, len(claim.lines) + 1):
        if (use := procedure_use(claim, number)) is not None:
            yield f"line {number}", f"line.{number}.procedure", use
