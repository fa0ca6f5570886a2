"""When a patient comes of age, by the state of the address."""

from datetime import date, timedelta

import pytest

from billing.claim import Address, Name, Person
from billing.majority import is_under_age, of_age_on, youngest_of_age


@pytest.mark.parametrize(
    ("state", "born", "since"),
    [
        ("OH", date(2008, 3, 1), date(2026, 3, 1)),
        ("AL", date(2007, 3, 1), date(2026, 3, 1)),
        ("NE", date(2007, 3, 1), date(2026, 3, 1)),
        ("ms", date(2005, 3, 1), date(2026, 3, 1)),
        (None, date(2008, 2, 29), date(2026, 3, 1)),
    ],
)
def test_it_is_the_states_age_and_begins_with_the_birthday(state: str | None, born: date, since: date) -> None:
    home = Address("1 ELM ST", "ANYTOWN", state, "441010000")
    patient = Person(Name("DOE", "ANNA"), born, address=home)
    assert of_age_on(patient) == since
    assert is_under_age(patient, since - timedelta(days=1))
    assert not is_under_age(patient, since)


def test_who_has_neither_birth_date_nor_address_answers() -> None:
    assert of_age_on(Person(Name("DOE", "ANNA"))) is None
    assert not is_under_age(Person(Name("DOE", "ANNA")), date(2026, 3, 1))
    assert of_age_on(Person(Name("DOE", "ANNA"), date(2008, 3, 1))) == date(2026, 3, 1)


@pytest.mark.parametrize("day", [date(2026, 3, 1), date(2028, 2, 29)])
def test_nobody_is_of_age_who_is_younger_than_the_youngest(day: date) -> None:
    born = youngest_of_age(day)
    assert all(not is_under_age(Person(Name("DOE", "ANNA"), born - timedelta(days=one)), day) for one in range(1, 400))
    assert all(is_under_age(Person(Name("DOE", "ANNA"), born + timedelta(days=one)), day) for one in range(1, 400))
