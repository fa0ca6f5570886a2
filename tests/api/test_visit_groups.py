"""Parting and joining by API and page: looked at first, done once, told to everybody, and to nobody else."""

from datetime import date
from typing import Any

import pytest
from sqlmodel import select

from billing.roles import Role
from billing.stages import Stage
from database import encounters, visit_groups
from database.columns import new_id
from database.tables import AuditEvent, Encounter
from tests.api import builders
from tests.api.conftest import Book
from tests.api.page_forms import inputs_of

WHY = "the plan wants it"
CORRECTION = {"corrections": "line.1.units = 2", "reason": "two were given"}


def key() -> dict[str, str]:
    return {"Idempotency-Key": new_id()}


def a_visit(book: Book, day: int, *, stage: Stage = Stage.SCRUBBING, **changes: Any) -> Encounter:
    """A visit of March that is coded and not sent."""
    lines = [
        {"procedure": code, "service_date": f"2026-03-{day:02d}", "charge": "10.00"} for code in ("97110", "97140")
    ]
    claim = builders.claim(external_id=f"V{day}", lines=lines, **changes)
    with book.database.writing() as session:
        row, _ = encounters.create(
            session,
            claim,
            practice_id=book.practice_id,
            partner_id=book.partner_id,
            external_id=f"V{day}",
            at=book.now,
        )
        row.stage = stage
        session.add(row)
    return row


def stored(book: Book, encounter_id: str) -> Encounter:
    with book.database.reading() as session:
        return session.get_one(Encounter, encounter_id)


async def test_a_visit_is_parted_once_however_often_it_was_sent(book: Book) -> None:
    visit = a_visit(book, 1)
    headers = key()
    path = f"/api/v1/encounters/{visit.id}"
    async with book.signed_in(Role.BILLER) as client:
        answers = [
            await client.post(f"{path}/part", json={"lines": "2", "reason": WHY}, headers=headers) for _ in range(2)
        ]
        again = await client.post(f"{path}/part", json={"lines": "2", "reason": WHY}, headers=key())
        shown = (await client.get(path)).json()
        page = (await client.get(f"/encounters/{visit.id}")).text
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    [other] = answers[0].json()["parts"]
    assert (again.status_code, again.json()["faults"][0]["field"]) == (422, "lines")
    assert [one["id"] for one in shown["group"]["parts"]] == [visit.id, other]
    assert shown["group"]["because"] == f"a person wanted it: {WHY}"
    assert f"/encounters/{other}" in page
    assert "Parted into 2 claims" in page
    assert [one["procedure"] for one in shown["lines"]] == ["97110"]
    with book.database.reading() as session:
        told = session.exec(select(AuditEvent.reason).where(AuditEvent.subject_id == visit.id)).all()
    assert f"parted, lines 2: {WHY}" in told


@pytest.mark.parametrize("lines", ["", "0", "3", "1,2", "1-2", "x", "2-", "99999999999"])
async def test_lines_that_are_none_are_told_at_their_field(lines: str, book: Book) -> None:
    visit = a_visit(book, 1)
    async with book.signed_in(Role.BILLER) as client:
        refused = await client.post(
            f"/api/v1/encounters/{visit.id}/part", json={"lines": lines, "reason": WHY}, headers=key()
        )
    assert (refused.status_code, refused.json()["faults"][0]["field"]) == (422, "lines")


async def test_a_visit_that_is_not_coded_is_not_parted_yet(book: Book) -> None:
    visit = a_visit(book, 1, stage=Stage.CODING)
    async with book.signed_in(Role.BILLER) as client:
        refused = await client.post(
            f"/api/v1/encounters/{visit.id}/part", json={"lines": "2", "reason": WHY}, headers=key()
        )
    assert refused.status_code == 409
    assert "once it is coded" in refused.json()["detail"]


