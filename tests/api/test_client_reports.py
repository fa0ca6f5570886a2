"""What a practice is given about a closed month: reports, the invoice of the fee, and a sign-in that opens no more."""

import csv
import io
import zipfile
from datetime import timedelta
from decimal import Decimal

import pikepdf
import pytest
from sqlmodel import select

from billing.ledger import Account, Entry, EntryKind, Side
from billing.money import Cents
from billing.roles import PERMISSIONS, Permission, Role
from database import access, ledger
from database.columns import new_id
from database.tables import AuditEvent, Encounter, FeeInvoice
from tests.api import builders
from tests.api.conftest import Book
from tests.api.test_auth import requirement, routes

MONTH = "2026-02"
TERMS = {
    "month": MONTH,
    "percent": "6.25",
    "of_payers": True,
    "of_patients": True,
    "biller": "BILLERS LLC",
    "biller_address": "1 MAIN ST, COLUMBUS OH 43004",
}


def key() -> dict[str, str]:
    return {"Idempotency-Key": new_id()}


@pytest.fixture
def collected(book: Book) -> Encounter:
    """February: of $150 the payer paid $80.08 and the patient $20."""
    visit = book.encounter()

    def side(account: Account, cents: int, detail: str = "") -> Side:
        return Side(account, Cents(cents), None, detail)

    entries = [
        Entry(
            EntryKind.CHARGE,
            "charge",
            (side(Account.AR_INSURANCE, 15000, visit.payer_id), side(Account.REVENUE, -15000)),
        ),
        Entry(
            EntryKind.CLAIM_PAYMENT,
            "paid",
            (
                side(Account.CASH_UNAPPLIED, 8008),
                side(Account.ADJUSTMENT_CONTRACTUAL, 4992, "CO-45"),
                side(Account.AR_INSURANCE, -15000, visit.payer_id),
                side(Account.AR_PATIENT, 2000, "PR-3"),
            ),
        ),
        Entry(
            EntryKind.PATIENT_PAYMENT,
            "desk",
            (side(Account.CARD_CLEARING, 2000), side(Account.PATIENT_UNAPPLIED, -2000)),
        ),
    ]
    with book.database.writing() as session:
        at = book.now - timedelta(days=20)
        ledger.post(session, entries, practice_id=book.practice_id, at=at, encounter_id=visit.id)
    return visit


async def invoiced(book: Book) -> str:
    """Agreed, closed and invoiced; gives the invoice's id."""
    async with book.connect(Role.SUPERVISOR) as client:
        assert (await client.post("/api/v1/fee-agreements", json=TERMS, headers=key())).status_code == 201
        assert (await client.post(f"/api/v1/periods/{MONTH}/close", json={}, headers=key())).status_code == 201
        made = await client.post("/api/v1/fee-invoices", json={"month": MONTH}, headers=key())
        assert made.status_code == 201, made.text
    return str(made.json()["invoice_id"])


async def test_an_invoice_is_made_once_and_its_page_pdf_and_json_say_the_same(book: Book, collected: Encounter) -> None:
    invoice_id = await invoiced(book)
    async with book.signed_in(Role.SUPERVISOR) as browser:
        found = (await browser.get(f"/api/v1/fee-invoices/{invoice_id}")).json()
        page = (await browser.get(f"/client-reports/invoices/{invoice_id}")).text
        paper = (await browser.get(f"/client-reports/invoices/{invoice_id}/invoice.pdf")).content
        again = await browser.post("/client-reports/invoices", data={"key": new_id(), "month": MONTH})
        listed = (await browser.get("/client-reports")).text
    assert (found["number"], found["base_cents"], found["fee_cents"]) == ("0001", 10008, 626), "625.5, half up"
    assert [(one["receipt"], one["cents"]) for one in found["lines"]] == [
        ("payers_paid", 8008),
        ("patients_paid", 2000),
    ]
    for shown in ("$100.08", "$6.26", "6.25 %", "$80.08", "$20.00", "BILLERS LLC"):
        assert shown in page, shown
    with pikepdf.open(io.BytesIO(paper)) as pdf, pdf.open_metadata() as told:
        assert (told["pdfuaid:part"], told["dc:title"]) == ("1", f"Invoice 0001, {MONTH}")
    assert again.status_code == 409
    assert "Months are invoiced once and in their order" in again.text
    assert "Number 0001" in listed
    with book.database.reading() as session:
        assert len(session.exec(select(FeeInvoice)).all()) == 1
        events = session.exec(select(AuditEvent.subject).where(AuditEvent.action == "create")).all()
    assert [one for one in events if one.startswith("fee_")] == ["fee_agreement", "fee_invoice"]


