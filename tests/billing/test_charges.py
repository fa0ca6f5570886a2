from datetime import date
from decimal import Decimal

import pytest

from billing.charges import (
    ChargeMaster,
    Price,
    PriceList,
    charge_faults,
    price_claim,
    read_charge_master,
    repriced,
    write_charge_master,
)
from billing.claim import ServiceLine
from billing.money import Cents
from tests.builders import a_claim, a_line

OLD, NEW, COMING = date(2025, 1, 1), date(2026, 7, 1), date(2027, 1, 1)
MASTER = ChargeMaster(
    (
        Price("99213", Cents(12000), OLD),
        Price("99213", Cents(15000), NEW),
        Price("99213", Cents(99000), COMING),
        Price("99213", Cents(17000), NEW, "25"),
        Price("93000", Cents(6000), OLD),
    )
)


@pytest.mark.parametrize(
    ("line", "price"),
    [
        (a_line(), 15000),
        (a_line(service_date=date(2026, 6, 30)), 12000),
        (a_line(service_date=date(2026, 7, 1)), 15000),
        (a_line(service_date=date(2024, 12, 31)), None),
        (a_line(modifiers=("25",)), 17000),
        (a_line(modifiers=("25",), service_date=date(2026, 6, 30)), 12000),
        (a_line(modifiers=("59",)), 15000),
        (a_line("99999"), None),
    ],
)
def test_the_price_is_that_of_the_day_and_the_first_modifier(line: object, price: int | None) -> None:
    assert MASTER.price_of(line) == price  # type: ignore[arg-type]


def test_only_lines_without_a_charge_are_priced_and_the_claim_is_their_sum() -> None:
    claim = price_claim(a_claim(a_line(charge=0, units=Decimal(3)), a_line("93000", 7000)), MASTER)
    assert [line.charge_cents for line in claim.lines] == [45000, 7000]
    assert claim.charge_cents == 52000


@pytest.mark.parametrize("line", [a_line(charge=0, units=Decimal("1.5")), a_line("99999", 0)])
def test_what_cannot_be_priced_stays_for_a_person(line: object) -> None:
    claim = price_claim(a_claim(line), MASTER)  # type: ignore[arg-type]
    assert claim.charge_cents == 0
    [fault] = charge_faults(claim, MASTER)
    assert "(field line.1.charge)" in fault


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (a_line(charge=15000), None),
        (a_line(charge=20000), None),
        (a_line("99999", 500), None),
        (a_line(charge=14999), "charged $149.99, the charge master asks $150.00"),
        (a_line(charge=15000, units=Decimal(2)), "the charge master asks $300.00"),
        (a_line(charge=100, unit_basis="MJ"), None),
        (a_line(charge=-1), "the charge is negative"),
        (a_line(charge=0), "no charge"),
    ],
)
def test_a_reviewer_sees_what_is_below_the_master(line: object, words: str | None) -> None:
    faults = charge_faults(a_claim(line), MASTER)  # type: ignore[arg-type]
    assert len(faults) == (words is not None)
    assert (words or "") in "".join(faults)


def test_a_file_of_prices_is_read_and_written() -> None:
    text = "\N{BOM}Procedure , modifier,price,effective_from\r\n 99213 ,25,170.00,2026-07-01\r\n\r\n"
    text += "j1885,,9.5,2026-01-01\r\n"
    expected = (Price("99213", Cents(17000), NEW, "25"), Price("J1885", Cents(950), date(2026, 1, 1)))
    assert read_charge_master(text) == PriceList(expected, ())
    assert read_charge_master('procedure,price,effective_from\n99213,"$1,250.00",2026-07-01\n').prices == (
        Price("99213", Cents(125000), date(2026, 7, 1)),
    )
    assert read_charge_master(write_charge_master(expected)) == PriceList(expected, ())
    assert read_charge_master("effective_from;price;procedure;name\n2026-07-01;170;99213;Visit\n").prices == (
        Price("99213", Cents(17000), NEW),
    )


