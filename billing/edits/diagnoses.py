"""Why the patient was treated: D."""

from collections.abc import Iterator
from datetime import date

from billing.claim import Claim
from billing.coding import ICD9_QUALIFIERS, diagnosis_is_well_formed
from billing.edits.registry import Severity, Situation, edit

MAX_DIAGNOSES = 12

EXTERNAL_CAUSES = "VWXY"


@edit("D01")
def diagnoses_counted(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """One to twelve diagnoses, none twice (2300 HI)."""
    codes = [diagnosis.code for diagnosis in claim.diagnoses]
    if not 1 <= len(codes) <= MAX_DIAGNOSES:
        yield "diagnoses", f"a professional claim carries 1 to {MAX_DIAGNOSES} diagnoses; this one has {len(codes)}"
    if len(set(codes)) != len(codes):
        yield "diagnoses", "a diagnosis is listed twice"


@edit("D02")
def diagnoses_well_formed(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Diagnoses are well-formed codes of the edition in force (ICD-10-CM since 2015-10-01)."""
    for number, diagnosis in enumerate(claim.diagnoses, start=1):
        if not diagnosis_is_well_formed(diagnosis):
            yield "diagnoses", f"diagnosis {number} is not a well-formed code"
        elif diagnosis.qualifier in ICD9_QUALIFIERS and claim.service_from >= date(2015, 10, 1):
            yield "diagnoses", f"diagnosis {number} is ICD-9-CM, which ended on 2015-09-30"


@edit("D05")
def principal_is_no_cause(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """What caused an injury (V00 to Y99) is never the first diagnosis (ICD-10-CM guideline I.C.20.a.6)."""
    first = claim.diagnoses[0] if claim.diagnoses else None
    if first is not None and first.qualifier not in ICD9_QUALIFIERS and first.code[:1] in EXTERNAL_CAUSES:
        yield "diagnoses", "the first diagnosis is the cause of an injury; put the injury itself before it"


@edit("D09", Severity.WARNING)
def injury_asks_for_accident(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """An injury may be an accident, and somebody else's to pay (2300 CLM11)."""
    first = claim.diagnoses[0] if claim.diagnoses else None
    if first is not None and first.qualifier not in ICD9_QUALIFIERS and first.code[:1] in "ST" and not claim.accident:
        yield "diagnoses", "an injury without a word on an accident: payers often ask the patient before they pay"
