"""What an estimate is asked for: the services and their day, from a program or from the page's inputs."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError, field_validator

from api import errors
from api.claim_form import Code, Part
from api.errors import Fault
from api.person_form import Typed
from api.practice_form import EMPTY
from billing import own_tables
from billing.claim import Diagnosis, ServiceLine
from billing.coding import diagnosis_is_well_formed
from billing.money import ZERO
from billing.own_tables import OwnTable
from billing.units import parse_units

ROWS = 8
"""Lines that the page offers"""
LINE = ("procedure", "modifiers", "units")
_PLACE = "^[0-9]{2}$"
_MODIFIER = re.compile("[A-Za-z0-9]{2}")


def _units(typed: object) -> object:
    return parse_units(typed) if isinstance(typed, str) else typed


class ServiceForm(Part):
    """One service."""

    procedure: Code
    modifiers: Annotated[list[str], Field(max_length=4)] = []
    units: Annotated[Decimal, BeforeValidator(_units), Field(gt=0, le=9999)] = Decimal(1)

    @field_validator("modifiers")
    @classmethod
    def _are_two_characters(cls, typed: list[str]) -> list[str]:
        if any(not _MODIFIER.fullmatch(one) for one in typed):
            raise ValueError("must be two letters or digits each, at most four")
        return [one.upper() for one in typed]

    def line(self, day: date) -> ServiceLine:
        """Without a charge yet."""
        return ServiceLine(self.procedure.upper(), ZERO, self.units, day, tuple(self.modifiers))


class AskForm(Part):
    """An estimate of what a patient will owe for the services of one day."""

    day: date
    lines: Annotated[list[ServiceForm], Field(min_length=1, max_length=50)]
    diagnoses: Annotated[list[Code], Field(max_length=12)] = []
    place_of_service: Annotated[str, Field(pattern=_PLACE)] = "11"
    appointment_id: Annotated[str, Field(max_length=20)] | None = None

    @field_validator("diagnoses")
    @classmethod
    def _without_dots(cls, typed: list[str]) -> list[str]:
        """As files say them."""
        codes = [one.replace(".", "").upper() for one in typed]
        wrong = [one for one in codes if not diagnosis_is_well_formed(Diagnosis(one))]
        if wrong:
            raise ValueError(f"{', '.join(wrong)} is no ICD-10-CM code: write it as J06.9")
        return codes

    @field_validator("place_of_service")
    @classmethod
    def _is_on_the_list(cls, typed: str) -> str:
        if typed not in own_tables.codes(OwnTable.POS):
            raise ValueError("is not on CMS's list of places of service: 11 is the office")
        return typed


class RequestForm(Part):
    """The patient asks what a visit would cost."""

    visit_on: Annotated[date | None, EMPTY] = None
    """When it would be; nothing: not booked"""


class GoodFaithForm(Part):
    """Who gives a good-faith estimate, and where the services will be."""

    billing_npi: Annotated[str, Field(pattern="^[0-9]{10}$")] | None = None
    """None: the first of those whom the practice bills under"""
    location_id: Annotated[Annotated[str, Field(max_length=20)] | None, EMPTY] = None
    """None: the billing provider's own address"""


class DisputeForm(Part):
    """A bill is disputed against its estimate."""

    disputed_on: date
    note: Annotated[str, Field(min_length=1, max_length=300)]
    """What the patient says, or the reference of the dispute"""
    late_reason: Annotated[Annotated[str, Field(max_length=150)] | None, EMPTY] = None
    """Why it is taken after the 120th day: only a supervisor may say so"""


def read(typed: Typed) -> AskForm:
    """The page's inputs as the REST route's own model: `lines.0.procedure` ...; an empty row is no line.

    Raises Problem 422 with every fault.
    """
    body: dict[str, Any] = {
        "day": typed.get("day", ""),
        "lines": [_line(typed, row) for row in _filled(typed)],
        "diagnoses": typed.get("diagnoses", "").replace(",", " ").split(),
        "place_of_service": typed.get("place_of_service") or "11",
        "appointment_id": typed.get("appointment_id") or None,
    }
    try:
        return AskForm.model_validate(body)
    except ValidationError as error:
        raise errors.invalid(errors.validation_faults(error.errors())) from error


def at_inputs(faults: Iterable[Fault], typed: Typed) -> list[Fault]:
    """Faults of the form, each at the page's own row, where rows above may be empty."""
    filled = _filled(typed)
    return [_at_its_input(one, filled) for one in faults]


def _filled(typed: Typed) -> list[int]:
    """Rows in which something stands; units alone are no line."""
    return [row for row in range(ROWS) if any(typed.get(f"lines.{row}.{name}", "") for name in LINE[:2])]


def _line(typed: Typed, row: int) -> dict[str, Any]:
    return {
        "procedure": typed.get(f"lines.{row}.procedure", ""),
        "modifiers": typed.get(f"lines.{row}.modifiers", "").replace(",", " ").split(),
        "units": typed.get(f"lines.{row}.units") or "1",
    }


def _at_its_input(fault: Fault, filled: list[int]) -> Fault:
    name, *rest = fault.field.split(".")
    if name == "lines" and len(rest) > 1:
        return Fault(field=f"lines.{filled[int(rest[0])]}.{rest[1]}", message=fault.message)
    if name == "lines" and not filled:
        return Fault(field="lines.0.procedure", message="type at least one procedure")
    return Fault(field=fault.field if name == "lines" else name, message=fault.message)
