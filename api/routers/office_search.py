"""The search of every page: one box for names, numbers, days and amounts."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from api import auth
from api.auth import Viewer
from api.office import TheOffice
from api.routers.pages import show
from database import office_search
from database.office_search import Hit, HitKind, Hits

api = APIRouter(prefix="/api/v1/search", tags=["search"])
pages = APIRouter(prefix="/search", include_in_schema=False)

Words = Annotated[str, Query(max_length=80)]

HEADINGS = {
    HitKind.PATIENT: "Patients",
    HitKind.VISIT: "Visits",
    HitKind.CLAIM: "Claims",
    HitKind.REMITTANCE: "Remittances",
    HitKind.BANK_MOVEMENT: "Movements at the bank",
    HitKind.PAYMENT: "Payments of patients",
    HitKind.RECEIPT: "Payments for whole accounts",
    HitKind.CHEQUE: "Cheques of the lockbox",
    HitKind.ACCOUNT: "Accounts by a paper’s number",
}
PLACES = {
    HitKind.PATIENT: "/patients/{}",
    HitKind.VISIT: "/encounters/{}",
    HitKind.CLAIM: "/claims/{}",
    HitKind.REMITTANCE: "/remittances/{}",
    HitKind.BANK_MOVEMENT: "/bank",
    HitKind.PAYMENT: "/encounters/{}",
    HitKind.RECEIPT: "/accounts/{}",
    HitKind.CHEQUE: "/bank",
    HitKind.ACCOUNT: "/accounts/{}",
}
"""Where each is looked at"""


@api.get("")
def find_anything(request: Request, office: TheOffice, person: Viewer, q: Words) -> list[Hits]:
    """Records by name, number (visit, control, payer's, member id, trace, cheque, paper), day of birth or amount.

    Names by their beginning, numbers whole, amounts as `$12.50` or `12.50`; ten of each kind at most.
    """
    with office.database.reading() as session:
        found = office_search.search(session, practice_id=person.practice_id, text=q)
    if found:
        auth.seen(request, person, subject="office", subject_id="search")
    return found


@pages.get("")
def show_found(request: Request, office: TheOffice, person: Viewer, q: Words = "") -> Response:
    """What was found; the one record itself when there is no other."""
    found = find_anything(request, office, person, q)
    only = [hit for hits in found for hit in hits.items]
    if len(only) == 1:
        return RedirectResponse(place_of(only[0]), 303)
    return show(
        request,
        "office_search.html",
        person,
        searched=q.strip(),
        found=found,
        headings=HEADINGS,
        place_of=place_of,
    )


def place_of(hit: Hit) -> str:
    """The page of what was found."""
    return PLACES[hit.kind].format(hit.id)
