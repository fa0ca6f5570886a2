"""Runs of statements over the API and on their pages: begun, looked at, posted with what was taken out, bounces."""

import csv
import io
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from activities.account import AccountActivities
from activities.mail_line import MailServer
from activities.messages import AccountStep, StatementRunStep
from activities.statement_runs import StatementRunActivities
from billing.consents import Consent, ConsentKind
from billing.ledger import Account, Entry, EntryKind, transfer
from billing.money import Cents
from billing.roles import Role
from database import consents, encounters, ledger, letters, statement_runs
from database.columns import new_id
from database.tables import Encounter, Letter, Patient
from tests.api.conftest import Book

SHARE = Cents(2000)


class House:
    """A practice in which one patient owes a copayment and has a statement in the print queue."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.visit = book.encounter()
        with book.database.writing() as session:
            [line] = encounters.lines(session, self.visit)[:1]
            sides = transfer(Account.AR_PATIENT, Account.AR_INSURANCE, SHARE, line_id=line.id, detail="PR-3")
            entry = Entry(EntryKind.CLAIM_PAYMENT, f"share:{new_id()}", sides, self.visit.service_date)
            told = {"practice_id": book.practice_id, "encounter_id": self.visit.id, "at": book.now, "actor": "test"}
            ledger.post(session, [entry], **told)
            session.get_one(Encounter, self.visit.id).stage = "patient_balance"
        looking = AccountActivities(book.database, "https://office.test")
        for days in (0, 3):
            book.wait(days=days)
            step = AccountStep(practice_id=book.practice_id, patient_id=self.visit.patient_id, at=book.now)
            looking.look_after_account(step)

    def letter(self) -> Letter:
        with self.book.database.reading() as session:
            [found] = letters.of_account(session, practice_id=self.book.practice_id, patient_id=self.visit.patient_id)
            return session.get_one(Letter, found.id)

    def work(self, run_id: str) -> None:
        """What the run's workflow does."""
        activities = StatementRunActivities(self.book.database, MailServer(""))
        step = StatementRunStep(practice_id=self.book.practice_id, run_id=run_id, at=self.book.now)
        for name in ("take_papers", "take_papers", "set_papers", "make_file"):
            ActivityEnvironment().run(getattr(activities, name), step)

    def withdraw(self) -> None:
        with self.book.database.writing() as session:
            letter = session.get_one(Letter, self.letter().id)
            letters.withdraw(session, letter, because="it is paid", at=self.book.now)


@pytest.fixture
def house(book: Book) -> House:
    return House(book)


def key() -> dict[str, str]:
    return {"Idempotency-Key": new_id()}


async def begun(client: Any, house: House) -> str:
    made = await client.post("/api/v1/statement-runs", json={}, headers=key())
    assert made.status_code == 201, made.text
    house.work(made.json()["id"])
    run_id: str = made.json()["id"]
    return run_id


async def test_a_run_is_begun_made_and_posted_once(house: House) -> None:
    async with house.book.connect(Role.ACCOUNT_REP) as client:
        run_id = await begun(client, house)
        found = (await client.get(f"/api/v1/statement-runs/{run_id}")).json()
        assert (found["row"]["state"], found["row"]["in_file"], found["take_out"]) == ("ready", 1, [])
        file = await client.get(f"/api/v1/statement-runs/{run_id}/file.pdf")
        listed = await client.get(f"/api/v1/statement-runs/{run_id}/manifest.csv")
        assert file.content.startswith(b"%PDF-")
        *_, total = csv.DictReader(io.StringIO(listed.text))
        assert (total["amount_cents"], total["sha256"]) == ("2000", found["row"]["sha256"])
        once = key()
        for _ in range(2):
            posted = await client.post(f"/api/v1/statement-runs/{run_id}/posted", json={}, headers=once)
            assert posted.json() == {"posted": 1, "take_out": 0}
        again = await client.post(f"/api/v1/statement-runs/{run_id}/posted", json={}, headers=key())
        assert again.json()["posted"] == 0
    assert house.letter().sent_how == "mail"