def test_every_faulty_row_is_named_by_its_line_and_loses_no_other() -> None:
    text = """procedure,modifier,price,effective_from
99213,,1.234,2026-01-01
99213,,150,01/01/2026

,,150,2026-01-01
99213,,0,2026-01-01
99213
99213,,150,2026-01-01
99214,255,,soon
99213,,160,2026-01-01
"""
    found = read_charge_master(text)
    assert found.prices == (Price("99213", Cents(15000), date(2026, 1, 1)),)
    assert [one.line for one in found.faults] == [2, 3, 5, 6, 7, 9, 10]
    assert found.faults[5].message.count(";") == 2
    assert found.faults[0].message == "price 1.234: amount has a fraction of a cent"
    assert found.faults[1].message == "effective_from 01/01/2026 must be a day as YYYY-MM-DD"
    assert "price is missing: write it as 120.00" in found.faults[4].message
    assert found.faults[5].message.startswith("modifier 255 must be")
    assert found.faults[6].message == "the same code and day stand in line 8 already"


@pytest.mark.parametrize(
    ("row", "first"),
    [("99215,,2026-01-01,1,280.50", "280.50"), ("99215,,2026-01-01,210.00,,a surplus word", "a surplus word")],
)
def test_a_price_torn_in_two_by_its_comma_is_a_fault_and_no_smaller_price(row: str, first: str) -> None:
    found = read_charge_master(f"procedure,modifier,effective_from,price\n{row}\n")
    assert found.prices == ()
    [fault] = found.faults
    assert fault.message == f"{first} stands beyond the last column: put what holds a comma between quotation marks"


def test_empty_cells_at_the_end_of_a_row_are_no_fault() -> None:
    found = read_charge_master("procedure,price,effective_from\n99213,150,2026-01-01,, ,\n")
    assert (len(found.prices), found.faults) == (1, ())


def test_a_letter_among_the_digits_is_shown_with_what_to_write() -> None:
    [fault] = read_charge_master("procedure,price,effective_from\n99213,12O.00,2026-01-01\n").faults
    assert fault.message == "price 12O.00: amount is not a number; write digits such as 120.00"


@pytest.mark.parametrize("text", ["", "99213,,150,2026-01-01", "procedure,price"])
def test_a_file_without_its_columns_says_which(text: str) -> None:
    [fault] = read_charge_master(text).faults
    assert (fault.line, "effective_from" in fault.message) == (1, True)


def test_a_row_that_is_no_csv_is_a_fault() -> None:
    text = "procedure,price,effective_from\n99213,150,2026-01-01\n" + "9" * 200_000 + ",1,2026-01-01\n"
    found = read_charge_master(text)
    assert (len(found.prices), len(found.faults)) == (1, 1)


def test_patients_read_the_practices_own_words() -> None:
    master = ChargeMaster(
        (
            Price("99213", Cents(12000), OLD, description="Office visit"),
            Price("99213", Cents(15000), NEW),
            Price("99213", Cents(17000), NEW, "25", "Office visit beside a procedure"),
        )
    )
    assert master.description_of(a_line("99213", 1)) == "Office visit"
    assert master.description_of(a_line("99213", 1, modifiers=("25",))) == "Office visit beside a procedure"
    assert master.description_of(a_line("99213", 1, modifiers=("59",))) == "Office visit"
    assert master.description_of(a_line("93000", 1)) == ""


def test_words_are_read_and_written_and_too_many_are_a_fault() -> None:
    text = 'procedure,price,effective_from,description\n99213,150,2026-01-01,"Office visit,  short"\n'
    [price] = read_charge_master(text).prices
    assert price.description == "Office visit, short"
    assert read_charge_master(write_charge_master([price])).prices == (price,)
    [fault] = read_charge_master(text.replace("short", "s" * 80)).faults
    assert fault.message == "description is longer than 80 characters"


@pytest.mark.parametrize(
    ("was", "now", "cents"),
    [
        (a_line("99214", 22000), a_line("99213", 22000), 15000),
        (a_line("99214", 44000, units=Decimal(2)), a_line("99214", 44000), 22000),
        (a_line("99214", 22000), a_line("99202", 22000), 0),
        (a_line("99214", 25000), a_line("99213", 25000), 25000),
        (a_line("99214", 22000), a_line("99213", 17000), 17000),
        (a_line("99214", 22000), a_line("99214", 22000, modifiers=("25",)), 22000),
        (a_line("99214", 22000), a_line("99214", 22000), 22000),
    ],
)
def test_another_service_has_the_masters_price_where_the_one_before_had_it(
    was: ServiceLine, now: ServiceLine, cents: int
) -> None:
    master = ChargeMaster((Price("99213", Cents(15000), OLD), Price("99214", Cents(22000), OLD)))
    priced = repriced(a_claim(was), a_claim(now), master)
    assert (priced.lines[0].charge_cents, priced.charge_cents) == (cents, cents)
