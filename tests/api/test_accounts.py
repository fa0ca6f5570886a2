"""The account's page and calls: what is owed, the pause, and nobody else's."""

from datetime import UTC, timedelta

import pytest

from activities.statement_papers import write_statement
from billing.dunning import Notice
from billing.ledger import Account, Entry, EntryKind, transfer
from billing.money import Cents
from billing.roles import Role
from billing.stages import Stage
from billing.tasks import NewTask, TaskType
from database import accounts, encounters, ledger, records
from database.columns import new_id
from database.tables import BillingEntity, Encounter, Letter
from tests.api.conftest import Book


@pytest.fixture
def owing(book: Book) -> Encounter:
    """A visit of which the patient owes 20.00, and the statement that went out on it."""
    encounter = book.encounter()
    with book.database.writing() as session:
        session.get_one(BillingEntity, "1993999998").telephone = "6145550100"
        row = encounters.lock(session, practice_id=book.practice_id, encounter_id=encounter.id)
        row.stage = Stage.PATIENT_BALANCE
        session.add(row)
        [line, *_] = encounters.lines(session, row)
        sides = transfer(Account.AR_PATIENT, Account.REVENUE, Cents(2000), line_id=line.id, detail="PR-3")
        ledger.post(
            session,
            [Entry(EntryKind.BILLED_TO_PATIENT, "share", sides)],
            practice_id=book.practice_id,
            at=book.now,
            encounter_id=row.id,
        )
        account = accounts.lock(session, practice_id=book.practice_id, patient_id=row.patient_id, at=book.now)
        owed = accounts.owed_by_visit(session, practice_id=book.practice_id, patient_id=row.patient_id)
        items = accounts.keep_in_step(session, account, owed, at=book.now)
        paper = write_statement(
            session,
            items,
            number="ABCDE-FGHJK",
            notice=Notice.STATEMENT,
            written_on=book.now.date(),
            pay_by_days=30,
            zone=UTC,
        )
        session.add(
            Letter(
                id=new_id(),
                practice_id=book.practice_id,
                patient_id=row.patient_id,
                kind=Notice.STATEMENT,
                content=records.dump(paper),
                written_at=book.now,
                written_by="office",
            )
        )
    return row


async def test_the_page_shows_items_papers_and_tasks(book: Book, owing: Encounter) -> None:
    new = NewTask(TaskType.PRECOLLECTION_APPROVAL, key="1", reason="unpaid", detail={"encounters": owing.id})
    book.task(new, subject="account", subject_id=owing.patient_id)
    async with book.signed_in(Role.SUPERVISOR) as browser:
        page = (await browser.get(f"/accounts/{owing.patient_id}")).text
    assert f'href="/encounters/{owing.id}"' in page
    assert "$20.00" in page
    assert "Place with an agency" in page
    assert ">Statement</a>" in page


async def test_a_statement_is_a_page_and_a_tagged_pdf(book: Book, owing: Encounter) -> None:
    async with book.signed_in(Role.ACCOUNT_REP) as browser:
        account = (await browser.get(f"/api/v1/accounts/{owing.patient_id}")).json()
        [paper] = account["papers"]
        page = (await browser.get(f"/letters/{paper['id']}")).text
        made = await browser.get(f"/letters/{paper['id']}/letter.pdf")
        assert f'href="/letters/{paper["id"]}"' in (await browser.get("/letters")).text
    assert "is your copayment" in page
    assert "call us at (614) 555-0100" in page
    assert made.content.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in made.content


