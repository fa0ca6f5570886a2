"""What a person or a program says of the practice: each part has its own words for what is wrong with it."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from api.claim_form import Part
from billing.characters import unsendable
from billing.claim import Address
from billing.days import zone_named
from billing.identifiers import tax_id_is_plausible
from billing.patients import telephone_digits
from billing.places import PLACES_OF_SERVICE, STATES, is_post_office_box
from database.practice import Calendar, EntityView, LegalEntity, LocationView, ProviderView


def _sendable(typed: str) -> str:
    lost = unsendable(typed)
    if lost:
        raise ValueError(f"{' '.join(lost)} cannot be sent to a payer; write plain letters, digits and punctuation")
    return typed


def _tax_id(typed: str) -> str:
    if not re.fullmatch(r"\d{2}-?\d{7}", typed, re.ASCII):
        raise ValueError("must be nine digits, such as 98-7654320")
    if not tax_id_is_plausible(typed):
        raise ValueError("is a number that stands for none; write the one that the IRS gave")
    return typed.replace("-", "")


def _written(form: str, meaning: str) -> AfterValidator:
    """A check that something is written as `form` says; `meaning` is what a person is told instead of the pattern."""
    pattern = re.compile(form)

    def check(typed: str) -> str:
        if not pattern.fullmatch(typed):
            raise ValueError(f"must be {meaning}")
        return typed.replace("-", "").upper()

    return AfterValidator(check)


EMPTY = BeforeValidator(lambda typed: None if isinstance(typed, str) and not typed.strip() else typed)
"""An empty input is nothing; zero is zero. What bounds the value stands inside: `Annotated[Bounded | None, EMPTY]`"""
Npi = Annotated[str, _written("[0-9]{10}", "ten digits"), WithJsonSchema({"type": "string", "pattern": r"^\d{10}$"})]
"""A national provider identifier"""
Name = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_sendable)]
FirstName = Annotated[str, Field(min_length=1, max_length=35), AfterValidator(_sendable)]
Street = Annotated[str, Field(min_length=1, max_length=55), AfterValidator(_sendable)]
City = Annotated[str, Field(min_length=1, max_length=30), AfterValidator(_sendable)]


def _state(typed: str) -> str:
    if typed.upper() not in STATES:
        raise ValueError("must be the two letters of a state, such as OH")
    return typed.upper()


def _place(typed: str) -> str:
    if typed not in PLACES_OF_SERVICE:
        raise ValueError("is no place of service; 11 is an office, 12 a home, 22 a hospital's outpatient ward")
    return typed


def _telephone(typed: str) -> str:
    digits = telephone_digits(typed)
    if digits is None:
        raise ValueError("must be ten digits, such as 614-555-0100")
    return digits


def _zone(typed: str) -> str:
    zone_named(typed)
    return typed


def _no_box(typed: str) -> str:
    if is_post_office_box(typed):
        raise ValueError(
            "is a post office box, and payers refuse it here: write the street, and the box as pay-to address"
        )
    return typed


BillingStreet = Annotated[Street, AfterValidator(_no_box)]
"""2010AA N301"""
State = Annotated[str, AfterValidator(_state)]
Telephone = Annotated[str, AfterValidator(_telephone)]
PostalCode = Annotated[str, _written("[0-9]{5}(-?[0-9]{4})?", "five or nine digits")]
TaxId = Annotated[str, AfterValidator(_tax_id)]
Taxonomy = Annotated[str, _written("[A-Za-z0-9]{10}", "ten letters and digits")]
Place = Annotated[str, AfterValidator(_place)]


class LegalForm(Part):
    """Who the practice is before the law."""

    legal_name: Name
    tax_id: TaxId
    """Employer identification number"""

    def told(self) -> LegalEntity:
        return LegalEntity(self.legal_name, self.tax_id)


class CalendarForm(Part):
    """By whose clock the practice's days go."""

    time_zone: Annotated[str, AfterValidator(_zone)]
    """IANA name, such as America/New_York"""
    was: Annotated[str | None, EMPTY] = None
    """The zone that was shown where this one was chosen; where another one holds by now, nothing is changed"""

    def told(self) -> Calendar:
        return Calendar(self.time_zone)


class PlaceForm(Part):
    """An address where somebody is met."""

    street: Street
    street_2: Annotated[Street | None, EMPTY] = None
    city: City
    state: State
    postal_code: PostalCode

    def address(self) -> Address:
        return Address(self.street, self.city, self.state, self.postal_code, self.street_2)


class LocationForm(PlaceForm):
    """Where the practice sees patients."""

    id: Annotated[str, Field(max_length=20)] = ""
    """Of the location that is changed; nothing for a new one"""
    name: Name
    place_of_service: Place
    """CLM05-1: 11 office, 12 home, 22 outpatient hospital ..."""
    npi: Annotated[Npi | None, EMPTY] = None

    def told(self) -> LocationView:
        return LocationView(self.id, self.name, self.place_of_service, self.address(), self.npi)


class ProviderForm(Part):
    """Somebody who sees the practice's patients."""

    npi: Npi
    last_name: Name
    first_name: Annotated[FirstName | None, EMPTY] = None
    taxonomy: Annotated[Taxonomy | None, EMPTY] = None
    is_active: bool = True
    """False: left; new visits are not offered them"""

    def told(self) -> ProviderView:
        return ProviderView(self.npi, self.last_name, self.first_name, self.taxonomy, self.is_active)


class EntityForm(PlaceForm):
    """Somebody whom the practice bills under; cheques go to the pay-to address when there is one."""

    npi: Npi
    name: Name
    tax_id: TaxId
    street: BillingStreet
    taxonomy: Annotated[Taxonomy | None, EMPTY] = None
    telephone: Annotated[Telephone | None, EMPTY] = None
    """Stands on statements: where patients call"""
    pay_to_street: Annotated[Street | None, EMPTY] = None
    pay_to_street_2: Annotated[Street | None, EMPTY] = None
    pay_to_city: Annotated[City | None, EMPTY] = None
    pay_to_state: Annotated[State | None, EMPTY] = None
    pay_to_postal_code: Annotated[PostalCode | None, EMPTY] = None

    @model_validator(mode="after")
    def _pays_to_a_whole_address(self) -> "EntityForm":
        whole = (self.pay_to_street, self.pay_to_city, self.pay_to_state, self.pay_to_postal_code)
        if any((*whole, self.pay_to_street_2)) and not all(whole):
            raise ValueError("the pay-to address needs street, city, state and postal code, or nothing at all")
        return self

    def told(self) -> EntityView:
        pay_to = None
        if self.pay_to_street and self.pay_to_city:
            pay_to = Address(
                self.pay_to_street, self.pay_to_city, self.pay_to_state, self.pay_to_postal_code, self.pay_to_street_2
            )
        return EntityView(self.npi, self.name, self.tax_id, self.taxonomy, self.address(), pay_to, self.telephone)
