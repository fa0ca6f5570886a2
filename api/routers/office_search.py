"""The search of every page: one box for names, numbers, days and amounts."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from api import auth
from api.auth import Viewer
from api.office import Office, TheOffice
from api.routers.pages import show, typed_into
from database import office_search, search_texts
from database.access import Person
from database.office_search import Hit, HitKind, Hits

api = APIRouter(prefix="/api/v1/search", tags=["search"])
pages = APIRouter(prefix="/search", include_in_schema=False)

LONGEST = 80
Words = Annotated[str, Query(max_length=LONGEST)]
LISTS = {"patients": "/patients?", "visits": "/?"}
"""Pages that look through their own records"""

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


@pages.post("")
async def look_for(request: Request, office: TheOffice, person: Viewer) -> Response:
    """Look for what was typed: the one record that is found is opened, of several a list under an id of its own."""
    typed = await typed_into(request)
    text, on = " ".join(typed.get("q", "").split())[:LONGEST], typed.get("on", "")
    return RedirectResponse(await run_in_threadpool(_where, request, office, person, text, on), 303)


@pages.get("")
def show_search(request: Request, person: Viewer) -> Response:
    """What can be looked for."""
    return _page(request, person, "", [])


@pages.get("/{search_id}")
def show_found(request: Request, search_id: str, office: TheOffice, person: Viewer) -> Response:
    """What was found, to whom looked for it."""
    text = asked(office, person, search_id)
    if text is None:
        return _page(request, person, "", [], is_over=True)
    return _page(request, person, text, find_anything(request, office, person, text))


def asked(office: Office, person: Person, search_id: str) -> str | None:
    """What this person looked for within a day; None: nothing under this id."""
    with office.database.reading() as session:
        return search_texts.text_of(session, person, search_id, at=office.now())


def _where(request: Request, office: Office, person: Person, text: str, on: str) -> str:
    if not text:
        return LISTS.get(on, "/search?").rstrip("?&")
    if on not in LISTS:
        found = find_anything(request, office, person, text)
        only = [hit for hits in found for hit in hits.items]
        if len(only) == 1:
            return place_of(only[0])
    with office.database.writing() as session:
        search_id = search_texts.keep(session, person, text, at=office.now())
    return f"{LISTS[on]}asked={search_id}" if on in LISTS else f"/search/{search_id}"


def _page(request: Request, person: Person, text: str, found: list[Hits], *, is_over: bool = False) -> Response:
    return show(
        request,
        "office_search.html",
        person,
        status=404 if is_over else 200,
        searched=text,
        found=found,
        is_over=is_over,
        headings=HEADINGS,
        place_of=place_of,
    )


def place_of(hit: Hit) -> str:
    """The page of what was found."""
    return PLACES[hit.kind].format(hit.id)
