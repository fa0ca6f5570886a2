"""Corrections: how a person mends a claim, one named field at a time.

A path names the field as task reasons name it: `member_id`, `patient.birth_date`, `line.2.procedure`. Values are
text as typed. An unknown path, one given twice, and a value that does not read are faults that name the path; nothing
is half done. Only what a claim may lack can be emptied.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from difflib import get_close_matches

from billing import hospital_corrections
from billing.characters import unsendable
from billing.claim import Address, Claim, Diagnosis, Party, Person, Reference, ServiceLine, Sex
from billing.claim_details import with_admission, with_clia, with_drug
from billing.coding import service_is_well_formed
from billing.information import with_attachment
from billing.money import Cents
from billing.places import STATES
from billing.typed_values import typed_amount, typed_day
from billing.units import parse_units

LINES_PER_CLAIM = 50
"""005010X222A1: LX at most 50 times"""
LINES_PER_HOSPITAL_CLAIM = 999
"""005010X223A2"""
NOT_BILLED = "NONE"
"""Typed in the place of a procedure: the service is not billed"""
MEDICARE_SECOND_BECAUSE = ("12", "13", "14", "15", "16", "41", "42", "43", "47")
"""SBR05"""
DELAY_REASONS = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "15")
"""CLM20"""
ACCIDENTS = ("AA", "EM", "OA")
"""CLM11-1"""
NPI_DIGITS = 10
LONGEST_DESCRIPTION = 80
"""SV101-7"""

ROLES = {
    "82": "rendering provider",
    "DN": "referring provider",
    "P3": "primary care provider",
    "77": "service location",
    "DQ": "supervising provider",
    "71": "attending provider",
    "72": "operating physician",
    "ZZ": "other operating physician",
}
"""NM101 of who takes part beside the billing provider (005010X222A1: 2310A-2310D; 005010X223A2: 2310A-2310F)"""
_INSTEAD = {
    "82": "the billing provider sees the patient itself: correct billing_provider.npi, or void the visit and open it "
    "with a rendering provider",
    "71": "write attending = NPI, last and first name",
}

FIELDS: dict[str, str] = {
    "member_id": "member id on the card",
    "payer_id": "payer's number",
    "payer_name": "payer's name",
    "group_number": "group number; may be empty",
    "relationship": "patient to subscriber: 18 self, 01 spouse, 19 child",
    "filing_indicator": "kind of plan: MB Medicare, MC Medicaid, CI commercial ...; may be empty",
    "authorization": "authorization number; may be empty",
    "referral": "referral number; may be empty",
    "insurance_type": "why Medicare pays second: 12 working aged, 43 disabled, 13 kidney disease ...",
    "delay_reason": "why it is late: 1 eligibility unknown, 3 authorization, 7 third party, 9 original refused ...",
    "accident": "AA OH (car, with its state), EM (at work), OA (another)",
    "admitted_on": "day of admission of an inpatient",
    "clia": "the laboratory's CLIA number: 36D0123456",
    "attachment": "documents that follow: OZ BM R123 (report type, BM mail, FX fax or EL portal, control number)",
    "diagnoses": "all of them in order, by commas: J06.9, Z23",
    "place_of_service": "two digits: 11 office, 22 hospital outpatient ...",
    "patient_paid": "what the patient has paid: 20.00; may be empty",
    "patient.last_name": "also patient.first_name, .birth_date (1980-01-31), .sex (F, M, U)",
    "patient.street": "also patient.city, .state, .postal_code",
    "subscriber.last_name": "who holds the policy; the same fields as patient",
    "billing_provider.npi": "also billing_provider.taxonomy, .tax_id, .street, .city, .state, .postal_code",
    "provider.82.npi": "rendering provider's NPI, where the visit has one; also provider.82.taxonomy",
    "line.1.procedure": "first line; also line.1.modifiers, .units, .charge, .pointers (1, 2), .service_date, "
    ".description, .ndc (00409379501 2 ML); none: what came in words is not billed",
}
"""What a person is shown of the paths; a line after the last one begins with its procedure"""
HOSPITAL_FIELDS: dict[str, str] = {
    name: words for name, words in FIELDS.items() if name not in hospital_corrections.NOT_OF_A_HOSPITAL
} | hospital_corrections.WORDS
"""The same of an institutional claim, whose new line begins with its revenue code"""

_MAY_BE_EMPTY = frozenset(
    {
        "group_number",
        "filing_indicator",
        "authorization",
        "referral",
        "patient_paid",
        "first_name",
        "taxonomy",
        "modifiers",
    }
)
"""The last part of a path"""


class CorrectionsInvalid(ValueError):
    """Some corrections cannot be applied; `faults` maps each path to what is wrong with it."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__("; ".join(f"{path}: {fault}" for path, fault in faults.items()))
        self.faults = faults


