"""What a billing company gives the practice it works for: reports of a closed month, and the invoice of its fee."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from api import errors, fee_form
from api.actions import Done
from api.auth import FigureViewer
from api.errors import Problem
from api.fee_form import PAYER_PREFIX, AgreementForm, EndForm, InvoiceForm
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.pages import NOTES, Failed, answer, read, show, typed_into
from api.routers.payers import Supervisor
from api.routers.periods import Approver, asked
from billing.client_packs import Pack
from billing.fees import Invoice, percent
from billing.periods import Month, month_of
from billing.roles import Permission
from database import client_packs, fees, payers
from database.access import Person
from database.client_packs import ClosedMonth, NotClosed
from database.fees import AgreementView
from templates import client_view

agreements = APIRouter(prefix="/api/v1/fee-agreements", tags=["fees"])
invoices = APIRouter(prefix="/api/v1/fee-invoices", tags=["fees"])
packs = APIRouter(prefix="/api/v1/client-packs", tags=["fees"])
pages = APIRouter(prefix="/client-reports", include_in_schema=False)

AGREE, END, MAKE = "agreement", "end", "invoice"
"""The forms of the page"""


@agreements.get("")
def list_agreements(office: TheOffice, person: FigureViewer) -> list[AgreementView]:
    """Every row of terms, the newest first; of several for a month the first one counts."""
    with office.database.reading() as session:
        return fees.agreements(session, practice_id=person.practice_id)


@agreements.post("", status_code=201)
def post_agreement(form: AgreementForm, key: IdempotencyKey, office: TheOffice, person: Supervisor) -> dict[str, Any]:
    """Terms from a month on that is not invoiced. What was agreed before is not changed."""
    return fee_form.agree(office, person, form, key=key).body


@agreements.post("/end", status_code=201)
def end_agreement(form: EndForm, key: IdempotencyKey, office: TheOffice, person: Supervisor) -> dict[str, Any]:
    """From a month on nothing is asked."""
    return fee_form.end(office, person, form, key=key).body


@invoices.get("")
def list_invoices(office: TheOffice, person: FigureViewer) -> list[Invoice]:
    """Every invoice, the newest first."""
    with office.database.reading() as session:
        return fees.invoices(session, practice_id=person.practice_id)


@invoices.post("", status_code=201)
def make_invoice(form: InvoiceForm, key: IdempotencyKey, office: TheOffice, person: Approver) -> dict[str, Any]:
    """Make the invoice of a closed month, once, with the next number. 409: not of this month, or not now."""
    return fee_form.invoice(office, person, form, key=key).body


@invoices.get("/{invoice_id}")
def show_invoice(invoice_id: str, office: TheOffice, person: FigureViewer) -> Invoice:
    """One invoice with its lines, in cents."""
    return _invoice(office, person, invoice_id)


@invoices.get("/{invoice_id}/invoice.pdf", response_class=Response)
@pages.get("/invoices/{invoice_id}/invoice.pdf")
def take_invoice(invoice_id: str, office: TheOffice, person: FigureViewer) -> Response:
    """The same as a tagged PDF."""
    found = _invoice(office, person, invoice_id)
    return _file(client_view.invoice_pdf(found), f"invoice-{found.number}.pdf", "application/pdf")


@packs.get("")
def list_packs(office: TheOffice, person: FigureViewer) -> list[ClosedMonth]:
    """Every closed month, the newest first, with its invoice."""
    with office.database.reading() as session:
        return client_packs.closed_months(session, practice_id=person.practice_id)


@packs.get("/{month}/report.pdf", response_class=Response)
@pages.get("/{month}/report.pdf")
def take_report(month: str, office: TheOffice, person: FigureViewer) -> Response:
    """The reports of a closed month as one tagged PDF: sums alone, no patient."""
    pack = _pack(office, person, asked(month))
    return _file(client_view.pack_pdf(pack), f"report-{pack.month.key}.pdf", "application/pdf")


@packs.get("/{month}/pack.zip", response_class=Response)
@pages.get("/{month}/pack.zip")
def take_pack(month: str, office: TheOffice, person: FigureViewer) -> Response:
    """The same with each report as a CSV, and the month's invoice."""
    pack = _pack(office, person, asked(month))
    return _file(client_view.pack_zip(pack), f"pack-{pack.month.key}.zip", "application/zip")