async def test_visits_are_looked_at_joined_and_taken_out(book: Book) -> None:
    first, second = a_visit(book, 1), a_visit(book, 2)
    path = f"/api/v1/encounters/{second.id}"
    async with book.signed_in(Role.BILLER) as client:
        offered = (await client.get(f"{path}/joinable")).json()
        looked = (await client.get(f"{path}/join", params={"visit": first.id})).json()
        assert stored(book, second.id).billed_with_id is None
        joined = await client.post(f"{path}/join", json={"visits": [first.id], "reason": WHY}, headers=key())
        shown = (await client.get(f"/api/v1/encounters/{first.id}")).json()
        member = (await client.get(path)).json()
        page = (await client.get(f"/encounters/{second.id}")).text
        again = await client.post(f"{path}/join", json={"visits": [first.id], "reason": WHY}, headers=key())
        amended = await client.post(
            f"{path}/amendments",
            json={"change": "correct", "values": {"corrections": "line.1.units = 2", "reason": "x"}},
            headers=key(),
        )
        out = await client.post(f"{path}/take-out", json={"reason": WHY}, headers=key())
        twice = await client.post(f"{path}/take-out", json={"reason": WHY}, headers=key())
    assert [one["id"] for one in offered] == [first.id]
    assert (looked["owner_id"], looked["charge_cents"]) == (first.id, 4000)
    assert [one["visit"] for one in looked["lines"]] == ["V1", "V1", "V2", "V2"]
    assert joined.json() == {"encounter_id": first.id, "billed_with_it": [second.id]}
    assert [(one["id"], one["lines"]) for one in shown["group"]["bills"]] == [(second.id, [3, 4])]
    assert (member["stage"], member["group"]["billed_with"]["id"]) == ("billed_with", first.id)
    assert (member["charge_cents"], shown["charge_cents"]) == (0, 4000)
    assert "Billed with visit" in page
    assert (again.status_code, amended.status_code) == (409, 409)
    assert (out.status_code, twice.status_code) == (200, 409)
    assert stored(book, second.id).charge_cents == stored(book, first.id).charge_cents == 2000


async def test_what_does_not_fit_is_named_before_anything_is_done(book: Book) -> None:
    first, second = a_visit(book, 1), a_visit(book, 2, authorization="A77", referral="R8")
    async with book.signed_in(Role.BILLER) as client:
        path = f"/api/v1/encounters/{first.id}/join"
        looked = await client.get(path, params={"visit": second.id})
        joined = await client.post(path, json={"visits": [second.id], "reason": WHY}, headers=key())
        nothing = await client.get(f"/encounters/{first.id}/join", params={"look": "yes"})
        assert (nothing.status_code, "No visit is chosen" in nothing.text) == (422, True)
        page = await client.get(f"/encounters/{first.id}/join", params={"visit": second.id})
        none = await client.post(f"/encounters/{first.id}/join", data={"reason": WHY, "key": new_id()})
    assert [one.status_code for one in (looked, joined, page, none)] == [409, 409, 409, 422]
    words = [one["message"] for one in joined.json()["faults"]]
    assert words == [f"visit V2 has another {what} than visit V1" for what in ("authorization", "referral")]
    assert words[0] in page.text


async def test_another_practices_visits_are_nowhere(book: Book) -> None:
    first, second = a_visit(book, 1), a_visit(book, 2)
    async with book.connect(token=book.stranger) as client:
        path = f"/api/v1/encounters/{first.id}"
        answers = [
            await client.post(f"{path}/part", json={"lines": "2", "reason": WHY}, headers=key()),
            await client.get(f"{path}/joinable"),
            await client.get(f"{path}/join", params={"visit": second.id}),
            await client.post(f"{path}/join", json={"visits": [second.id], "reason": WHY}, headers=key()),
            await client.post(f"{path}/take-out", json={"reason": WHY}, headers=key()),
            await client.get(f"/encounters/{first.id}/join"),
        ]
    assert [one.status_code for one in answers] == [404] * 6
    async with book.signed_in(Role.BILLER) as client:
        mixed = await client.post(f"{path}/join", json={"visits": ["NOTHING"], "reason": WHY}, headers=key())
    assert mixed.status_code == 404


async def test_the_page_joins_what_was_looked_at(book: Book) -> None:
    first, second = a_visit(book, 1), a_visit(book, 2)
    async with book.signed_in(Role.BILLER) as client:
        page = await client.get(f"/encounters/{first.id}/join", params={"visit": second.id})
        assert "The claim before it is made" in page.text
        path = f"/encounters/{first.id}/join"
        typed = {name: text for name, text in inputs_of(page.text).items() if name in {"key", f"visit.{second.id}"}}
        empty = await client.post(path, data=typed | {"reason": ""})
        done = [await client.post(path, data=typed | {"reason": WHY}) for _ in range(2)]
    assert [(one.status_code, one.headers["location"].split("?")[0]) for one in done] == [
        (303, f"/encounters/{first.id}")
    ] * 2
    assert empty.status_code == 422
    with book.database.reading() as session:
        assert [one.id for one in visit_groups.billed_with(session, first.id)] == [second.id]


async def test_a_visit_of_sixty_lines_is_taken_in(book: Book) -> None:
    line = {"procedure": "97110", "service_date": str(date(2026, 3, 1)), "charge": "10.00"}
    async with book.signed_in(Role.FRONT_DESK) as client:
        answer = await client.post("/api/v1/encounters", json=builders.visit(lines=[line] * 60), headers=key())
    assert answer.status_code == 201, answer.text
