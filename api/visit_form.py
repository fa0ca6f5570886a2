"""A visit as a person types it: texts by the REST route's own field names, and their way to the same EncounterForm.

Three lists stand beside the typed fields: `payer`, `billing` and `rendering` name somebody whom the practice knows,
so that nobody types an address twice. Faults carry the name of the input they belong to.
"""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from pydantic import ValidationError

from api import errors, person_form
from api.claim_form import EncounterForm
from api.errors import Fault
from api.person_form import PERSON, Typed, address_texts
from billing.characters import unsendable
from billing.claim import Claim, Diagnosis, Party
from billing.coding import diagnosis_is_well_formed, procedure_is_well_formed
from billing.identifiers import npi_is_valid
from database.favourites import Favourites
from database.practice import LocationView

PROVIDER = ("npi", "last_name", "first_name", "taxonomy")
ADDRESS = ("address.street", "address.city", "address.state", "address.postal_code")
FIELDS = (
    *(f"patient.{name}" for name in PERSON),
    *("self_pay", "payer", "coverage.payer.name", "coverage.payer.id", "partner"),
    *("coverage.member_id", "coverage.group_number", "coverage.filing_indicator", "authorization"),
    "coverage.relationship",
    *(f"coverage.subscriber.{name}" for name in PERSON),
    *("second", "second.payer.name", "second.payer.id", "second.member_id", "second.group_number"),
    *("second.filing_indicator", "second.insurance_type", "second.relationship"),
    *(f"second.subscriber.{name}" for name in PERSON),
    "rendering",
    *(f"providers.rendering.{name}" for name in PROVIDER),
    "billing",
    *(f"providers.billing.{name}" for name in ("npi", "last_name", "tax_id", "taxonomy", *ADDRESS)),
    *("location", "place_of_service", "external_id", "note_signed"),
)
"""Every input above the codes, in the order of the page"""
LINE = ("service_date", "procedure", "modifiers", "diagnosis_pointers", "units", "unit_basis", "charge")
"""The inputs of one line; of these the first, and the two for units, are filled in from the beginning"""
TYPED_IN_LINE = ("procedure", "modifiers", "diagnosis_pointers", "charge")
NO_LONGER_OFFERED = "is no longer offered: choose again"
"""Somebody changed the set-up while the form was open; nothing else may take the place of what was chosen"""
FIRST_PLACE = "11"
"""What stands in a form that nobody typed into: the office"""
DIAGNOSES = 12
LINES = 50
OLDEST_VISIT = timedelta(days=730)
"""A visit further back is a slip of the year: no payer takes it any more"""
SENT = (
    "authorization",
    ".last_name",
    ".first_name",
    ".street",
    ".street_2",
    ".city",
    ".member_id",
    ".group_number",
    ".payer.name",
)
"""Ends of the names of texts that stand on the claim as they were typed"""

RELATIONSHIPS = {
    "18": "self",
    "01": "spouse",
    "19": "child",
    "20": "employee",
    "21": "unknown",
    "39": "organ donor",
    "40": "cadaver donor",
    "53": "life partner",
    "G8": "other",
}
"""SBR02 and PAT01 of 005010X222A1"""
FILING_INDICATORS = {
    "MB": "Medicare Part B",
    "MC": "Medicaid",
    "BL": "Blue Cross or Blue Shield",
    "CI": "commercial",
    "12": "PPO",
    "13": "POS",
    "14": "EPO",
    "15": "indemnity",
    "16": "Medicare Advantage HMO",
    "HM": "HMO",
    "CH": "TRICARE",
    "VA": "Veterans Affairs",
    "FI": "Federal Employees Program",
    "OF": "other federal program",
    "WC": "workers' compensation",
    "AM": "automobile medical",
    "LM": "liability",
    "11": "other non-federal program",
    "ZZ": "unknown",
}
"""SBR09 of 005010X222A1, without the rare ones"""
INSURANCE_TYPES = {
    "12": "works, or the spouse does",
    "13": "end-stage renal disease",
    "14": "no-fault or automobile",
    "15": "workers' compensation",
    "16": "another federal agency",
    "41": "black lung",
    "42": "Veterans Affairs",
    "43": "disabled, under 65",
    "47": "liability",
}
"""SBR05 of 005010X222A1: why Medicare is not the first payer"""

_MEANINGS = person_form.MEANINGS | {
    "npi": "ten digits",
    "tax_id": "nine digits, such as 12-3456780",
    "taxonomy": "ten letters and digits",
    "units": "a number above zero with at most three decimals",
    "modifiers": "two letters or digits each, at most four",
    "diagnosis_pointers": "the numbers or letters of one to four diagnoses, such as 1,2 or AB",
    "place_of_service": "two digits, such as 11",
    "external_id": "at most 38 letters, digits, dots, dashes and underscores",
}
"""What a field wants, where the model's own words are a pattern"""


