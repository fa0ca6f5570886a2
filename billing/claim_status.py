"""Claim status: what the office asks about claims it sent (276) and what a payer answers (277), guide 005010X212.

An answer here is an adjudicator's, about a claim that may have been accepted long ago; a 277CA says only whether a
claim entered adjudication.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing.acknowledgment import StatusReason
from billing.claim import Party, Person, Reference
from billing.money import Cents


@dataclass(frozen=True, slots=True)
class StatusLine:
    """A service line that is asked about (loop 2210)."""

    procedure: str
    """SVC01, components joined by `:`: `"HC:99203"`, `"NU:0305"`"""
    charge_cents: Cents
    """SVC02"""
    units: Decimal | None = None
    """SVC07"""
    service_date: date | None = None
    """DTP*472, first day"""
    service_date_to: date | None = None
    """DTP*472 RD8, last day; None for a single day"""
    revenue_code: str | None = None
    """SVC04, when SVC01 holds a procedure"""
    control_number: str | None = None
    """REF*FJ: the office's line id, REF*6R of the 837"""


@dataclass(frozen=True, slots=True)
class StatusVerdict:
    """One STC: where the claim or line stands."""

    reasons: tuple[StatusReason, ...]
    """STC01, STC10, STC11; categories P pending, F finalized, R more is requested, A received, D and E not found"""
    effective: date | None
    """STC02"""
    charge_cents: Cents | None = None
    """STC04, claims only"""
    paid_cents: Cents | None = None
    """STC05, claims only"""
    adjudicated: date | None = None
    """STC06: the day the claim was finalized"""
    payment_date: date | None = None
    """STC08: the day of the check or transfer"""
    check_number: str | None = None
    """STC09: check or transfer number, TRN02 of the 835"""


@dataclass(frozen=True, slots=True)
class LineStatus(StatusLine):
    """A service line that is answered (loop 2220)."""

    paid_cents: Cents | None = None
    """SVC03"""
    verdicts: tuple[StatusVerdict, ...] = ()


@dataclass(frozen=True, slots=True)
class ClaimStatusInquiry:
    """One claim asked about: one TRN of a 276 with the levels above it."""

    reference: str
    """TRN02: comes back in the answer"""
    payer: Party
    """2100A NM1*PR"""
    receiver: Party
    """2100B NM1*41: who receives the answer"""
    provider: Party
    """2100C NM1*1P"""
    subscriber: Person
    """2100D, birth date and sex when the subscriber is the patient"""
    member_id: str | None
    """2100D NM109"""
    member_id_qualifier: str = "MI"
    """2100D NM108: MI member id, II standard identifier, 24 employer's number"""
    dependent: Person | None = None
    """2100E, when the patient is not the subscriber"""
    payer_claim_number: str | None = None
    """REF*1K"""
    bill_type: str | None = None
    """REF*BLT: an institutional claim's type of bill"""
    patient_control_number: str | None = None
    """REF*EJ = CLM01"""
    clearinghouse_trace: str | None = None
    """REF*D9"""
    references: tuple[Reference, ...] = ()
    """REF LU location, 6P group number, XZ prescription"""
    charge_cents: Cents | None = None
    """AMT*T3"""
    service_from: date | None = None
    """DTP*472"""
    service_to: date | None = None
    """DTP*472 RD8, last day; None for a single day"""
    lines: tuple[StatusLine, ...] = ()


@dataclass(frozen=True, slots=True)
class ClaimStatusRequest:
    """One ST*276."""

    reference: str
    """BHT03"""
    created: date
    created_time: str
    """BHT05, HHMM"""
    inquiries: tuple[ClaimStatusInquiry, ...]


@dataclass(frozen=True, slots=True)
class ClaimStatus:
    """One TRN of a 277: a claim's status, or why a receiver's or provider's whole inquiry failed."""

    reference: str
    """TRN02 that echoes ours; of a receiver's failure BHT03 of the 276, of a provider's `"0"`"""
    payer: Party
    """2100A NM1*PR, with the contact to ask"""
    receiver: Party
    """2100B NM1*41"""
    verdicts: tuple[StatusVerdict, ...]
    """In the payer's order"""
    provider: Party | None = None
    """2100C NM1*1P; None when the receiver's inquiry failed"""
    subscriber: Person | None = None
    """2100D; None when the provider's inquiry failed"""
    member_id: str | None = None
    """2100D NM109 as the payer knows it"""
    member_id_qualifier: str = "MI"
    dependent: Person | None = None
    """2100E"""
    payer_claim_number: str | None = None
    """REF*1K"""
    bill_type: str | None = None
    """REF*BLT"""
    patient_control_number: str | None = None
    """REF*EJ = CLM01"""
    clearinghouse_trace: str | None = None
    """REF*D9"""
    references: tuple[Reference, ...] = ()
    """REF XZ prescription, VV voucher"""
    service_from: date | None = None
    """DTP*472"""
    service_to: date | None = None
    """DTP*472 RD8, last day; None for a single day"""
    lines: tuple[LineStatus, ...] = ()
    request_number: str | None = None
    """TRN02 of a payer's own request (277RFAI): the number under which it awaits the documents"""
    respond_by: date | None = None
    """DTP*106 of such a request: the last day to answer"""

    @property
    def level(self) -> str:
        """What the verdicts are about: `claim`, or the whole inquiry of a `provider` or `receiver`."""
        if self.subscriber is not None:
            return "claim"
        return "receiver" if self.provider is None else "provider"


@dataclass(frozen=True, slots=True)
class ClaimStatusAnswer:
    """One ST*277 of guide 005010X212."""

    reference: str
    """BHT03"""
    created: date
    created_time: str
    """BHT05, HHMM"""
    statuses: tuple[ClaimStatus, ...]
