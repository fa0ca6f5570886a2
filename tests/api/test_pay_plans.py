"""Paying in parts on the pay page and at the desk: agreed on alone, charged to a kept card, stopped by one click."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from sqlmodel import select

from activities.account import AccountActivities
from activities.messages import AccountStep
from billing import pay_words
from billing.kept_cards import CardState
from billing.roles import Role
from database.tables import AccountHold, AuditEvent, Checkout, InstalmentPlan, KeptCard
from tests.api.conftest import Book
from tests.api.test_pay_page import FROM_HERE, House, house, opened

__all__ = ["house"]


@pytest.fixture
async def browser(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with house.book.connect(headers=FROM_HERE) as client:
        yield client


def first_day(book: Book, *, days: int = 5) -> str:
    return (book.now + timedelta(days=days)).date().isoformat()


async def agreed(house: House, browser: httpx.AsyncClient) -> str:
    path = await opened(house, browser)
    answer = await browser.post(f"{path}/plan", data={"count": "4", "first_day": first_day(house.book)})
    assert answer.status_code == 303, answer.text
    return path


async def to_card_page(browser: httpx.AsyncClient, path: str) -> httpx.Response:
    return await browser.post(f"{path}/plan/card", data={"read": digest_on((await browser.get(path)).text)})


def digest_on(page: str) -> str:
    read = re.search(r'name="read" value="([0-9a-f]+)"', page)
    assert read is not None, page
    return read[1]


async def kept(house: House, browser: httpx.AsyncClient, path: str, number: str = "4242424242424242") -> None:
    answer = await to_card_page(browser, path)
    assert answer.status_code == 303, answer.text
    async with httpx.AsyncClient(trust_env=False) as elsewhere:
        back = await elsewhere.post(answer.headers["location"], data={"card": number, "expires": "2030-01"})
    assert (back.status_code, back.headers["location"]) == (303, f"http://office.test{path}")


def rows(book: Book) -> list[KeptCard]:
    with book.database.reading() as session:
        found = list(session.exec(select(KeptCard)))
        session.expunge_all()
    return found


async def test_a_patient_agrees_alone_keeps_a_card_and_stops_it(house: House, browser: httpx.AsyncClient) -> None:
    path = await agreed(house, browser)
    page = (await browser.get(path)).text
    assert page.count("$20.00") >= 4
    await kept(house, browser, path)
    page = (await browser.get(path)).text
    assert "Your card ending in 4242 is charged for each part" in page
    [row] = rows(house.book)
    assert (row.state, row.agreed_by) == (CardState.KEPT, "patient")
    assert "I may stop this at any time" in row.words
    assert row.words.count("$20.00") == 4
    for _ in range(2):
        assert (await browser.post(f"{path}/plan/card/stop")).status_code == 303
    [row] = rows(house.book)
    assert (row.state, row.ended_by) == (CardState.STOPPED, "patient")
    assert "No card is charged for your plan any more" in (await browser.get(path)).text
    with house.book.database.reading() as session:
        told = session.exec(select(AuditEvent).where(AuditEvent.subject == "kept_card")).all()
    assert [one.reason.split(":")[0] for one in told] == ["kept", "stopped"]


async def test_a_second_click_agrees_once_and_opens_one_page(house: House, browser: httpx.AsyncClient) -> None:
    path = await agreed(house, browser)
    again = await browser.post(f"{path}/plan", data={"count": "2", "first_day": first_day(house.book)})
    assert again.status_code == 303
    first, second = [(await to_card_page(browser, path)).headers["location"] for _ in range(2)]
    assert (first, len(rows(house.book))) == (second, 1)
    with house.book.database.reading() as session:
        assert [one.instalments for one in session.exec(select(InstalmentPlan))] == [4]


@pytest.mark.parametrize(
    ("count", "days"), [("5", 5), ("1", 5), ("4", -1), ("4", 60), ("", 5), ("many", 5), ("999", 5)]
)
async def test_a_plan_beyond_the_offer_says_what_can_be_chosen(
    house: House, browser: httpx.AsyncClient, count: str, days: int
) -> None:
    path = await opened(house, browser)
    answer = await browser.post(f"{path}/plan", data={"count": count, "first_day": first_day(house.book, days=days)})
    with house.book.database.reading() as session:
        made = session.exec(select(InstalmentPlan)).all()
    assert (answer.status_code, "We could not make this plan" in answer.text, made) == (422, True, [])


async def test_nothing_is_offered_while_a_hold_stands(house: House, browser: httpx.AsyncClient) -> None:
    path = await opened(house, browser)
    await browser.post(f"{path}/ask", data={"about": "dispute", "text": "I was not there"})
    with house.book.database.reading() as session:
        assert len(session.exec(select(AccountHold)).all()) == 1
    assert "Agree on this plan" not in (await browser.get(path)).text
    refused = await browser.post(f"{path}/plan", data={"count": "4", "first_day": first_day(house.book)})
    assert refused.status_code == 422


async def test_words_that_changed_meanwhile_are_read_again(house: House, browser: httpx.AsyncClient) -> None:
    path = await agreed(house, browser)
    answer = await browser.post(f"{path}/plan/card", data={"read": "of another plan"})
    assert (answer.status_code, "read it again" in answer.text, rows(house.book)) == (422, True, [])


async def test_a_processor_that_is_away_keeps_nothing(house: House, browser: httpx.AsyncClient) -> None:
    path = await agreed(house, browser)
    house.processor.is_away = True
    answer = await to_card_page(browser, path)
    assert (answer.status_code, "does not answer" in answer.text) == (503, True)
    house.processor.is_away = False
    assert (await to_card_page(browser, path)).status_code == 303
    assert len(rows(house.book)) == 1


async def test_a_card_notice_without_a_signature_is_refused(house: House, browser: httpx.AsyncClient) -> None:
    path = await agreed(house, browser)
    await to_card_page(browser, path)
    [row] = rows(house.book)
    body = {"type": "card.kept", "data": {"reference": row.id, "card": "card_1", "label": "card"}}
    refused = await browser.post("/api/v1/payments/notify", json=body)
    assert (refused.status_code, rows(house.book)[0].state) == (401, CardState.ASKED)


async def test_the_desk_writes_down_who_agreed_and_stops_by_one_click(house: House) -> None:
    account = f"/api/v1/accounts/{house.visit.patient_id}/instalment-plans"
    async with house.book.connect(Role.ACCOUNT_REP) as rep:
        early = await rep.post(f"{account}/card", json={"said_by": "Ann Doe, by telephone", "read": ""})
        assert (early.status_code, early.json()["faults"][0]["field"]) == (422, "said_by")
        plan = {"count": 3, "first_day": first_day(house.book)}
        planned = await rep.post(account, json=plan, headers={"Idempotency-Key": "the-plan-1"})
        assert planned.status_code == 201, planned.text
        said = {"said_by": "Ann Doe, by telephone"}
        unread = await rep.post(f"{account}/card", json=said)
        assert (unread.status_code, unread.json()["faults"][0]["field"]) == (422, "read")
        other = await rep.post(f"{account}/card", json=said | {"read": pay_words.digest("other words")})
        assert (other.status_code, rows(house.book)) == (409, [])
        words = (await rep.get(f"/api/v1/accounts/{house.visit.patient_id}")).json()["card_words_digest"]
        made = await rep.post(f"{account}/card", json=said | {"read": words})
        assert made.status_code == 201, made.text
        async with httpx.AsyncClient(trust_env=False) as elsewhere:
            await elsewhere.post(made.json()["address"], data={"card": "4242424242424242", "expires": "2030-01"})
        shown = (await rep.get(f"/api/v1/accounts/{house.visit.patient_id}")).json()
        [card] = shown["plans"][0]["cards"]
        assert (card["state"], card["said_by"], card["label"]) == (
            "kept",
            "Ann Doe, by telephone",
            "card ending in 4242",
        )
        assert "reference" not in card, "what the processor calls it opens charges"
        page = (await rep.get(f"/accounts/{house.visit.patient_id}")).text
        assert "Stop the charges" in page
        for _ in range(2):
            stopped = await rep.post(f"{account}/card/stop", json={}, headers={"Idempotency-Key": "the-stop-1"})
            assert stopped.status_code == 200, stopped.text
        again = await rep.post(f"{account}/card/stop", json={}, headers={"Idempotency-Key": "stop-again-1"})
        assert again.status_code == 422
    assert [one.state for one in rows(house.book)] == [CardState.STOPPED]


async def test_the_desks_page_opens_the_card_page(house: House) -> None:
    home = f"/accounts/{house.visit.patient_id}"
    async with house.book.connect(Role.ACCOUNT_REP, headers=FROM_HERE) as rep:
        await rep.post(f"{home}/instalment-plans", data={"count": "3", "first_day": first_day(house.book)})
        read = digest_on((await rep.get(home)).text)
        refused = await rep.post(f"{home}/instalment-plans/card", data={"said_by": "", "read": read})
        assert refused.status_code == 422
        opened_page = await rep.post(f"{home}/instalment-plans/card", data={"said_by": "Ann Doe", "read": read})
        assert opened_page.status_code == 200
        [link] = re.findall(r'<a href="([^"]+)" target="_blank" rel="noopener noreferrer">', opened_page.text)
        assert link.startswith(f"{house.address}/card/")
        assert f'readonly value="{link}"' in opened_page.text


async def test_the_desk_agrees_to_the_words_it_was_shown(house: House) -> None:
    home = f"/accounts/{house.visit.patient_id}"
    async with house.book.connect(Role.ACCOUNT_REP, headers=FROM_HERE) as rep:
        await rep.post(f"{home}/instalment-plans", data={"count": "3", "first_day": first_day(house.book)})
        old = digest_on((await rep.get(home)).text)
        house.book.now += timedelta(days=6)
        stale = await rep.post(f"{home}/instalment-plans/card", data={"said_by": "Ann Doe", "read": old})
        assert (stale.status_code, "Read the new words below" in stale.text, rows(house.book)) == (409, True, [])
        assert 'value="Ann Doe"' in stale.text
        new = digest_on(stale.text)
        assert new != old
        agreed_to = await rep.post(f"{home}/instalment-plans/card", data={"said_by": "Ann Doe", "read": new})
    assert agreed_to.status_code == 200
    assert [pay_words.digest(one.words) for one in rows(house.book)] == [new]


def prepared(house: House) -> None:
    """The account looked at itself on the day of a part: its charge is prepared, and nobody has answered it."""
    step = AccountStep(practice_id=house.book.practice_id, patient_id=house.visit.patient_id, at=house.book.now)
    AccountActivities(house.book.database, "http://office.test").look_after_account(step)
    with house.book.database.reading() as session:
        assert [one.state for one in session.exec(select(Checkout))] == ["open"]


async def test_what_the_kept_card_is_being_charged_is_not_asked_for_again(
    house: House, browser: httpx.AsyncClient
) -> None:
    await kept(house, browser, await agreed(house, browser))
    house.book.wait(days=6)
    prepared(house)
    path = await opened(house, browser)
    page = (await browser.get(path)).text
    assert "A charge of $20.00 to your card is on its way" in page
    assert ("The rest: $60.00" in page, "All of it: $80.00" in page) == (True, False)
    too_much = await browser.post(f"{path}/checkout", data={"what": "part", "amount": "60.01"})
    assert (too_much.status_code, "between $0.01 and $60.00" in too_much.text) == (422, True)
    assert (await browser.post(f"{path}/checkout", data={"what": "all"})).status_code == 303
    assert [one.wish.amount_cents for one in house.processor.kept.values()] == [6000]


async def test_nothing_can_be_paid_while_all_of_it_is_on_its_way(house: House, browser: httpx.AsyncClient) -> None:
    path = await agreed(house, browser)
    await kept(house, browser, path)
    house.book.wait(days=6)
    prepared(house)
    house.owes(-6000)
    path = await opened(house, browser)
    page = (await browser.get(path)).text
    assert ("You need not pay it again." in page, "/checkout" in page) == (True, False)
    refused = await browser.post(f"{path}/checkout", data={"what": "all"})
    assert (refused.status_code, "You need not pay it again." in refused.text) == (422, True)
