"""Letters: one view model per letter, from which its page and its PDF are made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from billing.claim import Address, Claim, Party, Person
from billing.money import format_dollars
from billing.statement_words import Language


class Way(StrEnum):
    """How a letter left."""

    MAIL = "mail"
    CERTIFIED_MAIL = "certified_mail"
    FAX = "fax"
    PORTAL = "portal"
    EMAIL = "email"


WAYS: dict[Way, str] = {
    Way.MAIL: "by mail",
    Way.CERTIFIED_MAIL: "by certified mail",
    Way.FAX: "by fax",
    Way.PORTAL: "through the payer's portal",
    Way.EMAIL: "by e-mail",
}
TYPED_WAYS: dict[Way, str] = {way: words for way, words in WAYS.items() if way != Way.EMAIL}
"""Those that a person says of a letter to a payer"""
NUMBERS: dict[Way, str] = {
    Way.MAIL: "",
    Way.CERTIFIED_MAIL: "the tracking number",
    Way.FAX: "the fax's confirmation",
    Way.PORTAL: "the portal's reference",
    Way.EMAIL: "",
}
"""What proves each, where the way has a proof"""

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
    columns: tuple[str, ...] = ()
    """Heads of the table after the first paragraph; empty: there is none"""
    rows: tuple[tuple[str, ...], ...] = ()
    language: Language = Language.ENGLISH
    """That it is written in"""


def appeal_letter(
    claim: Claim,
    *,
    written_on: date,
    payer_claim_number: str | None,
    answered_on: date,
    level: int,
    level_name: str,
    disputed: Sequence[str],
    amount_cents: int,
    argument: str,
) -> Letter:
    """An appeal of a payer's decision: what was refused, why it should be paid, and what is asked for."""
    provider = claim.billing_provider
    facts = [
        Fact("Patient", full_name(claim.patient)),
        Fact("Member ID", claim.coverage.member_id or "not known"),
        Fact("Claim", payer_claim_number or "not known"),
        Fact("Date of service", service_days(claim)),
        Fact("Billed", format_dollars(claim.charge_cents)),
        Fact("In dispute", format_dollars(amount_cents)),
        Fact("Your decision of", f"{answered_on:%B} {answered_on.day}, {answered_on.year}"),
        Fact("Provider NPI", provider.id or "not known"),
    ]
    nth = "an appeal" if level == 1 else f"an appeal at level {level} ({level_name})"
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


def recovery_dispute(
    claim: Claim,
    *,
    written_on: date,
    payer_claim_number: str | None,
    reference: str,
    dated_on: date,
    amount_cents: int,
    argument: str,
) -> Letter:
    """The answer to a payer that wants back what it paid: why it was right, and that nothing is to be taken."""
    provider = claim.billing_provider
    return Letter(
        title="Dispute of a recovery",
        written_on=written_on,
        sender=_letterhead(provider),
        addressee=(claim.coverage.payer.name.last, "Recoveries", *address_lines(claim.coverage.payer.address)),
        facts=(
            Fact("Your reference", reference),
            Fact("Your letter of", f"{dated_on:%B} {dated_on.day}, {dated_on.year}"),
            Fact("Patient", full_name(claim.patient)),
            Fact("Member ID", claim.coverage.member_id or "not known"),
            Fact("Claim", payer_claim_number or "not known"),
            Fact("Date of service", service_days(claim)),
            Fact("You want back", format_dollars(amount_cents)),
            Fact("Provider NPI", provider.id or "not known"),
        ),
        paragraphs=(
            "We dispute the recovery named above: your payment was right.",
            *[part.strip() for part in argument.split("\n") if part.strip()],
            "Please take nothing out of other payments while you review it, and tell us your decision in writing.",
        ),
    )


@dataclass(frozen=True, slots=True)
class ShortLine:
    """One line that a reconsideration is about."""

    payer_claim_number: str | None
    patient: str
    member_id: str | None
    service_date: date
    procedure: str
    """With its modifiers"""
    charge_cents: int
    expected_cents: int
    allowed_cents: int
    rule: str
    """How the contract comes to what is expected"""
    recode: str = ""


