"""Books for stories: SQLite for all, and PostgreSQL too in files that say `BOTH_DATABASES = True`."""

import pytest

from tests.databases import database, office, postgres, postgres_template, sqlite_template

__all__ = ["database", "office", "postgres", "postgres_template", "sqlite_template"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "kind" in metafunc.fixturenames:
        both = getattr(metafunc.module, "BOTH_DATABASES", False)
        metafunc.parametrize("kind", ["sqlite", "postgresql"] if both else ["sqlite"])
