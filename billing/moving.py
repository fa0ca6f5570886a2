"""An office that moves here: its patients, policies, open visits and accounts as its old system lists them.

Each noun is one row of one file (`interchange/moving_files.py`). Amounts are cents. A visit is all lines under one
number of the old system; what is to become of it is read off who owes and which claims were sent.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from billing.claim import Sex
from billing.double_booking import NOT_NAMED
from billing.money import ZERO, Cents

FIRST_PAYERS = "PST"
"""SBR01 of the payers that a moved visit may be with"""


OLD_SYSTEM = "previous office system"
"""Who gave the numbers by which moved patients and appointments are still known"""


class OwedBy(StrEnum):
    """Who owes what is open on a line."""

    PRIMARY = "P"
    SECONDARY = "S"
    TERTIARY = "T"
    PATIENT = "patient"
    NOBODY = "nobody"
    """The line is settled"""
    UNBILLED = "unbilled"
    """The charge is in no aging yet: the visit begins at its registration. What the patient paid ahead is a credit"""


class DunningStage(StrEnum):
    """The last paper that a patient got about what they owe."""

    NONE = "none"
    STATEMENT = "statement"
    REMINDER = "reminder"
    FINAL_NOTICE = "final_notice"


class AgingParty(StrEnum):
    """Whose part of the aging."""

    INSURANCE = "insurance"
    PATIENT = "patient"


WHOLE = "total"
"""Bucket of an aging that is not told by age"""
BUCKETS = ((30, "0-30"), (60, "31-60"), (90, "61-90"), (120, "91-120"))
OLDEST = "over 120"
BUCKET_NAMES = (*(name for _, name in BUCKETS), OLDEST, WHOLE)


@dataclass(frozen=True, slots=True)
class MovedProvider:
    """Somebody to bill under, or who sees patients: only those whom the practice has not set up yet."""

    line: int
    """Of the file, from 2"""
    npi: str
    kind: str
    """billing, rendering"""
    name: str
    """The organisation's, or a last name"""
    first_name: str | None = None
    tax_id: str | None = None
    taxonomy: str | None = None
    street: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None


@dataclass(frozen=True, slots=True)
class MovedPatient:
    """A patient, under the old system's number."""

    line: int
    patient: str
    last_name: str
    first_name: str | None = None
    middle_name: str | None = None
    suffix: str | None = None
    birth_date: date | None = None
    sex: Sex | None = None
    street: str | None = None
    street_2: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    telephone: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class MovedCoverage:
    """One policy of a patient."""

    line: int
    patient: str
    responsibility: str
    """SBR01: P, S or T"""
    payer_id: str = ""
    payer_name: str = ""
    member_id: str = ""
    group_number: str | None = None
    filing_indicator: str | None = None
    """SBR09"""
    relationship: str = "18"
    """18: the patient is the subscriber"""
    subscriber_last_name: str | None = None
    subscriber_first_name: str | None = None
    subscriber_birth_date: date | None = None
    subscriber_sex: Sex | None = None
    effective_from: date | None = None
    effective_to: date | None = None

    @property
    def missing(self) -> list[str]:
        """Empty columns without which nothing leaves for the payer. What was never sent may wait for them."""
        return [name for name in ("payer_id", "payer_name", "member_id") if not getattr(self, name)]

    def covers(self, day: date) -> bool:
        """Whether a visit of this day stands under the policy; what is not told limits nothing."""
        return (self.effective_from or day) <= day <= (self.effective_to or day)


@dataclass(frozen=True, slots=True)
class MovedLine:
    """One service line with what became of its charge: balance = charge - insurance_paid - adjusted - patient_paid."""

    line: int
    visit: str
    """The old system's number of the visit: claim, ticket or encounter"""
    patient: str
    service_date: date
    charge: Cents
    balance: Cents
    owed_by: OwedBy
    procedure: str = ""
    """Empty: an unbilled line that is yet to be coded"""
    modifiers: tuple[str, ...] = ()
    units: Decimal = Decimal(1)
    diagnoses: tuple[str, ...] = ()
    """Without dots, the first one first"""
    place_of_service: str = "11"
    insurance_paid: Cents = ZERO
    adjusted: Cents = ZERO
    patient_paid: Cents = ZERO
    patient_part: Cents = ZERO
    """Of the balance of a line that is with a payer: what is the patient's already"""
    billing_npi: str | None = None
    rendering_npi: str | None = None

    @property
    def explained(self) -> int:
        """What the line's own amounts leave open. A charge that is not billed yet is not open."""
        if self.owed_by == OwedBy.UNBILLED:
            return -self.patient_paid
        return self.charge - self.insurance_paid - self.adjusted - self.patient_paid

    @property
    def is_with_payer(self) -> bool:
        return self.owed_by in FIRST_PAYERS


