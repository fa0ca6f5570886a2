"""Code tables in the workbench: what is loaded and missing, and the search that a visit's form uses too."""

from collections.abc import AsyncIterator
from datetime import date, timedelta

import httpx
import pytest

from billing.roles import Role
from tests.api.conftest import OPENED, Book
from tests.code_editions import CPT2026, FY2026, FY2027, Q4, load


@pytest.fixture
async def browser(book: Book) -> AsyncIterator[httpx.AsyncClient]:
    async with book.signed_in(Role.CODER) as client:
        yield client


async def found(client: httpx.AsyncClient, query: str) -> tuple[str | None, list[str]]:
    response = await client.get(f"/api/v1/codes?{query}")
    assert response.status_code == 200
    body = response.json()
    return body["edition"], [one["code"] for one in body["items"]]


async def test_codes_are_looked_for_in_the_edition_of_the_day(book: Book, supervisor: httpx.AsyncClient) -> None:
    nothing = await found(supervisor, "q=j06")
    load(book.database, FY2026, FY2027, Q4, CPT2026)

    assert nothing == (None, [])
    assert await found(supervisor, "q=infection") == ("FY2026", ["N39.0", "J06.9", "J06.8"])
    assert await found(supervisor, "q=j06.8&on=2026-09-30") == ("FY2026", ["J06.8"])
    assert await found(supervisor, "q=j06.8&on=2026-10-01") == ("FY2027", ["J06.81", "J06.82"])
    assert await found(supervisor, "q=drug&system=hcpcs&on=2026-10-01") == ("2026Q4", ["J0002", "J0003", "J0001"])
    assert await found(supervisor, "q=own+words&system=cpt") == ("2026", ["99213"])
    assert await found(supervisor, "q=j06&on=2026-10-01&limit=2") == ("FY2027", ["J06", "J06.0"])
    assert await found(supervisor, "q=") == ("FY2026", [])


@pytest.mark.parametrize("query", ["system=icd9", "on=today", "limit=0", "limit=101", f"q={'x' * 81}"])
async def test_a_faulty_question_is_refused(query: str, supervisor: httpx.AsyncClient) -> None:
    response = await supervisor.get(f"/api/v1/codes?{query}")

    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"


async def test_nobody_searches_without_signing_in(book: Book) -> None:
    async with book.connect() as stranger:
        assert (await stranger.get("/api/v1/codes?q=j06")).status_code == 401


async def test_the_page_says_what_is_missing_today_and_finds(book: Book, browser: httpx.AsyncClient) -> None:
    empty = (await browser.get("/setup/codes")).text
    load(book.database, FY2026)
    one = (await browser.get("/setup/codes?q=diabetes")).text
    heading = (await browser.get("/setup/codes?q=e11")).text
    none = (await browser.get("/setup/codes?q=<b>zz</b>")).text
    other_day = (await browser.get("/setup/codes?q=e11&on=2027-01-01&system=hcpcs")).text
    odd = await browser.get("/setup/codes?q=e11&on=soon&system=loinc")

    assert "Nothing is loaded yet." in empty
    assert "ICD-10-CM, HCPCS. Until one is loaded" in empty
    assert "HCPCS. Until one is loaded" in one
    assert "ICD-10-CM, HCPCS. Until" not in one
    assert "Type 2 diabetes mellitus without complications" in one
    assert "needs more characters" in heading
    assert "No code of ICD-10-CM FY2026 fits" in none
    assert "<b>zz" not in none
    assert "No edition of HCPCS in force on 2027-01-01 is loaded." in other_day
    assert odd.status_code == 200


async def test_an_edition_that_ended_is_missing(book: Book, browser: httpx.AsyncClient) -> None:
    load(book.database, FY2026)
    days = (FY2026.valid_to - date(OPENED.year, OPENED.month, OPENED.day)).days
    book.now = OPENED + timedelta(days=days)
    last = (await browser.get("/setup/codes")).status_code
    async with book.signed_in(Role.CODER) as again:
        last_day = (await again.get("/setup/codes")).text
        book.now += timedelta(days=1)
    async with book.signed_in(Role.CODER) as again:
        after = (await again.get("/setup/codes")).text

    assert last == 303, "the old session is long over"
    assert "ICD-10-CM, HCPCS. Until" not in last_day
    assert "ICD-10-CM, HCPCS. Until" in after
