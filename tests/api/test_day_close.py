"""The end of the day: counted, closed once, carried to the bank, and to the cent in the ledger."""

from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
from alembic import command
from sqlmodel import select

from activities.absorption import absorb_pending
from activities.desk import Desk
from billing.ledger import Account, Entry, EntryKind, transfer
from billing.money import Cents
from billing.roles import Role
from database import cash, ledger
from database.setup import migration_config
from database.tables import Encounter, Journal, PatientPayment
from tests.api.conftest import Book

DAY = "2026-03-02"


async def take(client: httpx.AsyncClient, encounter_id: str, amount: str, method: str, key: str) -> httpx.Response:
    body = {"amount": amount, "method": method, "received_on": DAY, "reference": ""}
    headers = {"Idempotency-Key": key}
    return await client.post(f"/api/v1/encounters/{encounter_id}/payments", json=body, headers=headers)


async def close(
    client: httpx.AsyncClient, user_id: str, body: dict[str, Any], key: str = "close-0001"
) -> httpx.Response:
    return await client.post(f"/api/v1/tills/{DAY}/{user_id}/close", json=body, headers={"Idempotency-Key": key})


async def carry(client: httpx.AsyncClient, slip: str, cheques: str = "0.00", key: str = "") -> httpx.Response:
    body = {"payer_cheques": cheques, "reference": slip}
    headers = {"Idempotency-Key": key or f"carry-{slip}-001"}
    return await client.post("/api/v1/tills/deposits", json=body, headers=headers)


def absorb(book: Book, encounter_id: str) -> None:
    """What the encounter's workflow does when it hears of a fact."""
    with book.database.writing() as session:
        desk = Desk(session, session.get_one(Encounter, encounter_id), book.now)
        absorb_pending(desk)
        desk.put_back()


def in_the_house(book: Book, cents: Cents, key: str = "p") -> None:
    """What the encounters' own steps would have posted of the takings."""
    with book.database.writing() as session:
        sides = transfer(Account.UNDEPOSITED, Account.PATIENT_UNAPPLIED, cents)
        ledger.post(session, [Entry(EntryKind.PATIENT_PAYMENT, key, sides)], practice_id=book.practice_id, at=book.now)


async def test_a_day_is_counted_closed_once_and_nothing_is_dated_into_it(book: Book) -> None:
    encounter = book.encounter()
    async with book.connect(Role.FRONT_DESK) as client:
        assert (await take(client, encounter.id, "20.00", "cash", "pay-00001")).status_code == 201
        assert (await take(client, encounter.id, "5.00", "card", "pay-00002")).status_code == 201
        [till] = (await client.get(f"/api/v1/tills/{DAY}")).json()
        assert (till["cash_cents"], till["cheque_cents"], till["card_cents"]) == (2000, 0, 500)
        short = await close(client, till["user_id"], {"cash": "19.00", "cheques": "0.00"})
        assert short.status_code == 422
        assert "say why" in short.text
        body = {"cash": "19.00", "cheques": "0.00", "reason": "wrong change"}
        assert (await close(client, till["user_id"], body, "close-0002")).status_code == 201
        assert (await close(client, till["user_id"], body, "close-0002")).status_code == 201
        assert (await close(client, till["user_id"], body, "close-0003")).status_code == 409
        late = await take(client, encounter.id, "1.00", "cash", "pay-00003")
        assert late.status_code == 422
        assert "closed" in late.text


async def test_a_closed_day_is_opened_again_until_it_is_at_the_bank(book: Book) -> None:
    encounter = book.encounter()
    in_the_house(book, Cents(2500))
    async with book.connect(Role.FRONT_DESK) as client:
        await take(client, encounter.id, "20.00", "cash", "pay-00001")
        [till] = (await client.get(f"/api/v1/tills/{DAY}")).json()
        path = f"/api/v1/tills/{DAY}/{till['user_id']}/reopen"
        await close(client, till["user_id"], {"cash": "20.00", "cheques": "0.00"})
        mine = await client.post(path, json={"reason": "x"}, headers={"Idempotency-Key": "open-0001"})
    async with book.connect(Role.SUPERVISOR) as client:
        blank = await client.post(path, json={"reason": " "}, headers={"Idempotency-Key": "open-0002"})
        reason = {"reason": "a patient came late"}
        done = [await client.post(path, json=reason, headers={"Idempotency-Key": "open-0003"}) for _ in range(2)]
        again = await client.post(path, json=reason, headers={"Idempotency-Key": "open-0004"})
    assert (mine.status_code, blank.status_code) == (403, 422)
    assert ([one.status_code for one in done], again.status_code) == ([200, 200], 409)
    async with book.connect(Role.FRONT_DESK) as client:
        assert (await take(client, encounter.id, "5.00", "cash", "pay-00002")).status_code == 201
        await close(client, till["user_id"], {"cash": "25.00", "cheques": "0.00"}, "close-0002")
    async with book.signed_in(Role.SUPERVISOR) as browser:
        assert "Open the day of" in (await browser.get(f"/day-close?day={DAY}")).text
    async with book.connect(Role.POSTER) as client:
        to_bank = {"payer_cheques": "0.00", "reference": "S1"}
        carried = await client.post("/api/v1/tills/deposits", json=to_bank, headers={"Idempotency-Key": "bank-0001"})
        assert carried.status_code == 201, carried.text
    async with book.signed_in(Role.SUPERVISOR) as browser:
        late = await browser.post(
            f"/day-close/{DAY}/{till['user_id']}/reopen", data={"reason": "x", "key": "open-0005"}
        )
        assert late.status_code == 409
        assert "at the bank" in late.text
        assert "Open the day of" not in (await browser.get(f"/day-close?day={DAY}")).text


