"""Letters about help with the bill: what is missing, and what was decided, why, and how to appeal.

A hospital owes its patients these words (26 CFR 1.501(r)-6(c)(5) and (6)); any practice's patients are better off with
them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from billing.letters import Fact, Letter
from billing.money import format_dollars
from billing.statement_words import long_day

MISSING, DECISION = "assistance_missing", "assistance_decision"
"""Kinds of letters"""
TITLE = "Your application for help with the bill"


@dataclass(frozen=True, slots=True)
class Head:
    """What stands on every letter about an application."""

    sender: tuple[str, ...]
    addressee: tuple[str, ...]
    written_on: date
    received_on: date
    applicant: str
    web: str = ""
    """Where the policy can be read"""

    def facts(self, *more: Fact) -> tuple[Fact, ...]:
        named = (Fact("Application of", self.applicant),) if self.applicant else ()
        return (*named, Fact("Received", long_day(self.received_on)), *more)


def missing_letter(head: Head, *, missing: Sequence[str], answer_by: date, is_reminder: bool = False) -> Letter:
    """What is to be sent by when. Nothing is asked for meanwhile."""
    first = "We have not heard from you yet. To decide" if is_reminder else "Thank you for your application. To decide"
    return Letter(
        title=f"{TITLE}: something is missing",
        written_on=head.written_on,
        sender=head.sender,
        addressee=head.addressee,
        facts=head.facts(Fact("Please answer by", long_day(answer_by))),
        paragraphs=(
            f"{first} on it we need:",
            f"Please send it by {long_day(answer_by)}: by mail, at our desk, or on the page where you see your bill.",
            "Until then we ask you to pay nothing, and so does any agency of ours. If nothing comes by that day we "
            "close the application and send statements again. You may apply again later.",
        ),
        items=tuple(missing),
    )


def granted_letter(
    head: Head, *, help_words: str, basis: Sequence[str], from_on: date, until: date, appeal_by: date, is_whole: bool
) -> Letter:
    """Help is granted: how much, on what, until when."""
    rest = "" if is_whole else " A statement will tell you what is left to pay."
    return Letter(
        title=f"{TITLE}: granted",
        written_on=head.written_on,
        sender=head.sender,
        addressee=head.addressee,
        facts=head.facts(Fact("Help", help_words), Fact("Visits until", long_day(until))),
        paragraphs=(
            f"We help you with your share of the bill: {help_words}. It counts for visits from {long_day(from_on)}"
            f" until {long_day(until)}, and for those before of which we wrote to you lately.{rest}",
            "What you have paid beyond your share is yours: we write to you about it or pay it back.",
            "How we decided:",
            *basis,
            _appeal(head, appeal_by),
        ),
    )


def denied_letter(head: Head, *, basis: Sequence[str], appeal_by: date) -> Letter:
    """No help is granted."""
    return Letter(
        title=f"{TITLE}: not granted",
        written_on=head.written_on,
        sender=head.sender,
        addressee=head.addressee,
        facts=head.facts(),
        paragraphs=(
            "We have looked at your application, and cannot help you with the bill by our policy. Statements go out "
            "again. You may ask us to be allowed to pay in parts.",
            "How we decided:",
            *basis,
            _appeal(head, appeal_by),
        ),
    )


def closed_letter(head: Head, *, why: str) -> Letter:
    """The application ended without a decision, or what was granted is taken back."""
    return Letter(
        title=f"{TITLE}: closed",
        written_on=head.written_on,
        sender=head.sender,
        addressee=head.addressee,
        facts=head.facts(),
        paragraphs=(f"We have closed it: {why}. Statements go out again.", "You may apply again at any time."),
    )


def revoked_letter(head: Head, *, why: str, appeal_by: date) -> Letter:
    """What was granted is taken back."""
    return Letter(
        title=f"{TITLE}: taken back",
        written_on=head.written_on,
        sender=head.sender,
        addressee=head.addressee,
        facts=head.facts(),
        paragraphs=(
            f"The help that we granted is taken back: {why}. What it took off is owed again.",
            _appeal(head, appeal_by),
        ),
    )


def _appeal(head: Head, appeal_by: date) -> str:
    where = f" Our policy can be read at {head.web}." if head.web else ""
    return (
        f"If you do not agree, write to us or call us by {long_day(appeal_by)} and say why; somebody looks at it again."
        f"{where}"
    )


def at_stake(cents: int) -> str:
    """What help takes off now, as staff read it."""
    return f"It takes {format_dollars(cents)} off now" if cents else "It takes nothing off now"
