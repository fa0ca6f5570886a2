"""Every route with the id of something of a sensitive patient, as somebody from whom the record is kept."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.routing import APIRoute
from sqlmodel import SQLModel

from api.description import requirement
from billing.letters import Letter
from billing.roles import Role, permissions_of
from database import access, patient_names, records
from database.columns import new_id
from database.engine import Database
from database.record_patients import NAMED, NOBODYS, WHOLE
from database.tables import BrokenGlass
from tests.api import builders
from tests.api.addresses import WORDS, filled
from tests.api.conftest import OPENED, Book, open_book
from tests.api.examples import sent_with
from tests.api.rows import Row, kept, one_of_each
from tests.api.test_authorization_matrix import FILTERS, GUARDED, OF_ROWS

EVERY_ROLE_BUT = frozenset(Role) - {Role.SUPERVISOR}
SECRET = "words that nobody may read"
"""In every text that people write about a patient"""

OF_MANY = {
    *("agency_id", "batch_id", "contract_id", "edit_id", "message_id", "movement_id", "payer_id", "remittance_id"),
    *("resubmission_id", "rule_id", "run_id", "search_id", "stop_id", "user_id", "key", "invoice_id", "reader_id"),
}
"""Parameters of things that are of no single patient: they open, and show no name"""
SENDING_HOLDS = "/submissions/holds/"
"""Holds of claims on their way, not of an account"""

WAYS_IN = {"/patients/{patient_id}/break-glass", "/api/v1/patients/{patient_id}/break-glass"}

LETTER = records.dump(Letter("Appeal", OPENED.date(), ("Office",), (builders.SURNAME,), (), (SECRET,)))

TEXTS = {
    "note": "text",
    "task": "reason",
    "call_log": "said",
    "appointment": "reason",
    "visit_note": "text",
    "account_hold": "reason",
    "sensitive_record": "reason",
    "broken_glass": "reason",
}

READABLE: dict[str, dict[str, Any]] = {
    "account_hold": {"kind": "dispute"},
    "agency_file": {"faults": "[]"},
    "agenda_entry": {"reason": "inquiry_retry"},
    "appointment": {"state": "booked", "day": OPENED.date()},
    "broken_glass": {"until": OPENED},
    "letter": {"kind": "appeal", "content": LETTER, "sent_at": None, "withdrawn_at": None},
    "patient_account": {"owed_cents": 100},
    "payment_variance": {"state": "open", "modifiers": "", "expected_cents": 9, "allowed_cents": 5, "lowest_cents": 5},
    "resubmission": {"state": "done", "sought": '{"kind": null, "since": null, "until": null}'},
    "sensitive_record": {"kind": "other", "ended_at": None, "ended_by": None},
    "statement_run_item": {"channel": "paper", "state": "set"},
    "submission": {"state": "transmitted", "transmitted_at": OPENED},
    "task": {"type": "coding_query", "role": "provider", "state": "open", "detail": ""},
}
"""What rows say so that lists can show them"""

NAMING = {
    *("/", "/accounts", "/agencies/{agency_id}", "/appointments", "/audit/broken-glasses", "/calls", "/disputes"),
    *("/letters", "/my-day", "/patients", "/submissions/batches/{batch_id}"),
    *("/variances", "/api/v1/open-matters", "/api/v1/search"),
}
"""Where a supervisor reads the patient's name: otherwise nothing would be shown by its absence"""

Marked = tuple[Book, dict[str, Row], str]
"""An office with a row of each kind, the rows, and the token of somebody with every role but the supervisor's"""


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Marked]:
    folder = tmp_path_factory.mktemp("sensitive")
    database = Database(f"sqlite:///{folder / 'office.sqlite3'}")
    book = open_book(database, folder)
    rows = one_of_each(book)
    visit = rows["encounter"]["id"]
    with database.writing() as session:
        tables = SQLModel.metadata.tables
        for name, column in TEXTS.items():
            session.execute(sa.update(tables[name]).values({column: SECRET}))
        for name in ("task", "note", "attachment"):
            session.execute(sa.update(tables[name]).values(subject="encounter", subject_id=visit))
        for name, values in READABLE.items():
            session.execute(sa.update(tables[name]).values(values))
        session.execute(sa.delete(tables["sensitive_viewer"]))
        user = access.add_user(
            session,
            practice_id=book.practice_id,
            login="everything",
            display_name="Everything",
            roles=EVERY_ROLE_BUT,
        )
        token = access.issue_token(session, user_id=user.id, label="all", at=OPENED)
    yield book, rows, token
    database.close()


