"""What a bank says that it booked: one movement on one account, and how a payer's transfer is known again.

Source: NACHA CCD+ with the reassociation trace of CORE rule 370 (TRN of the 835 in the addenda); BAI2 (BTRS).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from billing.money import Cents


class Means(StrEnum):
    """How the money moved."""

    ACH = "ach"
    CHEQUE = "cheque"
    """Cheques that were carried to the bank, and what comes back of them"""
    WIRE = "wire"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Movement:
    """One booking of a bank."""

    booked_on: date
    amount_cents: Cents
    """Positive: money came; negative: it left"""
    means: Means
    account: str
    """As the bank names it"""
    reference: str
    """The bank's own"""
    sender: str
    """Company name; empty: the bank does not say"""
    text: str = ""
    trace: str | None = None
    """TRN02 of the remittance that the money is for"""
    payer_number: str | None = None
    """TRN03: 1 and the payer's tax id"""


TRACE = re.compile(r"TRN\*1\*([^*~\\]{1,50})\*([^*~\\]{1,10})(?:\*[^*~\\]{0,50})?(?:[~\\]|$)")
"""TRN as it stands in an addenda record, whatever ends it"""


def trace_in(text: str) -> tuple[str, str] | tuple[None, None]:
    """(TRN02, TRN03) in what a sender wrote beside the money; None where it wrote no trace."""
    found = TRACE.search(text.replace("\n", ""))
    return (found[1].strip(), found[2].strip()) if found else (None, None)


@dataclass(frozen=True, slots=True)
class Advice:
    """A remittance whose money the bank has not confirmed."""

    remittance_id: str
    trace: str
    payer_number: str
    paid_cents: Cents
    payment_date: date
    received_at: datetime


class Fit(StrEnum):
    """How well a movement fits what remittances advise."""

    NONE = "none"
    EXACT = "exact"
    """Trace, payer and amount; or trace and amount, where only one remittance has them"""
    DIFFERS = "differs"
    """The trace is that of a remittance, and the amount is another"""


def fit(movement: Movement, advised: Sequence[Advice]) -> tuple[Fit, list[Advice]]:
    """What a movement pays for: one remittance, or all of one trace together (several payees, one transfer).

    The payer's number is compared where both say one; banks and payers write it with and without the leading 1.
    """
    traced = [one for one in advised if movement.trace and plain_trace(one.trace) == plain_trace(movement.trace)]
    same = [one for one in traced if _same_payer(one.payer_number, movement.payer_number)] or traced
    single = [one for one in same if one.paid_cents == movement.amount_cents]
    if len(single) == 1:
        return Fit.EXACT, single
    if same and sum(one.paid_cents for one in same) == movement.amount_cents:
        return Fit.EXACT, same
    return (Fit.DIFFERS, same) if same else (Fit.NONE, [])


def plain_trace(trace: str) -> str:
    """As it is compared: without leading zeros, in capitals."""
    return trace.strip().upper().lstrip("0")


def _same_payer(one: str, other: str | None) -> bool:
    return other is None or one[-9:] == other[-9:]
