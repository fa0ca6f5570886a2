"""A day is a practice's own: only `billing.days` makes one of an instant, or an instant of one."""

import ast
from pathlib import Path

import pytest

from tests.house.source import ROOT, name_of, production_files, tree_of

OFFICE = ("activities", "api", "billing", "database", "templates", "workflows")
CALENDAR = ROOT / "billing" / "days.py"
FILES = [path for path in production_files() if path.relative_to(ROOT).parts[0] in OFFICE and path != CALENDAR]


def _makes_a_day(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    return (node.func.attr == "date" and not node.args) or (node.func.attr in {"combine", "today"} and _is_clock(node))


def _is_clock(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) in {"date", "datetime"}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_nobody_else_makes_a_day_of_an_instant(path: Path) -> None:
    assert [node.lineno for node in ast.walk(tree_of(path)) if _makes_a_day(node) and isinstance(node, ast.Call)] == []
