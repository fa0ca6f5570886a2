"""What holds for every file of activities: nobody waits for the database on the event loop, where workflows run."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.source import ROOT, functions, name_of

FILES = sorted((ROOT / "activities").glob("*.py"))
SESSIONS = frozenset({"reading", "writing"})


def sessions_opened(node: ast.AST) -> Iterator[ast.AST]:
    """Calls of `reading()` and `writing()` in a function, but not in those within it: they may run on a thread."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call) and isinstance(child.func, ast.Attribute) and child.func.attr in SESSIONS:
            yield child
        if not isinstance(child, ast.FunctionDef):
            yield from sessions_opened(child)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_coroutine_waits_for_the_database(path: Path) -> None:
    waiting = [
        f"{one.name} at {one.lineno}"
        for one in functions(path)
        if isinstance(one, ast.AsyncFunctionDef) and list(sessions_opened(one))
    ]
    assert waiting == []
