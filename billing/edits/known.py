"""What an edit may know beyond the claim: published rules about its codes, and what the office has on the patient.

Everything is optional. An edit that needs a table nobody has loaded finds nothing, and the run says which tables
it asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from billing.authorizations import Authorization
from billing.code_tables import CodeTables
from billing.coding_rules import AddOn, CodePair, Indicators, ProviderFacts, RuleKind, UnitLimit
from billing.coordination import OtherPayer
from billing.eligibility import EligibilityResponse
from billing.noncoverage import Notice


@dataclass(frozen=True, slots=True)
class PastService:
    """One line of an earlier visit of the same patient that was not voided."""

    service_date: date
    procedure: str
    modifiers: tuple[str, ...]
    billing_npi: str | None
    rendering_npi: str | None
    payer_id: str | None
    """NM109 of 2010BB"""
    is_same_visit: bool = False
    """On another claim of the same visit, which was parted"""


@dataclass(frozen=True, slots=True)
class Known:
    """The facts that one claim's edits are run with."""

    tables: CodeTables = field(default_factory=CodeTables)
    pairs: Sequence[CodePair] = ()
    """NCCI pairs of which both codes are on the claim"""
    limits: Mapping[str, UnitLimit] = field(default_factory=dict)
    """By procedure"""
    add_ons: Mapping[str, Sequence[AddOn]] = field(default_factory=dict)
    """By the add-on code"""
    indicators: Mapping[str, Indicators] = field(default_factory=dict)
    """Of the physician fee schedule, by procedure"""
    providers: Mapping[str, ProviderFacts] = field(default_factory=dict)
    """Of NPPES, by NPI"""
    exclusions: Sequence[tuple[str, str]] = ()
    """Excludes1 of ICD-10-CM: (code on the claim, code on the claim that it excludes)"""
    past: Sequence[PastService] = ()
    """Three years back"""
    answer: EligibilityResponse | None = None
    """The newest 271 of the payer that is billed"""
    others: Sequence[OtherPayer] = ()
    """The patient's other policies, with what their payers decided"""
    medicare_asked_on: date | None = None
    """When the Medicare secondary payer questions were answered last"""
    authorizations: Sequence[Authorization] = ()
    """What payers have authorized for this patient"""
    lines_to_authorize: frozenset[int] = frozenset()
    """Lines (from 1) that the payer's rules want authorized"""
    lines_to_notice: Mapping[int, str] = field(default_factory=dict)
    """Lines (from 1) that want a notice of non-coverage, with the reason"""
    notices: Sequence[Notice] = ()
    """Those that the patient was given, with what was chosen"""
    enrolment_gap: str = ""
    """Why the payer would not take this claim from these providers; empty: it would"""
    asked: tuple[str, ...] = ()
    """The editions that were asked, such as "NCCI pairs 2026Q4" """
    loaded: frozenset[RuleKind] = frozenset()
    """Of which an edition is in force on the day of service"""
