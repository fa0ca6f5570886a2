"""Many rows at once."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Row = TypeVar("Row")


def in_parts(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """The rows in lists of at most `size`, as many as one statement writes."""
    rest = iter(rows)
    while part := list(islice(rest, size)):
        yield part
