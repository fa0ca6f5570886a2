"""Who may import whom: the contracts of pyproject.toml, and the order of the modules at the root.

import-linter takes packages only; the modules at the root are looked at here.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import ROOT, ROOT_MODULES, imported_modules

LINTER = Path(sys.executable).with_name("lint-imports")


def test_the_contracts_are_kept() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [LINTER, "--no-cache"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("name", ROOT_MODULES)
def test_a_root_module_imports_only_what_stands_below_it(name: str) -> None:
    below = set(ROOT_MODULES[: ROOT_MODULES.index(name)])
    above = set(ROOT_MODULES) - below - {name}
    imported = {module.split(".")[0] for module in imported_modules(ROOT / f"{name}.py")}
    assert imported & above == set()


WRITES_DOWN_A_PERSON = re.compile(
    r"\b(registrations\.(register|follow|put_right|keep)|patients\.change|encounters\.create)\("
)
LOOKS_FOR_THEIR_FAMILY = re.compile(r"\b(guarantor_patients\.recognise|coming_of_age\.register)\(")


def test_who_writes_down_a_person_looks_for_those_whom_they_answer_for() -> None:
    texts = {one: one.read_text() for folder in ("activities", "api") for one in (ROOT / folder).rglob("*.py")}
    writing = {one.stem for one, text in texts.items() if WRITES_DOWN_A_PERSON.search(text)}
    looking = {one.stem for one, text in texts.items() if LOOKS_FOR_THEIR_FAMILY.search(text)}
    assert {"actions", "moved_visits", "registering", "patient_intake"} <= writing
    assert writing - looking == set()
