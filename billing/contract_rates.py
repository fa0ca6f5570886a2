"""A contract's rates as a CSV, the way a payer's fee schedule comes: good rows, and faulty ones by their line."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

from billing.charges import code_faults
from billing.contracts import PlaceKind, Rate
from billing.money import Cents, NotAnAmount, format_amount, parse_typed
from billing.spreadsheets import RowFault, read_rows, shown, surplus_fault

REQUIRED = ("procedure",)
COLUMNS = (*REQUIRED, "modifier", "place", "rate", "percent", "effective_from")
LARGEST_PERCENT = 1000


def read_rates(text: str, *, begins: date) -> tuple[list[Rate], list[RowFault]]:
    """Read a CSV with the columns of COLUMNS; each row says a rate (an amount of one unit) or a percent.

    `modifier` and `place` (facility, office or nothing) may be missing, and `effective_from`: then the rate holds
    from the day on which the contract `begins`.
    """
    return read_rows(text, REQUIRED, lambda row: _read_rate(row, begins), lambda rate: rate.key)


def _read_rate(row: Mapping[str, str | None], begins: date) -> Rate | str:
    """The rate, or everything that is wrong with the row."""
    cell = {name: (row.get(name) or "").strip() for name in COLUMNS}
    wrong = code_faults(cell["procedure"], cell["modifier"])
    if surplus := surplus_fault(row):
        wrong.append(surplus)
    if cell["place"].lower() not in set(PlaceKind):
        wrong.append(f"place{shown(cell['place'])} must be facility, office, or nothing")
    amount, percent = _amount(cell["rate"], wrong), _percent(cell["percent"], wrong)
    if bool(cell["rate"]) == bool(cell["percent"]):
        wrong.append("say a rate such as 92.20, or a percent such as 80, one of the two")
    day = begins
    try:
        day = date.fromisoformat(cell["effective_from"]) if cell["effective_from"] else begins
    except ValueError:
        wrong.append(f"effective_from{shown(cell['effective_from'])} must be a day as YYYY-MM-DD, or nothing")
    if wrong:
        return "; ".join(wrong)
    place = PlaceKind(cell["place"].lower())
    return Rate(cell["procedure"].upper(), day, cell["modifier"].upper(), place, amount, percent)


def _amount(typed: str, wrong: list[str]) -> Cents | None:
    """Zero is a rate: what is in another service's price is paid nothing."""
    if not typed:
        return None
    try:
        cents = parse_typed(typed)
    except NotAnAmount as error:
        wrong.append(f"rate{shown(typed)}: {error}")
        return None
    if cents < 0:
        wrong.append("rate must not lie below zero")
    return cents


def _percent(typed: str, wrong: list[str]) -> Decimal | None:
    if not typed:
        return None
    try:
        percent = percent_of(typed)
    except ValueError as error:
        wrong.append(f"percent{shown(typed)} {error}")
        return None
    return percent


def percent_of(typed: str) -> Decimal:
    """`80`, `112.5` or `80 %`. Raises ValueError that says what it must be."""
    try:
        value = Decimal(typed.strip().removesuffix("%").strip())
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not 0 <= value <= LARGEST_PERCENT or value != round(value, 4):
        raise ValueError(f"must be a number from 0 to {LARGEST_PERCENT}, with at most four decimals")
    return Decimal(f"{value.normalize():f}")


def write_rates(rates: Iterable[Rate]) -> str:
    """The CSV that `read_rates` reads."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in rates:
        amount = "" if one.amount_cents is None else format_amount(one.amount_cents)
        percent = "" if one.percent is None else f"{one.percent:f}"
        writer.writerow((one.procedure, one.modifier, one.place, amount, percent, one.effective_from))
    return text.getvalue()
