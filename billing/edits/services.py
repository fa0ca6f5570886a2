"""What was done: C."""

from collections.abc import Iterator

from billing.claim import Claim
from billing.coding import procedure_is_well_formed
from billing.edits.registry import Situation, edit


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
