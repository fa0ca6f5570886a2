"""The enrolment matrix: seen by all, kept by credentialing with a reason, and what waited for it goes on."""

import re
from collections.abc import AsyncIterator
from datetime import date
from html import unescape
from typing import Any

import httpx
import pytest
from sqlmodel import select

from billing.roles import Role
from billing.tasks import NewTask, TaskType
from database import office
from database.outbox import OutboxKind
from database.tables import AuditEvent, Encounter, EnrolmentRow, Outbox
from tests.api import builders
from tests.api.conftest import Book

BILLING, RENDERING = "1993999998", "1245319599"
KEY = {"Idempotency-Key": "key-00000001"}
FILE = f"""npi;payer_number;kind;state;effective_from
{BILLING};60054;837;Active;2026-01-01
{RENDERING};60054;contract;requested;
{RENDERING};60054;contract;refused;
{BILLING};99999;837;active;
1111111111;;838;perhaps;soon
"""


@pytest.fixture
def encounter(book: Book) -> Encounter:
    return book.encounter()


@pytest.fixture
async def browser(book: Book) -> AsyncIterator[httpx.AsyncClient]:
    async with book.signed_in(Role.SUPERVISOR) as client:
        yield client


def cell(encounter: Encounter, **changes: str) -> dict[str, str]:
    told = {"npi": BILLING, "payer_id": encounter.payer_id, "kind": "837", "state": "active", "reason": "letter"}
    return told | changes


def rows(book: Book) -> list[tuple[str, str, str]]:
    with book.database.reading() as session:
        found = session.exec(select(EnrolmentRow).where(EnrolmentRow.practice_id == book.practice_id))
        return sorted((row.npi, row.kind, row.state) for row in found)


def reasons(book: Book) -> list[str]:
    with book.database.reading() as session:
        return list(session.exec(select(AuditEvent.reason).where(AuditEvent.subject == "enrolment")))


def hidden(page: str) -> dict[str, str]:
    return {name: unescape(text) for name, text in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)}


def wait_for_it(book: Book, encounter: Encounter) -> None:
    book.task(NewTask(TaskType.ENROLMENT_MISSING, "1", "no row"), subject_id=encounter.id)


async def test_a_program_sets_a_cell_once_and_reads_it_back(
    book: Book, encounter: Encounter, supervisor: httpx.AsyncClient
) -> None:
    body: dict[str, Any] = cell(
        encounter, effective_from="2026-01-01", effective_to="2026-12-31", recheck_on="2026-03-01"
    )
    done = [await supervisor.put("/api/v1/enrolments", json=body, headers=KEY) for _ in range(2)]
    ends = {"Idempotency-Key": "key-00000002"}
    await supervisor.put(
        "/api/v1/enrolments", json=body | {"state": "ended", "effective_to": "2026-02-01"}, headers=ends
    )
    [seen] = (await supervisor.get("/api/v1/enrolments")).json()

    assert [one.json() for one in done] == [{"written": 1, "released": 0}] * 2
    assert (seen["provider"], seen["payer"], seen["kind"]) == ("Family Practice", "Plain Health", "837")
    assert (seen["words"], seen["is_gap"], seen["is_due"]) == ("ended on 2026-02-01", True, True)
    assert reasons(book) == [
        f"837 of {BILLING}: active 2026-01-01..2026-12-31: letter",
        f"837 of {BILLING}: ended 2026-01-01..2026-02-01, was active 2026-01-01..2026-12-31: letter",
    ]


