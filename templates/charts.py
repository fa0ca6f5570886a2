"""Charts as SVG without a script: bars with their words and amounts, beside a table that says the same."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, ROW, LABEL, AMOUNT = 640, 26, 170, 110
"""Of the picture, of a bar with its gap, of the words before and the amount behind; in units of the picture"""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; all amounts of a chart are drawn by the same measure."""

    label: str
    amount: str
    y: int
    width: int
    below_zero: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """What the page draws. `words` say in a sentence what is seen, for who does not see it."""

    id: str
    title: str
    words: str
    height: int
    bars: list[Bar]


def bars(chart_id: str, title: str, rows: Sequence[tuple[str, int, str]]) -> Chart:
    """Rows of (label, value, amount in words), drawn from zero to the right; a value below zero in another shade."""
    most = max((abs(value) for _, value, _ in rows), default=0)
    room = WIDTH - LABEL - AMOUNT
    drawn = [
        Bar(label, amount, place * ROW, abs(value) * room // most if most else 0, value < 0)
        for place, (label, value, amount) in enumerate(rows)
    ]
    words = "; ".join(f"{label}: {amount}" for label, _, amount in rows) or "Nothing."
    return Chart(chart_id, title, words, max(len(rows), 1) * ROW, drawn)
