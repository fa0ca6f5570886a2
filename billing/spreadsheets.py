"""A CSV as spreadsheets write them, and as people mend them by hand: what its rows have in common."""

from collections.abc import Mapping

SURPLUS = "surplus cells"
"""Key under which a `csv.DictReader` puts the cells for which there is no column"""

LONGEST_SHOWN = 20
"""Characters of what was typed that a fault repeats"""


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
