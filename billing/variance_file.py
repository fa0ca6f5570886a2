"""The lines of the variance worklist as a CSV."""

from collections.abc import Iterable, Sequence

from billing.csv_file import write_rows

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


def write_lines(rows: Iterable[Sequence[str]]) -> str:
    """A header and the rows, as `COLUMNS` names them."""
    return write_rows(COLUMNS, rows)
