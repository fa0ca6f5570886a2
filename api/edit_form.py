"""The form of a practice's own claim edit, and its way to billing's shape. Lists of codes are written as people write
them: `99213-99215 J1100, E11`.
"""

import re
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from api.claim_form import Amount, Part
from api.practice_form import EMPTY
from billing import code_tables
from billing.code_tables import CodeSystem
from billing.coding_rules import CodeRange
from billing.edits.registry import Severity
from billing.identifiers import npi_is_valid
from billing.money import Cents, format_amount
from billing.practice_edits import Has, PracticeEdit, Ranges, Unless, When

_PROCEDURE, _DIAGNOSIS = re.compile(r"[0-9A-Z][0-9]{3}[0-9A-Z]"), re.compile(r"[A-Z][0-9A][0-9A-Z]{1,5}")
_MODIFIER, _PLACE = re.compile(r"[0-9A-Z]{2}"), re.compile(r"[0-9]{2}")
MOST = 300
"""Characters of a list"""


def _ranges(text: str, shape: re.Pattern[str], what: str) -> str:
    for one in _words(text):
        first, _, last = one.partition("-")
        last = last or first
        if not shape.fullmatch(first) or not shape.fullmatch(last):
            raise ValueError(f"{one} is no {what}, and no first and last {what} with a hyphen between")
        if last < first or (shape is _PROCEDURE and len(first) != len(last)):
            raise ValueError(f"{one}: the last one comes before the first")
    return " ".join(_words(text))


def _words(text: str) -> list[str]:
    return list(dict.fromkeys(text.upper().replace(".", "").replace(",", " ").split()))


def _each(text: str, fits: Callable[[str], object], what: str) -> str:
    words = _words(text)
    if wrong := [one for one in words if not fits(one)]:
        raise ValueError(f"{', '.join(wrong)}: write {what}, apart by spaces")
    return " ".join(words)


Procedures = Annotated[
    str, Field(max_length=MOST), AfterValidator(lambda text: _ranges(text, _PROCEDURE, "procedure code"))
]
Diagnoses = Annotated[
    str, Field(max_length=MOST), AfterValidator(lambda text: _ranges(text, _DIAGNOSIS, "diagnosis code"))
]
Places = Annotated[
    str,
    Field(max_length=MOST),
    AfterValidator(lambda text: _each(text, _PLACE.fullmatch, "places of service of two digits")),
]
Npis = Annotated[
    str,
    Field(max_length=MOST),
    AfterValidator(lambda text: _each(text, npi_is_valid, "NPIs: ten digits, the last one a check digit")),
]
Modifiers = Annotated[
    str,
    Field(max_length=MOST),
    AfterValidator(lambda text: _each(text, _MODIFIER.fullmatch, "modifiers of two characters")),
]
Years = Annotated[Annotated[int, Field(ge=0, le=130)] | None, EMPTY]


class PracticeEditForm(Part):
    """When a line looks so, it is held or noted, unless it has what it needs. What is left out is about anything."""

    severity: Literal["E", "W"]
    """E holds the claim, W is noted in the visit's story"""
    message: Annotated[str, Field(min_length=5, max_length=150)]
    """What is wrong with such a line; of no patient"""
    fix: Annotated[str, Field(max_length=150)] = ""
    """What a person does about it"""
    begins: date
    """First day of service that it looks at"""
    ends: Annotated[date | None, EMPTY] = None
    """The last day"""
    payer: Annotated[str, Field(max_length=80)] = ""
    """NM109; empty: every payer"""
    procedures: Procedures = ""
    diagnoses: Diagnoses = ""
    """One that the line points at"""
    modifiers: Modifiers = ""
    """One of them"""
    places: Places = ""
    providers: Npis = ""
    """NPIs of who rendered it"""
    age_from: Years = None
    """Whole years on the day of service"""
    age_to: Years = None
    units_over: Annotated[Annotated[int, Field(ge=0, le=99_999)] | None, EMPTY] = None
    charge_over: Annotated[Amount | None, EMPTY] = None
    unless_modifiers: Modifiers = ""
    unless_diagnoses: Diagnoses = ""
    unless_procedures: Procedures = ""
    """On another line of the same day"""
    unless_has: Annotated[Has | None, EMPTY] = None
    version: Annotated[int | None, EMPTY] = None
    """Of the edit that is changed"""

    @model_validator(mode="after")
    def _is_about_something(self) -> "PracticeEditForm":
        if self.ends and self.ends < self.begins:
            raise ValueError("the last day lies before the first")
        if self.age_from is not None and self.age_to is not None and self.age_to < self.age_from:
            raise ValueError("the greatest age lies below the least")
        if self.edit().when == When():
            raise ValueError("say what such a line looks like: with nothing said the edit would be about every line")
        return self

    def edit(self) -> PracticeEdit:
        """In billing's shape; the number comes when it is kept."""
        when = When(
            payer=self.payer,
            procedures=ranges_of(self.procedures),
            diagnoses=ranges_of(self.diagnoses),
            modifiers=tuple(self.modifiers.split()),
            places=tuple(self.places.split()),
            providers=tuple(self.providers.split()),
            age_from=self.age_from,
            age_to=self.age_to,
            units_over=self.units_over,
            charge_over_cents=None if self.charge_over is None else Cents(self.charge_over),
        )
        unless = Unless(
            modifiers=tuple(self.unless_modifiers.split()),
            diagnoses=ranges_of(self.unless_diagnoses),
            procedures=ranges_of(self.unless_procedures),
            has=self.unless_has,
        )
        return PracticeEdit(
            "", Severity(self.severity), self.message, self.begins, self.ends, self.fix, when=when, unless=unless
        )


def ranges_of(text: str) -> Ranges:
    """A list that was typed, once it is checked."""
    return tuple(CodeRange(first, last or first) for first, _, last in (one.partition("-") for one in text.split()))


def written(ranges: Ranges, *, with_dots: bool = False) -> str:
    """As people write them; diagnoses with their dots."""
    pairs = [(one.first, one.last) for one in ranges]
    if with_dots:
        icd = partial(code_tables.written, CodeSystem.ICD10CM)
        pairs = [(icd(first), icd(last)) for first, last in pairs]
    return " ".join(first if first == last else f"{first}-{last}" for first, last in pairs)


def typed_of(edit: PracticeEdit) -> dict[str, str]:
    """The edit in the form's inputs."""
    when, unless = edit.when, edit.unless
    charge = when.charge_over_cents
    return {
        "severity": edit.severity,
        "message": edit.message,
        "fix": edit.fix,
        "begins": str(edit.begins),
        "ends": str(edit.ends or ""),
        "payer": when.payer,
        "procedures": written(when.procedures),
        "diagnoses": written(when.diagnoses, with_dots=True),
        "modifiers": " ".join(when.modifiers),
        "places": " ".join(when.places),
        "providers": " ".join(when.providers),
        "age_from": "" if when.age_from is None else str(when.age_from),
        "age_to": "" if when.age_to is None else str(when.age_to),
        "units_over": "" if when.units_over is None else str(when.units_over),
        "charge_over": "" if charge is None else format_amount(charge),
        "unless_modifiers": " ".join(unless.modifiers),
        "unless_diagnoses": written(unless.diagnoses, with_dots=True),
        "unless_procedures": written(unless.procedures),
        "unless_has": unless.has or "",
    }
