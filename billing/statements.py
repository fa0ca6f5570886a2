"""The patient's statement: one view model, from which its page and its PDF are made.

It says for each visit what was charged, what the plan paid, what was taken off, and why the rest is the patient's.
Nothing clinical stands on it but the codes of the services; an itemised bill is another paper.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from billing.adjustment_codes import PATIENT_SHARE_WORDS
from billing.claim import Address, Claim, Party, Person
from billing.denial_codes import REASON_CODES
from billing.dunning import Notice
from billing.held_policies import is_minor
from billing.ledger import MOVED
from billing.letters import address_lines
from billing.money import format_dollars

TITLES: dict[Notice, str] = {
    Notice.STATEMENT: "Statement",
    Notice.REMINDER: "Statement: a reminder",
    Notice.FINAL_NOTICE: "Final notice",
}
_MESSAGES: dict[Notice, str] = {
    Notice.STATEMENT: "This is your share of the visits below. Please pay it by the day below, or {call}.",
    Notice.REMINDER: "We have not received all of your share yet. If you have paid meanwhile, thank you; please "
    "disregard this reminder.",
    Notice.FINAL_NOTICE: "This is the last notice for the visits below. Please pay, or {call} about a payment plan, "
    "financial help, or anything you do not agree with, before the day below. After that day the balance may be given "
    "to a collection agency.",
}
AGES = ((30, "up to 30 days"), (60, "31 to 60 days"), (90, "61 to 90 days"))
OLDER = "over 90 days"
QUESTIONS = (
    "Tell us before the day above about an amount that you do not agree with, other insurance, a payment plan, or help "
    "with the bill. You may ask for an itemised bill at no cost. Put the number of this paper on your cheque."
)
"""Ends every paper"""


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """One service of a visit, in cents: charged = plan_paid + taken_off + you_paid + owed + with_plan."""

    service: str
    charged_cents: int
    plan_paid_cents: int
    taken_off_cents: int
    """Given up by contract or by the practice"""
    you_paid_cents: int
    owed_cents: int
    """The patient's, still open"""


@dataclass(frozen=True, slots=True)
class VisitPart:
    """One visit on a statement."""

    number: str
    """The practice's own number"""
    day: date
    provider: str
    plan: str
    rows: tuple[ServiceRow, ...]
    why: tuple[str, ...]
    """Why the rest is the patient's"""
    billed_first_on: date | None
    """None: this paper is the first"""
    patient: str = ""
    """First name, where the paper is about another patient than its account is named by, or about several"""

    @property
    def owed_cents(self) -> int:
        return sum(row.owed_cents for row in self.rows)


@dataclass(frozen=True, slots=True)
class Statement:
    """What one paper says."""

    number: str
    notice: Notice
    written_on: date
    pay_by: date
    sender: tuple[str, ...]
    addressee: tuple[str, ...]
    visits: tuple[VisitPart, ...]
    total_cents: int
    ages: tuple[tuple[str, int], ...]
    """What is owed by how long it has been billed"""
    message: str
    cheques_to: tuple[str, ...] = ()
    """Name and address for cheques, where it is not the sender's"""
    pay_at: str = ""
    """Address of the pay page, secret as the paper is; empty on papers from before there was one"""

    @property
    def title(self) -> str:
        return TITLES[self.notice]

    @property
    def questions(self) -> str:
        return QUESTIONS


def visit_part(
    claim: Claim,
    *,
    number: str,
    plan: str,
    rows: Sequence[ServiceRow],
    shares: Mapping[str, int],
    billed_first_on: date | None,
    patient: str = "",
) -> VisitPart:
    """One visit; `shares` are the cents that came to the patient by reason (`PR-1`); `patient` is named where the paper
    is about several."""
    rendering = claim.provider("82")
    name = claim.billing_provider.name if rendering is None else rendering.name
    provider = " ".join(part for part in (name.first, name.last) if part)
    return VisitPart(
        number=number,
        day=claim.service_from,
        provider=provider,
        plan=plan,
        rows=tuple(rows),
        why=tuple(_why(code, cents) for code, cents in sorted(shares.items()) if cents > 0),
        billed_first_on=billed_first_on,
        patient=patient,
    )


