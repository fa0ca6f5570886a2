"""What only an institutional claim says (hospital, skilled nursing, home health; guide 005010X223A2): the type of bill,
the statement's days, the stay, and the codes of the National Uniform Billing Committee (NUBC)."""

from dataclasses import dataclass
from datetime import date

from billing.money import Cents

REPLACED = frozenset({"7", "8"})
"""CLM05-3 of a claim that answers an earlier one"""
SERIES = {
    "0": "nothing to pay, for the record",
    "1": "the whole stay or visit",
    "2": "the first of a series",
    "3": "one within a series",
    "4": "the last of a series",
    "9": "the last of a home health or hospice series",
}
"""CLM05-3 of claims that open a visit here, in words of our own"""
PRINCIPAL, OTHER = ("ABK", "BK"), ("ABF", "BF")
ADMITTING, REASONS, CAUSES = ("ABJ", "BJ"), ("APR", "PR"), ("ABN", "BN")
"""HIxx-1 of diagnoses, ICD-10-CM and ICD-9-CM"""
APART = (ADMITTING, REASONS, CAUSES)
CODED = (*PRINCIPAL, *OTHER)
"""What the patient was treated for; the others stand apart"""
PRESENT = ("Y", "N", "U", "W")
"""HIxx-9"""
LINE_UNITS = ("UN", "DA")
"""SV204"""
STILL_PATIENT = "30"
"""CL103: the patient has not left"""
PLACES = {
    **dict.fromkeys(("11", "12", "41"), "21"),
    **dict.fromkeys(("18", "21", "22", "23", "28"), "31"),
    **dict.fromkeys(("32", "33", "34"), "12"),
    "65": "54",
    "66": "54",
    "71": "72",
    "72": "65",
    "73": "50",
    "74": "62",
    "75": "62",
    "76": "53",
    "77": "50",
    **dict.fromkeys(("81", "82"), "34"),
    "83": "24",
}
"""CMS place of service that a contract prices such a facility (CLM05-1) by"""
OUTPATIENT_HOSPITAL = "22"
INPATIENT = frozenset({"11", "18", "21", "41", "65", "66", "86"})
"""CLM05-1 of a stay: the patient is admitted"""


@dataclass(frozen=True, slots=True)
class Procedure:
    """One composite of HI that names a procedure."""

    code: str
    """HIxx-2: ICD-10-PCS"""
    performed: date | None
    """HIxx-4"""
    qualifier: str = "BBQ"
    """HIxx-1: BBR principal, BBQ other; BR and BQ for ICD-9-CM, CAH advanced billing concept"""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """HI BH: an event with its day."""

    code: str
    """HIxx-2: NUBC occurrence code"""
    day: date
    """HIxx-4"""


@dataclass(frozen=True, slots=True)
class OccurrenceSpan:
    """HI BI: an event with its first and last day."""

    code: str
    """HIxx-2: NUBC occurrence span code"""
    first: date
    last: date
    """HIxx-4, RD8"""


@dataclass(frozen=True, slots=True)
class ValueAmount:
    """HI BE: a value code with its amount."""

    code: str
    """HIxx-2: NUBC value code"""
    amount_cents: Cents
    """HIxx-5; where the code counts days or hours, hundredths of one"""


@dataclass(frozen=True, slots=True)
class Revenue:
    """What a service line of an institutional claim says beyond a professional one."""

    code: str
    """SV201: NUBC revenue code, four digits"""
    non_covered_cents: Cents | None = None
    """SV207"""
    is_dated: bool = True
    """False: the line names no day of its own (no DTP*472), as those of a stay; it counts for the statement's first"""


@dataclass(frozen=True, slots=True)
class HospitalBill:
    """What an institutional claim says beyond a professional one."""

    facility_type: str
    """CLM05-1, the first two digits of the type of bill without its leading zero: `"11"`, `"13"`"""
    statement_from: date
    """DTP*434"""
    statement_to: date
    """DTP*434 RD8: the through-date"""
    patient_status: str
    """CL103: 01 discharged home, 20 expired, 30 still patient ..."""
    series: str = "1"
    """CLM05-3 as the visit was first billed: a key of SERIES. What replaces or voids it says 7 or 8 instead"""
    admission_date: date | None = None
    """DTP*435"""
    admission_hour: str | None = None
    """DTP*435 DT, HHMM"""
    discharge_hour: str | None = None
    """DTP*096, HHMM"""
    admission_type: str | None = None
    """CL101: 1 emergency, 2 urgent, 3 elective, 4 newborn, 5 trauma, 9 not known"""
    admission_source: str | None = None
    """CL102: point of origin"""
    drg: str | None = None
    """HI DR: diagnosis related group"""
    procedures: tuple[Procedure, ...] = ()
    """Principal first"""
    occurrence_spans: tuple[OccurrenceSpan, ...] = ()
    occurrences: tuple[Occurrence, ...] = ()
    values: tuple[ValueAmount, ...] = ()
    conditions: tuple[str, ...] = ()
    """HI BG: NUBC condition codes"""
    treatments: tuple[str, ...] = ()
    """HI TC: treatment codes of home health"""
    patient_estimate_cents: Cents | None = None
    """AMT*F3: what the patient is expected to owe"""
    medical_record_number: str | None = None
    """REF*EA"""

    @property
    def is_stay(self) -> bool:
        """The patient is admitted: an inpatient's bill."""
        return self.facility_type in INPATIENT

    @property
    def place_of_service(self) -> str:
        """The CMS place of service that prices and lists go by."""
        return PLACES.get(self.facility_type, OUTPATIENT_HOSPITAL)

    def type_of_bill(self, frequency: str) -> str:
        """Four characters, as the UB-04 prints them: `"0131"`."""
        return f"0{self.facility_type}{frequency}"
