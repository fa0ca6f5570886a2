"""Step 8 and 9, the patient's side: when a statement goes out, what it is called, and when a person looks before an
agency does.

Age belongs to each balance item (one visit's share), from its own first statement; a visit billed late is a new item.
A hospital under section 501(r) never places sooner than the law lets it (26 CFR 1.501(r)-6(c)), whatever its policies.
One paper a cycle goes to an account, whatever stands on it. A final notice, and a review before placement, take only
items that had their statements. Days come from the policies in force.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from billing.policies import Policies


class Notice(StrEnum):
    """What a paper to the patient is."""

    STATEMENT = "statement"
    REMINDER = "reminder"
    FINAL_NOTICE = "final_notice"


@dataclass(frozen=True, slots=True)
class BalanceItem:
    """What a patient owes on one visit."""

    encounter_id: str
    owed_cents: int
    due_since: datetime
    """When the share came to the patient's account, this time"""
    statements: int = 0
    first_statement_at: datetime | None = None
    final_notice_at: datetime | None = None
    reviewed_at: datetime | None = None
    """When a person was asked before placement"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is due now, and when to look again."""

    notice: Notice | None = None
    items: tuple[BalanceItem, ...] = ()
    """On the paper that is due now"""
    review: tuple[BalanceItem, ...] = ()
    """For a person to decide on before placement"""
    next_at: datetime | None = None
    """None: nothing happens by itself"""


def plan(items: Sequence[BalanceItem], *, last_paper_at: datetime | None, policies: Policies, at: datetime) -> Plan:
    """Decide for one account. `items` owe something and nothing holds them up; `last_paper_at` is of the account."""
    days = _Days.of(policies, at)
    review = tuple(one for one in items if one.reviewed_at is None and _review_at(one, days, at) == at)
    billed = [one for one in items if one.final_notice_at is None]
    paper_at = _paper_at(billed, last_paper_at, days)
    later = [_review_at(one, days, at) for one in items if one.reviewed_at is None and one not in review]
    coming = [instant for instant in later if instant is not None]
    if paper_at is None or paper_at > at:
        return Plan(review=review, next_at=min([*coming, *([paper_at] if paper_at else [])], default=None))
    final = tuple(one for one in billed if _deserves_final_notice(one, days, at))
    chosen = final or tuple(billed)
    if final:
        notice = Notice.FINAL_NOTICE
    else:
        notice = Notice.REMINDER if any(one.statements for one in chosen) else Notice.STATEMENT
    return Plan(notice, chosen, review, min([*coming, at + days.cycle]))


HOSPITAL_DAYS = 120
"""26 CFR 1.501(r)-6(c)(3): nothing extraordinary is done sooner after the first statement"""
HOSPITAL_NOTICE_DAYS = 30
"""26 CFR 1.501(r)-6(c)(4): nor sooner after a written notice that says what will be done"""


def may_be_placed_at(item: BalanceItem, policies: Policies, at: datetime) -> datetime | None:
    """From when on an agency may be given the item; None: its final notice has not gone out. In the past where it may
    be placed now."""
    return _placement_at(item, _Days.of(policies, at))


@dataclass(frozen=True, slots=True)
class _Days:
    first: timedelta
    cycle: timedelta
    statements: int
    final_notice_after: timedelta
    answer_to_final_notice: timedelta
    placement_after: timedelta

    @classmethod
    def of(cls, policies: Policies, at: datetime) -> "_Days":
        def value(name: str) -> int:
            return policies.value(name, as_of=policies.day(at))

        is_hospital = bool(value("is_501r_hospital"))
        return cls(
            timedelta(days=value("statement_first_days")),
            timedelta(days=value("statement_cycle_days")),
            value("statements_before_final_notice"),
            timedelta(days=value("final_notice_after_days")),
            timedelta(days=max(value("final_notice_answer_days"), HOSPITAL_NOTICE_DAYS * is_hospital)),
            timedelta(days=max(value("placement_after_days"), HOSPITAL_DAYS * is_hospital)),
        )


def _paper_at(billed: Sequence[BalanceItem], last_paper_at: datetime | None, days: _Days) -> datetime | None:
    """When the next paper goes out: the first soon after the share came, and never two within a cycle."""
    if not billed:
        return None
    first = min(one.due_since for one in billed) + days.first
    if any(one.statements for one in billed) and last_paper_at is not None:
        return last_paper_at + days.cycle
    return first if last_paper_at is None else max(first, last_paper_at + days.cycle)


def _deserves_final_notice(item: BalanceItem, days: _Days, at: datetime) -> bool:
    if item.first_statement_at is None or item.statements < days.statements:
        return False
    return at >= item.first_statement_at + days.final_notice_after


def _review_at(item: BalanceItem, days: _Days, at: datetime) -> datetime | None:
    """When a person looks before placement: `at` when that is now; None before the final notice."""
    due = _placement_at(item, days)
    return None if due is None else max(due, at)


def _placement_at(item: BalanceItem, days: _Days) -> datetime | None:
    if item.final_notice_at is None or item.first_statement_at is None:
        return None
    return max(item.final_notice_at + days.answer_to_final_notice, item.first_statement_at + days.placement_after)