async def test_cards_are_taken_whatever_the_till_and_cash_after_the_bank_goes_into_another_till(book: Book) -> None:
    encounter = book.encounter()
    async with book.connect(Role.SUPERVISOR) as client:
        await take(client, encounter.id, "20.00", "cash", "pay-00001")
        in_the_house(book, Cents(2000), "first")
        [till] = (await client.get(f"/api/v1/tills/{DAY}")).json()
        me = till["user_id"]
        await close(client, me, {"cash": "20.00", "cheques": "0.00"})
        by_card = [await take(client, encounter.id, "5.00", how, f"pay-{how}1") for how in ("card", "eft")]
        refused = await take(client, encounter.id, "7.00", "cash", "pay-00002")
        await carry(client, "S1")
        twice = await close(client, me, {"cash": "20.00", "cheques": "0.00", "reason": "once more"}, "close-0002")
        late = await take(client, encounter.id, "7.00", "cash", "pay-00003")
        in_the_house(book, Cents(700), "second")
        first, second = (await client.get(f"/api/v1/tills/{DAY}")).json()
        closed = await close(client, me, {"cash": "7.00", "cheques": "0.00"}, "close-0003")
        carried = await carry(client, "S2")
    async with book.signed_in(Role.SUPERVISOR) as browser:
        page = (await browser.get(f"/day-close?day={DAY}")).text

    assert [one.status_code for one in by_card] == [201, 201]
    assert (refused.status_code, twice.status_code, late.status_code) == (422, 409, 201)
    assert (first["till"], first["cash_cents"], first["card_cents"], first["is_deposited"]) == (1, 2000, 1000, True)
    assert (second["till"], second["cash_cents"], second["card_cents"], second["closed_at"]) == (2, 700, 0, None)
    assert (closed.status_code, carried.json()["amount_cents"]) == (201, 700)
    assert "Supervisor, till 2</th>" in page
    with book.database.reading() as session:
        assert cash.undeposited_cents(session, book.practice_id) == 0


async def test_what_is_taken_back_leaves_the_till_it_went_into(book: Book) -> None:
    encounter = book.encounter()
    async with book.connect(Role.SUPERVISOR) as client:
        await take(client, encounter.id, "20.00", "cash", "pay-00001")
        in_the_house(book, Cents(2000), "first")
        [till] = (await client.get(f"/api/v1/tills/{DAY}")).json()
        await close(client, till["user_id"], {"cash": "20.00", "cheques": "0.00"})
        await carry(client, "S1")
        late = await take(client, encounter.id, "7.00", "cash", "pay-00002")
        absorb(book, encounter.id)
        path = f"/api/v1/encounters/{encounter.id}/payments/{late.json()['payment_id']}/take-back"
        back = await client.post(path, json={"reason": "mistyped"}, headers={"Idempotency-Key": "back-0001"})
        tills = (await client.get(f"/api/v1/tills/{DAY}")).json()
    assert back.status_code == 201, back.text
    assert [(one["till"], one["cash_cents"]) for one in tills] == [(1, 2000), (2, 0)]


async def test_a_slip_is_recorded_once_a_day(book: Book) -> None:
    """Typed in two tabs: the other one's key is another's."""
    in_the_house(book, Cents(9000))
    async with book.connect(Role.SUPERVISOR) as client:
        first = await carry(client, "S2", "30.00", "bank-0001")
        repeated = await carry(client, "S2", "30.00", "bank-0001")
        other_tab = await carry(client, "s2 ", "30.00", "bank-0002")
        other_slip = await carry(client, "S3", "30.00", "bank-0003")
        book.wait(days=1)
        other_day = await carry(client, "S2", "30.00", "bank-0004")
    assert [one.status_code for one in (first, repeated, other_slip, other_day)] == [201] * 4
    assert other_tab.status_code == 409
    assert "Slip S2 of today is recorded already" in other_tab.text


