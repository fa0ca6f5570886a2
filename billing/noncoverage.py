"""Services that Original Medicare is expected to refuse: who wants a notice before them, and what the patient chose.

Source: 42 CFR 411.404 and 411.408; CMS manual 100-04, chapter 30, 50 (form CMS-R-131); modifiers GA, GX, GY, GZ.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from billing.claim import Claim
from billing.coding_rules import CodeRange
from billing.days import months_after

MEDICARE = "MB"
"""SBR09: the notice is for Original Medicare alone"""
SIGNED = "GA"
SAYS_SO = frozenset({SIGNED, "GX", "GY", "GZ"})
"""Modifiers that say whether there is a notice: signed, voluntary, never covered, none"""
MOST_MODIFIERS = 4
VALID_MONTHS = 12
"""A signed notice holds so long for the same service"""


class Choice(StrEnum):
    """What the patient chose on the form."""

    BILL_MEDICARE = "bill_medicare"
    """Option 1: wants it, and Medicare's decision; pays if Medicare does not"""
    PAY_ALONE = "pay_alone"
    """Option 2: wants it, and Medicare is not billed"""
    DECLINED = "declined"
    """Option 3: does not want it"""
    NOT_SIGNED = "not_signed"
    """Refused to choose or sign"""


@dataclass(frozen=True, slots=True)
class NoticeRule:
    """Services for which a notice is wanted: procedures from one code to another, unless done for some diagnosis."""

    first: str
    last: str
    """As long as `first`"""
    reason: str
    """Why Medicare may not pay, as the form says it to the patient"""
    begins: date
    ends: date | None = None
    """The last day"""
    covered: tuple[CodeRange, ...] = ()
    """Diagnoses for which Medicare pays"""

    def wants(self, procedure: str, day: date, diagnoses: Sequence[str] = ()) -> bool:
        """Whether such a service wants a notice; before the visit no diagnosis is known."""
        is_in_force = self.begins <= day and (self.ends is None or day <= self.ends)
        is_between = len(procedure) == len(self.first) and self.first <= procedure <= self.last
        return is_in_force and is_between and not any(code in one for code in diagnoses for one in self.covered)


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice that was given, with what the patient chose."""

    procedures: frozenset[str]
    choice: Choice
    signed_on: date
    """Of the refusal, where nobody signed"""

    def covers(self, procedure: str, day: date) -> bool:
        """Whether it speaks of this service: signed before, at most a year ago."""
        return procedure in self.procedures and self.signed_on <= day <= months_after(self.signed_on, VALID_MONTHS)


def lines_to_notice(claim: Claim, rules: Iterable[NoticeRule]) -> dict[int, str]:
    """Lines (from 1) of a claim to Original Medicare that want a notice, with the reason."""
    if claim.coverage.filing_indicator != MEDICARE:
        return {}
    rules = tuple(rules)
    found: dict[int, str] = {}
    for number, line in enumerate(claim.lines, start=1):
        count = len(claim.diagnoses)
        pointed = [claim.diagnoses[one - 1].code for one in line.diagnosis_pointers if 1 <= one <= count]
        wanting = (rule.reason for rule in rules if rule.wants(line.procedure, line.service_date, pointed))
        reason = next(wanting, None)
        if reason is not None:
            found[number] = reason
    return found


def newest(notices: Iterable[Notice], procedure: str, day: date) -> Notice | None:
    """The last one that speaks of a service."""
    return max((one for one in notices if one.covers(procedure, day)), key=lambda one: one.signed_on, default=None)


def with_signed_notices(claim: Claim, wanted: Iterable[int], notices: Sequence[Notice]) -> Claim:
    """GA on each line that wants a notice, has a signed one and does not say so yet (SV101-3 to -6)."""
    lines = list(claim.lines)
    for number in wanted:
        line = lines[number - 1]
        notice = newest(notices, line.procedure, line.service_date)
        has_room = len(line.modifiers) < MOST_MODIFIERS
        if notice and notice.choice == Choice.BILL_MEDICARE and has_room and not SAYS_SO.intersection(line.modifiers):
            lines[number - 1] = replace(line, modifiers=(*line.modifiers, SIGNED))
    return replace(claim, lines=tuple(lines))


def faults(claim: Claim, wanted: Mapping[int, str], notices: Sequence[Notice]) -> Iterator[tuple[int, str]]:
    """Lines that want a notice and do not say how it stands, with what to do."""
    for number, reason in wanted.items():
        line = claim.lines[number - 1]
        if SAYS_SO.intersection(line.modifiers):
            continue
        notice = newest(notices, line.procedure, line.service_date)
        yield number, _what_is_wrong(notice, reason)


def _what_is_wrong(notice: Notice | None, reason: str) -> str:
    match notice.choice if notice else None:
        case Choice.BILL_MEDICARE:
            return "a signed notice is kept, and GA does not fit beside four modifiers"
        case Choice.PAY_ALONE:
            return "the patient chose that Medicare is not billed; take the line off, and bill the patient alone"
        case Choice.DECLINED:
            return "the patient did not want this service; take the line off"
        case Choice.NOT_SIGNED:
            return "the patient did not sign the notice; GZ, or GA where a witness signed the refusal"
        case _:
            return f"Medicare is expected to refuse it ({reason}); GA with a signed notice, GZ without one"


def not_noticed(
    procedures: Iterable[str], day: date, rules: Sequence[NoticeRule], notices: Sequence[Notice]
) -> list[tuple[str, str]]:
    """Planned services that want a notice, of which none was given: with the reason."""
    found = []
    for procedure in procedures:
        reason = next((rule.reason for rule in rules if rule.wants(procedure, day)), None)
        if reason is not None and newest(notices, procedure, day) is None:
            found.append((procedure, reason))
    return found
