"""Code tables: what is loaded, what is missing today, and the search. `zerobalance codes load` puts them in."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.auth import Viewer
from api.office import Office, TheOffice
from api.routers.pages import show
from billing import own_tables
from billing.code_search import LONGEST, question
from billing.code_tables import NAMES, CodeEntry, CodeSystem, in_force, without_edition, written
from billing.own_tables import OWN_NAMES, OwnTable
from database import codes

api = APIRouter(prefix="/api/v1/codes", tags=["codes"])
pages = APIRouter(prefix="/setup/codes", include_in_schema=False)

Sought = Annotated[str, Query(max_length=LONGEST)]

OWN = "own words"
"""What stands for the edition of a table that has none"""
FOUND = 20
"""Codes that one search gives"""


@dataclass(frozen=True, slots=True)
class CodeView:
    """One code of an edition."""

    code: str
    """As people write it: a diagnosis with its dot"""
    short: str
    long: str
    is_billable: bool
    """False: a heading; codes for claims stand below it"""
    valid_from: date
    valid_to: date | None
    why: str = ""
    """What it was found by, where its description does not have the words: a spelling, a saying, another term"""


@dataclass(frozen=True, slots=True)
class CodePage:
    """What a search found."""

    edition: str | None
    """The edition in force on the day; None: none is loaded; `own words`: the table is the office's own"""
    items: list[CodeView]


@api.get("")
def find_codes(
    office: TheOffice,
    person: Viewer,
    system: CodeSystem | OwnTable = CodeSystem.ICD10CM,
    q: Sought = "",
    on: date | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = FOUND,
) -> CodePage:
    """Codes by their beginning, or by words as people speak, best first. Each says why it is there.

    Looked for in the edition in force on the day `on` (today when left out). Places of service (`pos`) and modifiers
    are small tables of the office's own, without editions.
    """
    return _search(office, system, q, on or office.today(person), limit)


@pages.get("")
def show_page(
    request: Request, office: TheOffice, person: Viewer, system: str = "", q: Sought = "", on: str = ""
) -> Response:
    """Editions, what is missing today, and the search."""
    chosen = _chosen(system)
    day = _day(on) or office.today(person)
    with office.database.reading() as session:
        loaded = codes.editions(session)
    found = _search(office, chosen, q, day, FOUND) if q.strip() else None
    return show(
        request,
        "codes.html",
        person,
        loaded=loaded,
        missing=[NAMES[one] for one in without_edition([one.edition for one in loaded], office.today(person))],
        today=office.today(person),
        names=NAMES | OWN_NAMES,
        system=chosen,
        q=q.strip(),
        on=day,
        found=found,
    )


def _chosen(system: str) -> CodeSystem | OwnTable:
    if system in set(OwnTable):
        return OwnTable(system)
    return CodeSystem(system) if system in set(CodeSystem) else CodeSystem.ICD10CM


def _search(office: Office, system: CodeSystem | OwnTable, text: str, day: date, limit: int) -> CodePage:
    if isinstance(system, OwnTable):
        found = own_tables.find(system, question(text), limit=limit)
        return CodePage(OWN, [_view(system, one, answer.why) for one, answer in found])
    with office.database.reading() as session:
        loaded = codes.editions(session)
        edition = in_force((one.edition for one in loaded), system, day)
        if edition is None:
            return CodePage(None, [])
        [whole] = [one for one in loaded if one.edition == edition]
        answers = office.codes.find(session, whole, question(text), limit=limit)
    return CodePage(edition.name, [_view(system, one.entry, one.why) for one in answers])


def _view(system: CodeSystem | OwnTable, one: CodeEntry, why: str) -> CodeView:
    code = one.code if isinstance(system, OwnTable) else written(system, one.code)
    return CodeView(code, one.short, one.long, one.is_billable, one.valid_from, one.valid_to, why)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