def read(
    typed: Typed,
    offered: Favourites,
    base: Claim | None,
    *,
    today: date,
    number: str,
    is_npi_strict: bool = True,
    is_registered: bool = False,
) -> EncounterForm:
    """The typed texts as the REST route's own model; `number` is the visit's when none was typed.

    Raises Problem 422 with every fault at the name of its input, and with what the office would ask for later beside
    them: alone that turns no visit away.
    """
    faults = _own_faults(typed, today) | _lost(typed, is_registered=is_registered)
    if is_npi_strict:
        faults |= _wrong_npis(typed)
    body = _body(typed, offered, base, faults) | {"external_id": typed.get("external_id") or number}
    try:
        form = EncounterForm.model_validate(body)
    except ValidationError as error:
        for fault in errors.validation_faults(error.errors()):
            name = _input_of(fault.field, typed)
            faults.setdefault(name, _in_words(fault, name))
        form = None
    if faults or form is None:
        faults = _gaps(typed) | faults
        raise errors.invalid([Fault(field=name, message=message) for name, message in faults.items()])
    return form


def in_order(typed: Typed) -> list[str]:
    """The names of all inputs in the order of the page."""
    diagnoses = [f"diagnoses.{place}" for place in range(DIAGNOSES)]
    return [*FIELDS, *diagnoses, *(f"lines.{row}.{name}" for row in range(rows(typed)) for name in LINE)]


def rows(typed: Typed) -> int:
    """How many lines the page shows."""
    places = (re.match(r"lines\.(\d{1,4})\.", name, re.ASCII) for name in typed)
    return 1 + max((int(one[1]) for one in places if one), default=0)


def tidy(typed: Typed, *, without: str = "") -> Typed:
    """What was typed, without spaces around it, and its lines without gaps, empty ones and the row `without`."""
    found: dict[str, Typed] = {}
    kept: Typed = {}
    for name, text in typed.items():
        if match := re.fullmatch(r"lines\.(\d{1,4})\.(\w+)", name):
            found.setdefault(match[1], {})[match[2]] = text.strip()
        else:
            kept[name] = text.strip()
    filled = [
        line
        for row, line in sorted(found.items(), key=lambda item: int(item[0]))
        if row != without and any(line.get(name) for name in TYPED_IN_LINE)
    ]
    for row, line in enumerate(filled[:LINES]):
        kept |= {f"lines.{row}.{name}": text for name, text in line.items() if name in LINE}
    return kept


def with_row(typed: Typed, *, today: date) -> Typed:
    """One more line, on the day of the line above."""
    if not any(name.startswith("lines.") for name in typed):
        row, day = 0, str(today)
    else:
        row = rows(typed)
        day = typed.get(f"lines.{row - 1}.service_date", str(today))
    if row >= LINES:
        return typed
    return typed | line_texts(row, service_date=day)


def blank(*, today: date) -> Typed:
    """A form that nobody typed into."""
    typed = {"coverage.relationship": "18", "second.relationship": "18", "place_of_service": FIRST_PLACE}
    return with_row(typed, today=today)


def line_texts(row: int, **texts: str) -> Typed:
    """The inputs of one line; what is not given is as in a line that nobody typed into."""
    line = {"units": "1", "unit_basis": "UN"} | texts
    return {f"lines.{row}.{name}": line.get(name, "") for name in LINE}


def _own_faults(typed: Typed, today: date) -> dict[str, str]:
    """What the model lets through, because an office mends it later, and a person at the form mends at once."""
    faults: dict[str, str] = {}
    diagnoses = _diagnoses(typed)
    for place, code in enumerate(diagnoses):
        if not code:
            faults[f"diagnoses.{place}"] = "is empty; move the diagnoses up"
        elif not diagnosis_is_well_formed(Diagnosis(code.upper().replace(".", ""))):
            faults[f"diagnoses.{place}"] = "is no ICD-10-CM code, such as J06.9"
    for name, text in typed.items():
        if name.endswith((".birth_date", ".service_date")) and person_form.is_after(text, today):
            faults[name] = person_form.FUTURE
        if name.endswith(".service_date") and any(day < today - OLDEST_VISIT for day in person_form.days([text])):
            faults[name] = "lies more than two years back; look at the year"
        if name.endswith(".procedure") and text and not procedure_is_well_formed(text.upper()):
            faults[name] = "is no CPT or HCPCS code, such as 99213"
        if name.endswith(".diagnosis_pointers") and any(one > max(len(diagnoses), 1) for one in _pointers(text) or []):
            faults[name] = "points at a diagnosis that is not there"
    if not typed.get("patient.sex"):
        faults["patient.sex"] = "choose one; unknown where it is not known"
    days = [text for name, text in typed.items() if name.endswith(".service_date") and text]
    if any(person_form.is_after(typed.get("patient.birth_date", ""), day) for day in person_form.days(days)):
        faults.setdefault("patient.birth_date", "lies after the day of service")
    for policy in ("coverage", "second"):
        if typed.get(f"{policy}.relationship") == "18" and _under(typed, f"{policy}.subscriber"):
            faults[f"{policy}.relationship"] = (
                "a subscriber is named below: say how the patient is related, or clear it"
            )
    return faults


