"""A patient as the office keeps it beside the visits, and what a visit says that the office does not say.

The office's record and each visit's claim are two things: a claim keeps what it was sent with. The record follows what
visits say only where nobody said otherwise at the desk: a field is taken over when it is news against what a visit
said before, and the record still held that.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date

from billing.claim import Address, Name, Person, Sex
from billing.statement_words import Language

WHO = ("last_name", "first_name", "birth_date")
"""Fields that tell one person from another"""
TELEPHONE_DIGITS = 10
SHORT_POSTAL_CODE = 5
"""Digits of a postal code that say the same place with and without the four behind them"""


@dataclass(frozen=True, slots=True)
class Registration:
    """Who a patient is and how they are reached. None: not known."""

    last_name: str
    first_name: str | None = None
    middle_name: str | None = None
    suffix: str | None = None
    birth_date: date | None = None
    sex: Sex | None = None
    address: Address | None = None
    telephone: str | None = None
    """Ten digits"""
    email: str | None = None
    language: Language | None = None
    """What their papers are written in; None: English"""

    @property
    def person(self) -> Person:
        """As a claim names a patient."""
        name = Name(self.last_name, self.first_name, self.middle_name, self.suffix)
        return Person(name, self.birth_date, self.sex, self.address)


WORDS = {"email": "e-mail"}
"""Names of fields that people write otherwise"""
FIELDS = tuple(one.name for one in fields(Registration))


def registration_of(person: Person) -> Registration:
    """What a visit says of its patient; claims carry neither telephone nor e-mail."""
    name = person.name
    return Registration(name.last, name.first, name.middle, name.suffix, person.birth_date, person.sex, person.address)


def changed(before: Registration, after: Registration) -> tuple[str, ...]:
    """Names of the fields that are not the same to the letter."""
    return tuple(name for name in FIELDS if getattr(before, name) != getattr(after, name))


def differing(known: Registration, said: Registration) -> tuple[str, ...]:
    """Names of the fields in which a visit says something else; capitals, and what it leaves out, are no difference."""
    return tuple(name for name in FIELDS if _is_said(getattr(said, name)) and not _is_same(known, said, name))


def contradicting(known: Registration, said: Registration) -> tuple[str, ...]:
    """Names of the fields by which `said` is another person; what either does not know contradicts nothing."""
    both = (name for name in WHO if getattr(known, name) is not None)
    return tuple(name for name in both if name in differing(known, said))


def followed(known: Registration, *, before: Registration | None, now: Registration) -> Registration:
    """The record after a visit says `now`, where visits said `before` until then (None: nothing that counts here).

    Who is put right in two ways at once may be somebody else, whose visit was opened under the wrong name: then the
    record stays as it is.
    """
    if before is not None and len(contradicting(before, now)) > 1:
        return known
    news = differing(before, now) if before else FIELDS
    taken = {
        name: getattr(now, name)
        for name in news
        if _is_said(getattr(now, name))
        and (getattr(known, name) is None or (before is not None and _is_same(known, before, name)))
    }
    return replace(known, **taken)


def telephone_digits(text: str) -> str | None:
    """`(614) 555-0100`, `+1 614 555 0100` -> `6145550100`; None when it is no telephone number of this country."""
    digits = re.sub(r"[ ().+-]", "", text)
    digits = digits.removeprefix("1") if len(digits) == len("1") + TELEPHONE_DIGITS else digits
    return digits if re.fullmatch(rf"[2-9]\d{{{TELEPHONE_DIGITS - 1}}}", digits, re.ASCII) else None


def in_words(names: Iterable[str]) -> str:
    """Names of fields as people say them: `last name, address`."""
    return ", ".join(WORDS.get(name, name.replace("_", " ")) for name in names)


def _is_said(value: object) -> bool:
    return value is not None and value != Sex.UNKNOWN


def _is_same(one: Registration, other: Registration, name: str) -> bool:
    return _plain(getattr(one, name)) == _plain(getattr(other, name))


def _plain(value: object) -> object:
    """A value without what makes no difference: capitals, the last four digits of a postal code."""
    if isinstance(value, Address):
        code = (value.postal_code or "").replace("-", "")[:SHORT_POSTAL_CODE]
        parts = (value.street, value.street_2 or "", value.city, value.state or "", code)
        return tuple(part.upper() for part in parts)
    return value.upper() if isinstance(value, str) else value
