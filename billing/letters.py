"""Letters: one view model per letter, from which its page and its PDF are made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from billing.claim import Address, Claim, Party, Person
from billing.money import format_dollars

ZIP_PLUS_FOUR = 9
"""Digits of a long postal code, which is printed with a dash"""


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the letter's head."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter says."""

    title: str
    written_on: date
    sender: tuple[str, ...]
    """Lines of the letterhead"""
    addressee: tuple[str, ...]
    facts: tuple[Fact, ...]
    """What the matter is known by"""
    paragraphs: tuple[str, ...]
    items: tuple[str, ...] = ()
    """What is disputed, one a line"""
    closing: str = "Sincerely,"


def appeal_letter(
    claim: Claim,
    *,
    written_on: date,
    payer_claim_number: str | None,
    answered_on: date,
    level: int,
    disputed: Sequence[str],
    amount_cents: int,
    argument: str,
) -> Letter:
    """An appeal of a payer's decision: what was refused, why it should be paid, and what is asked for."""
    provider = claim.billing_provider
    facts = [
        Fact("Patient", _full_name(claim.patient)),
        Fact("Member ID", claim.coverage.member_id or "not known"),
        Fact("Claim", payer_claim_number or "not known"),
        Fact("Date of service", service_days(claim)),
        Fact("Billed", format_dollars(claim.charge_cents)),
        Fact("In dispute", format_dollars(amount_cents)),
        Fact("Your decision of", f"{answered_on:%B} {answered_on.day}, {answered_on.year}"),
        Fact("Provider NPI", provider.id or "not known"),
    ]
    nth = "an appeal" if level == 1 else f"an appeal at level {level}"
    return Letter(
        title="Appeal of a claim decision",
        written_on=written_on,
        sender=_letterhead(provider),
        addressee=(claim.coverage.payer.name.last, "Appeals", *address_lines(claim.coverage.payer.address)),
        facts=tuple(facts),
        paragraphs=(
            f"We ask for {nth} of your decision on the claim named above. You did not pay:",
            *[part.strip() for part in argument.split("\n") if part.strip()],
            "Please review the claim, pay the amount in dispute, and tell us your decision and its reasons in writing.",
        ),
        items=tuple(disputed),
    )


def receipt(
    claim: Claim,
    patient: Person,
    *,
    number: str,
    visit: str,
    received_on: date,
    amount_cents: int,
    method: str,
    reference: str | None,
    is_self_pay: bool,
    taken_back_on: date | None = None,
) -> Letter:
    """What a patient, as the office knows them today, takes home after paying; silent about what is still owed, as
    the payer may not have answered.

    That of a payment that was taken back since says VOID in its title, so that nobody takes it for money.
    """
    facts = (
        Fact("Received from", _full_name(patient)),
        Fact("Amount", format_dollars(amount_cents)),
        Fact("Paid by", method if reference is None else f"{method}, {reference}"),
        Fact("For the visit", f"{visit} of {service_days(claim)}"),
        Fact("Receipt number", number),
    )
    title, says = "Receipt", "Thank you for your payment."
    if not is_self_pay:
        says += " What your plan leaves to you may differ; a statement will say so."
    if taken_back_on is not None:
        title = f"Receipt: VOID - taken back on {taken_back_on:%B} {taken_back_on.day}, {taken_back_on.year}"
        says = "This receipt is void: the payment was taken back, and nothing is paid by it."
    return Letter(
        title=title,
        written_on=received_on,
        sender=_letterhead(claim.billing_provider),
        addressee=(_full_name(patient), *address_lines(patient.address)),
        facts=facts,
        paragraphs=(says,),
        closing="With thanks," if taken_back_on is None else "Sincerely,",
    )


def head_of(claim: Claim) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """(lines of the letterhead, of the payer's address, the patient's name) of a letter to a claim's payer."""
    payer = claim.coverage.payer
    return (
        _letterhead(claim.billing_provider),
        (payer.name.last, *address_lines(payer.address)),
        _full_name(claim.patient),
    )


def _letterhead(provider: Party) -> tuple[str, ...]:
    return (provider.name.last, *address_lines(provider.address))


def _full_name(person: Person) -> str:
    name = person.name
    return " ".join(part for part in (name.first, name.middle, name.last, name.suffix) if part)


def service_days(claim: Claim) -> str:
    """`03/31/2026`, or the first and the last day."""
    first, last = claim.service_from, claim.service_to
    return f"{first:%m/%d/%Y}" if first == last else f"{first:%m/%d/%Y} to {last:%m/%d/%Y}"


def address_lines(address: Address | None) -> tuple[str, ...]:
    """An address as the lines of an envelope; none when it is not known."""
    if address is None:
        return ()
    street = tuple(part for part in (address.street, address.street_2) if part)
    code = address.postal_code or ""
    if len(code) == ZIP_PLUS_FOUR and code.isdigit():
        code = f"{code[:5]}-{code[5:]}"
    return (*street, " ".join(part for part in (address.city, address.state, code) if part))
