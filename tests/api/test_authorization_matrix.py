"""Every route against every role, and every route with an id against a practice that the id does not belong to."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.routing import APIRoute
from sqlalchemy import event
from sqlmodel import Session

from api.description import requirement
from billing.roles import PERMISSIONS, Permission, Role
from database.columns import new_id
from database.engine import Database
from tests.api import builders
from tests.api.addresses import TABLES, filled, has_id
from tests.api.conftest import Book, open_book
from tests.api.examples import sent_with
from tests.api.rows import Row, kept, one_of_each
from tests.api.test_auth import OPEN_TO_ALL, routes

GUARDED = [(method, route) for method, route in routes() if f"{method} {route.path}" not in OPEN_TO_ALL]


VIEW_TOO = {"/patients/new", "/patients/{patient_id}/edit", "/visits/new"}
"""Pages for taking in that show what is there: a program, which may take in and not view, is refused"""

ALIKE = [[role for role in Role if PERMISSIONS[role] == may] for may in dict.fromkeys(PERMISSIONS.values())]
"""Roles with the same permissions: a route asks for permissions, so that one of these roles answers for all of them"""

OF_ROWS = [(method, route) for method, route in GUARDED if ":path" not in route.path and has_id(route.path)]

OF_ONE_PERSON = {"/search/{search_id}"}
"""Addresses at which even the colleagues of whose they are find nothing"""

QUERIES = {"GET /api/v1/encounters/{encounter_id}/join": {"visit": "x"}}

REFUSED_BEFORE = {
    "POST /api/v1/accounts/{patient_id}/instalment-plans/card": 422,  # no card processor is set up in this office
    "POST /day-close/{day}/{user_id}/reopen": 409,
    "POST /api/v1/tills/{day}/{user_id}/reopen": 409,  # as for a day of one's own that nobody closed
}
"""route -> what anybody is told before their rows are looked for"""

FILTERS = {
    "control_number": ("submission", "control_number"),
    "copy": ("encounter", "id"),
    "encounter_id": ("encounter", "id"),
    "patient": ("patient", "id"),
    "payer": ("payer", "id"),
    "payer_id": ("payer", "id"),
    "q": ("patient", "last_name"),
    "trace": ("remittance_file", "trace"),
    "wanted": ("patient", "id"),
}
"""query parameter -> whose row of the other practice is asked for"""

Named = Callable[[dict[str, Row]], dict[str, Any]]

IN_BODIES: list[tuple[str, Named, str]] = [
    (
        "/api/v1/appointments",
        lambda rows: {"patient_id": rows["patient"]["id"], "at_time": "09:00", "procedures": "99213"},
        "No such patient",
    ),
    (
        "/api/v1/encounters",
        lambda rows: builders.visit() | {"patient_id": rows["patient"]["id"]},
        "is no patient of this practice",
    ),
    (
        "/api/v1/resubmissions/preview",
        lambda rows: {"kind": "rejected", "payer_id": rows["payer"]["id"]},
        "no claim is found",
    ),
    (
        "/api/v1/submissions/holds",
        lambda rows: {"partner_id": rows["partner"]["id"], "payer_id": rows["payer"]["id"]},
        "is no payer of this practice",
    ),
    (
        "/api/v1/variances/reconsider",
        lambda rows: {"variance_ids": [rows["payment_variance"]["id"]]},
        "choose at least one line of the worklist",
    ),
]
"""A call, the rows of the other practice that its body names, and what it is told"""

NOT_COMPARED = {"audit_event", "command"}
"""Tables in which refusals and answers are written down"""

Apart = tuple[Book, dict[str, Row], list[str]]
"""An office with a row of each kind in its first practice, the rows, and the ids of the rows of that practice that
were read since the list was emptied"""


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apart]:
    folder = tmp_path_factory.mktemp("apart")
    database = Database(f"sqlite:///{folder / 'office.sqlite3'}")
    book = open_book(database, folder)
    rows = one_of_each(book)
    loaded: list[str] = []

    def note(_: Session, row: Any) -> None:
        if getattr(row, "practice_id", None) == book.practice_id:
            loaded.append(str(sa.inspect(row).identity[-1]))

    event.listen(Session, "loaded_as_persistent", note)
    yield book, rows, loaded
    event.remove(Session, "loaded_as_persistent", note)
    database.close()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    """An office for all cells of the first matrix: nothing stands at the ids that are asked for."""
    folder = tmp_path_factory.mktemp("matrix")
    database = Database(f"sqlite:///{folder / 'office.sqlite3'}")
    yield open_book(database, folder)
    database.close()


async def test_nobody_is_asked_who_they_are(office: Book) -> None:
    async with office.connect() as nobody:
        answers = {f"{method} {route.path}": await _ask(nobody, method, route) for method, route in GUARDED}

    assert {name: one.status_code for name, one in answers.items() if one.status_code != 401} == {}


@pytest.mark.parametrize("role", [pytest.param(one[0], id="+".join(one)) for one in ALIKE])
async def test_a_role_opens_what_its_permissions_open_and_nothing_else(role: Role, office: Book) -> None:
    wrong = {}
    async with office.connect(role) as client:
        for method, route in GUARDED:
            named = requirement(route)
            assert named is not None
            answer = await _ask(client, method, route)
            may = bool(PERMISSIONS[role] & set(named.permissions))
            refused = answer.status_code == 403 and (method == "HEAD" or "Not with your roles" in answer.text)
            may_too = route.path not in VIEW_TOO or Permission.VIEW in PERMISSIONS[role]
            if answer.status_code == 401 or refused == (may and may_too):
                wrong[f"{method} {route.path}"] = answer.status_code

    assert wrong == {}


async def _ask(client: Any, method: str, route: APIRoute) -> Any:
    return await client.request(method, re.sub(r"\{.*?\}", "x", route.path), json={})


async def test_the_owner_of_the_rows_finds_them(apart: Apart) -> None:
    """Otherwise a 404 for others would show nothing. What stands in the rows cannot be read: that is a 500."""
    book, rows, _ = apart
    async with book.connect(Role.SUPERVISOR, raise_app_exceptions=False) as owner:
        answers = {
            route.path: (await owner.get(filled(route.path, rows))).status_code
            for method, route in OF_ROWS
            if method == "GET"
        }

    assert {path for path, status in answers.items() if status == 404} == OF_ONE_PERSON


async def test_rows_of_another_practice_are_not_there(apart: Apart) -> None:
    book, rows, loaded = apart
    whole = book.app.openapi()
    before = kept(book, besides=NOT_COMPARED)
    otherwise, touched = {}, {}
    async with book.connect(token=book.stranger, raise_app_exceptions=False) as stranger:
        for method, route in OF_ROWS:
            loaded.clear()
            url, name = filled(route.path, rows), f"{method} {route.path}"
            headers = {"Idempotency-Key": new_id()}
            sent = sent_with(method, route.path, whole)
            answer = await stranger.request(method, url, headers=headers, params=QUERIES.get(name), **sent)
            if answer.status_code != REFUSED_BEFORE.get(name, 404):
                otherwise[name] = (answer.status_code, answer.text[-400:])
            if hung := {key for key in loaded if key not in url}:
                touched[name] = hung

    assert otherwise == {}
    assert touched == {}
    assert {table for table, told in kept(book, besides=NOT_COMPARED).items() if told != before[table]} == set()


async def test_lists_show_nothing_of_another_practice(apart: Apart) -> None:
    book, rows, loaded = apart
    theirs = {str(rows[table]["id"]) for table in set(TABLES.values()) - {"inbound_message"}} | {builders.SURNAME}
    shown, asked = {}, {name: rows[table][column] for name, (table, column) in FILTERS.items()}
    async with book.connect(token=book.stranger) as stranger:
        for method, route in GUARDED:
            if method != "GET" or ":path" in route.path or has_id(route.path):
                continue
            wanted = {name.alias for name in route.dependant.query_params} & FILTERS.keys()
            for params in ({}, {name: asked[name] for name in wanted}):
                loaded.clear()
                answer = await stranger.get(filled(route.path, rows), params=params)
                found = {one for one in theirs - set(params.values()) if one in answer.text}
                if found or loaded:
                    shown[route.path, *params] = found | set(loaded)

    assert shown == {}


@pytest.mark.parametrize(("path", "named", "told"), [pytest.param(*one, id=one[0]) for one in IN_BODIES])
async def test_what_a_call_names_in_its_body_has_to_be_ones_own(
    path: str, named: Named, told: str, apart: Apart
) -> None:
    book, rows, _ = apart
    before = kept(book, besides=NOT_COMPARED)
    body = sent_with("POST", path, book.app.openapi())["json"] | named(rows)
    async with book.connect(token=book.stranger) as stranger:
        answer = await stranger.post(path, json=body, headers={"Idempotency-Key": new_id()})

    assert (answer.status_code in (404, 422), told in answer.text) == (True, True), answer.text
    assert kept(book, besides=NOT_COMPARED) == before
