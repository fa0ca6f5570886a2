"""Institutional claims from runs that were scanned, as `institutional_reading` makes them."""

from collections.abc import Sequence
from datetime import date

from billing.institutional_claim import InstitutionalClaim, InstitutionalLine
from interchange.x12 import institutional_codes, institutional_reading, level_making
from interchange.x12.fields import Unreadable
from interchange.x12.guides.x223a2 import GUIDE
from interchange.x12.institutional_codes import ClaimCodes
from interchange.x12.level_making import ClaimFormer
from interchange.x12.making import Draft, Memory, tuple_of
from interchange.x12.quick import quick
from interchange.x12.scanning import Step

_REFERENCES = {
    "F8": "original_reference",
    "G1": "authorization",
    "9F": "referral",
    "D9": "clearinghouse_trace",
    "EA": "medical_record_number",
}
_ADMISSION = "435"


def _claim(draft: Draft, run: Sequence[Step]) -> str:
    text = draft.text
    parts = level_making.open_claim(draft, run)
    values, known = _head(draft, parts.told)
    codes = [at for at in parts.head if run[at].loop == "2300" and run[at].rule.id == "HI"]
    values |= _codes(draft, run, codes)
    rest = level_making.left_over(draft, run, parts.left, {*known, *codes})
    values |= {
        "control_number": text(0, 1),
        "charge_cents": f"cents[{text(0, 2)}]",
        "billing_provider": "billing",
        "coverage": "policy",
        "subscriber": "subscriber",
        "patient": "patient",
        "lines": tuple_of([_line(draft, run, places) for places in parts.lines]),
        "facility_type": "where[0]",
        "frequency": "where[2]",
        "assignment": text(0, 7),
        "benefits_assigned": text(0, 8),
        "release": text(0, 9),
        "delay_reason": text(0, 20),
        "pay_to": "pay_to",
        "providers": tuple_of(parts.providers),
        "other_segments": tuple_of(["*billing_rest", "*people_rest", *rest]),
    }
    return f"claim({', '.join(f'{name}={value}' for name, value in values.items())})"


def _head(draft: Draft, told: dict[tuple[str, str], int]) -> tuple[dict[str, str], set[int | None]]:
    """What stands between CLM and the first line, providers and codes apart: values, and where they come from."""
    text = draft.text
    statement, cl1 = told["DTP", "434"], told["CL1", ""]
    draft.let("statement", f"days[{text(statement, 3)}]")
    values = {
        "statement_from": "statement[0]",
        "statement_to": "statement[1] or statement[0]",
        "admission_type": text(cl1, 1),
        "admission_source": text(cl1, 2),
        "patient_status": f"{text(cl1, 3)} or ''",
    }
    known: set[int | None] = {statement, cl1}
    if (at := told.get(("DTP", _ADMISSION))) is not None:
        draft.let("admitted", f"admission[{text(at, 3)}]")
        values |= {"admission_date": "admitted[0]", "admission_hour": "admitted[1]"}
        known.add(at)
    if (at := told.get(("DTP", "096"))) is not None:
        values["discharge_hour"] = text(at, 3)
        known.add(at)
    if (at := told.get(("AMT", "F3"))) is not None:
        values["patient_estimate_cents"] = f"cents[{text(at, 2)}]"
        known.add(at)
    for code, name in _REFERENCES.items():
        if (at := told.get(("REF", code))) is not None:
            values[name] = text(at, 2)
            known.add(at)
    return values, known


def _codes(draft: Draft, run: Sequence[Step], places: Sequence[int]) -> dict[str, str]:
    """What the HI say: every composite of one is of the kind that its first is, so their order is known."""
    found: dict[str, list[int]] = {}
    for at in sorted(places, key=lambda one: institutional_codes.rank(run[one].code)):
        found.setdefault(institutional_codes.field_of(run[at].code), []).append(at)
    names = {at: draft.let(f"codes{at}", f"codes[{draft.text(at)}]") for at in places}
    return {
        field: f"{names[several[0]]}.drg" if field == "drg" else tuple_of([f"*{names[at]}.{field}" for at in several])
        for field, several in {"diagnoses": [], **found}.items()
    }


def _line(draft: Draft, run: Sequence[Step], places: range) -> str:
    text = draft.text
    providers, left = level_making.providers(draft, run, places, "2420")
    at = next(one for one in places if run[one].rule.id == "SV2")
    told = level_making.told(run, places, "2400")
    number, day = told.get(("REF", "6R")), told.get(("DTP", "472"))
    rest = level_making.left_over(draft, run, left, {places[0], at, day, number})
    code = draft.let(f"code{at}", f"procedure[{text(at, 2)}]")
    days = draft.let(f"days{at}", f"days[{text(day, 3)}]" if day is not None else "(None, None)")
    values = [
        *(text(at, 1), f"cents[{text(at, 3)}]", f"decimal[{text(at, 5)}]", text(at, 4)),
        *(f"{code}[{one}]" for one in range(4)),
        *(f"cents[{text(at, 7)}]", f"{days}[0]", f"{days}[1]"),
        text(number, 2) if number is not None else "None",
        *(tuple_of(providers), tuple_of(rest)),
    ]
    return f"line({', '.join(values)})"


def _read_codes(text: str) -> ClaimCodes:
    codes = ClaimCodes()
    if not codes.take(level_making.cut(text)):
        raise Unreadable("HI", 1, "holds a code of another kind")
    return codes


def _read_admission(text: str) -> tuple[date, str | None]:
    return institutional_reading.read_admission(("DTP", _ADMISSION, "", text))


CLAIMS = ClaimFormer(
    GUIDE,
    {
        ("2300", "CLM"): (1, 2, 5, 7, 8, 9, 20),
        ("2300", "CL1"): (1, 2, 3),
        **{("2300", "DTP", code): (3,) for code in ("434", _ADMISSION, "096")},
        **{("2300", "REF", code): (2,) for code in _REFERENCES},
        ("2300", "AMT", "F3"): (2,),
        ("2400", "SV2"): (1, 2, 3, 4, 5, 7),
    },
    {
        "claim": quick(InstitutionalClaim),
        "line": quick(InstitutionalLine),
        "codes": Memory(_read_codes),
        "admission": Memory(_read_admission),
        "procedure": Memory(institutional_reading.read_procedure, institutional_reading.read_procedure("")),
    },
    _claim,
)
"""Makes claims of the 837I, and the levels above them"""
