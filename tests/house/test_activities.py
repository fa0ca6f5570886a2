"""What holds for every file of activities: nobody waits for the database on the event loop, where workflows run."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.source import ROOT, decorators, functions, name_of

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


def test_the_worker_registers_every_activity() -> None:
    """One that is forgotten shows only when a workflow calls it."""
    defined = {
        one.name
        for path in FILES
        for one in functions(path)
        if any("activity.defn" in each for each in decorators(one))
    }
    body = next(one for one in functions(ROOT / "worker.py") if one.name == "activities_of")
    [returned] = [one for one in ast.walk(body) if isinstance(one, ast.Return) and isinstance(one.value, ast.Tuple)]
    assert isinstance(returned.value, ast.Tuple)
    registered = [one.attr for one in returned.value.elts if isinstance(one, ast.Attribute)]
    assert len(defined) > 15
    assert sorted(registered) == sorted(defined)