def _lost(typed: Typed, *, is_registered: bool) -> dict[str, str]:
    """Texts with characters that no payer can be sent."""
    faults = {}
    for name in FIELDS:
        lost = unsendable(typed.get(name)) if name.endswith(SENT) else []
        if lost:
            where = ", on the patient's page first" if is_registered and name.startswith("patient.") else ""
            faults[name] = f"{' '.join(lost)} cannot be sent to a payer; write it with plain letters{where}"
    return faults


def _wrong_npis(typed: Typed) -> dict[str, str]:
    names = [f"providers.{role}.npi" for role in ("rendering", "billing")]
    wrong = [one for one in names if re.fullmatch("[0-9]{10}", typed.get(one, "")) and not npi_is_valid(typed[one])]
    return dict.fromkeys(wrong, "the check digit is wrong; look it up again")


def _gaps(typed: Typed) -> dict[str, str]:
    """What the office would ask a person for after the visit is open."""
    policy = () if typed.get("self_pay") else ("coverage.member_id",)
    number = ("coverage.payer.id",) if typed.get("coverage.payer.name") and policy else ()
    names = ("patient.birth_date", "patient.address.street", *policy, *number)
    return {name: "is empty; a payer asks for it" for name in names if not typed.get(name)}


def _diagnoses(typed: Typed) -> list[str]:
    codes = [typed.get(f"diagnoses.{place}", "") for place in range(DIAGNOSES)]
    while codes and not codes[-1]:
        codes.pop()
    return codes


def _body(typed: Typed, offered: Favourites, base: Claim | None, faults: dict[str, str]) -> dict[str, Any]:
    coverage: dict[str, Any] | None = None
    partner = None
    if not typed.get("self_pay"):
        coverage = _coverage(typed, "coverage", _payer(typed, offered, base, faults))
        partner = coverage["payer"].pop("partner", None)
    else:
        if typed.get("payer") or typed.get("coverage.member_id") or typed.get("second"):
            faults["self_pay"] = "a policy is given below: clear it, or let the insurance be billed"
        if typed.get("authorization"):
            faults["authorization"] = "a self-pay visit takes none: clear it"
    location = next((one for one in offered.locations if one.id == typed.get("location")), None)
    if location is None and typed.get("location"):
        faults["location"] = NO_LONGER_OFFERED
    billing = _provider("billing", typed, offered.billing, faults) or {}
    providers = {
        "billing": billing,
        "rendering": _provider("rendering", typed, offered.rendering, faults),
        "service_facility": _facility(location, billing),
    }
    body: dict[str, Any] = {
        "partner": partner or typed.get("partner") or None,
        "patient": _under(typed, "patient"),
        "coverage": coverage,
        "self_pay": bool(typed.get("self_pay")),
        "other_coverages": _other_coverages(typed, offered, faults),
        "providers": providers,
        "diagnoses": [code or "-" for code in _diagnoses(typed)],
        "lines": [_line_body(typed, row) for row in range(rows(typed))] if "lines.0.procedure" in typed else [],
        "authorization": typed.get("authorization") or None,
        "note_signed": not typed.get("note_signed"),
    }
    place = _place_of_service(typed, location, faults)
    return body | ({"place_of_service": place} if place else {})


def _facility(location: LocationView | None, billing: dict[str, Any]) -> dict[str, Any] | None:
    """The location, where it is not the billing provider's own address: else 2310C is left out (005010X222A1)."""
    if location is None or _is_at(address_texts(location.address), billing.get("address", {})):
        return None
    found = {"last_name": location.name, "address": address_texts(location.address)}
    return found | ({"npi": location.npi} if location.npi else {})


