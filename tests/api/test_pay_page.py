"""The pay page: opened by a secret link and a birth date, paid on the processor's page, settled by notices, once."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlmodel import select

from api.routers.pay import QUESTIONS
from billing import pay_words
from billing.dunning import Notice
from billing.ledger import Account, Entry, EntryKind, transfer
from billing.money import Cents
from billing.prompt_pay import Offer
from billing.roles import Role
from billing.statement_words import Language, long_day
from database import encounters, ledger, prompt_pay
from database.columns import new_id
from database.tables import AccountHold, Checkout, Encounter, Letter, Patient, PatientPayment, PayLink, Task
from simulator.card_pages import create_gateway
from simulator.gateway import DECLINED, Kept, Processor
from tests.api import builders
from tests.api.conftest import Book
from tests.api.test_account_payments import paper_about
from tests.servers import free_port, served

SECRET = "gateway-secret"
BORN = "1980-01-01"
FROM_HERE = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class House:
    """An office with a card processor, and one patient who owes 80.00 on a visit."""

    book: Book
    processor: Processor
    visit: Encounter
    address: str
    """Of the processor"""

    def owes(self, cents: int, *, visit: Encounter | None = None) -> None:
        """The share of a visit, as a payer's answer left it."""
        visit = visit or self.visit
        with self.book.database.writing() as session:
            [line] = encounters.lines(session, visit)[:1]
            sides = transfer(Account.AR_PATIENT, Account.AR_INSURANCE, Cents(cents), line_id=line.id, detail="PR-3")
            entry = Entry(EntryKind.CLAIM_PAYMENT, f"share:{new_id()}", sides, visit.service_date)
            ledger.post(
                session, [entry], practice_id=visit.practice_id, encounter_id=visit.id, at=self.book.now, actor="test"
            )
            session.get_one(Encounter, visit.id).stage = "patient_balance"

    async def link(self) -> str:
        async with self.book.connect(Role.ACCOUNT_REP) as client:
            made = await client.post(f"/api/v1/accounts/{self.visit.patient_id}/pay-links")
        assert made.status_code == 201, made.text
        return urlsplit(made.json()["address"]).path

    def payments(self) -> list[tuple[int, str]]:
        with self.book.database.reading() as session:
            return [(one.amount_cents, one.method) for one in session.exec(select(PatientPayment))]

    def checkout(self) -> Kept:
        [one] = self.processor.kept.values()
        return one


@pytest.fixture
def house(book: Book) -> Iterator[House]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    settings = book.settings.model_copy(
        update={
            "card_processor_url": address,
            "card_processor_token": SecretStr("card-token"),
            "card_processor_webhook_secret": SecretStr(SECRET),
            "public_url": "http://office.test",
        }
    )
    office = TestClient(book.open(settings=settings), base_url="http://office.test")
    processor = Processor("", SECRET, book.clock, office)
    visit = book.encounter()
    with book.database.writing() as session:
        session.get_one(Patient, visit.patient_id).birth_date = date(1980, 1, 1)
    made = House(book, processor, visit, address)
    made.owes(8000)
    with served(
        create_gateway(processor, token="card-token", public_url=address), port=int(address.rpartition(":")[2])
    ):
        yield made


