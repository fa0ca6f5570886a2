"""Proof of timely filing: what was sent when, who took it, what the payer said, and honestly what is missing.

It names the patient, the member id and the days of service, by which a payer finds a claim, and nothing clinical.
"""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from operator import itemgetter

from billing.claim import Claim
from billing.days import day_of, in_words
from billing.filing_time import FilingTime
from billing.letters import Fact, Letter, head_of, service_days
from billing.money import format_dollars


@dataclass(frozen=True, slots=True)
class Sent:
    """One submission on its way. None: it has not happened as far as is known."""

    control_number: str
    """CLM01"""
    transmitted_at: datetime | None
    is_paper: bool = False
    interchange_number: int | None = None
    """ISA13"""
    group_number: int | None = None
    """GS06"""
    set_number: str | None = None
    """ST02"""
    sha256: str | None = None
    """Of the file that was sent"""
    receipt_id: str | None = None
    envelope_accepted_at: datetime | None = None
    """TA1"""
    syntax_accepted_at: datetime | None = None
    first_submitted_at: datetime | None = None
    """By another system, before the office moved here"""


@dataclass(frozen=True, slots=True)
class Heard:
    """One word of the clearinghouse or the payer."""

    at: datetime
    who: str
    words: str
    is_acceptance: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that is on record about one submission."""

    claim: Claim
    sent: Sent
    earlier: tuple[Sent, ...]
    """Submissions of the same visit to the same payer before it, oldest first"""
    heard: tuple[Heard, ...]
    """277CAs and status answers, in order"""
    payer_claim_number: str | None
    filing: FilingTime
    limit_is_known: bool
    """The payer's limit is law, a row of the policies, or was told; else it is the office's default"""


def proof_of_filing(evidence: Evidence, *, on: date, zone: tzinfo) -> Letter:
    """The document, for the payer's appeals desk or for a telephone call."""
    claim, filing = evidence.claim, evidence.filing
    sender, addressee, patient = head_of(claim)
    facts = (
        Fact("Patient", patient),
        Fact("Member ID", claim.coverage.member_id or "not known"),
        Fact("Date of service", service_days(claim)),
        Fact("Billed", format_dollars(claim.charge_cents)),
        Fact("Our control number", evidence.sent.control_number),
        Fact("Your claim number", evidence.payer_claim_number or "not known"),
        Fact("Last day to file", f"{filing.last_day:%m/%d/%Y}" if evidence.limit_is_known else "not known to us"),
    )
    events = [event for one in (*evidence.earlier, evidence.sent) for event in _events(one)]
    events += [(one.at, f"{one.who}: {one.words}") for one in evidence.heard]
    told = tuple(f"{in_words(at, zone)}: {words}" for at, words in sorted(events, key=itemgetter(0)))
    return Letter(
        title="Proof of timely filing",
        written_on=on,
        sender=sender,
        addressee=addressee,
        facts=facts,
        paragraphs=(
            "This is what our records hold about the claim named above:",
            _in_time(evidence, zone),
            *(f"Not on record: {one}." for one in missing(evidence)),
            "The files named here are kept as they were sent and received, and can be given on request.",
        ),
        items=told or ("Nothing was sent yet.",),
    )


def missing(evidence: Evidence) -> list[str]:
    """What a payer may ask for and the office does not have."""
    sent, found = evidence.sent, []
    if sent.transmitted_at is None:
        return ["that the claim was sent"]
    if sent.is_paper:
        return ["any word of the payer that the paper claim arrived"] if not evidence.heard else []
    if sent.receipt_id is None:
        found.append("a receipt of the transmission")
    if sent.syntax_accepted_at is None:
        found.append("a 999 that accepts the file")
    accepted_by = {one.who for one in evidence.heard if one.is_acceptance}
    silent = [who for who in ("clearinghouse", "payer") if who not in accepted_by]
    return found + [f"a 277CA of the {who} that accepts the claim" for who in silent]


def _events(sent: Sent) -> list[tuple[datetime, str]]:
    number = sent.control_number
    found = []
    if sent.first_submitted_at is not None:
        found.append((sent.first_submitted_at, f"claim {number} was first sent by the system that we had before"))
    if sent.transmitted_at is not None:
        found.append(
            (sent.transmitted_at, f"claim {number} was {'mailed on paper' if sent.is_paper else _wired(sent)}")
        )
    if sent.envelope_accepted_at is not None:
        found.append((sent.envelope_accepted_at, f"TA1: the interchange with claim {number} was accepted"))
    if sent.syntax_accepted_at is not None:
        found.append((sent.syntax_accepted_at, f"999: the file with claim {number} was accepted"))
    return found


def _wired(sent: Sent) -> str:
    parts = ["transmitted"]
    if sent.interchange_number is not None:
        parts.append(f"in interchange {sent.interchange_number:09d}, group {sent.group_number}, set {sent.set_number}")
    if sent.receipt_id:
        parts.append(f"receipt {sent.receipt_id}")
    if sent.sha256:
        parts.append(f"SHA-256 of the file {sent.sha256}")
    return ", ".join(parts)


def _in_time(evidence: Evidence, zone: tzinfo) -> str:
    """Whether the first transmission was in time, and by how many days."""
    when = [
        at for one in (*evidence.earlier, evidence.sent) for at in (one.first_submitted_at, one.transmitted_at) if at
    ]
    if not when:
        return "The claim was not sent yet."
    first, filing = min(when), evidence.filing
    left = (filing.last_day - day_of(first, zone)).days
    if not evidence.limit_is_known:
        return f"The claim was first sent {in_words(first, zone)}. Your filing limit is not known to us."
    words = f"{left} days before your filing limit" if left >= 0 else f"{-left} days after your filing limit"
    return f"The claim was first sent {in_words(first, zone)}: {words}, which counts from {filing.anchor:%m/%d/%Y}."
