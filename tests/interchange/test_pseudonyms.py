"""Replacements: of the same shape, never the same, never two into one, and only the key's owner can repeat them."""

import string
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.identifiers import npi_is_valid
from interchange.x12.pseudonyms import KeyTooShort, Pseudonyms

NAMES = Pseudonyms(b"a key of this test alone")
OTHERS = Pseudonyms(b"another key of this test")
NUMBERS = st.text(string.ascii_letters + string.digits + "-. /", min_size=1, max_size=40)


def shape(text: str) -> str:
    return "".join("9" if one.isdigit() else "A" if one.isupper() else "a" if one.islower() else one for one in text)


@given(NUMBERS)
def test_a_number_keeps_its_shape_and_nothing_else(text: str) -> None:
    moved = NAMES.number(text)
    assert shape(moved) == shape(text)
    assert moved == NAMES.number(text)
    assert moved != text or not any(one.isalnum() for one in text)


def test_two_numbers_never_become_one() -> None:
    for alphabets in (["0123456789"], ["0123456789"] * 3, ["0123456789", string.ascii_uppercase, "0123456789"]):
        numbers = ["".join(one) for one in product(*alphabets)]
        moved = [NAMES.number(one) for one in numbers]
        assert sorted(moved) == sorted(numbers)
        assert not any(old == new for old, new in zip(numbers, moved, strict=True))


@given(st.integers(1_000_000_000, 2_999_999_999).map(str))
def test_an_npi_becomes_another_valid_one(text: str) -> None:
    moved = NAMES.npi(text)
    assert npi_is_valid(moved)
    assert moved != text
    if npi_is_valid(text):
        assert NAMES.number(text) == moved, "with or without its qualifier"


@given(st.text(min_size=1, max_size=20))
def test_a_word_is_plain_and_not_the_name(text: str) -> None:
    word = NAMES.word(text)
    assert word == NAMES.word(f" {text.upper()} ") or text.upper().casefold() != text.casefold()
    assert set(word) <= set(string.ascii_uppercase)
    assert word.casefold() != text.casefold().strip()


def test_the_key_decides() -> None:
    assert NAMES.number("MEMBER123456") != OTHERS.number("MEMBER123456")
    assert NAMES.word("Okafor") != OTHERS.word("Okafor")
    assert {Pseudonyms(bytes([one]) * 32).shift_days("Okafor") for one in range(50)} <= set(range(1, 366))


def test_a_key_that_can_be_guessed_is_refused() -> None:
    with pytest.raises(KeyTooShort, match="16"):
        Pseudonyms(b"secret")
