"""Claim edits: what is looked at before a claim may leave. One edit is one small function.

All edits run and all findings come back. Severity E holds the claim until it is mended or overridden by a
supervisor; W travels with the claim as a note. Ids are those of docs/edits.md.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from billing.claim import Claim, Party
from billing.coding import ICD9_QUALIFIERS, diagnosis_is_well_formed, procedure_is_well_formed
from billing.deadlines import filing_deadline
from billing.identifiers import mbi_is_valid, npi_is_valid, tax_id_is_plausible
from billing.money import format_dollars
from billing.policies import Policies

MAX_DIAGNOSES = 12
MAX_LINES = 50
MEDICARE = "MB"
"""SBR09 of Medicare Part B"""


class Severity(StrEnum):
    """What a finding does to the claim."""

    ERROR = "E"
    """Holds the claim"""
    WARNING = "W"
    """Noted, and the claim goes out"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing an edit found."""

    edit: str
    severity: Severity
    path: str
    """The field, as corrections name it"""
    message: str
    """What is wrong and what would mend it; never a name, a birth date or a member id"""


@dataclass(frozen=True, slots=True)
class Situation:
    """What an edit may know besides the claim."""

    at: datetime
    """When the claim is about to leave (UTC)"""
    policies: Policies
    is_verified: bool
    filing_anchor: date | None = None
    """The day that the filing limit counts from, where it is not the visit's"""

    @property
    def today(self) -> date:
        return self.policies.day(self.at)


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit with its id and severity."""

    code: str
    severity: Severity
    check: Callable[[Claim, Situation], Iterator[tuple[str, str]]]
    """Yields (path, message)"""


EDITS: list[Edit] = []
_Check = Callable[[Claim, Situation], Iterator[tuple[str, str]]]


def edit(code: str, severity: Severity = Severity.ERROR) -> Callable[[_Check], _Check]:
    """Register a check as the edit `code`."""

    def register(check: _Check) -> _Check:
        EDITS.append(Edit(code, severity, check))
        return check

    return register


def scrub(claim: Claim, situation: Situation) -> list[Finding]:
    """Run every edit and return every finding, errors first."""
    findings = [
        Finding(one.code, one.severity, path, message) for one in EDITS for path, message in one.check(claim, situation)
    ]
    return sorted(findings, key=lambda finding: (finding.severity != Severity.ERROR, finding.edit))


def _parties(claim: Claim) -> Iterator[tuple[str, Party]]:
    yield "billing_provider", claim.billing_provider
    for party in claim.providers:
        yield f"provider.{party.role}", party
    for number, line in enumerate(claim.lines, start=1):
        for party in line.providers:
            yield f"line.{number}.provider.{party.role}", party


@edit("P01")
def npi_check_digit(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Every NPI has ten digits and a right check digit (policy strict_npi_check_digit; 45 CFR 162.406)."""
    if not situation.policies.value("strict_npi_check_digit", as_of=situation.today):
        return
    for path, party in _parties(claim):
        if party.npi is not None and not npi_is_valid(party.npi):
            yield f"{path}.npi", "the national provider identifier fails its check digit; enter the provider's own"


