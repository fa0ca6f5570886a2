import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.money import (
    LARGEST,
    Cents,
    NotAnAmount,
    format_amount,
    format_dollars,
    parse_cents,
    parse_typed,
    share_pro_rata,
)

AMOUNTS = st.integers(min_value=-LARGEST, max_value=LARGEST).map(Cents)


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("150", 15000),
        ("39.2", 3920),
        ("-80", -8000),
        (".8", 80),
        ("-.8", -80),
        ("0", 0),
        ("0.00", 0),
        ("150.00", 15000),
        ("1.230", 123),
        ("007", 700),
    ],
)
def test_it_reads_amounts(text: str, cents: int) -> None:
    assert parse_cents(text) == cents


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "-",
        "1.234",
        "1e3",
        "1E3",
        "1,000",
        "$5",
        " 5",
        "5 ",
        "1_000",
        "NaN",
        "Infinity",
        "--5",
        "٣",
        "１２",
        "5-",
        "10000000000.01",
    ],
)
def test_it_refuses_what_is_no_amount(text: str) -> None:
    with pytest.raises(NotAnAmount):
        parse_cents(text)


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("$20", 2000),
        (" $ 20.5 ", 2050),
        ("1,000.00", 100000),
        ("$1,234,567.89", 123456789),
        ("12,345", 1234500),
        ("39.2", 3920),
        ("-80", -8000),
    ],
)
def test_it_reads_amounts_as_people_write_them(text: str, cents: int) -> None:
    assert parse_typed(text) == cents


@pytest.mark.parametrize(
    "text", ["1,5", "1,50", "1000,00", "1.000,00", "1,0000", ",100", "1,000,", "20$", "$", "$$5", ""]
)
def test_it_refuses_what_could_be_another_amount(text: str) -> None:
    with pytest.raises(NotAnAmount):
        parse_typed(text)


@given(AMOUNTS)
def test_what_is_printed_reads_the_same(cents: Cents) -> None:
    assert parse_cents(format_amount(cents)) == cents
    assert parse_cents(format_dollars(cents).replace("$", "").replace(",", "")) == cents


@pytest.mark.parametrize(
    ("cents", "amount", "dollars"),
    [
        (15000, "150", "$150.00"),
        (80, "0.8", "$0.80"),
        (-5, "-0.05", "-$0.05"),
        (0, "0", "$0.00"),
        (123456, "1234.56", "$1,234.56"),
    ],
)
def test_it_prints_for_payers_and_for_people(cents: int, amount: str, dollars: str) -> None:
    assert (format_amount(cents), format_dollars(cents)) == (amount, dollars)


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [
        (2500, [11000, 0], [2500, 0]),
        (100, [1, 1, 1], [34, 33, 33]),
        (100, [1, 2, 1], [25, 50, 25]),
        (-100, [1, 1, 1], [-34, -33, -33]),
        (1, [10, 30], [0, 1]),
        (500, [0, 0], [500, 0]),
        (10, [10, -5], [20, -10]),
        (0, [3, 4], [0, 0]),
    ],
)
def test_it_shares_with_the_last_cent_to_the_largest(total: int, weights: list[int], shares: list[int]) -> None:
    assert share_pro_rata(Cents(total), weights) == shares


@given(AMOUNTS, st.lists(st.integers(min_value=-(10**9), max_value=10**9), min_size=1, max_size=60))
def test_shares_sum_to_the_whole(total: Cents, weights: list[int]) -> None:
    assert sum(share_pro_rata(total, weights)) == total


@given(st.integers(0, 10**12).map(Cents), st.lists(st.integers(0, 10**9), min_size=1, max_size=50))
def test_no_share_leaves_the_whole_or_its_line(total: Cents, weights: list[int]) -> None:
    shares = share_pro_rata(total, weights)
    assert all(0 <= share <= total for share in shares)
    if sum(weights):
        assert all(share == 0 for share, weight in zip(shares, weights, strict=True) if weight == 0)


def test_nothing_to_share_over_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing to share"):
        share_pro_rata(Cents(1), [])
