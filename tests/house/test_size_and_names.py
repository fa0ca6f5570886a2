"""Moments to think: files and functions that grew long, and names that say nothing."""

from pathlib import Path

import pytest

from tests.house.source import FOLDERS, ROOT, ROOT_MODULES, functions, name_of, production_files

FILE_LINES = 500
FUNCTION_LINES = 60

MIGRATIONS = ROOT / "database" / "migrations" / "versions"
"""A migration is a list of tables in the order they are made; it is written once and never changed."""

EMPTY_WORDS = ("utils", "util", "helpers", "helper", "common", "shared", "misc", "lib")
PACKAGES = frozenset(
    {
        "alembic",
        "temporalio",
        "hl7",
        "fhir",
        "x12",
        "code",
        "calendar",
        "statistics",
        "email",
        "http",
        "queue",
        "types",
        "secrets",
        "signal",
        "token",
        "platform",
    }
)
"""Names that other packages have: a folder or file at the root must not stand before them"""

FILES = [path for path in production_files() if path.parent != MIGRATIONS]


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_has_one_subject(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= FILE_LINES


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_function_fits_a_screen(path: Path) -> None:
    long = [
        f"{one.name} at {one.lineno}"
        for one in functions(path)
        if (one.end_lineno or one.lineno) - one.lineno + 1 > FUNCTION_LINES
    ]
    assert long == []


def test_a_file_is_named_after_the_thing_in_it() -> None:
    empty = [name_of(path) for path in production_files() if path.stem.strip("_") in EMPTY_WORDS]
    folders = [name for name in FOLDERS if name in EMPTY_WORDS]
    assert (empty, folders) == ([], [])


def test_no_name_at_the_root_shadows_a_package() -> None:
    names = {path.stem for path in ROOT.glob("*.py")} | {path.name for path in ROOT.iterdir() if path.is_dir()}
    assert names & PACKAGES == set()


def test_every_folder_and_module_at_the_root_is_known_to_the_house() -> None:
    assert {path.stem for path in ROOT.glob("*.py")} == set(ROOT_MODULES)
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert folders == set(FOLDERS)


def test_tests_are_no_package() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []
