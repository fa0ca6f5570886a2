"""The claim as a whole: U and X."""

from collections.abc import Iterator

from billing.claim import Claim
from billing.edits.registry import Situation, edit

MAX_LINES = 50


@edit("X01")
def fields_fit(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Texts fit their elements (NM103 60, NM104 35, NM109 80, N301 55)."""
    people = (("patient", claim.patient), ("subscriber", claim.subscriber))
    for who, person in people:
        if len(person.name.last) > 60 or len(person.name.first or "") > 35:
            yield f"{who}.last_name", f"the {who}'s name is too long for the claim"
        if person.address is not None and len(person.address.street) > 55:
            yield f"{who}.street", f"the {who}'s street is too long for the claim"
    if len(claim.coverage.member_id or "") > 80:
        yield "member_id", "the member id is too long for the claim"


@edit("X03")
def lines_counted(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A professional claim has one to fifty lines (2400 LX)."""
    if not 1 <= len(claim.lines) <= MAX_LINES:
        yield "lines", f"a professional claim has 1 to {MAX_LINES} lines; this one has {len(claim.lines)}"


@edit("U02")
def change_names_its_claim(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A replacement (7) and a void (8) name the payer's claim (2300 REF*F8)."""
    if claim.frequency in {"7", "8"} and not claim.original_reference:
        yield "frequency", "a replacement or a void needs the payer's number of the claim that it changes"
