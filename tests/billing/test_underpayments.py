"""Lines that were allowed another amount than expected: the tolerance, and what was recovered."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.money import Cents
from billing.underpayments import (
    UNDECIDED,
    Case,
    Found,
    State,
    Tolerance,
    answered_anew,
    case_of,
    in_words,
    judged,
    recode_of,
    taken_back,
)
from tests.builders import a_payment

EVERY_CENT = Tolerance(0, 0)


def found(allowed: int | None, expected: int | None = 10000, recode: str = "") -> Found:
    return Found(None if allowed is None else Cents(allowed), None if expected is None else Cents(expected), recode)


@pytest.mark.parametrize(
    ("percent", "cents", "difference", "is_beyond"),
    [
        (0, 0, -1, True),
        (0, 0, 0, False),
        (0, 100, -100, False),
        (0, 100, -101, True),
        (1, 0, -100, False),
        (1, 0, -101, True),
        (1, 200, -150, False),
        (5, 100, -300, False),
        (5, 100, 501, True),
    ],
)
def test_a_difference_must_exceed_both(percent: int, cents: int, difference: int, is_beyond: bool) -> None:
    """Of an expected $100."""
    assert Tolerance(percent, cents).is_beyond(difference, 10000) == is_beyond


def test_of_what_is_expected_at_nothing_every_cent_beyond_the_amount_counts() -> None:
    assert Tolerance(5, 100).is_beyond(101, 0)
    assert not Tolerance(5, 100).is_beyond(100, 0)


@pytest.mark.parametrize(
    ("line", "state"),
    [
        (found(9000), State.OPEN),
        (found(11000), State.OVERPAID),
        (found(10000), None),
        (found(10000, recode="paid as 99212, billed as 99213"), State.RECODED),
        (found(9000, recode="paid as 99212, billed as 99213"), State.OPEN),
        (found(9000, None), None),
        (found(9000, None, "paid as 99212, billed as 99213"), State.RECODED),
        (found(None), None),
        (found(None, recode="paid as 99212, billed as 99213"), None),
    ],
)
def test_what_an_answer_makes_of_a_line(line: Found, state: State | None) -> None:
    assert judged(line, EVERY_CENT) == state


def disputed(allowed: int = 9000) -> Case:
    case = case_of(found(allowed), EVERY_CENT)
    assert case is not None
    return replace(case, state=State.DISPUTED)


@pytest.mark.parametrize(
    ("answers", "state", "recovered"),
    [
        ([10000], State.RECOVERED, 1000),
        ([9600], State.OPEN, 600),
        ([9600, 10000], State.RECOVERED, 1000),
        ([8000, 10000], State.RECOVERED, 2000),
        ([9000], State.OPEN, 0),
        ([12000], State.OVERPAID, 1000),
        ([12000, 10000], State.RECOVERED, 1000),
        ([10000, 9000], State.OPEN, 0),
    ],
)
def test_the_rise_is_recovered_and_no_more_than_was_missing(answers: list[int], state: State, recovered: int) -> None:
    case = disputed()
    for allowed in answers:
        case = answered_anew(taken_back(case), found(allowed), EVERY_CENT)
    assert (case.state, case.recovered_cents) == (state, recovered)


def test_what_was_recovered_goes_with_the_answer() -> None:
    case = answered_anew(taken_back(disputed()), found(10000), EVERY_CENT)
    assert taken_back(case).recovered_cents == 0
    assert taken_back(taken_back(case)).before == State.RECOVERED


@pytest.mark.parametrize("decided", [State.ACCEPTED, State.MISTAKEN])
@pytest.mark.parametrize(("allowed", "stays"), [(9000, True), (9500, True), (8900, False)])
def test_what_was_given_up_stays_so_unless_it_got_worse(decided: State, allowed: int, stays: bool) -> None:
    case = replace(disputed(), state=decided)
    assert answered_anew(taken_back(case), found(allowed), EVERY_CENT).state == (decided if stays else State.OPEN)


def test_a_line_that_is_refused_now_is_the_denials() -> None:
    case = answered_anew(taken_back(disputed()), found(None), EVERY_CENT)
    assert (case.state, case.recovered_cents, case.missing_cents) == (State.VOID, 0, 0)
    assert answered_anew(taken_back(case), found(10000), EVERY_CENT).recovered_cents == 1000


_answers = st.lists(st.one_of(st.none(), st.just("back"), st.integers(0, 15000)), max_size=12)


@given(first=st.integers(0, 9999), answers=_answers, percent=st.integers(0, 5), cents=st.integers(0, 300))
def test_recovered_is_never_below_zero_nor_counted_twice(
    first: int, answers: list[int | str | None], percent: int, cents: int
) -> None:
    """Whatever a payer answers and takes back: recovered and still missing are together what was once missing."""
    case = case_of(found(first), Tolerance(percent, cents))
    if case is None:
        return
    for one in answers:
        case = taken_back(case)
        assert case.recovered_cents == 0
        if one != "back":
            assert not isinstance(one, str)
            case = answered_anew(case, found(one), Tolerance(percent, cents))
        assert 0 <= case.recovered_cents <= case.found_short_cents
        if case.state in UNDECIDED:
            assert case.recovered_cents + case.missing_cents == case.found_short_cents


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ""),
        ({"procedure": "99213", "submitted_procedure": "99214"}, "paid as 99213, billed as 99214"),
        ({"procedure": "99214", "units": Decimal(1)}, "1 of 3 units paid"),
        ({"procedure": "99214", "units": Decimal(2), "submitted_units": Decimal(4)}, "2 of 4 units paid"),
        ({"procedure": "99214", "units": None}, ""),
        ({"procedure": "99213", "units": Decimal(1)}, "paid as 99213, billed as 99214; 1 of 3 units paid"),
    ],
)
def test_a_recode_in_words(changes: dict[str, object], words: str) -> None:
    [line] = a_payment("N1", procedure="99214").lines
    paid = replace(line, **{"units": Decimal(3)} | changes)  # type: ignore[arg-type]
    assert recode_of(paid, procedure="99214", units=Decimal(3)) == words


def test_what_is_not_counted_in_units_is_not_compared_by_units() -> None:
    [line] = a_payment("N1", procedure="00100").lines
    assert recode_of(line, procedure="00100", units=None) == ""


def test_a_line_in_words() -> None:
    words = in_words(found(9000), name="line 1, 99213", rule="2026: $100.00 a unit by the contract")
    assert words == (
        "line 1, 99213: allowed $90.00, expected $100.00 (2026: $100.00 a unit by the contract), $10.00 less"
    )