def of_single_patients() -> list[tuple[str, APIRoute]]:
    found = []
    for method, route in OF_ROWS:
        named = requirement(route)
        assert named is not None
        ids = set(route.param_convertors) - WORDS.keys() - OF_MANY
        if SENDING_HOLDS in route.path:
            ids.discard("hold_id")
        if "/agencies/" in route.path:
            ids.discard("file_id")
        may = permissions_of(EVERY_ROLE_BUT) & set(named.permissions)
        if ids and may and route.path not in WAYS_IN:
            found.append((method, route))
    return found


async def test_each_route_of_the_patient_refuses_and_nothing_is_done(marked: Marked) -> None:
    book, rows, token = marked
    whole = book.app.openapi()
    before = kept(book, besides={"audit_event"})
    otherwise = {}
    async with book.connect(token=token, raise_app_exceptions=False) as client:
        for method, route in of_single_patients():
            url = filled(route.path, rows)
            headers = {"Idempotency-Key": new_id()}
            answer = await client.request(method, url, headers=headers, **sent_with(method, route.path, whole))
            told = answer.status_code == 403 and answer.json()["type"].endswith("/sensitive")
            if not told or builders.SURNAME in answer.text or SECRET in answer.text:
                otherwise[f"{method} {route.path}"] = (answer.status_code, answer.text[:200])

    assert len(of_single_patients()) > 150
    assert otherwise == {}
    assert kept(book, besides={"audit_event"}) == before


async def test_nothing_else_shows_a_name_or_words(marked: Marked) -> None:
    """Lists, searches, worklists, and pages of what is of many: the work stands there, and whose it is does not."""
    book, rows, token = marked
    single = of_single_patients()
    shown, named = {}, set()
    async with (
        book.connect(token=token, raise_app_exceptions=False) as client,
        book.connect(Role.SUPERVISOR, raise_app_exceptions=False) as supervisor,
    ):
        for method, route in GUARDED:
            if method != "GET" or ":path" in route.path or (method, route) in single:
                continue
            url = filled(route.path, rows)
            wanted = {name.alias for name in route.dependant.query_params} & FILTERS.keys()
            asked = {name: rows[FILTERS[name][0]][FILTERS[name][1]] for name in wanted}
            for params in ({}, *({name: value} for name, value in asked.items())):
                text = (await client.get(url, params=params)).text
                named |= {route.path} if builders.SURNAME in (await supervisor.get(url, params=params)).text else set()
                said = text.replace(str(params.get("q")), "")
                if builders.SURNAME in said or SECRET in said:
                    shown[route.path, *params] = said[max(0, said.find(builders.SURNAME) - 100) :][:200]

    assert shown == {}
    assert named >= NAMING


async def test_the_work_stands_on_the_lists_under_the_mask(marked: Marked) -> None:
    book, rows, token = marked
    async with book.connect(token=token) as client:
        tasks = (await client.get("/api/v1/tasks", params={"mine": False})).json()["items"]
        visits = (await client.get("/api/v1/encounters")).json()["items"]
        found = (await client.get("/api/v1/patients", params={"q": builders.SURNAME})).json()["items"]

    task = next(one for one in tasks if one["id"] == rows["task"]["id"])
    assert (task["patient"], task["reason"]) == (patient_names.MASK, patient_names.UNREAD)
    assert [one["patient"] for one in visits] == [patient_names.MASK]
    assert [(one["name"], one["birth_date"], one["telephone"]) for one in found] == [(patient_names.MASK, None, None)]


