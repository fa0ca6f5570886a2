"""Money for an account: to the cent, the oldest visit first, what is too much on the last."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.account_payments import Share, oldest_first
from billing.money import Cents

OWED = st.lists(st.integers(1, 100_000), min_size=1, max_size=8).map(
    lambda amounts: [Share(f"v{number}", Cents(cents)) for number, cents in enumerate(amounts)]
)


@given(OWED, st.integers(1, 1_000_000))
def test_every_cent_is_placed_in_order(owed: list[Share], amount: int) -> None:
    placed = oldest_first(owed, Cents(amount))
    assert sum(one.cents for one in placed) == amount
    assert all(one.cents > 0 for one in placed)
    known = {one.encounter_id: one.cents for one in owed}
    assert [one.encounter_id for one in placed] == [one.encounter_id for one in owed][: len(placed)] or amount > sum(
        known.values()
    )
    assert all(one.cents == known[one.encounter_id] for one in placed[:-1]), "what is older is paid whole first"


def test_what_is_too_much_is_credit_on_the_newest() -> None:
    owed = [Share("old", Cents(500)), Share("new", Cents(700))]
    assert oldest_first(owed, Cents(1500)) == [Share("old", Cents(500)), Share("new", Cents(1000))]
    assert oldest_first([Share("new", Cents(0))], Cents(300)) == [Share("new", Cents(300))]


@pytest.mark.parametrize(("owed", "amount"), [([], 100), ([Share("a", Cents(1))], 0)])
def test_nothing_can_be_spread_over_nothing(owed: list[Share], amount: int) -> None:
    with pytest.raises(ValueError, match="at least one visit"):
        oldest_first(owed, Cents(amount))


def test_what_it_is_for_comes_first_and_what_is_more_is_credit_on_the_last() -> None:
    owed = [Share("old", Cents(1500)), Share("asked", Cents(1562)), Share("new", Cents(900))]
    assert oldest_first(owed, Cents(1562), before={"asked"}) == [Share("asked", Cents(1562))]
    assert oldest_first(owed, Cents(2000), before={"asked"}) == [Share("asked", Cents(1562)), Share("old", Cents(438))]
    everything = [Share("asked", Cents(1562)), Share("old", Cents(1500)), Share("new", Cents(1000))]
    assert oldest_first(owed, Cents(4062), before={"asked"}) == everything
    assert oldest_first(owed, Cents(1500), before={"gone"}) == [Share("old", Cents(1500))]


def test_a_part_that_an_agency_asks_for_does_not_come_forward_with_its_visit() -> None:
    owed = [Share("Y", Cents(5000)), Share("X", Cents(2000)), Share("X", Cents(10000), at_agency=True)]
    assert oldest_first(owed, Cents(7000), before={"X"}) == [Share("X", Cents(2000)), Share("Y", Cents(5000))]
    assert oldest_first(owed, Cents(8000), before={"X"}) == [Share("X", Cents(3000)), Share("Y", Cents(5000))]
