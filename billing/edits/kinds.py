"""Kinds of service with rules of their own: C14 to C20, C22."""

from collections.abc import Iterator
from datetime import date

from billing.claim import Claim, Sex
from billing.claim_details import CLIA, NDC, clia_of, drug_of, has_quantity
from billing.days import age_on
from billing.edits.registry import GOVERNMENT, MEDICAID, MEDICARE, Bill, Scope, Severity, Situation, edit
from billing.procedures import (
    ANESTHESIA,
    FEMALE_ONLY,
    LABORATORY,
    MALE_ONLY,
    THERAPY,
    VACCINE_ADMINISTRATION,
    VACCINES,
    is_drug,
    is_in,
    is_unlisted,
    number_of,
    preventive_ages,
)

ANESTHESIA_MODIFIERS = frozenset({"AA", "AD", "QK", "QX", "QY", "QZ"})
OUTSIDE_LABORATORY = frozenset({"90", "91"})
SEX_IS_KNOWN_TO_DIFFER = "KX"
"""Medicare: the modifier under which a sex-specific service is paid whatever the record says"""


@edit("C14", fix="Choose the code of the patient's age.", scope=Scope.LINE)
def preventive_visit_fits_age(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Codes of preventive visits go by the patient's age (99381 to 99397)."""
    born = claim.patient.birth_date
    for number, line in enumerate(claim.lines, start=1):
        ages = preventive_ages(line.procedure)
        if ages is None or born is None:
            continue
        age = age_on(born, line.service_date)
        if not ages[0] <= age <= ages[1]:
            yield f"line.{number}.procedure", f"line {number}: {line.procedure} is for another age than {age}"


@edit(
    "C16", Severity.WARNING, fix="Give minutes, and who gave the anesthesia.", scope=Scope.LINE, bill=Bill.PROFESSIONAL
)
def anesthesia_says_how(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Anesthesia is billed in minutes (SV103 MJ) and says who gave it (AA, AD, QK, QX, QY, QZ)."""
    for number, line in enumerate(claim.lines, start=1):
        if not is_in(line.procedure, ANESTHESIA):
            continue
        if line.unit_basis != "MJ":
            yield f"line.{number}.units", f"line {number}: anesthesia is billed in minutes"
        if not ANESTHESIA_MODIFIERS.intersection(line.modifiers):
            yield f"line.{number}.modifiers", f"line {number}: anesthesia says who gave it (AA, QK, QX, QY, QZ)"


@edit("C17", Severity.WARNING, fix="Add GP, GO or GN.", scope=Scope.LINE)
def therapy_says_which(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Therapy says which plan of care it belongs to (GN, GO, GP; 42 CFR 410.59 to 410.62)."""
    for number, line in enumerate(claim.lines, start=1):
        if number_of(line.procedure) in THERAPY and not {"GN", "GO", "GP"} & set(line.modifiers):
            yield (
                f"line.{number}.modifiers",
                f"line {number}: therapy says which (GP, GO or GN)",
            )


@edit("C20", Severity.WARNING, fix="Bill both, or say why one is missing (a vaccine from the state).")
def vaccine_and_its_administration(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A vaccine and its administration are billed together (90460 to 90474 beside the product)."""
    given = any(is_in(line.procedure, VACCINE_ADMINISTRATION) for line in claim.lines)
    product = any(is_in(line.procedure, *VACCINES) for line in claim.lines)
    if given != product:
        missing = "vaccine" if given else "administration of the vaccine"
        yield "lines", f"the {missing} is not on the claim"


@edit("C22", Severity.WARNING, fix="Describe the procedure in a few words.", scope=Scope.LINE)
def unlisted_is_described(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """An unlisted procedure is described (2400 SV101-7)."""
    for number, line in enumerate(claim.lines, start=1):
        if is_unlisted(line.procedure) and not line.procedure_description:
            yield (
                f"line.{number}.procedure",
                f"line {number}: {line.procedure} says nothing; describe what was done",
            )


@edit(
    "C15",
    Severity.WARNING,
    fix="Check the patient's sex and the procedure; KX says that both are right.",
    scope=Scope.LINE,
    bill=Bill.PROFESSIONAL,
)
def procedure_fits_sex(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Operations on one sex's organs are done on that sex (CMS manual 100-04, chapter 32, 240 on KX)."""
    for number, line in enumerate(claim.lines, start=1):
        needed = Sex.FEMALE if is_in(line.procedure, *FEMALE_ONLY) else Sex.MALE
        is_one_sexed = needed == Sex.FEMALE or is_in(line.procedure, *MALE_ONLY)
        if is_one_sexed and claim.patient.sex == _other(needed) and SEX_IS_KNOWN_TO_DIFFER not in line.modifiers:
            yield f"line.{number}.procedure", f"line {number}: {line.procedure} does not fit the patient's sex"


def _other(sex: Sex) -> Sex:
    return Sex.MALE if sex == Sex.FEMALE else Sex.FEMALE


@edit("C18", fix="Give N4, the eleven digits of the package, the quantity and its unit.", scope=Scope.LINE)
def drugs_are_identified(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A drug's NDC has eleven digits, a quantity and a unit (2410 LIN03, CTP04, CTP05)."""
    for number, line in enumerate(claim.lines, start=1):
        drug, quantity = drug_of(line)
        if drug is None:
            continue
        if len(drug) < 4 or drug[2] != "N4" or not NDC.fullmatch(drug[3]):
            yield f"line.{number}.ndc", f"line {number}: the drug code is no NDC of eleven digits (5-4-2)"
        elif not has_quantity(quantity):
            yield f"line.{number}.ndc", f"line {number}: the drug has no quantity and unit"


@edit("C18B", payers=[MEDICAID], fix="Give the drug's NDC, quantity and unit.", scope=Scope.LINE)
def medicaid_wants_the_ndc(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Medicaid pays no drug given in the office without its NDC (42 U.S.C. 1396r-8(a)(7))."""
    for number, line in enumerate(claim.lines, start=1):
        if is_drug(line.procedure) and drug_of(line)[0] is None:
            yield f"line.{number}.ndc", f"line {number}: Medicaid asks for the NDC of {line.procedure}"


@edit(
    "C18C",
    Severity.WARNING,
    payers=[MEDICARE],
    since=date(2023, 7, 1),
    fix="Keep the one that is true.",
    scope=Scope.LINE,
)
def waste_is_told_once(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """JW (some was thrown away) and JZ (nothing was) contradict each other (CMS manual 100-04, chapter 17, 40)."""
    for number, line in enumerate(claim.lines, start=1):
        if {"JW", "JZ"} <= set(line.modifiers):
            yield f"line.{number}.modifiers", f"line {number}: JW and JZ contradict each other"


@edit("C19", fix="Copy the number from the laboratory's certificate.", scope=Scope.LINE, bill=Bill.PROFESSIONAL)
def laboratory_number_is_one(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A CLIA number is two digits, D, and seven digits (2300 REF*X4; 42 CFR 493)."""
    for number, line in enumerate(claim.lines, start=1):
        clia = clia_of(claim, line) if is_in(line.procedure, LABORATORY) else None
        if clia is not None and not CLIA.fullmatch(clia):
            yield "clia", f"line {number}: the laboratory's CLIA number is malformed"


@edit(
    "C19B",
    Severity.WARNING,
    payers=GOVERNMENT,
    fix="Give the certificate's number (REF*X4).",
    scope=Scope.LINE,
    bill=Bill.PROFESSIONAL,
)
def laboratory_is_certified(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A test done in the office for Medicare or Medicaid names the laboratory's certificate (42 CFR 493.3)."""
    for number, line in enumerate(claim.lines, start=1):
        own = is_in(line.procedure, LABORATORY) and not OUTSIDE_LABORATORY & set(line.modifiers)
        if own and clia_of(claim, line) is None:
            yield "clia", f"line {number}: the laboratory's CLIA number is missing"
