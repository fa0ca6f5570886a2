"""The lines of the variance worklist as a CSV."""

import csv
import io
from collections.abc import Iterable, Sequence

COLUMNS = (
    "claim",
    "payer",
    "patient",
    "service_date",
    "procedure",
    "modifiers",
    "charge",
    "expected",
    "allowed",
    "difference",
    "recovered",
    "state",
    "recode",
    "contract",
    "rule",
    "answered_on",
    "decided_why",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How text begins that a spreadsheet would work out"""


def write_lines(rows: Iterable[Sequence[str]]) -> str:
    """A header and the rows, as `COLUMNS` names them. Text that a spreadsheet would take for a formula stands behind an
    apostrophe; amounts below zero do not."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_plain(one) for one in row])
    return text.getvalue()


def _plain(cell: str) -> str:
    is_amount = cell.removeprefix("-").replace(".", "", 1).isdecimal()
    return f"'{cell}" if cell.startswith(FORMULA) and not is_amount else cell