COLUMNS = ("Claim, patient, member ID", "Date", "Service", "Billed", "Contract", "Allowed", "Difference")


def reconsideration_letter(
    claim: Claim, lines: Sequence[ShortLine], *, written_on: date, contracts: Sequence[str], argument: str
) -> Letter:
    """What is asked of a payer that allowed less than its contract: the computation line by line, of one claim or of
    several. `claim` is one of them: it names the provider and the payer."""
    provider = claim.billing_provider
    claims = list(dict.fromkeys((one.payer_claim_number, one.patient, one.service_date) for one in lines))
    total = sum(one.expected_cents - one.allowed_cents for one in lines)
    facts = [
        Fact("Contract", ", ".join(contracts)),
        Fact("Claims" if len(claims) > 1 else "Claim", str(len(claims)) if len(claims) > 1 else claims[0][0] or "-"),
        Fact("In dispute", format_dollars(total)),
        Fact("Provider NPI", provider.id or "not known"),
    ]
    return Letter(
        title="Request for reconsideration of payment",
        written_on=written_on,
        sender=_letterhead(provider),
        addressee=(
            claim.coverage.payer.name.last,
            "Provider reconsiderations",
            *address_lines(claim.coverage.payer.address),
        ),
        facts=tuple(facts),
        paragraphs=(
            "The amounts that you allowed for the services below are lower than our contract with you says. "
            "We ask you to process them again.",
            f"The contract comes to these amounts so: {_how(lines)}.",
            *[f"You changed what we billed: {changed}." for changed in _recodes(lines)],
            *[part.strip() for part in argument.split("\n") if part.strip()],
            f"Please pay the difference of {format_dollars(total)}, or write to us how you come to your amounts.",
        ),
        columns=COLUMNS,
        rows=tuple(_cells(one) for one in lines),
    )


def _how(lines: Sequence[ShortLine]) -> str:
    """Each rule once, with the services that it is of."""
    services: dict[str, dict[str, None]] = {}
    for one in lines:
        services.setdefault(one.rule, {})[one.procedure] = None
    return "; ".join(f"{', '.join(codes)}: {rule}" for rule, codes in services.items())


def _recodes(lines: Sequence[ShortLine]) -> list[str]:
    named = [f"{one.payer_claim_number or one.patient}, {one.recode}" for one in lines if one.recode]
    return ["; ".join(dict.fromkeys(named))] if named else []


def _cells(line: ShortLine) -> tuple[str, ...]:
    return (
        ", ".join(part for part in (line.payer_claim_number, line.patient, line.member_id) if part),
        f"{line.service_date:%m/%d/%Y}",
        line.procedure,
        format_dollars(line.charge_cents),
        format_dollars(line.expected_cents),
        format_dollars(line.allowed_cents),
        format_dollars(line.expected_cents - line.allowed_cents),
    )


