"""The list of accounts that owe, and the account that the number on a cheque belongs to."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from api import auth, errors
from api.auth import Viewer
from api.errors import Fault
from api.office import Office, TheOffice
from api.routers.pages import show
from database import account_lists
from database.access import Person
from database.account_lists import AccountPage, Standing, UnknownPlace

api = APIRouter(prefix="/api/v1/accounts", tags=["accounts"])
pages = APIRouter(prefix="/accounts", include_in_schema=False)

SHOWN = 50
WORDS = {
    Standing.OWING: "all that owe",
    Standing.HELD: "held",
    Standing.PLAN: "paying in parts",
    Standing.AGENCY: "with an agency",
}
Number = Annotated[str, Query(max_length=40)]
After = Annotated[str | None, Query(max_length=60)]


@api.get("")
def list_accounts(
    request: Request,
    office: TheOffice,
    person: Viewer,
    standing: Standing = Standing.OWING,
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=200)] = SHOWN,
) -> AccountPage:
    """Accounts that owe or that an agency has, who owes the most first; `standing` picks some of them."""
    return _page(request, office, person, standing, after, limit)


@api.get("/by-paper/{number}")
def find_by_paper(request: Request, number: str, office: TheOffice, person: Viewer) -> dict[str, str]:
    """The account that a statement or notice with this number was about, as who pays it writes it on a cheque."""
    with office.database.reading() as session:
        found = account_lists.by_paper(session, number, practice_id=person.practice_id)
    if found is None:
        raise errors.not_found("statement")
    auth.seen(request, person, subject="account", subject_id=found)
    return {"patient_id": found}


@pages.get("")
def show_page(
    request: Request,
    office: TheOffice,
    person: Viewer,
    standing: str = Standing.OWING,
    after: After = None,
    number: Number = "",
) -> Response:
    """The same as a page; the number of a paper leads to its account."""
    fault = ""
    if number.strip():
        with office.database.reading() as session:
            found = account_lists.by_paper(session, number, practice_id=person.practice_id)
        if found is not None:
            return RedirectResponse(f"/accounts/{found}", status_code=303)
        fault = "No statement has this number. It is ten letters and digits in two groups, as ABCDE-FGHJK."
    chosen = Standing(standing) if standing in set(Standing) else Standing.OWING
    return show(
        request,
        "accounts.html",
        person,
        status=404 if fault else 200,
        found=_page(request, office, person, chosen, after, SHOWN),
        chosen=chosen,
        words=WORDS,
        number=number,
        fault=fault,
    )


def _page(
    request: Request, office: Office, person: Person, standing: Standing, after: str | None, limit: int
) -> AccountPage:
    with office.database.reading() as session:
        try:
            found = account_lists.page(
                session, practice_id=person.practice_id, standing=standing, after=after, limit=limit
            )
        except UnknownPlace as error:
            raise errors.invalid([Fault(field="after", message=str(error))]) from error
    if found.items:
        auth.seen(request, person, subject="accounts", subject_id=person.practice_id)
    return found