@dataclass(frozen=True, slots=True)
class MovedClaim:
    """One claim that the old system sent for a visit."""

    line: int
    visit: str
    control_number: str
    """CLM01 as the payer knows it, and names it in its answers"""
    payer: str
    """SBR01 of the payer that it went to"""
    first_submitted: date
    last_submitted: date
    payer_claim_number: str | None = None
    """The payer's own number (ICN), where it has given one"""
    frequency: str = "1"
    filing_deadline: date | None = None


@dataclass(frozen=True, slots=True)
class MovedAccount:
    """How far a patient was asked for what they owe."""

    line: int
    patient: str
    stage: DunningStage
    statements: int = 0
    first_statement: date | None = None
    last_statement: date | None = None
    paused_until: date | None = None
    pause_reason: str | None = None


@dataclass(frozen=True, slots=True)
class MovedPlan:
    """What a patient pays by instalments."""

    line: int
    patient: str
    amount: Cents
    day: int
    """Of the month"""
    balance: Cents


@dataclass(frozen=True, slots=True)
class MovedAppointment:
    """A visit that is still to come, on the clinic's clock."""

    line: int
    appointment: str
    """The old system's number"""
    patient: str
    day: date
    at_time: str
    """HH:MM"""
    minutes: int = 20
    provider: str = NOT_NAMED
    reason: str = ""
    procedures: tuple[str, ...] = ()
    """Planned services"""


@dataclass(frozen=True, slots=True)
class AgingRow:
    """One cell of the old system's aging. A line's age counts from its day of service."""

    line: int
    as_of: date
    owed_by: AgingParty
    bucket: str
    total: Cents


class VisitState(StrEnum):
    """What becomes of a moved visit."""

    WITH_PAYER = "with payer"
    """A payer has a claim: its answer is awaited"""
    FOR_NEXT = "for the next payer"
    """A payer has answered, and the next one owes: it is billed from here"""
    UNSENT = "unsent"
    """A payer owes, and no claim was sent: it is billed from here"""
    UNBILLED = "unbilled"
    """Like `UNSENT`, and its charges are in no aging"""
    WITH_PATIENT = "with patient"
    """The payers are done: the patient owes, or nobody"""
    SELF_PAY = "self-pay"
    """Nobody but the patient was billed"""


@dataclass(frozen=True, slots=True)
class MovedVisit:
    """All lines and claims under one number of the old system."""

    number: str
    lines: tuple[MovedLine, ...]
    claims: tuple[MovedClaim, ...] = ()
    """In the order in which they were sent"""

    @property
    def patient(self) -> str:
        return self.lines[0].patient

    @property
    def service_date(self) -> date:
        return min(one.service_date for one in self.lines)

    @property
    def owing_payer(self) -> str | None:
        """SBR01 of the payer that owes; None: no payer does."""
        return next((one.owed_by.value for one in self.lines if one.is_with_payer), None)

    @property
    def payer(self) -> str | None:
        """SBR01 of who has the claim now, or had it last; None: nobody ever."""
        return self.claims[-1].payer if self.claims else self.owing_payer

    @property
    def state(self) -> VisitState:
        if any(one.owed_by == OwedBy.UNBILLED for one in self.lines):
            return VisitState.UNBILLED
        if self.owing_payer is not None:
            if not self.claims:
                return VisitState.UNSENT
            is_next = FIRST_PAYERS.index(self.owing_payer) > FIRST_PAYERS.index(self.claims[-1].payer)
            return VisitState.FOR_NEXT if is_next else VisitState.WITH_PAYER
        return VisitState.WITH_PATIENT if self.claims else VisitState.SELF_PAY


