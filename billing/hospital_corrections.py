"""Corrections of what only an institutional claim says: type of bill, stay, codes of the NUBC, revenue codes.

Lists are typed by commas, a code with its day or amount after a blank: `11 2026-10-01, A1 2026-10-02`. Each raises
ValueError with what should be typed.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from billing.claim import Claim, Diagnosis, Name, Party, ServiceLine
from billing.code_tables import CodeSystem, written
from billing.hospital_bill import (
    ADMITTING,
    CAUSES,
    CODED,
    LINE_UNITS,
    PRESENT,
    REASONS,
    REPLACED,
    SERIES,
    HospitalBill,
    Occurrence,
    OccurrenceSpan,
    Procedure,
    Revenue,
    ValueAmount,
)
from billing.money import Cents, format_amount
from billing.typed_values import typed_amount, typed_day

ATTENDING = "71"
"""NM101 of 2310A"""
_TYPE_OF_BILL = re.compile("0?([0-9]{2})([0-9A-Z])")
_HOUR = re.compile("([01][0-9]|2[0-3])[0-5][0-9]")
_CODE = re.compile("[0-9A-Z]{2}")
_NPI = re.compile("[0-9]{10}")
_PCS = re.compile("[0-9A-HJ-NP-Z]{7}")

WORDS: dict[str, str] = {
    "type_of_bill": "0131: facility and frequency; 7 and 8 follow from a replacement or a void",
    "statement_from": "first day of the statement; also statement_to, the through-date",
    "admitted_on": "day of admission of an inpatient; also admission_hour and discharge_hour (1430)",
    "admission_type": "1 emergency, 2 urgent, 3 elective, 4 newborn, 5 trauma, 9 not known; also admission_source",
    "patient_status": "how the patient left: 01 home, 20 died, 30 still a patient ...",
    "diagnoses": "the principal first, each with its present-on-admission mark: K35.80/Y, E11.9/Y",
    "admitting_diagnosis": "also visit_reasons and external_causes (W01.0XXA/N), by commas; may be empty",
    "procedure_codes": "ICD-10-PCS with its day, the principal first: 0DTJ4ZZ 2026-10-02; may be empty",
    "condition_codes": "by commas: 09, 44; may be empty",
    "occurrence_codes": "with their day: 11 2026-10-01; may be empty",
    "occurrence_spans": "with first and last day: 74 2026-10-03 2026-10-04; may be empty",
    "value_codes": "with their amount: 80 3.00, A1 1632.00; may be empty",
    "drg": "diagnosis related group: 343; may be empty",
    "medical_record_number": "may be empty",
    "attending": "NPI, last and first name of the attending physician: 1234567893 SMITH ANN",
    "line.1.revenue_code": "four digits; also line.1.procedure (may be empty), .modifiers, .units, .unit_basis (UN or "
    "DA), .charge, .non_covered, .service_date (may be empty on a stay), .description",
}
"""What a person is shown of the paths beside those of every claim"""
NOT_OF_A_HOSPITAL = frozenset({"place_of_service", "accident", "patient_paid", "insurance_type", "line.1.procedure"})
"""Paths of professional claims that an institutional one does not have"""
INPUTS: dict[str, str] = {
    "type_of_bill": "Type of bill",
    "statement_from": "Statement from",
    "statement_to": "Statement through",
    "admitted_on": "Admitted on",
    "admission_hour": "Hour of admission",
    "discharge_hour": "Hour of discharge",
    "admission_type": "Priority",
    "admission_source": "Point of origin",
    "patient_status": "Patient status",
    "attending": "Attending (NPI, last, first name)",
    "drg": "DRG",
    "admitting_diagnosis": "Admitting diagnosis",
    "visit_reasons": "Reasons for the visit",
    "external_causes": "External causes",
    "procedure_codes": "Procedures (ICD-10-PCS, day)",
    "condition_codes": "Condition codes",
    "occurrence_codes": "Occurrence codes (code, day)",
    "occurrence_spans": "Occurrence spans (code, days)",
    "value_codes": "Value codes (code, amount)",
}
"""Paths that have an input of their own on the coder's form, and what it is called"""
MAY_BE_EMPTY = frozenset(
    {
        *("admitting_diagnosis", "visit_reasons", "external_causes", "procedure_codes", "condition_codes"),
        *("occurrence_codes", "occurrence_spans", "value_codes", "drg", "medical_record_number", "admission_source"),
        *("admission_hour", "discharge_hour"),
    }
)
LINE_MAY_BE_EMPTY = frozenset({"procedure", "non_covered", "service_date"})

