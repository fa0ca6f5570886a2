"""What a payer's 277 means for the office, and what is done next: a table by category, and one decision.

STC01-1 says where the claim stands: P pending, F finalized, R more is wanted, A received or refused, D and E no answer.
Source: 005010X212, and the category codes of code list 507; the words are the office's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from billing.acknowledgment import StatusReason
from billing.claim_status import ClaimStatus, StatusVerdict
from billing.information import asked_in
from billing.money import Cents, format_dollars
from billing.policies import Policies

RETRY_LADDER = (timedelta(hours=1), timedelta(hours=8), timedelta(days=1))
"""How long to wait after the first, second ... try of a status inquiry that brought no answer; then a person asks"""
PENDING_ASKS_A_PERSON = 2
"""So many pending answers in a row, and a person looks into it"""


class Meaning(StrEnum):
    """What an answer says of the claim."""

    UNDER_WAY = "under_way"
    """Received, forwarded or acknowledged: not in adjudication yet"""
    PENDING = "pending"
    """In adjudication"""
    WANTS_INFORMATION = "wants_information"
    """The payer waits for something from the office or the patient"""
    PAID = "paid"
    DENIED = "denied"
    """Decided, and nothing is paid"""
    NOT_FOUND = "not_found"
    REJECTED = "rejected"
    """Refused before adjudication"""
    NOBODY_KNOWN = "nobody_known"
    """The payer does not find the person or the provider, which a second copy of the claim would not change"""
    NO_ANSWER = "no_answer"
    """The payer's system cannot answer now"""
    REFUSED_QUESTION = "refused_question"
    """The inquiry itself is refused: asking the same again brings the same"""
    UNKNOWN = "unknown"
    """A code that the office does not know"""


_BY_CATEGORY: dict[str, Meaning] = {
    **dict.fromkeys(("A0", "A1"), Meaning.UNDER_WAY),
    **dict.fromkeys(("A2", "A5"), Meaning.PENDING),
    **dict.fromkeys(("A3", "A6", "A7", "A8"), Meaning.REJECTED),
    "A4": Meaning.NOT_FOUND,
    "D0": Meaning.NOBODY_KNOWN,
    **dict.fromkeys(("E1", "E2"), Meaning.NO_ANSWER),
    **dict.fromkeys(("E0", "E3", "E4"), Meaning.REFUSED_QUESTION),
    **dict.fromkeys(("F1", "F3", "F3F", "F3N"), Meaning.PAID),
    **dict.fromkeys(("F2", "F4"), Meaning.DENIED),
    **dict.fromkeys(("P0", "P1", "P2", "P5"), Meaning.PENDING),
    **dict.fromkeys(("P3", "P4"), Meaning.WANTS_INFORMATION),
}
_FINALIZED = "F0"
"""Finalized, without saying how: the amount decides"""
_NO_CLAIM_FOUND = frozenset({"", "35"})
"""STC01-2 under D0: no claim was found; any other status says that the person or provider was not"""

HAS_THE_CLAIM = frozenset({Meaning.PENDING, Meaning.WANTS_INFORMATION, Meaning.PAID, Meaning.DENIED})
"""Answers that only a payer gives which has the claim"""

WORDS: dict[Meaning, str] = {
    Meaning.UNDER_WAY: "the claim was received and is not in adjudication yet",
    Meaning.PENDING: "the claim is in adjudication",
    Meaning.WANTS_INFORMATION: "the payer waits for information",
    Meaning.PAID: "the payer has finalized the claim",
    Meaning.DENIED: "the payer has finalized the claim and pays nothing",
    Meaning.NOT_FOUND: "the payer finds no such claim",
    Meaning.REJECTED: "the claim was rejected before adjudication",
    Meaning.NOBODY_KNOWN: "the payer does not find the patient or the provider",
    Meaning.NO_ANSWER: "the payer cannot answer now",
    Meaning.REFUSED_QUESTION: "the payer refuses the inquiry",
    Meaning.UNKNOWN: "the payer answers with a code that this office does not know",
}


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer about one claim, as the office keeps it."""

    meaning: Meaning
    category: str
    """STC01-1"""
    status: str
    """STC01-2"""
    entity: str | None = None
    """STC01-3"""
    payer_claim_number: str | None = None
    """REF*1K"""
    paid_cents: Cents | None = None
    check_number: str | None = None
    """STC09: check or transfer number"""
    payment_date: date | None = None
    """STC08"""
    asked: str = ""
    """What the payer asks the office for, in words; empty: nothing, or it asks the patient"""
    request_number: str | None = None
    """The payer's number of its request (277RFAI)"""
    respond_by: date | None = None
    """The last day that the payer's request names"""

    @property
    def codes(self) -> str:
        """`P1:20`."""
        return f"{self.category}:{self.status}" + (f":{self.entity}" if self.entity else "")

    @property
    def words(self) -> str:
        """For a person, codes at the end."""
        parts = [WORDS[self.meaning]]
        if self.meaning == Meaning.PAID and self.paid_cents is not None:
            parts.append(f"{format_dollars(self.paid_cents)} paid")
        if self.check_number:
            parts.append(f"check or transfer {self.check_number}")
        if self.payment_date:
            parts.append(f"of {self.payment_date}")
        if self.payer_claim_number:
            parts.append(f"the payer's claim number is {self.payer_claim_number}")
        return f"{', '.join(parts)} (277 {self.codes})"