async def test_a_broken_glass_opens_what_was_refused(marked: Marked) -> None:
    """For the owner of the rows nothing is a 404 (test_authorization_matrix): so here."""
    book, rows, token = marked
    patient_id = rows["patient"]["id"]
    async with book.connect(token=token, raise_app_exceptions=False) as client:
        body = {"reason": "the payer asks about this claim"}
        broken = await client.post(
            f"/api/v1/patients/{patient_id}/break-glass", json=body, headers={"Idempotency-Key": new_id()}
        )
        opened = {
            route.path: (await client.get(filled(route.path, rows))).status_code
            for method, route in of_single_patients()
            if method == "GET"
        }
        book.wait(minutes=61)
        closed = await client.get(f"/api/v1/patients/{patient_id}")
    book.now = OPENED
    with book.database.writing() as session:
        session.execute(sa.update(BrokenGlass).values(until=OPENED))

    assert broken.status_code == 201
    assert {path for path, status in opened.items() if status in (403, 404)} == set()
    assert closed.status_code == 403


@pytest.mark.parametrize("padded", ["{}", "{} ", "\t{}\u2003"])
@pytest.mark.parametrize("sent", ["json", "data", "files"])
async def test_ids_in_bodies_are_followed_however_they_are_sent(sent: str, padded: str, marked: Marked) -> None:
    """The models of forms and bodies strip what stands around an id."""
    book, rows, token = marked
    fields = {"patient_id": padded.format(rows["patient"]["id"]), "at_time": "09:00", "procedures": "99213"}
    what: dict[str, Any] = {sent: fields}
    if sent == "files":
        what = {"files": [(name, (None, value)) for name, value in fields.items()]}
    path = "/api/v1/appointments" if sent == "json" else "/appointments"
    async with book.connect(token=token) as client:
        answer = await client.post(path, headers={"Idempotency-Key": new_id()}, **what)

    assert (answer.status_code, "sensitive" in answer.text) == (403, True)


@pytest.mark.parametrize(
    "kind", ["application/vnd.office+json", "application/x-www-form-urlencoded+json", "multipart/form-data+json"]
)
async def test_json_that_does_not_say_so_is_followed_too(kind: str, marked: Marked) -> None:
    book, rows, token = marked
    whole = book.app.openapi()
    body = sent_with("POST", "/api/v1/encounters", whole)["json"] | {"patient_id": rows["patient"]["id"]}
    async with book.connect(token=token) as client:
        headers = {"Idempotency-Key": new_id(), "Content-Type": kind}
        answer = await client.post("/api/v1/encounters", content=json.dumps(body), headers=headers)

    assert answer.status_code == 403


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_claims_named_in_a_list_are_followed(method: str, marked: Marked) -> None:
    """The page on which a payer's answer on paper is typed in shows the claims that it is told of."""
    book, rows, token = marked
    named = {"claims": f"none-such, {rows['submission']['control_number'].lower()}"}
    sent: dict[str, Any] = {"params": named} if method == "GET" else {"data": named}
    async with book.connect(token=token) as client:
        answer = await client.request(method, "/paper-remittance", **sent)

    assert (answer.status_code, "sensitive" in answer.text) == (403, True)


async def test_lines_that_are_ticked_are_followed(marked: Marked) -> None:
    book, rows, token = marked
    async with book.connect(token=token) as client:
        ticked = {f"variance_ids.{rows['payment_variance']['id']}": "yes"}
        answer = await client.post("/variances/preview", data=ticked)

    assert (answer.status_code, "sensitive" in answer.text) == (403, True)


