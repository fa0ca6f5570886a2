"""Money outside the claims: every code has an account, amounts meet their counterparts, and nothing is met twice."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.ledger import Account
from billing.money import Cents
from billing.provider_adjustments import (
    BOOKED_BY_HAND,
    KINDS,
    Offset,
    Standing,
    adjustment_entry,
    claims_named,
    kind_of,
    offsets,
    waits,
)
from billing.remittance import ProviderAdjustment
from billing.tasks import KINDS as TASKS
from billing.tasks import TaskType

OF_THE_GUIDE = [
    *("50", "51", "72", "90", "AH", "AM", "AP", "B2", "B3", "BD", "BN", "C5", "CR", "CS", "CT", "CV", "CW", "DM", "E3"),
    *("FB", "FC", "GO", "HM", "IP", "IR", "IS", "J1", "L3", "L6", "LE", "LS", "OA", "OB", "PI", "PL", "RA", "RE", "SL"),
    *("TL", "WO", "WU"),
]


def test_every_code_of_the_guide_is_known() -> None:
    assert sorted(KINDS) == sorted(OF_THE_GUIDE)


def test_an_unknown_code_waits_for_a_person() -> None:
    assert kind_of("ZZ").account == Account.PLB_CLEARING


@pytest.mark.parametrize("cents", [1500, -1500])
@pytest.mark.parametrize("reason", [*OF_THE_GUIDE, "ZZ"])
def test_each_moves_the_money_of_its_remittance(reason: str, cents: int) -> None:
    one = ProviderAdjustment("1999999984", date(2026, 12, 31), reason, "REF", Cents(cents))
    booked, cash = adjustment_entry(one, source="s").sides
    assert (booked.amount_cents, cash.amount_cents) == (cents, -cents)
    assert (cash.account, booked.detail) == (Account.CASH_UNAPPLIED, f"{reason}:REF")


@pytest.mark.parametrize(
    ("cents", "earlier", "ended"),
    [
        (20, [Standing("a", -20)], [Offset("a", 20)]),
        (30, [Standing("a", -50)], [Offset("a", 30)]),
        (50, [Standing("a", -30), Standing("b", -30)], [Offset("a", 30), Offset("b", 20)]),
        (20, [Standing("a", 20)], []),
        (20, [Standing("a", 0, 20)], []),
        (-20, [Standing("a", 0, 20)], [Offset("a", -20, is_link=True)]),
        (-50, [Standing("a", 30, 40)], [Offset("a", -30), Offset("a", -20, is_link=True)]),
        (-50, [Standing("a", 0, 20)], [Offset("a", -20, is_link=True)]),
        (0, [Standing("a", 20, 20)], []),
    ],
)
def test_what_ends_what(cents: int, earlier: list[Standing], ended: list[Offset]) -> None:
    assert list(offsets(cents, earlier)) == ended


@given(
    cents=st.integers(-10_000, 10_000),
    earlier=st.lists(st.tuples(st.integers(-5_000, 5_000), st.integers(0, 5_000)), max_size=6),
)
def test_no_more_is_ended_than_there_is(cents: int, earlier: list[tuple[int, int]]) -> None:
    standing = [Standing(str(index), *one) for index, one in enumerate(earlier)]
    ended = offsets(cents, standing)
    assert abs(sum(one.cents for one in ended)) <= abs(cents)
    assert all((one.cents > 0) == (cents > 0) for one in ended)
    for one in standing:
        from_open = sum(abs(each.cents) for each in ended if each.id == one.id and not each.is_link)
        from_link = sum(abs(each.cents) for each in ended if each.id == one.id and each.is_link)
        assert from_open <= abs(one.open_cents)
        assert from_link <= one.linked_cents


@pytest.mark.parametrize(
    ("reference", "names"),
    [
        (None, []),
        ("", []),
        ("icn00001", ["ICN00001"]),
        ("ICN00001 MRN77777", ["ICN00001 MRN77777", "ICN00001", "MRN77777"]),
        ("12-ICN00001", ["12-ICN00001", "ICN00001"]),
    ],
)
def test_the_claims_that_a_reference_may_name(reference: str | None, names: list[str]) -> None:
    assert claims_named(reference) == names


def test_only_what_a_payer_leaves_for_now_waits() -> None:
    assert waits("FB", -1)
    assert waits("WO", -1)
    assert not waits("WO", 1)
    assert not waits("72", -1)


def test_a_person_may_book_it_wherever_the_task_says() -> None:
    assert set(BOOKED_BY_HAND) == set(TASKS[TaskType.PLB_REVIEW].resolutions) - {"linked", "reviewed"}
