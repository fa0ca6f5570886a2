"""A sender's spreadsheet of visits, as a mapping says which of its columns is which field of ours.

One mapping is kept for each sender: their header or a fixed value for each field, and how they write days.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class DateOrder(StrEnum):
    """How a sender writes days."""

    YMD = "ymd"
    """2026-01-31, 20260131"""
    MDY = "mdy"
    """01/31/2026"""
    DMY = "dmy"
    """31.01.2026"""


@dataclass(frozen=True, slots=True)
class SheetField:
    """One thing that a row may say of a visit."""

    name: str
    label: str
    also: str = ""
    """Headers that senders give it, in small letters without signs, apart by blanks"""
    required: bool = False


_MEMBER = (
    "memberid member memberno membernumber membershipid subscriberid subscriberno subscribernumber "
    "policynumber policyid policyno policy insuredsid insuredid insid insuranceid insurancenumber"
)
"""What the number on the insurance card is called"""
FIELDS: tuple[SheetField, ...] = (
    SheetField(
        "visit_number",
        "Visit number",
        "visit visitid visitno encounter encounterid encounternumber claim claimid ticket",
    ),
    SheetField(
        "patient_number",
        "Patient number",
        "patient patientid patientno mrn chart chartnumber chartno account accountnumber acct",
    ),
    SheetField("last_name", "Last name", "lastname patientlastname surname last lname familyname", required=True),
    SheetField("first_name", "First name", "firstname patientfirstname first fname givenname"),
    SheetField("middle_name", "Middle name", "middlename mi middle"),
    SheetField("birth_date", "Birth date", "dob birthdate birthday dateofbirth patientdob patientbirthdate born"),
    SheetField("sex", "Sex", "gender patientsex"),
    SheetField("street", "Street", "address address1 addressline1 streetaddress patientaddress"),
    SheetField("city", "City", "patientcity"),
    SheetField("state", "State", "patientstate"),
    SheetField("postal_code", "Postal code", "zip zipcode postalcode patientzip"),
    SheetField("payer_id", "Payer's number", "payerid primarypayerid payerno payorid edipayerid"),
    SheetField(
        "payer_name",
        "Payer's name",
        "payer insurance payername primaryinsurance carrier payor insurancename insurancecompany",
    ),
    SheetField("member_id", "Member id", _MEMBER),
    SheetField("group_number", "Group", "group groupnumber groupno groupid grp"),
    SheetField("filing_indicator", "Kind of plan (SBR09)", "filingindicator plantype"),
    SheetField("relationship", "Patient to subscriber", "relationship relation"),
    SheetField("subscriber_last_name", "Subscriber's last name", "subscriberlastname insuredlastname"),
    SheetField("subscriber_first_name", "Subscriber's first name", "subscriberfirstname insuredfirstname"),
    SheetField("subscriber_birth_date", "Subscriber's birth date", "subscriberdob insureddob"),
    SheetField("second_payer_id", "Second payer's number", "secondarypayerid"),
    SheetField("second_payer_name", "Second payer's name", "secondaryinsurance secondarypayer"),
    SheetField("second_member_id", "Second member id", "secondarymemberid secondarypolicynumber"),
    SheetField("self_pay", "Pays alone (yes or no)", "selfpay cash"),
    SheetField(
        "service_date",
        "Day of service",
        "dos servicedate dateofservice visitdate dateofvisit datefrom date",
        required=True,
    ),
    SheetField("procedure", "Procedure", "cpt hcpcs cpthcpcs procedurecode cptcode proc code", required=True),
    SheetField("modifiers", "Modifiers", "modifier mod mods"),
    SheetField("units", "Units", "qty quantity unit"),
    SheetField("charge", "Charge", "charges amount fee chargeamount billed billedamount price"),
    SheetField("diagnoses", "Diagnoses", "dx icd icd10 diagnosis diagnosiscode diagnosiscodes icdcodes dxcode dxcodes"),
    SheetField("place_of_service", "Place of service", "pos placeofservice"),
    SheetField("billing_npi", "Billed under (NPI)", "billingnpi billingprovidernpi groupnpi"),
    SheetField("rendering_npi", "Who saw the patient (NPI)", "npi renderingnpi providernpi"),
    SheetField("authorization", "Authorization", "auth authno authorizationnumber priorauth priorauthorization"),
)
NAMES = tuple(one.name for one in FIELDS)
DAYS = ("service_date", "birth_date", "subscriber_birth_date")
DATE_ORDER = "date_order"
REQUIRED = tuple(one.name for one in FIELDS if one.required)
LONGEST_SOURCE = 60


@dataclass(frozen=True, slots=True)
class SheetMapping:
    """Which column of a sender's is which field."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Field to the sender's header"""
    fixed: Mapping[str, str] = field(default_factory=dict)
    """Field to the value that stands in every row, where the row says nothing"""
    date_order: DateOrder | None = None
    """None: nobody has said so yet, and no sheet is read"""


@dataclass(frozen=True, slots=True)
class MappingFault:
    """What is wrong with a mapping."""

    field: str
    message: str


def mapping_faults(mapping: SheetMapping, headers: Sequence[str] | None = None) -> list[MappingFault]:
    """Everything that is wrong; `headers`: of the sheet that it is to be used for, when there is one."""
    found = [
        MappingFault(name, "is no field of a visit")
        for name in dict.fromkeys((*mapping.columns, *mapping.fixed))
        if name not in NAMES
    ]
    found += [
        MappingFault(one.name, f"{one.label}: choose the column that has it")
        for one in FIELDS
        if one.required and not mapping.columns.get(one.name) and not mapping.fixed.get(one.name)
    ]
    if mapping.date_order is None:
        found.append(MappingFault(DATE_ORDER, "say how the sender writes days: year, month or day first"))
    twice: dict[str, str] = {}
    for name, header in mapping.columns.items():
        if header and (first := twice.setdefault(header, name)) != name:
            found.append(MappingFault(name, f"the column is {first.replace('_', ' ')} already: choose another"))
        if headers is not None and header and header not in headers:
            found.append(MappingFault(name, "the sheet has no column of this name: choose another, or ask the sender"))
    return found


def guessed(headers: Sequence[str]) -> SheetMapping:
    """A first mapping by the names of the columns; a person looks at it."""
    plain = {_plain(header): header for header in reversed(headers)}
    columns: dict[str, str] = {}
    for one in FIELDS:
        for name in (_plain(one.name), _plain(one.label), *one.also.split()):
            if name in plain and plain[name] not in columns.values():
                columns[one.name] = plain[name]
                break
    return SheetMapping(columns)


def _plain(header: str) -> str:
    return "".join(char for char in header.lower() if char.isalnum())
