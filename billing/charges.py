"""Step 4, charges: the price of each line against the practice's charge master."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from billing.claim import Claim, ServiceLine
from billing.money import Cents, NotAnAmount, format_dollars, parse_cents


class ChargeMasterInvalid(ValueError):
    """A charge master file has faulty rows; `faults` lists all of them."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(f"{len(faults)} faulty rows: {'; '.join(faults[:5])}")
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Price:
    """One row: what the practice charges for one unit."""

    procedure: str
    price_cents: Cents
    effective_from: date
    modifier: str = ""


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
        for modifier in (*line.modifiers[:1], ""):
            fitting = [
                price
                for price in self._by_code.get((line.procedure, modifier), ())
                if price.effective_from <= line.service_date
            ]
            if fitting:
                return max(fitting, key=lambda price: price.effective_from).price_cents
        return None


def price_claim(claim: Claim, master: ChargeMaster) -> Claim:
    """Give every line without a charge (0) its price times its units, and the claim the sum of its lines."""
    lines = tuple(_price_line(line, master) for line in claim.lines)
    return replace(claim, lines=lines, charge_cents=Cents(sum(line.charge_cents for line in lines)))


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
        elif line.charge_cents == 0:
            faults.append(f"line {number}: no charge, and no price in the charge master (field line.{number}.charge)")
        elif price is not None and line.unit_basis == "UN" and line.charge_cents < price * line.units:
            faults.append(
                f"line {number}: charged {format_dollars(line.charge_cents)}, the charge master asks "
                f"{format_dollars(int(price * line.units))} (field line.{number}.charge)"
            )
    return faults


def read_charge_master(rows: Iterable[Mapping[str, str | None]]) -> list[Price]:
    """Read CSV rows with the columns procedure, modifier, price, effective_from (YYYY-MM-DD).

    Raises ChargeMasterInvalid with every faulty row, not only the first.
    """
    prices: list[Price] = []
    faults: list[str] = []
    for number, row in enumerate(rows, start=2):
        procedure = (row.get("procedure") or "").strip().upper()
        try:
            price = parse_cents((row.get("price") or "").strip())
            effective_from = date.fromisoformat((row.get("effective_from") or "").strip())
        except (NotAnAmount, ValueError) as error:
            faults.append(f"row {number}: {error}")
            continue
        if not procedure or price <= 0:
            faults.append(f"row {number}: a procedure code and a price above zero are needed")
            continue
        prices.append(Price(procedure, price, effective_from, (row.get("modifier") or "").strip().upper()))
    if faults:
        raise ChargeMasterInvalid(faults)
    return prices
