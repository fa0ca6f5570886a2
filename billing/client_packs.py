"""What a practice is given about a closed month by whoever bills for it."""

from dataclasses import dataclass
from datetime import date

from billing.comparison import Compared
from billing.fees import Invoice
from billing.periods import Month
from billing.reports import Report


@dataclass(frozen=True, slots=True)
class Pack:
    """Everything of one month."""

    practice: str
    month: Month
    closed_on: date
    changed: list[str]
    """Figures of the closing that the ledger does not give any more; empty: all re-add"""
    reports: list[Report]
    compared: list[Compared]
    invoice: Invoice | None
    """None: none was made of the month"""