async def test_a_pause_needs_a_day_to_come_and_is_ended_by_a_button(book: Book, owing: Encounter) -> None:
    home = f"/accounts/{owing.patient_id}"
    async with book.signed_in(Role.ACCOUNT_REP) as browser:
        refused = await browser.post(f"{home}/pause", data={"until": "2026-03-01", "reason": "dispute"})
        far = await browser.post(f"{home}/pause", data={"until": "2062-03-01", "reason": "dispute"})
        assert "lies more than two years ahead" in far.text
        assert refused.status_code == 422
        assert "choose a day to come" in refused.text
        assert 'value="dispute"' in refused.text
        done = await browser.post(f"{home}/pause", data={"until": "2026-05-01", "reason": "dispute"})
        assert done.headers["location"] == f"{home}?note=done"
        assert "Paused until 2026-05-01: dispute" in (await browser.get(home)).text
        book.now += timedelta(minutes=5)
        await browser.post(f"{home}/resume")
    with book.database.reading() as session:
        account = accounts.find(session, practice_id=book.practice_id, patient_id=owing.patient_id)
    assert account is not None
    assert account.paused_until == book.now


async def test_the_same_pause_sent_twice_is_one(book: Book, owing: Encounter) -> None:
    headers = {"Idempotency-Key": "pause-0001"}
    async with book.connect(Role.ACCOUNT_REP) as client:
        body = {"until": "2026-05-01", "reason": "dispute"}
        answers = [
            await client.post(f"/api/v1/accounts/{owing.patient_id}/pause", json=body, headers=headers)
            for _ in range(2)
        ]
    assert [one.status_code for one in answers] == [200, 200]


async def test_another_practice_sees_nothing_of_it(book: Book, owing: Encounter) -> None:
    headers = {"Idempotency-Key": "pause-0002"}
    async with book.connect(token=book.stranger) as client:
        assert (await client.get(f"/api/v1/accounts/{owing.patient_id}")).status_code == 404
        body = {"until": "2026-05-01", "reason": "x"}
        refused = await client.post(f"/api/v1/accounts/{owing.patient_id}/pause", json=body, headers=headers)
    assert refused.status_code == 404


async def test_an_itemised_bill_is_page_json_and_pdf_of_the_visit_and_of_the_account(
    book: Book, owing: Encounter
) -> None:
    homes = (f"/accounts/{owing.patient_id}", f"/encounters/{owing.id}")
    async with book.signed_in(Role.ACCOUNT_REP) as browser:
        for home in homes:
            assert f'href="{home}/itemised-bill"' in (await browser.get(home)).text
            bill = (await browser.get(f"/api/v1{home}/itemised-bill")).json()
            page = (await browser.get(f"{home}/itemised-bill")).text
            printed = await browser.get(f"{home}/itemised-bill.pdf")
            assert (await browser.get(f"/api/v1{home}/itemised-bill.pdf")).content.startswith(b"%PDF-")
            [visit] = bill["visits"]
            assert visit["number"] == owing.external_id
            assert sum(line["amounts"]["owed_cents"] for line in visit["lines"]) == 2000
            assert "<td>99213</td>" in page
            assert "What you paid" in page
            assert "Nothing yet." in page
            assert b"/StructTreeRoot" in printed.content


async def test_an_itemised_bill_of_another_practice_is_not_found(book: Book, owing: Encounter) -> None:
    async with book.connect(token=book.stranger) as client:
        for home in (f"accounts/{owing.patient_id}", f"encounters/{owing.id}"):
            assert (await client.get(f"/api/v1/{home}/itemised-bill")).status_code == 404


async def test_a_paper_comes_back_once_and_only_after_it_left(book: Book, owing: Encounter) -> None:
    async with book.signed_in(Role.ACCOUNT_REP) as browser:
        [paper] = (await browser.get(f"/api/v1/accounts/{owing.patient_id}")).json()["papers"]
        home = f"/letters/{paper['id']}"
        early = await browser.post(f"{home}/returned")
        assert (early.status_code, "was not sent" in early.text) == (409, True)
        await browser.post(f"{home}/sent")
        assert "It came back with the mail" in (await browser.get(home)).text
        assert [(await browser.post(f"/api/v1{home}/returned")).status_code for _ in range(2)] == [204, 204]
        assert "Came back with the mail" in (await browser.get(home)).text
        account = (await browser.get(f"/accounts/{owing.patient_id}")).text
    assert ", came back 2026-" in account
    assert "mail came back" in account
