"""What is too little to ask for, and whose share may be waived at all."""

from datetime import UTC, date, datetime, timedelta

import pytest

from billing.dunning import BalanceItem
from billing.policies import Policies, PolicyRow
from billing.small_balances import may_be_waived, too_small

AT = datetime(2026, 6, 30, 12, tzinfo=UTC)
LAST = AT - timedelta(days=30)


@pytest.mark.parametrize(
    ("is_self_pay", "plans", "of_private_plans", "may"),
    [
        (True, [], False, True),
        (True, ["MB"], False, True),
        (False, ["CI"], False, False),
        (False, ["CI"], True, True),
        (False, ["CI", "BL"], True, True),
        (False, ["MB"], True, False),
        (False, ["MB", "CI"], True, False),
        (False, ["16"], True, False),
        (False, ["MC"], True, False),
        (False, ["CH"], True, False),
        (False, ["VA"], True, False),
        (False, [None], True, False),
        (False, [], True, False),
    ],
)
def test_a_federal_programmes_share_is_never_waived(
    is_self_pay: bool, plans: list[str | None], of_private_plans: bool, may: bool
) -> None:
    assert may_be_waived(is_self_pay=is_self_pay, plans=plans, of_private_plans=of_private_plans) is may


@pytest.mark.parametrize(
    ("limit", "owed", "total", "statements", "last", "is_small"),
    [
        (500, 310, 310, 3, LAST, True),
        (310, 310, 310, 3, LAST, True),
        (309, 310, 310, 3, LAST, False),
        (0, 310, 310, 3, LAST, False),
        (500, 310, 410, 3, LAST, False),
        (500, 310, 310, 2, LAST, False),
        (500, 310, 310, 3, LAST + timedelta(days=1), False),
        (500, 310, 310, 3, None, False),
    ],
)
def test_all_that_is_owed_at_the_limit_after_the_statements(
    limit: int, owed: int, total: int, statements: int, last: datetime | None, is_small: bool
) -> None:
    items = [BalanceItem("V1", owed, AT - timedelta(days=90), statements, AT - timedelta(days=90))]
    policies = Policies.of([PolicyRow("small_balance_cents", limit, date(2026, 1, 1))])
    assert too_small(items, owed_cents=total, last_paper_at=last, policies=policies, at=AT) is is_small
