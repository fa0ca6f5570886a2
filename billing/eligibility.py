"""Eligibility: what the office asks (270) and what a payer answers (271), guide 005010X279A1."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing.claim import Name, Party, Person
from billing.money import Cents


@dataclass(frozen=True, slots=True)
class EligibilityInquiry:
    """One 270: one patient, one payer."""

    reference: str
    """BHT03, and TRN02 of the inner HL: comes back in the answer"""
    payer: Party
    """2100A NM1*PR"""
    provider: Party
    """2100B NM1*1P"""
    subscriber: Person
    """2100C"""
    member_id: str | None
    """2100C NM109"""
    created: date
    created_time: str
    """BHT05, HHMM"""
    dependent: Person | None = None
    """2100D, when the patient is not the subscriber"""
    dependent_relationship: str | None = None
    """2100D INS02: 01 spouse, 19 child, 34 other adult"""
    service_types: tuple[str, ...] = ("30",)
    """EQ01"""
    service_date: date | None = None
    """DTP*291"""
    trace_originator: str | None = None
    """TRN03, ten characters"""


@dataclass(frozen=True, slots=True)
class Benefit:
    """One EB segment with its dates. A repeated EB03 gives one Benefit with all its service types."""

    information: str
    """EB01: 1 active, 6 inactive, A coinsurance, B copay, C deductible, G out of pocket, R other payer ..."""
    coverage_level: str | None = None
    """EB02: IND, FAM ..."""
    service_types: tuple[str, ...] = ()
    """EB03"""
    insurance_type: str | None = None
    """EB04: QM qualified Medicare beneficiary, MB, HM ..."""
    plan: str | None = None
    """EB05"""
    period: str | None = None
    """EB06: 23 calendar year, 29 remaining, 27 visit ..."""
    amount_cents: Cents | None = None
    """EB07"""
    percent: Decimal | None = None
    """EB08 as the patient's share: 0.2 is 20 %"""
    quantity_qualifier: str | None = None
    """EB09"""
    quantity: Decimal | None = None
    """EB10"""
    authorization_required: str | None = None
    """EB11: Y, N, U"""
    in_network: str | None = None
    """EB12: Y, N, W both, U"""
    procedure: str | None = None
    """EB13, components joined by `:`"""
    dates: tuple[tuple[str, date, date], ...] = ()
    """DTP of this EB: (qualifier, from, to)"""
    messages: tuple[str, ...] = ()
    """MSG01"""
    related: tuple[Party, ...] = ()
    """2120 NM1: PR other payer, P3 primary care provider ..."""
    places_of_service: tuple[str, ...] = ()
    """III02 of III*ZZ: where alone the benefit holds; empty: everywhere"""


@dataclass(frozen=True, slots=True)
class InquiryError:
    """AAA: why the payer could not answer."""

    level: str
    """Loop: 2000A, 2100A, 2100B, 2100C, 2100D, 2110C, 2110D"""
    code: str
    """AAA03: 42 unable to respond, 72 bad member id, 75 subscriber not found ..."""
    follow_up: str | None = None
    """AAA04: C correct and resubmit, N do not, R resubmission allowed ..."""


@dataclass(frozen=True, slots=True)
class EligibilityResponse:
    """One patient's answer inside a 271."""

    reference: str | None
    """TRN02 that echoes ours (TRN01 = 2), else BHT03"""
    payer: Party | None
    member_id: str | None
    """NM109 of the subscriber as the payer knows it"""
    subscriber_name: Name | None
    dates: tuple[tuple[str, date, date], ...] = ()
    """DTP at subscriber or dependent level: (qualifier, from, to); 291 plan, 346 begin, 347 end"""
    benefits: tuple[Benefit, ...] = ()
    errors: tuple[InquiryError, ...] = ()
    birth_date: date | None = None
    """DMG02 as the payer knows it"""
    is_dependent: bool = False
