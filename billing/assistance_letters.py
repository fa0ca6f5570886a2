"""Letters about help with the bill: what is missing, and what was decided, why, and how to appeal.

A hospital owes its patients these words (26 CFR 1.501(r)-6(c)(5) and (6)); any practice's patients are better off with
them. Each is in the language of who holds the account.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from billing import help_letter_words, help_words
from billing.assistance import Help, Reason
from billing.letters import Fact, Letter
from billing.money import format_dollars
from billing.statement_words import Language, long_day

MISSING, DECISION = "assistance_missing", "assistance_decision"
"""Kinds of letters"""


@dataclass(frozen=True, slots=True)
class Head:
    """What stands on every letter about an application, and the language that it is in."""

    sender: tuple[str, ...]
    addressee: tuple[str, ...]
    written_on: date
    received_on: date
    applicant: str
    web: str = ""
    """Where the policy can be read"""
    language: Language = Language.ENGLISH

    def say(self, key: str, **values: str) -> str:
        """One text of the letter with its values."""
        return help_letter_words.say(self.language, key, **values)

    def day(self, value: date) -> str:
        """A day as the letter writes it."""
        return long_day(value, self.language)


def missing_letter(head: Head, *, missing: Sequence[str], answer_by: date, is_reminder: bool = False) -> Letter:
    """What is to be sent by when. Nothing is asked for meanwhile. `missing`: as the patient reads it."""
    day = head.day(answer_by)
    return _letter(
        head,
        "missing",
        head.say("missing_again" if is_reminder else "missing_first"),
        head.say("missing_send", day=day),
        head.say("missing_until"),
        facts=(Fact(head.say("answer_by"), day),),
        items=tuple(missing),
    )


def granted_letter(
    head: Head, given: Help, *, basis: Sequence[Reason], from_on: date, until: date, appeal_by: date
) -> Letter:
    """Help is granted: how much, on what, until when."""
    words, last = help_words.given(given, head.language), head.day(until)
    granted = head.say("granted", help=words, first=head.day(from_on), last=last)
    return _letter(
        head,
        "granted",
        granted if given.is_whole else f"{granted} {head.say('granted_rest')}",
        head.say("granted_paid"),
        *_how(head, basis),
        _appeal(head, appeal_by),
        facts=(Fact(head.say("help"), words), Fact(head.say("visits_until"), last)),
    )


def denied_letter(head: Head, *, basis: Sequence[Reason], appeal_by: date) -> Letter:
    """No help is granted."""
    return _letter(head, "denied", head.say("denied"), *_how(head, basis), _appeal(head, appeal_by))


def closed_letter(head: Head, *, why: Reason) -> Letter:
    """The application ended without a decision."""
    words = help_letter_words.reason(why, head.language)
    return _letter(head, "closed", head.say("closed", why=words), head.say("closed_again"))


def revoked_letter(head: Head, *, why: str, appeal_by: date) -> Letter:
    """What was granted is taken back. `why`: as a person wrote it."""
    return _letter(head, "revoked", head.say("revoked", why=why), _appeal(head, appeal_by))


def _letter(
    head: Head, kind: str, *paragraphs: str, facts: tuple[Fact, ...] = (), items: tuple[str, ...] = ()
) -> Letter:
    named = (Fact(head.say("application_of"), head.applicant),) if head.applicant else ()
    return Letter(
        title=head.say(f"title_{kind}"),
        written_on=head.written_on,
        sender=head.sender,
        addressee=head.addressee,
        facts=(*named, Fact(head.say("received"), head.day(head.received_on)), *facts),
        paragraphs=paragraphs,
        items=items,
        closing=head.say("closing"),
        language=head.language,
    )


def _how(head: Head, basis: Sequence[Reason]) -> list[str]:
    return [head.say("how"), *help_letter_words.reasons(basis, head.language)]


def _appeal(head: Head, appeal_by: date) -> str:
    said = head.say("appeal", day=head.day(appeal_by))
    return f"{said} {head.say('appeal_web', web=head.web)}" if head.web else said


def at_stake(cents: int) -> str:
    """What help takes off now, as staff read it."""
    return f"It takes {format_dollars(cents)} off now" if cents else "It takes nothing off now"
