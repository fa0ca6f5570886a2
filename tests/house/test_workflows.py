"""What holds for every workflow file: pure imports, named options, known commands, words for what it does."""

import ast
import json
from pathlib import Path

import pytest

import worker
from tests.house.fingerprints import RECORDED, fingerprints
from tests.house.source import ROOT, decorators, functions, imported_modules, name_of, tree_of

FILES = sorted((ROOT / "workflows").glob("*.py"))
PURE = ("asyncio", "collections", "datetime", "typing", "temporalio", "activities", "billing", "workflows")
IMPURE_ACTIVITIES = frozenset({"activities.dispatch", "activities.intake", "activities.desk", "activities.filing"})
"""Files of activities/ that no workflow names: they hold no activity"""
OFFERS = "temporal.attributes"
STARTS_AN_ACTIVITY = frozenset(
    {
        "execute_activity",
        "execute_activity_method",
        "execute_local_activity",
        "execute_local_activity_method",
        "start_activity",
        "start_activity_method",
        "start_local_activity",
        "start_local_activity_method",
    }
)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_workflow_file_imports_nothing_impure(path: Path) -> None:
    modules = {module for module in imported_modules(path) if module not in {"temporal", OFFERS}}
    assert {module for module in modules if module.split(".")[0] not in PURE} == set()
    assert modules & IMPURE_ACTIVITIES == set()


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_activity_is_called_with_named_options(path: Path) -> None:
    names = {
        target.id if isinstance(target, ast.Name) else ""
        for node in tree_of(ROOT / "workflows" / "policies.py").body
        if isinstance(node, ast.Assign)
        for target in node.targets
    }
    for call in ast.walk(tree_of(path)):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in STARTS_AN_ACTIVITY:
            spread = [ast.unparse(one.value) for one in call.keywords if one.arg is None]
            named = {one.arg for one in call.keywords if one.arg is not None}
            where = f"{name_of(path)}:{call.lineno}"
            assert len(spread) == 1, f"{where} takes its options from no policy"
            assert spread[0] in names, f"{where} takes its options from {spread[0]}"
            assert named <= {"summary", "result_type"}, f"{where} has an option of its own: {named}"
            assert "summary" in named, f"{where} says nothing in the Temporal UI"


@pytest.mark.parametrize("path", [one for one in FILES if one.name != "policies.py"], ids=name_of)
def test_no_length_of_time_stands_at_a_call_site(path: Path) -> None:
    literals = [
        f"{name_of(path)}:{node.lineno}"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "timedelta"
        and all(isinstance(one.value, ast.Constant) for one in node.keywords)
    ]
    assert literals == []


def test_the_commands_of_each_workflow_are_the_recorded_ones() -> None:
    """When they are not, read tests/house/fingerprints.py first."""
    assert fingerprints() == json.loads(RECORDED.read_text(encoding="utf-8"))


def test_every_workflow_is_registered_and_told() -> None:
    defined = {
        node.name
        for path in FILES
        for node in tree_of(path).body
        if isinstance(node, ast.ClassDef) and "workflow.defn" in decorators(node)
    }
    assert defined == {workflow.__name__ for workflow in worker.WORKFLOWS}
    told = (ROOT / "docs" / "billing-process.md").read_text(encoding="utf-8")
    assert {name for name in defined if f"`{name}`" not in told} == set()


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_workflow_and_handler_says_what_it_is(path: Path) -> None:
    classes = [node for node in tree_of(path).body if isinstance(node, ast.ClassDef)]
    methods = [one for one in functions(path) if not one.name.startswith("_")]
    assert [node.name for node in [*classes, *methods] if ast.get_docstring(node) is None] == []
