"""Medicare's price of a service: relative values, what they cost in a locality, and the conversion factor (RBRVS).

Fee = (work x GPCI + practice expense x GPCI + malpractice x GPCI) x conversion factor (42 CFR 414.20), in cents,
rounded half up. The numbers are the user's: CMS publishes them keyed by CPT, and none is in the box.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from billing.money import Cents

FACILITIES = frozenset({"02", "19", "21", "22", "23", "24", "26", "31", "34", "41", "42", "51", "52", "53", "56", "61"})
"""Places of service where the practice expense is the facility's (CMS: place of service code set)"""
ALONE = "T"
"""Status of an injection that is paid where nothing else is paid that day"""
PRICED = frozenset({"A", "R", ALONE})
BUNDLED = frozenset({"B", "P"})
COMPONENTS = ("26", "TC", "53")
"""Modifiers that have rows of their own in the file"""


@dataclass(frozen=True, slots=True)
class RelativeValue:
    """One row of the relative value file (PPRRVU)."""

    procedure: str
    modifier: str
    """26, TC, 53, or empty"""
    status: str
    """A active, R restricted, T injection, B and P bundled, C priced by the carrier; others have no price here"""
    work: Decimal
    practice_elsewhere: Decimal
    """Practice expense outside a facility"""
    practice_in_facility: Decimal
    malpractice: Decimal
    multiple: str
    """0 and 9 no reduction, 2 surgery, 3 endoscopy, 4 to 7 of other kinds"""
    bilateral: str
    """0 no, 1 at 150 %, 2 both sides already, 3 each side at its full price, 9 no idea of sides"""
    assistant: str
    """0 with documentation, 1 never, 2 paid, 9 no surgery"""
    co_surgeon: str
    """0 never, 1 with documentation, 2 paid, 9 no surgery"""
    endoscopic_base: str
    """The code whose price is within that of each endoscopy of its family"""
    conversion_factor: Decimal


@dataclass(frozen=True, slots=True)
class Locality:
    """One of Medicare's payment localities: geographic practice cost indices (GPCI)."""

    carrier: str
    """Number of the Medicare administrative contractor, five characters"""
    number: str
    """Two digits"""
    state: str
    name: str
    work: Decimal
    practice: Decimal
    malpractice: Decimal

    @property
    def code(self) -> str:
        return f"{self.carrier}{self.number}"


@dataclass(frozen=True, slots=True)
class FeeSchedule:
    """An edition of the relative values, as far as a claim asks for it, with the locality that prices it."""

    edition: str
    values: Mapping[tuple[str, str], RelativeValue] = field(default_factory=dict)
    """By procedure and modifier"""
    locality: Locality | None = None

    def value_of(self, procedure: str, modifier: str = "") -> RelativeValue | None:
        return self.values.get((procedure, modifier))


def rounded(amount: Decimal) -> Cents:
    """Cents from an exact amount of cents, half up: 0.5 -> 1."""
    return Cents(int(amount.quantize(Decimal(1), ROUND_HALF_UP)))


def fee(value: RelativeValue, locality: Locality, *, place_of_service: str, factor: Decimal | None = None) -> Cents:
    """The price of one unit in cents; `factor` takes the place of the file's conversion factor."""
    practice = value.practice_in_facility if place_of_service in FACILITIES else value.practice_elsewhere
    units = value.work * locality.work + practice * locality.practice + value.malpractice * locality.malpractice
    return rounded(units * (factor or value.conversion_factor) * 100)
