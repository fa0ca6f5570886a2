"""Every activity, edit, setting and policy says what it is. Their pages are kept fresh by test_generated_docs."""

import ast

from api.errors import WRITTEN
from billing.policies import DEFAULTS
from billing.scrubbing import EDITS
from billing.tasks import KINDS, TaskType
from settings import Settings
from tests.house.source import ROOT, decorators, functions, member_docstrings, name_of, production_files, tree_of

COLUMN = 200
"""Characters of a policy's source that the table holds"""


def test_every_activity_is_documented_and_registered() -> None:
    registered = (ROOT / "worker.py").read_text(encoding="utf-8")
    for path in sorted((ROOT / "activities").glob("*.py")):
        for one in functions(path):
            if "activity.defn" in decorators(one):
                assert ast.get_docstring(one), f"{name_of(path)}: {one.name}"
                assert f".{one.name}," in registered, f"{one.name} is not among worker.activities_of"


def test_every_edit_is_documented_and_has_an_id_of_its_own() -> None:
    assert [one.code for one in EDITS if not one.check.__doc__] == []
    codes = [one.code for one in EDITS]
    assert sorted(set(codes)) == sorted(codes)


def test_every_setting_is_documented() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_every_policy_names_its_source() -> None:
    assert [name for name, one in DEFAULTS.items() if not 0 < len(one.source.strip()) <= COLUMN] == []


def test_every_task_has_a_kind_and_a_reason_to_be() -> None:
    assert set(KINDS) == set(TaskType)
    assert set(member_docstrings(ROOT / "billing" / "task_types.py", "TaskType")) == {one.name for one in TaskType}
    assert [name for name, kind in KINDS.items() if not kind.resolutions] == []


def test_every_module_says_what_it_is() -> None:
    silent = [
        name_of(path)
        for path in production_files()
        if "migrations" not in path.parts and ast.get_docstring(tree_of(path)) is None
    ]
    assert silent == []


def test_every_pattern_of_a_form_has_words() -> None:
    """A person is told what is expected, never a regular expression."""
    found = {
        keyword.value.value
        for path in sorted((ROOT / "api").rglob("*.py"))
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "pattern" and isinstance(keyword.value, ast.Constant)
    }
    assert found == set(WRITTEN)