def _is_at(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether two addresses are one place: the same street under the same five digits."""
    same_street = one.get("street", "").upper() == other.get("street", "").upper()
    return same_street and one.get("postal_code", "")[:5] == other.get("postal_code", "")[:5]


def _place_of_service(typed: Typed, location: LocationView | None, faults: dict[str, str]) -> str | None:
    """The location's, unless another one than the form's first was typed on purpose."""
    place = typed.get("place_of_service")
    if location is None:
        return place
    if place and place not in {FIRST_PLACE, location.place_of_service}:
        faults["place_of_service"] = f"is {location.place_of_service} at this location: clear it, or choose no location"
    return location.place_of_service


def _coverage(typed: Typed, prefix: str, payer: dict[str, Any]) -> dict[str, Any]:
    coverage: dict[str, Any] = _under(typed, prefix) | {"payer": payer}
    if typed.get(f"{prefix}.relationship", "18") == "18":
        coverage.pop("subscriber", None)
    else:
        coverage.setdefault("subscriber", {})
    return coverage


def _other_coverages(typed: Typed, offered: Favourites, faults: dict[str, str]) -> list[dict[str, Any]]:
    """The second policy, when anything of it was typed; that the patient holds it is no statement by itself."""
    if typed.get("self_pay"):
        return []
    said = _under(typed, "second")
    said.pop("relationship", None)
    if not said and not typed.get("second"):
        return []
    payer = _payer(typed, offered, None, faults, chosen_in="second", prefix="second")
    payer.pop("partner", None)
    return [_coverage(typed, "second", payer)]


def _line_body(typed: Typed, row: int) -> dict[str, Any]:
    texts = {name: text for name in LINE if (text := typed.get(f"lines.{row}.{name}"))}
    line: dict[str, Any] = dict(texts)
    if "modifiers" in texts:
        line["modifiers"] = re.split(r"[\s,:-]+", texts["modifiers"])
    if "diagnosis_pointers" in texts:
        line["diagnosis_pointers"] = _pointers(texts["diagnosis_pointers"]) or ["?"]
    return line


def _pointers(text: str) -> list[int] | None:
    """`1,2`, `1 2` or `AB` -> [1, 2]; None when it is neither."""
    parts = [part for part in re.split(r"[\s,:]+", text.upper()) if part]
    if all(part.isascii() and part.isdigit() for part in parts):
        return [int(part) for part in parts]
    letters = "".join(parts)
    return [ord(one) - ord("A") + 1 for one in letters] if re.fullmatch("[A-L]+", letters) else None


def _payer(
    typed: Typed,
    offered: Favourites,
    base: Claim | None,
    faults: dict[str, str],
    *,
    chosen_in: str = "payer",
    prefix: str = "coverage",
) -> dict[str, Any]:
    written = _under(typed, f"{prefix}.payer")
    chosen = next((one for one in offered.payers if one.id == typed.get(chosen_in)), None)
    if chosen is None:
        if not written:
            faults[chosen_in] = "choose a payer, or name a new one below"
        return written
    if written:
        faults[chosen_in] = "a new payer is named below: clear it, or choose none here"
    payer: dict[str, Any] = {"name": chosen.name, "partner": chosen.partner}
    if chosen.number:
        payer["id"] = chosen.number
    earlier = base.coverage.payer if base else None
    if earlier and earlier.address and (earlier.id or "") == chosen.number:
        payer["address"] = address_texts(earlier.address)
    return payer


def _provider(role: str, typed: Typed, known: Mapping[str, Party], faults: dict[str, str]) -> dict[str, Any] | None:
    written = _under(typed, f"providers.{role}")
    party = known.get(typed.get(role, ""))
    if party is None:
        if typed.get(role):
            faults[role] = NO_LONGER_OFFERED
        return written or None
    if written:
        faults[role] = "another one is named below: clear it, or choose none here"
    texts = {"npi": party.npi, "last_name": party.name.last, "first_name": party.name.first, "taxonomy": party.taxonomy}
    found: dict[str, Any] = {name: text for name, text in texts.items() if text}
    if party.address:
        found["address"] = address_texts(party.address)
    if role == "billing":
        found["tax_id"] = party.reference("EI")
        found.pop("first_name", None)
    return found


def _under(typed: Typed, prefix: str) -> dict[str, Any]:
    """The texts below a name as nested objects, without empty ones."""
    return person_form.under(typed, prefix, FIELDS)


def _input_of(field: str, typed: Typed) -> str:
    """The input that a fault of the model belongs to."""
    if field.startswith("coverage.payer") and (typed.get("payer") or not _under(typed, "coverage.payer")):
        return "payer"
    if field == "other_coverages":
        return "second"
    if field.startswith("other_coverages.0"):
        field = field.replace("other_coverages.0", "second", 1)
        if field.startswith("second.payer") and (typed.get("second") or not _under(typed, "second.payer")):
            return "second"
    if field.startswith("providers.service_facility"):
        return "location"
    for role in ("billing", "rendering"):
        if field.startswith(f"providers.{role}") and typed.get(role):
            return role
    if field in {"lines", "lines.0"}:
        return "lines.0.procedure"
    names = set(in_order(typed))
    parts = field.split(".")
    while parts and ".".join(parts) not in names:
        parts.pop()
    return ".".join(parts) or "body"


def _in_words(fault: Fault, name: str) -> str:
    if name == "lines.0.procedure" and not fault.field.endswith("procedure"):
        return "enter at least one line"
    return person_form.in_words(fault, name, _MEANINGS)
