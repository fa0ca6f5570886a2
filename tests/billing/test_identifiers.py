import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.identifiers import (
    CONTROL_ALPHABET,
    CONTROL_BODY,
    control_number,
    control_number_is_ours,
    mbi_is_valid,
    npi_is_valid,
    tax_id_is_plausible,
)

BODIES = st.text(CONTROL_ALPHABET, min_size=CONTROL_BODY, max_size=CONTROL_BODY)


@pytest.mark.parametrize(
    ("npi", "valid"),
    [
        ("1234567893", True),
        ("1999999984", True),
        ("1999999976", True),
        ("1234567890", False),
        ("1043569997", False),
        ("199999998", False),
        ("3999999984", False),
        ("19999999845", False),
        ("199999998X", False),
        ("١٩٩٩٩٩٩٩٨٤", False),
        ("", False),
    ],
)
def test_an_npi_is_judged_by_its_check_digit(npi: str, valid: bool) -> None:
    assert npi_is_valid(npi) is valid


@given(st.integers(0, 10**8 - 1), st.integers(0, 9))
def test_exactly_one_check_digit_fits(body: int, first: int) -> None:
    stem = f"{1 + first % 2}{body:08d}"
    assert sum(npi_is_valid(f"{stem}{digit}") for digit in range(10)) == 1


@pytest.mark.parametrize(
    ("mbi", "valid"),
    [
        ("1EG4TE5MK73", True),
        ("0EG4TE5MK73", False),
        ("1SG4TE5MK73", False),
        ("1EG4-TE5-MK73", False),
        ("1eg4te5mk73", False),
        ("1EG4TE5MK7", False),
        ("1EG4TE5MK733", False),
    ],
)
def test_an_mbi_is_judged_by_its_form(mbi: str, valid: bool) -> None:
    assert mbi_is_valid(mbi) is valid


@pytest.mark.parametrize("letter", "SLOIBZ")
def test_six_letters_never_occur_in_an_mbi(letter: str) -> None:
    for place in (1, 2, 4, 5, 7, 8):
        mbi = "1EG4TE5MK73"
        assert not mbi_is_valid(mbi[:place] + letter + mbi[place + 1 :])


@pytest.mark.parametrize(
    ("tax_id", "plausible"),
    [
        ("987654320", True),
        ("98-7654320", True),
        ("000000000", False),
        ("123456789", False),
        ("999999999", False),
        ("12345", False),
        ("98765432X", False),
    ],
)
def test_a_tax_id_has_nine_digits_and_is_no_placeholder(tax_id: str, plausible: bool) -> None:
    assert tax_id_is_plausible(tax_id) is plausible


@given(BODIES)
def test_a_control_number_is_known_as_ours_and_fits_clm01(body: str) -> None:
    number = control_number(body)
    assert control_number_is_ours(number)
    assert len(number) <= 20
    assert number.isalnum()
    assert number.isupper()


@given(BODIES, st.integers(1, CONTROL_BODY), st.sampled_from(CONTROL_ALPHABET[:31]))
def test_a_slip_in_a_control_number_is_found(body: str, place: int, char: str) -> None:
    number = control_number(body)
    slipped = number[:place] + char + number[place + 1 :]
    wrong_by_the_modulus = (CONTROL_ALPHABET.index(char) - CONTROL_ALPHABET.index(number[place])) % 31 == 0
    assert control_number_is_ours(slipped) is wrong_by_the_modulus


@pytest.mark.parametrize("text", ["", "EXT1001", "Z", "ZAAAAAAAAAAAAAAI", "z" + "0" * 15])
def test_a_stranger_is_no_control_number(text: str) -> None:
    assert not control_number_is_ours(text)
