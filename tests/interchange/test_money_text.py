"""Amounts to X12 text and back."""

from hypothesis import given
from hypothesis import strategies as st

from billing.money import LARGEST, Cents, format_amount, parse_cents
from interchange.x12 import fields


@given(st.integers(-LARGEST, LARGEST))
def test_an_amount_survives_the_wire(cents: int) -> None:
    text = format_amount(Cents(cents))
    assert parse_cents(text) == cents
    assert not text.endswith(".")
    assert "." not in text or not text.endswith("0")


@given(st.decimals(-(10**6), 10**6, places=3))
def test_a_quantity_survives_the_wire(value: object) -> None:
    assert fields.decimal(("QTY", fields.print_decimal(value)), 1) == value
