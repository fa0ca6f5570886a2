"""Lists take patients' names from `database/patient_names.py`, which masks those that are kept from who looks."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
TAKES_NAMES_ITSELF = {
    "patient_names.py": "the one place",
    "registrations.py": "who a patient is, for records and claims",
    "practice.py": "providers",
    "favourites.py": "providers",
    "paying.py": "the patient reads it",
    "remittances.py": "a payer's answer is matched by name",
}
NAMES = {"last_name", "first_name"}


def test_no_list_joins_a_patients_name_by_itself() -> None:
    found = {
        f"{path.name}:{node.lineno}"
        for path in sorted((ROOT / "database").glob("*.py"))
        if path.name not in TAKES_NAMES_ITSELF
        for node in ast.walk(ast.parse(path.read_text()))
        if _joins_both_names(node)
    }
    assert found == set()


def _joins_both_names(node: ast.AST) -> bool:
    """Whether an f-string or a tuple puts somebody's names together."""
    if not isinstance(node, ast.JoinedStr | ast.Tuple):
        return False
    read = {(one.attr, ast.unparse(one.value)) for one in ast.walk(node) if isinstance(one, ast.Attribute)}
    owners = {owner for attribute, owner in read if attribute in NAMES and owner != "Patient"}
    return any({(name, owner) for name in NAMES} <= read for owner in owners)