_Change = Callable[[Claim, HospitalBill, str], Claim]


def written_diagnosis(one: Diagnosis) -> str:
    """As it is typed: `K35.80/Y`, `J06.9`."""
    mark = f"/{one.present_on_admission}" if one.present_on_admission else ""
    return written(CodeSystem.ICD10CM, one.code) + mark


def texts_of(claim: Claim, bill: HospitalBill) -> dict[str, str]:
    """Each of INPUTS as the claim fills it."""

    def apart(kinds: tuple[str, str]) -> str:
        return ", ".join(written_diagnosis(one) for one in claim.diagnoses if one.qualifier in kinds)

    return {
        "type_of_bill": bill.type_of_bill(bill.series),
        "statement_from": str(bill.statement_from),
        "statement_to": str(bill.statement_to),
        "admitted_on": str(bill.admission_date or ""),
        "admission_hour": bill.admission_hour or "",
        "discharge_hour": bill.discharge_hour or "",
        "admission_type": bill.admission_type or "",
        "admission_source": bill.admission_source or "",
        "patient_status": bill.patient_status,
        "attending": _attending_text(claim.provider(ATTENDING)),
        "drg": bill.drg or "",
        "admitting_diagnosis": apart(ADMITTING),
        "visit_reasons": apart(REASONS),
        "external_causes": apart(CAUSES),
        "procedure_codes": ", ".join(f"{one.code} {one.performed or ''}".strip() for one in bill.procedures),
        "condition_codes": ", ".join(bill.conditions),
        "occurrence_codes": ", ".join(f"{one.code} {one.day}" for one in bill.occurrences),
        "occurrence_spans": ", ".join(f"{one.code} {one.first} {one.last}" for one in bill.occurrence_spans),
        "value_codes": ", ".join(f"{one.code} {format_amount(one.amount_cents)}" for one in bill.values),
    }


def correct(claim: Claim, path: str, value: str) -> Claim:
    """The claim with one of its institutional facts otherwise. Only of a path in CHANGES."""
    if claim.hospital is None:
        raise ValueError("is a field of institutional claims; this one is professional")
    return CHANGES[path](claim, claim.hospital, value)


def correct_line(claim: Claim, index: int, name: str, value: str) -> Claim:
    """The claim with an institutional fact of one line otherwise. Only of a name in LINE_CHANGES."""
    line = claim.lines[index]
    if line.revenue is None or claim.hospital is None:
        raise ValueError("is a field of institutional claims; this one is professional")
    changed = LINE_CHANGES[name](line, line.revenue, value)
    if changed.revenue is not None and not changed.revenue.is_dated:
        changed = replace(changed, service_date=claim.hospital.statement_from, service_date_to=None)
    return replace(claim, lines=(*claim.lines[:index], changed, *claim.lines[index + 1 :]))


def new_line(bill: HospitalBill) -> ServiceLine:
    """A line more: undated on a stay, else of the statement's first day; it begins with its revenue code."""
    return ServiceLine("", Cents(0), Decimal(1), bill.statement_from, revenue=Revenue("", is_dated=not bill.is_stay))


def _kept(claim: Claim, bill: HospitalBill, **changes: Any) -> Claim:
    return replace(claim, hospital=replace(bill, **changes))


