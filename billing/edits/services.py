"""What was done: C."""

from collections.abc import Iterator

from billing import own_tables
from billing.claim import Claim
from billing.coding import service_is_well_formed
from billing.edits.registry import Bill, Scope, Severity, Situation, edit
from billing.own_tables import OwnTable
from billing.procedures import (
    EMERGENCY_DEPARTMENT,
    EVALUATION,
    HOSPITAL_VISITS,
    IMAGING,
    is_in,
)

VISIT_MODIFIERS = frozenset({"24", "25", "57"})
TELEHEALTH_MODIFIERS = frozenset({"93", "95", "GT", "GQ"})
HAS_COMPONENTS, ONE_SIDE = "1", frozenset({"1", "3"})
"""Of the fee schedule: PC/TC and bilateral indicators"""
CONTRADICTIONS = (("GA", "GZ"), ("GX", "GZ"), ("GA", "GX"))
"""Of a notice of non-coverage: signed, voluntary, none"""
HOSPITALS = frozenset({"19", "21", "22", "23"})
INPATIENT = frozenset({"21", "22", "31", "51", "61"})


@edit(
    "C01",
    fix="Point each line at the diagnoses that it was done for, the most important first.",
    scope=Scope.LINE,
    bill=Bill.PROFESSIONAL,
)
def pointers_point(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Each line has one to four pointers, each at a diagnosis that exists (2400 SV107)."""
    for number, line in enumerate(claim.lines, start=1):
        pointers = line.diagnosis_pointers
        if not 1 <= len(pointers) <= 4 or any(not 1 <= one <= len(claim.diagnoses) for one in pointers):
            yield f"line.{number}.pointers", f"line {number} needs one to four pointers at diagnoses that exist"


@edit("C02", fix="Choose the procedure from the table.", scope=Scope.LINE)
def procedures_well_formed(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Each line's procedure looks like CPT or HCPCS, or HIPPS where SV202-1 says so (2400 SV101-2, SV202-2)."""
    for number, line in enumerate(claim.lines, start=1):
        if not service_is_well_formed(line):
            yield f"line.{number}.procedure", f"line {number}: the procedure code is malformed"


@edit("C03", fix="Keep up to four different modifiers.", scope=Scope.LINE)
def modifiers_well_formed(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """At most four modifiers of two characters, none twice (2400 SV101-3 to -6)."""
    for number, line in enumerate(claim.lines, start=1):
        modifiers = line.modifiers
        malformed = any(len(one) != 2 or not one.isalnum() for one in modifiers)
        if malformed or len(modifiers) > 4 or len(set(modifiers)) != len(modifiers):
            yield f"line.{number}.modifiers", f"line {number}: up to four different modifiers of two characters"


@edit("C07", Severity.WARNING, fix="Move the modifier to the visit's line.", scope=Scope.LINE)
def visit_modifiers_on_visits(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Modifiers 24, 25 and 57 belong to evaluation and management (2400 SV101-3 to -6)."""
    for number, line in enumerate(claim.lines, start=1):
        odd = sorted(VISIT_MODIFIERS.intersection(line.modifiers))
        if odd and not is_in(line.procedure, *EVALUATION):
            yield f"line.{number}.modifiers", f"line {number}: modifier {', '.join(odd)} belongs to a visit's code"


@edit("C09", fix="Leave both modifiers out, or bill the parts on two lines.", scope=Scope.LINE, bill=Bill.PROFESSIONAL)
def one_component_a_line(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The professional (26) and the technical (TC) component are two lines, or one without either."""
    for number, line in enumerate(claim.lines, start=1):
        if {"26", "TC"} <= set(line.modifiers):
            yield f"line.{number}.modifiers", f"line {number}: 26 and TC together are the whole service; leave both out"


@edit(
    "C09C", Severity.WARNING, fix="Add 26, or correct the place of service.", scope=Scope.LINE, bill=Bill.PROFESSIONAL
)
def image_in_a_hospital_is_read(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """In a hospital the physician bills an image's reading, and the hospital the rest (CMS manual 100-04, ch. 13)."""
    for number, line in enumerate(claim.lines, start=1):
        place = line.place_of_service or claim.place_of_service
        is_whole = not {"26", "TC"} & set(line.modifiers)
        facts = situation.known.indicators.get(line.procedure)
        has_parts = facts is None or facts.components == HAS_COMPONENTS
        if place in HOSPITALS and is_in(line.procedure, IMAGING) and is_whole and has_parts:
            yield f"line.{number}.modifiers", f"line {number}: in a hospital an image is billed with 26"


@edit("C10", Severity.WARNING, fix="Bill one unit with 50, or one line for each side.", scope=Scope.LINE)
def both_sides_once(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Both sides (50) are one unit, and neither left nor right."""
    for number, line in enumerate(claim.lines, start=1):
        if "50" not in line.modifiers:
            continue
        if {"RT", "LT"} & set(line.modifiers):
            yield f"line.{number}.modifiers", f"line {number}: 50 means both sides; leave RT and LT out"
        if line.units > 1:
            yield f"line.{number}.units", f"line {number}: 50 means both sides; most payers want one unit"


@edit(
    "C09B",
    Severity.WARNING,
    fix="Leave the modifier out, or correct the procedure.",
    scope=Scope.LINE,
    bill=Bill.PROFESSIONAL,
)
def component_of_something_that_has_them(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """26 and TC are for procedures that have both components (PC/TC indicator 1 of the physician fee schedule)."""
    for number, line in enumerate(claim.lines, start=1):
        told = sorted({"26", "TC"}.intersection(line.modifiers))
        facts = situation.known.indicators.get(line.procedure)
        if told and facts is not None and facts.components != HAS_COMPONENTS:
            yield f"line.{number}.modifiers", f"line {number}: {line.procedure} has no components to part by {told[0]}"


@edit("C10B", Severity.WARNING, fix="Leave 50 out.", scope=Scope.LINE, bill=Bill.PROFESSIONAL)
def sides_of_something_that_has_them(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """50 is for procedures that have sides (bilateral indicator 1 or 3 of the physician fee schedule)."""
    for number, line in enumerate(claim.lines, start=1):
        facts = situation.known.indicators.get(line.procedure)
        if "50" in line.modifiers and facts is not None and facts.bilateral not in ONE_SIDE:
            yield f"line.{number}.modifiers", f"line {number}: {line.procedure} is not paid for two sides"


@edit("C12B", fix="Choose the place of service from the table.", scope=Scope.LINE, bill=Bill.PROFESSIONAL)
def places_exist(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The place of service is one of CMS's list (CLM05-1, 2400 SV105)."""
    known = own_tables.codes(OwnTable.POS)
    if claim.place_of_service not in known:
        yield "place_of_service", f"place of service {claim.place_of_service[:4]} is not on CMS's list"
    for number, line in enumerate(claim.lines, start=1):
        if line.place_of_service is not None and line.place_of_service not in known:
            place = line.place_of_service[:4]
            yield f"line.{number}.place_of_service", f"line {number}: place of service {place} is not on CMS's list"


@edit(
    "C12",
    Severity.WARNING,
    fix="Correct the place of service or the procedure.",
    scope=Scope.LINE,
    bill=Bill.PROFESSIONAL,
)
def place_fits_visit(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Visits of an emergency department happen in one (place of service 23), those of a hospital in a hospital."""
    for number, line in enumerate(claim.lines, start=1):
        place = line.place_of_service or claim.place_of_service
        if is_in(line.procedure, EMERGENCY_DEPARTMENT) and place != "23":
            yield f"line.{number}.procedure", f"line {number}: {line.procedure} is for an emergency department (23)"
        if is_in(line.procedure, HOSPITAL_VISITS) and place not in INPATIENT:
            yield f"line.{number}.procedure", f"line {number}: {line.procedure} is for a patient in a hospital"


@edit(
    "C13",
    Severity.WARNING,
    fix="Correct the place of service, or leave the modifier out.",
    scope=Scope.LINE,
    bill=Bill.PROFESSIONAL,
)
def distance_is_told_twice(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A telehealth modifier (93, 95, GT, GQ) goes with place of service 02 or 10."""
    for number, line in enumerate(claim.lines, start=1):
        told = sorted(TELEHEALTH_MODIFIERS.intersection(line.modifiers))
        if told and (line.place_of_service or claim.place_of_service) not in {"02", "10"}:
            yield f"line.{number}.modifiers", f"line {number}: {', '.join(told)} says telehealth, the place does not"


@edit(
    "C21",
    Severity.WARNING,
    fix="Keep the modifier that is true: GA with a signed notice, GZ without.",
    scope=Scope.LINE,
)
def notices_agree(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """GA (the patient signed a notice), GX (a voluntary one) and GZ (nobody did) exclude each other; GZ is refused."""
    for number, line in enumerate(claim.lines, start=1):
        told = next((pair for pair in CONTRADICTIONS if set(pair) <= set(line.modifiers)), None)
        if told is not None:
            yield f"line.{number}.modifiers", f"line {number}: {told[0]} and {told[1]} contradict each other"
        elif "GZ" in line.modifiers:
            yield f"line.{number}.modifiers", f"line {number}: with GZ Medicare refuses it, and nobody may be billed"
