"""Follow-up with payers: every claim that is out and not paid, by money, age or the next day, as page, JSON and CSV."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api import auth
from api.auth import Viewer
from api.office import Office, TheOffice
from api.routers.pages import show
from billing.csv_file import write_rows
from billing.money import format_dollars
from database import office as offices
from database import payer_follow_up
from database.access import Person
from database.payer_follow_up import AGES, FollowUp, OpenClaim, Order

api = APIRouter(prefix="/api/v1/payer-follow-up", tags=["claims"])
pages = APIRouter(prefix="/payer-follow-up", include_in_schema=False)

SHOWN = 200
"""Claims on the page; the CSV and the API have all"""
PayerId = Annotated[str, Query(max_length=20)]
OldestOnly = Annotated[int, Query(ge=0, le=3650)]
COLUMNS = (
    "payer",
    "visit",
    "patient",
    "control_number",
    "payer_claim_number",
    "open",
    "sent_on",
    "days_out",
    "next_on",
    "next",
    "last_call_on",
    "last_call",
)
ORDERS = {Order.MONEY: "most money", Order.AGE: "oldest", Order.DEADLINE: "next day"}


@api.get("")
def list_claims(
    request: Request,
    office: TheOffice,
    person: Viewer,
    payer: PayerId = "",
    days: OldestOnly = 0,
    order: Order = Order.MONEY,
) -> FollowUp:
    """Every claim that was sent and has money open with its payer, with totals by payer and age. `days`: at least so
    many days out."""
    return _found(request, office, person, payer, days, order)


@api.get("/claims.csv", response_class=Response)
@pages.get("/claims.csv")
def take_csv(
    request: Request,
    office: TheOffice,
    person: Viewer,
    payer: PayerId = "",
    days: OldestOnly = 0,
    order: Order = Order.MONEY,
) -> Response:
    """The same claims as rows; the last row is their sum."""
    claims = _found(request, office, person, payer, days, order).claims
    total = ["total", *[""] * 4, _dollars(sum(one.open_cents for one in claims)), *[""] * 6]
    text = write_rows(COLUMNS, [*map(_row, claims), total])
    headers = {"Content-Disposition": 'attachment; filename="payer-follow-up.csv"'}
    return Response(text, media_type="text/csv", headers=headers)


@pages.get("")
def show_page(
    request: Request,
    office: TheOffice,
    person: Viewer,
    payer: PayerId = "",
    days: str = "0",
    order: str = Order.MONEY,
) -> Response:
    """The same as a page."""
    first = next((one for _, one, _ in AGES if str(one) == days), 0)
    chosen = Order(order) if order in set(Order) else Order.MONEY
    found = _found(request, office, person, payer, first, chosen)
    return show(
        request,
        "payer_follow_up.html",
        person,
        found=found,
        shown=found.claims[:SHOWN],
        sum_cents=sum(one.open_cents for one in found.claims),
        ages=AGES,
        orders=ORDERS,
        payer=payer,
        days=first,
        order=chosen,
        today=office.today(person),
    )


def _found(request: Request, office: Office, person: Person, payer: str, days: int, order: Order) -> FollowUp:
    with office.database.reading() as session:
        found = payer_follow_up.of_practice(
            session,
            practice_id=person.practice_id,
            today=office.today(person),
            zone=offices.zone_of(session, person.practice_id),
            payer_id=payer or None,
            oldest_only=days,
            order=order,
        )
    if found.claims:
        auth.seen(request, person, subject="payer_follow_up", subject_id=person.practice_id)
    return found


def _row(one: OpenClaim) -> list[str]:
    return [
        one.payer,
        one.visit,
        one.patient,
        one.control_number,
        one.payer_claim_number,
        _dollars(one.open_cents),
        one.sent_on.isoformat(),
        str(one.days_out),
        one.next_on.isoformat() if one.next_on else "",
        one.next_is,
        one.last_call_on.isoformat() if one.last_call_on else "",
        one.last_call,
    ]


def _dollars(cents: int) -> str:
    return format_dollars(cents).replace("$", "").replace(",", "")
