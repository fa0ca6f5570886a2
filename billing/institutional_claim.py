"""The institutional claim (hospital, skilled nursing, home health), guide 005010X223A2: as the file says it.
Parties, people, coverage and opaque segments are those of `billing.claim`; the office works on its Claim
(`billing.institutional_visits`)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing.claim import BatchHeader, Coverage, Diagnosis, OpaqueSegment, Party, Person
from billing.hospital_bill import Occurrence, OccurrenceSpan, Procedure, ValueAmount
from billing.money import Cents


@dataclass(frozen=True, slots=True)
class InstitutionalLine:
    """One 2400 loop: LX, SV2, DTP*472 and what hangs on it."""

    revenue_code: str
    """SV201: NUBC revenue code, four digits"""
    charge_cents: Cents
    """SV203"""
    units: Decimal
    """SV205"""
    unit_basis: str = "UN"
    """SV204: UN units, DA days"""
    procedure: str | None = None
    """SV202-2: CPT, HCPCS or HIPPS code"""
    procedure_qualifier: str = "HC"
    """SV202-1: HC, HP, ER, IV, WK"""
    modifiers: tuple[str, ...] = ()
    """SV202-3 to -6"""
    procedure_description: str | None = None
    """SV202-7"""
    non_covered_cents: Cents | None = None
    """SV207"""
    service_date: date | None = None
    """DTP*472, first day; inpatient lines have none"""
    service_date_to: date | None = None
    """DTP*472 RD8, last day; None for a single day"""
    control_number: str | None = None
    """REF*6R: the office's line id, echoed in the 835"""
    providers: tuple[Party, ...] = ()
    """2420A-D: 72 operating, ZZ other operating, 82 rendering, DN referring"""
    other_segments: tuple[OpaqueSegment, ...] = ()
    """Everything else in 2400 and below (2410 drug, 2430), in file order"""


@dataclass(frozen=True, slots=True)
class InstitutionalClaim:
    """One 2300 loop of an 837I with the hierarchy above it."""

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
    """Principal first"""
    lines: tuple[InstitutionalLine, ...]
    facility_type: str
    """CLM05-1, the first two digits of the type of bill without its leading zero: `"11"`, `"13"`"""
    statement_from: date
    """DTP*434"""
    statement_to: date
    """DTP*434 RD8; the first day again when only one was sent"""
    patient_status: str
    """CL103: 01 discharged home, 20 expired, 30 still patient ..."""
    frequency: str = "1"
    """CLM05-3: 1 admit through discharge, 2-4 interim, 7 replacement, 8 void"""
    assignment: str | None = "A"
    """CLM07"""
    benefits_assigned: str | None = "Y"
    """CLM08"""
    release: str | None = "Y"
    """CLM09"""
    delay_reason: str | None = None
    """CLM20"""
    admission_date: date | None = None
    """DTP*435"""
    admission_hour: str | None = None
    """DTP*435 DT, HHMM"""
    discharge_hour: str | None = None
    """DTP*096, HHMM"""
    admission_type: str | None = None
    """CL101: 1 emergency, 2 urgent, 3 elective, 4 newborn, 5 trauma"""
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
    original_reference: str | None = None
    """REF*F8: the payer's claim number that a 7 or 8 answers"""
    authorization: str | None = None
    """REF*G1"""
    referral: str | None = None
    """REF*9F"""
    clearinghouse_trace: str | None = None
    """REF*D9"""
    medical_record_number: str | None = None
    """REF*EA"""
    pay_to: Party | None = None
    """2010AB"""
    providers: tuple[Party, ...] = ()
    """2310A-F: 71 attending, 72 operating, ZZ other operating, 82 rendering, 77 service facility, DN referring"""
    other_segments: tuple[OpaqueSegment, ...] = ()
    """Everything else: loops 2000A-2010BB that are not modelled, 2300, 2320 and below (other payers), in file order"""

    @property
    def service_from(self) -> date:
        """First day of the statement."""
        return self.statement_from

    @property
    def service_to(self) -> date:
        """Last day of the statement."""
        return self.statement_to

    @property
    def type_of_bill(self) -> str:
        """Facility type and frequency, as the UB-04 prints them: `"0131"`."""
        return f"0{self.facility_type}{self.frequency}"

    def provider(self, role: str) -> Party | None:
        """The claim-level provider in `role` (NM101), or None."""
        return next((party for party in self.providers if party.role == role), None)


@dataclass(frozen=True, slots=True)
class InstitutionalBatch(BatchHeader):
    """One ST*837 of institutional claims."""

    claims: tuple[InstitutionalClaim, ...] = ()