@edit("P01B")
def billing_npi_present(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The billing provider has an NPI of ten digits (005010X222A1 2010AA NM109)."""
    npi = claim.billing_provider.npi
    if npi is None or len(npi) != 10 or not npi.isdigit():
        yield "billing_provider.npi", "the billing provider has no ten-digit national provider identifier"


@edit("P04")
def tax_id_present(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The billing provider has a tax id (2010AA REF*EI or REF*SY)."""
    tax_id = claim.billing_provider.reference("EI") or claim.billing_provider.reference("SY")
    if tax_id is None:
        yield "billing_provider.tax_id", "the billing provider's tax id is missing"


@edit("P04B", Severity.WARNING)
def tax_id_plausible(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The tax id has nine digits and is no placeholder."""
    tax_id = claim.billing_provider.reference("EI") or claim.billing_provider.reference("SY")
    if tax_id is not None and not tax_id_is_plausible(tax_id):
        yield "billing_provider.tax_id", "the billing provider's tax id looks like a placeholder"


@edit("P05")
def billing_street(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The billing address is a street: post office boxes belong in the pay-to address (2010AA N301)."""
    address = claim.billing_provider.address
    if address is None or not address.street:
        yield "billing_provider.street", "the billing provider's address is missing"
    elif address.street.upper().replace(".", "").startswith(("PO BOX", "P O BOX", "LOCK BOX", "LOCKBOX")):
        yield "billing_provider.street", "the billing address is a post office box; give the street"


@edit("P05B", Severity.WARNING)
def billing_zip(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The billing ZIP has nine digits (2010AA N403)."""
    address = claim.billing_provider.address
    if address is not None and address.country in {None, "US"} and len(address.postal_code or "") != 9:
        yield "billing_provider.postal_code", "the billing ZIP code should have nine digits"


@edit("S01")
def medicare_member_id(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A Medicare member id has the eleven characters of an MBI (policy strict_npi_check_digit also governs this)."""
    strict = situation.policies.value("strict_npi_check_digit", as_of=situation.today)
    member_id = (claim.coverage.member_id or "").replace("-", "").replace(" ", "")
    if strict and claim.coverage.filing_indicator == MEDICARE and not mbi_is_valid(member_id):
        yield "member_id", "the member id is not a Medicare beneficiary identifier; copy it from the card"


@edit("S04")
def birth_before_service(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Nobody is treated before birth, and nobody is older than 120 (2010BA and 2010CA DMG02)."""
    born = claim.patient.birth_date
    if born is None:
        yield "patient.birth_date", "the patient's birth date is missing"
    elif born > claim.service_from:
        yield "patient.birth_date", "the birth date lies after the date of service"
    elif claim.service_from.year - born.year > 120:
        yield "patient.birth_date", "the patient would be older than 120 years"


@edit("S06")
def dependent_has_subscriber(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A dependent's claim names the subscriber (2000B, 2000C)."""
    if not claim.coverage.is_self and not claim.subscriber.name.last:
        yield "subscriber.last_name", "the patient is a dependent and the subscriber's name is missing"


@edit("S07", Severity.WARNING)
def eligibility_checked(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Eligibility was verified for this visit."""
    if not situation.is_verified:
        yield "member_id", "eligibility has not been verified"


@edit("S10")
def payer_identified(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The payer has an id (2010BB NM109)."""
    if not claim.coverage.payer.id:
        yield "payer_id", "the payer's id is missing"


@edit("D01")
def diagnoses_counted(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """One to twelve diagnoses, none twice (2300 HI)."""
    codes = [diagnosis.code for diagnosis in claim.diagnoses]
    if not 1 <= len(codes) <= MAX_DIAGNOSES:
        yield "diagnoses", f"a professional claim carries 1 to {MAX_DIAGNOSES} diagnoses; this one has {len(codes)}"
    if len(set(codes)) != len(codes):
        yield "diagnoses", "a diagnosis is listed twice"


@edit("D02")
def diagnoses_well_formed(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Diagnoses are well-formed codes of the edition in force (ICD-10-CM since 2015-10-01)."""
    for number, diagnosis in enumerate(claim.diagnoses, start=1):
        if not diagnosis_is_well_formed(diagnosis):
            yield "diagnoses", f"diagnosis {number} is not a well-formed code"
        elif diagnosis.qualifier in ICD9_QUALIFIERS and claim.service_from >= date(2015, 10, 1):
            yield "diagnoses", f"diagnosis {number} is ICD-9-CM, which ended on 2015-09-30"


@edit("C01")
def pointers_point(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Each line has one to four pointers, each at a diagnosis that exists (2400 SV107)."""
    for number, line in enumerate(claim.lines, start=1):
        pointers = line.diagnosis_pointers
        if not 1 <= len(pointers) <= 4 or any(not 1 <= one <= len(claim.diagnoses) for one in pointers):
            yield f"line.{number}.pointers", f"line {number} needs one to four pointers at diagnoses that exist"


@edit("C02")
def procedures_well_formed(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Each line's procedure looks like CPT or HCPCS (2400 SV101-2)."""
    for number, line in enumerate(claim.lines, start=1):
        if not procedure_is_well_formed(line.procedure):
            yield f"line.{number}.procedure", f"line {number}: the procedure code is malformed"


@edit("C03")
def modifiers_well_formed(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """At most four modifiers of two characters, none twice (2400 SV101-3 to -6)."""
    for number, line in enumerate(claim.lines, start=1):
        modifiers = line.modifiers
        malformed = any(len(one) != 2 or not one.isalnum() for one in modifiers)
        if malformed or len(modifiers) > 4 or len(set(modifiers)) != len(modifiers):
            yield f"line.{number}.modifiers", f"line {number}: up to four different modifiers of two characters"


@edit("M01")
def charges_positive(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Every line is charged (2400 SV102)."""
    for number, line in enumerate(claim.lines, start=1):
        if line.charge_cents <= 0:
            yield f"line.{number}.charge", f"line {number} has no charge"


@edit("M02")
def charges_add_up(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The claim's charge is the sum of its lines' (2300 CLM02)."""
    lines = sum(line.charge_cents for line in claim.lines)
    if lines != claim.charge_cents:
        yield (
            "charge",
            f"the claim says {format_dollars(claim.charge_cents)}, its lines sum to {format_dollars(lines)}",
        )


@edit("M02B")
def units_positive(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Units are above zero (2400 SV104)."""
    for number, line in enumerate(claim.lines, start=1):
        if line.units <= 0:
            yield f"line.{number}.units", f"line {number} has no units"


@edit("M03")
def paid_within_charge(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The patient paid no more than the charge (2300 AMT*F5)."""
    if claim.patient_paid_cents is not None and not 0 <= claim.patient_paid_cents <= claim.charge_cents:
        yield "patient_paid", "the amount paid by the patient is below zero or more than the charge"


@edit("T01")
def service_not_in_future(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The service happened, and its dates run forwards (2400 DTP*472)."""
    for number, line in enumerate(claim.lines, start=1):
        if line.service_date > situation.today:
            yield f"line.{number}.service_date", f"line {number}: the date of service lies in the future"
        if line.service_date_to is not None and line.service_date_to < line.service_date:
            yield f"line.{number}.service_date", f"line {number}: the service ends before it begins"


@edit("T02", Severity.WARNING)
def filed_in_time(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """The payer's filing limit has not passed (policy filing_limit_days)."""
    if filing_deadline(situation.filing_anchor or claim.service_from, situation.policies) < situation.at:
        yield "service_date", "the payer's filing limit has passed; expect a denial unless there is proof"


@edit("X01")
def fields_fit(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """Texts fit their elements (NM103 60, NM104 35, NM109 80, N301 55)."""
    people = (("patient", claim.patient), ("subscriber", claim.subscriber))
    for who, person in people:
        if len(person.name.last) > 60 or len(person.name.first or "") > 35:
            yield f"{who}.last_name", f"the {who}'s name is too long for the claim"
        if person.address is not None and len(person.address.street) > 55:
            yield f"{who}.street", f"the {who}'s street is too long for the claim"
    if len(claim.coverage.member_id or "") > 80:
        yield "member_id", "the member id is too long for the claim"


@edit("X03")
def lines_counted(claim: Claim, situation: Situation) -> Iterator[tuple[str, str]]:
    """A professional claim has one to fifty lines (2400 LX)."""
    if not 1 <= len(claim.lines) <= MAX_LINES:
        yield "lines", f"a professional claim has 1 to {MAX_LINES} lines; this one has {len(claim.lines)}"