async def test_a_pack_holds_reports_that_add_up_and_names_nobody(book: Book, collected: Encounter) -> None:
    await invoiced(book)
    async with book.connect(Role.CLIENT) as client:
        body = (await client.get(f"/api/v1/client-packs/{MONTH}/pack.zip")).content
        report = (await client.get(f"/api/v1/client-packs/{MONTH}/report.pdf")).content
    with zipfile.ZipFile(io.BytesIO(body)) as folder:
        files = {name.rpartition("/")[2]: folder.read(name) for name in folder.namelist()}
    names = ("day-totals", "roll-forward", "payments", "adjustments", "aging", "figures-compared")
    assert set(files) == {"report.pdf", "invoice-0001.pdf", *(f"{one}.csv" for one in names)}
    assert report.startswith(b"%PDF")
    for name in names[:-1]:
        header, *rows = list(csv.reader(io.StringIO(files[f"{name}.csv"].decode())))
        *parts, total = rows
        for place, column in enumerate(header):
            if total[place] and place:
                assert sum(Decimal(row[place]) for row in parts) == Decimal(total[place]), (name, column)
    assert b"80.08" in files["payments.csv"]
    told = b"".join(body for name, body in files.items() if name.endswith(".csv")).decode()
    assert builders.SURNAME not in told
    assert "VISIT-1" not in told
    with pikepdf.open(io.BytesIO(report)) as pdf, pdf.open_metadata() as known:
        assert known["pdfuaid:part"] == "1"


async def test_every_fault_of_the_terms_is_told_at_its_field_and_nothing_typed_is_lost(book: Book) -> None:
    wrong = {
        "key": new_id(),
        "month": "soon",
        "percent": "6.255",
        "minimum": "-1",
        "biller_address": "1 ELM ST",
        "pay_within_days": "999",
    }
    async with book.signed_in(Role.SUPERVISOR) as browser:
        page = await browser.post("/client-reports/agreement", data=wrong)
        right = {"key": new_id(), "month": MONTH, "percent": "6.25", "of_payers": "on", "biller": "BILLERS LLC"}
        kept = await browser.post("/client-reports/agreement", data=right)
        ended = await browser.post("/client-reports/end", data={"key": new_id(), "month": "2026-05"})
        shown = (await browser.get("/client-reports")).text
    assert page.status_code == 422
    for said in (
        "write the month as YYYY-MM",
        "must be a percentage above zero",
        "the amount lies below zero",
        "choose payments of payers, of patients, or both",
        'id="biller-fault"',
        'id="pay_within_days-fault"',
    ):
        assert said in page.text, said
    for typed in ("soon", "6.255", "1 ELM ST", "999"):
        assert f'value="{typed}"' in page.text, typed
    assert (kept.status_code, ended.status_code) == (303, 303)
    assert "6.25 %" in shown
    assert "ended: nothing is asked" in shown


async def test_an_office_without_closed_months_and_terms_says_so(book: Book) -> None:
    async with book.signed_in(Role.SUPERVISOR) as browser:
        page = (await browser.get("/client-reports")).text
        early = await browser.get(f"/client-reports/{MONTH}/pack.zip")
    assert "No month is closed yet" in page
    assert "No fee is agreed on" in page
    assert early.status_code == 409


async def test_a_client_signs_in_to_the_reports_and_opens_nothing_else(book: Book, collected: Encounter) -> None:
    await invoiced(book)
    with book.database.writing() as session:
        access.add_user(
            session,
            practice_id=book.practice_id,
            login="owner",
            display_name="The owner",
            roles=[Role.CLIENT],
            password="a long password",
        )
    headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
    async with book.connect(headers=headers) as browser:
        entered = await browser.post("/sign-in", data={"login": "owner", "password": "a long password", "back": "/"})
        home = await browser.get(entered.headers["location"])
        figures = await browser.get(f"/figures?month={MONTH}")
        visits = await browser.get(f"/figures/clean_claims?month={MONTH}")
        patient = await browser.get(f"/encounters/{collected.id}")
    assert entered.headers["location"] == "/client-reports"
    assert home.status_code == 200
    for theirs in ("/my-day", "/patients", 'name="q"', "Make the invoice", "Agree on terms", "/month"):
        assert theirs not in home.text, theirs
    assert figures.status_code == 200
    for link in ("/encounters/", f"/month/{MONTH}", "/practices", "/figures/clean_claims"):
        assert link not in figures.text, link
    assert (visits.status_code, patient.status_code) == (403, 403)
    assert "Back to the reports" in patient.text


def test_a_client_may_read_sums_alone() -> None:
    """What a client's permission opens, by name: a route that is added there shows here."""
    assert PERMISSIONS[Role.CLIENT] == {Permission.READ_FIGURES}
    asked = [(route.path, requirement(route)) for _, route in routes()]
    opened = {path for path, named in asked if named and Permission.READ_FIGURES in named.permissions}
    assert {path.split("/")[3 if path.startswith("/api") else 1] for path in opened} == {
        "client-packs",
        "client-reports",
        "fee-agreements",
        "fee-invoices",
        "figures",
        "password",
        "second-factor",
    }
