"""A person as somebody types it: the inputs, and what is wrong with them in the office's words.

One place for the visit's form and the patient's: what one of them refuses, the other does.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from typing import Any

from api.errors import Fault
from billing.claim import Address, Person

Typed = dict[str, str]
"""What stands in each input, by its name"""

PERSON = (
    *("last_name", "first_name", "middle_name", "suffix", "birth_date", "sex"),
    *("address.street", "address.street_2", "address.city", "address.state", "address.postal_code"),
)
"""The inputs of one person, below whose they are: `patient.last_name`"""
SEXES = {"F": "female", "M": "male", "U": "unknown"}
MEANINGS = {"state": "two letters, such as OH", "postal_code": "five or nine digits"}
"""What a field wants, where the model's own words are a pattern"""
FUTURE = "lies in the future"


def texts_of(who: str, person: Person) -> Typed:
    """A person as inputs below `who`, without the empty ones."""
    texts = {
        "last_name": person.name.last,
        "first_name": person.name.first,
        "middle_name": person.name.middle,
        "suffix": person.name.suffix,
        "birth_date": str(person.birth_date) if person.birth_date else None,
        "sex": person.sex,
    }
    if person.address is not None:
        texts |= {f"address.{name}": text for name, text in address_texts(person.address).items()}
    return {f"{who}.{name}": text for name, text in texts.items() if text}


def address_texts(address: Address) -> dict[str, str]:
    """An address as inputs, without the empty ones."""
    names = ("street", "street_2", "city", "state", "postal_code")
    return {name: text for name in names if (text := getattr(address, name))}


def under(typed: Typed, prefix: str, names: tuple[str, ...]) -> dict[str, Any]:
    """The texts of the inputs `names` below a prefix as nested objects, without empty ones."""
    found: dict[str, Any] = {}
    for name in names:
        text = typed.get(name)
        if text and name.startswith(f"{prefix}."):
            *path, last = name.removeprefix(f"{prefix}.").split(".")
            place = found
            for part in path:
                place = place.setdefault(part, {})
            place[last] = text
    return found


def is_after(text: str, today: date) -> bool:
    """Whether a typed day has yet to come; what is no day has not."""
    try:
        return date.fromisoformat(text) > today
    except ValueError:
        return False


def days(texts: Iterable[str]) -> list[date]:
    """The typed texts that are days."""
    found = []
    for text in texts:
        with suppress(ValueError):
            found.append(date.fromisoformat(text))
    return found


def in_words(fault: Fault, name: str, meanings: dict[str, str] = MEANINGS) -> str:
    """What a person is told of a fault of the model at the input `name`."""
    return fault.message if fault.message == "is needed" else meanings.get(name.split(".")[-1], fault.message)
