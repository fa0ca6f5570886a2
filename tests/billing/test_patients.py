"""A patient's record beside the visits: what it takes over, what it leaves, who is another person."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from billing.claim import Address, Sex
from billing.patients import (
    Registration,
    changed,
    contradicting,
    differing,
    followed,
    in_words,
    registration_of,
    telephone_digits,
)

HOME = Address("1 Main St", "Springfield", "IL", "62701")
SHOUTED = Address("1 MAIN ST", "SPRINGFIELD", "IL", "627011234")
MOVED = Address("9 North St", "Springfield", "IL", "62702")
JANE = Registration("Doe", "Jane", birth_date=date(1980, 1, 31), sex=Sex.FEMALE, address=HOME)
BORN_LATER = date(1980, 1, 13)


def test_the_default_is_a_person_of_a_claim_and_back() -> None:
    assert registration_of(JANE.person) == JANE


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ({"last_name": "DOE", "address": SHOUTED}, ()),
        ({"middle_name": "Q", "address": MOVED}, ("middle_name", "address")),
        ({"birth_date": None, "address": None, "sex": Sex.UNKNOWN}, ()),
        ({"sex": Sex.MALE}, ("sex",)),
    ],
)
def test_capitals_and_what_is_left_out_are_no_difference(said: dict[str, Any], names: tuple[str, ...]) -> None:
    assert differing(JANE, replace(JANE, **said)) == names


@pytest.mark.parametrize(
    ("known", "said", "names"),
    [
        ({}, {"first_name": "JANE", "address": MOVED, "sex": Sex.MALE}, ()),
        ({}, {"first_name": "Joan"}, ("first_name",)),
        ({}, {"last_name": "Roe", "birth_date": BORN_LATER}, ("last_name", "birth_date")),
        ({"birth_date": None, "first_name": None}, {"birth_date": BORN_LATER}, ()),
    ],
)
def test_another_name_or_birth_date_is_another_person(
    known: dict[str, Any], said: dict[str, Any], names: tuple[str, ...]
) -> None:
    assert contradicting(replace(JANE, **known), replace(JANE, **said)) == names


@pytest.mark.parametrize(
    ("known", "before", "now", "after"),
    [
        ({}, {}, {"address": MOVED}, {"address": MOVED}),
        ({}, {}, {"last_name": "Doh"}, {"last_name": "Doh"}),
        ({"address": MOVED}, {}, {}, {"address": MOVED}),
        ({"address": MOVED}, {}, {"address": SHOUTED}, {"address": MOVED}),
        ({"address": None}, {}, {}, {"address": None}),
        ({"address": None}, {}, {"address": MOVED}, {"address": MOVED}),
        ({"last_name": "Roe"}, {}, {"last_name": "Doh"}, {"last_name": "Roe"}),
        ({}, {}, {"address": None, "birth_date": None}, {}),
        ({"address": None, "sex": None}, None, {}, {}),
        ({}, None, {"address": MOVED, "first_name": "Joan"}, {}),
        ({}, {}, {"first_name": "John", "birth_date": BORN_LATER, "address": MOVED}, {}),
    ],
    ids=[
        "a move is taken over",
        "a name put right is taken over",
        "what the desk changed stays when nothing is news",
        "the old address again, shouted, is no news",
        "what the desk emptied stays empty",
        "news fill what is empty",
        "the desk's word stays against news",
        "what is left out empties nothing",
        "a first visit fills what is empty",
        "a first visit changes nothing",
        "two ways at once may be another person",
    ],
)
def test_the_record_follows_visits_where_nobody_said_otherwise(
    known: dict[str, Any], before: dict[str, Any] | None, now: dict[str, Any], after: dict[str, Any]
) -> None:
    earlier = None if before is None else replace(JANE, **before)
    assert followed(replace(JANE, **known), before=earlier, now=replace(JANE, **now)) == replace(JANE, **after)


def test_telephone_and_e_mail_are_never_a_visits() -> None:
    known = replace(JANE, telephone="6145550100", email="jane@example.com")
    after = followed(known, before=JANE, now=replace(JANE, address=MOVED))
    assert changed(known, after) == ("address",)


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("(614) 555-0100", "6145550100"),
        ("+1 614.555.0100", "6145550100"),
        ("16145550100", "6145550100"),
        ("555-0100", None),
        ("0145550100", None),
        ("614555010O", None),
        ("", None),
    ],
)
def test_a_telephone_number_is_ten_digits_however_it_is_written(text: str, digits: str | None) -> None:
    assert telephone_digits(text) == digits


def test_fields_have_words() -> None:
    assert in_words(("last_name", "email")) == "last name, e-mail"
