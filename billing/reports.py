"""A report: a table with a total line, and the sums of the ledger that it is held against."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from billing.csv_file import write_rows
from billing.money import Cents, format_amount

TOTAL = "total"
"""First cell of the last line of a CSV"""


class Holds(StrEnum):
    """What a column holds."""

    TEXT = "text"
    CENTS = "cents"
    """Added up in the total line"""
    COUNT = "count"
    """Added up in the total line"""


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `name` heads the CSV's, `words` the page's."""

    name: str
    words: str
    holds: Holds = Holds.TEXT

    @property
    def is_summed(self) -> bool:
        return self.holds != Holds.TEXT


@dataclass(frozen=True, slots=True)
class Row:
    """One line. Cells stand in the order of the columns: text, whole cents or a count."""

    cells: tuple[str | int, ...]
    link: str = ""
    """Where what it is made of is seen; empty: nowhere"""
    encounter_id: str | None = None
    """The visit that it speaks of"""


@dataclass(frozen=True, slots=True)
class Check:
    """A sum of the report beside the ledger's own."""

    words: str
    report_cents: int
    ledger_cents: int

    @property
    def agrees(self) -> bool:
        return self.report_cents == self.ledger_cents


@dataclass(frozen=True, slots=True)
class Report:
    """A table that adds up."""

    name: str
    title: str
    words: str
    """What is counted, in one or two sentences"""
    columns: tuple[Column, ...]
    rows: list[Row]
    checks: list[Check] = field(default_factory=list)
    total_words: str = "Total"
    names_people: bool = False
    """Rows hold names of patients or numbers of visits: who looks is written down"""

    @property
    def total(self) -> tuple[str | int, ...]:
        """The sum of each column of cents and counts."""
        sums: list[str | int] = [
            sum(int(row.cells[place]) for row in self.rows) if column.is_summed else ""
            for place, column in enumerate(self.columns)
        ]
        return (self.total_words, *sums[1:])


def text(name: str, words: str) -> Column:
    """A column of text."""
    return Column(name, words)


def cents(name: str, words: str) -> Column:
    """A column of money."""
    return Column(name, words, Holds.CENTS)


def count(name: str, words: str) -> Column:
    """A column of whole numbers."""
    return Column(name, words, Holds.COUNT)


def as_csv(report: Report) -> str:
    """The rows and the total line; money in dollars with a point. The rows of each sum add up to its total."""
    lines = [row.cells for row in report.rows] + [(TOTAL, *report.total[1:])]
    return write_rows([one.name for one in report.columns], [_written(report.columns, cells) for cells in lines])


def _written(columns: Sequence[Column], cells: Iterable[str | int]) -> list[str]:
    return [
        format_amount(Cents(int(cell))) if column.holds == Holds.CENTS else str(cell)
        for column, cell in zip(columns, cells, strict=True)
    ]
