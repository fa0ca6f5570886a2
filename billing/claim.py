"""The claim and the people on it, as the office speaks of them.

One set of nouns serves intake, the claim form, the scrubber and the 837P (guide 005010X222A1); an institutional claim
is the same noun with a HospitalBill (`billing.institutional_visits` takes it from the 837I and back). Each field names
the element it comes from. `None` means "not reported"; an empty tuple means "none were given".
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from billing.hospital_bill import CODED, REPLACED, HospitalBill, Revenue
from billing.money import Cents

VOID = "8"
"""CLM05-3: the claim that REF*F8 names is taken back"""
PURPOSES = {"1": "original", "7": "replacement", VOID: "void"}
"""What a claim is, by CLM05-3"""


@dataclass(frozen=True, slots=True)
class OpaqueSegment:
    """A segment the model does not know but must not lose: kept with its loop, written back in guide order."""

    loop: str
    """Loop id of the guide: `"2300"`, `"2410"`, `"2320"`."""
    elements: tuple[str, ...]
    """Segment id first, then the elements; components joined by `:` and repetitions by `^` whatever the file used."""


@dataclass(frozen=True, slots=True)
class Address:
    """N3 and N4."""

    street: str
    """N301"""
    city: str
    """N401"""
    state: str | None = None
    """N402, two letters"""
    postal_code: str | None = None
    """N403, 5 or 9 digits without a dash"""
    street_2: str | None = None
    """N302"""
    country: str | None = None
    """N404"""
    subdivision: str | None = None
    """N407, outside the United States"""


@dataclass(frozen=True, slots=True)
class Name:
    """NM103-NM107. An organisation has only `last`."""

    last: str
    """NM103: last name, or the organisation's name"""
    first: str | None = None
    """NM104"""
    middle: str | None = None
    """NM105"""
    suffix: str | None = None
    """NM107"""
    prefix: str | None = None
    """NM106"""


@dataclass(frozen=True, slots=True)
class Reference:
    """REF: a qualifier and a value (REF01, REF02)."""

    qualifier: str
    value: str


@dataclass(frozen=True, slots=True)
class Contact:
    """PER: who answers questions. `numbers` are (qualifier, number) pairs: TE telephone, EM e-mail, FX fax."""

    name: str | None
    """PER02"""
    numbers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Party:
    """Anyone an NM1 can name: a provider, a payer, a facility, a person."""

    role: str
    """NM101: 85 billing, 87 pay-to, 82 rendering, DN referring, 77 service facility, DQ supervising, PR payer ..."""
    is_person: bool
    """NM102 = 1"""
    name: Name
    id_qualifier: str | None = None
    """NM108: XX national provider identifier, PI payer id, MI member id, 46 electronic transmitter id"""
    id: str | None = None
    """NM109"""
    taxonomy: str | None = None
    """PRV03"""
    address: Address | None = None
    references: tuple[Reference, ...] = ()
    """REF: EI or SY tax id, G2 payer-assigned, 0B licence ..."""
    contact: Contact | None = None

    @property
    def npi(self) -> str | None:
        """The national provider identifier, when that is what NM109 holds."""
        return self.id if self.id_qualifier == "XX" else None

    def reference(self, qualifier: str) -> str | None:
        """The first REF02 under `qualifier`, or None."""
        return next((ref.value for ref in self.references if ref.qualifier == qualifier), None)


class Sex(StrEnum):
    """DMG03."""

    FEMALE = "F"
    MALE = "M"
    UNKNOWN = "U"


@dataclass(frozen=True, slots=True)
class Person:
    """Subscriber (2010BA) or patient (2010CA)."""

    name: Name
    birth_date: date | None = None
    """DMG02"""
    sex: Sex | None = None
    """DMG03"""
    address: Address | None = None
    references: tuple[Reference, ...] = ()
    """REF: SY social security, Y4 property and casualty claim number"""
    is_person: bool = True
    """NM102 = 1; a subscriber may be an organisation (workers' compensation)"""


