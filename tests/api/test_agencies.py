"""Collection agencies over HTTP and on their pages: kept, told, answered, taken back, and nobody else's."""

import hashlib
from datetime import UTC, datetime

import pytest

from activities import agencies as placing
from billing.roles import Role
from database import agencies
from database.columns import new_id
from database.tables import BalanceItem, Placement
from tests.api.conftest import Book

PATH = "/api/v1/agencies"
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)


def key() -> dict[str, str]:
    return {"Idempotency-Key": new_id()}


def placed(book: Book, *, cents: int = 4000) -> Placement:
    visit = book.encounter()
    with book.database.writing() as session:
        agency = agencies.named(session, "Example Recovery", practice_id=visit.practice_id, at=AT)
        item = BalanceItem(
            encounter_id=visit.id, practice_id=visit.practice_id, patient_id=visit.patient_id, due_since=AT
        )
        return placing.place(session, item, cents, agency, actor_id="someone", at=AT)


async def test_an_agency_is_added_once_and_changed(book: Book) -> None:
    form = {"name": "Example Recovery", "fee_percent": "27.5", "number_form": "ZB-{reference}", "reached": "portal"}
    async with book.connect(Role.SUPERVISOR) as client:
        again = key()
        said = [(await client.post(PATH, json=form, headers=again)).json() for _ in range(2)]
        assert said[0] == said[1]
        home = f"{PATH}/{said[0]['agency_id']}"
        twice = await client.post(PATH, json={"name": "EXAMPLE recovery"}, headers=key())
        assert (twice.status_code, twice.json()["faults"][0]["field"]) == (422, "name")
        assert (await client.put(home, json=form | {"fee_percent": "30"}, headers=key())).status_code == 200
        [found] = (await client.get(PATH)).json()
    assert (found["name"], found["fee_percent"], found["number_form"]) == ("Example Recovery", "30", "ZB-{reference}")
    async with book.connect(token=book.stranger) as client:
        assert (await client.get(home)).status_code == 404
        assert (await client.get(PATH)).json() == []
    async with book.connect(Role.ACCOUNT_REP) as client:
        assert (await client.post(PATH, json=form, headers=key())).status_code == 403


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "A", "fee_percent": "101"}, "fee_percent"),
        ({"name": "A", "number_form": "ZB"}, "number_form"),
        ({"name": "A", "number_form": "={reference}"}, "number_form"),
    ],
)
async def test_what_makes_no_sense_is_refused_at_its_field(book: Book, form: dict[str, str], field: str) -> None:
    async with book.connect(Role.SUPERVISOR) as client:
        refused = await client.post(PATH, json=form, headers=key())
    assert (refused.status_code, refused.json()["faults"][0]["field"]) == (422, field)


async def test_files_go_out_and_come_in_as_they_are(book: Book) -> None:
    row = placed(book)
    home = f"{PATH}/{row.agency_id}"
    async with book.connect(Role.ACCOUNT_REP) as client:
        written = (await client.post(f"{home}/files", headers=key())).json()
        content = (await client.get(f"{home}/files/{written['file_id']}")).content
        assert hashlib.sha256(content).hexdigest() == written["sha256"]
        assert (await client.post(f"{home}/files", headers=key())).status_code == 409
        body = f"reference,action\n{row.id},acknowledge\nelse,acknowledge\n".encode()
        said = [(await client.post(f"{home}/answers", content=body)).json() for _ in range(2)]
        assert [(one["is_new"], one["taken"], one["faults"][0]["line"]) for one in said] == [
            (True, 1, 3),
            (False, 0, 3),
        ]
        bad = await client.post(f"{home}/answers", content=b"reference,action\nx,dance\n")
        assert (bad.status_code, bad.json()["faults"][0]["field"]) == (422, "line 2")
        found = (await client.get(home)).json()
    assert [one["state"] for one in found["placements"]] == ["acknowledged"]
    assert [one["is_ours"] for one in found["files"]].count(True) == 1
    async with book.connect(token=book.stranger) as client:
        assert (await client.get(f"{home}/files/{written['file_id']}")).status_code == 404
        assert (await client.post(f"{home}/answers", content=body)).status_code == 404


async def test_a_placement_is_taken_back_once_by_who_may(book: Book) -> None:
    row = placed(book)
    path = f"{PATH}/{row.agency_id}/placements/{row.id}/recall"
    async with book.connect(Role.ACCOUNT_REP) as client:
        assert (await client.post(path, json={"reason": "error"}, headers=key())).status_code == 403
    async with book.connect(Role.SUPERVISOR) as client:
        assert (await client.post(path, json={"reason": "other"}, headers=key())).status_code == 422
        assert (await client.post(path, json={"reason": "error"}, headers=key())).json() == {"recalled_cents": 4000}
        assert (await client.post(path, json={"reason": "error"}, headers=key())).status_code == 409


async def test_a_hold_on_a_placed_visit_suspends_it(book: Book) -> None:
    row = placed(book)
    async with book.connect(Role.ACCOUNT_REP) as client:
        hold = {"kind": "dispute", "encounter_id": row.encounter_id}
        assert (
            await client.post(f"/api/v1/accounts/{row.patient_id}/holds", json=hold, headers=key())
        ).status_code == 201
        [found] = (await client.get(f"{PATH}/{row.agency_id}")).json()["placements"]
    assert found["state"] == "suspended"


async def test_the_pages_show_and_do_the_same(book: Book) -> None:
    async with book.signed_in(Role.SUPERVISOR) as browser:
        assert "There is no agency yet" in (await browser.get("/agencies")).text
        row = placed(book)
        home = f"/agencies/{row.agency_id}"
        assert "Example Recovery" in (await browser.get("/agencies")).text
        assert "1 row waits" in (await browser.get(home)).text
        assert (await browser.post(f"{home}/files", data={"key": new_id()})).status_code == 303
        refused = await browser.post(f"{home}/files", data={"key": new_id()})
        assert (refused.status_code, "nothing new to tell" in refused.text) == (409, True)
        bad = await browser.post(f"{home}/answers", files={"file": ("a.csv", b"reference,action\nx,acknowledge\n")})
        assert (bad.status_code, "nothing that was placed" in bad.text) == (422, True)
        good = {"file": ("a.csv", f"reference,action\n{row.id},acknowledge\n".encode())}
        assert (await browser.post(f"{home}/answers", files=good)).status_code == 303
        assert "was taken before" in (await browser.post(f"{home}/answers", files=good)).text
        form = {"reason": "other", "words": "", "key": new_id()}
        assert "say why" in (await browser.post(f"{home}/placements/{row.id}/recall", data=form)).text
        form = {"reason": "dispute_upheld", "words": "", "key": new_id()}
        assert (await browser.post(f"{home}/placements/{row.id}/recall", data=form)).status_code == 303
        assert "recalled" in (await browser.get(home)).text
    async with book.signed_in(Role.AUDITOR) as browser:
        assert "Write the file" not in (await browser.get(home)).text
