"""Why the patient was treated: D."""

from collections.abc import Iterator
from datetime import date

from billing.claim import Claim, Diagnosis, ServiceLine, Sex
from billing.code_tables import CodeOnDay, diagnosis_uses
from billing.coding import CODES_STAND, ICD9_QUALIFIERS, diagnosis_is_well_formed, located_faults
from billing.days import age_on
from billing.diagnoses import ADULT, CHILD, MATERNITY, NEWBORN, in_chapter, needs_seventh
from billing.edits.registry import Bill, Scope, Severity, Situation, edit

MAX_DIAGNOSES = 12

EXTERNAL_CAUSES = "VWXY"


@edit("D01", fix="List one to twelve different diagnoses.", bill=Bill.PROFESSIONAL)
def diagnoses_counted(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """One to twelve diagnoses, none twice (2300 HI)."""
    codes = [diagnosis.code for diagnosis in claim.diagnoses]
    if not 1 <= len(codes) <= MAX_DIAGNOSES:
        yield "diagnoses", f"a professional claim carries 1 to {MAX_DIAGNOSES} diagnoses; this one has {len(codes)}"
    if len(set(codes)) != len(codes):
        yield "diagnoses", "a diagnosis is listed twice"


@edit("D02", fix="Choose the code from the table.")
def diagnoses_well_formed(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Diagnoses are well-formed codes of the edition in force (ICD-10-CM since 2015-10-01)."""
    for number, diagnosis in enumerate(claim.diagnoses, start=1):
        if not diagnosis_is_well_formed(diagnosis):
            yield "diagnoses", f"diagnosis {number} is not a well-formed code"
        elif diagnosis.qualifier in ICD9_QUALIFIERS and claim.service_from >= date(2015, 10, 1):
            yield "diagnoses", f"diagnosis {number} is ICD-9-CM, which ended on 2015-09-30"


@edit("D05", fix="Put the injury or illness first.")
def principal_is_no_cause(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """What caused an injury (V00 to Y99) is never the first diagnosis (ICD-10-CM guideline I.C.20.a.6)."""
    first = claim.diagnoses[0] if claim.diagnoses else None
    if first is not None and first.qualifier not in ICD9_QUALIFIERS and first.code[:1] in EXTERNAL_CAUSES:
        yield "diagnoses", "the first diagnosis is the cause of an injury; put the injury itself before it"


@edit(
    "D09",
    Severity.WARNING,
    fix="Ask the patient; say which kind of accident, or that it was none.",
    bill=Bill.PROFESSIONAL,
)
def injury_asks_for_accident(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """An injury may be an accident, and somebody else's to pay (2300 CLM11)."""
    first = claim.diagnoses[0] if claim.diagnoses else None
    if first is not None and first.qualifier not in ICD9_QUALIFIERS and first.code[:1] in "ST" and not claim.accident:
        yield "diagnoses", "an injury without a word on an accident: payers often ask the patient before they pay"


@edit(CODES_STAND, fix="Choose the code of the edition in force on the day of service.")
def codes_of_their_day(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Codes are known, billable and valid on the day of service (the loaded editions of ICD-10-CM, HCPCS and CPT)."""
    yield from located_faults(claim, situation.known.tables)


def _icd10(claim: Claim) -> Iterator[tuple[int, Diagnosis]]:
    for number, diagnosis in enumerate(claim.diagnoses, start=1):
        if diagnosis.qualifier not in ICD9_QUALIFIERS and diagnosis_is_well_formed(diagnosis):
            yield number, diagnosis


@edit("D04", fix="Add the seventh character, with X in the places between: A initial, D later, S sequela.")
def seventh_characters(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Injuries, their causes and some others have seven characters (ICD-10-CM tabular list; guideline I.A.5)."""
    for number, diagnosis in _icd10(claim):
        if needs_seventh(diagnosis.code) and len(diagnosis.code) < 7:
            yield "diagnoses", f"diagnosis {number} has no seventh character"


@edit("D06", Severity.WARNING, fix="Keep the one that is true, unless the two are unrelated.")
def diagnoses_exclude_each_other(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Two diagnoses of which one excludes the other are not coded together (Excludes1; guideline I.A.12.a)."""
    numbers = {diagnosis.code: number for number, diagnosis in _icd10(claim)}
    for one, other in situation.known.exclusions:
        if one in numbers and other in numbers:
            yield "diagnoses", f"diagnosis {numbers[one]} excludes diagnosis {numbers[other]}"


@edit("D07", Severity.WARNING, fix="Check the patient's birth date and sex, and the code.")
def diagnoses_fit_the_patient(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Diagnoses of newborns, children, adults and pregnancy fit age and sex (Medicare code editor, age conflicts)."""
    born = claim.patient.birth_date
    for number, diagnosis in _icd10(claim):
        if in_chapter(diagnosis.code, MATERNITY) and claim.patient.sex == Sex.MALE:
            yield "diagnoses", f"diagnosis {number} is about a pregnancy, and the patient is male"
        if born is None or not claim.lines:
            continue
        age = age_on(born, claim.service_from)
        for family in (NEWBORN, CHILD, MATERNITY, ADULT):
            if in_chapter(diagnosis.code, family) and not family.youngest <= age <= family.oldest:
                yield "diagnoses", f"diagnosis {number} is for ages {family.youngest} to {family.oldest}"


SIDES = {"RT": "right", "LT": "left"}
"""Modifier, and the word of the diagnosis's description"""


@edit("D08", Severity.WARNING, fix="Correct the modifier or the diagnosis.", scope=Scope.LINE)
def sides_agree(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A service on one side is done for a diagnosis of that side (descriptions of the loaded ICD-10-CM edition)."""
    for number, line in enumerate(claim.lines, start=1):
        told = [word for modifier, word in SIDES.items() if modifier in line.modifiers]
        if len(told) != 1:
            continue
        found = _sides(claim, line, situation)
        if found and told[0] not in found and "bilateral" not in found:
            yield f"line.{number}.modifiers", f"line {number}: the service is {told[0]}, its diagnosis {min(found)}"


def _sides(claim: Claim, line: ServiceLine, situation: Situation) -> set[str]:
    """Which of right, left and bilateral the descriptions of the line's diagnoses say."""
    words: set[str] = set()
    for pointer in line.diagnosis_pointers:
        if 1 <= pointer <= len(claim.diagnoses):
            for use in diagnosis_uses(claim, pointer):
                entry = situation.known.tables.found.get(use, CodeOnDay()).entry
                words |= set((entry.long or entry.short).lower().replace(",", " ").split()) if entry else set()
    return words & {"right", "left", "bilateral"}