class NoSuchField(ValueError):
    """The path names nothing that can be mended; the words name what is near."""

    def __init__(self, path: str) -> None:
        lines = [f"line.1.{name}" for name in (*_LINE_FIELDS, *hospital_corrections.LINE_CHANGES)]
        known = [*_CLAIM_FIELDS, *FIELDS, *hospital_corrections.CHANGES, *lines]
        near = get_close_matches(path, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"the fields are {', '.join(FIELDS)}"
        super().__init__(f"no such field; {hint}")


def parse_corrections(text: str) -> dict[str, str]:
    """Read `path = value`, one a line; empty lines are passed over, capitals and blanks in a path do not matter.

    Raises CorrectionsInvalid, for a path given twice too.
    """
    corrections: dict[str, str] = {}
    faults: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        path, sign, value = line.partition("=")
        path = path.strip().lower().replace(" ", "_")
        if not sign:
            faults[f"line {number}"] = "write `field = value`"
        elif path in corrections:
            faults[path] = "is given twice; leave one of them"
        else:
            corrections[path] = value.strip()
    if faults:
        raise CorrectionsInvalid(faults)
    return corrections


def apply_corrections(claim: Claim, corrections: dict[str, str]) -> Claim:
    """The claim with every correction in it. Raises CorrectionsInvalid with all faults at once."""
    corrected, faults = apply_what_reads(claim, corrections)
    if faults:
        raise CorrectionsInvalid(faults)
    return corrected


def apply_what_reads(claim: Claim, corrections: Mapping[str, str]) -> tuple[Claim, dict[str, str]]:
    """The claim with every correction in it that reads, and what is wrong with each of the others by its path."""
    faults: dict[str, str] = {}
    for path, value in corrections.items():
        try:
            claim = _apply(claim, path, value)
        except ValueError as error:
            faults[path] = str(error)
    kept = tuple(line for line in claim.lines if line.procedure != NOT_BILLED)
    is_shorter = len(kept) < len(claim.lines)
    if is_shorter and not kept:
        return claim, {"line.1.procedure": "nothing would be left to bill: void the visit instead"} | faults
    if not is_shorter and not any(path.endswith(".charge") for path in corrections):
        return claim, faults
    return replace(claim, lines=kept, charge_cents=Cents(sum(line.charge_cents for line in kept))), faults


def _apply(claim: Claim, path: str, value: str) -> Claim:
    head, _, rest = path.partition(".")
    if not value and not _may_be_empty(claim, path):
        raise ValueError("write a value; it can not be empty")
    if lost := unsendable(value):
        raise ValueError(f"{' '.join(lost)} cannot be sent to a payer; write plain letters, digits and punctuation")
    if path in hospital_corrections.CHANGES:
        return hospital_corrections.correct(claim, path, value)
    if path in _CLAIM_FIELDS:
        return _CLAIM_FIELDS[path](claim, value)
    if head == "patient" and rest in _PERSON_FIELDS:
        patient = _PERSON_FIELDS[rest](claim.patient, value)
        return replace(claim, patient=patient, subscriber=patient if claim.coverage.is_self else claim.subscriber)
    if head == "subscriber" and rest in _PERSON_FIELDS:
        subscriber = _PERSON_FIELDS[rest](claim.subscriber, value)
        return replace(claim, subscriber=subscriber, patient=subscriber if claim.coverage.is_self else claim.patient)
    if head == "billing_provider" and rest in _PARTY_FIELDS:
        return replace(claim, billing_provider=_PARTY_FIELDS[rest](claim.billing_provider, value))
    if head == "provider":
        return _apply_to_provider(claim, rest, value)
    if head == "line":
        return _apply_to_line(claim, rest, value)
    raise NoSuchField(path)


def _may_be_empty(claim: Claim, path: str) -> bool:
    head, _, last = path.rpartition(".")
    if path in hospital_corrections.MAY_BE_EMPTY or last in _MAY_BE_EMPTY:
        return True
    return claim.hospital is not None and head.startswith("line.") and last in hospital_corrections.LINE_MAY_BE_EMPTY


def _apply_to_provider(claim: Claim, rest: str, value: str) -> Claim:
    role, _, name = rest.partition(".")
    if role not in ROLES or name not in _PARTY_FIELDS:
        raise NoSuchField(f"provider.{rest}")
    if claim.provider(role) is None:
        raise ValueError(f"the visit has no {ROLES[role]}; {_INSTEAD.get(role, 'there is nothing to correct')}")
    change = _PARTY_FIELDS[name]
    providers = tuple(change(party, value) if party.role == role else party for party in claim.providers)
    return replace(claim, providers=providers)


def _apply_to_line(claim: Claim, rest: str, value: str) -> Claim:
    number, _, name = rest.partition(".")
    most = min(len(claim.lines) + 1, LINES_PER_CLAIM if claim.hospital is None else LINES_PER_HOSPITAL_CLAIM)
    if not number.isdecimal() or (name not in _LINE_FIELDS and name not in hospital_corrections.LINE_CHANGES):
        raise NoSuchField(f"line.{rest}")
    if not 1 <= int(number) <= most:
        count = len(claim.lines)
        raise ValueError(f"the claim has {count} {'line' if count == 1 else 'lines'}; a new one would be line.{most}")
    index = int(number) - 1
    lines = list(claim.lines)
    if index == len(lines):
        first = "procedure" if claim.hospital is None else "revenue_code"
        if name != first:
            raise ValueError(f"a new line begins with its {first.replace('_', ' ')}")
        lines.append(_new_line(claim))
    if name in hospital_corrections.LINE_CHANGES and (claim.hospital is not None or name not in _LINE_FIELDS):
        return hospital_corrections.correct_line(replace(claim, lines=tuple(lines)), index, name, value)
    lines[index] = _LINE_FIELDS[name](lines[index], value)
    return replace(claim, lines=tuple(lines))


def _new_line(claim: Claim) -> ServiceLine:
    """A late charge: one unit on the day of the visit for the first diagnosis, priced by the charge master."""
    if claim.hospital is not None:
        return hospital_corrections.new_line(claim.hospital)
    pointers = (1,) if claim.diagnoses else ()
    return ServiceLine("", Cents(0), Decimal(1), claim.service_from, diagnosis_pointers=pointers)


def _diagnoses(claim: Claim, value: str) -> Claim:
    if claim.hospital is not None:
        return hospital_corrections.diagnoses(claim, value)
    codes = [code.upper().replace(".", "") for code in value.replace(",", " ").split()]
    if not codes or not all(codes):
        raise ValueError("a dot or a comma alone is no code: write it as J06.9")
    diagnoses = tuple(Diagnosis(code, qualifier="ABK" if index == 0 else "ABF") for index, code in enumerate(codes))
    lines = claim.lines if claim.diagnoses else tuple(_pointing(line) for line in claim.lines)
    return replace(claim, diagnoses=diagnoses, lines=lines)


def _pointing(line: ServiceLine) -> ServiceLine:
    """A line of a visit that had no diagnosis points at the first."""
    return replace(line, diagnosis_pointers=line.diagnosis_pointers or (1,))


def _member_id(claim: Claim, value: str) -> Claim:
    return replace(claim, coverage=replace(claim.coverage, member_id=value.replace(" ", "")))


def _insurance_type(claim: Claim, value: str) -> Claim:
    if value not in MEDICARE_SECOND_BECAUSE:
        raise ValueError(f"is one of {', '.join(MEDICARE_SECOND_BECAUSE)}")
    return replace(claim, coverage=replace(claim.coverage, insurance_type=value))


def _delay_reason(claim: Claim, value: str) -> Claim:
    if value not in DELAY_REASONS:
        raise ValueError(f"is one of {', '.join(DELAY_REASONS)}")
    return replace(claim, delay_reason=value)


def _accident(claim: Claim, value: str) -> Claim:
    cause, _, state = value.upper().partition(" ")
    if cause not in ACCIDENTS:
        raise ValueError("is AA (car, with its state: AA OH), EM (at work) or OA (another)")
    if cause == "AA" and state not in STATES:
        raise ValueError("a car accident names its state: AA OH")
    return replace(claim, accident=(cause, "", "", state) if cause == "AA" else (cause,))


def _place_of_service(claim: Claim, value: str) -> Claim:
    if claim.hospital is not None:
        raise ValueError("follows from the type of bill on an institutional claim: correct type_of_bill")
    return replace(claim, place_of_service=value)


def _payer_id(claim: Claim, value: str) -> Claim:
    payer = replace(claim.coverage.payer, id=value, id_qualifier="PI")
    return replace(claim, coverage=replace(claim.coverage, payer=payer))


_CLAIM_FIELDS: dict[str, Callable[[Claim, str], Claim]] = {
    "member_id": _member_id,
    "payer_id": _payer_id,
    "payer_name": lambda claim, value: replace(
        claim,
        coverage=replace(
            claim.coverage,
            payer=replace(claim.coverage.payer, name=replace(claim.coverage.payer.name, last=value)),
        ),
    ),
    "relationship": lambda claim, value: replace(claim, coverage=replace(claim.coverage, relationship=value)),
    "group_number": lambda claim, value: replace(claim, coverage=replace(claim.coverage, group_number=value or None)),
    "filing_indicator": lambda claim, value: replace(
        claim, coverage=replace(claim.coverage, filing_indicator=value or None)
    ),
    "insurance_type": _insurance_type,
    "delay_reason": _delay_reason,
    "accident": _accident,
    "admitted_on": lambda claim, value: with_admission(claim, typed_day(value)),
    "clia": with_clia,
    "attachment": with_attachment,
    "diagnoses": _diagnoses,
    "place_of_service": _place_of_service,
    "authorization": lambda claim, value: replace(claim, authorization=value or None),
    "referral": lambda claim, value: replace(claim, referral=value or None),
    "charge": lambda claim, value: replace(claim, charge_cents=typed_amount(value)),
    "patient_paid": lambda claim, value: replace(claim, patient_paid_cents=typed_amount(value) if value else None),
}


def _procedure(line: ServiceLine, value: str) -> ServiceLine:
    if value.upper() == NOT_BILLED:
        if line.procedure:
            raise ValueError("the line has a code: only a service that came without one is left out")
        return replace(line, procedure=NOT_BILLED)
    if not value and line.revenue is not None:
        return replace(line, procedure="", modifiers=())
    if not service_is_well_formed(replace(line, procedure=value.upper())):
        raise ValueError("is not a procedure code; write five characters, such as 99213 or J1885")
    return replace(line, procedure=value.upper())


def _description(value: str) -> str:
    if len(value) > LONGEST_DESCRIPTION:
        raise ValueError(f"is longer than {LONGEST_DESCRIPTION} characters")
    return value.upper()


def _npi(party: Party, value: str) -> Party:
    if len(value) != NPI_DIGITS or not (value.isascii() and value.isdecimal()):
        raise ValueError("an NPI has ten digits")
    return replace(party, id=value, id_qualifier="XX")


def _sex(person: Person, value: str) -> Person:
    if value.upper() not in set(Sex):
        raise ValueError("is F, M or U")
    return replace(person, sex=Sex(value.upper()))


def _address(person: Person, **changes: str) -> Person:
    address = person.address or Address(street="", city="")
    return replace(person, address=replace(address, **changes))


_PERSON_FIELDS: dict[str, Callable[[Person, str], Person]] = {
    "last_name": lambda person, value: replace(person, name=replace(person.name, last=value)),
    "first_name": lambda person, value: replace(person, name=replace(person.name, first=value or None)),
    "birth_date": lambda person, value: replace(person, birth_date=typed_day(value)),
    "sex": _sex,
    "street": lambda person, value: _address(person, street=value),
    "city": lambda person, value: _address(person, city=value),
    "state": lambda person, value: _address(person, state=value),
    "postal_code": lambda person, value: _address(person, postal_code=value),
}


def _party_address(party: Party, **changes: str) -> Party:
    address = party.address or Address(street="", city="")
    return replace(party, address=replace(address, **changes))


def _tax_id(party: Party, value: str) -> Party:
    others = tuple(ref for ref in party.references if ref.qualifier not in {"EI", "SY"})
    return replace(party, references=(Reference("EI", value.replace("-", "")), *others))


_PARTY_FIELDS: dict[str, Callable[[Party, str], Party]] = {
    "npi": _npi,
    "taxonomy": lambda party, value: replace(party, taxonomy=value or None),
    "tax_id": _tax_id,
    "street": lambda party, value: _party_address(party, street=value),
    "city": lambda party, value: _party_address(party, city=value),
    "state": lambda party, value: _party_address(party, state=value),
    "postal_code": lambda party, value: _party_address(party, postal_code=value),
}


def _pointers(line: ServiceLine, value: str) -> ServiceLine:
    numbers = value.replace(",", " ").split()
    if not all(one.isdecimal() for one in numbers):
        raise ValueError("write the numbers of diagnoses: 1, 2")
    return replace(line, diagnosis_pointers=tuple(int(one) for one in numbers))


def _units(line: ServiceLine, value: str) -> ServiceLine:
    return replace(line, units=parse_units(value))


_LINE_FIELDS: dict[str, Callable[[ServiceLine, str], ServiceLine]] = {
    "procedure": _procedure,
    "modifiers": lambda line, value: replace(line, modifiers=tuple(value.upper().replace(",", " ").split())),
    "units": _units,
    "charge": lambda line, value: replace(line, charge_cents=typed_amount(value)),
    "pointers": _pointers,
    "service_date": lambda line, value: replace(line, service_date=typed_day(value)),
    "description": lambda line, value: replace(line, procedure_description=_description(value)),
    "ndc": with_drug,
}
