"""What of a visit may leave without naming anybody: the safe harbor of 45 CFR 164.514(b)(2), rule by rule.

Only what has the form of a published code, a number of its own kind, or a word of the office's own lists comes
through: whatever else somebody typed into a field is left empty.
"""

import re
from collections.abc import Iterable
from datetime import date

from billing.aging import CLASSES
from billing.claim import Claim, Diagnosis, ServiceLine
from billing.days import age_on
from billing.denial_codes import REASON_CODES
from billing.remittance import Group

SPARSE_ZIPS = frozenset(
    (
        "036",
        "059",
        "063",
        "102",
        "203",
        "556",
        "692",
        "790",
        "821",
        "823",
        "830",
        "831",
        "878",
        "879",
        "884",
        "890",
        "893",
    )
)
"""Areas of three digits with at most 20,000 people by the census of 2000 (HHS guidance on de-identification, 2012)"""
OLDEST = 89
"""Ages above it are one class"""
OLD = "90+"
SELF_PAY, OTHER = "Self-pay", "Other"
_PROCEDURE = re.compile(r"[0-9]{4}[0-9AFTMU]|[A-V][0-9]{4}")
"""CPT (categories I to III and the like) and HCPCS level II"""
_MODIFIER = re.compile(r"[A-Z0-9]{2}")
_DIAGNOSIS = re.compile(r"[A-TV-Z][0-9][0-9A-Z](?:[0-9A-Z]{1,4})?|U0[0-9](?:[0-9A-Z]{1,4})?")
"""ICD-10-CM without its point"""
_PLACE = re.compile(r"[0-9]{2}")
_ZIP = re.compile(r"([0-9]{3})[0-9]{2}(?:-?[0-9]{4})?")


def zip_area(postal_code: str | None, country: str | None = None) -> str:
    """The first three digits (164.514(b)(2)(i)(B)); `000` for a sparse area, empty for no ZIP of the United States."""
    found = _ZIP.fullmatch(postal_code or "")
    if found is None or country not in (None, "", "US"):
        return ""
    return "000" if found[1] in SPARSE_ZIPS else found[1]


def age_class(born: date | None, day: date) -> str:
    """Age in years on the day of service; from 90 on `90+` (164.514(b)(2)(i)(C)); empty: not known, or not born yet."""
    if born is None or born > day:
        return ""
    age = age_on(born, day)
    return OLD if age > OLDEST else str(age)


def payer_class(indicator: str | None, *, is_self_pay: bool) -> str:
    """The class of a payer, never its name or number."""
    return SELF_PAY if is_self_pay else CLASSES.get(indicator or "", OTHER)


def area_of(claim: Claim) -> str:
    """Of the patient's address; of the subscriber's where the patient is the subscriber."""
    home = claim.patient.address or (claim.subscriber.address if claim.coverage.is_self else None)
    return zip_area(home.postal_code, home.country) if home else ""


def procedure_of(line: ServiceLine) -> str:
    """The procedure's code; empty: what stands there is none."""
    return _only(_PROCEDURE, line.procedure)


def modifiers_of(line: ServiceLine) -> str:
    """Modifiers, apart by spaces."""
    return " ".join(one for one in line.modifiers if _MODIFIER.fullmatch(one))


def diagnoses_of(found: Iterable[Diagnosis]) -> str:
    """Codes, apart by spaces; a pointer of a line counts what stands here only where every one is a code."""
    return " ".join(code for one in found if (code := _only(_DIAGNOSIS, one.code.replace(".", "").upper())))


def place_of(text: str | None) -> str:
    """The place of service."""
    return _only(_PLACE, text or "")


def reason_of(detail: str) -> tuple[str, str]:
    """(group, CARC) of a posting's sub-account; empty where it is anything else, such as a payer or a reference."""
    group, _, reason = detail.partition("-")
    is_told = group in set(Group) and reason in REASON_CODES
    return (group, reason) if is_told else ("", "")


def _only(form: re.Pattern[str], text: str) -> str:
    return text if form.fullmatch(text) else ""
