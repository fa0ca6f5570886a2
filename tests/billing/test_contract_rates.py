"""A payer's fee schedule as a CSV."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.contract_rates import COLUMNS, percent_of, read_rates, write_rates
from billing.contracts import PlaceKind, Rate
from billing.money import Cents

BEGINS = date(2026, 1, 1)
HEAD = ",".join(COLUMNS) + "\n"


def test_a_file_in_words_of_its_own_order() -> None:
    text = "Rate;Procedure;Place\n$92.20;99213;Office\n0;a4550;\n"
    assert read_rates(text, begins=BEGINS) == (
        [
            Rate("99213", BEGINS, place=PlaceKind.OFFICE, amount_cents=Cents(9220)),
            Rate("A4550", BEGINS, amount_cents=Cents(0)),
        ],
        [],
    )


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("99213,,,,,", "say a rate such as 92.20, or a percent such as 80, one of the two"),
        ("99213,,,92.20,80,", "one of the two"),
        ("99213,,,much,,", "rate much: amount is not a number"),
        ("99213,,,-1,,", "rate must not lie below zero"),
        ("99213,,,,1200,", "percent 1200 must be a number from 0 to 1000"),
        ("99213,,,,0.12345,", "with at most four decimals"),
        ("99213,,home,92.20,,", "place home must be facility, office, or nothing"),
        ("99213,,,92.20,,01/02/2026", "effective_from 01/02/2026 must be a day as YYYY-MM-DD"),
        ("99213,259,,92.20,,", "modifier 259 must be two letters or digits"),
        (",,,92.20,,", "procedure must be a code"),
        ("99213,,,92.20,,2026-01-01,x", "stands beyond the last column"),
    ],
)
def test_a_faulty_row_says_everything_that_is_wrong(row: str, words: str) -> None:
    rates, [fault] = read_rates(HEAD + row + "\n", begins=BEGINS)
    assert rates == []
    assert fault.line == 2
    assert words in fault.message


def test_the_same_code_place_and_day_stand_once() -> None:
    rates, [fault] = read_rates(HEAD + "99213,,,1,,\n99213,,facility,2,,\n99213,,,3,,\n", begins=BEGINS)
    assert [one.amount_cents for one in rates] == [100, 200]
    assert (fault.line, fault.message) == (4, "the same code and day stand in line 2 already")


@pytest.mark.parametrize(("typed", "percent"), [("80", "80"), ("112.50 %", "112.5"), ("0", "0"), ("100", "100")])
def test_a_percentage_is_read_as_people_write_it(typed: str, percent: str) -> None:
    assert str(percent_of(typed)) == percent


some_rates = st.builds(
    Rate,
    st.from_regex("[A-Z0-9]{5}", fullmatch=True),
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    st.sampled_from(["", "25", "TC"]),
    st.sampled_from(PlaceKind),
    st.integers(0, 10**8).map(Cents),
) | st.builds(
    Rate,
    st.from_regex("[A-Z0-9]{5}", fullmatch=True),
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    percent=st.integers(0, 10_000_000).map(lambda one: percent_of(str(Decimal(one) / 10_000))),
)


@given(st.lists(some_rates, unique_by=lambda one: one.key))
def test_what_is_written_is_read_again(rates: list[Rate]) -> None:
    assert read_rates(write_rates(rates), begins=BEGINS) == (rates, [])
