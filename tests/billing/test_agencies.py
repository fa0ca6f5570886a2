"""What an agency answers, row by row; its account numbers, its fee, and the itemization."""

from datetime import date

import pytest

from billing.agencies import account_number, fee_of, itemized, reference_in
from billing.agency_answers import Action, AnswerRow, read_answers
from billing.money import Cents

HEADER = "reference,action,reason,collected,fee,remitted,paid_on,transaction\n"


@pytest.mark.parametrize(
    ("row", "collected", "fee"),
    [
        ("R,paid,,20,,,,T1", 2000, None),
        ("R,paid,,20,5,,,T1", 2000, 500),
        ("R,paid,,20,,15,,T1", 2000, 500),
        ("R,paid,,,5,15,,T1", 2000, 500),
        ("R,paid,,20,5,15,2026-03-01,T1", 2000, 500),
        ('R,PAID,,"1,020.50",0,,,T1', 102050, 0),
    ],
)
def test_two_of_the_three_amounts_tell_the_third(row: str, collected: int, fee: int | None) -> None:
    rows, faults = read_answers(HEADER + row)
    assert (faults, rows[0].action, rows[0].collected_cents, rows[0].fee_cents) == ([], Action.PAID, collected, fee)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("R,paid,,,,15,,T1", "say what was collected, or both fee and remitted"),
        ("R,paid,,20,5,16,,T1", "collected is not fee and remitted together"),
        ("R,paid,,20,21,,,T1", "the fee must lie between"),
        ("R,paid,,0,,,,T1", "above zero"),
        ("R,paid,,many,,,,T1", "collected: "),
        ("R,paid,,20,,,,", "transaction must not be empty"),
        ("R,paid,,20,,,March,T1", "paid_on must be a day"),
        (",acknowledge,,,,,,", "reference must not be empty"),
        ("R,dance,,,,,,", "action must be one of"),
        ("R,suspend,bored,,,,,", "reason must be one of dispute"),
        ("R,close,,,,,,", "reason must be one of uncollectible"),
        (f"{'R' * 61},acknowledge,,,,,,", "reference is longer than 60"),
    ],
)
def test_a_faulty_row_is_named_by_its_line(row: str, words: str) -> None:
    rows, [fault] = read_answers(f"{HEADER}R,acknowledge,,,,,,\n{row}\n")
    assert ([one.action for one in rows], fault.line) == ([Action.ACKNOWLEDGE], 3)
    assert words in fault.message


def test_a_file_without_its_columns_is_refused_whole() -> None:
    assert read_answers("number,action\n1,paid\n")[1][0].message.endswith("missing: reference")


def test_semicolons_and_other_columns_are_read_too() -> None:
    rows, faults = read_answers("action;extra;reference\nacknowledge;x;R\n")
    assert (rows, faults) == ([AnswerRow(2, "R", Action.ACKNOWLEDGE)], [])


@pytest.mark.parametrize("form", ["{reference}", "ZB-{reference}", "{reference}.7", "A {reference} Z"])
def test_an_account_number_leads_back_to_the_reference(form: str) -> None:
    assert reference_in(form, account_number(form, "k3v9")) == "k3v9"
    assert reference_in("ZB-{reference}", "k3v9") == "k3v9"


@pytest.mark.parametrize(("cents", "points", "fee"), [(2000, 2500, 500), (1, 5000, 1), (1, 4999, 0), (3333, 2750, 917)])
def test_the_fee_is_rounded_half_a_cent_up(cents: int, points: int, fee: int) -> None:
    assert fee_of(cents, points) == Cents(fee)


def test_what_was_neither_paid_nor_is_owed_was_taken_off() -> None:
    told = itemized(on=date(2026, 3, 2), charged=15000, paid=6000, balance=4000)
    assert told.credits_cents == 5000
    assert told.amount_cents + told.interest_cents + told.fees_cents - told.payments_cents - told.credits_cents == 4000
