"""Whether two records are one patient."""

from dataclasses import replace
from datetime import date

import pytest

from billing.claim import Address, Sex
from billing.patient_matching import LIKELY, likeness
from billing.patients import Registration

ROSA = Registration(
    "Alvarez",
    "Rosa",
    birth_date=date(1980, 3, 4),
    sex=Sex.FEMALE,
    address=Address("1 Elm St", "Anytown"),
    telephone="6145550100",
)


@pytest.mark.parametrize(
    ("changes", "likely", "words"),
    [
        ({}, True, "same birth date"),
        ({"last_name": "ALVAREZ-DIAZ"}, True, "last name spelled otherwise"),
        ({"last_name": "Alvares"}, True, "last name spelled otherwise"),
        ({"birth_date": date(1980, 4, 3)}, True, "birth dates differ by one slip"),
        ({"birth_date": date(1980, 3, 5)}, True, "birth dates differ by one slip"),
        ({"birth_date": date(1951, 10, 30)}, False, "another birth date"),
        ({"first_name": "Karl", "sex": Sex.MALE}, False, "another first name"),
        ({"last_name": "Schmidt", "telephone": None, "address": None}, False, "another last name"),
        ({"telephone": None, "address": None}, True, "same first name"),
    ],
)
def test_points_and_reasons(changes: dict[str, object], likely: bool, words: str) -> None:
    other = replace(ROSA, **changes)  # type: ignore[arg-type]
    found = likeness(ROSA, other)
    assert found.is_likely == likely
    assert words in found.reasons
    assert found == likeness(other, ROSA)


def test_father_and_son_of_one_house_are_two() -> None:
    father = replace(ROSA, first_name="John", suffix="Sr", sex=Sex.MALE)
    son = replace(father, suffix="Jr", birth_date=date(2005, 3, 4))
    assert likeness(father, son).points < LIKELY
