"""The bank's page and API: a file is taken once or refused with its line; pairs by hand have to agree to the cent."""

import httpx
import pytest

from billing.roles import Role
from tests.api.conftest import Book
from tests.api.page_forms import faults_of
from tests.bank_files import TRN, ach_file, bai2_file, entry


def key(number: int) -> dict[str, str]:
    return {"Idempotency-Key": f"bank-key-{number:05}"}


async def taken(client: httpx.AsyncClient, text: str) -> httpx.Response:
    return await client.post("/api/v1/bank/files", content=text.encode())


async def test_a_file_is_taken_once_and_its_bookings_are_shown(book: Book) -> None:
    async with book.signed_in(Role.POSTER) as client:
        assert "Every booking has its remittance" in (await client.get("/bank")).text
        first, again = await taken(client, bai2_file()), await taken(client, bai2_file())
        found = (await client.get("/api/v1/bank")).json()
        page = await client.get("/bank")
    assert "4 bookings of the bank, 4 new, 0 of them paired" in first.json()["note"]
    assert again.status_code == 201
    assert sorted(one["movement"]["amount_cents"] for one in found["open"]) == [-4200, 99, 4200, 150000]
    assert "$1,500.00" in page.text
    assert "EFT0001" in page.text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ach_file([entry(100, addenda=[TRN])]).replace("0000000100", "0000000101", 1), "Line 5: the batch says 100"),
        ("ISA*00*", "begins with 101"),
        ("", "begins with 101"),
        ("a,b\n1,2\n", "begins with 101"),
    ],
)
async def test_a_file_that_cannot_be_read_is_refused_and_says_why(text: str, words: str, book: Book) -> None:
    async with book.signed_in(Role.POSTER) as client:
        refused = await taken(client, text)
        page = await client.post("/bank/files", files={"file": ("bank.txt", text.encode() or b" ")})
        found = (await client.get("/api/v1/bank")).json()
    assert (refused.status_code, page.status_code) == (422, 422)
    assert words in refused.json()["detail"]
    assert words in page.text
    assert found["open"] == []


async def test_a_booking_is_set_aside_once_with_a_reason(book: Book) -> None:
    async with book.signed_in(Role.POSTER) as client:
        await taken(client, ach_file([entry(4711)]))
        [one] = (await client.get("/api/v1/bank")).json()["open"]
        url = f"/bank/{one['id']}/set-aside"
        empty = await client.post(url, data={"key": "a" * 20, "reason": ""})
        done = await client.post(url, data={"key": "b" * 20, "reason": "rent of the upper floor"})
        again = await client.post(url, data={"key": "c" * 20, "reason": "something else"})
        missing = await client.post("/api/v1/bank/nobody/set-aside", json={"reason": "rent"}, headers=key(1))
        unpaired = await client.post(f"/api/v1/bank/{one['id']}/pair", json={"remittance_ids": ["x"]}, headers=key(2))
        found = (await client.get("/api/v1/bank")).json()
    assert [each.status_code for each in (empty, done, again, missing, unpaired)] == [422, 303, 422, 404, 422]
    assert "settled this booking meanwhile" in again.text
    assert faults_of(empty.text)
    assert [each["reason"] for each in found["set_aside"]] == ["rent of the upper floor"]


async def test_who_posts_no_remittances_changes_nothing_here(book: Book) -> None:
    async with book.signed_in(Role.CODER) as client:
        assert (await taken(client, bai2_file())).status_code == 403
        assert "Take it in" not in (await client.get("/bank")).text


async def test_another_practice_sees_and_settles_nothing(book: Book) -> None:
    async with book.signed_in(Role.POSTER) as client:
        await taken(client, ach_file([entry(4711)]))
        [one] = (await client.get("/api/v1/bank")).json()["open"]
    async with book.connect(token=book.stranger) as stranger:
        assert (await stranger.get("/api/v1/bank")).json()["open"] == []
        refused = await stranger.post(f"/api/v1/bank/{one['id']}/set-aside", json={"reason": "mine"}, headers=key(3))
    assert refused.status_code == 404
