"""The patient's statement: one view model, from which its page and its PDF are made.

It says for each visit what was charged, what the plan paid, what was taken off, and why the rest is the patient's.
Nothing clinical stands on it but the codes of the services; an itemised bill is another paper.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from billing.assistance import Scale
from billing.claim import Address, Claim, Party, Person
from billing.denial_codes import REASON_CODES
from billing.dunning import Notice
from billing.instalments import Instalment
from billing.ledger import MOVED
from billing.letters import address_lines
from billing.majority import is_under_age
from billing.money import Cents, format_dollars
from billing.prompt_pay import Chance
from billing.statement_notices import required
from billing.statement_words import ENGLISH, WORDS, Language, call_us, long_day, say

HELP = "help"
"""Reason of what was taken off because help with the bill was granted, among the reasons of shares"""
AGES = ((30, "age_30"), (60, "age_60"), (90, "age_90"))
OLDER = "age_older"


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
    chance: Chance | None = None
    """What settles it sooner; None on papers from before there was such a thing too"""
    prompt_pay: str = ""
    """The same in words"""

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
    """What is owed by how long it has been billed, each with its words"""
    message: str
    cheques_to: tuple[str, ...] = ()
    """Name and address for cheques, where it is not the sender's"""
    pay_at: str = ""
    """Address of the pay page, secret as the paper is; empty on papers from before there was one"""
    language: Language = Language.ENGLISH
    ways: tuple[str, ...] = ()
    """How to pay"""
    agreement: str = ""
    """What is paid in parts beside it"""
    notices: tuple[str, ...] = ()
    """What the law wants to stand on it"""
    prompt_pay: str = ""
    """What settles all of it sooner, where something is taken off for that"""

    @property
    def title(self) -> str:
        """As staff read it."""
        return ENGLISH[self.notice]


def visit_part(
    claim: Claim,
    *,
    number: str,
    plan: str,
    rows: Sequence[ServiceRow],
    shares: Mapping[str, int],
    billed_first_on: date | None,
    patient: str = "",
    is_self_pay: bool = False,
    language: Language = Language.ENGLISH,
    chance: Chance | None = None,
) -> VisitPart:
    """One visit; `shares` are the cents that came to the patient by reason (`PR-1`); `patient` is named where the paper
    is about several; `chance`: what may be paid instead of what is owed."""
    why = [_why(code, cents, language) for code, cents in sorted(shares.items()) if cents > 0]
    if is_self_pay and not why:
        why = [say(language, "why_alone")]
    return VisitPart(
        number=number,
        day=claim.service_from,
        provider=seen_by(claim),
        plan=plan,
        rows=tuple(rows),
        why=tuple(why),
        billed_first_on=billed_first_on,
        patient=patient,
        chance=chance,
        prompt_pay=_prompt_pay("prompt_pay", [chance], chance.owed_cents, language) if chance else "",
    )


def seen_by(claim: Claim) -> str:
    """Who saw the patient, else who bills."""
    rendering = claim.provider("82")
    name = claim.billing_provider.name if rendering is None else rendering.name
    return " ".join(part for part in (name.first, name.last) if part)


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
    language: Language = Language.ENGLISH,
    is_self_pay: bool = False,
    agreement: str = "",
    assistance: Scale | None = None,
    is_hospital: bool = False,
) -> Statement:
    """The paper for one account, from who billed its newest visit to `addressee`, else to the patient.
    `telephone`: ten digits, where the patient calls; without it the paper asks to write. `pay_to`: where cheques go
    when they do not go to who billed. `is_self_pay`: it is about a visit that no insurance was billed for.
    `assistance`: the practice's policy on help with bills; `is_hospital`: its plain-language summary goes along."""
    printed = format_telephone(telephone) if telephone else None
    reached = [say(language, "telephone", telephone=printed)] if printed else []
    cheques_to = (payee.name.last, *address_lines(pay_to)) if pay_to else ()
    return Statement(
        number=number,
        notice=notice,
        written_on=written_on,
        pay_by=pay_by,
        sender=(payee.name.last, *address_lines(payee.address), *reached),
        addressee=addressee or addressee_of(patient, on=written_on, language=language),
        visits=tuple(visits),
        total_cents=sum(one.owed_cents for one in visits),
        ages=_ages(visits, written_on, language),
        message=say(language, f"{notice}_message", call=call_us(printed, language)),
        cheques_to=cheques_to,
        pay_at=pay_at,
        language=language,
        ways=_ways(", ".join(cheques_to) or payee.name.last, number, printed, language, has_page=bool(pay_at)),
        agreement=agreement,
        notices=(
            *(_help_notices(assistance, printed, language, is_hospital=is_hospital) if assistance else ()),
            *_notices(written_on, printed, language, is_self_pay=is_self_pay),
        ),
        prompt_pay=_prompt_pay_all(visits, language),
    )