@pytest.mark.parametrize(
    ("table", "column", "alone"),
    [
        ("fact", "subject_id", {"kind": "claim_acknowledged", "source_key": "277ca:1"}),
        ("claim_status_inquiry", "message_id", {}),
        ("benefits", "message_id", {"encounter_id": None}),
    ],
)
@pytest.mark.parametrize("path", ["/messages/{}", "/api/v1/sheets/{}/refused"])
async def test_a_whole_file_is_followed_to_everybody_of_whom_it_says_something(
    path: str, table: str, column: str, alone: dict[str, Any], marked: Marked
) -> None:
    """A 277CA, a 277 and a 271 hold claims and names, and are no remittance."""
    book, rows, token = marked
    message_id = new_id()
    tables = SQLModel.metadata.tables
    with book.database.writing() as session:
        message = rows["inbound_message"] | {"id": message_id, "sha256": new_id()}
        session.execute(sa.insert(tables["inbound_message"]).values(message))
        row = session.execute(
            sa.insert(tables[table]).values(rows[table] | alone | {"id": new_id(), column: message_id})
        )
    async with book.connect(token=token, raise_app_exceptions=False) as client:
        answer = await client.get(path.format(message_id))
    with book.database.writing() as session:
        session.execute(sa.delete(tables[table]).where(tables[table].c.id == row.inserted_primary_key[0]))

    assert (answer.status_code, "sensitive" in answer.text) == (403, True)


@pytest.mark.parametrize("subject", ["refund", "card_refund", "card_charge"])
async def test_a_task_is_followed_by_its_subject(subject: str, marked: Marked) -> None:
    """The task itself is refused, and on the list it stands without its words: also where it is about another task."""
    book, rows, token = marked
    of = {"refund": "task", "card_refund": "card_refund", "card_charge": "checkout"}[subject]
    task_id, tasks = new_id(), SQLModel.metadata.tables["task"]
    named = {"id": task_id, "opening_key": task_id, "subject": subject, "subject_id": rows[of]["id"], "reason": SECRET}
    with book.database.writing() as session:
        session.execute(sa.insert(tasks).values(rows["task"] | READABLE["task"] | named))
    async with book.connect(token=token) as client:
        answer = await client.get(f"/tasks/{task_id}")
        listed = (await client.get("/api/v1/tasks", params={"mine": False})).json()["items"]
    with book.database.writing() as session:
        session.execute(sa.delete(tasks).where(tasks.c.id == task_id))

    task = next(one for one in listed if one["id"] == task_id)
    assert (answer.status_code, SECRET in answer.text) == (403, False)
    assert (task["patient"], task["reason"]) == (patient_names.MASK, patient_names.UNREAD)


def test_each_parameter_with_an_id_is_followed_or_said_to_be_nobodys() -> None:
    """A route added with a parameter that is in neither list fails here."""
    unknown = set()
    for _, route in GUARDED:
        params = set(route.param_convertors) | {one.alias for one in route.dependant.query_params}
        unknown |= {one for one in params if one.endswith(("_id", "_ids"))} - NAMED.keys() - NOBODYS - WHOLE.keys()

    assert unknown - {"subject_id"} == set()


def test_each_field_of_a_body_with_an_id_is_followed_or_said_to_be_nobodys(marked: Marked) -> None:
    schemas = marked[0].app.openapi()["components"]["schemas"]
    asked = {name for schema in schemas.values() for name in schema.get("properties", {}) if _is_id(name)}
    answers = {"until"}

    assert asked - NAMED.keys() - NOBODYS - WHOLE.keys() - answers <= _only_answered(marked[0])


def _is_id(name: str) -> bool:
    return name.endswith(("_id", "_ids"))


def _only_answered(book: Book) -> set[str]:
    """Fields that stand in no body that is sent."""
    whole = book.app.openapi()
    sent: set[str] = set()
    for calls in whole["paths"].values():
        for call in calls.values():
            content = call.get("requestBody", {}).get("content", {}).get("application/json")
            if content:
                sent |= set(_fields(content["schema"], whole, ()))
    answered = {name for schema in whole["components"]["schemas"].values() for name in schema.get("properties", {})}
    return answered - sent


def _fields(schema: dict[str, Any], whole: dict[str, Any], within: tuple[str, ...]) -> Iterator[str]:
    name = schema.get("$ref", "").rpartition("/")[2]
    if name in within:
        return
    if name:
        yield from _fields(whole["components"]["schemas"][name], whole, (*within, name))
    for key in ("anyOf", "oneOf", "allOf"):
        for one in schema.get(key, []):
            yield from _fields(one, whole, within)
    for field, one in schema.get("properties", {}).items():
        yield field
        yield from _fields(one, whole, within)
    if isinstance(schema.get("items"), dict):
        yield from _fields(schema["items"], whole, within)
