"""A payment that the bank returned, or that was entered by mistake: out of the till or the bank where its money is."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlmodel import select

from billing.ledger import Account
from billing.letters import Letter
from billing.roles import Role
from database import ledger, letters
from database.tables import Encounter, Fact
from tests.api.conftest import Book
from tests.api.test_day_close import DAY, absorb, close, take

REASON = {"reason": "returned by the bank"}


@pytest.fixture
def encounter(book: Book) -> Encounter:
    return book.encounter()


@pytest.fixture
async def poster(book: Book) -> AsyncIterator[httpx.AsyncClient]:
    async with book.connect(Role.POSTER) as client:
        yield client


async def paid(book: Book, client: httpx.AsyncClient, encounter: Encounter, method: str = "cash") -> str:
    response = await take(client, encounter.id, "20.00", method, "pay-00001")
    absorb(book, encounter.id)
    payment: str = response.json()["payment_id"]
    return payment


async def take_back(
    client: httpx.AsyncClient, encounter: Encounter, payment: str, key: str = "back-0001", **body: Any
) -> httpx.Response:
    path = f"/api/v1/encounters/{encounter.id}/payments/{payment}/take-back"
    return await client.post(path, json=body or REASON, headers={"Idempotency-Key": key})


async def test_it_leaves_the_till_of_the_open_day_once(
    book: Book, poster: httpx.AsyncClient, encounter: Encounter
) -> None:
    payment = await paid(book, poster, encounter)
    first = await take_back(poster, encounter, payment)
    same = await take_back(poster, encounter, payment)
    again = await take_back(poster, encounter, payment, "back-0002")
    absorb(book, encounter.id)
    [till] = (await poster.get(f"/api/v1/tills/{DAY}")).json()
    of_what = await take_back(poster, encounter, first.json()["payment_id"], "back-0003")
    assert (first.status_code, same.json(), again.status_code) == (201, first.json(), 409)
    assert of_what.status_code == 409
    assert till["cash_cents"] == 0
    seen = (await poster.get(f"/api/v1/encounters/{encounter.id}")).json()
    assert [(one["amount_cents"], one["is_taken_back"]) for one in seen["payments"]] == [(2000, True), (-2000, False)]
    assert seen["unapplied_cents"] == 0


async def test_what_was_carried_to_the_bank_leaves_the_bank(
    book: Book, poster: httpx.AsyncClient, encounter: Encounter
) -> None:
    payment = await paid(book, poster, encounter, "cheque")
    [till] = (await poster.get(f"/api/v1/tills/{DAY}")).json()
    async with book.connect(Role.SUPERVISOR) as supervisor:
        await close(supervisor, till["user_id"], {"cash": "0.00", "cheques": "20.00"})
        deposit = await supervisor.post(
            "/api/v1/tills/deposits",
            json={"reference": "SLIP 1", "payer_cheques": "0.00"},
            headers={"Idempotency-Key": "deposit-01"},
        )
    assert deposit.status_code == 201, deposit.text
    assert (await take_back(poster, encounter, payment)).status_code == 201
    absorb(book, encounter.id)
    with book.database.reading() as session:
        known = ledger.balances(session, practice_id=book.practice_id, encounter_id=encounter.id)
    assert known.total(Account.CASH_BANK) == -2000
    assert known.total(Account.PATIENT_UNAPPLIED) == 0


async def test_a_reason_a_right_and_the_right_visit_are_needed(
    book: Book, poster: httpx.AsyncClient, encounter: Encounter
) -> None:
    payment = await paid(book, poster, encounter)
    async with book.connect(Role.FRONT_DESK) as desk:
        assert (await take_back(desk, encounter, payment)).status_code == 403
    async with book.connect(token=book.stranger) as stranger:
        assert (await take_back(stranger, encounter, payment)).status_code == 404
    assert (await take_back(poster, encounter, payment, reason="")).status_code == 422
    assert (await take_back(poster, encounter, "nobody")).status_code == 404
    with book.database.reading() as session:
        assert len(session.exec(select(Fact)).all()) == 1


async def test_the_page_takes_back_and_says_so(book: Book, encounter: Encounter) -> None:
    async with book.signed_in(Role.POSTER) as client:
        payment = await paid(book, client, encounter)
        before = (await client.get(f"/encounters/{encounter.id}")).text
        path = f"/encounters/{encounter.id}/payments/{payment}/take-back"
        done = await client.post(path, data=REASON | {"key": "back-0001"})
        after = (await client.get(f"/encounters/{encounter.id}")).text
    assert "credit of the patient $20.00</dd>" in before
    assert ">Receipt</a>" in before
    assert ">Void receipt</a>" in after
    assert "Take the payment back" in before
    assert done.status_code == 303
    assert "Take the payment back" not in after
    assert "$20.00 taken back" in after
    assert "returned by the bank" in after


@pytest.mark.parametrize("is_self_pay", [False, True])
async def test_a_receipt_speaks_of_a_plan_only_where_there_is_one(
    book: Book, poster: httpx.AsyncClient, encounter: Encounter, is_self_pay: bool
) -> None:
    with book.database.writing() as session:
        row = session.get_one(Encounter, encounter.id)
        row.is_self_pay = is_self_pay
        session.add(row)
    payment = await paid(book, poster, encounter)
    with book.database.reading() as session:
        receipt = letters.receipt_of(
            session, practice_id=book.practice_id, encounter_id=encounter.id, payment_id=payment
        )
    assert receipt is not None
    assert receipt.paragraphs[0].startswith("Thank you for your payment.")
    assert ("your plan" in receipt.paragraphs[0]) is not is_self_pay


async def test_the_receipt_of_what_was_taken_back_says_void_and_when(
    book: Book, poster: httpx.AsyncClient, encounter: Encounter
) -> None:
    payment = await paid(book, poster, encounter)
    path = f"/encounters/{encounter.id}/payments/{payment}/receipt.pdf"

    def said() -> Letter | None:
        with book.database.reading() as session:
            return letters.receipt_of(
                session, practice_id=book.practice_id, encounter_id=encounter.id, payment_id=payment
            )

    before = said()
    book.wait(days=3)
    await take_back(poster, encounter, payment)
    after, printed = said(), await poster.get(path)

    assert before is not None
    assert after is not None
    assert (before.title, after.title) == ("Receipt", "Receipt: VOID - taken back on March 5, 2026")
    assert "Thank you" not in " ".join([*after.paragraphs, after.closing])
    assert printed.content.startswith(b"%PDF-")