def read_status(status: ClaimStatus) -> Answered:
    """What one TRN of a 277 says: its first verdict on the claim, and the number and money that any of them names."""
    first = status.verdicts[0] if status.verdicts else None
    reason = first.reasons[0] if first and first.reasons else StatusReason("", "")
    paid = _first(status.verdicts, "paid_cents")
    return Answered(
        meaning=meaning_of(reason, paid_cents=paid),
        category=reason.category,
        status=reason.status,
        entity=reason.entity,
        payer_claim_number=status.payer_claim_number,
        paid_cents=paid,
        check_number=_first(status.verdicts, "check_number"),
        payment_date=_first(status.verdicts, "payment_date"),
        asked=_asked(status.verdicts),
        request_number=status.request_number,
        respond_by=status.respond_by,
    )


def _asked(verdicts: Sequence[StatusVerdict]) -> str:
    """R of any kind and P3 ask the provider; P4 asks the patient."""
    asking = [one for verdict in verdicts for one in verdict.reasons if _asks_provider(one.category)]
    return asked_in(asking) if asking else ""


def _asks_provider(category: str) -> bool:
    return category.upper().startswith("R") or category.upper() == "P3"


def meaning_of(reason: StatusReason, *, paid_cents: Cents | None) -> Meaning:
    """By STC01-1; F0 by what was paid, D0 by STC01-2."""
    category = reason.category.upper()
    if category == _FINALIZED:
        return Meaning.PAID if paid_cents else Meaning.DENIED
    if category == "D0" and reason.status in _NO_CLAIM_FOUND:
        return Meaning.NOT_FOUND
    if category.startswith("R"):
        return Meaning.WANTS_INFORMATION
    return _BY_CATEGORY.get(category, Meaning.UNKNOWN)


def _first(verdicts: Sequence[StatusVerdict], name: str) -> Any:
    return next((getattr(one, name) for one in verdicts if getattr(one, name) is not None), None)


class Doing(StrEnum):
    """What the office does about an answer."""

    ASK_AGAIN = "ask_again"
    """At `Next.at`"""
    TRY_AGAIN = "try_again"
    """The next rung of the ladder: nothing was learnt"""
    SEND_AGAIN = "send_again"
    """As a new original under a number of its own"""
    MEND = "mend"
    """A person mends a rejected claim"""
    TAKE_REQUEST = "take_request"
    """A person sends the documents that the payer asks for"""
    ASK_PERSON = "ask_person"


@dataclass(frozen=True, slots=True)
class Next:
    """What is done, when, and why, in words for a person."""

    doing: Doing
    at: datetime | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What the office knows when an answer comes."""

    at: datetime
    transmitted_at: datetime
    pending_before: int
    """Answers in a row, just before this one, that said pending or under way"""
    is_accepted_by_payer: bool
    """A 277CA of the payer, or an earlier answer, says that the payer has the claim"""
    was_sent_again: bool
    """The machine sent it again once because it was not found"""
    is_original: bool
    """Frequency 1: a replacement or a void is never repeated by machine"""
    is_late: bool
    """The filing limit has passed"""


def what_next(answer: Answered, known: Known, policies: Policies) -> Next:
    """The one decision about an answer. Every way ends: in a date to ask again, a new claim once, or a person."""
    today = policies.day(known.at)
    match answer.meaning:
        case Meaning.PENDING | Meaning.UNDER_WAY:
            if known.pending_before + 1 >= PENDING_ASKS_A_PERSON:
                return Next(Doing.ASK_PERSON, why="asked again, the payer still says that the claim is pending")
            days = policies.value("status_repeat_days", as_of=today)
            return Next(Doing.ASK_AGAIN, known.at + timedelta(days=max(days, 1)))
        case Meaning.NOT_FOUND:
            return _not_found(known, policies, today)
        case Meaning.REJECTED:
            return Next(Doing.MEND)
        case Meaning.NO_ANSWER:
            return Next(Doing.TRY_AGAIN)
        case Meaning.PAID | Meaning.DENIED:
            return Next(Doing.ASK_PERSON, why="the claim is finalized and no remittance has come: find the remittance")
        case Meaning.WANTS_INFORMATION if answer.asked:
            return Next(Doing.TAKE_REQUEST)
        case Meaning.WANTS_INFORMATION:
            return Next(Doing.ASK_PERSON, why="find out what the payer wants and send it")
        case Meaning.NOBODY_KNOWN:
            return Next(Doing.ASK_PERSON, why="compare patient, member id and provider with what the payer has")
        case Meaning.REFUSED_QUESTION:
            return Next(Doing.ASK_PERSON, why="ask by the payer's portal or by telephone")
    return Next(Doing.ASK_PERSON, why="the payer's list of codes says what it means")


def _not_found(known: Known, policies: Policies, today: date) -> Next:
    if known.is_accepted_by_payer:
        return Next(
            Doing.ASK_PERSON, why="it accepted the claim before: send it the proof of timely filing, or find the claim"
        )
    if not known.is_original:
        return Next(Doing.ASK_PERSON, why="a replacement or a void is not repeated by machine")
    if known.was_sent_again:
        return Next(Doing.ASK_PERSON, why="it was sent again once and is not found either")
    if known.is_late:
        return Next(Doing.ASK_PERSON, why="the filing limit has passed: send it with the proof of timely filing")
    found_by = known.transmitted_at + timedelta(days=policies.value("not_found_days", as_of=today))
    if known.at < found_by:
        return Next(Doing.ASK_AGAIN, found_by)
    return Next(Doing.SEND_AGAIN)