async def test_another_persons_till_is_theirs_or_a_supervisors(book: Book) -> None:
    encounter = book.encounter()
    async with book.connect(Role.FRONT_DESK) as client:
        await take(client, encounter.id, "20.00", "cheque", "pay-00001")
        [till] = (await client.get(f"/api/v1/tills/{DAY}")).json()
    body = {"cash": "0.00", "cheques": "20.00"}
    async with book.connect(Role.POSTER) as client:
        assert (await close(client, till["user_id"], body)).status_code == 403
    async with book.connect(Role.SUPERVISOR) as client:
        assert (await close(client, till["user_id"], body)).status_code == 201


async def test_what_goes_to_the_bank_leaves_the_house_and_the_shortage_is_named(book: Book) -> None:
    encounter = book.encounter()
    in_the_house(book, Cents(2000))
    async with book.connect(Role.SUPERVISOR) as client:
        await take(client, encounter.id, "20.00", "cash", "pay-00001")
        [till] = (await client.get(f"/api/v1/tills/{DAY}")).json()
        await close(client, till["user_id"], {"cash": "19.00", "cheques": "0.00", "reason": "wrong change"})
        body = {"reference": "SLIP 7", "payer_cheques": "0.00"}
        headers = {"Idempotency-Key": "deposit-01"}
        made = [await client.post("/api/v1/tills/deposits", json=body, headers=headers) for _ in range(2)]
        assert [one.status_code for one in made] == [201, 201]
        assert made[0].json()["amount_cents"] == 1900
        again = await carry(client, "SLIP 8")
        assert again.status_code == 422
    with book.database.reading() as session:
        totals = ledger.account_totals(session, practice_id=book.practice_id)
        assert cash.undeposited_cents(session, book.practice_id) == 0
    assert (totals["CASH_BANK"], totals["CASH_OVER_SHORT"]) == (1900, 100)


async def test_the_page_shows_the_day_and_keeps_what_was_typed(book: Book) -> None:
    encounter = book.encounter()
    async with book.signed_in(Role.FRONT_DESK) as browser:
        assert "Nobody took money on this day." in (await browser.get(f"/day-close?day={DAY}")).text
    async with book.connect(Role.FRONT_DESK) as client:
        await take(client, encounter.id, "20.00", "cash", "pay-00001")
        [till] = (await client.get(f"/api/v1/tills/{DAY}")).json()
    async with book.signed_in(Role.FRONT_DESK) as browser:
        refused = await browser.post(
            f"/day-close/{DAY}/{till['user_id']}/close", data={"cash": "18.50", "cheques": "0.00"}
        )
        assert refused.status_code == 422
        assert 'value="18.50"' in refused.text
        done = await browser.post(
            f"/day-close/{DAY}/{till['user_id']}/close", data={"cash": "20.00", "cheques": "0.00"}
        )
        assert done.headers["location"] == f"/day-close?day={DAY}&note=done"
        assert "closed 2026-03-02" in (await browser.get(f"/day-close?day={DAY}")).text


@pytest.mark.parametrize("path", ["/day-close", "/appointments"])
async def test_a_day_that_was_emptied_or_mistyped_shows_today(path: str, book: Book) -> None:
    async with book.signed_in(Role.FRONT_DESK) as browser:
        empty, odd = [await browser.get(path, params={"day": day}) for day in ("", "tomorrow")]
    assert (empty.status_code, odd.status_code) == (200, 422)
    for page in (empty, odd):
        assert f"· {DAY}" in page.text
    assert "Write the day as YYYY-MM-DD; here is today." in odd.text


async def test_another_practice_sees_nothing_of_it(book: Book) -> None:
    encounter = book.encounter()
    async with book.connect(Role.FRONT_DESK) as client:
        await take(client, encounter.id, "20.00", "cash", "pay-00001")
        [till] = (await client.get(f"/api/v1/tills/{DAY}")).json()
    async with book.connect(token=book.stranger) as client:
        assert (await client.get(f"/api/v1/tills/{DAY}")).json() == []
        refused = await close(client, till["user_id"], {"cash": "20.00", "cheques": "0.00", "reason": "mine"})
    assert refused.status_code == 404


