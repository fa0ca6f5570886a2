"""Appeals by level: who is asked in which order, until when, and how long they have to decide.

Original Medicare's five levels are law (42 CFR 405.940 to 405.1140); those of other payers are rows of the policies. A
last day is counted from the day of the answer or of the decision itself, though Medicare presumes that its notices
arrive five days later: so it is always the safe one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from billing.coordination import MEDICARE
from billing.money import Cents, format_dollars
from billing.policies import Policies

MEDICAID = "MC"
"""SBR09"""
FILING_LIMIT = "29"
"""CARC: the filing limit has passed"""


class Outcome(StrEnum):
    """How an appeal ended."""

    WON = "won"
    WON_IN_PART = "won_in_part"
    LOST = "lost"
    NO_DECISION = "no_decision"
    """The payer let its time pass: the next level may be asked"""
    ANSWERED = "answered"
    """The payer adjudicated the claim again, without a decision on the appeal"""
    WITHDRAWN = "withdrawn"
    """It was never sent"""


WORDS: dict[Outcome, str] = {
    Outcome.WON: "won in full",
    Outcome.WON_IN_PART: "won in part",
    Outcome.LOST: "lost",
    Outcome.NO_DECISION: "not decided in time",
    Outcome.ANSWERED: "answered by a new adjudication",
    Outcome.WITHDRAWN: "withdrawn",
}
DECISIONS = (Outcome.WON, Outcome.WON_IN_PART, Outcome.LOST, Outcome.NO_DECISION)
"""What a person may record"""


@dataclass(frozen=True, slots=True)
class Level:
    """One level that a payer offers."""

    name: str
    filed_within_days: int
    """Counted from the answer, or from the decision on the level before"""
    decided_within_days: int | None
    """None: nothing limits who decides"""
    least_cents: int = 0
    """Amount in controversy from which on it is open"""


@dataclass(frozen=True, slots=True)
class Filed:
    """One appeal that was filed about a claim."""

    level: int
    outcome: Outcome | None
    """None: undecided"""
    decided_on: date | None = None
    is_answered: bool = False
    """The payer adjudicated the claim again since"""


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether an appeal may be filed now."""

    number: int = 0
    """Of the level, from 1"""
    level: Level | None = None
    last_day: date | None = None
    why_not: str | None = None
    """In words that say what to do instead"""


def levels_of(filing_indicator: str | None, policies: Policies, *, as_of: date) -> tuple[Level, ...]:
    """The levels that a payer of this kind (SBR09) offers, in order."""

    def policy(name: str) -> int:
        return policies.value(name, as_of=as_of)

    first, decided = policy("appeal_limit_days"), policy("appeal_decision_days")
    if filing_indicator in MEDICARE:
        return (
            Level("redetermination", first, decided),
            Level("reconsideration", 180, 60),
            Level("hearing before an administrative law judge", 60, 90, policy("hearing_least_cents")),
            Level("review by the Medicare Appeals Council", 60, 90),
            Level("judicial review", 60, None, policy("court_least_cents")),
        )
    names = ("appeal", "state fair hearing") if filing_indicator == MEDICAID else _ORDINARY
    second = Level(names[1], policy("second_appeal_limit_days"), policy("second_appeal_decision_days"))
    return (Level(names[0], first, decided), second)[: policy("appeal_levels")]


_ORDINARY = ("first-level appeal", "second-level appeal")


def standing(levels: Sequence[Level], filed: Sequence[Filed], *, answered_on: date, amount_cents: int) -> Standing:
    """The level that is next, with its last day; or why there is none. `filed`: about this claim, oldest first."""
    undecided = next((one for one in filed if one.outcome is None), None)
    if undecided is not None:
        name = _name(levels, undecided.level)
        return Standing(why_not=f"level {undecided.level} ({name}) is undecided: record what the payer decided first")
    used = [one for one in filed if one.outcome != Outcome.WITHDRAWN]
    if used and used[-1].outcome == Outcome.WON and not used[-1].is_answered:
        return Standing(why_not="the appeal was won: have the payer process the claim as it decided")
    number = max((one.level for one in used), default=0) + 1
    if number > len(levels):
        return Standing(
            why_not="every level of appeal is used up: write it off with approval, or bill it as the rules let"
        )
    level = levels[number - 1]
    if amount_cents < level.least_cents:
        least = format_dollars(level.least_cents)
        return Standing(
            why_not=f"level {number} ({level.name}) takes no dispute below {least}: write it off with approval"
        )
    since = next((one.decided_on for one in reversed(used) if one.decided_on is not None), answered_on)
    return Standing(number, level, since + timedelta(days=level.filed_within_days))


def _name(levels: Sequence[Level], number: int) -> str:
    return levels[number - 1].name if number <= len(levels) else "appeal"


def decide_by(level: Level | None, *, sent_on: date) -> date | None:
    """The payer's last day to decide what was sent on that day; None: nothing limits it."""
    days = level.decided_within_days if level else None
    return None if days is None else sent_on + timedelta(days=days)


def why_medicare_hears_none(filing_indicator: str | None, reasons: Sequence[str]) -> str | None:
    """Medicare's refusals of late claims carry no appeal (42 CFR 405.926(n), 424.44(b)); None: no such refusal."""
    if filing_indicator not in MEDICARE or set(reasons) != {FILING_LIMIT}:
        return None
    return (
        "Medicare hears no appeal of a filing denial: ask for an exception to the filing limit (reopening), with what "
        "kept the claim back, or write it off with approval"
    )


@dataclass(frozen=True, slots=True)
class Decision:
    """What a payer decided, as a person recorded it."""

    outcome: Outcome
    decided_on: date
    reference: str = ""
    amount_cents: Cents | None = None
    """What it will pay, where it is won in part"""


def why_not_recorded(
    decision: Decision, *, disputed_cents: Cents, filed_on: date, today: date
) -> tuple[str, str] | None:
    """(the field, what is wrong with it); None: it can be recorded."""
    if decision.decided_on > today:
        return "decided_on", "lies in the future: take the day of the payer's letter"
    if decision.decided_on < filed_on:
        return "decided_on", f"lies before the appeal was written ({filed_on})"
    if decision.outcome == Outcome.WON_IN_PART and not decision.amount_cents:
        return "amount", "what will the payer pay? The rest may go to the next level"
    if decision.amount_cents and decision.amount_cents > disputed_cents:
        return "amount", f"is more than the {format_dollars(disputed_cents)} in dispute"
    return None
