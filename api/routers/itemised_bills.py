"""The itemised bill of a visit or of an account: page, JSON and PDF."""

from fastapi import APIRouter, Request, Response

from activities import itemised_bills
from api import auth, errors, known_patient
from api.auth import Viewer
from api.office import Office, TheOffice
from api.routers.pages import show
from billing.itemised_bills import ItemisedBill
from database.access import Person
from templates import documents, itemised_view

api = APIRouter(prefix="/api/v1", tags=["accounts"])
pages = APIRouter(include_in_schema=False)


@api.get("/accounts/{patient_id}/itemised-bill")
def show_of_account(request: Request, patient_id: str, office: TheOffice, person: Viewer) -> ItemisedBill:
    """Every service of every visit on the account, with code, units, and what became of its charge."""
    return _of_account(request, office, person, patient_id)


@api.get("/accounts/{patient_id}/itemised-bill.pdf", response_class=Response)
def print_of_account(request: Request, patient_id: str, office: TheOffice, person: Viewer) -> Response:
    """The same as a tagged PDF."""
    return _pdf(_of_account(request, office, person, patient_id))


@api.get("/encounters/{encounter_id}/itemised-bill")
def show_of_visit(request: Request, encounter_id: str, office: TheOffice, person: Viewer) -> ItemisedBill:
    """Every service of one visit, with code, units, and what became of its charge."""
    return _of_visit(request, office, person, encounter_id)


@api.get("/encounters/{encounter_id}/itemised-bill.pdf", response_class=Response)
def print_of_visit(request: Request, encounter_id: str, office: TheOffice, person: Viewer) -> Response:
    """The same as a tagged PDF."""
    return _pdf(_of_visit(request, office, person, encounter_id))


@pages.get("/accounts/{patient_id}/itemised-bill")
def page_of_account(request: Request, patient_id: str, office: TheOffice, person: Viewer) -> Response:
    """The account's itemised bill."""
    bill = _of_account(request, office, person, patient_id)
    paper = itemised_view.view(bill)
    return show(request, "itemised_bill.html", person, paper=paper, home=f"/accounts/{patient_id}")


@pages.get("/accounts/{patient_id}/itemised-bill.pdf")
def take_of_account(request: Request, patient_id: str, office: TheOffice, person: Viewer) -> Response:
    """The account's, to print."""
    return _pdf(_of_account(request, office, person, patient_id))


@pages.get("/encounters/{encounter_id}/itemised-bill")
def page_of_visit(request: Request, encounter_id: str, office: TheOffice, person: Viewer) -> Response:
    """The visit's itemised bill."""
    bill = _of_visit(request, office, person, encounter_id)
    paper = itemised_view.view(bill)
    return show(request, "itemised_bill.html", person, paper=paper, home=f"/encounters/{encounter_id}")


@pages.get("/encounters/{encounter_id}/itemised-bill.pdf")
def take_of_visit(request: Request, encounter_id: str, office: TheOffice, person: Viewer) -> Response:
    """The visit's, to print."""
    return _pdf(_of_visit(request, office, person, encounter_id))


def _of_account(request: Request, office: Office, person: Person, patient_id: str) -> ItemisedBill:
    with office.database.reading() as session:
        known_patient.here(session, person, patient_id)
        bill = itemised_bills.of_account(
            session, practice_id=person.practice_id, patient_id=patient_id, today=office.today(person)
        )
    if bill is None:
        raise errors.not_found("visit on this account")
    auth.seen(request, person, subject="account", subject_id=patient_id)
    return bill


def _of_visit(request: Request, office: Office, person: Person, encounter_id: str) -> ItemisedBill:
    with office.database.reading() as session:
        bill = itemised_bills.of_visit(
            session, practice_id=person.practice_id, encounter_id=encounter_id, today=office.today(person)
        )
    if bill is None:
        raise errors.not_found("encounter")
    auth.seen(request, person, subject="encounter", subject_id=encounter_id)
    return bill


def _pdf(bill: ItemisedBill) -> Response:
    made = documents.pdf("statements/itemised_bill", itemised_view.content(bill))
    headers = {"Content-Disposition": 'inline; filename="itemised-bill.pdf"'}
    return Response(made, media_type="application/pdf", headers=headers)