async def test_past_deposits_keep_their_slips_and_what_was_in_them(book: Book) -> None:
    encounter = book.encounter()
    in_the_house(book, Cents(9000))
    async with book.connect(Role.SUPERVISOR) as client:
        await take(client, encounter.id, "20.00", "cash", "pay-00001")
        [till] = (await client.get(f"/api/v1/tills/{DAY}")).json()
        await close(client, till["user_id"], {"cash": "20.00", "cheques": "0.00"})
        for slip, cheques in (("SLIP 7", "30.00"), ("SLIP 8", "40.00")):
            body = {"reference": slip, "payer_cheques": cheques}
            headers = {"Idempotency-Key": f"deposit-{slip[-1]}"}
            await client.post("/api/v1/tills/deposits", json=body, headers=headers)
            book.wait(minutes=1)
        newest = (await client.get("/api/v1/tills/deposits?limit=1")).json()
        older = (await client.get(f"/api/v1/tills/deposits?limit=1&before={newest['next_before']}")).json()
    async with book.signed_in(Role.FRONT_DESK) as browser:
        page = (await browser.get("/day-close/deposits")).text
        home = (await browser.get("/day-close")).text
    async with book.connect(token=book.stranger) as client:
        theirs = (await client.get("/api/v1/tills/deposits")).json()

    assert [(one["reference"], one["amount_cents"]) for one in newest["items"] + older["items"]] == [
        ("SLIP 8", 4000),
        ("SLIP 7", 5000),
    ]
    assert older["next_before"] is None
    [deposit] = older["items"]
    assert (deposit["made_by"], deposit["payer_cheque_cents"]) == ("Supervisor", 3000)
    assert deposit["tills"] == [{"day": DAY, "name": "Supervisor", "cash_cents": 2000, "cheque_cents": 0}]
    assert page.index("Slip SLIP 8") < page.index("Slip SLIP 7") < page.index("Till of Supervisor")
    assert 'href="/day-close/deposits"' in home
    assert theirs["items"] == []


async def test_an_evening_belongs_to_the_day_of_the_practice(book: Book) -> None:
    """Half past eight in the evening in Ohio, on the second; in UTC the third has begun."""
    book.now = datetime(2026, 3, 3, 1, 30, tzinfo=UTC)
    encounter = book.encounter()
    in_the_house(book, Cents(2000))
    async with book.connect(Role.FRONT_DESK) as client:
        taken = await take(client, encounter.id, "20.00", "cash", "pay-00001")
        [till] = (await client.get(f"/api/v1/tills/{DAY}")).json()
        tomorrow = (await client.get("/api/v1/tills/2026-03-03")).json()
        [listed] = (await client.get(f"/api/v1/encounters/{encounter.id}")).json()["payments"]
        ahead = await client.post(
            f"/api/v1/encounters/{encounter.id}/payments",
            json={"amount": "1.00", "method": "cash", "received_on": "2026-03-03", "reference": ""},
            headers={"Idempotency-Key": "pay-00002"},
        )
    async with book.signed_in(Role.FRONT_DESK) as browser:
        page = (await browser.get("/day-close")).text
        visit = (await browser.get(f"/encounters/{encounter.id}")).text

    assert taken.status_code == 201
    assert (till["cash_cents"], tomorrow) == (2000, [])
    assert (listed["received_on"], listed["received_at"]) == (DAY, "2026-03-03T01:30:00Z")
    assert (ahead.status_code, "lies in the future" in ahead.text) == (422, True)
    assert f'value="{DAY}"' in page
    assert "20:30 EST" in visit
    with book.database.reading() as session:
        assert set(session.exec(select(Journal.posted_on))) == {date(2026, 3, 2)}


async def test_an_upgrade_keeps_every_payment_in_the_till_it_was_counted_in(book: Book) -> None:
    """Until then the till's day was UTC's, whatever the practice's calendar."""
    encounter = book.encounter()
    async with book.connect(Role.FRONT_DESK) as client:
        await take(client, encounter.id, "20.00", "cash", "pay-00001")
    with book.database.writing() as session:
        [payment] = session.exec(select(PatientPayment))
        payment.received_at = datetime(2026, 3, 3, 1, 30, tzinfo=UTC)
        session.add(payment)
    config = migration_config(book.database)
    command.stamp(config, "head")
    command.downgrade(config, "0014")
    command.upgrade(config, "head")

    async with book.connect(Role.FRONT_DESK) as client:
        [till] = (await client.get("/api/v1/tills/2026-03-03")).json()
        zone = (await client.get("/api/v1/practice")).json()["calendar"]["time_zone"]
    assert (till["cash_cents"], zone) == (2000, "UTC")
