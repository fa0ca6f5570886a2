"""What is written down of a practice every day: amounts, counts, and the ratios of its board for the month so far.

What the ledger says is as of the end of the day. What is counted in work (open claims, tasks) is as of the moment of
writing, which is just after the day ended unless the office was down: then it is said to be late.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from billing.aging import BUCKETS
from billing.board import Figure, Of, Unit
from billing.money import format_dollars

ON_TIME = timedelta(hours=1)
"""After the day's end: what is written down later is late"""
LONGEST = 731
"""Days that are shown at once: two years, one of them a leap year"""
USUAL = 30
"""Days that are shown to who names none"""


class Measure(StrEnum):
    """What a figure of a day is."""

    CENTS = "cents"
    COUNT = "count"
    PERCENT = "percent"
    DAYS = "days"


@dataclass(frozen=True, slots=True)
class Kind:
    """One figure, whatever its day."""

    name: str
    title: str
    words: str
    """What is counted"""
    measure: Measure
    counts: tuple[Of, Of] = (Of.VISITS, Of.VISITS)
    """What numerator and denominator of a ratio count"""

    @property
    def is_ratio(self) -> bool:
        return self.measure in (Measure.PERCENT, Measure.DAYS)


def bucket_name(bucket: str) -> str:
    """`over 120` -> `owed_over_120`."""
    return f"owed_{bucket.replace('-', '_').replace(' ', '_')}"


_CENTS = (
    ("owed", "Owed (A/R)", "what payers and patients owe at the end of the day, less credits"),
    ("owed_by_payers", "Owed by payers", "what payers owe at the end of the day, less what they paid too much"),
    ("owed_by_patients", "Owed by patients", "what patients owe at the end of the day"),
    *(
        (bucket_name(one), f"Owed for {one} days", f"owed at the end of the day, {one} days from the day of service")
        for one in BUCKETS
    ),
    ("credits", "Credits", "visits that somebody paid too much on; below zero"),
    ("unapplied", "Unapplied money", "payers' and patients' money that no claim or balance has taken"),
    ("charged", "Charges of the day", "charges posted on the day, less those taken back"),
    ("payers_paid", "Payments of payers", "posted on claims on the day, less what was reversed"),
    ("patients_paid", "Payments of patients", "received on the day, less what went back by the bank"),
    ("taken_off", "Adjustments of the day", "taken off what is owed without a payment"),
    ("unbilled_cents", "Charges not billed", "charges of the visits whose claim has not left"),
    ("denied_cents", "Denied and open", "refused amounts that nobody has settled"),
)
_COUNTS = (
    ("visits_open", "Open visits", "visits that are not closed"),
    ("unbilled_visits", "Visits not billed", "visits whose claim has not left"),
    ("claims_open", "Open claims", "claims sent that are neither refused nor answered"),
    ("denials_open", "Open denials", "refused amounts that nobody has settled, or that are appealed"),
    ("on_hold", "Visits on hold", "open visits that somebody holds"),
    ("tasks_open", "Open tasks", "tasks that wait for a person"),
    ("tasks_late", "Late tasks", "open tasks past their day"),
)
_MONEY = (Of.CENTS, Of.CENTS)
_PERCENT = (
    ("clean_claims", "Clean claims", (Of.VISITS, Of.VISITS)),
    ("first_pass", "Settled by the first claim", (Of.VISITS, Of.VISITS)),
    ("initial_denials", "Initial denials", (Of.VISITS, Of.VISITS)),
    ("initial_denials_by_charge", "Initial denials by charge", _MONEY),
    ("touchless", "Touchless", (Of.VISITS, Of.VISITS)),
    ("auto_posted", "Posted by itself", (Of.VISITS, Of.VISITS)),
    ("auto_posted_amount", "Posted by itself, by amount", _MONEY),
    ("ar_over_90", "Owed for more than 90 days", _MONEY),
    ("net_collection", "Net collection", _MONEY),
    ("denial_write_offs", "Denials written off", _MONEY),
    ("bad_debt", "Bad debt", _MONEY),
    ("patient_collection", "Collected from patients", _MONEY),
)
_SO_FAR = "the month so far, by the formula of the board"

KINDS: dict[str, Kind] = {
    one.name: one
    for one in (
        *(Kind(*told, Measure.CENTS) for told in _CENTS),
        *(Kind(*told, Measure.COUNT) for told in _COUNTS),
        *(Kind(name, title, _SO_FAR, Measure.PERCENT, counts) for name, title, counts in _PERCENT),
        Kind("days_in_ar", "Days in A/R", _SO_FAR, Measure.DAYS, _MONEY),
        Kind("charge_lag", "Charge lag", _SO_FAR, Measure.DAYS, (Of.DAYS, Of.VISITS)),
    )
}
"""Every figure that is written down, by name, in the order of the page"""


@dataclass(frozen=True, slots=True)
class DayFigure:
    """One figure of one day, as it was written down."""

    name: str
    numerator: int
    """The amount in cents or the number itself where it is no ratio"""
    denominator: int | None = None
    """None: it is no ratio"""
    over: int = 1
    """The denominator is divided by it"""

    @property
    def value(self) -> Decimal | None:
        """Cents or a number; of a ratio percent or days with one decimal. None: nothing to divide by."""
        if self.denominator is None:
            return Decimal(self.numerator)
        unit = Unit.DAYS if KINDS[self.name].measure == Measure.DAYS else Unit.PERCENT
        return Figure(self.name, "", "", "", self.numerator, self.denominator, unit, over=self.over).value


@dataclass(frozen=True, slots=True)
class Taken:
    """One day of a trend. What nobody wrote down stays unknown."""

    day: date
    figure: DayFigure | None
    """None: nobody wrote it down"""
    taken_at: datetime | None
    is_late: bool

    @property
    def value(self) -> Decimal | None:
        return self.figure.value if self.figure else None


def told(kind: Kind, value: Decimal | None) -> str:
    """A value as people read it; a dash where there is none."""
    if value is None:
        return "–"
    match kind.measure:
        case Measure.CENTS:
            return format_dollars(int(value))
        case Measure.COUNT:
            return str(value)
        case Measure.PERCENT:
            return f"{value} %"
    return f"{value} days"
