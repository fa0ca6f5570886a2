"""What was done: C."""

from collections.abc import Iterator

from billing.claim import Claim
from billing.coding import procedure_is_well_formed
from billing.edits.registry import Severity, Situation, edit
from billing.procedures import (
    ANESTHESIA,
    EMERGENCY_DEPARTMENT,
    EVALUATION,
    THERAPY,
    VACCINE_ADMINISTRATION,
    VACCINES,
    is_in,
    is_unlisted,
    number_of,
    preventive_ages,
)

VISIT_MODIFIERS = frozenset({"24", "25", "57"})
TELEHEALTH_MODIFIERS = frozenset({"93", "95", "GT", "GQ"})
ANESTHESIA_MODIFIERS = frozenset({"AA", "AD", "QK", "QX", "QY", "QZ"})


@edit("C01")
def pointers_point(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Each line has one to four pointers, each at a diagnosis that exists (2400 SV107)."""
    for number, line in enumerate(claim.lines, start=1):
        pointers = line.diagnosis_pointers
        if not 1 <= len(pointers) <= 4 or any(not 1 <= one <= len(claim.diagnoses) for one in pointers):
            yield f"line.{number}.pointers", f"line {number} needs one to four pointers at diagnoses that exist"


@edit("C02")
def procedures_well_formed(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Each line's procedure looks like CPT or HCPCS (2400 SV101-2)."""
    for number, line in enumerate(claim.lines, start=1):
        if not procedure_is_well_formed(line.procedure):
            yield f"line.{number}.procedure", f"line {number}: the procedure code is malformed"


@edit("C03")
def modifiers_well_formed(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """At most four modifiers of two characters, none twice (2400 SV101-3 to -6)."""
    for number, line in enumerate(claim.lines, start=1):
        modifiers = line.modifiers
        malformed = any(len(one) != 2 or not one.isalnum() for one in modifiers)
        if malformed or len(modifiers) > 4 or len(set(modifiers)) != len(modifiers):
            yield f"line.{number}.modifiers", f"line {number}: up to four different modifiers of two characters"


@edit("C07", Severity.WARNING)
def visit_modifiers_on_visits(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Modifiers 24, 25 and 57 belong to evaluation and management (2400 SV101-3 to -6)."""
    for number, line in enumerate(claim.lines, start=1):
        odd = sorted(VISIT_MODIFIERS.intersection(line.modifiers))
        if odd and not is_in(line.procedure, *EVALUATION):
            yield f"line.{number}.modifiers", f"line {number}: modifier {', '.join(odd)} belongs to a visit's code"


@edit("C09")
def one_component_a_line(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The professional (26) and the technical (TC) component are two lines, or one without either."""
    for number, line in enumerate(claim.lines, start=1):
        if {"26", "TC"} <= set(line.modifiers):
            yield f"line.{number}.modifiers", f"line {number}: 26 and TC together are the whole service; leave both out"


@edit("C10", Severity.WARNING)
def both_sides_once(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Both sides (50) are one unit, and neither left nor right."""
    for number, line in enumerate(claim.lines, start=1):
        if "50" not in line.modifiers:
            continue
        if {"RT", "LT"} & set(line.modifiers):
            yield f"line.{number}.modifiers", f"line {number}: 50 means both sides; leave RT and LT out"
        if line.units > 1:
            yield f"line.{number}.units", f"line {number}: 50 means both sides; most payers want one unit"


@edit("C12", Severity.WARNING)
def place_fits_visit(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Emergency department visits happen in one (place of service 23)."""
    for number, line in enumerate(claim.lines, start=1):
        place = line.place_of_service or claim.place_of_service
        if is_in(line.procedure, EMERGENCY_DEPARTMENT) and place != "23":
            yield f"line.{number}.procedure", f"line {number}: {line.procedure} is for an emergency department (23)"


@edit("C13", Severity.WARNING)
def distance_is_told_twice(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A telehealth modifier (93, 95, GT, GQ) goes with place of service 02 or 10."""
    for number, line in enumerate(claim.lines, start=1):
        told = sorted(TELEHEALTH_MODIFIERS.intersection(line.modifiers))
        if told and (line.place_of_service or claim.place_of_service) not in {"02", "10"}:
            yield f"line.{number}.modifiers", f"line {number}: {', '.join(told)} says telehealth, the place does not"


@edit("C14")
def preventive_visit_fits_age(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Codes of preventive visits go by the patient's age (99381 to 99397)."""
    born = claim.patient.birth_date
    for number, line in enumerate(claim.lines, start=1):
        ages = preventive_ages(line.procedure)
        if ages is None or born is None:
            continue
        day = line.service_date
        age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
        if not ages[0] <= age <= ages[1]:
            yield f"line.{number}.procedure", f"line {number}: {line.procedure} is for another age than {age}"


@edit("C16", Severity.WARNING)
def anesthesia_says_how(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Anesthesia is billed in minutes (SV103 MJ) and says who gave it (AA, AD, QK, QX, QY, QZ)."""
    for number, line in enumerate(claim.lines, start=1):
        if not is_in(line.procedure, ANESTHESIA):
            continue
        if line.unit_basis != "MJ":
            yield f"line.{number}.units", f"line {number}: anesthesia is billed in minutes"
        if not ANESTHESIA_MODIFIERS.intersection(line.modifiers):
            yield f"line.{number}.modifiers", f"line {number}: anesthesia says who gave it (AA, QK, QX, QY, QZ)"


@edit("C17", Severity.WARNING)
def therapy_says_which(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Therapy says which plan of care it belongs to (GN, GO, GP; 42 CFR 410.59 to 410.62)."""
    for number, line in enumerate(claim.lines, start=1):
        if number_of(line.procedure) in THERAPY and not {"GN", "GO", "GP"} & set(line.modifiers):
            yield (
                f"line.{number}.modifiers",
                f"line {number}: therapy says which (GP, GO or GN)",
            )


@edit("C20", Severity.WARNING)
def vaccine_and_its_administration(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A vaccine and its administration are billed together (90460 to 90474 beside the product)."""
    given = any(is_in(line.procedure, VACCINE_ADMINISTRATION) for line in claim.lines)
    product = any(is_in(line.procedure, *VACCINES) for line in claim.lines)
    if given != product:
        missing = "vaccine" if given else "administration of the vaccine"
        yield "lines", f"the {missing} is not on the claim"


@edit("C21", Severity.WARNING)
def notices_agree(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """GA (the patient signed a notice) and GZ (nobody did) contradict each other; GZ is always refused."""
    for number, line in enumerate(claim.lines, start=1):
        if {"GA", "GZ"} <= set(line.modifiers):
            yield f"line.{number}.modifiers", f"line {number}: GA and GZ contradict each other"
        elif "GZ" in line.modifiers:
            yield f"line.{number}.modifiers", f"line {number}: with GZ Medicare refuses it, and nobody may be billed"


@edit("C22", Severity.WARNING)
def unlisted_is_described(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """An unlisted procedure is described (2400 SV101-7)."""
    for number, line in enumerate(claim.lines, start=1):
        if is_unlisted(line.procedure) and not line.procedure_description:
            yield (
                f"line.{number}.procedure",
                f"line {number}: {line.procedure} says nothing; describe what was done",
            )
