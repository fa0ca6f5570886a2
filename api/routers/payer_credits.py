"""What payers are owed back, by the day until which it has to be paid."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter, Request, Response

from api import auth
from api.auth import Viewer
from api.office import Office, TheOffice
from api.routers.pages import show
from billing.csv_file import write_rows
from billing.days import start_of
from billing.money import format_amount
from database import payer_credits
from database.access import Person
from database.payer_credits import Credit, Credits

api = APIRouter(prefix="/api/v1/payer-credits", tags=["remittances"])
pages = APIRouter(prefix="/payer-credits", include_in_schema=False)

SHOWN = 200
PAID_DAYS = 90
COLUMNS = (
    "account",
    "state",
    "payer",
    "payer_claim_number",
    "visit",
    "patient",
    "service_date",
    "amount",
    "identified_on",
    "pay_back_by",
    "days_left",
)


@dataclass(frozen=True, slots=True)
class PayerCredits:
    """Credits that are open, and refunds of the last ninety days."""

    open: Credits
    paid_back: list[Credit]


@api.get("")
def list_payer_credits(request: Request, office: TheOffice, person: Viewer) -> PayerCredits:
    """Every open credit with its deadline, beside what the ledger says; and what was paid back in the last 90 days."""
    return _found(request, office, person)


@pages.get("")
def show_page(request: Request, office: TheOffice, person: Viewer) -> Response:
    """The same as a worklist."""
    found = _found(request, office, person)
    return show(request, "payer_credits.html", person, found=found, shown=SHOWN, paid_days=PAID_DAYS)


@pages.get("/lines.csv")
@api.get("/lines.csv", response_class=Response)
def take_csv(request: Request, office: TheOffice, person: Viewer) -> Response:
    """Each open credit as a line; those on PAYER_REFUND_DUE add up to that account's balance."""
    found = _found(request, office, person)
    headers = {"Content-Disposition": 'attachment; filename="payer-credits.csv"'}
    return Response(write_rows(COLUMNS, _cells(found.open.items)), media_type="text/csv", headers=headers)


def _cells(items: Iterable[Credit]) -> Iterable[tuple[str, ...]]:
    for one in items:
        yield (
            one.account,
            one.state_words,
            one.payer,
            one.payer_claim_number,
            one.encounter_id,
            one.patient,
            str(one.service_date),
            format_amount(one.cents),
            str(one.identified_on or ""),
            str(one.pay_back_by or ""),
            "" if one.days_left is None else str(one.days_left),
        )


def _found(request: Request, office: Office, person: Person) -> PayerCredits:
    today = office.today(person)
    since = start_of(today - timedelta(days=PAID_DAYS), person.zone)
    with office.database.reading() as session:
        found = PayerCredits(
            payer_credits.open_credits(session, practice_id=person.practice_id, today=today),
            payer_credits.paid_back(session, practice_id=person.practice_id, today=today, since=since),
        )
    if found.open.items or found.paid_back:
        auth.seen(request, person, subject="payer_credits", subject_id=person.practice_id)
    return found
