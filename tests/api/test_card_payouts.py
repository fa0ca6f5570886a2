"""Money that third parties pay out, at the bank's page: told by signed notices, asked for, paired by hand, shown."""

import httpx
import pytest
from sqlmodel import select

from billing.roles import Role
from database import ledger
from database.tables import ProcessorEvent, Task
from simulator.gateway import payout_report
from tests.api.conftest import Book
from tests.api.test_agencies import placed
from tests.api.test_bank import key, taken
from tests.api.test_day_close import absorb
from tests.api.test_pay_page import House, browser, house, opened, to_processor  # noqa: F401 - fixtures
from tests.bank_files import ach_file, entry

NET = 8000 - 262


async def paid(house: House, client: httpx.AsyncClient) -> None:  # noqa: F811
    """80.00 on the pay page."""
    await to_processor(client, await opened(house, client))
    house.processor.charge(house.checkout(), "4242424242424242")
    absorb(house.book, house.visit.id)


def clearing(book: Book) -> dict[str, int]:
    with book.database.reading() as session:
        sums = ledger.account_totals(session, practice_id=book.practice_id)
    return {name: sums.get(name, 0) for name in ("CARD_CLEARING", "CARD_FEE", "CASH_BANK")}


async def test_a_payout_is_told_shown_and_paired(
    house: House,  # noqa: F811
    browser: httpx.AsyncClient,  # noqa: F811
) -> None:
    await paid(house, browser)
    async with house.book.signed_in(Role.POSTER) as client:
        before = await client.get("/bank")
        report = house.processor.pay_out()
        found = (await client.get("/api/v1/bank")).json()
        asked = await client.post("/api/v1/bank/payouts")
        page = await client.post("/bank/payouts")
        await taken(client, ach_file([entry(NET)], day="240101"))
        [booking] = (await client.get("/api/v1/bank")).json()["open"]
        by_hand = await client.get("/bank")
        pair = f"/api/v1/bank/{booking['id']}/pair"
        both = {"remittance_ids": [found["payouts"][0]["id"], "x"]}
        refused = await client.post(pair, json=both, headers=key(1))
        done = await client.post(pair, json={"remittance_ids": [found["payouts"][0]["id"]]}, headers=key(2))
        after = await client.get("/bank")
    assert ("Not paid out yet" in before.text, "$80.00" in before.text) == (True, True)
    [payout] = found["payouts"]
    assert (payout["processor_id"], payout["net_cents"], payout["open_lines"]) == (report["id"], NET, 0)
    assert (found["cards"], payout["booked_on"]) == ([], None)
    assert asked.json()["note"] == "The card processor told of 1 payouts; it was recorded already"
    assert "it was recorded already" in page.text
    assert f"card payout {report['id']} of" in by_hand.text
    assert (refused.status_code, "a payout goes alone" in refused.text, done.status_code) == (422, True, 200)
    assert f"card payout {report['id']}" in after.text
    assert clearing(house.book) == {"CARD_CLEARING": 0, "CARD_FEE": 262, "CASH_BANK": NET}


async def test_an_amount_of_another_kind_is_refused_with_both_sums(
    house: House,  # noqa: F811
    browser: httpx.AsyncClient,  # noqa: F811
) -> None:
    await paid(house, browser)
    house.processor.pay_out()
    async with house.book.signed_in(Role.POSTER) as client:
        await taken(client, ach_file([entry(NET - 1)]))
        found = (await client.get("/api/v1/bank")).json()
        url = f"/api/v1/bank/{found['open'][0]['id']}/pair"
        refused = await client.post(url, json={"remittance_ids": [found["payouts"][0]["id"]]}, headers=key(1))
    assert refused.status_code == 422
    assert "the payout says $77.38, and the bank booked $77.37" in refused.text


async def test_a_processor_that_does_not_answer_is_said_so(house: House) -> None:  # noqa: F811
    house.processor.is_away = True
    async with house.book.signed_in(Role.POSTER) as client:
        silent, page = await client.post("/api/v1/bank/payouts"), await client.post("/bank/payouts")
    assert (silent.status_code, page.status_code) == (503, 503)
    assert "did not tell its payouts" in page.text
    async with house.book.signed_in(Role.CODER) as client:
        assert (await client.post("/api/v1/bank/payouts")).status_code == 403
        assert "Ask for its payouts" not in (await client.get("/bank")).text


