"""Patients' cheques that a bank's lockbox opened: in batches, each with what stood on the coupon beside it."""

import re
from dataclasses import dataclass
from datetime import date

from billing.money import Cents

LOCKBOX = "lockbox"
"""Method of a payment that came so: it is at the bank already, and in no till"""
_MARK = "[0-9a-hjkmnp-tv-z]"
_PAPER = re.compile(
    rf"(?<![0-9a-z])({_MARK}{{5}}-{_MARK}{{5}}|(?![0-9]{{10}}){_MARK}{{10}}(?![0-9a-z]))", re.IGNORECASE
)
"""Without its hyphen ten digits are an amount"""


@dataclass(frozen=True, slots=True)
class Cheque:
    """One cheque."""

    item: int
    """Its place in the batch"""
    amount_cents: Cents
    transit: str
    """Of the bank that it is drawn on"""
    account: str
    """That it is drawn on"""
    number: str
    remitter: str
    """Who sent it; empty: the bank does not say"""
    invoices: tuple[str, ...]
    """Numbers that stood in a place of their own"""
    text: str
    """All else that the bank read"""

    @property
    def papers(self) -> tuple[str, ...]:
        """What has the form of a statement's number (`ABCDE-FGHJK`), wherever it stands."""
        said = " ".join((*self.invoices, self.text))
        return tuple(dict.fromkeys(one.upper() for one in _PAPER.findall(said)))


@dataclass(frozen=True, slots=True)
class ChequeBatch:
    """Cheques that the bank put on the account together."""

    lockbox: str
    number: str
    deposited_on: date
    cheques: tuple[Cheque, ...]

    @property
    def amount_cents(self) -> Cents:
        return Cents(sum(one.amount_cents for one in self.cheques))