async def test_one_click_releases_every_claim_that_waits_and_a_second_click_nothing_more(
    book: Book, encounter: Encounter, browser: httpx.AsyncClient
) -> None:
    other = builders.claim(external_id="VISIT-2", patient=builders.visit()["patient"] | {"first_name": "Ida"})
    waiting = [encounter, book.encounter(other)]
    for one in waiting:
        wait_for_it(book, one)
    with book.database.writing() as session:
        for row in session.exec(select(Outbox)):
            session.delete(row)
    before = (await browser.get("/setup/enrolments")).text
    form = (await browser.get(f"/setup/enrolments/edit?payer={encounter.payer_id}&npi={BILLING}&kind=837")).text
    typed = cell(encounter, effective_from="", effective_to="", recheck_on="") | hidden(form)
    done = [await browser.post("/setup/enrolments/edit", data=typed) for _ in range(2)]
    after = (await browser.get(done[0].headers["location"])).text

    assert "2 waiting" in before
    assert [one.status_code for one in done] == [303, 303]
    assert done[0].headers["location"] == done[1].headers["location"]
    assert "One row is saved; 2 claims that waited go on by themselves." in after
    assert "837: active" in after
    assert "waiting" not in after
    with book.database.reading() as session:
        woken = session.exec(select(Outbox.subject_id).where(Outbox.kind == OutboxKind.WAKE_ENCOUNTER)).all()
    assert sorted(woken) == sorted(one.id for one in waiting)
    assert len(reasons(book)) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"npi": "1234567890"}, "npi"),
        ({"npi": "12"}, "npi"),
        ({"payer_id": "nobody"}, "payer_id"),
        ({"kind": "838"}, "kind"),
        ({"state": "perhaps"}, "state"),
        ({"effective_from": "2026-02-01", "effective_to": "2026-01-01"}, "effective_to"),
        ({"state": "ended"}, "effective_to"),
        ({"recheck_on": "soon"}, "recheck_on"),
        ({"reason": " "}, "reason"),
    ],
)
async def test_a_wrong_cell_comes_back_with_its_fault(
    changes: dict[str, str], field: str, book: Book, encounter: Encounter, browser: httpx.AsyncClient
) -> None:
    response = await browser.post("/setup/enrolments/edit", data=cell(encounter, note="keep me", **changes))

    assert response.status_code == 422
    assert f'id="enrolment-{field}-fault"' in response.text
    assert 'value="keep me"' in response.text
    assert "Input should" not in response.text
    assert rows(book) == []


async def test_gaps_and_what_is_due_are_shown_alone(
    book: Book, encounter: Encounter, supervisor: httpx.AsyncClient
) -> None:
    for number, told in enumerate(
        (
            cell(encounter, recheck_on="2026-03-02"),
            cell(encounter, kind="835", state="requested"),
            cell(encounter, kind="eft", state="not_needed", recheck_on="2026-03-03"),
        )
    ):
        key = {"Idempotency-Key": f"key-0000001{number}"}
        assert (await supervisor.put("/api/v1/enrolments", json=told, headers=key)).status_code == 200
    shown = {
        show: [one["kind"] for one in (await supervisor.get(f"/api/v1/enrolments?show={show}")).json()]
        for show in ("all", "gaps", "due")
    }
    page = (await supervisor.get("/setup/enrolments?show=gaps")).text

    assert shown == {"all": ["837", "835", "eft"], "gaps": ["835"], "due": ["837"]}
    assert "835: requested, gap" in page
    assert "EFT" not in re.sub(r"<option.*", "", page.split("<table")[1])
    assert (await supervisor.get("/api/v1/enrolments?show=some")).status_code == 422


async def test_a_missing_row_is_a_gap_only_where_the_policy_asks_for_rows(
    book: Book, encounter: Encounter, supervisor: httpx.AsyncClient
) -> None:
    before = (await supervisor.get("/api/v1/enrolments?show=gaps")).json()
    with book.database.writing() as session:
        name, day = "hold_without_enrolment", date(2026, 1, 1)
        office.set_policy(session, practice_id=book.practice_id, name=name, value=1, effective_from=day)
    gaps = (await supervisor.get("/api/v1/enrolments?show=gaps")).json()

    assert before == []
    assert [(one["npi"], one["kind"], one["words"]) for one in gaps] == [
        (BILLING, "837", "no row"),
        (RENDERING, "contract", "no row"),
    ]