@dataclass(frozen=True)
class MovingOffice:
    """Everything that moves, as far as its rows can be read. Without slots: what is looked up often is kept."""

    providers: tuple[MovedProvider, ...] = ()
    patients: tuple[MovedPatient, ...] = ()
    coverages: tuple[MovedCoverage, ...] = ()
    lines: tuple[MovedLine, ...] = ()
    claims: tuple[MovedClaim, ...] = ()
    accounts: tuple[MovedAccount, ...] = ()
    plans: tuple[MovedPlan, ...] = ()
    appointments: tuple[MovedAppointment, ...] = ()
    aging: tuple[AgingRow, ...] = ()

    @cached_property
    def visits(self) -> Sequence[MovedVisit]:
        """The lines by visit, in the order of the file; a visit's claims in the order in which they were sent."""
        lines: dict[str, list[MovedLine]] = {}
        for one in self.lines:
            lines.setdefault(one.visit, []).append(one)
        claims: dict[str, list[MovedClaim]] = {}
        for claim in self.claims:
            claims.setdefault(claim.visit, []).append(claim)
        return [
            MovedVisit(
                number,
                tuple(found),
                tuple(sorted(claims.get(number, ()), key=lambda one: (one.last_submitted, one.line))),
            )
            for number, found in lines.items()
        ]

    def coverages_of(self, patient: str, day: date) -> list[MovedCoverage]:
        """The policies in force on a day, first to pay first."""
        found = [one for one in self._coverages_by_patient.get(patient, ()) if one.covers(day)]
        return sorted(found, key=lambda one: FIRST_PAYERS.index(one.responsibility))

    def policies_of(self, patient: str) -> list[MovedCoverage]:
        """Every policy of a patient, whatever its days, first to pay first."""
        found = self._coverages_by_patient.get(patient, ())
        return sorted(found, key=lambda one: FIRST_PAYERS.index(one.responsibility))

    @cached_property
    def _coverages_by_patient(self) -> Mapping[str, Sequence[MovedCoverage]]:
        found: dict[str, list[MovedCoverage]] = {}
        for one in self.coverages:
            found.setdefault(one.patient, []).append(one)
        return found


@dataclass(frozen=True, slots=True)
class AgingCompared:
    """One cell of the aging: the old system's figure beside what the lines come to."""

    owed_by: AgingParty
    bucket: str
    told_cents: int
    found_cents: int

    @property
    def difference_cents(self) -> int:
        return self.found_cents - self.told_cents


@dataclass(frozen=True, slots=True)
class Tie:
    """The old aging beside the lines."""

    cells: tuple[AgingCompared, ...] = ()
    insurance_cents: int = 0
    patient_cents: int = 0
    told_cents: int = 0
    as_of: date | None = None
    """None: no aging was given"""
    by_bucket: Mapping[tuple[AgingParty, str], int] = field(default_factory=dict)

    @property
    def total_cents(self) -> int:
        return self.insurance_cents + self.patient_cents

    @property
    def holds(self) -> bool:
        """Every cell comes to the cent."""
        return self.as_of is not None and all(one.difference_cents == 0 for one in self.cells)


def bucket_of(day: date, as_of: date) -> str:
    """Where a service of this day stands in an aging; what lies ahead is new."""
    age = (as_of - day).days
    return next((name for limit, name in BUCKETS if age <= limit), OLDEST)


def tie(lines: Iterable[MovedLine], aging: Sequence[AgingRow], *, as_of: date | None = None) -> Tie:
    """Add the lines up and put the sums beside the old aging. A bucket with lines and no row of the aging is told as
    zero, unless the party is told in one total. `as_of`: the day of an aging that is yet to be made."""
    as_of = aging[0].as_of if aging else as_of
    sums: dict[tuple[AgingParty, str], int] = {}
    parties = dict.fromkeys(AgingParty, 0)
    for one in lines:
        for party, cents in parts_of(one).items():
            parties[party] += cents
            key = (party, bucket_of(one.service_date, as_of or one.service_date))
            sums[key] = sums.get(key, 0) + cents
    told = {(row.owed_by, row.bucket): row.total for row in aging}
    whole = {party for party, bucket in told if bucket == WHOLE}
    found = {key: cents for key, cents in sums.items() if key[0] not in whole and cents}
    found |= {(party, WHOLE): parties[party] for party in whole}
    keys = sorted({*told, *found}, key=lambda key: (key[0], BUCKET_NAMES.index(key[1])))
    cells = tuple(AgingCompared(*key, told.get(key, 0), found.get(key, 0)) for key in keys)
    insurance, patient = parties[AgingParty.INSURANCE], parties[AgingParty.PATIENT]
    return Tie(cells, insurance, patient, sum(told.values()), as_of, sums)


def parts_of(line: MovedLine) -> dict[AgingParty, int]:
    """Whose part of an aging a line's balance is, in cents."""
    patient = line.patient_part if line.is_with_payer else line.balance
    return {AgingParty.INSURANCE: line.balance - patient, AgingParty.PATIENT: patient}
