"""Notes and receipts: written once, shown as typed, and nobody else's."""

from billing.roles import Role
from tests.api.conftest import Book

HOSTILE = "<script>alert(1)</script>"


async def test_a_note_is_written_once_and_shown_as_text(book: Book) -> None:
    encounter = book.encounter()
    async with book.signed_in(Role.BILLER) as browser:
        for _ in range(2):
            done = await browser.post(f"/notes/encounter/{encounter.id}", data={"text": HOSTILE, "key": "note-key-01"})
            assert done.headers["location"] == f"/encounters/{encounter.id}?note=done"
        page = (await browser.get(f"/encounters/{encounter.id}")).text
        assert page.count("&lt;script&gt;alert(1)") == 1
        empty = await browser.post(f"/notes/encounter/{encounter.id}", data={"text": " "})
        assert empty.status_code == 422
        await browser.post(f"/notes/account/{encounter.patient_id}", data={"text": "prefers calls after five"})
        assert "prefers calls after five" in (await browser.get(f"/accounts/{encounter.patient_id}")).text


async def test_an_auditor_reads_notes_and_writes_none(book: Book) -> None:
    encounter = book.encounter()
    async with book.connect(Role.AUDITOR) as client:
        assert (await client.get(f"/api/v1/notes/encounter/{encounter.id}")).json() == []
        refused = await client.post(
            f"/api/v1/notes/encounter/{encounter.id}", json={"text": "x"}, headers={"Idempotency-Key": "note-0001"}
        )
    assert refused.status_code == 403


async def test_another_practice_finds_nothing_to_write_on(book: Book) -> None:
    encounter = book.encounter()
    async with book.connect(token=book.stranger) as client:
        assert (await client.get(f"/api/v1/notes/encounter/{encounter.id}")).status_code == 404
        refused = await client.post(
            f"/api/v1/notes/account/{encounter.patient_id}",
            json={"text": "x"},
            headers={"Idempotency-Key": "note-0002"},
        )
    assert refused.status_code == 404


async def test_a_payment_has_a_receipt(book: Book) -> None:
    encounter = book.encounter()
    body = {"amount": "20.00", "method": "cash", "received_on": "2026-03-02", "reference": ""}
    async with book.connect(Role.FRONT_DESK) as client:
        paid = await client.post(
            f"/api/v1/encounters/{encounter.id}/payments", json=body, headers={"Idempotency-Key": "pay-00001"}
        )
    receipt = f"/encounters/{encounter.id}/payments/{paid.json()['payment_id']}/receipt.pdf"
    async with book.signed_in(Role.FRONT_DESK) as browser:
        assert f'href="{receipt}"' in (await browser.get(f"/encounters/{encounter.id}")).text
        made = await browser.get(receipt)
        assert made.content.startswith(b"%PDF-")
        assert (await browser.get(receipt.replace(encounter.id, "x" * 20))).status_code == 404
