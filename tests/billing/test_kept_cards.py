"""What is charged to a kept card on which day: a table of cases."""

from datetime import date, timedelta

import pytest

from billing.instalments import schedule
from billing.kept_cards import Charge, Tried, charges, last_day, notice_day
from billing.money import Cents

FIRST = date(2026, 3, 10)
PARTS = schedule(Cents(8000), 4, FIRST)
DAYS = [one.day for one in PARTS]
AGREED = {one.day: one.cents for one in PARTS}


def coming(
    *tried: Tried,
    paid: int = 0,
    left: int = 8000,
    kept_on: date = FIRST,
    today: date = FIRST,
    retry: int = 3,
    agreed: dict[date, Cents] | None = None,
) -> list[tuple[int, date, int]]:
    """(place of the part, day, cents)"""
    agreed = AGREED if agreed is None else agreed
    found = charges(
        PARTS, agreed, tried, paid=paid, left=left, kept_on=kept_on, today=today, retry_days=retry, grace_days=10
    )
    return [(DAYS.index(one.part_day), one.day, one.cents) for one in found]


def test_every_part_on_its_day() -> None:
    assert coming() == [(0, DAYS[0], 2000), (1, DAYS[1], 2000), (2, DAYS[2], 2000), (3, DAYS[3], 2000)]


def test_money_that_came_counts_for_the_earliest() -> None:
    assert coming(paid=2500, left=5500)[0] == (1, DAYS[1], 1500)


def test_never_more_than_was_agreed_for_the_part() -> None:
    half = {DAYS[0]: Cents(500), DAYS[1]: Cents(2000)}
    assert coming(agreed=half) == [(0, DAYS[0], 500), (1, DAYS[1], 2000)]


def test_never_more_than_the_visits_owe() -> None:
    assert coming(left=2700) == [(0, DAYS[0], 2000), (1, DAYS[1], 700)]
    assert coming(left=0) == []


@pytest.mark.parametrize(("late", "is_charged"), [(10, True), (11, False)])
def test_a_part_whose_grace_is_over_is_not_charged(late: int, is_charged: bool) -> None:
    places = [place for place, _, _ in coming(today=FIRST + timedelta(days=late))]
    assert (0 in places) == is_charged


def test_no_grace_lets_two_months_be_taken_at_once() -> None:
    assert last_day(FIRST, grace_days=400) == FIRST + timedelta(days=14)


def test_a_part_from_before_the_card_was_kept_is_not_charged() -> None:
    assert coming(kept_on=FIRST + timedelta(days=1))[0][0] == 1


@pytest.mark.parametrize(
    ("tried", "retry", "first"),
    [
        ([Tried(FIRST, FIRST, is_withdrawn=False)], 3, (0, FIRST + timedelta(days=3), 2000)),
        ([Tried(FIRST, FIRST, is_withdrawn=False)], 0, (1, DAYS[1], 2000)),
        ([Tried(FIRST, FIRST, is_withdrawn=False)], 11, (1, DAYS[1], 2000)),
        ([Tried(FIRST, FIRST, is_withdrawn=False)] * 2, 3, (1, DAYS[1], 2000)),
        ([Tried(FIRST, None, is_withdrawn=False)], 3, (1, DAYS[1], 2000)),
        ([Tried(FIRST, None, is_withdrawn=True)], 3, (0, FIRST, 2000)),
    ],
    ids=["refused", "refused, no retry", "retry beyond grace", "refused twice", "paid or charged back", "withdrawn"],
)
def test_what_was_tried_says_when_it_is_tried_again(
    tried: list[Tried], retry: int, first: tuple[int, date, int]
) -> None:
    assert coming(*tried, retry=retry)[0] == first


def test_a_charge_of_less_differs_and_is_told_ahead() -> None:
    charge = Charge(FIRST, FIRST, Cents(1500), Cents(2000))
    assert charge.differs
    assert notice_day(charge, notice_days=10) == date(2026, 2, 28)
