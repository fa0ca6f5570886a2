"""What is too little to ask for: a patient's whole account at or below the practice's limit, after its statements.

Never a share of which a federal programme paid its part: waiving it as a routine is forbidden (42 USC 1320a-7a(i)(6)).
Shares that private plans left only where the practice says so, since contracts may forbid it too.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from billing.dunning import BalanceItem
from billing.policies import Policies

FEDERAL = frozenset({"MA", "MB", "MC", "16", "CH", "VA", "OF", "FI", "TV"})
"""SBR09: Medicare, Medicaid, Medicare Advantage, CHAMPUS, Veterans, other and employees' federal programmes, Title V"""


def may_be_waived(*, is_self_pay: bool, plans: Collection[str | None], of_private_plans: bool) -> bool:
    """Whether one visit's share may be waived. `plans`: SBR09 of every policy on it; None: nobody knows."""
    if is_self_pay:
        return True
    return of_private_plans and bool(plans) and all(one is not None and one not in FEDERAL for one in plans)


def too_small(
    items: Sequence[BalanceItem],
    *,
    owed_cents: int,
    last_paper_at: datetime | None,
    policies: Policies,
    at: datetime,
) -> bool:
    """Whether these items are all that is owed, at most the limit, and had their statements and a cycle to be paid."""
    today = policies.day(at)
    limit = policies.value("small_balance_cents", as_of=today)
    if not items or last_paper_at is None or not 0 < owed_cents <= limit:
        return False
    cycle = timedelta(days=policies.value("statement_cycle_days", as_of=today))
    wanted = policies.value("statements_before_final_notice", as_of=today)
    is_all = sum(one.owed_cents for one in items) == owed_cents
    return is_all and at >= last_paper_at + cycle and all(one.statements >= wanted for one in items)
