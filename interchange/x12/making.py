"""Makes the function that makes the nouns of one shape: what is known of a shape is not asked again for every run.

A reader says which noun is made of which element, as Python expressions over `Draft.text`; whatever was read before is
not read again, since most of a file's codes, amounts and dates come many times.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

from interchange.x12 import fields
from interchange.x12.scanning import WHOLE, Step

Text = TypeVar("Text", bound=Hashable)
Value = TypeVar("Value")


class Memory(dict[Any, Any]):
    """What texts were read as, or values written as. None, which stands for an element that was not sent, is
    `nothing`. Threads may share it: what another one has just cleared away is found again."""

    KEPT = 4_096

    def __init__(self, read: Callable[[Any], Any], nothing: Any = None) -> None:
        super().__init__({None: nothing})
        self._read, self._nothing = read, nothing

    def __missing__(self, text: Any) -> Any:
        value = self._nothing if text is None else self._read(text)
        if len(self) > self.KEPT:
            self.clear()
        self[text] = value
        return value


CENTS = Memory(lambda text: fields.cents(("", text), 1))
"""Amounts, in whole cents. Raises Unreadable, as do the next two."""
DECIMAL = Memory(lambda text: fields.decimal(("", text), 1))
DAY = Memory(lambda text: fields.day(("", text), 1))


class Draft:
    """The function in the making: `values` in, a noun out."""

    def __init__(self, run: Sequence[Step], qualifiers: dict[str, int], names: dict[str, Any]) -> None:
        self._run = run
        self._qualifiers = qualifiers
        self._names = {"cents": CENTS, "decimal": DECIMAL, "day": DAY, **names}
        self._lines: list[str] = []

    def text(self, at: int, number: int = WHOLE) -> str:
        """The expression for an element of the segment `at`: a str, or None when it was not sent."""
        one = self._run[at]
        if one.code and number == self._qualifiers[one.rule.id] and WHOLE not in one.captured:
            return repr(one.code)
        return f"s{at}_{number}" if number in one.captured else "None"

    def read(self, reader: str, at: int, number: int = WHOLE) -> str:
        """The expression for an element that one of the memories reads: `cents[...]`; None when it was not sent."""
        text = self.text(at, number)
        return f"{reader}[{text}]" if text != "None" else text

    def let(self, name: str, expression: str) -> str:
        """Work out an expression once; its name from now on."""
        self._lines.append(f"{name} = {expression}")
        return name

    def say(self, *lines: str) -> None:
        """Statements."""
        self._lines += lines

    def function(self, result: str) -> Callable[..., Any]:
        """Compile it. Its second parameter `above` is what the reader knows beside the run."""
        captured = [f"s{at}_{number}" for at, one in enumerate(self._run) for number in one.captured]
        lines = [f"{', '.join(captured)}, = values", *self._lines, f"return {result}"]
        names = dict(self._names)
        exec("def make(values, above=None):\n" + "\n".join(f"    {line}" for line in lines), names)
        made: Callable[..., Any] = names["make"]
        return made


def tuple_of(expressions: Sequence[str]) -> str:
    """The expression for a tuple of these."""
    return f"({''.join(f'{one}, ' for one in expressions)})"
