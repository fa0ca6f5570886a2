"""Step 4, charges: the price of each line against the practice's charge master."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from billing.claim import Claim, ServiceLine
from billing.coding import HIPPS
from billing.money import Cents, NotAnAmount, format_amount, format_dollars, parse_typed
from billing.spreadsheets import RowFault, read_rows, shown, surplus_fault

COLUMNS = ("procedure", "price", "effective_from")
"""What a charge master file must have"""

LONGEST_DESCRIPTION = 80
_PROCEDURE = re.compile("[A-Za-z0-9]{1,48}")
_MODIFIER = re.compile("([A-Za-z0-9]{2})?")


class ChargeMasterInvalid(ValueError):
    """A charge master file has faulty rows; `faults` lists all of them."""

    def __init__(self, faults: Sequence[RowFault]) -> None:
        first = "; ".join(f"line {one.line}: {one.message}" for one in faults[:5])
        super().__init__(f"the charge master has {len(faults)} faulty rows: {first}")
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Price:
    """One row: what the practice charges for one unit."""

    procedure: str
    price_cents: Cents
    effective_from: date
    modifier: str = ""
    description: str = ""
    """What patients read on a statement, in the practice's own words"""


@dataclass(frozen=True, slots=True)
class PriceList:
    """What a charge master file says."""

    prices: tuple[Price, ...]
    faults: tuple[RowFault, ...]


@dataclass(frozen=True, slots=True)
class ChargeMaster:
    """The prices of one practice."""

    prices: tuple[Price, ...] = ()
    _by_code: Mapping[tuple[str, str], tuple[Price, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        index: dict[tuple[str, str], list[Price]] = {}
        for price in self.prices:
            index.setdefault((price.procedure, price.modifier), []).append(price)
        object.__setattr__(self, "_by_code", {code: tuple(prices) for code, prices in index.items()})

    def price_of(self, line: ServiceLine) -> Cents | None:
        """The price of one unit on the line's day: with the first modifier if priced so, else without; None: no row."""
        return next((row.price_cents for row in self._rows_for(line)), None)

    def description_of(self, line: ServiceLine) -> str:
        """What patients read for the line, by the same rows as its price; empty: nobody wrote anything."""
        return next((row.description for row in self._rows_for(line) if row.description), "")

    def _rows_for(self, line: ServiceLine) -> Iterator[Price]:
        for modifier in (*line.modifiers[:1], ""):
            rows = self._by_code.get((line.procedure, modifier), ())
            fitting = [price for price in rows if price.effective_from <= line.service_date]
            yield from sorted(fitting, key=lambda price: price.effective_from, reverse=True)


def price_claim(claim: Claim, master: ChargeMaster) -> Claim:
    """Give every line without a charge (0) its price times its units, and the claim the sum of its lines."""
    lines = tuple(_price_line(line, master) for line in claim.lines)
    return replace(claim, lines=lines, charge_cents=Cents(sum(line.charge_cents for line in lines)))


def repriced(before: Claim, after: Claim, master: ChargeMaster) -> Claim:
    """The corrected claim with the charge master's price for each line whose service changed and whose charge was the
    master's and was left alone; 0 where the master has none. A charge of the sender's own stands.
    """
    pairs = zip(before.lines, after.lines, strict=False)
    lines = [_reprice(was, line, master) for was, line in pairs] + list(after.lines[len(before.lines) :])
    return replace(after, lines=tuple(lines), charge_cents=Cents(sum(line.charge_cents for line in lines)))


def _reprice(was: ServiceLine, line: ServiceLine, master: ChargeMaster) -> ServiceLine:
    is_same = (was.procedure, was.modifiers[:1], was.units) == (line.procedure, line.modifiers[:1], line.units)
    if is_same or line.charge_cents != was.charge_cents:
        return line
    if _price_line(replace(was, charge_cents=Cents(0)), master).charge_cents != was.charge_cents:
        return line
    return _price_line(replace(line, charge_cents=Cents(0)), master)


def _price_line(line: ServiceLine, master: ChargeMaster) -> ServiceLine:
    if line.charge_cents != 0:
        return line
    price = master.price_of(line)
    if price is None or line.units != line.units.to_integral_value():
        return line
    return replace(line, charge_cents=Cents(price * int(line.units)))


def charge_faults(claim: Claim, master: ChargeMaster) -> list[str]:
    """Lines that a charge reviewer must look at: no price, or less than the charge master asks.

    A charge above the master is the sender's own price and stands.
    """
    faults: list[str] = []
    for number, line in enumerate(claim.lines, start=1):
        price = master.price_of(line)
        if line.charge_cents < 0:
            faults.append(f"line {number}: the charge is negative (field line.{number}.charge)")
        elif line.charge_cents == 0 and line.procedure_qualifier != HIPPS:
            faults.append(f"line {number}: no charge, and no price in the charge master (field line.{number}.charge)")
        elif price is not None and line.unit_basis == "UN" and line.charge_cents < price * line.units:
            faults.append(
                f"line {number}: charged {format_dollars(line.charge_cents)}, the charge master asks "
                f"{format_dollars(int(price * line.units))} (field line.{number}.charge)"
            )
    return faults


def read_charge_master(text: str) -> PriceList:
    """Read a CSV with the columns procedure, modifier, price, effective_from (YYYY-MM-DD): good rows and faulty ones.

    A comma, a semicolon or a tab may stand between the columns; modifier may be missing, and description, which is what
    patients read. Other columns are passed over.
    """
    prices, faults = read_rows(
        text, COLUMNS, _read_price, lambda one: (one.procedure, one.modifier, one.effective_from)
    )
    return PriceList(tuple(prices), tuple(faults))


def _read_price(row: Mapping[str, str | None]) -> Price | str:
    """The price, or everything that is wrong with the row."""
    procedure, modifier, price, day = (
        (row.get(name) or "").strip() for name in (*COLUMNS[:1], "modifier", *COLUMNS[1:])
    )
    wrong: list[str] = []
    if surplus := surplus_fault(row):
        wrong.append(surplus)
    cents, effective_from = Cents(0), date.min
    wrong += code_faults(procedure, modifier)
    try:
        cents = parse_typed(price)
        if cents <= 0:
            wrong.append("price must be above zero")
    except NotAnAmount as error:
        wrong.append(f"price{shown(price)}: {error}" if price else "price is missing: write it as 120.00")
    try:
        effective_from = date.fromisoformat(day)
    except ValueError:
        wrong.append(f"effective_from{shown(day)} must be a day as YYYY-MM-DD")
    description = " ".join((row.get("description") or "").split())
    if len(description) > LONGEST_DESCRIPTION:
        wrong.append(f"description is longer than {LONGEST_DESCRIPTION} characters")
    return "; ".join(wrong) or Price(procedure.upper(), cents, effective_from, modifier.upper(), description)


def code_faults(procedure: str, modifier: str) -> list[str]:
    """What is wrong with the code of a row as it was typed, and with its modifier."""
    wrong: list[str] = []
    if not _PROCEDURE.fullmatch(procedure):
        wrong.append(f"procedure{shown(procedure)} must be a code of letters and digits")
    if not _MODIFIER.fullmatch(modifier):
        wrong.append(f"modifier{shown(modifier)} must be two letters or digits, or nothing")
    return wrong


def write_charge_master(prices: Iterable[Price]) -> str:
    """The CSV that `read_charge_master` reads."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("procedure", "modifier", "price", "effective_from", "description"))
    for one in prices:
        price = format_amount(one.price_cents)
        writer.writerow((one.procedure, one.modifier, price, one.effective_from, one.description))
    return text.getvalue()
