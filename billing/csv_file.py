"""CSV files that people open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How text begins that a spreadsheet would work out"""


def write_rows(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A header and the rows. Text that a spreadsheet would take for a formula stands behind an apostrophe; amounts
    below zero do not."""
    return "".join(lines_of(columns, rows))


def lines_of(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The same, line by line, for more rows than are held at once."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    yield text.getvalue()
    for row in rows:
        text.seek(0)
        text.truncate()
        writer.writerow([_plain(one) for one in row])
        yield text.getvalue()


def _plain(cell: str) -> str:
    is_amount = cell.removeprefix("-").replace(".", "", 1).isdecimal()
    return f"'{cell}" if cell.startswith(FORMULA) and not is_amount else cell
