"""Elements into values and back: amounts, dates, numbers, composites. Raises Unreadable with the segment's place."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from billing import money
from billing.money import Cents
from interchange.x12.syntax import Delimiters

Elements = tuple[str, ...]
"""Segment id first; components joined by `:` and repetitions by `^`, whatever the file used."""

COMPONENT = ":"
REPETITION = "^"


class Unreadable(ValueError):
    """An element that a noun cannot do without says nothing usable. Carries the segment id, the element number
    and, unless the segment is missing, its elements."""

    def __init__(self, segment: str, element: int, reason: str, row: Elements = ()) -> None:
        super().__init__(reason)
        self.segment = segment
        self.element = element
        self.row = row

    def place(self, rows: Iterable[Elements]) -> int | None:
        """Where among `rows`, from 0, the segment stands; None when it is not among them."""
        wanted = trimmed(*self.row) if self.row else None
        return next((at for at, row in enumerate(rows) if row == wanted), None)


class Joined(str):
    """Element text whose separators were put there on purpose: components by `:`, repetitions by `^`."""

    __slots__ = ()


def normal(elements: Elements, delimiters: Delimiters) -> Elements:
    """The same elements with the file's component and repetition separators replaced by `:` and `^`, empty ones at
    the end cut."""
    if not elements[-1]:
        elements = trimmed(*elements)
    if is_normal(delimiters):
        return elements
    table = {ord(delimiters.component): COMPONENT}
    if delimiters.repetition:
        table[ord(delimiters.repetition)] = REPETITION
    return tuple(text.translate(table) for text in elements)


def is_normal(delimiters: Delimiters) -> bool:
    """Whether the file separates components and repetitions as `Elements` do."""
    return delimiters.component == COMPONENT and delimiters.repetition in {REPETITION, None}


def get(elements: Elements, number: int) -> str:
    """Element text, `""` when the segment is shorter."""
    return elements[number] if number < len(elements) else ""


def maybe(elements: Elements, number: int) -> str | None:
    """Element text, None when it is empty or absent: not reported."""
    return (elements[number] if number < len(elements) else "") or None


def part(text: str, number: int) -> str | None:
    """Component `number` (from 1) of a composite, None when empty."""
    parts = text.split(COMPONENT)
    return (parts[number - 1] if number <= len(parts) else "") or None


@lru_cache(maxsize=4096)
def join(*parts: str | None) -> Joined:
    """A composite, cut after its last component that says something. Components may hold no separator."""
    texts = [text or "" for text in parts]
    while texts and not texts[-1]:
        texts.pop()
    if any(COMPONENT in text for text in texts):
        raise ValueError("a component of a composite holds the component separator")
    return Joined(COMPONENT.join(texts))


def repeat(parts: tuple[str, ...]) -> Joined:
    """An element that repeats."""
    return Joined(REPETITION.join(parts))


_parse_cents = lru_cache(maxsize=16384)(money.parse_cents)


def cents(elements: Elements, number: int) -> Cents:
    """A required amount."""
    try:
        return _parse_cents(elements[number] if number < len(elements) else "")
    except money.NotAnAmount as reason:
        raise Unreadable(elements[0], number, str(reason), elements) from None


def maybe_cents(elements: Elements, number: int) -> Cents | None:
    """An amount, None when not reported."""
    return cents(elements, number) if get(elements, number) else None


def decimal(elements: Elements, number: int) -> Decimal:
    """A required quantity or rate."""
    value = _parse_decimal(get(elements, number))
    if isinstance(value, str):
        raise Unreadable(elements[0], number, value, elements)
    return value


@lru_cache(maxsize=4096)
def _parse_decimal(text: str) -> Decimal | str:
    """The number, or why it is none."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return "is not a number"
    return value if value.is_finite() and "e" not in text.lower() else "is not a plain decimal number"


def maybe_decimal(elements: Elements, number: int) -> Decimal | None:
    """A quantity, None when not reported."""
    return decimal(elements, number) if get(elements, number) else None


@lru_cache(maxsize=1024)
def print_decimal(value: Decimal | None) -> str:
    """A quantity without trailing zeros, exponent or plus sign; `""` for None."""
    if value is None:
        return ""
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.removeprefix("0") if text.startswith("0.") else text or "0"


@lru_cache(maxsize=4096)
def print_cents(value: Cents | None) -> str:
    """An amount as X12 writes it, `""` for None."""
    return "" if value is None else money.format_amount(value)


@lru_cache(maxsize=4096)
def parse_day(text: str) -> date | None:
    """CCYYMMDD into a day that exists, else None."""
    if len(text) != 8 or not text.isascii() or not text.isdigit():
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def day(elements: Elements, number: int) -> date:
    """A required day."""
    found = parse_day(get(elements, number))
    if found is None:
        raise Unreadable(elements[0], number, "is not a date CCYYMMDD that exists", elements)
    return found


def period(elements: Elements, number: int) -> tuple[date, date | None]:
    """A required day, or first and last day of a span (RD8)."""
    first, _, last = get(elements, number).partition("-")
    start, end = parse_day(first), parse_day(last)
    if start is None or (last and end is None):
        raise Unreadable(elements[0], number, "is not a date or span of dates that exists", elements)
    return start, end


@lru_cache(maxsize=1024)
def print_day(value: date | None) -> str:
    """CCYYMMDD, `""` for None."""
    return "" if value is None else f"{value.year:04d}{value.month:02d}{value.day:02d}"


def trimmed(*elements: str | None) -> Elements:
    """A segment as a tuple: None is empty, empty elements at the end are cut."""
    end = len(elements)
    while end > 1 and not elements[end - 1]:
        end -= 1
    return tuple([text or "" for text in elements[:end]])