def _type_of_bill(claim: Claim, bill: HospitalBill, value: str) -> Claim:
    found = _TYPE_OF_BILL.fullmatch(value.upper())
    if found is None or found[2] not in SERIES:
        raise ValueError(f"is facility and frequency, such as 0131; the frequency is one of {', '.join(SERIES)}")
    bill = replace(bill, facility_type=found[1], series=found[2])
    frequency = claim.frequency if claim.frequency in REPLACED else found[2]
    return replace(claim, hospital=bill, frequency=frequency, place_of_service=bill.place_of_service)


def _statement_from(claim: Claim, bill: HospitalBill, value: str) -> Claim:
    day = typed_day(value)
    lines = tuple(
        replace(line, service_date=day) if line.revenue is not None and not line.revenue.is_dated else line
        for line in claim.lines
    )
    return replace(claim, hospital=replace(bill, statement_from=day), lines=lines)


def _hour(value: str) -> str | None:
    if value and not _HOUR.fullmatch(value):
        raise ValueError("write the hour as HHMM, such as 1430")
    return value or None


def _digits(value: str, count: int, words: str) -> str:
    if len(value) != count or not (value.isascii() and value.isdecimal()):
        raise ValueError(words)
    return value


def _admission_source(value: str) -> str | None:
    if value and not (len(value) == 1 and value.isalnum()):
        raise ValueError("is one letter or digit")
    return value.upper() or None


def _items(value: str) -> list[list[str]]:
    return [item.upper().split() for item in value.split(",") if item.strip()]


def _coded(value: str, count: int, words: str) -> list[tuple[str, list[str]]]:
    """(code of two characters, what stands behind it): `count` words for each."""
    found = _items(value)
    if any(len(item) != count + 1 or not _CODE.fullmatch(item[0]) for item in found):
        raise ValueError(words)
    return [(code, rest) for code, *rest in found]


def _occurrences(value: str) -> tuple[Occurrence, ...]:
    return tuple(
        Occurrence(code, typed_day(day)) for code, (day,) in _coded(value, 1, "write code and day: 11 2026-10-01")
    )


def _spans(value: str) -> tuple[OccurrenceSpan, ...]:
    found = _coded(value, 2, "write code, first and last day: 74 2026-10-03 2026-10-04")
    return tuple(OccurrenceSpan(code, typed_day(first), typed_day(last)) for code, (first, last) in found)


def _values(value: str) -> tuple[ValueAmount, ...]:
    found = _coded(value, 1, "write code and amount: 80 3.00")
    return tuple(ValueAmount(code, typed_amount(amount)) for code, (amount,) in found)


def _conditions(value: str) -> tuple[str, ...]:
    return tuple(code for code, _ in _coded(value, 0, "write codes of two characters: 09, 44"))


def _procedures(value: str) -> tuple[Procedure, ...]:
    found = _items(value)
    if any(len(item) != 2 or not _PCS.fullmatch(item[0]) for item in found):
        raise ValueError("write ICD-10-PCS code and day: 0DTJ4ZZ 2026-10-02")
    kinds = ("BBR", *("BBQ",) * len(found))
    return tuple(Procedure(code, typed_day(day), kind) for (code, day), kind in zip(found, kinds, strict=False))


def _marked(value: str, first: str, other: str) -> tuple[Diagnosis, ...]:
    """`K35.80/Y, E11.9` as diagnoses; the mark behind the stroke says whether it was present on admission."""
    found = []
    for place, item in enumerate(value.upper().replace(",", " ").split()):
        code, _, mark = item.replace(".", "").partition("/")
        if not code:
            raise ValueError("a dot or a comma alone is no code: write it as J06.9")
        if mark and mark not in PRESENT:
            raise ValueError(f"a present-on-admission mark is one of {', '.join(PRESENT)}: K35.80/Y")
        found.append(Diagnosis(code, other if place else first, mark or None))
    return tuple(found)


