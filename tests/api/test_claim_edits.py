"""The last run of the claim edits, over REST and on the visit's page."""

from collections.abc import AsyncIterator

import httpx
import pytest

from billing.edits.registry import Finding, Severity
from billing.roles import Role
from billing.scrubbing import EDITS
from database import edit_runs
from database.tables import Encounter
from tests.api.conftest import Book

HELD = Finding(
    "C04", Severity.ERROR, "line.2.modifiers", "line 2: G0102 is part of G0101", "Bill the first code alone."
)
MENDED = Finding("S02", Severity.WARNING, "member_id", "the member id has spaces", "Write it without.")


@pytest.fixture
async def browser(book: Book) -> AsyncIterator[httpx.AsyncClient]:
    async with book.signed_in(Role.BILLER) as client:
        yield client


def ran(book: Book, encounter: Encounter, *findings: Finding, asked: tuple[str, ...] = ("NCCI pairs 2026Q4",)) -> None:
    with book.database.writing() as session:
        edit_runs.keep(session, encounter, findings, mended=[MENDED], asked=asked, at=book.now)


async def test_a_run_is_shown_with_what_to_do(book: Book, browser: httpx.AsyncClient) -> None:
    encounter = book.encounter()
    ran(book, encounter, HELD)
    async with book.connect(Role.BILLER) as client:
        run = (await client.get(f"/api/v1/encounters/{encounter.id}/edits")).json()
    assert (run["edits"], run["asked"]) == (len(EDITS), ["NCCI pairs 2026Q4"])
    assert run["findings"] == [
        {
            "edit": "C04",
            "severity": "E",
            "path": "line.2.modifiers",
            "message": HELD.message,
            "fix": HELD.fix,
        }
    ]
    assert [one["edit"] for one in run["mended"]] == ["S02"]
    page = (await browser.get(f"/encounters/{encounter.id}")).text
    assert f"{len(EDITS)} edits ran" in page
    assert HELD.fix in page


async def test_the_newest_run_counts(book: Book, browser: httpx.AsyncClient) -> None:
    encounter = book.encounter()
    ran(book, encounter, HELD)
    book.wait(minutes=1)
    ran(book, encounter, asked=())
    page = (await browser.get(f"/encounters/{encounter.id}")).text
    assert HELD.fix not in page
    assert "no tables of rules are loaded" in page


async def test_before_the_first_run_and_for_strangers_there_is_none(book: Book) -> None:
    encounter = book.encounter()
    async with book.connect(Role.BILLER) as client:
        assert (await client.get(f"/api/v1/encounters/{encounter.id}/edits")).status_code == 404
    ran(book, encounter, HELD)
    async with book.connect(token=book.stranger) as client:
        assert (await client.get(f"/api/v1/encounters/{encounter.id}/edits")).status_code == 404