@dataclass(frozen=True, slots=True)
class Coverage:
    """One policy as the claim reports it: SBR, NM1*IL and NM1*PR."""

    payer: Party
    """2010BB: name, PI id, address, REF"""
    member_id: str | None
    """NM109 of NM1*IL"""
    responsibility: str = "P"
    """SBR01: P primary, S secondary, T tertiary, A-H beyond"""
    relationship: str = "18"
    """SBR02 `18` self; otherwise PAT01: 01 spouse, 19 child, 20 employee, 21 unknown, 39, 40, 53, G8"""
    group_number: str | None = None
    """SBR03"""
    group_name: str | None = None
    """SBR04"""
    insurance_type: str | None = None
    """SBR05, only when Medicare is not primary: 12, 13, 14, 15, 16, 41, 42, 43, 47"""
    filing_indicator: str | None = None
    """SBR09: MB, MC, CI, BL, HM, 12 ..."""
    member_id_qualifier: str = "MI"
    """NM108 of NM1*IL: MI member id, II standard unique identifier"""

    @property
    def is_self(self) -> bool:
        """Patient and subscriber are the same person."""
        return self.relationship == "18"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One composite of HI."""

    code: str
    """HIxx-2: ICD-10-CM without the dot"""
    qualifier: str = "ABF"
    """HIxx-1: ABK principal, ABF other; BK and BF for ICD-9-CM. An institutional claim also has ABJ admitting, APR
    reason for visit, ABN external cause; BJ, PR, BN for ICD-9-CM"""
    present_on_admission: str | None = None
    """HIxx-9 of an institutional claim: Y, N, U unknown, W cannot be determined; not of ABJ and APR"""


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """One 2400 loop: LX, SV1 (or SV2), DTP*472 and what hangs on it."""

    procedure: str
    """SV101-2 or SV202-2: CPT, HCPCS or HIPPS code; empty where a revenue code says enough"""
    charge_cents: Cents
    """SV102"""
    units: Decimal
    """SV104"""
    service_date: date
    """DTP*472, first day"""
    modifiers: tuple[str, ...] = ()
    """SV101-3 to -6"""
    diagnosis_pointers: tuple[int, ...] = ()
    """SV107, 1-based into Claim.diagnoses"""
    service_date_to: date | None = None
    """DTP*472 RD8, last day; None for a single day"""
    procedure_qualifier: str = "HC"
    """SV101-1: HC, ER, IV, WK"""
    procedure_description: str | None = None
    """SV101-7"""
    unit_basis: str = "UN"
    """SV103: UN units, MJ minutes; SV204: UN units, DA days"""
    place_of_service: str | None = None
    """SV105; None: the claim's"""
    emergency: str | None = None
    """SV109"""
    epsdt: str | None = None
    """SV111: Y when the service came from a child's screening programme"""
    family_planning: str | None = None
    """SV112"""
    copay_status: str | None = None
    """SV115: 0 exempt"""
    control_number: str | None = None
    """REF*6R: the office's line id, echoed in the 835"""
    providers: tuple[Party, ...] = ()
    """2420A-F"""
    other_segments: tuple[OpaqueSegment, ...] = ()
    """Everything else in 2400 and below (2410 drug, 2430, 2440), in file order"""
    revenue: Revenue | None = None
    """What an institutional line says; None: a professional one"""

    @property
    def billed_code(self) -> str:
        """What payers answer by (SVC01-2): the procedure, or the revenue code of a line without one."""
        return self.procedure or (self.revenue.code if self.revenue is not None else "")

    @property
    def listed(self) -> str:
        """As lists show it: `99213`, `0120`, `0300 80053`."""
        return f"{self.revenue.code} {self.procedure}".strip() if self.revenue is not None else self.procedure

    @property
    def called(self) -> str:
        """The line's service for people: `99213`, `revenue code 0120`."""
        return self.procedure or (f"revenue code {self.revenue.code}" if self.revenue is not None else "")


