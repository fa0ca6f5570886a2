"""Collection agencies: how a placement stands, what an agency is told of it, and what it answers.

A placement is one visit's share. Everything that happens to it is an event: ours, which the agency's next file tells
it, or the agency's own, which came in a file of its. What is owed is itemised as 12 CFR 1006.34(b)(3) asks of the
collector's notice: the amount on the itemization date, here the day of service, and interest, fees, payments and
credits since. Nothing clinical goes out.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from billing.account_holds import HoldKind
from billing.csv_file import write_rows
from billing.money import Cents, format_amount

BASIS_POINTS = 10_000
REFERENCE = "{reference}"
"""Stands for our reference in the form of an agency's account numbers"""


class PlacementState(StrEnum):
    """Where a placement stands."""

    PLACED = "placed"
    ACKNOWLEDGED = "acknowledged"
    SUSPENDED = "suspended"
    """The agency asks nothing until it is told to go on"""
    RECALLED = "recalled"
    PAID_IN_FULL = "paid_in_full"
    CLOSED = "closed"
    """The agency gave up"""


OPEN = frozenset({PlacementState.PLACED, PlacementState.ACKNOWLEDGED, PlacementState.SUSPENDED})
"""The agency has it"""


class EventKind(StrEnum):
    """What happened to a placement."""

    PLACED = "placed"
    PAID_DIRECT = "paid_direct"
    """The patient paid the office"""
    REDUCED = "reduced"
    """A payer took over what the patient owed"""
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    RECALLED = "recalled"
    ACKNOWLEDGED = "acknowledged"
    COLLECTED = "collected"
    CLOSED = "closed"


HOLDS_THAT_SUSPEND = frozenset({HoldKind.DISPUTE, HoldKind.ASSISTANCE, HoldKind.BANKRUPTCY, HoldKind.DECEASED})
"""Nobody may ask for money meanwhile, an agency as little as the office"""


class RecallReason(StrEnum):
    """Why a placement is taken back."""

    DISPUTE_UPHELD = "dispute_upheld"
    BANKRUPTCY = "bankruptcy"
    DECEASED = "deceased"
    ASSISTANCE = "assistance"
    ERROR = "error"
    """It should not have been placed"""
    OTHER = "other"


RECALL_WORDS: dict[RecallReason, str] = {
    RecallReason.DISPUTE_UPHELD: "the patient disputed it and is right",
    RecallReason.BANKRUPTCY: "a bankruptcy was filed",
    RecallReason.DECEASED: "the person died",
    RecallReason.ASSISTANCE: "help with the bill was granted",
    RecallReason.ERROR: "it should not have been placed",
    RecallReason.OTHER: "another reason",
}


@dataclass(frozen=True, slots=True)
class Itemization:
    """One balance as 12 CFR 1006.34(b)(3) itemises it: amount + interest + fees - payments - credits = balance."""

    on: date
    """The itemization date: the day of service, 1006.34(b)(3)(iv)"""
    amount_cents: int
    """What was charged that day"""
    payments_cents: int
    """Of payers and of the patient since"""
    credits_cents: int
    """Taken off since"""
    balance_cents: int
    interest_cents: int = 0
    fees_cents: int = 0


def itemized(*, on: date, charged: int, paid: int, balance: int) -> Itemization:
    """What was neither paid nor is owed any more was taken off. In cents."""
    return Itemization(on, charged, paid, charged - paid - balance, balance)


@dataclass(frozen=True, slots=True)
class ToldRow:
    """One row of the file that an agency gets."""

    action: EventKind
    reference: str
    account_number: str
    reason: str
    amount_cents: int
    """Of the event: placed, paid to us, taken off, taken back"""
    guarantor: str
    street: str
    city: str
    state: str
    postal_code: str
    phone: str
    service_date: date
    original_creditor: str
    itemization: Itemization
    credit_reporting: str
    """billing.credit_reporting: whether credit bureaus may be told"""


TOLD_COLUMNS = (
    "action",
    "reference",
    "account_number",
    "reason",
    "amount",
    "guarantor",
    "street",
    "city",
    "state",
    "postal_code",
    "phone",
    "service_date",
    "original_creditor",
    "itemization_date",
    "itemization_amount",
    "interest",
    "fees",
    "payments",
    "credits",
    "balance",
    "credit_reporting",
)


def write_told(rows: list[ToldRow]) -> str:
    """The CSV for the agency: amounts in dollars, days as YYYY-MM-DD."""
    return write_rows(TOLD_COLUMNS, [_cells(one) for one in rows])


def _cells(row: ToldRow) -> tuple[str, ...]:
    told = row.itemization
    return (
        row.action,
        row.reference,
        row.account_number,
        row.reason,
        format_amount(row.amount_cents),
        row.guarantor,
        row.street,
        row.city,
        row.state,
        row.postal_code,
        row.phone,
        row.service_date.isoformat(),
        row.original_creditor,
        told.on.isoformat(),
        format_amount(told.amount_cents),
        format_amount(told.interest_cents),
        format_amount(told.fees_cents),
        format_amount(told.payments_cents),
        format_amount(told.credits_cents),
        format_amount(told.balance_cents),
        row.credit_reporting,
    )


def account_number(form: str, reference: str) -> str:
    """How the agency numbers it: the form with our reference in its place."""
    return form.replace(REFERENCE, reference)


def reference_in(form: str, number: str) -> str:
    """Our reference out of an agency's account number; what does not look like one is taken for the reference."""
    before, _, after = form.partition(REFERENCE)
    is_theirs = number.startswith(before) and number.endswith(after) and len(number) > len(before) + len(after)
    return number[len(before) : len(number) - len(after)] if is_theirs else number


def fee_of(collected_cents: int, fee_basis_points: int) -> Cents:
    """The agency's share of what it collected, half a cent up."""
    return Cents((collected_cents * fee_basis_points + BASIS_POINTS // 2) // BASIS_POINTS)
