"""Books for stories: SQLite for all, and PostgreSQL too in files that say `BOTH_DATABASES = True`."""

import pytest

from tests.databases import database, office, postgres, postgres_template, sqlite_template
from tests.file_places import by_sftp, make_place, place, sshd

__all__ = [
    "by_sftp",
    "database",
    "make_place",
    "office",
    "place",
    "postgres",
    "postgres_template",
    "sqlite_template",
    "sshd",
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "kind" in metafunc.fixturenames:
        both = getattr(metafunc.module, "BOTH_DATABASES", False)
        metafunc.parametrize("kind", ["sqlite", "postgresql"] if both else ["sqlite"])