@dataclass(frozen=True, slots=True)
class Claim:
    """One 2300 loop with the hierarchy above it (2000A billing provider, 2000B subscriber, 2000C patient)."""

    control_number: str
    """CLM01, the patient control number, echoed in CLP01"""
    charge_cents: Cents
    """CLM02"""
    billing_provider: Party
    """2010AA, with the tax id among its references and the taxonomy of 2000A"""
    coverage: Coverage
    """The destination payer's policy"""
    subscriber: Person
    """2010BA"""
    patient: Person
    """2010CA, or the subscriber again when the patient is the subscriber"""
    diagnoses: tuple[Diagnosis, ...]
    lines: tuple[ServiceLine, ...]
    place_of_service: str = "11"
    """CLM05-1"""
    frequency: str = "1"
    """CLM05-3: 1 original, 7 replacement, 8 void"""
    provider_signature: str = "Y"
    """CLM06"""
    assignment: str | None = "A"
    """CLM07: A assigned, B clinical laboratory only, C not assigned"""
    benefits_assigned: str | None = "Y"
    """CLM08"""
    release: str | None = "Y"
    """CLM09"""
    signature_source: str | None = None
    """CLM10"""
    accident: tuple[str, ...] = ()
    """CLM11 components as sent: causes AA, EM, OA, then state and country"""
    delay_reason: str | None = None
    """CLM20"""
    special_program: str | None = None
    """CLM12: 02, 03, 05, 09"""
    patient_paid_cents: Cents | None = None
    """AMT*F5"""
    original_reference: str | None = None
    """REF*F8: the payer's claim number that a 7 or 8 answers"""
    authorization: str | None = None
    """REF*G1"""
    referral: str | None = None
    """REF*9F"""
    clearinghouse_trace: str | None = None
    """REF*D9"""
    pay_to: Party | None = None
    """2010AB"""
    providers: tuple[Party, ...] = ()
    """2310A-F: DN, P3, 82, 77, DQ, PW, 45"""
    other_segments: tuple[OpaqueSegment, ...] = ()
    """Everything else: loops 2000A-2010BB that are not modelled, 2300, 2320 and below (other payers), in file order"""
    hospital: HospitalBill | None = None
    """What an institutional claim says; None: a professional one"""

    @property
    def is_original(self) -> bool:
        """Not a replacement (7) or a void (8) of an earlier claim: frequency 1, or any other of a type of bill."""
        return self.frequency == "1" if self.hospital is None else self.frequency not in REPLACED

    @property
    def first_frequency(self) -> str:
        """CLM05-3 of a new original of this visit: 1, or the place in a series that a type of bill says."""
        return "1" if self.hospital is None else self.hospital.series

    @property
    def is_void(self) -> bool:
        """Frequency 8: takes an earlier claim back."""
        return self.frequency == VOID

    @property
    def service_from(self) -> date:
        """The earliest date of service on the lines, or the first of an institutional statement."""
        if self.hospital is not None:
            return self.hospital.statement_from
        return min(line.service_date for line in self.lines)

    @property
    def service_to(self) -> date:
        """The latest date of service on the lines, or an institutional statement's through-date."""
        if self.hospital is not None:
            return self.hospital.statement_to
        return max(line.service_date_to or line.service_date for line in self.lines)

    @property
    def coded_diagnoses(self) -> tuple[Diagnosis, ...]:
        """What the patient was treated for: not why they came, what was thought first, or what caused an injury."""
        return tuple(one for one in self.diagnoses if self.hospital is None or one.qualifier in CODED)

    def provider(self, role: str) -> Party | None:
        """The claim-level provider in `role` (NM101), or None."""
        return next((party for party in self.providers if party.role == role), None)


@dataclass(frozen=True, slots=True)
class BatchHeader:
    """Who sends one ST*837 to whom, whatever kind of claims it holds."""

    submitter: Party
    """1000A NM1*41 with PER"""
    receiver: Party
    """1000B NM1*40"""
    reference: str
    """BHT03"""
    created: date
    """BHT04"""
    created_time: str
    """BHT05, HHMM or HHMMSS"""
    purpose: str = "00"
    """BHT02: 00 original, 18 reissue"""
    kind: str = "CH"
    """BHT06: CH chargeable, RP encounter reporting, 31 subrogation demand"""
    other_segments: tuple[OpaqueSegment, ...] = ()
    """What else stood in 1000A and 1000B: a second PER"""


@dataclass(frozen=True, slots=True)
class ClaimBatch(BatchHeader):
    """One ST*837 of professional claims."""

    claims: tuple[Claim, ...] = ()
