"""The commands each workflow can give, in the order they stand in its code.

A changed list means that a running encounter may meet other commands than its history holds. First ask whether
running workflows still replay; if not, gate the step by `workflow.patched`. Then renew the list, in the same commit:
`python -m tests.house.fingerprints`.
"""

import ast
import json
from pathlib import Path

from tests.house.source import ROOT, decorators, tree_of

RECORDED = Path(__file__).parent / "fingerprints.json"
COMMANDS = frozenset(
    {
        "take_step",
        "workflow.execute_activity_method",
        "workflow.execute_local_activity_method",
        "workflow.sleep",
        "workflow.wait_condition",
        "workflow.upsert_search_attributes",
        "workflow.continue_as_new",
        "workflow.patched",
        "workflow.deprecate_patch",
        "workflow.start_child_workflow",
        "workflow.execute_child_workflow",
    }
)


def fingerprints() -> dict[str, list[str]]:
    """For each workflow, and for the step function they share: `method: command what`."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "workflows").glob("*.py")):
        for node in tree_of(path).body:
            if isinstance(node, ast.ClassDef) and "workflow.defn" in decorators(node):
                methods = [one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
                found[node.name] = [command for method in methods for command in _commands(method)]
            elif isinstance(node, ast.AsyncFunctionDef):
                found[node.name] = _commands(node)
    return found


def _commands(method: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    calls = [node for node in ast.walk(method) if isinstance(node, ast.Call) and ast.unparse(node.func) in COMMANDS]
    calls.sort(key=lambda call: (call.lineno, call.col_offset))
    return [f"{method.name}: {ast.unparse(call.func)}{_what(call)}" for call in calls]


def _what(call: ast.Call) -> str:
    name = ast.unparse(call.func)
    if name == "workflow.wait_condition":
        return " with a timer" if any(one.arg == "timeout" for one in call.keywords) else ""
    if name in {"workflow.sleep", "workflow.continue_as_new", "workflow.upsert_search_attributes"} or not call.args:
        return ""
    return f" {ast.unparse(call.args[0])}"


if __name__ == "__main__":
    RECORDED.write_text(json.dumps(fingerprints(), indent=2) + "\n", encoding="utf-8")
