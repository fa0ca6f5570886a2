"""The month over the API and on its pages: its reports, its closing, and who may do what."""

import csv
import io
from typing import Any

import httpx
import pytest
from sqlmodel import select

from billing.ledger import Account, Entry, EntryKind, Side, transfer
from billing.money import Cents
from billing.roles import Role
from database import ledger
from database.tables import AuditEvent
from tests.api.conftest import Book

MARCH = "/api/v1/periods/2026-03"


def post(book: Book, encounter_id: str | None, kind: EntryKind, key: str, *sides: Side) -> None:
    with book.database.writing() as session:
        ledger.post(
            session,
            [Entry(kind, key, sides)],
            practice_id=book.practice_id,
            at=book.now,
            encounter_id=encounter_id,
        )


@pytest.fixture
def visit(book: Book) -> str:
    """Charged $150, paid $80 by the payer, $50 off by contract, $20 the patient's, of which $5 are paid."""
    encounter = book.encounter()
    payer = encounter.payer_id
    charge = transfer(Account.AR_INSURANCE, Account.REVENUE, Cents(15000), detail=payer)
    post(book, encounter.id, EntryKind.CHARGE, "charge", *charge)
    paid = (
        *transfer(Account.CASH_UNAPPLIED, Account.AR_INSURANCE, Cents(8000), detail=payer),
        Side(Account.ADJUSTMENT_CONTRACTUAL, Cents(5000), None, "CO-45"),
        Side(Account.AR_PATIENT, Cents(2000), None, "PR-3"),
        Side(Account.AR_INSURANCE, Cents(-7000), None, payer),
    )
    post(book, encounter.id, EntryKind.CLAIM_PAYMENT, "paid", *paid)
    came = transfer(Account.CARD_CLEARING, Account.PATIENT_UNAPPLIED, Cents(500), detail="card")
    post(book, encounter.id, EntryKind.PATIENT_PAYMENT, "came", *came)
    applied = transfer(Account.PATIENT_UNAPPLIED, Account.AR_PATIENT, Cents(500))
    post(book, encounter.id, EntryKind.ALLOCATION, "applied", *applied)
    return encounter.id


async def command(client: httpx.AsyncClient, act: str, key: str, body: dict[str, str] | None = None) -> httpx.Response:
    return await client.post(f"{MARCH}/{act}", json=body, headers={"Idempotency-Key": key})


async def lines(client: httpx.AsyncClient, report: str) -> list[list[Any]]:
    found = (await client.get(f"{MARCH}/reports/{report}")).json()
    assert [one for one in found["checks"] if not one["agrees"]] == []
    names = [one["name"] for one in found["columns"]]
    return [[row["cells"][name] for name in names] for row in found["rows"]] + [[found["total"][one] for one in names]]


async def test_the_roll_forward_leads_from_what_was_owed_to_what_is(
    book: Book, supervisor: httpx.AsyncClient, visit: str
) -> None:
    assert await lines(supervisor, "roll-forward") == [
        ["Owed at the beginning of 2026-03-01", 0, 0, 0],
        ["Charges", 15000, 0, 15000],
        ["Payments of payers", -8000, 0, -8000],
        ["Payments of patients, as applied", 0, -500, -500],
        ["Contractual adjustments", -5000, 0, -5000],
        ["From payers to patients", -2000, 2000, 0],
        ["Owed at the end of 2026-03-31", 0, 1500, 1500],
    ]


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        ("payments?by=method", [["Payers, not told", 1, 8000, 0, 8000], ["Patients, card", 1, 0, 500, 500]]),
        ("adjustments", [["Contractual adjustments", "CO-45", 1, 5000, 0, 5000]]),
        ("adjustments?by=person", [["Contractual adjustments", "the office", 1, 5000, 0, 5000]]),
        ("aging?since=responsibility", [["Patients", 0, 1500, 0, 0, 0, 0, 1500]]),
        (
            "unapplied",
            [["Payers' money", 0, 8000, 0, 8000], ["Patients' money", 0, 500, -500, 0], ["Card", 0, 500, 0, 500]],
        ),
        ("refunds", []),
    ],
)
async def test_each_report_says_what_it_is_made_of(
    report: str, expected: list[list[Any]], book: Book, supervisor: httpx.AsyncClient, visit: str
) -> None:
    *rows, _ = await lines(supervisor, report)
    assert len(rows) == len(expected)
    for row, wanted in zip(rows, expected, strict=True):
        assert str(row[0]).startswith(str(wanted[0]))
        assert row[1:] == wanted[1:]


async def test_a_line_leads_to_its_visits_and_who_looks_is_written_down(
    book: Book, supervisor: httpx.AsyncClient, visit: str
) -> None:
    found = (await supervisor.get(f"{MARCH}/reports/visits?of=contractual&reason=CO-45")).json()
    aged = (await supervisor.get(f"{MARCH}/reports/aging?by=visit&of=payer:patients")).json()
    assert [one["encounter_id"] for one in found["rows"]] == [visit]
    assert found["total"]["total"] == -5000
    assert aged["total"]["total"] == 1500
    with book.database.reading() as session:
        subjects = session.exec(select(AuditEvent.subject).where(AuditEvent.action == "view")).all()
    assert subjects == ["visits", "aging"]


async def test_a_summary_names_nobody(book: Book, supervisor: httpx.AsyncClient, visit: str) -> None:
    with book.database.reading() as session:
        before = len(session.exec(select(AuditEvent)).all())
    for report in ("roll-forward", "payments", "adjustments", "aging", "unapplied", "trial-balance", "journal"):
        page = await supervisor.get(f"{MARCH}/reports/{report}/lines.csv")
        assert page.headers["content-type"].startswith("text/csv")
        assert "VISIT-1" not in page.text
        assert "DOE" not in page.text.upper()
    with book.database.reading() as session:
        assert len(session.exec(select(AuditEvent)).all()) == before


