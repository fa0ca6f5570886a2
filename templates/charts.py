"""Charts as SVG without a script: bars and lines with their words and amounts, beside a table that says the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

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


LINE_HEIGHT, LINE_TOP, LINE_BOTTOM, LINE_LEFT, LINE_RIGHT = 220, 14, 190, 110, 630
"""Of a line's picture, and of the part where the line runs; in units of the picture"""


@dataclass(frozen=True, slots=True)
class Line:
    """What the page draws of values over days. A day without a value breaks the line."""

    id: str
    title: str
    words: str
    runs: list[str]
    """`x,y x,y`: the points of each stretch of two or more days"""
    dots: list[tuple[int, int]]
    """Days with a value between two without"""
    highest: str
    lowest: str
    first: str
    last: str


def line(chart_id: str, title: str, rows: Sequence[tuple[str, Decimal | None]], told: Callable[[Decimal], str]) -> Line:
    """Rows of (day, value or None), drawn from left to right between the lowest and the highest value."""
    known = [(day, value) for day, value in rows if value is not None]
    low, high = (of((value for _, value in known), default=Decimal(0)) for of in (min, max))
    stretches = _stretches(rows, low, high)
    unknown = len(rows) - len(known)
    return Line(
        chart_id,
        title,
        _line_words(known, unknown, told(low), told(high), told),
        [" ".join(f"{x},{y}" for x, y in run) for run in stretches if len(run) > 1],
        [run[0] for run in stretches if len(run) == 1],
        told(high),
        told(low),
        rows[0][0] if rows else "",
        rows[-1][0] if rows else "",
    )


def _stretches(rows: Sequence[tuple[str, Decimal | None]], low: Decimal, high: Decimal) -> list[list[tuple[int, int]]]:
    """Where the values of each stretch of days are drawn; all alike: in the middle."""
    step = Decimal(LINE_RIGHT - LINE_LEFT) / max(len(rows) - 1, 1)
    found: list[list[tuple[int, int]]] = [[]]
    for place, (_, value) in enumerate(rows):
        if value is None:
            found.append([])
            continue
        share = (value - low) / (high - low) if high > low else Decimal("0.5")
        found[-1].append((LINE_LEFT + int(step * place), LINE_BOTTOM - int(share * (LINE_BOTTOM - LINE_TOP))))
    return [one for one in found if one]


def _line_words(
    known: Sequence[tuple[str, Decimal]], unknown: int, lowest: str, highest: str, told: Callable[[Decimal], str]
) -> str:
    if not known:
        return "Nothing."
    (first, begins), (last, ends) = known[0], known[-1]
    missing = f" {unknown} {'day has' if unknown == 1 else 'days have'} no value." if unknown else ""
    return f"{first}: {told(begins)}; {last}: {told(ends)}; lowest {lowest}, highest {highest}.{missing}"
