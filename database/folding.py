"""Text compared without regard to its case, in a form that one index answers on both databases.

PostgreSQL orders text by the language of the database, and then a beginning is no range; its operator class
`text_pattern_ops` and the comparisons that belong to it go by bytes, as SQLite does anyway.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

LAST = "\U0010ffff"
"""Comes after every text that goes on"""


class _InRange(FunctionElement[bool]):
    """Whether the first text lies between the second and the third, by bytes."""

    name = "in_range"
    type = sa.Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:
        """As it is: SQLite would be asked whether it equals 1, and no index answers that."""
        return self


@compiles(_InRange)
def _plain(element: Any, compiler: Any, **options: Any) -> str:
    return _between(element, compiler, ">=", "<", options)


@compiles(_InRange, "postgresql")
def _by_pattern(element: Any, compiler: Any, **options: Any) -> str:
    return _between(element, compiler, "~>=~", "~<~", options)


def _between(element: Any, compiler: Any, at_least: str, below: str, options: dict[str, Any]) -> str:
    text, first, last = (compiler.process(one, **options) for one in element.clauses)
    return f"({text} {at_least} {first} AND {text} {below} {last})"


def index_of_beginnings(name: str, column: str) -> sa.Index:
    """The index, within a practice, that `begins` asks."""
    folded = sa.func.lower(sa.column(column)).label("folded")
    return sa.Index(name, "practice_id", folded, postgresql_ops={"folded": "text_pattern_ops"})


def begins(column: Any, text: str) -> sa.ColumnElement[bool]:
    """Whether a column begins so, whatever its capitals."""
    beginning = text.lower()
    return _InRange(sa.func.lower(column), sa.literal(beginning), sa.literal(beginning + LAST))


def found_by(column: Any, ways: Sequence[sa.Select[Any]]) -> sa.ColumnElement[bool]:
    """Whether a row is found by one of the selects of ids: each is answered by its own index, where an OR over them
    would read the table."""
    found: sa.ColumnElement[bool] = column.in_(ways[0] if len(ways) == 1 else sa.union(*ways))
    return found