def diagnoses(claim: Claim, value: str) -> Claim:
    """The principal and the other diagnoses; those that stand apart stay."""
    if not value.replace(",", "").strip():
        raise ValueError("a dot or a comma alone is no code: write it as J06.9")
    apart = tuple(one for one in claim.diagnoses if one.qualifier not in CODED)
    return replace(claim, diagnoses=(*_marked(value, "ABK", "ABF"), *apart))


def _apart(kinds: tuple[str, str]) -> _Change:
    def change(claim: Claim, _bill: HospitalBill, value: str) -> Claim:
        others = tuple(one for one in claim.diagnoses if one.qualifier not in kinds)
        return replace(claim, diagnoses=(*others, *_marked(value, kinds[0], kinds[0])))

    return change


def _attending_text(party: Party | None) -> str:
    return " ".join(part for part in (party.id, party.name.last, party.name.first) if part) if party else ""


def _attending(claim: Claim, _bill: HospitalBill, value: str) -> Claim:
    npi, *names = value.upper().split()
    if not _NPI.fullmatch(npi) or len(names) < 2:
        raise ValueError("write NPI, last and first name: 1234567893 SMITH ANN")
    known = claim.provider(ATTENDING)
    name = Name(" ".join(names[:-1]), names[-1])
    party = replace(known, name=name, id=npi, id_qualifier="XX") if known else Party(ATTENDING, True, name, "XX", npi)
    others = tuple(one for one in claim.providers if one.role != ATTENDING)
    return replace(claim, providers=(party, *others))


def _field(name: str, read: Callable[[str], object]) -> _Change:
    return lambda claim, bill, value: _kept(claim, bill, **{name: read(value)})


_PRIORITY = "is one digit: 1 emergency, 2 urgent, 3 elective, 4 newborn, 5 trauma, 9 not known"
CHANGES: dict[str, _Change] = {
    "type_of_bill": _type_of_bill,
    "statement_from": _statement_from,
    "statement_to": _field("statement_to", typed_day),
    "admission_hour": _field("admission_hour", _hour),
    "discharge_hour": _field("discharge_hour", _hour),
    "admission_type": _field("admission_type", lambda value: _digits(value, 1, _PRIORITY)),
    "admission_source": _field("admission_source", _admission_source),
    "patient_status": _field("patient_status", lambda value: _digits(value, 2, "has two digits, such as 01")),
    "drg": _field("drg", lambda value: value.upper() or None),
    "medical_record_number": _field("medical_record_number", lambda value: value or None),
    "procedure_codes": _field("procedures", _procedures),
    "condition_codes": _field("conditions", _conditions),
    "occurrence_codes": _field("occurrences", _occurrences),
    "occurrence_spans": _field("occurrence_spans", _spans),
    "value_codes": _field("values", _values),
    "admitting_diagnosis": _apart(ADMITTING),
    "visit_reasons": _apart(REASONS),
    "external_causes": _apart(CAUSES),
    "attending": _attending,
}


def _revenue_code(line: ServiceLine, revenue: Revenue, value: str) -> ServiceLine:
    code = _digits(value.zfill(4), 4, "a revenue code has four digits")
    return replace(line, revenue=replace(revenue, code=code))


def _unit_basis(line: ServiceLine, _revenue: Revenue, value: str) -> ServiceLine:
    if value.upper() not in LINE_UNITS:
        raise ValueError("is UN (units) or DA (days)")
    return replace(line, unit_basis=value.upper())


def _non_covered(line: ServiceLine, revenue: Revenue, value: str) -> ServiceLine:
    return replace(line, revenue=replace(revenue, non_covered_cents=typed_amount(value) if value else None))


def _service_date(line: ServiceLine, revenue: Revenue, value: str) -> ServiceLine:
    dated = replace(line, revenue=replace(revenue, is_dated=bool(value)))
    return replace(dated, service_date=typed_day(value)) if value else dated


LINE_CHANGES: dict[str, Callable[[ServiceLine, Revenue, str], ServiceLine]] = {
    "revenue_code": _revenue_code,
    "unit_basis": _unit_basis,
    "non_covered": _non_covered,
    "service_date": _service_date,
}