async def test_the_journal_is_balanced_by_account_and_day(
    book: Book, supervisor: httpx.AsyncClient, visit: str
) -> None:
    text = (await supervisor.get(f"{MARCH}/reports/journal/lines.csv")).text
    head, *rows, total = csv.reader(io.StringIO(text))
    assert head == ["posted_on", "account", "debit", "credit"]
    assert ["2026-03-02", "AR_INS", "150", "150"] in rows
    assert total == ["total", "", "310", "310"]


async def test_the_sheet_of_a_day(book: Book, supervisor: httpx.AsyncClient, visit: str) -> None:
    sheet = (await supervisor.get("/api/v1/day-sheets/2026-03-02")).json()
    empty = (await supervisor.get("/api/v1/day-sheets/2026-03-03")).json()
    sums = {name: cents for name, cents in sheet["total"].items() if isinstance(cents, int)}
    assert sums == {"charges": 15000, "payments": -8500, "adjustments": -5000, "other": 0, "owed": 1500, "held": 0}
    assert [one["agrees"] for one in sheet["checks"] + empty["checks"]] == [True] * 4
    assert empty["rows"] == []


async def test_a_month_is_closed_once_by_who_may(book: Book, supervisor: httpx.AsyncClient, visit: str) -> None:
    early = await command(supervisor, "close", "close-0001", {"note": ""})
    book.wait(days=31)
    async with book.connect(Role.BILLER) as biller:
        forbidden = await command(biller, "close", "close-0002", {"note": ""})
    closed = await command(supervisor, "close", "close-0003", {"note": "the till of the 30th is counted tomorrow"})
    again = await command(supervisor, "close", "close-0003", {"note": "the till of the 30th is counted tomorrow"})
    twice = await command(supervisor, "close", "close-0004", {"note": ""})
    said = (await supervisor.get(MARCH)).json()
    assert (early.status_code, forbidden.status_code, closed.status_code, twice.status_code) == (409, 403, 201, 409)
    assert "can be closed from 2026-04-01 on" in early.text
    assert again.json() == closed.json()
    assert (said["state"], said["closings"][0]["sha256"], said["closings"][0]["changed"]) == (
        "closed",
        closed.json()["sha256"],
        [],
    )


async def test_a_supervisor_alone_opens_it_at_once(book: Book, supervisor: httpx.AsyncClient, visit: str) -> None:
    book.wait(days=31)
    unasked = await command(supervisor, "reopen/confirm", "open-00001")
    await command(supervisor, "close", "close-0001", {"note": ""})
    nothing = await command(supervisor, "reopen/withdraw", "keep-00001")
    opened = await command(supervisor, "reopen", "ask-000001", {"reason": "a deposit is missing"})
    listed = (await supervisor.get("/api/v1/periods")).json()
    assert (unasked.status_code, nothing.status_code) == (409, 409)
    assert opened.json()["is_open"]
    assert [(one["month"], one["state"]) for one in listed] == [("2026-04", "running"), ("2026-03", "open")]


@pytest.mark.parametrize("month", ["2026-3", "2026-13", "march", "0001-01"])
async def test_what_is_no_month_is_said(month: str, supervisor: httpx.AsyncClient) -> None:
    refused = await supervisor.get(f"/api/v1/periods/{month}")
    assert refused.status_code == 422
    assert "write the month as YYYY-MM, such as 2026-10" in refused.text


@pytest.mark.parametrize(
    ("report", "status"),
    [
        ("nothing", 404),
        ("payments?by=moon", 422),
        ("adjustments?by=payer", 422),
        ("aging?by=reason", 422),
        ("aging?bucket=old", 422),
        ("aging?of=nobody", 422),
        ("aging?since=birth", 422),
        ("visits?of=everything", 422),
    ],
)
async def test_what_no_report_gives_is_refused(report: str, status: int, supervisor: httpx.AsyncClient) -> None:
    assert (await supervisor.get(f"{MARCH}/reports/{report}")).status_code == status


async def test_another_practice_sees_nothing_of_it(book: Book, visit: str) -> None:
    async with book.connect(token=book.stranger) as stranger:
        assert (await lines(stranger, "roll-forward"))[-1][-1] == 0
        assert (await lines(stranger, "visits?of=charged"))[:-1] == []


async def test_the_pages_say_the_same_and_close_the_month(book: Book, visit: str) -> None:
    book.wait(days=31)
    async with book.signed_in(Role.SUPERVISOR) as browser:
        page = await browser.get("/month/2026-03")
        assert "Owed at the end of 2026-03-31" in page.text
        assert "Close 2026-03" in page.text
        key = page.text.partition('name="key" value="')[2].partition('"')[0]
        done = await browser.post("/month/2026-03/close", data={"key": key, "note": "all is well"})
        shown = (await browser.get(done.headers["location"])).text
        refused = await browser.post("/month/2026-03/close", data={"note": "again"})
        reports = [(await browser.get(f"/month/2026-03/{one}")).status_code for one in ("payments", "aging", "journal")]
        asked = await browser.post("/month/2026-03/reopen", data={"reason": ""})
        sheet = (await browser.get("/day-sheet?day=2026-03-02")).text
        listed = (await browser.get("/month")).text
    assert (done.status_code, refused.status_code, asked.status_code) == (303, 409, 422)
    assert "Its figures re-add from the ledger, entry by entry." in shown
    assert "all is well" in shown
    assert "2026-03 is closed" in refused.text
    assert reports == [200] * 3
    assert "$150.00" in sheet
    assert "closed" in listed
