"""Reads a lockbox file as CSV with a header, for banks that write no BAI file: one cheque a row.

Columns by name, in any order: `deposit_date`, `amount` and `check_number` have to be there; `lockbox`, `batch`,
`remitter`, `reference` (a statement's or a visit's number; several with blanks or semicolons between), `transit` and
`account` may be; others are not read. A last row whose check number is `total` has to hold.
"""

import csv
import io
import re
from datetime import date, datetime
from typing import Any

from billing.lockbox import Cheque, ChequeBatch
from billing.money import Cents, NotAnAmount, parse_typed
from interchange.bank.faults import BankFileInvalid

NEEDED = frozenset({"deposit_date", "amount", "check_number"})
OTHER_NAMES = {"cheque_number": "check_number", "check_amount": "amount", "cheque_amount": "amount"}
DAYS = ("%Y-%m-%d", "%m/%d/%Y")
EARLIEST_YEAR, LATEST_YEAR = 2000, 2099
"""A deposit of any other year is a slip of the pen"""
TOTAL = "total"
LONGEST = {"lockbox": 20, "batch": 20, "check_number": 30, "remitter": 100, "transit": 20, "account": 40}


def looks_like(data: bytes) -> bool:
    """Whether the first line is the header of such a file."""
    first = re.split(r"[\r\n]", data[:2000].decode("utf-8-sig", errors="replace").lstrip(), maxsplit=1)[0]
    try:
        return NEEDED.issubset(_names(next(csv.reader([first]), [])))
    except csv.Error:
        return False


def read(text: str) -> list[ChequeBatch]:
    """Every batch. Raises BankFileInvalid, and then nothing is to be taken."""
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff").lstrip(), newline=None))
    try:
        return _read(rows)
    except csv.Error as error:
        raise BankFileInvalid(rows.line_num, f"cannot be read: {error}") from error


def _read(rows: Any) -> list[ChequeBatch]:
    names = _names(next(rows, []))
    twice = sorted({one for one in names if one and names.count(one) > 1})
    if twice:
        raise BankFileInvalid(1, f"the column {twice[0]} stands there twice")
    found: dict[tuple[str, str, date], list[Cheque]] = {}
    is_closed = False
    for cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        line = rows.line_num
        if is_closed:
            raise BankFileInvalid(line, "stands behind the total")
        if len(cells) != len(names):
            raise BankFileInvalid(line, f"{len(cells)} cells; the header names {len(names)} columns")
        row = dict(zip(names, (cell.strip() for cell in cells), strict=True))
        cents = _cents(row["amount"], line)
        if row["check_number"].casefold() == TOTAL:
            here = sum(one.amount_cents for batch in found.values() for one in batch)
            if cents != here:
                raise BankFileInvalid(line, f"the total says {cents} cents, and {here} are here")
            is_closed = True
            continue
        batch = found.setdefault(_batch(row, line), [])
        batch.append(_cheque(row, Cents(cents), item=len(batch) + 1, line=line))
    if not found:
        raise BankFileInvalid(1, "no cheque stands under the header")
    return [ChequeBatch(box, number, day, tuple(cheques)) for (box, number, day), cheques in found.items()]


def _names(cells: list[str]) -> list[str]:
    plain = ["_".join(one.strip().casefold().replace("-", " ").replace("_", " ").split()) for one in cells]
    return [OTHER_NAMES.get(one, one) for one in plain]


def _batch(row: dict[str, str], line: int) -> tuple[str, str, date]:
    for form in DAYS:
        try:
            day = datetime.strptime(row["deposit_date"], form).date()  # noqa: DTZ007 - a calendar day has no zone
        except ValueError:
            continue
        if day.year < EARLIEST_YEAR or day.year > LATEST_YEAR:
            raise BankFileInvalid(line, f"deposit_date {row['deposit_date']} is no day of this time")
        return row.get("lockbox", ""), row.get("batch", ""), day
    raise BankFileInvalid(line, "deposit_date is no day: write 2026-11-04 or 11/04/2026")


def _cents(text: str, line: int) -> int:
    try:
        cents = parse_typed(text.removeprefix("$"))
    except NotAnAmount as error:
        raise BankFileInvalid(line, f"amount {error}") from error
    if cents <= 0:
        raise BankFileInvalid(line, "amount must be above zero")
    return cents


def _cheque(row: dict[str, str], cents: Cents, *, item: int, line: int) -> Cheque:
    for name, longest in LONGEST.items():
        if len(row.get(name, "")) > longest:
            raise BankFileInvalid(line, f"{name} is longer than {longest} characters")
    said = row.get("reference", "")
    return Cheque(
        item=item,
        amount_cents=cents,
        transit=row.get("transit", ""),
        account=row.get("account", ""),
        number=row["check_number"].lstrip("0"),
        remitter=row.get("remitter", ""),
        invoices=tuple(said.replace(";", " ").split()),
        text=said,
    )
