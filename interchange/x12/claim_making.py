"""Professional claims from runs that were scanned, as `claim_reading` makes them."""

from collections.abc import Sequence

from billing.claim import Claim, ServiceLine
from interchange.x12 import claim_reading, fields, level_making
from interchange.x12.fields import Unreadable
from interchange.x12.guides.x222a1 import GUIDE
from interchange.x12.level_making import ClaimFormer
from interchange.x12.making import Draft, Memory, tuple_of
from interchange.x12.quick import quick
from interchange.x12.scanning import Step

_REFERENCES = ("F8", "G1", "9F", "D9")


def _claim(draft: Draft, run: Sequence[Step]) -> str:
    text = draft.text
    parts = level_making.open_claim(draft, run)
    told = parts.told
    diagnoses = next(
        (at for (name, code), at in told.items() if name == "HI" and code in claim_reading.DIAGNOSIS_KINDS)
    )
    known = {told.get(("REF", code)) for code in _REFERENCES} | {told.get(("AMT", "F5")), diagnoses}
    rest = level_making.left_over(draft, run, parts.left, known)
    lines = tuple_of([_line(draft, run, places) for places in parts.lines])
    references = [text(told["REF", code], 2) if ("REF", code) in told else "None" for code in _REFERENCES]
    original, authorization, referral, trace = references
    paid = draft.read("cents", told["AMT", "F5"], 2) if ("AMT", "F5") in told else "None"
    values = [
        *(text(0, 1), draft.read("cents", 0, 2), "billing", "policy", "subscriber", "patient"),
        *(f"diagnoses[{text(diagnoses)}]", lines, "where[0]", "where[2]"),
        *(text(0, number) for number in (6, 7, 8, 9, 10)),
        f"parts[{text(0, 11)}] or ()",
        *(
            text(0, 20),
            text(0, 12),
            paid,
            original,
            authorization,
            referral,
            trace,
            "pay_to",
            tuple_of(parts.providers),
        ),
        tuple_of(["*billing_rest", "*people_rest", *rest]),
    ]
    return f"claim({', '.join(values)})"


def _line(draft: Draft, run: Sequence[Step], places: range) -> str:
    text = draft.text
    providers, left = level_making.providers(draft, run, places, "2420")
    at = next(one for one in places if run[one].rule.id == "SV1")
    told = level_making.told(run, places, "2400")
    number = told.get(("REF", "6R"))
    rest = level_making.left_over(draft, run, left, {places[0], at, told["DTP", "472"], number})
    code = draft.let(f"code{at}", f"procedure[{text(at, 1)}]")
    days = draft.let(f"days{at}", f"days[{text(told['DTP', '472'], 3)}]")
    values = [
        *(f"{code}[0]", draft.read("cents", at, 2), draft.read("decimal", at, 4), f"{days}[0]", f"{code}[1]"),
        *(f"pointers[{text(at, 7)}] or ()", f"{days}[1]", f"{code}[2]", f"{code}[3]"),
        *(text(at, one) for one in (3, 5, 9, 11, 12, 15)),
        text(number, 2) if number is not None else "None",
        *(tuple_of(providers), tuple_of(rest)),
    ]
    return f"line({', '.join(values)})"


def _read_procedure(text: str) -> tuple[str, tuple[str, ...], str, str | None]:
    """Code, modifiers, qualifier and description of a composite."""
    code = text.split(fields.COMPONENT)
    code += [""] * (7 - len(code))
    return code[1], tuple([one for one in code[2:6] if one]), code[0], code[6] or None


def _read_pointers(text: str) -> tuple[int, ...]:
    found = claim_reading.read_pointers(text)
    if found is None:
        raise Unreadable("SV1", 7, "holds a diagnosis pointer that is not a number")
    return found


CLAIMS = ClaimFormer(
    GUIDE,
    {
        ("2300", "CLM"): (1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 20),
        **{("2300", "REF", code): (2,) for code in _REFERENCES},
        ("2300", "AMT", "F5"): (2,),
        ("2400", "SV1"): (1, 2, 3, 4, 5, 7, 9, 11, 12, 15),
    },
    {
        "claim": quick(Claim),
        "line": quick(ServiceLine),
        "parts": Memory(lambda text: tuple(text.split(fields.COMPONENT))),
        "procedure": Memory(_read_procedure),
        "pointers": Memory(_read_pointers),
        "diagnoses": Memory(
            lambda text: tuple([claim_reading.read_diagnosis(one) for one in level_making.cut(text)[1:] if one])
        ),
    },
    _claim,
)
"""Makes claims of the 837P, and the levels above them"""
