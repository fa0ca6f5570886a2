"""A CSV as spreadsheets write them, and as people mend them by hand: what its rows have in common."""

import csv
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

Row = TypeVar("Row")

SURPLUS = "surplus cells"
"""Key under which a `csv.DictReader` puts the cells for which there is no column"""

LONGEST_SHOWN = 20
"""Characters of what was typed that a fault repeats"""


@dataclass(frozen=True, slots=True)
class RowFault:
    """A row of a file that cannot be taken."""

    line: int
    """In the file, from 1"""
    message: str


def read_rows(
    text: str,
    required: Sequence[str],
    read: Callable[[Mapping[str, str | None]], Row | str],
    key: Callable[[Row], Hashable],
) -> tuple[list[Row], list[RowFault]]:
    """Good rows in order, and faulty ones. `read` gives a row or everything that is wrong with it; `key` tells what
    there must be one row of.

    A comma, a semicolon or a tab may stand between the columns; columns that nobody reads are passed over.
    """
    text = text.removeprefix("\N{BOM}")
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.DictReader(text.splitlines(keepends=True), delimiter=delimiter, restkey=SURPLUS)
    rows: dict[Hashable, tuple[int, Row]] = {}
    faults: list[RowFault] = []
    try:
        reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or ()]
        missing = [name for name in required if name not in reader.fieldnames]
        if missing:
            return [], [RowFault(1, f"the first line must name the columns; missing: {', '.join(missing)}")]
        for typed in reader:
            row = read(typed)
            if isinstance(row, str):
                faults.append(RowFault(reader.line_num, row))
                continue
            line, _ = rows.setdefault(key(row), (reader.line_num, row))
            if line != reader.line_num:
                faults.append(RowFault(reader.line_num, f"the same code and day stand in line {line} already"))
    except csv.Error as error:
        faults.append(RowFault(reader.line_num, f"cannot be read: {error}"))
    return [row for _, row in rows.values()], faults


def surplus_fault(row: Mapping[str, object]) -> str | None:
    """What to say of a row that has more cells than there are columns: an unquoted 1,280.50 is two of them.

    Empty cells at the end are how spreadsheets fill up a row, and no fault.
    """
    cells = row.get(SURPLUS)
    if not isinstance(cells, list) or not any(cell.strip() for cell in cells):
        return None
    first = next(cell.strip() for cell in cells if cell.strip())
    return f"{shown(first)} stands beyond the last column: put what holds a comma between quotation marks".lstrip()


def shown(typed: str) -> str:
    """What was typed, short enough for a line and with a space before it; nothing for nothing."""
    return f" {typed[:LONGEST_SHOWN]}" if typed else ""
