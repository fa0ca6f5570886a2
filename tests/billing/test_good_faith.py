"""The clocks of the good-faith estimate, and what its letter says."""

from datetime import date
from decimal import Decimal

import pytest

from billing.claim import Address, Name, Party, Person, Reference, ServiceLine, Sex
from billing.estimates import alone
from billing.good_faith import (
    Giver,
    business_days_ahead,
    due_in,
    good_faith_letter,
    is_substantially_above,
    last_day_to_dispute,
)
from billing.money import Cents

MONDAY = date(2026, 11, 2)


@pytest.mark.parametrize(
    ("day", "ahead", "due"),
    [
        (date(2026, 11, 1), 0, None),
        (date(2026, 11, 2), 0, None),
        (date(2026, 11, 4), 2, None),
        (date(2026, 11, 5), 3, 1),
        (date(2026, 11, 7), 4, 1),
        (date(2026, 11, 16), 9, 1),
        (date(2026, 11, 17), 10, 3),
        (date(2027, 1, 4), 41, 3),
    ],
)
def test_the_sooner_the_visit_the_sooner_the_estimate_is_due(day: date, ahead: int, due: int | None) -> None:
    assert business_days_ahead(MONDAY, day) == ahead
    assert due_in(MONDAY, day) == due


def test_who_books_on_a_weekend_books_on_no_business_day() -> None:
    assert business_days_ahead(date(2026, 11, 7), date(2026, 11, 11)) == 2


@pytest.mark.parametrize(("billed", "is_above"), [(49_999, False), (50_000, True), (10_000, False)])
def test_a_bill_is_too_high_from_four_hundred_dollars_on(billed: int, is_above: bool) -> None:
    assert is_substantially_above(billed, 10_000) is is_above


def test_the_window_ends_on_the_120th_day() -> None:
    assert last_day_to_dispute(date(2026, 1, 1)) == date(2026, 5, 1)


def test_the_letter_says_all_that_it_has_to() -> None:
    lines = [
        ServiceLine("99213", Cents(15000), Decimal(1), MONDAY, ("25",)),
        ServiceLine("J1885", Cents(2000), Decimal(2), MONDAY),
    ]
    street = Address("2 MAIN ST", "SPRINGFIELD", "IL", "62701")
    billing = Party(
        "85", False, Name("FAMILY PRACTICE"), "XX", "1993999998", None, street, (Reference("EI", "123456789"),)
    )
    patient = Person(Name("DOE", "JANE"), date(1970, 5, 1), Sex.FEMALE, None)
    letter = good_faith_letter(
        alone(lines, discount_percent=20),
        patient,
        Giver(billing, Address("9 HILL RD", "SPRINGFIELD", "IL", "62702"), "Hill clinic"),
        addressee=("JANE DOE", "1 OAK ST"),
        written_on=MONDAY,
        day=date(2026, 11, 20),
        diagnoses=["J069", "R05"],
        words=["Office visit", ""],
    )
    facts = {one.label: one.value for one in letter.facts}
    assert facts == {
        "Patient": "JANE DOE",
        "Born": "05/01/1970",
        "Day of service": "11/20/2026",
        "Diagnoses": "J06.9, R05",
        "Provider": "FAMILY PRACTICE",
        "NPI": "1993999998",
        "Tax ID": "123456789",
        "Where": "Hill clinic, 9 HILL RD, SPRINGFIELD IL 62702",
        "Expected charges, together": "$136.00",
    }
    assert letter.items == ("Office visit, code 99213-25: $120.00", "code J1885, 2 units: $16.00")
    said = " ".join(letter.paragraphs)
    for needed in (
        "no contract",
        "$400",
        "120 calendar days",
        "services and the charges",
        "booked or asked for",
        "$25",
    ):
        assert needed in said
    assert letter.addressee == ("JANE DOE", "1 OAK ST")
