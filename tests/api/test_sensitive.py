"""Sensitive records: marked and unmarked, kept from who is not named, opened by breaking the glass, looked at after."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import col, select

from billing.roles import Role
from billing.tasks import NewTask, TaskType
from database import audit, patient_names, sensitive
from database.access import Person
from database.columns import new_id
from database.engine import Database
from database.tables import AuditEvent, Encounter, Patient, Policy, SensitiveRecord, Task, User
from tests.api import builders
from tests.api.conftest import OPENED, Book, open_book
from tests.api.page_forms import faults_of, inputs_of
from tests.databases import empty, kind, postgres

__all__ = ["empty", "kind", "postgres"]

WHY = "the payer asks about this claim"
MARK = {"kind": "staff", "reason": "sister of the front desk"}


@pytest.fixture
def book(empty: Database, tmp_path: Path) -> Book:
    """The same office on either database."""
    return open_book(empty, tmp_path)


@pytest.fixture
async def chief(book: Book) -> AsyncIterator[httpx.AsyncClient]:
    async with book.connect(Role.SUPERVISOR) as client:
        yield client


@pytest.fixture
async def biller(book: Book) -> AsyncIterator[httpx.AsyncClient]:
    async with book.connect(Role.BILLER) as client:
        yield client


@pytest.fixture
async def visit(book: Book, chief: httpx.AsyncClient) -> Encounter:
    """A visit of a sensitive patient, whom only the supervisor may see."""
    encounter = book.encounter()
    assert (await mark(chief, encounter.patient_id)).status_code == 200
    return encounter


def key() -> dict[str, str]:
    return {"Idempotency-Key": new_id()}


def user_id(book: Book, role: Role) -> str:
    with book.database.reading() as session:
        return session.exec(select(User.id).where(User.login == f"first-{role}")).one()


async def mark(chief: httpx.AsyncClient, patient_id: str, **said: Any) -> httpx.Response:
    return await chief.put(f"/api/v1/patients/{patient_id}/sensitivity", json=MARK | said, headers=key())


async def break_glass(client: httpx.AsyncClient, patient_id: str, reason: str = WHY) -> httpx.Response:
    return await client.post(f"/api/v1/patients/{patient_id}/break-glass", json={"reason": reason}, headers=key())


async def test_who_is_on_the_list_sees_the_record_and_who_is_not_does_not(
    book: Book, visit: Encounter, chief: httpx.AsyncClient
) -> None:
    coder = user_id(book, Role.CODER)
    changed = await mark(chief, visit.patient_id, version=1, viewers=[coder])
    seen = {}
    for role in (Role.CODER, Role.BILLER, Role.AUDITOR, Role.SUPERVISOR):
        async with book.connect(role) as client:
            seen[role] = (await client.get(f"/api/v1/encounters/{visit.id}")).status_code

    assert changed.json()["version"] == 2
    assert seen == {Role.CODER: 200, Role.BILLER: 403, Role.AUDITOR: 403, Role.SUPERVISOR: 200}


async def test_a_refusal_says_what_it_is_and_is_written_down(
    book: Book, visit: Encounter, biller: httpx.AsyncClient
) -> None:
    answer = await biller.get(f"/api/v1/encounters/{visit.id}")
    with book.database.reading() as session:
        event = session.exec(select(AuditEvent).where(AuditEvent.action == "refuse")).one()

    problem = answer.json()
    assert (problem["type"].rpartition("/")[2], problem["patient_id"]) == ("sensitive", visit.patient_id)
    assert builders.SURNAME not in answer.text
    assert event.reason == f"sensitive record of patient {visit.patient_id}"


async def test_a_broken_glass_opens_for_a_while_for_one_person_and_stands_in_the_chain(
    book: Book, visit: Encounter, biller: httpx.AsyncClient
) -> None:
    broken = await break_glass(biller, visit.patient_id)
    opened = await biller.get(f"/api/v1/encounters/{visit.id}")
    async with book.connect(Role.CODER) as coder:
        other = await coder.get(f"/api/v1/encounters/{visit.id}")
    book.wait(minutes=59)
    still = await biller.get(f"/api/v1/encounters/{visit.id}")
    book.wait(minutes=1)
    over = await biller.get(f"/api/v1/encounters/{visit.id}")
    with book.database.reading() as session:
        event = session.exec(select(AuditEvent).where(AuditEvent.action == "break_glass")).one()
        whole = audit.check(session)

    assert broken.json()["until"] == "2026-03-02T10:00:00+00:00"
    statuses = [one.status_code for one in (broken, opened, other, still, over)]
    assert statuses == [201, 200, 403, 200, 403]
    assert builders.SURNAME in opened.text
    assert (event.subject, event.subject_id) == ("patient", visit.patient_id)
    assert event.actor_id == user_id(book, Role.BILLER)
    assert WHY not in event.reason, "the chain carries ids and codes alone"
    assert whole[1] == []


async def test_how_long_it_opens_is_a_policy(book: Book, visit: Encounter, biller: httpx.AsyncClient) -> None:
    with book.database.writing() as session:
        policy = Policy(
            id=new_id(),
            practice_id=book.practice_id,
            name="break_glass_minutes",
            value=5,
            effective_from=OPENED.date(),
            source="test",
        )
        session.add(policy)
    await break_glass(biller, visit.patient_id)
    book.wait(minutes=5)

    assert (await biller.get(f"/api/v1/patients/{visit.patient_id}")).status_code == 403


@pytest.mark.parametrize("reason", ["", "   ", "x", "need it", "a b c d"])
async def test_a_reason_has_words(reason: str, visit: Encounter, biller: httpx.AsyncClient) -> None:
    answer = await break_glass(biller, visit.patient_id, reason)

    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["faults"]] == ["reason"]
    assert (await biller.get(f"/api/v1/patients/{visit.patient_id}")).status_code == 403


async def test_what_is_open_need_not_be_broken(book: Book, visit: Encounter, biller: httpx.AsyncClient) -> None:
    async with book.connect(Role.SUPERVISOR) as chief:
        never = await break_glass(chief, visit.patient_id)
    await break_glass(biller, visit.patient_id)
    again = await break_glass(biller, visit.patient_id)
    unknown = await break_glass(biller, "nobody")

    assert [one.status_code for one in (never, again, unknown)] == [409, 409, 404]


async def test_a_supervisor_looks_at_each_broken_glass(
    book: Book, visit: Encounter, biller: httpx.AsyncClient, chief: httpx.AsyncClient
) -> None:
    await break_glass(biller, visit.patient_id)
    [glass] = (await chief.get("/api/v1/audit/broken-glasses")).json()
    form = {"resolution": "not_warranted", "values": {"reason": "no claim was asked about"}}
    own = await biller.post(f"/api/v1/tasks/{glass['task_id']}/complete", json=form, headers=key())
    done = await chief.post(f"/api/v1/tasks/{glass['task_id']}/complete", json=form, headers=key())
    [after] = (await chief.get("/api/v1/audit/broken-glasses")).json()
    async with book.connect(Role.AUDITOR) as auditor:
        [masked] = (await auditor.get("/api/v1/audit/broken-glasses")).json()
        page = (await auditor.get("/audit/broken-glasses")).text

    assert (glass["who"], glass["reason"], glass["resolution"]) == ("Biller", WHY, None)
    assert (own.status_code, done.status_code) == (403, 200)
    assert (after["resolution"], after["reviewed_by"]) == ("not_warranted", "Supervisor")
    assert (masked["patient"], masked["reason"]) == (patient_names.MASK, patient_names.UNREAD)
    assert "not warranted" in page


async def test_whoever_marks_needs_the_right_and_each_act_is_in_the_chain(
    book: Book, visit: Encounter, biller: httpx.AsyncClient, chief: httpx.AsyncClient
) -> None:
    patient_id = visit.patient_id
    refused = await mark(biller, patient_id)
    stale = await mark(chief, patient_id, version=0)
    nobody = await mark(chief, patient_id, version=1, viewers=["nobody"])
    end = f"/api/v1/patients/{patient_id}/sensitivity/end"
    ended = await chief.post(end, json={"reason": "left the office", "version": 1}, headers=key())
    twice = await chief.post(end, json={"reason": "left the office", "version": 1}, headers=key())
    with book.database.reading() as session:
        query = (
            select(AuditEvent.action).where(col(AuditEvent.action).endswith("_sensitive")).order_by(col(AuditEvent.id))
        )
        acts = session.exec(query).all()
        row = session.exec(select(SensitiveRecord)).one()

    assert [one.status_code for one in (refused, stale, nobody, ended, twice)] == [403, 409, 422, 200, 409]
    assert acts == ["mark_sensitive", "unmark_sensitive"]
    assert (row.reason, row.ended_why) == (MARK["reason"], "left the office")
    assert (await biller.get(f"/api/v1/patients/{patient_id}")).status_code == 200
    assert (await mark(chief, patient_id)).status_code == 200, "a mark that ended leaves room for another"


async def test_a_page_offers_to_break_the_glass_and_leads_on_to_what_was_asked_for(
    book: Book, visit: Encounter
) -> None:
    asked = f"/encounters/{visit.id}"
    async with book.signed_in(Role.BILLER) as browser:
        refused = await browser.get(asked)
        form = inputs_of(refused.text)
        short = await browser.post(f"/patients/{visit.patient_id}/break-glass", data=form | {"reason": "because"})
        done = await browser.post(f"/patients/{visit.patient_id}/break-glass", data=form | {"reason": WHY})
        opened = await browser.get(done.headers["location"])
        patient = await browser.get(f"/patients/{visit.patient_id}")

    assert refused.status_code == 403
    assert "Break the glass" in refused.text
    assert builders.SURNAME not in refused.text
    assert (short.status_code, list(faults_of(short.text)), ">because</textarea>" in short.text) == (
        422,
        ["glass-reason"],
        True,
    )
    assert inputs_of(short.text)["back"] == asked
    assert (done.status_code, done.headers["location"]) == (303, asked)
    assert (opened.status_code, patient.status_code) == (200, 200)
    assert '<span class="tag">sensitive</span>' in patient.text


async def test_a_form_that_comes_after_the_glass_closed_gives_back_what_was_typed(book: Book, visit: Encounter) -> None:
    async with book.signed_in(Role.BILLER) as browser:
        form = {"text": "called, and they look into it", "key": new_id()}
        closed = await browser.post(f"/notes/encounter/{visit.id}", data=form)

    assert closed.status_code == 403
    assert "called, and they look into it" in closed.text
    assert form["key"] not in closed.text


async def test_the_mark_is_set_and_taken_away_on_a_page(book: Book) -> None:
    visit = book.encounter()
    url = f"/patients/{visit.patient_id}/sensitivity"
    async with book.signed_in(Role.SUPERVISOR) as browser:
        form = inputs_of((await browser.get(url)).text)
        chosen = {f"viewer.{user_id(book, Role.CODER)}": "on"}
        said = {"key": form["key"], "version": form["version"]}
        empty = await browser.post(url, data=said | chosen | {"kind": "", "reason": ""})
        done = await browser.post(url, data=said | chosen | MARK)
        page = (await browser.get(url)).text
        ended = await browser.post(f"{url}/end", data={"reason": "a mistake", "version": "1", "key": new_id()})
        after = (await browser.get(url)).text
    async with book.signed_in(Role.CODER) as coder:
        shown = (await coder.get(url)).text

    assert (empty.status_code, sorted(faults_of(empty.text))) == (422, ["mark-kind", "mark-reason"])
    assert f'name="viewer.{user_id(book, Role.CODER)}" value="on" checked' in empty.text
    assert (done.status_code, ended.status_code) == (303, 303)
    assert "sister of the front desk" in page
    assert "Nobody is on the list" not in page
    assert "Not marked as sensitive" in after
    assert 'name="kind"' not in shown


async def test_a_task_stands_on_the_lists_under_a_mask_and_is_worked_after_the_glass_is_broken(
    book: Book, visit: Encounter, biller: httpx.AsyncClient
) -> None:
    new = NewTask(TaskType.CLAIM_REJECTED, key="1", reason="F32.1 is not covered", detail={"codes": "F32.1"})
    task = book.task(new, subject_id=visit.id)
    [row] = (await biller.get("/api/v1/tasks")).json()["items"]
    async with book.signed_in(Role.BILLER) as browser:
        lists = [(await browser.get(path)).text for path in ("/", "/my-day")]
    refused = [await biller.post(f"/api/v1/tasks/{task.id}/take"), await biller.get(f"/api/v1/tasks/{task.id}")]
    await break_glass(biller, visit.patient_id)
    opened = await biller.get(f"/api/v1/tasks/{task.id}")

    assert (row["id"], row["patient"], row["reason"], row["detail"]) == (
        task.id,
        patient_names.MASK,
        patient_names.UNREAD,
        {},
    )
    assert all(patient_names.MASK in one and "F32.1" not in one and builders.SURNAME not in one for one in lists)
    assert [one.status_code for one in refused] == [403, 403]
    assert opened.json()["reason"] == "F32.1 is not covered"


async def test_an_account_is_kept_for_everybody_whose_shares_stand_on_it(
    book: Book, visit: Encounter, biller: httpx.AsyncClient
) -> None:
    with book.database.writing() as session:
        guardian = Patient(
            id=new_id(),
            practice_id=book.practice_id,
            identity_key=new_id(),
            last_name="GUARDIAN",
            created_at=OPENED,
        )
        session.add(guardian)
        session.flush()
        session.get_one(Patient, visit.patient_id).account_id = guardian.id
    account = await biller.get(f"/api/v1/accounts/{guardian.id}")
    patient = await biller.get(f"/api/v1/patients/{guardian.id}")

    assert (account.status_code, account.json()["patient_id"]) == (403, visit.patient_id)
    assert patient.status_code == 200


async def test_a_merge_keeps_the_whole_person(
    book: Book, visit: Encounter, biller: httpx.AsyncClient, chief: httpx.AsyncClient
) -> None:
    body = {"last_name": "ELSE", "first_name": "SOMEBODY", "birth_date": "1970-05-01"}
    other = (await chief.post("/api/v1/patients", json=body, headers=key())).json()["patient_id"]
    before = await biller.get(f"/api/v1/patients/{other}")
    merged = await chief.post(
        f"/api/v1/patients/{other}/merge",
        json={"gone_id": visit.patient_id, "reason": "the same person"},
        headers=key(),
    )
    after = await biller.get(f"/api/v1/patients/{other}")
    moved = await biller.get(f"/api/v1/encounters/{visit.id}")
    await break_glass(biller, other)
    opened = await biller.get(f"/api/v1/encounters/{visit.id}")

    assert merged.status_code == 201, merged.text
    assert [one.status_code for one in (before, after, moved, opened)] == [200, 403, 403, 200]


async def test_who_looks_for_somebody_known_twice_does_not_find_who_is_kept(
    book: Book, visit: Encounter, biller: httpx.AsyncClient, chief: httpx.AsyncClient
) -> None:
    with book.database.reading() as session:
        known = session.get_one(Patient, visit.patient_id)
    body = {"last_name": known.last_name, "first_name": known.first_name, "is_another_person": True}
    twin = await chief.post("/api/v1/patients", json=body | {"birth_date": str(known.birth_date)}, headers=key())
    url = f"/api/v1/patients/{twin.json()['patient_id']}/duplicates"
    found = [[one["patient_id"] for one in (await client.get(url)).json()] for client in (biller, chief)]

    assert found == [[], [visit.patient_id]]


async def test_a_namesakes_page_does_not_say_that_somebody_is_kept(
    book: Book, visit: Encounter, biller: httpx.AsyncClient, chief: httpx.AsyncClient
) -> None:
    with book.database.reading() as session:
        known = session.get_one(Patient, visit.patient_id)
    body = {"last_name": known.last_name, "first_name": known.first_name, "is_another_person": True}
    twin = await chief.post("/api/v1/patients", json=body | {"birth_date": str(known.birth_date)}, headers=key())
    url = f"/api/v1/patients/{twin.json()['patient_id']}"
    shown = [(await client.get(url)).json()["other_coverages"] for client in (biller, chief)]

    assert [[one["id"] for one in several] for several in shown] == [[], [visit.patient_id]]


async def test_a_program_follows_the_same_rule(book: Book, visit: Encounter, chief: httpx.AsyncClient) -> None:
    body = builders.visit() | {"patient_id": visit.patient_id, "external_id": "VISIT-2"}
    async with book.connect(Role.INTEGRATION) as program:
        refused = await program.post("/api/v1/encounters", json=body, headers=key())
        listed = await mark(chief, visit.patient_id, version=1, viewers=[user_id(book, Role.INTEGRATION)])
        taken = await program.post("/api/v1/encounters", json=body, headers=key())
        broken = await break_glass(program, visit.patient_id)

    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (403, "sensitive")
    assert (listed.status_code, taken.status_code, broken.status_code) == (200, 201, 403)


async def test_names_are_masked_for_one_request_and_no_longer(
    book: Book, visit: Encounter, biller: httpx.AsyncClient
) -> None:
    await biller.get("/api/v1/encounters")

    assert not patient_names.is_kept(visit.patient_id)


def test_another_practices_marks_say_nothing(book: Book) -> None:
    visit = book.encounter()
    with book.database.writing() as session:
        session.add(
            SensitiveRecord(
                id=new_id(),
                practice_id=book.practice_id,
                patient_id=visit.patient_id,
                kind="other",
                reason="x",
                marked_at=OPENED,
                marked_by=user_id(book, Role.SUPERVISOR),
            )
        )
    with book.database.reading() as session:
        here = Person("nobody", book.practice_id, "Somebody", frozenset({Role.BILLER}))
        there = Person("nobody", "another", "Somebody", frozenset({Role.BILLER}))

        assert sensitive.kept_from(session, here, at=OPENED) == {visit.patient_id}
        assert sensitive.kept_from(session, there, at=OPENED) == set()


async def test_a_task_of_a_broken_glass_is_one_a_glass(book: Book, visit: Encounter, biller: httpx.AsyncClient) -> None:
    same = key()
    url = f"/api/v1/patients/{visit.patient_id}/break-glass"
    first = await biller.post(url, json={"reason": WHY}, headers=same)
    second = await biller.post(url, json={"reason": WHY}, headers=same)
    with book.database.reading() as session:
        tasks = session.exec(select(Task).where(Task.type == TaskType.GLASS_BROKEN)).all()

    assert first.json() == second.json()
    assert [one.role for one in tasks] == [Role.SUPERVISOR]