async def test_a_file_is_shown_first_and_its_bad_rows_are_named_by_line(
    book: Book, encounter: Encounter, browser: httpx.AsyncClient
) -> None:
    wait_for_it(book, encounter)
    preview = (await browser.post("/setup/enrolments/preview", files={"file": ("matrix.csv", FILE.encode())})).text
    before = rows(book)
    done = [await browser.post("/setup/enrolments/file", data=hidden(preview)) for _ in range(2)]

    assert before == []
    assert "2 would be added, 0 changed, 0 there already; 3 cannot be taken" in preview
    assert "Line 4: the same provider, payer and kind stand in line 3" in preview
    assert "Line 5: no payer has the number 99999" in preview
    faults = "npi must be ten digits with a right check digit; payer_number must not be empty; kind must be one of"
    assert f"Line 6: {faults}" in preview
    assert rows(book) == [(RENDERING, "contract", "requested"), (BILLING, "837", "active")]
    assert [one.headers["location"] for one in done] == ["/setup/enrolments?saved=2&released=0"] * 2
    again = (await browser.post("/setup/enrolments/preview", data={"pasted": FILE})).text
    assert "0 would be added, 0 changed, 2 there already" in again


async def test_a_program_takes_a_file_and_hears_what_it_released(
    book: Book, encounter: Encounter, supervisor: httpx.AsyncClient
) -> None:
    wait_for_it(book, encounter)
    good = FILE.replace("requested", "active")
    preview = (await supervisor.post("/api/v1/enrolments/preview", content=good)).json()
    taken = (await supervisor.post("/api/v1/enrolments", content=good, headers=KEY)).json()
    empty = await supervisor.post("/api/v1/enrolments", content="npi\n", headers={"Idempotency-Key": "key-00000009"})

    assert [one["line"] for one in preview["added"]] == [2, 3]
    assert (taken["written"], taken["released"]) == (2, 1)
    assert [one["line"] for one in taken["faults"]] == [4, 5, 6]
    assert empty.json()["faults"][0]["message"].endswith("missing: payer_number, kind, state")


async def test_who_is_credentialing_keeps_the_matrix_but_no_prices(book: Book, encounter: Encounter) -> None:
    told = cell(encounter)
    async with book.signed_in(Role.CREDENTIALING) as clerk:
        page = (await clerk.get("/setup/enrolments")).text
        form = await clerk.get("/setup/enrolments/edit")
        kept = await clerk.put("/api/v1/enrolments", json=told, headers=KEY)
        prices = (await clerk.get("/setup/charges")).text
    assert "Add an enrolment" in page
    assert (form.status_code, kept.status_code, len(rows(book))) == (200, 200, 1)
    assert "Take prices from a file" not in prices


async def test_nobody_else_of_the_practice_changes_the_matrix(book: Book, encounter: Encounter) -> None:
    told = cell(encounter)
    async with book.connect(Role.BILLER) as reader, book.connect(token=book.stranger) as stranger:
        page = (await reader.get("/setup/enrolments")).text
        statuses = [
            (await reader.put("/api/v1/enrolments", json=told, headers=KEY)).status_code,
            (await reader.post("/api/v1/enrolments", content=FILE, headers=KEY)).status_code,
            (await reader.get("/setup/enrolments/edit")).status_code,
            (await reader.post("/setup/enrolments/edit", data=told)).status_code,
            (await reader.post("/setup/enrolments/file", data={"csv": FILE})).status_code,
            (await stranger.put("/api/v1/enrolments", json=told, headers=KEY)).status_code,
            (await stranger.post("/api/v1/enrolments", content=FILE, headers=KEY)).status_code,
        ]
        theirs = (await stranger.get("/api/v1/enrolments")).json()
        their_page = (await stranger.get("/setup/enrolments")).text

    assert statuses == [403, 403, 403, 403, 403, 422, 422]
    assert "Add an enrolment" not in page
    assert "Plain Health" in page
    assert theirs == []
    assert "There is nobody to enrol yet" in their_page
    assert rows(book) == []
