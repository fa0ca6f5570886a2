"""Money for a whole account: taken at the desk, its receipt, and taken back."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field

from api import account_payments, auth, errors, known_patient
from api.actions import Done
from api.auth import Viewer, require
from api.claim_form import Part
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.payments import PaymentMethod
from api.routers.accounts import account_page
from api.routers.encounters import TakeBackForm
from api.routers.pages import Failed, answer, read, typed_into
from billing.roles import Permission
from database import households, letters, receipts
from database.access import Person
from database.receipts import ReceiptView
from templates import documents, rendering

api = APIRouter(prefix="/api/v1/accounts", tags=["accounts"])
pages = APIRouter(prefix="/accounts", include_in_schema=False)

Taker = Annotated[Person, require(Permission.TAKE_PAYMENT)]
Poster = Annotated[Person, require(Permission.POST_REMITTANCE)]
PART = "visits."
"""Begins the name of a form's field that holds what one visit gets"""
SHOWN = 200


class AccountPaymentForm(Part):
    """Money from who answers for the account."""

    amount: Annotated[str, Field(max_length=15, examples=["125.00"])]
    method: PaymentMethod
    received_on: date
    reference: Annotated[str, Field(max_length=100)] = ""
    """Number of the receipt or the cheque; never a card number"""
    paper: Annotated[str, Field(max_length=20, examples=["ABCDE-FGHJK"])] = ""
    """Number of the statement, reminder or final notice that it pays: the visits on it come before any other"""
    visits: Annotated[dict[str, str], Field(max_length=200)] = Field(default_factory=dict)
    """Dollars by encounter id, where somebody told what it is for; empty: the paper's visits, then the oldest first"""
    keep_credit: bool = False
    """What is more than is owed stays as a credit"""


@api.get("/{patient_id}/payments")
def list_payments(request: Request, patient_id: str, office: TheOffice, person: Viewer) -> list[ReceiptView]:
    """What came for the account, the newest first; at most 200."""
    with office.database.reading() as session:
        known_patient.here(session, person, patient_id)
        holder = households.holder_of(session, patient_id)
        found = receipts.of_account(session, practice_id=person.practice_id, holder_id=holder, limit=SHOWN)
    auth.seen(request, person, subject="account", subject_id=patient_id)
    return found


@api.post("/{patient_id}/payments", status_code=201)
def take_payment(
    patient_id: str, form: AccountPaymentForm, key: IdempotencyKey, office: TheOffice, person: Taker
) -> dict[str, Any]:
    """Record money for the whole account. 422: what does not add up, more than is owed without `keep_credit`, or a
    `paper` that is not of this account."""
    return _take(office, person, patient_id, form, key=key).body


@api.post("/{patient_id}/payments/{receipt_id}/take-back", status_code=201)
def take_payment_back(
    patient_id: str, receipt_id: str, form: TakeBackForm, key: IdempotencyKey, office: TheOffice, person: Poster
) -> dict[str, Any]:
    """Undo all of it: returned by the bank, or entered by mistake. 409: taken back before, or paid back."""
    return account_payments.take_back(
        office, person, patient_id=patient_id, receipt_id=receipt_id, reason=form.reason, key=key
    ).body


@pages.post("/{patient_id}/payments")
async def take_from_page(request: Request, patient_id: str, office: TheOffice, person: Taker) -> Response:
    """Take a payment with the page's form."""
    typed = await typed_into(request, max_fields=20 + SHOWN)

    async def act() -> Done:
        visits = {name.removeprefix(PART): text for name, text in typed.items() if name.startswith(PART)}
        form = read(AccountPaymentForm, typed | {"visits": visits})
        return await run_in_threadpool(_take, office, person, patient_id, form, key=typed["key"])

    def page(failed: Failed) -> Response:
        return account_page(request, office, person, patient_id, failed)

    return await answer(act, "payment", typed, f"/accounts/{patient_id}", page)


@pages.post("/{patient_id}/payments/{receipt_id}/take-back")
async def take_back_from_page(
    request: Request, patient_id: str, receipt_id: str, office: TheOffice, person: Poster
) -> Response:
    """Take money back with the page's button."""
    typed = await typed_into(request)

    async def act() -> Done:
        reason = read(TakeBackForm, typed).reason
        take_back = account_payments.take_back
        return await run_in_threadpool(
            take_back, office, person, patient_id=patient_id, receipt_id=receipt_id, reason=reason, key=typed["key"]
        )

    def page(failed: Failed) -> Response:
        return account_page(request, office, person, patient_id, failed)

    return await answer(act, f"take-back-{receipt_id}", typed, f"/accounts/{patient_id}", page)


@pages.get("/{patient_id}/payments/{receipt_id}/receipt.pdf")
def show_receipt(request: Request, patient_id: str, receipt_id: str, office: TheOffice, person: Viewer) -> Response:
    """What the payer of it takes home."""
    with office.database.reading() as session:
        known_patient.here(session, person, patient_id)
        holder = households.holder_of(session, patient_id)
        receipt = receipts.find(session, practice_id=person.practice_id, receipt_id=receipt_id)
        if receipt is None or not account_payments.is_of_account(session, receipt, holder):
            raise errors.not_found("receipt")
        found = letters.receipt_of_account(session, practice_id=person.practice_id, receipt_id=receipt_id)
    if found is None:
        raise errors.not_found("receipt")
    auth.seen(request, person, subject="receipt", subject_id=receipt_id)
    made = documents.pdf("letters/letter", rendering.letter_content(found))
    return Response(made, media_type="application/pdf", headers={"Content-Disposition": "inline"})


def _take(office: Office, person: Person, patient_id: str, form: AccountPaymentForm, *, key: str) -> Done:
    return account_payments.take(
        office,
        person,
        patient_id=patient_id,
        amount=form.amount,
        method=form.method,
        received_on=form.received_on,
        reference=form.reference,
        paper=form.paper.strip(),
        parts=form.visits,
        keep_credit=form.keep_credit,
        key=key,
    )
