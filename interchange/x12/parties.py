"""Parties and people: NM1 or N1 with the N3, N4, REF, PRV and PER that hang on it, read once for every transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache

from billing.claim import Address, Contact, Name, Party, Person, Reference, Sex
from interchange.x12 import fields, writing
from interchange.x12.fields import Elements, get, maybe, trimmed
from interchange.x12.forms import Form, Say
from interchange.x12.quick import quick

_party = quick(Party)
_person = quick(Person)
_name = quick(Name)
_address = quick(Address)
_reference = quick(Reference)
_SEXES = {one.value: one for one in Sex}
_NM1 = ("",) * 10

_TAXONOMY_OF = {"DN": "RF", "P3": "RF", "71": "AT"}
"""PRV01 by role: referring, attending; PE performing for all others"""

_NAMED = Form(
    "NM1 role kind last first middle prefix suffix qualifier number", given=("role", "kind", "qualifier", "number")
)
"""Of a Name"""
_LOCATED = Form("?N3 street street_2", "?N4 city state postal_code country - - subdivision")
"""Of an Address"""


def read_name(nm1: Elements) -> Name:
    """NM103 to NM107."""
    padded = nm1 + _NM1[len(nm1) :]
    return _name(padded[3], padded[4] or None, padded[5] or None, padded[7] or None, padded[6] or None)


def read_party(rows: Sequence[Elements]) -> tuple[Party, tuple[Elements, ...]]:
    """A party from the segments of its loop, NM1 first; and the segments that the noun has no place for.

    The same few payers and providers stand in every claim of a file: each is read once.
    """
    return _read_party(tuple(rows))


@lru_cache(maxsize=2048)
def _read_party(rows: tuple[Elements, ...]) -> tuple[Party, tuple[Elements, ...]]:
    nm1 = rows[0] + _NM1[len(rows[0]) :]
    references, contact, taxonomy, rest = [], None, None, []
    for row in rows[1:]:
        if row[0] == "REF" and len(row) == 3 and row[1] and row[2]:
            references.append(_reference(row[1], row[2]))
        elif row[0] == "PER" and contact is None:
            contact = read_contact(row)
        elif row[0] == "PRV" and taxonomy is None and len(row) == 4:
            taxonomy = row[3]
        elif row[0] not in {"N3", "N4"}:
            rest.append(row)
    party = _party(
        role=nm1[1],
        is_person=nm1[2] == "1",
        name=read_name(nm1),
        id_qualifier=nm1[8] or None,
        id=nm1[9] or None,
        taxonomy=taxonomy,
        address=read_address(rows),
        references=tuple(references),
        contact=contact,
    )
    return party, tuple(rest)


def read_address(rows: Iterable[Elements]) -> Address | None:
    """N3 and N4 of a loop; None when neither was sent."""
    n3: Elements = ()
    n4: Elements = ()
    for row in rows:
        if row[0] == "N3":
            n3 = row
        elif row[0] == "N4":
            n4 = row
    if not n3 and not n4:
        return None
    return _read_address(n3, n4)


@lru_cache(maxsize=2048)
def _read_address(n3: Elements, n4: Elements) -> Address:
    return _address(get(n3, 1), get(n4, 1), maybe(n4, 2), maybe(n4, 3), maybe(n3, 2), maybe(n4, 4), maybe(n4, 7))


def read_contact(per: Elements) -> Contact:
    """PER02 and the pairs after it."""
    pairs = [(get(per, at), get(per, at + 1)) for at in (3, 5, 7)]
    return Contact(maybe(per, 2), tuple(pair for pair in pairs if all(pair)))


def read_person(rows: Sequence[Elements]) -> tuple[Person, tuple[Elements, ...]]:
    """A subscriber or patient from the segments of its loop, NM1 first; and the segments left over."""
    nm1 = rows[0]
    references, rest = [], []
    dmg: Elements = ()
    for row in rows[1:]:
        if row[0] == "REF" and len(row) == 3 and row[1] and row[2]:
            references.append(_reference(row[1], row[2]))
        elif row[0] == "DMG" and not dmg:
            dmg = row
        elif row[0] not in {"N3", "N4"}:
            rest.append(row)
    birth_date, sex = read_demographics(dmg)
    person = _person(
        name=read_name(nm1),
        birth_date=birth_date,
        sex=sex,
        address=read_address(rows),
        references=tuple(references),
        is_person=get(nm1, 2) != "2",
    )
    return person, tuple(rest)


def read_demographics(dmg: Elements) -> tuple[date | None, Sex | None]:
    """DMG02 and DMG03."""
    return fields.parse_day(get(dmg, 2)), _SEXES.get(get(dmg, 3))


def write_party(party: Party, *, qualified: bool = True, suffixed: bool = True) -> list[Elements]:
    """NM1, PRV, N3, N4, REF, PER. `qualified` False leaves out the taxonomy: the guide puts it elsewhere. `suffixed`
    False leaves out NM107: the guides do not use it for a submitter.

    The same few payers and providers stand in every claim of a batch: each is written once.
    """
    return list(_write_party(party, qualified, suffixed))


@lru_cache(maxsize=2048)
def _write_party(party: Party, qualified: bool, suffixed: bool) -> tuple[Elements, ...]:
    name = party.name if suffixed else replace(party.name, suffix=None)
    rows = [write_nm1(party.role, name, is_person=party.is_person, qualifier=party.id_qualifier, number=party.id)]
    if party.taxonomy and qualified:
        rows.append(trimmed("PRV", _TAXONOMY_OF.get(party.role, "PE"), "PXC", party.taxonomy))
    rows += write_address(party.address)
    rows += [trimmed("REF", ref.qualifier, ref.value) for ref in party.references]
    if party.contact:
        rows.append(write_contact(party.contact))
    return tuple(rows)


def write_nm1(
    role: str, name: Name, *, is_person: bool, qualifier: str | None = None, number: str | None = None
) -> Elements:
    """NM1 with its name and id."""
    kind = "1" if is_person else "2"
    return _NAMED.rows(name, role, kind, qualifier if number else None, number)[0]


def write_address(address: Address | None) -> list[Elements]:
    """N3 and N4, nothing for None."""
    return [] if address is None else _LOCATED.rows(address)


def write_contact(contact: Contact, function: str = "IC") -> Elements:
    """PER."""
    return trimmed("PER", function, contact.name, *(text for pair in contact.numbers for text in pair))


def write_person(
    role: str, person: Person, *, qualifier: str | None = None, number: str | None = None
) -> list[Elements]:
    """NM1, N3, N4, DMG, REF."""
    rows = [write_nm1(role, person.name, is_person=person.is_person, qualifier=qualifier, number=number)]
    rows += write_address(person.address)
    rows += write_demographics(person)
    rows += [trimmed("REF", ref.qualifier, ref.value) for ref in person.references]
    return rows


def write_demographics(person: Person) -> list[Elements]:
    """DMG, nothing when neither birth date nor sex is known."""
    if person.birth_date is None and person.sex is None:
        return []
    return _demographics(person.birth_date, person.sex)


def _demographics(birth_date: date | None, sex: Sex | None) -> list[Elements]:
    return [trimmed("DMG", "D8" if birth_date else None, fields.print_day(birth_date), sex)]


# As text ----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=2048)
def party_text(party: Party) -> str:
    """`write_party` with the delimiters of our interchanges. Raises UnwritableData."""
    return writing.text_of(write_party(party))


def person_text(role: str, person: Person, say: Say, *, qualifier: str | None = None, number: str | None = None) -> str:
    """`write_person` with the delimiters of our interchanges; what went into it is said. Raises UnwritableData."""
    kind = "1" if person.is_person else "2"
    text = _NAMED.text(person.name, say, role, kind, qualifier if number else None, number)
    if person.address is not None:
        text += _LOCATED.text(person.address, say)
    if person.birth_date is not None or person.sex is not None:
        text += _demographics_text(person.birth_date, person.sex)
    if person.references:
        text += writing.text_of([trimmed("REF", ref.qualifier, ref.value) for ref in person.references])
    return text


@lru_cache(maxsize=4096)
def _demographics_text(birth_date: date | None, sex: Sex | None) -> str:
    return writing.text_of(_demographics(birth_date, sex))
