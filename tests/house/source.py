"""The office's own source, parsed: what the house tests look at."""

import ast
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = (
    "activities",
    "api",
    "benchmarks",
    "billing",
    "database",
    "interchange",
    "simulator",
    "templates",
    "temporal",
    "workflows",
)
ROOT_MODULES = (
    "settings",
    "worker",
    "office_setup",
    "office_backup",
    "doctor",
    "proofs",
    "demo",
    "edi_output",
    "edi",
    "edit_trial",
    "code_loading",
    "edit_proof",
    "search_proof",
    "phi_proof",
    "quarter_proof",
    "year_proof",
    "rule_loading",
    "audit_commands",
    "backup_commands",
    "user_commands",
    "moving_commands",
    "cli",
)
"""From below to above: each may import those before it"""


def production_files() -> list[Path]:
    """Every Python file that is not a test."""
    folders = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    return sorted([*folders, *ROOT.glob("*.py")])


@cache
def tree_of(path: Path) -> ast.Module:
    """The file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    """The path as messages show it."""
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a file."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def imported_modules(path: Path) -> set[str]:
    """The full names of the modules a file imports, wherever the import stands."""
    found: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            found.add(node.module)
    return found


def decorators(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> list[str]:
    """What the node is decorated with, without arguments: `workflow.defn`."""
    return [ast.unparse(one.func if isinstance(one, ast.Call) else one) for one in node.decorator_list]


def member_docstrings(path: Path, enum: str) -> dict[str, str]:
    """The text under each member of an enum."""
    body = next(node.body for node in tree_of(path).body if isinstance(node, ast.ClassDef) and node.name == enum)
    found: dict[str, str] = {}
    for member, text in pairwise(body):
        if isinstance(member, ast.Assign) and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            assert isinstance(member.targets[0], ast.Name)
            found[member.targets[0].id] = " ".join(str(text.value.value).split())
    return found
