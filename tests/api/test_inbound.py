"""What comes in: files once, notices only when freshly signed."""

import json
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio import workflow

from activities import ids
from activities.messages import Filed, StartMailbox
from api import partners
from billing.roles import Role
from settings import Settings
from tests.api.conftest import WEBHOOK_SECRET, Book
from tests.api.test_encounters import assert_is_problem
from tests.conftest import Engine
from tests.interchange.fhir_messages import as_bytes, claim, item, whole_bundle

GOLDEN = Path(__file__).parents[1] / "golden"
NOTICE = json.dumps({"partner": "Clearinghouse", "last_id": 7}).encode()


@workflow.defn(name="Mailbox")
class MailboxDouble:
    @workflow.run
    async def run(self, start: StartMailbox) -> Filed:
        await workflow.wait_condition(lambda: False)
        return Filed()

    @workflow.signal
    def mail_waiting(self) -> None:
        pass


def signed(book: Book, body: bytes = NOTICE, *, age: timedelta = timedelta(0), secret: str = WEBHOOK_SECRET) -> Any:
    timestamp = str(int((book.now - age).timestamp()))
    signature = partners.signature(secret, notice_id="msg_1", timestamp=timestamp, body=body)
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,b2xk {signature}",
        "content-type": "application/json",
    }


def test_signatures_follow_the_standard() -> None:
    signature = partners.signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        notice_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp="1614265330",
        body=b'{"test": 2432232314}',
    )

    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_a_fresh_notice_starts_the_mailbox_once(book: Book, engine: Engine) -> None:
    queue = f"test-{uuid.uuid4()}"
    settings = Settings(**book.settings.model_dump() | {"task_queue": queue})
    book.open(engine.client, settings)
    async with book.connect() as partner:
        responses = [
            await partner.post("/api/v1/inbound/notify", content=NOTICE, headers=signed(book)) for _ in range(2)
        ]
    handle = engine.client.get_workflow_handle(ids.mailbox_workflow(book.partner_id))
    history = await handle.fetch_history()
    await handle.terminate()

    assert [response.status_code for response in responses] == [202, 202]
    assert [event.HasField("workflow_execution_signaled_event_attributes") for event in history.events].count(True) == 2


@pytest.mark.parametrize(
    "spoil",
    [
        lambda book: signed(book, age=timedelta(minutes=6)),
        lambda book: signed(book, age=timedelta(minutes=-6)),
        lambda book: signed(book, secret="whsec_b3RoZXI="),
        lambda book: signed(book, b'{"partner": "Clearinghouse", "last_id": 8}'),
        lambda book: signed(book) | {"webhook-timestamp": "soon"},
        lambda book: {"content-type": "application/json"},
    ],
    ids=["old", "early", "other secret", "other body", "no time", "unsigned"],
)
async def test_any_other_notice_is_refused(spoil: Any, book: Book) -> None:
    async with book.connect() as partner:
        response = await partner.post("/api/v1/inbound/notify", content=NOTICE, headers=spoil(book))

    assert_is_problem(response, 401, "signature-refused")


@pytest.mark.parametrize("body", [b"{}", b"[", b'{"partner": "Nobody", "last_id": 1}'])
async def test_a_notice_of_nobody_is_refused(body: bytes, book: Book) -> None:
    async with book.connect() as partner:
        response = await partner.post("/api/v1/inbound/notify", content=body, headers=signed(book, body))

    assert_is_problem(response, 401, "signature-refused")


async def test_without_an_engine_the_notice_is_asked_for_again(book: Book) -> None:
    async with book.connect() as partner:
        response = await partner.post("/api/v1/inbound/notify", content=NOTICE, headers=signed(book))

    assert_is_problem(response, 503, "engine-unavailable")


@pytest.mark.parametrize("as_form", [False, True])
async def test_a_file_of_claims_is_taken_in_once(as_form: bool, book: Book) -> None:
    body = sorted((GOLDEN / "x222a1").glob("*"))[0].read_bytes()
    upload: dict[str, Any] = {"files": {"file": ("claims.837", body)}} if as_form else {"content": body}
    async with book.connect(Role.BILLER) as biller:
        first = await biller.post("/api/v1/inbound/files", headers={"Idempotency-Key": "file-0001"}, **upload)
        again = await biller.post("/api/v1/inbound/files", headers={"Idempotency-Key": "file-0001"}, **upload)
        anew = await biller.post("/api/v1/inbound/files", headers={"Idempotency-Key": "file-0002"}, **upload)

    report = first.json()
    assert first.status_code == 200
    assert report["kind"] == "837P"
    assert report["claims"] == report["created"] + report["duplicates"] + len(report["refused"]) >= 1
    assert again.json() == report
    assert anew.json()["created"] == 0


async def test_a_file_that_is_none_is_refused(book: Book) -> None:
    async with book.connect(Role.BILLER) as biller:
        empty = await biller.post("/api/v1/inbound/files", headers={"Idempotency-Key": "file-0001"})
        noise = await biller.post("/api/v1/inbound/files", content=b"hello", headers={"Idempotency-Key": "file-0002"})

    assert_is_problem(empty, 422, "invalid")
    assert_is_problem(noise, 422, "unreadable-file")


async def test_a_fhir_message_is_taken_in_once_without_a_key(book: Book) -> None:
    book.open()
    body = as_bytes(whole_bundle())
    async with book.connect(Role.INTEGRATION) as program:
        first = await program.post("/api/v1/inbound/fhir", content=body)
        again = await program.post("/api/v1/inbound/fhir", content=body)

    assert (first.json()["created"], first.json()["duplicates"]) == (1, 0)
    assert (again.json()["created"], again.json()["duplicates"]) == (0, 1)


async def test_a_fhir_message_with_gaps_is_told_where(book: Book) -> None:
    book.open()
    body = as_bytes(whole_bundle(claim(item(productOrService={}))))
    async with book.connect(Role.INTEGRATION) as program:
        report = (await program.post("/api/v1/inbound/fhir", content=body)).json()

    assert report["refused"] == [
        {"claim": "V-1001", "segment": "Claim[0].item[0].productOrService", "reason": "no code"}
    ]


async def test_what_is_no_fhir_is_refused(book: Book) -> None:
    book.open()
    async with book.connect(Role.INTEGRATION) as program:
        noise = await program.post("/api/v1/inbound/fhir", content=b"ISA*")
        empty = await program.post("/api/v1/inbound/fhir", content=b'{"resourceType": "Patient"}')

    assert_is_problem(noise, 422, "unreadable-file")
    assert_is_problem(empty, 422, "unreadable-file")