def records_letter(
    claim: Claim,
    *,
    written_on: date,
    payer_claim_number: str | None,
    attachment_number: str,
    payer_reference: str | None,
    asked: str,
    codes: str,
    remark: str,
    control_number: str,
) -> Letter:
    """The cover sheet of documents that a payer asked for, with the numbers by which it puts them to its claim."""
    provider = claim.billing_provider
    facts = (
        Fact("Attachment control number", attachment_number),
        *([Fact("Your request", payer_reference)] if payer_reference else []),
        Fact("Claim", payer_claim_number or "not known"),
        Fact("Our control number", control_number),
        Fact("Patient", full_name(claim.patient)),
        Fact("Member ID", claim.coverage.member_id or "not known"),
        Fact("Date of service", service_days(claim)),
        Fact("Billed", format_dollars(claim.charge_cents)),
        Fact("You asked", codes),
        Fact("Provider NPI", provider.id or "not known"),
    )
    return Letter(
        title="Documents that you asked for",
        written_on=written_on,
        sender=_letterhead(provider),
        addressee=(claim.coverage.payer.name.last, "Claims", *address_lines(claim.coverage.payer.address)),
        facts=facts,
        paragraphs=(
            f"For the claim named above you asked for: {asked}. You find it behind this page.",
            *[part.strip() for part in remark.split("\n") if part.strip()],
            "Please process the claim with these documents.",
        ),
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
    the payer may not have answered."""
    facts = (
        Fact("Received from", full_name(patient)),
        Fact("Amount", format_dollars(amount_cents)),
        Fact("Paid by", method if reference is None else f"{method}, {reference}"),
        Fact("For the visit", f"{visit} of {service_days(claim)}"),
        Fact("Receipt number", number),
    )
    says = "Thank you for your payment."
    if not is_self_pay:
        says += " What your plan leaves to you may differ; a statement will say so."
    return _receipt(
        claim.billing_provider, patient, facts, says=says, received_on=received_on, taken_back_on=taken_back_on
    )


@dataclass(frozen=True, slots=True)
class PaidVisit:
    """What one visit got of money for the whole account."""

    number: str
    service_date: date
    cents: int


def account_receipt(
    payee: Party,
    person: Person,
    visits: Sequence[PaidVisit],
    *,
    number: str,
    received_on: date,
    method: str,
    reference: str | None,
    taken_back_on: date | None = None,
) -> Letter:
    """What who answers for an account takes home: all that came, and the visits that it went to."""
    amount = sum(one.cents for one in visits)
    went = [
        Fact(f"For the visit of {one.service_date:%m/%d/%Y}", f"{format_dollars(one.cents)} ({one.number})")
        for one in visits
    ]
    facts = (
        Fact("Received from", full_name(person)),
        Fact("Amount", format_dollars(amount)),
        Fact("Paid by", method if reference is None else f"{method}, {reference}"),
        *went,
        Fact("Receipt number", number),
    )
    return _receipt(
        payee, person, facts, says="Thank you for your payment.", received_on=received_on, taken_back_on=taken_back_on
    )


def _receipt(
    payee: Party,
    person: Person,
    facts: tuple[Fact, ...],
    *,
    says: str,
    received_on: date,
    taken_back_on: date | None,
) -> Letter:
    """Of a payment that was taken back since it says VOID in its title, so that nobody takes it for money."""
    title = "Receipt"
    if taken_back_on is not None:
        title = f"Receipt: VOID - taken back on {taken_back_on:%B} {taken_back_on.day}, {taken_back_on.year}"
        says = "This receipt is void: the payment was taken back, and nothing is paid by it."
    return Letter(
        title=title,
        written_on=received_on,
        sender=_letterhead(payee),
        addressee=(full_name(person), *address_lines(person.address)),
        facts=facts,
        paragraphs=(says,),
        closing="With thanks," if taken_back_on is None else "Sincerely,",
    )


def refund_letter(
    claim: Claim, *, written_on: date, payer_claim_number: str | None, amount_cents: int, reason: str
) -> Letter:
    """What goes to a payer with the cheque that pays it back."""
    sender, addressee, patient = head_of(claim)
    facts = (
        Fact("Patient", patient),
        Fact("Member ID", claim.coverage.member_id or "not known"),
        Fact("Claim", payer_claim_number or "not known"),
        Fact("Date of service", service_days(claim)),
        Fact("Billed", format_dollars(claim.charge_cents)),
        Fact("Refund", format_dollars(amount_cents)),
    )
    says = (
        f"Our records show that {format_dollars(amount_cents)} was paid on this claim beyond what was owed: {reason}. "
        "A cheque for this amount is enclosed.",
        "Please apply it to this claim, and do not take the same amount out of a later payment.",
    )
    return Letter(
        title="Refund of an overpayment",
        written_on=written_on,
        sender=sender,
        addressee=addressee,
        facts=facts,
        paragraphs=says,
    )


def head_of(claim: Claim) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """(lines of the letterhead, of the payer's address, the patient's name) of a letter to a claim's payer."""
    payer = claim.coverage.payer
    return (
        _letterhead(claim.billing_provider),
        (payer.name.last, *address_lines(payer.address)),
        full_name(claim.patient),
    )


def _letterhead(provider: Party) -> tuple[str, ...]:
    return (provider.name.last, *address_lines(provider.address))


def full_name(person: Person) -> str:
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
