"""Who may import whom: the contracts of pyproject.toml, and the order of the modules at the root.

import-linter takes packages only; the modules at the root are looked at here.
"""

import os
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
