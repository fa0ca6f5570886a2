"""Financial assistance: who gets how much off by the practice's sliding scale, on which visits, and until when.

The scale is data: bands of the federal poverty level, each with a percent that is taken off or an amount that a visit
costs at most. A hospital under section 501(r) of the tax code (26 CFR 1.501(r)-4 to -6) charges whoever is eligible no
more than the amounts generally billed, and takes applications for 240 days after the first statement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise

from billing.agencies import BASIS_POINTS
from billing.money import Cents, format_dollars
from billing.poverty_guidelines import Guideline, Region

MONTHS = 12
APPLICATION_DAYS = 240
"""26 CFR 1.501(r)-1(b)(3): a hospital takes applications at least so long after the first statement on the care"""
LARGEST_HOUSEHOLD = 30
WIDEST_BAND = 1000
"""Percent of the poverty level: beyond it stands a slip of the pen"""


class Takes(StrEnum):
    """What help is."""

    PERCENT = "percent"
    """So many percent of the patient's share are taken off"""
    CAP = "cap"
    """A visit costs the patient at most so much"""


class Per(StrEnum):
    """What an income is given for."""

    YEAR = "year"
    MONTH = "month"


class Way(StrEnum):
    """How an application came."""

    DESK = "desk"
    PAGE = "page"
    MAIL = "mail"


class State(StrEnum):
    """Where an application stands."""

    REVIEW = "review"
    """A person looks at it"""
    INCOMPLETE = "incomplete"
    """Something is missing, and the patient was told what and until when"""
    PROPOSED = "proposed"
    """A second person is asked"""
    GRANTED = "granted"
    DENIED = "denied"
    CLOSED = "closed"
    """Withdrawn, or what was missing did not come"""
    REVOKED = "revoked"
    """Granted by mistake; what it took off is owed again"""


class Missing(StrEnum):
    """What an application cannot do without."""

    HOUSEHOLD_SIZE = "household_size"
    INCOME = "income"


OPEN = frozenset({State.REVIEW, State.INCOMPLETE, State.PROPOSED})
"""Nothing is asked of the account meanwhile"""
MAY_BE_REOPENED = frozenset({State.DENIED, State.CLOSED})
STATE_WORDS: dict[State, str] = {
    State.REVIEW: "to be looked at",
    State.INCOMPLETE: "something is missing",
    State.PROPOSED: "a second person is asked",
    State.GRANTED: "granted",
    State.DENIED: "denied",
    State.CLOSED: "closed",
    State.REVOKED: "taken back",
}


@dataclass(frozen=True, slots=True)
class Help:
    """How much help somebody gets."""

    takes: Takes
    value: int
    """Percent that is taken off, or cents that a visit costs at most"""

    @property
    def words(self) -> str:
        if self.takes == Takes.CAP:
            return f"at most {format_dollars(self.value)} a visit"
        return f"{self.value} percent off"

    @property
    def is_whole(self) -> bool:
        """Nothing is left to the patient."""
        return (self.takes, self.value) in {(Takes.PERCENT, 100), (Takes.CAP, 0)}


@dataclass(frozen=True, slots=True)
class Band:
    """One step of the scale."""

    up_to_percent: int
    """Of the federal poverty level, itself included"""
    takes: Takes
    value: int

    @property
    def help(self) -> Help:
        return Help(self.takes, self.value)


@dataclass(frozen=True, slots=True)
class Scale:
    """A practice's assistance policy from a day on."""

    region: Region
    bands: tuple[Band, ...]
    """The lowest first"""
    documents: tuple[str, ...] = ()
    """What is asked for as proof, one thing a line"""
    summary: str = ""
    """The plain-language summary, 26 CFR 1.501(r)-1(b)(24)"""
    summary_spanish: str = ""
    web: str = ""
    """Where the policy can be read"""
    documents_spanish: tuple[str, ...] = ()
    """The same as `documents`; empty: nobody wrote it"""


@dataclass(frozen=True, slots=True)
class Household:
    """Who applies."""

    size: int
    income_cents: int
    per: Per

    @property
    def yearly_cents(self) -> int:
        return self.income_cents * (MONTHS if self.per == Per.MONTH else 1)


class ReasonCode(StrEnum):
    """One step of how help was decided, or why an application was closed."""

    INCOME_YEAR = "income_year"
    INCOME_MONTH = "income_month"
    GUIDELINE = "guideline"
    """What the poverty guideline says of such a household"""
    LEVEL = "level"
    """The income as a percent of the guideline"""
    SCALE_ENDS = "scale_ends"
    SCALE_GIVES = "scale_gives"
    OTHERWISE = "otherwise"
    """A person decided otherwise than the scale"""
    OWN_WORDS = "own_words"
    """As a person wrote it, or as it was kept before reasons were kept in parts"""
    NOTHING_CAME = "nothing_came"
    """What was missing did not come by its day"""
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason with the values that its words need; the others stay empty. billing.help_letter_words words it."""

    code: ReasonCode
    income_cents: int = 0
    yearly_cents: int = 0
    line_cents: int = 0
    """The guideline's line, a year"""
    year: int = 0
    people: int = 0
    percent: int = 0
    """Of the federal poverty level"""
    help: Help | None = None
    said: str = ""
    """What a person wrote, or the guideline's source"""


