"""What only an institutional claim says, as people read it: in words of our own, without those of the NUBC."""

from dataclasses import dataclass
from datetime import date

from billing.claim import PURPOSES, Claim
from billing.hospital_bill import ADMITTING, CAUSES, REASONS, REPLACED, SERIES, STILL_PATIENT, HospitalBill
from billing.hospital_corrections import written_diagnosis
from billing.money import format_dollars

PRIORITIES = {"1": "emergency", "2": "urgent", "3": "elective", "4": "newborn", "5": "trauma", "9": "not known"}
"""CL101"""
LEFT = {"01": "home", "20": "died", STILL_PATIENT: "still a patient"}
"""CL103: the most common"""
_CARED = {"71": "Attending", "72": "Operating", "ZZ": "Other operating"}


@dataclass(frozen=True, slots=True)
class HospitalFact:
    """One thing that an institutional claim says."""

    label: str
    text: str


def hospital_facts(claim: Claim) -> tuple[HospitalFact, ...]:
    """What stands on the claim, in the order of the paper form; none of a professional claim."""
    if claim.hospital is None:
        return ()
    pairs = [*_stay(claim, claim.hospital), *_people(claim), *_codes(claim, claim.hospital)]
    return tuple(HospitalFact(label, text) for label, text in pairs if text)


def _stay(claim: Claim, bill: HospitalBill) -> list[tuple[str, str]]:
    number = bill.type_of_bill(claim.frequency)
    kinds = PURPOSES if claim.frequency in REPLACED else SERIES
    status = LEFT.get(bill.patient_status)
    return [
        ("Type of bill", f"{number}, {kinds.get(claim.frequency, 'of a frequency not known here')}"),
        ("Statement", f"{_day(bill.statement_from)} through {_day(bill.statement_to)}"),
        ("Medical record", bill.medical_record_number or ""),
        ("Admitted", _joined(_day(bill.admission_date), _hour(bill.admission_hour))),
        ("Priority", PRIORITIES.get(bill.admission_type or "", bill.admission_type or "")),
        ("Point of origin", bill.admission_source or ""),
        ("Discharged", _joined(_hour(bill.discharge_hour), f"status {bill.patient_status}", status)),
        ("Estimated share", "" if bill.patient_estimate_cents is None else format_dollars(bill.patient_estimate_cents)),
    ]


def _people(claim: Claim) -> list[tuple[str, str]]:
    found = [(label, claim.provider(role)) for role, label in _CARED.items()]
    return [
        (label, f"{party.name.first or ''} {party.name.last} ({party.npi or 'no NPI'})".strip())
        for label, party in found
        if party is not None
    ]


def _codes(claim: Claim, bill: HospitalBill) -> list[tuple[str, str]]:
    def apart(kinds: tuple[str, str]) -> str:
        return ", ".join(written_diagnosis(one) for one in claim.diagnoses if one.qualifier in kinds)

    return [
        ("DRG", bill.drg or ""),
        ("Admitting diagnosis", apart(ADMITTING)),
        ("Reasons for the visit", apart(REASONS)),
        ("External causes", apart(CAUSES)),
        ("Procedures", ", ".join(_joined(one.code, _day(one.performed), by=" on ") for one in bill.procedures)),
        ("Condition codes", ", ".join(bill.conditions)),
        ("Occurrence codes", ", ".join(f"{one.code} on {_day(one.day)}" for one in bill.occurrences)),
        (
            "Occurrence spans",
            ", ".join(f"{one.code} from {_day(one.first)} to {_day(one.last)}" for one in bill.occurrence_spans),
        ),
        ("Value codes", ", ".join(f"{one.code}: {format_dollars(one.amount_cents)[1:]}" for one in bill.values)),
        ("Treatment codes", ", ".join(bill.treatments)),
    ]


def _joined(*parts: str | None, by: str = ", ") -> str:
    return by.join(part for part in parts if part)


def _day(day: date | None) -> str:
    return str(day or "")


def _hour(text: str | None) -> str:
    return f"{text[:2]}:{text[2:]}" if text else ""