def format_telephone(digits: str) -> str:
    """`6145550100` -> `(614) 555-0100`."""
    return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}"


def statement(
    payee: Party,
    patient: Person,
    visits: Sequence[VisitPart],
    *,
    number: str,
    notice: Notice,
    written_on: date,
    pay_by: date,
    telephone: str | None = None,
    pay_to: Address | None = None,
    addressee: tuple[str, ...] = (),
    pay_at: str = "",
) -> Statement:
    """The paper for one account, from who billed its newest visit to `addressee`, else to the patient.
    `telephone`: ten digits, where the patient calls; without it the paper asks to write. `pay_to`: where cheques go
    when they do not go to who billed."""
    reached = [f"Telephone {format_telephone(telephone)}"] if telephone else []
    call = f"call us at {format_telephone(telephone)}" if telephone else "write to us"
    return Statement(
        number=number,
        notice=notice,
        written_on=written_on,
        pay_by=pay_by,
        sender=(payee.name.last, *address_lines(payee.address), *reached),
        addressee=addressee or addressee_of(patient, on=written_on),
        visits=tuple(visits),
        total_cents=sum(one.owed_cents for one in visits),
        ages=_ages(visits, written_on),
        message=_MESSAGES[notice].format(call=call),
        cheques_to=(payee.name.last, *address_lines(pay_to)) if pay_to else (),
        pay_at=pay_at,
    )


def addressee_of(patient: Person, guarantor: Person | None = None, *, on: date) -> tuple[str, ...]:
    """Name and address as the envelope shows them: the guarantor's; a minor's parent's where none is known."""
    if guarantor is not None:
        return (_full_name(guarantor), *address_lines(guarantor.address or patient.address))
    to = f"Parent or guardian of {_full_name(patient)}" if is_minor(patient, on) else _full_name(patient)
    return (to, *address_lines(patient.address))


def _full_name(person: Person) -> str:
    return " ".join(part for part in (person.name.first, person.name.last) if part)


def why_out_of_date(
    paper: Statement, owed: Mapping[str, int], addressee: tuple[str, ...], withheld: Collection[str] = ()
) -> str | None:
    """Why a paper that nobody has sent yet is not to be sent; None: it says what is so. `owed`: cents by visit number,
    of the visits that may be billed now; `withheld`: numbers of those that may not, since their bill is disputed.
    """
    if any(visit.number in withheld for visit in paper.visits):
        return "the bill of a visit on it is disputed, or looked at"
    if not any(visit.number in owed for visit in paper.visits):
        return "nothing on it is owed any more"
    if any(owed.get(visit.number, 0) != visit.owed_cents for visit in paper.visits):
        return "what is owed has changed"
    return None if paper.addressee == addressee else "the patient's name or address has changed"


def _ages(visits: Sequence[VisitPart], today: date) -> tuple[tuple[str, int], ...]:
    sums = {label: 0 for _, label in AGES} | {OLDER: 0}
    for visit in visits:
        days = 0 if visit.billed_first_on is None else (today - visit.billed_first_on).days
        label = next((label for limit, label in AGES if days <= limit), OLDER)
        sums[label] += visit.owed_cents
    return tuple(sums.items())


def _why(code: str, cents: int) -> str:
    if code == MOVED:
        return f"{format_dollars(cents)} is what our earlier books say you owe."
    reason = code.partition("-")[2]
    words = {
        "1": "went to your deductible: what you pay each year before the plan pays",
        "2": "is your coinsurance: the part of the allowed amount that your plan leaves to you",
        "3": "is your copayment: the fixed amount for this kind of visit",
    }.get(reason)
    if words is None:
        known = REASON_CODES.get(reason)
        said = PATIENT_SHARE_WORDS.get(reason) or (known.words if known else "your plan left it to you")
        words = f"was left to you by your plan: {said}"
    return f"{format_dollars(cents)} {words}."
