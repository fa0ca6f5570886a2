"""When a paper goes out, what it is called, and when a person looks before an agency does."""

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from billing.dunning import BalanceItem, Notice, plan
from billing.policies import Policies

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NONE = Policies(())


def after(days: float) -> datetime:
    return BEGIN + timedelta(days=days)


def item(name: str = "a", *, since: float = 0, **changes: object) -> BalanceItem:
    return BalanceItem(name, 2000, after(since), **changes)  # type: ignore[arg-type]


def live(*items: BalanceItem, days: int) -> list[tuple[int, Notice | str, tuple[str, ...]]]:
    """Let days pass, doing what the plan says: (day, what, on which visits)."""
    known = {one.encounter_id: one for one in items}
    last_paper: datetime | None = None
    told: list[tuple[int, Notice | str, tuple[str, ...]]] = []
    for day in range(days + 1):
        at = after(day)
        due = plan(
            [one for one in known.values() if one.due_since <= at], last_paper_at=last_paper, policies=NONE, at=at
        )
        if due.review:
            told.append((day, "review", tuple(one.encounter_id for one in due.review)))
        for one in due.review:
            known[one.encounter_id] = _changed(known[one.encounter_id], reviewed_at=at)
        if due.notice is None:
            continue
        told.append((day, due.notice, tuple(one.encounter_id for one in due.items)))
        last_paper = at
        for one in due.items:
            known[one.encounter_id] = _changed(
                known[one.encounter_id],
                statements=one.statements + 1,
                first_statement_at=one.first_statement_at or at,
                final_notice_at=at if due.notice == Notice.FINAL_NOTICE else one.final_notice_at,
            )
    return told


def _changed(one: BalanceItem, **changes: object) -> BalanceItem:
    values = {name: getattr(one, name) for name in BalanceItem.__slots__}
    return BalanceItem(**(values | changes))  # type: ignore[arg-type]


def test_a_share_that_nobody_pays_goes_its_whole_way() -> None:
    assert live(item(), days=200) == [
        (2, Notice.STATEMENT, ("a",)),
        (32, Notice.REMINDER, ("a",)),
        (62, Notice.REMINDER, ("a",)),
        (92, Notice.FINAL_NOTICE, ("a",)),
        (122, "review", ("a",)),
    ]


def test_a_visit_billed_late_is_an_item_of_its_own_age_on_the_same_paper() -> None:
    told = live(item(), item("b", since=85), days=230)
    assert told[:6] == [
        (2, Notice.STATEMENT, ("a",)),
        (32, Notice.REMINDER, ("a",)),
        (62, Notice.REMINDER, ("a",)),
        (92, Notice.FINAL_NOTICE, ("a",)),
        (122, "review", ("a",)),
        (122, Notice.STATEMENT, ("b",)),
    ]
    assert all(names == ("b",) for _, _, names in told[5:])


def test_nothing_is_due_before_the_first_days_have_passed() -> None:
    due = plan([item()], last_paper_at=None, policies=NONE, at=after(1))
    assert (due.notice, due.next_at) == (None, after(2))


def test_nothing_owed_means_nothing_by_itself() -> None:
    assert plan([], last_paper_at=after(-3), policies=NONE, at=after(0)).next_at is None


@given(st.lists(st.integers(0, 200), min_size=1, max_size=4, unique=True))
def test_never_two_papers_in_a_cycle_and_never_a_review_too_early(since: list[int]) -> None:
    items = [item(str(day), since=day) for day in since]
    told = live(*items, days=420)
    papers = [day for day, what, _ in told if what != "review"]
    assert all(later - earlier >= 30 for earlier, later in itertools.pairwise(papers))
    for name in (one.encounter_id for one in items):
        first = next(day for day, what, names in told if what != "review" and name in names)
        count = sum(1 for _, what, names in told if what != "review" and name in names)
        reviews = [day for day, what, names in told if what == "review" and name in names]
        assert len(reviews) <= 1
        for day in reviews:
            assert day >= first + 120
            assert count == 4
