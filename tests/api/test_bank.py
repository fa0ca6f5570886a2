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


async def test_while_old_money_waits_newer_money_does_and_a_supervisor_may_open_the_lock(book: Book) -> None:
    async with book.signed_in(Role.POSTER) as client:
        await taken(client, ach_file([entry(4711)]))
    book.wait(days=22)
    async with book.signed_in(Role.POSTER) as client:
        await taken(client, ach_file([entry(4712)]))
        found = (await client.get("/api/v1/bank")).json()
        old, new = sorted(found["open"], key=lambda one: one["movement"]["amount_cents"])
        assert [one["cents"] for one in found["aged"]] == [4711]
        page = (await client.get("/bank")).text
        assert "Money that waits too long" in page
        assert "Open the lock" not in page
        body = {"reason": "rent of the upper floor"}
        refused = await client.post(f"/api/v1/bank/{new['id']}/set-aside", json=body, headers=key(1))
        assert (refused.status_code, refused.json()["title"]) == (409, "Older money is to be put away first")
        assert "$47.11 of" in refused.json()["detail"]
        assert (await client.post("/api/v1/bank/aged/open", json=body, headers=key(2))).status_code == 403
    async with book.signed_in(Role.SUPERVISOR) as client:
        assert "Open the lock" in (await client.get("/bank")).text
        empty = await client.post("/bank/aged/open", data={"key": "d" * 20, "reason": ""})
        assert (empty.status_code, faults_of(empty.text) != {}) == (422, True)
        done = [await client.post("/bank/aged/open", data={"key": "e" * 20, "reason": "the payer searches"})] * 2
        assert [one.status_code for one in done] == [303, 303]
        assert "The lock is open today: the payer searches." in (await client.get("/bank")).text
        put_away = await client.post(f"/api/v1/bank/{new['id']}/set-aside", json=body, headers=key(3))
        assert put_away.status_code == 200
    book.wait(days=1)
    async with book.signed_in(Role.POSTER) as client:
        assert (await client.get("/api/v1/bank")).json()["opened_because"] is None
        oldest = await client.post(f"/api/v1/bank/{old['id']}/set-aside", json=body, headers=key(4))
        assert oldest.status_code == 200, "what is oldest is never locked"
        assert (await client.get("/api/v1/bank")).json()["aged"] == []
