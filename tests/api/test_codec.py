"""The codec endpoint: who may decode, what is written down, and which browsers are answered."""

from typing import Any

import httpx
import pytest
from google.protobuf import json_format
from sqlmodel import select
from temporalio.api.common.v1 import Payload, Payloads

from activities.messages import StartEncounter
from billing.roles import Role
from database.tables import AuditEvent
from temporal.plugin import data_converter
from tests.api.conftest import KEYRING, Book
from tests.api.test_encounters import assert_is_problem

UI = "http://engine.test"


async def encrypted() -> dict[str, Any]:
    start = StartEncounter(practice_id="practice", encounter_id="encounter-7")
    payloads = await data_converter(KEYRING).encode([start])
    return json_format.MessageToDict(Payloads(payloads=payloads))


def texts(response: httpx.Response) -> list[str]:
    return [payload.data.decode(errors="replace") for payload in json_format.Parse(response.text, Payloads()).payloads]


async def test_somebody_who_may_reads_payloads_and_it_is_written_down(book: Book) -> None:
    async with book.connect(Role.AUDITOR) as auditor:
        response = await auditor.post(
            "/codec/decode?preserveStorageRefs=true", json=await encrypted(), headers={"X-Namespace": "default"}
        )

    assert '"encounter_id":"encounter-7"' in texts(response)[0]
    with book.database.reading() as session:
        event = session.exec(select(AuditEvent).where(AuditEvent.action == "decode")).one()
        assert event.reason == "1 payloads of namespace default"
        assert event.practice_id == book.practice_id


async def test_a_signed_in_browser_reads_too(book: Book) -> None:
    async with book.signed_in(Role.SUPERVISOR) as browser:
        response = await browser.post("/codec/decode", json=await encrypted())

    assert "encounter-7" in texts(response)[0]


async def test_encoding_and_decoding_give_the_same_payload(book: Book) -> None:
    plain = json_format.MessageToDict(Payloads(payloads=[Payload(metadata={"encoding": b"json/plain"}, data=b"7")]))
    async with book.connect(Role.AUDITOR) as auditor:
        encoded = await auditor.post("/codec/encode", json=plain)
        decoded = await auditor.post("/codec/decode", content=encoded.content)

    assert "7" not in texts(encoded)
    assert texts(decoded) == ["7"]


async def test_nobody_else_reads_anything(book: Book) -> None:
    body = await encrypted()
    async with book.connect() as nobody, book.connect(Role.BILLER) as biller:
        assert_is_problem(await nobody.post("/codec/decode", json=body), 401, "unauthenticated")
        assert_is_problem(await biller.post("/codec/decode", json=body), 403, "forbidden")


async def test_a_payload_of_an_unknown_key_is_a_problem(book: Book) -> None:
    foreign = Payload(metadata={"encoding": b"binary/encrypted", "encryption-key-id": b"lost"}, data=b"0" * 40)
    body = json_format.MessageToDict(Payloads(payloads=[foreign]))
    async with book.connect(Role.AUDITOR) as auditor:
        unreadable = await auditor.post("/codec/decode", json=body)
        nonsense = await auditor.post("/codec/decode", content=b"\xff{")

    assert_is_problem(unreadable, 422, "not-readable")
    assert_is_problem(nonsense, 400, "bad-request")


async def test_the_web_interfaces_origin_is_answered_with_cookies(book: Book) -> None:
    async with book.signed_in(Role.SUPERVISOR) as browser:
        browser.headers["Sec-Fetch-Site"] = "same-site"
        asked = await browser.options("/codec/decode", headers={"Origin": UI, "Access-Control-Request-Method": "POST"})
        answered = await browser.post("/codec/decode", json=await encrypted(), headers={"Origin": UI})

    assert asked.status_code == 204
    assert (
        asked.headers["access-control-allow-headers"] == "content-type,x-namespace,authorization,authorization-extras"
    )
    for response in (asked, answered):
        assert response.headers["access-control-allow-origin"] == UI
        assert response.headers["access-control-allow-credentials"] == "true"
    assert "encounter-7" in texts(answered)[0]


@pytest.mark.parametrize("origin", ["http://evil.test", "http://engine.test.evil.test", "null"])
async def test_no_other_origin_is_answered(origin: str, book: Book) -> None:
    async with book.signed_in(Role.SUPERVISOR) as browser:
        browser.headers["Sec-Fetch-Site"] = "cross-site"
        asked = await browser.options("/codec/decode", headers={"Origin": origin})
        answered = await browser.post("/codec/decode", json=await encrypted(), headers={"Origin": origin})

    assert "access-control-allow-origin" not in {**asked.headers, **answered.headers}
    assert_is_problem(answered, 403, "cross-site")
