"""What tasks stand on: each subject is followed to its patient, or is said to be about nobody.

A task whose subject is in neither list would show a sensitive patient's words to everybody.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from database.record_patients import ACCOUNT, NOBODYS_SUBJECTS, OF_SUBJECTS

ROOT = Path(__file__).parents[2]
FOLDERS = ("activities", "api", "database")


def test_each_subject_of_a_task_is_followed_or_said_to_be_nobodys() -> None:
    found = {one for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") for one in subjects(path)}

    assert found - OF_SUBJECTS.keys() - {ACCOUNT} == NOBODYS_SUBJECTS
    assert len(found) > len(NOBODYS_SUBJECTS)


def subjects(path: Path) -> Iterator[str]:
    """The subjects with which a module opens tasks."""
    module = ast.parse(path.read_text(encoding="utf-8"))
    for function in ast.walk(module):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for call in calls(function, "tasks.open_task"):
                yield from said(module, function, call, str(path))


def calls(tree: ast.AST, name: str) -> list[ast.Call]:
    return [one for one in ast.walk(tree) if isinstance(one, ast.Call) and ast.unparse(one.func).endswith(name)]


def said(
    module: ast.Module, function: ast.FunctionDef | ast.AsyncFunctionDef, call: ast.Call, where: str
) -> Iterator[str]:
    given = {one.arg: one.value for one in call.keywords}
    match given.get("subject", given.get(None)):
        case ast.Constant(value=str(subject)):
            yield subject
        case ast.Name(id=name) if name in (params := [one.arg for one in function.args.args]):
            for other in calls(module, function.name):
                yield ast.literal_eval(other.args[params.index(name)])
        case ast.Name(id=name):
            yield from assigned(module if "subject" in given else function, name)
        case _:
            raise AssertionError(f"{where}:{call.lineno}: what the task stands on is not to be read here")


def assigned(tree: ast.AST, name: str) -> Iterator[str]:
    """The text, or the `subject` of the dictionary, that the name is for."""
    for one in ast.walk(tree):
        match one:
            case ast.Assign(targets=[ast.Name(id=known)], value=ast.Constant(value=str(text))) if known == name:
                yield text
            case ast.Assign(targets=[ast.Name(id=known)], value=ast.Dict() as value) if known == name:
                pairs = zip(value.keys, value.values, strict=True)
                yield from (ast.literal_eval(given) for key, given in pairs if key and ast.unparse(key) == "'subject'")