@pages.get("")
def show_page(request: Request, office: TheOffice, person: FigureViewer, note: str = "") -> Response:
    """Closed months with their reports and invoices, and the terms of the fee."""
    return _page(request, office, person, Failed(), NOTES.get(note, ""))


@pages.get("/invoices/{invoice_id}")
def show_invoice_page(request: Request, invoice_id: str, office: TheOffice, person: FigureViewer) -> Response:
    """One invoice, as its PDF says it."""
    found = _invoice(office, person, invoice_id)
    return show(request, "fee_invoice.html", person, paper=client_view.invoice(found), invoice_id=invoice_id)


@pages.post("/agreement")
async def agree_from_page(request: Request, office: TheOffice, person: Supervisor) -> Response:
    """Terms from a month on."""
    typed = await typed_into(request, max_fields=300)

    def act() -> Done:
        form = read(AgreementForm, fee_form.typed_terms(typed))
        return fee_form.agree(office, person, form, key=typed["key"])

    return await _answer(request, office, person, AGREE, typed, act)


@pages.post("/end")
async def end_from_page(request: Request, office: TheOffice, person: Supervisor) -> Response:
    """From a month on nothing is asked."""
    typed = await typed_into(request)

    def act() -> Done:
        return fee_form.end(office, person, read(EndForm, typed), key=typed["key"])

    return await _answer(request, office, person, END, typed, act)


@pages.post("/invoices")
async def make_from_page(request: Request, office: TheOffice, person: Approver) -> Response:
    """Make the invoice of a closed month."""
    typed = await typed_into(request)

    def act() -> Done:
        return fee_form.invoice(office, person, read(InvoiceForm, typed), key=typed["key"])

    return await _answer(request, office, person, MAKE, typed, act)


async def _answer(
    request: Request, office: Office, person: Person, form: str, typed: dict[str, str], act: Callable[[], Done]
) -> Response:
    def page(failed: Failed) -> Response:
        return _page(request, office, person, failed)

    return await answer(lambda: run_in_threadpool(act), form, typed, "/client-reports", page)


def _page(request: Request, office: Office, person: Person, failed: Failed, note: str = "") -> Response:
    today = office.today(person)
    with office.database.reading() as session:
        closed = client_packs.closed_months(session, practice_id=person.practice_id)
        wanted = fees.next_month(session, practice_id=person.practice_id, today=today)
        known = {one.id: one.name for one in payers.page(session, practice_id=person.practice_id)}
    terms = list_agreements(office, person)
    return show(
        request,
        "client_reports.html",
        person,
        status=failed.status,
        closed=closed,
        wanted=wanted.key if wanted else "",
        wanted_is_closed=bool(wanted and wanted.key in {one.month for one in closed if one.closed_at}),
        agreements=terms,
        percents={one.id: percent(one.agreed.terms.basis_points) for one in terms},
        payers=known,
        prefix=PAYER_PREFIX,
        first_month=month_of(today).key,
        failed=failed,
        typed=failed.typed if failed.form == AGREE else {},
        keys=failed.key_for,
        note=note,
        may_agree=person.may(Permission.SET_UP),
        may_make=person.may(Permission.APPROVE),
    )


def _invoice(office: Office, person: Person, invoice_id: str) -> Invoice:
    with office.database.reading() as session:
        found = fees.invoice(session, practice_id=person.practice_id, invoice_id=invoice_id)
    if found is None:
        raise errors.not_found("invoice")
    return found


def _pack(office: Office, person: Person, month: Month) -> Pack:
    """Raises Problem 409: the month is not closed."""
    try:
        with office.database.reading() as session:
            return client_packs.pack(session, month, practice_id=person.practice_id)
    except NotClosed as error:
        raise Problem(409, "not-closed", "There is no report yet", f"{error}; close it first.") from error


def _file(body: bytes, name: str, media_type: str) -> Response:
    return Response(body, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
