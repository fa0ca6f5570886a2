"""The charge master: a file is shown before it is taken, its bad rows lose no good ones, and only a supervisor may."""

import re
from collections.abc import AsyncIterator
from html import unescape

import httpx
import pytest
from sqlmodel import select

from billing.roles import Role
from database.tables import AuditEvent, Charge
from tests.api.conftest import Book

FILE = """procedure,modifier,price,effective_from
99213,,150.00,2026-01-01
99213,25,170.00,2026-01-01
99214,,a lot,2026-01-01
87880,,39.20,2026-04-01
"""
KEY = {"Idempotency-Key": "key-00000001"}


def charges(book: Book) -> list[tuple[str, str, int]]:
    with book.database.reading() as session:
        rows = session.exec(select(Charge).where(Charge.practice_id == book.practice_id))
        return sorted((row.procedure, row.modifier, row.price_cents) for row in rows)


def hidden(page: str) -> dict[str, str]:
    return {name: unescape(text) for name, text in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)}


@pytest.fixture
async def browser(book: Book) -> AsyncIterator[httpx.AsyncClient]:
    async with book.signed_in(Role.SUPERVISOR) as client:
        yield client


async def test_a_dry_run_says_what_would_change_and_changes_nothing(book: Book, supervisor: httpx.AsyncClient) -> None:
    first = await supervisor.post("/api/v1/charges?dry_run=true", content=FILE, headers=KEY)

    assert charges(book) == []
    assert [one["procedure"] for one in first.json()["added"]] == ["99213", "99213", "87880"]
    assert first.json()["faults"] == [
        {"line": 4, "message": "price a lot: amount is not a number; write digits such as 120.00"}
    ]


async def test_good_rows_are_taken_once_and_a_second_file_changes_them(
    book: Book, supervisor: httpx.AsyncClient
) -> None:
    taken = [(await supervisor.post("/api/v1/charges", content=FILE, headers=KEY)).json() for _ in range(2)]
    again = FILE.replace("170.00", "175.00")
    changed = (
        await supervisor.post("/api/v1/charges", content=again, headers={"Idempotency-Key": "key-00000002"})
    ).json()
    listed = (await supervisor.get("/api/v1/charges?q=992")).json()["items"]

    assert taken[0] == taken[1]
    assert (len(taken[0]["added"]), len(taken[0]["faults"])) == (3, 1)
    assert [(one["before_cents"], one["price_cents"]) for one in changed["changed"]] == [(17000, 17500)]
    assert (changed["added"], changed["unchanged"]) == ([], 2)
    assert charges(book) == [("87880", "", 3920), ("99213", "", 15000), ("99213", "25", 17500)]
    assert [one["price_cents"] for one in listed] == [15000, 17500]
    with book.database.reading() as session:
        reasons = session.exec(select(AuditEvent.reason).where(AuditEvent.subject == "charges")).all()
    assert reasons[1] == "1 prices; 99213-25 from 2026-01-01: $175.00, was $170.00"


@pytest.mark.parametrize(
    ("body", "status"), [(b"", 422), (b"a\0b", 422), (b"procedure\n", 422), (b"x" * 1_000_001, 413)]
)
async def test_a_file_without_a_good_row_is_refused(body: bytes, status: int, supervisor: httpx.AsyncClient) -> None:
    response = await supervisor.post("/api/v1/charges", content=body, headers=KEY)

    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


async def test_a_person_sees_the_file_first_and_confirms_its_good_rows(book: Book, browser: httpx.AsyncClient) -> None:
    empty = (await browser.get("/setup/charges")).text
    preview = await browser.post("/setup/charges/preview", files={"file": ("prices.csv", FILE.encode())})
    before = charges(book)
    done = [await browser.post("/setup/charges", data=hidden(preview.text)) for _ in range(2)]
    page = (await browser.get(done[0].headers["location"])).text
    found = (await browser.get("/setup/charges?q=878")).text

    assert "There are no prices yet" in empty
    assert "Line 4: price a lot: amount is not a number; write digits such as 120.00" in preview.text
    assert "3 would be added, 0 changed" in preview.text
    assert before == []
    assert [one.headers["location"] for one in done] == ["/setup/charges?added=3&changed=0"] * 2
    assert "Taken: 3 added, 0 changed." in page
    assert len(charges(book)) == 3
    assert "coming" in found
    assert "$150.00" not in found
    assert "No price of a code" in (await browser.get("/setup/charges?q=zzz")).text


async def test_rows_may_be_pasted_and_are_kept_to_be_corrected(browser: httpx.AsyncClient) -> None:
    pasted = FILE.replace("a lot", "<b>a lot</b>")
    preview = await browser.post("/setup/charges/preview", data={"pasted": pasted}, files={"file": ("", b"")})
    nothing = await browser.post("/setup/charges/preview", data={"pasted": " "})
    binary = await browser.post("/setup/charges/preview", files={"file": ("prices.xls", b"\xd0\xcf\0\0")})

    assert "&lt;b&gt;a lot&lt;/b&gt;" in preview.text
    assert "<b>a lot" not in preview.text
    assert (nothing.status_code, binary.status_code) == (422, 422)
    assert "Choose a file, or paste its rows" in nothing.text
    assert "This is no CSV file" in binary.text


async def test_only_a_supervisor_changes_prices_and_no_other_practice_sees_them(
    book: Book, supervisor: httpx.AsyncClient
) -> None:
    await supervisor.post("/api/v1/charges", content=FILE, headers=KEY)
    async with book.signed_in(Role.BILLER) as biller:
        page = (await biller.get("/setup/charges")).text
        refused = [
            (await biller.post("/api/v1/charges", content=FILE, headers=KEY)).status_code,
            (await biller.post("/setup/charges", data={"csv": FILE})).status_code,
            (await biller.post("/setup/charges/preview", data={"pasted": FILE})).status_code,
        ]
    async with book.connect(token=book.stranger) as stranger:
        theirs = (await stranger.get("/api/v1/charges")).json()
        await stranger.post("/api/v1/charges", content=FILE.replace("150.00", "1.00"), headers=KEY)

    assert "$150.00" in page
    assert "Take prices from a file" not in page
    assert refused == [403, 403, 403]
    assert theirs["items"] == []
    assert ("99213", "", 15000) in charges(book)


async def test_words_for_patients_are_added_without_a_new_price_and_are_not_lost_by_a_file_without_them(
    book: Book, supervisor: httpx.AsyncClient
) -> None:
    told = "procedure,price,effective_from,description\n99213,150.00,2026-01-01,Office visit\n"
    silent = "procedure,price,effective_from\n99213,160.00,2026-01-01\n"
    await supervisor.post("/api/v1/charges", content=FILE, headers=KEY)
    added = await supervisor.post("/api/v1/charges", content=told, headers={"Idempotency-Key": "key-00000002"})
    await supervisor.post("/api/v1/charges", content=silent, headers={"Idempotency-Key": "key-00000003"})
    [row] = [one for one in (await supervisor.get("/api/v1/charges?q=99213")).json()["items"] if not one["modifier"]]

    assert [one["description"] for one in added.json()["changed"]] == ["Office visit"]
    assert (row["description"], row["price_cents"]) == ("Office visit", 16000)