@dataclass(frozen=True, slots=True)
class Basis:
    """Why it was decided so."""

    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the scale says, and how it comes to it."""

    percent_of_level: int
    """Of the federal poverty level, a part counts as a whole percent"""
    help: Help | None
    """None: the scale gives none"""
    reasons: tuple[Reason, ...]


def propose(scale: Scale, guideline: Guideline, household: Household) -> Proposal:
    """The first band that the income fits into."""
    line = guideline.line_cents(household.size)
    yearly = household.yearly_cents
    percent = -(-yearly * 100 // line)
    band = next((one for one in scale.bands if yearly * 100 <= one.up_to_percent * line), None)
    top = scale.bands[-1].up_to_percent if scale.bands else 0
    is_monthly = household.per == Per.MONTH
    reasons = (
        Reason(
            ReasonCode.INCOME_MONTH if is_monthly else ReasonCode.INCOME_YEAR,
            income_cents=household.income_cents,
            yearly_cents=yearly,
        ),
        Reason(
            ReasonCode.GUIDELINE,
            year=guideline.year,
            people=household.size,
            line_cents=line,
            said=guideline.source,
        ),
        Reason(ReasonCode.LEVEL, percent=percent),
        Reason(ReasonCode.SCALE_GIVES, help=band.help, percent=band.up_to_percent)
        if band
        else Reason(ReasonCode.SCALE_ENDS, percent=top),
    )
    return Proposal(percent, band.help if band else None, reasons)


def faults_of(bands: Sequence[Band]) -> list[tuple[int, str]]:
    """What is wrong with a scale: (index of the band, words)."""
    faults = [(index, fault) for index, one in enumerate(bands) for fault in _faults_of_band(one)]
    pairs = enumerate(pairwise(bands), start=1)
    too_low = [index for index, (before, after) in pairs if after.up_to_percent <= before.up_to_percent]
    return faults + [(index, "must reach higher than the band before it") for index in too_low]


def _faults_of_band(band: Band) -> list[str]:
    faults = []
    if not 0 < band.up_to_percent <= WIDEST_BAND:
        faults.append(f"must reach up to 1 to {WIDEST_BAND} percent of the poverty level")
    if band.takes == Takes.PERCENT and not 0 < band.value <= 100:
        faults.append("must take off 1 to 100 percent")
    if band.takes == Takes.CAP and band.value < 0:
        faults.append("must cost a visit 0.00 or more")
    return faults


@dataclass(frozen=True, slots=True)
class Reach:
    """Which visits an application covers."""

    received_on: date
    until: date
    """The last day of service"""
    days_back: int
    """Before the application: of service, or for a hospital of the first statement"""
    is_hospital: bool


def covers(reach: Reach, *, service_date: date, first_billed_on: date | None) -> bool:
    """Whether a visit is helped with. `first_billed_on`: of its first statement; None: it had none."""
    if service_date > reach.until:
        return False
    if service_date >= reach.received_on - timedelta(days=reach.days_back):
        return True
    if not reach.is_hospital:
        return False
    days = max(reach.days_back, APPLICATION_DAYS)
    return first_billed_on is None or reach.received_on <= first_billed_on + timedelta(days=days)


def kept_by_patient(given: Help, share_cents: int, *, charge_cents: int, agb_basis_points: int) -> Cents:
    """What of a visit's share stays the patient's, fractions of a cent cut off. `agb_basis_points`: amounts generally
    billed of the gross charge (26 CFR 1.501(r)-5(b)); 0: no such limit."""
    is_cap = given.takes == Takes.CAP
    kept = min(share_cents, given.value) if is_cap else share_cents * (100 - given.value) // 100
    if agb_basis_points:
        kept = min(kept, charge_cents * agb_basis_points // BASIS_POINTS)
    return Cents(max(0, kept))


def spread(total_cents: int, shares: Mapping[str | None, int]) -> dict[str | None, Cents]:
    """Share a discount over a visit's lines in proportion, no line more than its own share; the cents that are left
    over go to the first lines that have room. Sums to `total_cents`, which is at most all shares together."""
    whole = sum(shares.values())
    parts = {line: Cents(total_cents * cents // whole if whole else 0) for line, cents in shares.items()}
    left = total_cents - sum(parts.values())
    for line, cents in shares.items():
        more = min(left, cents - parts[line])
        parts[line] = Cents(parts[line] + more)
        left -= more
    return {line: cents for line, cents in parts.items() if cents}


def missing_of(household_size: int | None, income_cents: int | None) -> list[Missing]:
    """What an application cannot do without and lacks."""
    missing = [] if household_size else [Missing.HOUSEHOLD_SIZE]
    return missing if income_cents is not None else [*missing, Missing.INCOME]


def reminder_on(asked_on: date, answer_by: date) -> date:
    """Half of the time to answer is over."""
    return asked_on + (answer_by - asked_on) // 2