async def test_what_is_withdrawn_meanwhile_is_taken_out_first(house: House) -> None:
    async with house.book.connect(Role.ACCOUNT_REP) as client:
        run_id = await begun(client, house)
        house.withdraw()
        path = f"/api/v1/statement-runs/{run_id}"
        refused = await client.post(f"{path}/posted", json={}, headers=key())
        assert refused.status_code == 409
        assert refused.json()["type"].endswith("/take-out")
        [out] = (await client.get(path)).json()["take_out"]
        assert out["letter_id"] == house.letter().id
        posted = await client.post(f"{path}/posted", json={"taken_out": 1}, headers=key())
        assert posted.json() == {"posted": 0, "take_out": 1}
    assert house.letter().sent_at is None


async def test_a_file_that_is_thrown_away_gives_its_papers_back(house: House) -> None:
    async with house.book.connect(Role.ACCOUNT_REP) as client:
        run_id = await begun(client, house)
        path = f"/api/v1/statement-runs/{run_id}"
        assert (await client.post(f"{path}/discard", headers=key())).json() == {"back": 1}
        assert (await client.post(f"{path}/posted", json={}, headers=key())).status_code == 409
        assert (await client.get(f"/api/v1/statement-runs/{await begun(client, house)}")).json()["row"]["in_file"] == 1


async def test_a_second_run_waits_for_the_first(house: House) -> None:
    async with house.book.connect(Role.ACCOUNT_REP) as client:
        await client.post("/api/v1/statement-runs", json={}, headers=key())
        refused = await client.post("/api/v1/statement-runs", json={}, headers=key())
    assert refused.status_code == 409
    assert refused.json()["type"].endswith("/run-at-work")


async def test_another_practice_sees_no_run(house: House) -> None:
    async with house.book.connect(Role.ACCOUNT_REP) as client:
        run_id = await begun(client, house)
    with house.book.database.reading() as session:
        assert statement_runs.find(session, practice_id="another", run_id=run_id) is None


async def test_the_pages_show_it_and_their_forms_do_it(house: House) -> None:
    async with house.book.signed_in(Role.ACCOUNT_REP) as browser:
        page = await browser.get("/letters/runs")
        assert "Begin a run" in page.text
        typed = {"key": new_id(), "kind.statement": "1"}
        begun_at = await browser.post("/letters/runs", data=typed)
        run_path = begun_at.headers["location"].split("?")[0]
        house.work(run_path.rpartition("/")[2])
        page = await browser.get(run_path)
        assert "handed to the post" in page.text
        assert (await browser.get(f"{run_path}/file.pdf")).content.startswith(b"%PDF-")
        assert (await browser.get(f"{run_path}/manifest.csv")).text.startswith("ordinal,")
        await browser.post(f"{run_path}/posted", data={"key": new_id(), "taken_out": "0"})
        assert "Done" in (await browser.get(run_path)).text
        shown = await browser.get(f"/letters/{house.letter().id}")
        assert "It went by mail" in shown.text


async def test_a_body_that_is_no_bounce_is_refused_with_what_is_missing(house: House) -> None:
    async with house.book.connect(Role.ACCOUNT_REP) as client:
        for body in (b"", b"Subject: hello\r\n\r\nhello", b"\xff\xfe\x00"):
            refused = await client.post("/api/v1/letters/bounces", content=body)
            assert refused.status_code == 422
            assert "message/delivery-status" in refused.text


async def test_the_link_in_an_email_brings_paper_back(house: House) -> None:
    paper = letters.content_of(house.letter())
    path = paper.pay_at.removeprefix("https://office.test") + "/paper"
    with house.book.database.writing() as session:
        patient = session.get_one(Patient, house.visit.patient_id)
        given = Consent(ConsentKind.ELECTRONIC, True, date(2026, 1, 2), "the patient")
        consents.keep(session, patient, given, at=house.book.now, by=None)
        consents.keep(session, patient, replace(given, kind=ConsentKind.FINANCIAL), at=house.book.now, by=None)
    house.book.wait(minutes=1)
    async with house.book.connect() as nobody:
        assert "Send me paper again" in (await nobody.get(path)).text
        for _ in range(2):
            done = await nobody.post(path, data={"List-Unsubscribe": "One-Click"})
            assert "come on paper" in done.text
        assert (await nobody.get("/pay/unknown/paper")).status_code == 404
    with house.book.database.reading() as session:
        said = consents.of_patient(session, house.visit.patient_id)
    assert [one.is_given for one in said if one.kind == ConsentKind.ELECTRONIC] == [True, False]
    assert [one.is_given for one in said if one.kind == ConsentKind.FINANCIAL] == [True]