async def test_without_a_processor_nobody_is_asked(book: Book) -> None:
    async with book.signed_in(Role.POSTER) as client:
        answer = await client.post("/api/v1/bank/payouts")
        page = await client.get("/bank")
    assert (answer.status_code, answer.json()["title"]) == (503, "No card processor is set up here")
    assert "card processor</h2>" not in page.text


@pytest.mark.parametrize("wrong", [{"net_cents": "much"}, {"lines": [{"kind": "gift"}]}, {"day": "yesterday"}])
async def test_a_notice_without_the_form_of_a_payout_is_no_notice(
    wrong: dict[str, object],
    house: House,  # noqa: F811
) -> None:
    report = payout_report("po_1", house.book.clock().date(), [])
    assert house.processor.send("payout.paid", report | wrong, None).status_code == 401
    with house.book.database.reading() as session:
        assert session.exec(select(ProcessorEvent)).all() == []


async def test_a_line_that_fits_nothing_is_settled_by_a_person_on_the_tasks_page(
    house: House,  # noqa: F811
    browser: httpx.AsyncClient,  # noqa: F811
) -> None:
    await paid(house, browser)
    stray = {"kind": "charge", "reference": "nobody", "payment": "pay_x", "amount_cents": 500}
    house.processor.pay_out(extra=[stray])
    with house.book.database.reading() as session:
        task = session.exec(select(Task).where(Task.type == "card_payout_line")).one()
    values = {"resolution": "counted", "values": {"reason": "not ours"}}
    url = f"/api/v1/tasks/{task.id}/complete"
    async with house.book.signed_in(Role.POSTER) as client:
        page = await client.get(f"/tasks/{task.id}")
        shown = await client.get("/bank")
        refused = await client.post(url, json=values, headers=key(1))
    async with house.book.signed_in(Role.SUPERVISOR) as client:
        done = await client.post(url, json=values, headers=key(1))
    assert ("that fits nothing here" in page.text, '<td class="amount">1</td>' in shown.text) == (True, True)
    assert (refused.status_code, done.status_code) == (403, 200)
    assert clearing(house.book) == {"CARD_CLEARING": 8194, "CARD_FEE": 306 - 500, "CASH_BANK": 0}


async def test_several_files_of_an_agency_are_paired_by_hand(book: Book) -> None:
    row = placed(book)
    answers = f"/api/v1/agencies/{row.agency_id}/answers"
    head = "reference,action,collected,fee,remitted,transaction\n"
    async with book.signed_in(Role.SUPERVISOR) as client:
        for number in (1, 2):
            body = f"{head}{row.id},paid,10.00,2.50,7.50,T-{number}\n"
            assert (await client.post(answers, content=body.encode())).json()["taken"] == 1
        await taken(client, ach_file([entry(1500), entry(750)], day="240101"))
        found = (await client.get("/api/v1/bank")).json()
        page = await client.get("/bank")
        files = [one["id"] for one in found["agencies"]]
        pair = {one["movement"]["amount_cents"]: f"/api/v1/bank/{one['id']}/pair" for one in found["open"]}
        refused = await client.post(pair[750], json={"remittance_ids": files}, headers=key(1))
        done = await client.post(pair[1500], json={"remittance_ids": files}, headers=key(2))
        after = await client.get("/bank")
    assert [(one["agency"], one["cents"], one["is_file"]) for one in found["agencies"]] == [
        ("Example Recovery", 750, True),
        ("Example Recovery", 750, True),
    ]
    assert "Told by agencies, and not passed on yet" in page.text
    assert (refused.status_code, "have to sum to $7.50; these say $15.00" in refused.text) == (422, True)
    assert (done.status_code, "passed on by Example Recovery" in after.text) == (200, True)
    with book.database.reading() as session:
        assert ledger.account_totals(session, practice_id=book.practice_id)["CASH_BANK"] == 1500
