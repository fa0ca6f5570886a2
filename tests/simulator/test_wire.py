"""The wire as an office may rely on it."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from api.partners import check_signature
from billing.money import Cents
from interchange.x12 import acknowledgment_277ca, acknowledgment_ta1, remittance_835
from interchange.x12.detect import identify
from simulator import clinic, notices
from simulator.clearinghouse import Clock, create_app, open_store
from simulator.scenarios import Scenario

BEGIN = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
TOKEN = "token"
SIGNED_IN = {"Authorization": f"Bearer {TOKEN}"}
GOLDEN = Path(__file__).parents[1] / "golden"


class House:
    """A clearinghouse with a clock that stands still."""

    def __init__(self, folder: Path) -> None:
        self.store = open_store(folder)
        self.client = TestClient(create_app(self.store, Clock(BEGIN), token=TOKEN), headers=SIGNED_IN)

    def send(self, body: bytes, *, key: str = "one") -> httpx.Response:
        return self.client.post("/v1/claims", content=body, headers={"Idempotency-Key": key})

    def pass_time(self, **duration: float) -> None:
        now = datetime.fromisoformat(self.client.get("/v1/clock").json()["now"])
        moved = self.client.post("/v1/clock", json={"now": (now + timedelta(**duration)).isoformat()})
        assert moved.status_code == 200

    def mail(self) -> list[dict[str, Any]]:
        return self.client.get("/v1/mailbox", params={"limit": 500}).json()["messages"]

    def body(self, mail_id: int) -> bytes:
        return self.client.get(f"/v1/mailbox/{mail_id}").content


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.client.close()
    house.store.close()


def a_file(count: int = 1, *, seed: int = 1) -> bytes:
    return clinic.file_of(clinic.clean_visits(count, seed=seed, today=BEGIN.date()), number=seed, at=BEGIN)


def test_the_same_key_and_body_give_the_same_receipt(house: House) -> None:
    first, second = house.send(a_file()), house.send(a_file())
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    assert set(first.json()) == {"receipt_id", "received_at", "sha256"}
    house.pass_time(minutes=30)
    assert [one["kind"] for one in house.mail()] == ["999", "277CA"]


def test_the_same_key_with_another_body_is_refused(house: House) -> None:
    house.send(a_file())
    answer = house.send(a_file(seed=2))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_broken_envelope_is_answered_by_a_ta1_alone(house: House) -> None:
    body = a_file()
    house.send(body.replace(b"IEA*1*000000001", b"IEA*1*000000009"))
    house.pass_time(days=30)
    [mail] = house.mail()
    [said] = acknowledgment_ta1.read(house.body(mail["id"]))
    assert (mail["kind"], said.acknowledgment.accepted, said.acknowledgment.note) == ("TA1", False, "001")


def test_a_claim_whose_sum_is_off_is_refused_alone(house: House) -> None:
    first, second = clinic.clean_visits(2, seed=1, today=BEGIN.date())
    off = replace(first, charge_cents=Cents(first.charge_cents + 1))
    house.send(clinic.file_of([off, second], number=1, at=BEGIN))
    house.pass_time(days=2)
    verdicts = [
        (one.control_number, one.accepted)
        for mail in house.mail()
        if mail["kind"] == "277CA"
        for read in acknowledgment_277ca.read(house.body(mail["id"]))
        if read.file is not None
        for one in read.file.acknowledgments
        if one.level == "claim"
    ]
    assert sorted(set(verdicts)) == [(first.control_number, False), (second.control_number, True)]


def test_institutional_claims_are_answered_one_by_one_and_paid_by_revenue_code(house: House) -> None:
    text = (GOLDEN / "x223a2" / "stu-two-claims-for-the-same-provider.edi").read_text()
    house.send(text.replace("*89.95*", "*89.96*", 1).encode())
    house.pass_time(days=30)
    bodies = [(mail["kind"], house.body(mail["id"])) for mail in house.mail()]
    assert [kind for kind, _ in bodies] == ["999", "277CA", "277CA", "277CA", "835", "CCD"]
    told = {
        one.control_number: one.accepted
        for kind, body in bodies
        if kind == "277CA"
        for read in acknowledgment_277ca.read(body)
        if read.file
        for one in read.file.acknowledgments
        if one.level == "claim"
    }
    assert told == {"756048Q": False, "756049Q": True}
    [payment] = remittance_835.payments(bodies[4][1])
    assert (payment.control_number, payment.place_of_service) == ("756049Q", "13")
    assert [(one.procedure_qualifier, one.procedure, one.revenue_code) for one in payment.lines] == [
        ("HC", "85087", "0300")
    ]


@pytest.mark.parametrize("path", ["/v1/mailbox", "/v1/mailbox/1", "/v1/books", "/v1/clock"])
def test_nothing_is_told_without_the_token(house: House, path: str) -> None:
    answer = house.client.get(path, headers={"Authorization": "Bearer wrong"})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_status_inquiry_that_is_no_x12_is_refused(house: House) -> None:
    refused = house.client.post("/v1/claim-status", content=b"hello")
    assert (refused.status_code, refused.json()["title"]) == (400, "the body is no X12 interchange")


def test_what_is_no_x12_is_refused(house: House) -> None:
    assert house.send(b"hello").status_code == 400


def test_mail_has_ids_without_gaps_and_may_be_read_again(house: House) -> None:
    assert house.client.get("/v1/mailbox").json() == {"messages": [], "last_id": 0}
    for seed in range(1, 4):
        house.send(a_file(seed=seed), key=str(seed))
        house.pass_time(days=15)
    listed = house.mail()
    assert [one["id"] for one in listed] == list(range(1, len(listed) + 1))
    assert len(listed) >= 12
    page = house.client.get("/v1/mailbox", params={"after": 4, "limit": 2}).json()
    assert [one["id"] for one in page["messages"]] == [5, 6]
    for one in listed:
        body = house.body(one["id"])
        assert body == house.body(one["id"])
        assert (len(body), str(identify(body))) == (one["size"], one["kind"])


def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    first = House(tmp_path)
    receipt = first.send(a_file()).json()
    first.pass_time(minutes=30)
    before = first.mail()
    first.client.close()
    first.store.close()
    second = House(tmp_path)
    assert second.send(a_file()).json() == receipt
    assert second.mail() == before
    second.pass_time(days=15)
    assert "835" in [one["kind"] for one in second.mail()]
    second.client.close()
    second.store.close()


def test_it_fails_when_told_and_only_then(house: House) -> None:
    house.client.post("/v1/faults", json={"path": "/v1/mailbox", "status": 503, "calls": 2})
    assert [house.client.get("/v1/mailbox").status_code for _ in range(3)] == [503, 503, 200]


def test_a_duplicate_comes_in_another_envelope_with_the_same_content(house: House) -> None:
    visits = clinic.visits(len(Scenario), seed=1, today=BEGIN.date())
    house.send(clinic.file_of(visits, number=1, at=BEGIN))
    house.pass_time(days=16)
    remittances = [house.body(one["id"]) for one in house.mail() if one["kind"] == "835"]
    inside = [body[body.index(b"BPR*") : body.index(b"SE*")] for body in remittances]
    assert len(set(remittances)) == len(remittances)
    assert len(set(inside)) < len(inside)


def test_on_the_walls_clock_the_office_is_told_without_asking(tmp_path: Path) -> None:
    told: list[int] = []

    class Listener(notices.Notifier):
        def tell(self, *, last_id: int, at: datetime) -> bool:
            told.append(last_id)
            return True

    store = open_store(tmp_path)
    listener = Listener(office_url="http://nowhere.invalid", partner="clearinghouse", secret="secret")
    app = create_app(store, Clock(), token=TOKEN, notifier=listener, pace=timedelta(milliseconds=50))
    with TestClient(app, headers=SIGNED_IN) as client:
        client.post("/v1/claims", content=a_file(), headers={"Idempotency-Key": "one"})
        give_up = time.monotonic() + 20
        while not any(one["kind"] == "CCD" for one in store.mail(after=0, limit=500)) and time.monotonic() < give_up:
            time.sleep(0.05)
        kinds = [one["kind"] for one in store.mail(after=0, limit=500)]
        while told[-1:] != [store.last_mail_id()] and time.monotonic() < give_up:
            time.sleep(0.05)
    store.close()
    assert kinds[-2:] == ["835", "CCD"]
    assert told[-1] == len(kinds)


@pytest.mark.parametrize("secret", ["secret", "whsec_c2VjcmV0LWtleQ=="])
def test_the_office_believes_its_notices(secret: str) -> None:
    body, at = b'{"partner": "clearinghouse", "last_id": 3}', BEGIN
    timestamp = str(int(at.timestamp()))
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": timestamp,
        "webhook-signature": notices.signature(secret, notice_id="msg_1", timestamp=timestamp, body=body),
    }
    check_signature(headers, body, secret=secret, at=at)