@pytest.fixture
async def browser(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with house.book.connect(headers=FROM_HERE) as client:
        yield client


async def opened(house: House, browser: httpx.AsyncClient) -> str:
    path = await house.link()
    answer = await browser.post(f"{path}/open", data={"born": BORN})
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    return path


async def to_processor(browser: httpx.AsyncClient, path: str, **form: str) -> httpx.Response:
    return await browser.post(f"{path}/checkout", data=form or {"what": "all"})


async def test_the_bill_is_shown_to_who_knows_a_birth_date_and_nothing_before(
    house: House, browser: httpx.AsyncClient
) -> None:
    path = await house.link()
    before = await browser.get(path)
    assert (before.status_code, "80.00" in before.text, "Birth date" in before.text) == (200, False, True)
    for wrong in ("", "1980-01-02", "yesterday"):
        refused = await browser.post(f"{path}/open", data={"born": wrong})
        assert (refused.status_code, "does not fit" in refused.text) == (401, True)
    assert (await browser.post(f"{path}/open", data={"born": BORN})).status_code == 303
    page = await browser.get(path)
    assert "You owe <strong>$80.00</strong>" in page.text
    assert "99213" not in page.text
    assert page.headers["referrer-policy"] == "no-referrer"
    house.book.wait(minutes=21)
    assert "Birth date" in (await browser.get(path)).text


async def test_five_wrong_dates_lock_the_link_for_an_hour(house: House, browser: httpx.AsyncClient) -> None:
    path = await house.link()
    said = [(await browser.post(f"{path}/open", data={"born": "1999-09-09"})).status_code for _ in range(5)]
    assert said == [401, 401, 401, 401, 429]
    assert (await browser.post(f"{path}/open", data={"born": BORN})).status_code == 429
    house.book.wait(minutes=61)
    assert (await browser.post(f"{path}/open", data={"born": BORN})).status_code == 303


async def test_a_link_that_is_unknown_or_old_says_what_to_do(house: House, browser: httpx.AsyncClient) -> None:
    path = await house.link()
    for where in ("/pay/nonsense", f"{path}x"):
        gone = await browser.get(where)
        assert (gone.status_code, "they send you a new link" in gone.text) == (404, True)
    house.book.wait(days=61)
    assert (await browser.get(path)).status_code == 404
    assert (await browser.post(f"{path}/open", data={"born": BORN})).status_code == 404


async def test_all_of_it_is_paid_once_whatever_is_clicked_and_told_twice(
    house: House, browser: httpx.AsyncClient
) -> None:
    path = await opened(house, browser)
    first, second = await to_processor(browser, path), await to_processor(browser, path)
    assert first.headers["location"].startswith(f"{house.address}/checkout/")
    assert first.headers["location"] == second.headers["location"]
    assert f"form-action 'self' {house.address};" in first.headers["content-security-policy"]
    house.processor.charge(house.checkout(), "4242 4242 4242 4242")
    house.processor.charge(house.checkout(), "4242 4242 4242 4242")
    assert house.payments() == [(8000, "card")]
    again = house.processor.tell("payment.succeeded", house.checkout())
    assert (again.status_code, again.json()["status"]) == (202, "it was paid already")
    assert house.payments() == [(8000, "card")]
    assert "$80.00 was paid" in (await browser.get(path)).text


def offers(house: House) -> date:
    """A paper has offered 10% off; gives its last day."""
    last_day = house.book.now.date() + timedelta(days=20)
    with house.book.database.writing() as session:
        visit = session.get_one(Encounter, house.visit.id)
        visit.is_self_pay = True
        session.add(visit)
        paper = Letter(
            id=new_id(),
            practice_id=visit.practice_id,
            kind=Notice.STATEMENT,
            content="{}",
            written_at=house.book.now,
            written_by="office",
        )
        session.add(paper)
        session.flush()
        offer = Offer(Cents(8000), 10, last_day)
        prompt_pay.keep(session, visit, offer, letter_id=paper.id, of_plans=True, at=house.book.now)
    return last_day


async def test_what_a_paper_takes_off_is_said_and_taken_off_here_too(house: House, browser: httpx.AsyncClient) -> None:
    said = f"Pay $72.00 by {long_day(offers(house))}, and we take $8.00 off."
    path = await opened(house, browser)
    page = (await browser.get(path)).text
    assert (said in page, "All of it: $72.00" in page, "You owe <strong>$80.00</strong>" in page) == (True, True, True)
    assert (await to_processor(browser, path, what="part", amount="72.01")).status_code == 422
    await to_processor(browser, path)
    house.processor.charge(house.checkout(), "4242")
    assert house.payments() == [(7200, "card")]
    house.book.wait(minutes=21 * 24 * 60)
    path = await opened(house, browser)
    assert "we take" not in (await browser.get(path)).text, "its day has gone by"


async def test_the_desk_is_told_of_what_is_taken_off(house: House) -> None:
    offers(house)
    body = {"method": "cash", "received_on": house.book.now.date().isoformat()}
    where = f"/api/v1/accounts/{house.visit.patient_id}"
    async with house.book.connect(Role.ACCOUNT_REP) as client:
        key = {"Idempotency-Key": "pay-0001"}
        more = await client.post(f"{where}/payments", json=body | {"amount": "80.00"}, headers=key)
        item = (await client.get(where)).json()["items"][0]
        key = {"Idempotency-Key": "pay-0002"}
        paid = await client.post(f"{where}/payments", json=body | {"amount": "72.00"}, headers=key)
    [fault] = more.json()["faults"]
    assert "more than the $72.00 that is owed on the account after a prompt-pay discount of $8.00" in fault["message"]
    assert (item["owed_cents"], item["prompt_pay"]["off_cents"]) == (8000, 800)
    assert (paid.status_code, house.payments()) == (201, [(7200, "cash")])


async def test_the_same_notice_again_changes_nothing(house: House, browser: httpx.AsyncClient) -> None:
    path = await opened(house, browser)
    await to_processor(browser, path)
    said = {house.processor.tell("payment.succeeded", house.checkout(), event_id="evt_1").text for _ in range(3)}
    assert len(said) == 1
    assert house.payments() == [(8000, "card")]


async def test_a_part_goes_to_the_oldest_visit(house: House, browser: httpx.AsyncClient) -> None:
    path = await opened(house, browser)
    for amount, fault in (("", "amount"), ("90", "between $0.01 and $80.00"), ("0", "between"), ("x", "amount")):
        refused = await to_processor(browser, path, what="part", amount=amount)
        assert (refused.status_code, fault in refused.text) == (422, True)
    assert (await to_processor(browser, path, what="part", amount="30.5")).status_code == 303
    house.processor.charge(house.checkout(), "4242")
    assert house.payments() == [(3050, "card")]


async def test_a_part_pays_the_visit_on_the_paper_whose_link_was_followed(
    house: House, browser: httpx.AsyncClient
) -> None:
    asked = house.book.encounter(builders.claim(external_id="VISIT-2"))
    with house.book.database.writing() as session:
        session.get_one(Patient, asked.patient_id).birth_date = date(1980, 1, 1)
        if asked.patient_id != house.visit.patient_id:
            session.get_one(Patient, asked.patient_id).account_id = house.visit.patient_id
    house.owes(1562, visit=asked)
    for visit, amount in ((asked, "15.62"), (house.visit, "80.00")):
        paper_id, _ = paper_about(house.book, visit, patient_id=house.visit.patient_id)
        path = await opened(house, browser)
        with house.book.database.writing() as session:
            for link in session.exec(select(PayLink)).all():
                link.letter_id = paper_id
                session.add(link)
        assert (await to_processor(browser, path, what="part", amount=amount)).status_code == 303
        house.processor.charge(list(house.processor.kept.values())[-1], "4242")
    with house.book.database.reading() as session:
        paid = {one.encounter_id: one.amount_cents for one in session.exec(select(PatientPayment))}
    assert paid == {asked.id: 1562, house.visit.id: 8000}


async def test_a_card_that_is_refused_is_told_and_may_be_tried_again(house: House, browser: httpx.AsyncClient) -> None:
    path = await opened(house, browser)
    await to_processor(browser, path)
    house.processor.charge(house.checkout(), DECLINED)
    assert house.payments() == []
    assert "The card was not charged" in (await browser.get(path)).text
    house.processor.kept.clear()
    assert (await to_processor(browser, path)).status_code == 303
    house.processor.charge(house.checkout(), "4242")
    assert house.payments() == [(8000, "card")]


async def test_what_is_charged_back_is_owed_again_and_asked_about(house: House, browser: httpx.AsyncClient) -> None:
    path = await opened(house, browser)
    await to_processor(browser, path)
    house.processor.charge(house.checkout(), "4242")
    house.processor.tell("payment.disputed", house.checkout())
    house.processor.tell("payment.disputed", house.checkout())
    assert house.payments() == [(8000, "card"), (-8000, "card")]
    with house.book.database.reading() as session:
        [task] = session.exec(select(Task)).all()
        assert (task.type, "charged back" in task.reason) == ("card_payment_reversed", True)
        assert session.exec(select(Checkout.state)).all() == ["reversed"]


async def test_a_part_that_comes_back_is_a_persons(house: House, browser: httpx.AsyncClient) -> None:
    path = await opened(house, browser)
    await to_processor(browser, path)
    house.processor.charge(house.checkout(), "4242")
    house.processor.tell("payment.refunded", house.checkout(), cents=100)
    assert house.payments() == [(8000, "card")]
    with house.book.database.reading() as session:
        assert [one.type for one in session.exec(select(Task))] == ["card_payment_reversed"]


@pytest.mark.parametrize("fault", ["secret", "age", "nothing", "stranger"])
async def test_a_notice_that_is_not_the_processors_is_refused(
    house: House, browser: httpx.AsyncClient, fault: str
) -> None:
    path = await opened(house, browser)
    await to_processor(browser, path)
    if fault == "nothing":
        async with house.book.connect() as client:
            said = await client.post("/api/v1/payments/notify", json={})
        assert said.status_code == 401
        return
    if fault == "stranger":
        house.checkout().wish.reference = "somebody-elses"
        assert house.processor.tell("payment.succeeded", house.checkout()).json()["status"].startswith("names no")
    else:
        house.processor.secret = "another" if fault == "secret" else SECRET
        if fault == "age":
            house.processor.clock = lambda old=house.book.now: old.replace(year=old.year - 1)
        assert house.processor.tell("payment.succeeded", house.checkout()).status_code == 401
    assert house.payments() == []


async def test_a_processor_that_is_away_costs_nothing(house: House, browser: httpx.AsyncClient) -> None:
    path = await opened(house, browser)
    house.processor.is_away = True
    away = await to_processor(browser, path)
    assert (away.status_code, "Nothing was paid" in away.text) == (503, True)
    house.processor.is_away = False
    assert (await to_processor(browser, path)).status_code == 303


@pytest.mark.parametrize(("about", "pauses"), [("plan", True), ("dispute", True), ("message", False)])
async def test_who_asks_is_answered_and_gets_no_reminder_meanwhile(
    house: House, browser: httpx.AsyncClient, about: str, pauses: bool
) -> None:
    path = await opened(house, browser)
    assert (await browser.post(f"{path}/ask", data={"about": "nonsense"})).status_code == 422
    form = {"about": about, "text": "I lost my job", "key": "k" * 20}
    for _ in range(2):
        assert (await browser.post(f"{path}/ask", data=form)).status_code == 303
    with house.book.database.reading() as session:
        [task] = session.exec(select(Task)).all()
        assert (task.type, "I lost my job" in task.reason) == ("patient_question", True)
        held = session.exec(select(AccountHold).where(AccountHold.ended_at == None)).all()  # noqa: E711
        assert bool(held) == pauses
    async with house.book.connect(Role.ACCOUNT_REP) as client:
        body = {"resolution": "answered", "values": {"reason": "sent a form"}}
        done = await client.post(f"/api/v1/tasks/{task.id}/complete", json=body, headers={"Idempotency-Key": new_id()})
    assert done.status_code == 200, done.text
    with house.book.database.reading() as session:
        ended = session.exec(select(AccountHold.ended_at)).all()
        assert all(ended), "reminders go on"


async def test_another_site_can_neither_open_nor_pay(house: House) -> None:
    path = await house.link()
    async with house.book.connect(headers={"Sec-Fetch-Site": "cross-site"}) as client:
        assert (await client.post(f"{path}/open", data={"born": BORN})).status_code == 403
        assert (await client.post(f"{path}/checkout", data={"what": "all"})).status_code == 403


async def test_a_link_is_kept_only_as_its_hash_and_is_nobodys_of_another_practice(house: House) -> None:
    path = await house.link()
    with house.book.database.reading() as session:
        [row] = session.exec(select(PayLink)).all()
    assert path.rpartition("/")[2] not in row.sha256
    async with house.book.connect(token=house.book.stranger) as client:
        assert (await client.post(f"/api/v1/accounts/{house.visit.patient_id}/pay-links")).status_code == 404


async def test_a_spanish_reader_pays_in_spanish_and_no_english_is_left(
    house: House, browser: httpx.AsyncClient
) -> None:
    with house.book.database.writing() as session:
        row = session.get_one(Patient, house.visit.patient_id)
        row.language = Language.SPANISH
        session.add(row)
    path = await house.link()
    asked = (await browser.get(path)).text
    wrong = (await browser.post(f"{path}/open", data={"born": "1980-01-02"})).text
    await browser.post(f"{path}/open", data={"born": BORN})
    bill = (await browser.get(path)).text
    refused = (await browser.post(f"{path}/checkout", data={"what": "part", "amount": "lots"})).text
    paper = (await browser.get(f"{path}/paper")).text
    assert "Usted debe <strong>$80.00</strong>" in bill
    assert "Escriba la cantidad en dólares" in refused
    for page in (asked, wrong, bill, refused, paper):
        assert '<html lang="es">' in page
        texts = {part for text in pay_words.ENGLISH.values() for part in text.split("{") if len(part) > 6}
        assert sorted(text for text in texts if text in page) == []


def test_both_languages_say_the_same_things_with_the_same_values() -> None:
    assert list(pay_words.ENGLISH) == list(pay_words.SPANISH)
    for key, text in pay_words.ENGLISH.items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", pay_words.SPANISH[key])), key
    assert set(QUESTIONS) <= set(pay_words.ENGLISH)
