"""Calls and portal look-ups: with whom, what was said, and what was promised by which day."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from billing.money import Cents, format_dollars


class With(StrEnum):
    """Whom somebody spoke with."""

    PAYER = "payer"
    PATIENT = "patient"
    OTHER = "other"


class Channel(StrEnum):
    """How."""

    TELEPHONE = "telephone"
    PORTAL = "portal"


class PromiseState(StrEnum):
    """What became of a promise."""

    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Promise:
    """What somebody promised."""

    what: str
    by: date
    cents: Cents | None = None


@dataclass(frozen=True, slots=True)
class Since:
    """What has come in since a promise was made."""

    answers: int = 0
    """Of payers, posted"""
    patient_cents: int = 0
    """Paid by the patient"""


def is_kept(whom: With, promise: Promise, since: Since) -> bool:
    """Whether what came in keeps the promise: a payer's is a new answer, a patient's the money. What others promise
    nobody but a person can see kept."""
    match whom:
        case With.PAYER:
            return since.answers > 0
        case With.PATIENT:
            return since.patient_cents >= (promise.cents or 1)
    return False


def in_words(whom: With, promise: Promise, *, called_on: date, reference: str) -> str:
    """`on 2026-03-02 the payer promised (reference 17): pays it, $90.00, by 2026-03-20`."""
    amount = f", {format_dollars(promise.cents)}" if promise.cents else ""
    who = {With.PAYER: "the payer", With.PATIENT: "the patient", With.OTHER: "somebody else"}[whom]
    named = f" (reference {reference})" if reference else ""
    return f"on {called_on} {who} promised{named}: {promise.what}{amount}, by {promise.by}"
