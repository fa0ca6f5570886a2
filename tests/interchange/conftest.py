"""Golden files and their index, for every codec test."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent.parent / "golden"


def golden_files(*folders: str) -> list[Path]:
    """All files of the folders, sorted."""
    return sorted(path for folder in folders for path in (GOLDEN / folder).iterdir())


def index() -> dict[str, list[str]]:
    """The index in tests/golden/README.md: file name to its other columns."""
    rows = {}
    for line in (GOLDEN / "README.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if len(cells) == 8 and re.match(r"[a-z0-9-]+/\S", cells[0]):
            rows[cells[0].strip()] = cells[1:]
    return rows


@pytest.fixture(scope="session")
def golden() -> Path:
    """The folder of golden files."""
    return GOLDEN


@pytest.fixture(scope="session")
def two_agree() -> Callable[[Path], bool]:
    """Says whether at least two of the three validators of the index call a file valid."""
    rows = index()
    return lambda path: rows[f"{path.parent.name}/{path.name}"][1:4].count("ok") >= 2


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`@pytest.mark.golden("x222a1", ...)` runs a test once per file; the test takes it as `path`."""
    marker = metafunc.definition.get_closest_marker("golden")
    if marker is not None:
        paths = golden_files(*marker.args)
        metafunc.parametrize("path", paths, ids=[f"{path.parent.name}/{path.name}" for path in paths])


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "golden(*folders): run once per golden file of the folders")
