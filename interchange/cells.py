"""Cells of a spreadsheet as people write them: each reader gives a value, or says what the cell should have been."""

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal

from billing.claim import Sex
from billing.money import Cents, NotAnAmount, parse_typed
from billing.patients import telephone_digits
from billing.units import NotUnits, parse_units

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet computes instead of showing it"""
RELATIONSHIPS = frozenset({"18", "01", "19", "20", "21", "39", "40", "53", "G8"})
"""SBR02, PAT01"""


class Unreadable(ValueError):
    """What the cell should have been. Never what it was: that may be a patient's."""


def text(longest: int) -> Callable[[str], str]:
    """At most so many characters."""

    def read(cell: str) -> str:
        if len(cell) > longest:
            raise Unreadable(f"is longer than {longest} characters")
        return cell

    return read


def fitting(pattern: str, words: str) -> Callable[[str], str]:
    """What a pattern fits, in capitals; `words` say what it should have been."""
    compiled = re.compile(pattern, re.ASCII)

    def read(cell: str) -> str:
        if not compiled.fullmatch(cell):
            raise Unreadable(words)
        return cell.upper()

    return read


def one_of(values: Iterable[str]) -> Callable[[str], str]:
    """One of these, in capitals or not."""
    by_lower = {value.lower(): value for value in values}

    def read(cell: str) -> str:
        if cell.lower() not in by_lower:
            raise Unreadable(f"is none of: {', '.join(by_lower.values())}")
        return by_lower[cell.lower()]

    return read


def codes(pattern: str, words: str, most: int) -> Callable[[str], tuple[str, ...]]:
    """Codes with blanks, semicolons, bars, commas or colons between; dots are taken off."""
    one = fitting(pattern, words)

    def read(cell: str) -> tuple[str, ...]:
        parts = [part.replace(".", "") for part in re.split(r"[\s;,|:]+", cell) if part]
        if len(parts) > most:
            raise Unreadable(f"holds more than {most} codes")
        return tuple(dict.fromkeys(one(part) for part in parts))

    return read


def day(*patterns: str) -> Callable[[str], date]:
    """A day in one of these ways of writing."""

    def read(cell: str) -> date:
        for pattern in patterns:
            try:
                return datetime.strptime(cell, pattern).date()  # noqa: DTZ007 - a calendar day has no zone
            except ValueError:
                continue
        named = {"%Y": "YYYY", "%m": "MM", "%d": "DD"}
        shapes = [re.sub("%[Ymd]", lambda found: named[found[0]], pattern) for pattern in patterns]
        raise Unreadable(f"must be a day as {' or '.join(shapes)}")

    return read


def amount(cell: str) -> Cents:
    """Dollars as people write them; `(20.00)` is below zero, as in spreadsheets of accountants."""
    plain = f"-{cell[1:-1]}" if cell.startswith("(") and cell.endswith(")") else cell
    try:
        if plain.startswith("-"):
            return Cents(-parse_typed(plain[1:]))
        return parse_typed(plain)
    except NotAnAmount as error:
        raise Unreadable(str(error)) from None


def count(cell: str) -> int:
    """A whole number."""
    if not re.fullmatch(r"[0-9]{1,4}", cell, re.ASCII):
        raise Unreadable("must be a whole number")
    return int(cell)


def units(cell: str) -> Decimal:
    """A number of units above zero, as `billing.units` reads it."""
    try:
        return parse_units(cell)
    except NotUnits as error:
        raise Unreadable(str(error)) from None


def telephone(cell: str) -> str:
    """Ten digits."""
    digits = telephone_digits(cell)
    if digits is None:
        raise Unreadable("is no telephone number of ten digits")
    return digits


def postal_code(cell: str) -> str:
    """Five or nine digits."""
    return fitting(r"[0-9]{5}([0-9]{4})?", "must be five or nine digits")(cell.replace("-", ""))


def sex(cell: str) -> Sex:
    """F, M or U, or a word that begins so."""
    return Sex(one_of([one.value for one in Sex])(cell[:1]))


def plain(cell: str) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from computing it."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


def guarded(cell: str) -> str:
    """A cell that no spreadsheet computes; numbers stay numbers."""
    is_number = re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", cell) is not None
    return f"'{cell}" if cell.startswith(FORMULA) and not is_number else cell


npi = fitting(r"[0-9]{10}", "must be the ten digits of an NPI")
state = fitting(r"[A-Za-z]{2}", "must be the two letters of a state")
procedure = fitting(r"[0-9A-Za-z]{5}", "must be a code of five characters")
place_of_service = fitting(r"[0-9]{2}", "must be two digits")
filing_indicator = fitting(r"[0-9A-Za-z]{1,2}", "is no kind of plan (SBR09)")
relationship = one_of(sorted(RELATIONSHIPS))
modifiers = codes(r"[0-9A-Za-z]{2}", "must be two characters each", 4)
DIAGNOSIS = r"[A-Za-z][0-9A-Za-z]{2,6}"
