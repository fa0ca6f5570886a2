"""Claims on paper, box by box: what a form says, without the form, whose wording and artwork belong to its owner."""

from dataclasses import dataclass
from datetime import date

from billing.claim import Address, Name, Party
from billing.money import Cents

CMS_1500, UB_04 = "CMS-1500 (02/12)", "UB-04"


@dataclass(frozen=True, slots=True)
class Box:
    """One box of the form."""

    number: str
    """As printed on the form: 1a, 10b, 24F"""
    about: str
    """In the office's own words"""
    value: str


@dataclass(frozen=True, slots=True)
class FormLine:
    """One row of box 24."""

    service_from: str
    """24A"""
    service_to: str
    place_of_service: str
    """24B"""
    emergency: str
    """24C"""
    procedure: str
    """24D"""
    modifiers: tuple[str, ...]
    pointers: str
    """24E: letters of box 21"""
    charge: str
    """24F"""
    units: str
    """24G"""
    rendering_npi: str
    """24J"""


@dataclass(frozen=True, slots=True)
class BillLine:
    """One row of form locators 42 to 48 of the UB-04."""

    revenue_code: str
    """42"""
    description: str
    """43"""
    code: str
    """44: procedure with its modifiers, or the case mix"""
    service_date: str
    """45"""
    units: str
    """46"""
    charge: str
    """47"""
    non_covered: str
    """48"""


@dataclass(frozen=True, slots=True)
class Form:
    """One sheet."""

    page: int
    pages: int
    boxes: tuple[Box, ...]
    """Only those that say something, in the form's order"""
    lines: tuple[FormLine, ...]
    """Of the CMS-1500"""
    bill_lines: tuple[BillLine, ...] = ()
    """Of the UB-04"""

    def box(self, number: str) -> str:
        """What stands in a box; empty when nothing does."""
        return next((one.value for one in self.boxes if one.number == number), "")


@dataclass(frozen=True, slots=True)
class PaperClaim:
    """A claim that goes to its payer by mail: one form per six lines, or per 22 of a hospital's."""

    title: str
    addressee: tuple[str, ...]
    """Lines of the payer's envelope"""
    control_number: str
    """CLM01 were it sent by wire: box 26, and what the payer's answer names"""
    forms: tuple[Form, ...]
    form_name: str = CMS_1500


def name_text(name: Name) -> str:
    """Last name first, apart by commas."""
    last = " ".join(part for part in (name.last, name.suffix) if part)
    return ", ".join(part for part in (last, name.first, name.middle) if part)


def address_text(address: Address | None) -> str:
    """In one line; empty when it is not known."""
    if address is None:
        return ""
    street = " ".join(part for part in (address.street, address.street_2) if part)
    return " ".join(part for part in (street, address.city, address.state, address.postal_code) if part)


def party_text(party: Party) -> str:
    """Name and address."""
    return " ".join(part for part in (name_text(party.name), address_text(party.address)) if part)


def short_day(day: date | None) -> str:
    """`10 31 26`."""
    return f"{day:%m %d %y}" if day else ""


def amount_text(cents: Cents) -> str:
    """Dollars and cents apart by a blank: `150 00`."""
    return f"{cents // 100} {cents % 100:02d}"
