"""Details of a claim that the model keeps as segments: laboratory, drug, admission. Read, and written as typed."""

import re
from dataclasses import replace
from datetime import date

from billing.claim import Claim, OpaqueSegment, ServiceLine

CLIA = re.compile(r"[0-9]{2}D[0-9]{7}")
"""REF*X4: two digits, D, seven digits (42 CFR 493)"""
NDC = re.compile(r"[0-9]{11}")
"""LIN03: labeler 5, product 4, package 2"""
DRUG_UNITS = {"F2": "international units", "GR": "grams", "ME": "milligrams", "ML": "millilitres", "UN": "units"}
"""CTP05-1"""
_QUANTITY = re.compile(r"[0-9]{1,8}(\.[0-9]{1,3})?")
_DRUG_LOOP = "2410"


def clia_of(claim: Claim, line: ServiceLine) -> str | None:
    """REF*X4 of the line (2400), or of the claim (2300)."""
    for one in (*line.other_segments, *claim.other_segments):
        if one.loop in {"2300", "2400"} and one.elements[:2] == ("REF", "X4") and len(one.elements) > 2:
            return one.elements[2]
    return None


def with_clia(claim: Claim, typed: str) -> Claim:
    """The claim with the laboratory's number (2300 REF*X4). Raises ValueError."""
    number = typed.upper().replace(" ", "")
    if not CLIA.fullmatch(number):
        raise ValueError("a CLIA number is two digits, D, and seven digits")
    others = tuple(one for one in claim.other_segments if one.elements[:2] != ("REF", "X4") or one.loop != "2300")
    return replace(claim, other_segments=(*others, OpaqueSegment("2300", ("REF", "X4", number))))


def drug_of(line: ServiceLine) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """LIN and CTP of loop 2410."""
    found = {one.elements[0]: one.elements for one in line.other_segments if one.loop == _DRUG_LOOP}
    return found.get("LIN"), found.get("CTP")


def has_quantity(segment: tuple[str, ...] | None) -> bool:
    """Whether CTP04 is above zero and CTP05-1 is a unit of the guide."""
    if segment is None or len(segment) < 6 or segment[5] not in DRUG_UNITS:
        return False
    return re.fullmatch(r"[0-9]*\.?[0-9]+", segment[4]) is not None and float(segment[4]) > 0


def with_drug(line: ServiceLine, typed: str) -> ServiceLine:
    """`00409-3795-01 2 ML` -> the line with LIN and CTP (2410). Raises ValueError."""
    parts = typed.upper().split()
    if len(parts) != 3 or parts[2] not in DRUG_UNITS or not _QUANTITY.fullmatch(parts[1]):
        raise ValueError(f"write NDC, quantity and unit: 00409379501 2 ML; units are {', '.join(DRUG_UNITS)}")
    code = _eleven_digits(parts[0])
    drug = (
        OpaqueSegment(_DRUG_LOOP, ("LIN", "", "N4", code)),
        OpaqueSegment(_DRUG_LOOP, ("CTP", "", "", "", parts[1], parts[2])),
    )
    others = tuple(
        one for one in line.other_segments if one.loop != _DRUG_LOOP or one.elements[0] not in {"LIN", "CTP"}
    )
    return replace(line, other_segments=(*others, *drug))


def _eleven_digits(typed: str) -> str:
    """An NDC with dashes is filled with zeros to 5-4-2, as payers want it."""
    if "-" in typed:
        parts = typed.split("-")
        if len(parts) == 3 and all(part.isdecimal() for part in parts):
            typed = f"{parts[0]:0>5}{parts[1]:0>4}{parts[2]:0>2}"
    if not NDC.fullmatch(typed):
        raise ValueError("an NDC has eleven digits, or dashes between its three parts")
    return typed


def is_admission_dated(claim: Claim) -> bool:
    """Whether the claim says when the patient was admitted (2300 DTP*435)."""
    if claim.hospital is not None:
        return claim.hospital.admission_date is not None
    return any(one.elements[:2] == ("DTP", "435") for one in claim.other_segments)


def with_admission(claim: Claim, day: date) -> Claim:
    """The claim with the day of admission (2300 DTP*435)."""
    if claim.hospital is not None:
        return replace(claim, hospital=replace(claim.hospital, admission_date=day))
    others = tuple(one for one in claim.other_segments if one.elements[:2] != ("DTP", "435"))
    return replace(claim, other_segments=(*others, OpaqueSegment("2300", ("DTP", "435", "D8", f"{day:%Y%m%d}"))))