def _prompt_pay_all(visits: Sequence[VisitPart], language: Language) -> str:
    """What settles the whole paper by the first day on which an offer ends."""
    chances = [one.chance for one in visits if one.chance is not None]
    total = Cents(sum(one.owed_cents for one in visits))
    return _prompt_pay("prompt_pay_all", chances, total, language) if chances else ""


def _prompt_pay(key: str, chances: Sequence[Chance], owed: Cents, language: Language) -> str:
    off = Cents(sum(one.off_cents for one in chances))
    return say(
        language,
        key,
        pay=format_dollars(Cents(owed - off)),
        day=long_day(min(one.last_day for one in chances), language),
        off=format_dollars(off),
        owed=format_dollars(owed),
    )


def _ways(payee: str, number: str, telephone: str | None, language: Language, *, has_page: bool) -> tuple[str, ...]:
    ways = [say(language, "by_page")] if has_page else []
    ways.append(say(language, "by_cheque", payee=payee, number=number))
    return (*ways, say(language, "by_telephone", telephone=telephone)) if telephone else tuple(ways)


def _notices(on: date, telephone: str | None, language: Language, *, is_self_pay: bool) -> tuple[str, ...]:
    said = []
    for one in required(on, is_self_pay=is_self_pay):
        others = [other for other in Language if other != language] if one.in_every_language else []
        said += [say(each, one.key, call=call_us(telephone, each)) for each in (language, *others)]
    return tuple(said)


def _help_notices(scale: Scale, telephone: str | None, language: Language, *, is_hospital: bool) -> tuple[str, ...]:
    """That there is help, where to ask for it, and where the policy can be read (26 CFR 1.501(r)-4(b)(5))."""
    said = [say(language, "notice_assistance", call=call_us(telephone, language))]
    said += [say(language, "notice_assistance_web", web=scale.web)] if scale.web else []
    summary = (scale.summary_spanish if language == Language.SPANISH else "") or scale.summary
    return (*said, summary) if is_hospital and summary else tuple(said)


def agreement_in_words(
    agreed_on: date, *, total: Cents, paid: Cents, parts: Sequence[Instalment], language: Language
) -> str:
    """What is paid in parts, and what is to come by when. `parts`: those that are still open."""
    to_come = [
        say(language, "part", amount=format_dollars(one.cents), day=long_day(one.day, language)) for one in parts
    ]
    return say(
        language,
        "agreement",
        day=long_day(agreed_on, language),
        total=format_dollars(total),
        paid=format_dollars(paid),
        parts="; ".join(to_come),
    )


def addressee_of(
    patient: Person, guarantor: Person | None = None, *, on: date, language: Language = Language.ENGLISH
) -> tuple[str, ...]:
    """Name and address as the envelope shows them: the guarantor's; a minor's parent's where none is known."""
    if guarantor is not None:
        return (_full_name(guarantor), *address_lines(guarantor.address or patient.address))
    name = _full_name(patient)
    to = say(language, "guardian", name=name) if is_under_age(patient, on) else name
    return (to, *address_lines(patient.address))


def _full_name(person: Person) -> str:
    return " ".join(part for part in (person.name.first, person.name.last) if part)


def why_out_of_date(
    paper: Statement,
    owed: Mapping[str, int],
    addressee: tuple[str, ...],
    withheld: Collection[str] = (),
    *,
    language: Language = Language.ENGLISH,
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
    if paper.language != language:
        return "the patient reads another language"
    return None if paper.addressee == addressee else "the patient's name or address has changed"


def _ages(visits: Sequence[VisitPart], today: date, language: Language) -> tuple[tuple[str, int], ...]:
    sums = {label: 0 for _, label in AGES} | {OLDER: 0}
    for visit in visits:
        days = 0 if visit.billed_first_on is None else (today - visit.billed_first_on).days
        label = next((label for limit, label in AGES if days <= limit), OLDER)
        sums[label] += visit.owed_cents
    return tuple((say(language, label), cents) for label, cents in sums.items())


def _why(code: str, cents: int, language: Language) -> str:
    amount = format_dollars(cents)
    if code == HELP:
        return say(language, "why_assistance", amount=amount)
    if code == MOVED:
        return say(language, "why_moved", amount=amount)
    reason = code.partition("-")[2]
    if f"why_{reason}" in WORDS[language]:
        return say(language, f"why_{reason}", amount=amount)
    known = REASON_CODES.get(reason) if language == Language.ENGLISH else None
    return say(language, "why_other", amount=amount, reason=known.words if known else say(language, "reason_unknown"))
