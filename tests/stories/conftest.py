"""Books for stories: SQLite for all, and PostgreSQL too in files that say `BOTH_DATABASES = True`."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.databases import database, office, postgres, postgres_template, sqlite_template
from tests.file_places import by_sftp, make_place, place, sshd
from tests.office import Office
from tests.stories.clinic import CHROMIUM, Clinic, clinic

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


@pytest.fixture(params=["api", "browser"])
async def house(request: pytest.FixtureRequest, office: Office, engine: Any) -> AsyncIterator[Clinic]:
    """A clinic whose people use the API, and the same clinic with a browser."""
    if request.param == "browser" and not CHROMIUM.exists():
        pytest.skip("needs chromium (make system)")
    async with clinic(office, engine, request.param) as opened:
        yield opened


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "kind" in metafunc.fixturenames:
        both = getattr(metafunc.module, "BOTH_DATABASES", False)
        metafunc.parametrize("kind", ["sqlite", "postgresql"] if both else ["sqlite"])
