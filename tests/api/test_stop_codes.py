"""The stop list: kept once, for one payer or all, taken off again; wrong codes say why; others may only look."""

import pytest

from billing.roles import Role
from tests.api.conftest import Book

CODE = {"reason": "97", "group": "CO", "note": "bundles what its manual pays"}


def key(number: int) -> dict[str, str]:
    return {"Idempotency-Key": f"stop-code-key-{number:04}"}


async def test_a_code_goes_on_and_off(book: Book) -> None:
    payer = book.encounter().payer_id
    async with book.signed_in(Role.SUPERVISOR) as client:
        assert "No code is on the list" in (await client.get("/setup/posting")).text
        first = await client.post("/api/v1/stop-codes", json=CODE, headers=key(1))
        again = await client.post("/api/v1/stop-codes", json=CODE, headers=key(1))
        twice = await client.post("/api/v1/stop-codes", json=CODE, headers=key(2))
        own = await client.post("/setup/posting", data={"reason": "b7", "payer": payer, "key": "k" * 20})
        page = (await client.get("/setup/posting")).text
        listed = (await client.get("/api/v1/stop-codes")).json()
        stop_id = first.json()["id"]
        gone = await client.post(f"/setup/posting/{stop_id}/remove", data={"key": "r" * 20})
        missing = await client.delete(f"/api/v1/stop-codes/{stop_id}", headers=key(3))
        left = (await client.get("/api/v1/stop-codes")).json()
    assert first.json() == again.json()
    assert (first.status_code, twice.status_code, own.status_code, gone.status_code) == (201, 422, 303, 303)
    assert "is on the list already" in twice.text
    assert missing.status_code == 404
    assert [(one["reason"], one["group"], one["payer_id"]) for one in listed] == [("97", "CO", None), ("B7", "", payer)]
    assert [one["reason"] for one in left] == ["B7"]
    assert "any-B7" in page
    assert "CO-97" in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": "N290"}, "is no adjustment reason code"),
        ({"group": "CR"}, "is none of CO, PR, OA, PI"),
        ({"payer": "elsewhere"}, "is no payer of this practice"),
    ],
)
async def test_a_wrong_code_says_what(changes: dict[str, str], words: str, book: Book) -> None:
    async with book.signed_in(Role.SUPERVISOR) as client:
        refused = await client.post("/setup/posting", data=CODE | changes | {"key": "k" * 20})
        assert "No code is on the list" in (await client.get("/setup/posting")).text
    assert refused.status_code == 422
    assert words in refused.text


async def test_others_only_look(book: Book) -> None:
    async with book.signed_in(Role.POSTER) as client:
        assert (await client.post("/api/v1/stop-codes", json=CODE, headers=key(1))).status_code == 403
        page = await client.get("/setup/posting")
    assert page.status_code == 200
    assert "Put on the list" not in page.text
