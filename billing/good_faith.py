"""The good-faith estimate for who pays alone: when the law wants it, what its letter says, and when a bill is too high.

Source: 45 CFR 149.610 (the estimate and its clocks) and 149.620 (the dispute).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from billing.claim import Address, Party, Person
from billing.days import is_business_day
from billing.estimates import Estimate
from billing.letters import Fact, Letter, address_lines
from billing.money import format_dollars

SUBSTANTIAL_CENTS = 40_000
"""A bill so far above the estimate may be disputed"""
DISPUTE_DAYS = 120
"""Calendar days from the first bill"""
_FEW, _MANY = 3, 10
"""Business days ahead: from the first on an estimate is due in one, from the second on in three"""
_CATEGORY = 3
"""Characters of a diagnosis before its dot"""


@dataclass(frozen=True, slots=True)
class Giver:
    """Who gives the estimate, and where the services will be."""

    billing: Party
    """With NPI, tax id and address"""
    place: Address | None = None
    """None: the billing provider's own address"""
    place_name: str = ""


def business_days_ahead(booked: date, day: date) -> int:
    """Business days after the one and until the other."""
    return sum(is_business_day(booked + timedelta(days=after)) for after in range(1, max((day - booked).days, 0) + 1))


def due_in(booked: date, day: date) -> int | None:
    """Business days in which the estimate is due after booking; None: booked so late that none is due unasked."""
    ahead = business_days_ahead(booked, day)
    return None if ahead < _FEW else 1 if ahead < _MANY else 3


def is_substantially_above(billed_cents: int, estimated_cents: int) -> bool:
    """Whether the patient may dispute the bill."""
    return billed_cents - estimated_cents >= SUBSTANTIAL_CENTS


def last_day_to_dispute(first_bill: date) -> date:
    """The 120th calendar day after the first bill."""
    return first_bill + timedelta(days=DISPUTE_DAYS)


def good_faith_letter(
    estimate: Estimate,
    patient: Person,
    giver: Giver,
    *,
    addressee: tuple[str, ...],
    written_on: date,
    day: date,
    diagnoses: Sequence[str],
    words: Sequence[str],
) -> Letter:
    """The letter. `words` say what each line is, in the practice's own words; empty: nobody wrote any."""
    billing = giver.billing
    name = " ".join(part for part in (patient.name.first, patient.name.middle, patient.name.last) if part)
    place = address_lines(giver.place or billing.address)
    facts = (
        Fact("Patient", name),
        Fact("Born", f"{patient.birth_date:%m/%d/%Y}" if patient.birth_date else "not known"),
        Fact("Day of service", f"{day:%m/%d/%Y}"),
        Fact("Diagnoses", ", ".join(_with_dot(one) for one in diagnoses) or "not known before the visit"),
        Fact("Provider", billing.name.last),
        Fact("NPI", billing.npi or "not known"),
        Fact("Tax ID", billing.reference("EI") or billing.reference("SY") or "not known"),
        Fact("Where", ", ".join(part for part in (giver.place_name, *place) if part)),
        Fact("Expected charges, together", format_dollars(estimate.high_cents)),
    )
    return Letter(
        title="Good faith estimate",
        written_on=written_on,
        sender=(billing.name.last, *address_lines(billing.address)),
        addressee=addressee,
        facts=facts,
        items=tuple(_items(estimate, words)),
        paragraphs=(
            "You told us that you have no insurance for this visit, or do not want to use it. This is what we expect "
            "to charge you for it:",
            *_SAID_TO_ALL,
        ),
    )


_SAID_TO_ALL = (
    "This is an estimate by what we know today. What is needed during your visit may differ from it, and so may the "
    "services and the charges. It lists the services of our practice alone.",
    "We may advise other services in the course of your care that have to be booked or asked for separately. They are "
    "not on this estimate; you will get an estimate of their own for them when they are booked, or whenever you ask.",
    "This estimate is no contract. It does not oblige you to get any of these services from us.",
    "If you are billed $400 or more above this estimate, you have the right to dispute the bill. You may ask us to "
    "bring the bill into line with the estimate, to bargain about it, or to help you with its costs. You may also "
    "start a dispute with the U.S. Department of Health and Human Services within 120 calendar days (about four "
    "months) of the date of the first bill; its fee is $25. If the reviewer agrees with you, you pay the price on this "
    "estimate; if not, what the reviewer decides. We do not collect the bill while a dispute is open, and a dispute "
    "will not make your care any worse.",
    "How to start a dispute is told at www.cms.gov/nosurprises/consumers, or by telephone at 1-800-985-3059. Keep this "
    "estimate, or a picture of it: you may need it.",
)
"""What 45 CFR 149.610(c)(1)(vii) to (x) wants said, in the office's words"""


def _with_dot(code: str) -> str:
    return code if "." in code or len(code) <= _CATEGORY else f"{code[:_CATEGORY]}.{code[_CATEGORY:]}"


def _items(estimate: Estimate, words: Sequence[str]) -> list[str]:
    told = []
    for line, said in zip(estimate.lines, words, strict=True):
        code = "-".join((line.procedure, *line.modifiers))
        times = "" if line.units == 1 else f", {line.units:f} units"
        told.append(f"{said + ', ' if said else ''}code {code}{times}: {format_dollars(line.high_cents)}")
    return told
