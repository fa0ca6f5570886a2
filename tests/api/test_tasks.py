"""Tasks over REST: listed, shown with their form, completed by who may, through the encounter's workflow."""

import asyncio
import json
import sys
import types
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlmodel import select
from temporalio.client import WorkflowHandle

from activities import ids
from activities.messages import Answer, StartEncounter
from billing.roles import Role
from billing.tasks import NewTask, TaskType
from database import tasks
from database.tables import Command, Encounter, Task, TaskForm
from tests.api.conftest import Book
from tests.api.encounter_double import EncounterDouble
from tests.api.test_encounters import assert_is_problem
from tests.conftest import Engine

CODE_REVIEW = NewTask(TaskType.CODE_REVIEW, key="1", reason="diagnosis code is missing (field diagnoses)")
RECODED = {"resolution": "recoded", "values": {"corrections": "diagnoses = J06.9"}}


def key(word: str = "key") -> dict[str, str]:
    return {"Idempotency-Key": f"{word}-{uuid.uuid4()}"}


@pytest.fixture
def encounter(book: Book) -> Encounter:
    return book.encounter()


@pytest.fixture
def task(book: Book, encounter: Encounter) -> Task:
    return book.task(CODE_REVIEW, subject_id=encounter.id)


@pytest.fixture
async def running(book: Book, engine: Engine, encounter: Encounter) -> AsyncIterator[WorkflowHandle[Any, Any]]:
    """The encounter's workflow, by its double, and an application that reaches it."""
    book.open(engine.client)
    async with engine.worker([EncounterDouble]) as queue:
        yield await start(book, engine, encounter, queue)


async def start(book: Book, engine: Engine, encounter: Encounter, queue: str) -> WorkflowHandle[Any, Any]:
    return await engine.client.start_workflow(
        "EncounterBilling",
        StartEncounter(practice_id=book.practice_id, encounter_id=encounter.id),
        id=ids.encounter_workflow(book.practice_id, encounter.id),
        task_queue=queue,
    )


async def test_a_task_shows_why_it_exists_and_every_way_out(book: Book, task: Task) -> None:
    async with book.connect(Role.CODER) as coder:
        listed = (await coder.get("/api/v1/tasks?role=coder&type=code_review")).json()
        shown = (await coder.get(f"/api/v1/tasks/{task.id}")).json()

    assert [item["id"] for item in listed["items"]] == [task.id]
    assert shown["reason"] == CODE_REVIEW.reason
    assert shown["resolutions"][0]["name"] == "recoded"
    assert shown["resolutions"][0]["fields"][0]["name"] == "corrections"


@pytest.mark.parametrize("order", ["deadline", "amount"])
async def test_lists_come_by_deadline_or_by_money_page_by_page(order: str, book: Book, encounter: Encounter) -> None:
    for number, cents in enumerate([500, 900, 500, 100]):
        new = NewTask(TaskType.DENIAL_REVIEW, key=str(number), reason="refused", amount_cents=cents)
        book.wait(hours=1)
        book.task(new, subject_id=encounter.id)
    found: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    async with book.connect(Role.DENIALS) as specialist:
        while True:
            parameters = {"order": order, "limit": "1"} | after
            page = (await specialist.get("/api/v1/tasks", params=parameters)).json()
            found += page["items"]
            if page["next_after"] is None:
                break
            after = {"after": page["next_after"]}

    wanted = [500, 900, 500, 100] if order == "deadline" else [900, 500, 500, 100]
    assert [item["amount_cents"] for item in found] == wanted
    assert len({item["id"] for item in found}) == 4


async def test_a_task_is_completed_through_the_workflow_with_ids_alone(
    book: Book, task: Task, running: WorkflowHandle[Any, Any]
) -> None:
    async with book.connect(Role.CODER) as coder:
        response = await coder.post(f"/api/v1/tasks/{task.id}/complete", json=RECODED, headers=key())

    assert (response.status_code, response.json()["done"]) == (200, True)
    with book.database.reading() as session:
        form = session.exec(select(TaskForm)).one()
        assert json.loads(form.values) == RECODED["values"]
    history = str(await running.fetch_history())
    assert "J06" not in history


async def test_the_same_click_twice_is_one_completion(
    book: Book, task: Task, running: WorkflowHandle[Any, Any]
) -> None:
    once = key()
    async with book.connect(Role.CODER) as coder:
        path = f"/api/v1/tasks/{task.id}/complete"
        first, second = await asyncio.gather(*[coder.post(path, json=RECODED, headers=once) for _ in range(2)])
        another = await coder.post(path, json=RECODED, headers=key())

    assert (first.status_code, second.status_code) == (200, 200)
    assert_is_problem(another, 409, "task-not-open")


async def test_what_the_encounter_refuses_comes_back_with_its_faults(
    book: Book, task: Task, running: WorkflowHandle[Any, Any]
) -> None:
    async with book.connect(Role.CODER) as coder:
        response = await coder.post(f"/api/v1/tasks/{task.id}/complete", json=RECODED, headers=key("refused"))
        shown = (await coder.get(f"/api/v1/tasks/{task.id}")).json()

    assert response.status_code == 422
    assert response.json()["faults"] == [{"field": "corrections", "message": "line.9: no such field"}]
    assert shown["resolutions"][0]["fields"][0]["draft"] == "diagnoses = J06.9"


async def test_an_answer_that_takes_long_is_looked_up_later(
    book: Book, task: Task, running: WorkflowHandle[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = key("slow")
    async with book.connect(Role.CODER) as coder:
        response = await coder.post(f"/api/v1/tasks/{task.id}/complete", json=RECODED, headers=slow)
        later = await coder.get(response.headers["location"])

    assert response.status_code == 202
    assert response.headers["location"] == f"/api/v1/commands/{slow['Idempotency-Key']}"
    assert_is_problem(later, 404, "not-found")


async def test_without_a_worker_it_asks_to_repeat_with_the_same_key(
    book: Book, task: Task, engine: Engine, encounter: Encounter
) -> None:
    book.open(engine.client)
    handle = await start(book, engine, encounter, "nobody-listens")
    async with book.connect(Role.CODER) as coder:
        response = await coder.post(f"/api/v1/tasks/{task.id}/complete", json=RECODED, headers=key())
    await handle.terminate()

    assert_is_problem(response, 503, "engine-unavailable")
    assert response.headers["retry-after"] == "5"


async def test_an_encounter_that_does_not_run_is_said_so(book: Book, task: Task, engine: Engine) -> None:
    book.open(engine.client)
    async with book.connect(Role.CODER) as coder:
        response = await coder.post(f"/api/v1/tasks/{task.id}/complete", json=RECODED, headers=key())

    assert_is_problem(response, 409, "encounter-not-running")


async def test_without_an_engine_nothing_is_lost(book: Book, task: Task) -> None:
    async with book.connect(Role.CODER) as coder:
        response = await coder.post(f"/api/v1/tasks/{task.id}/complete", json=RECODED, headers=key())

    assert_is_problem(response, 503, "engine-unavailable")
    with book.database.reading() as session:
        assert session.exec(select(TaskForm.task_id)).one() == task.id


async def test_a_command_that_was_carried_out_is_answered_from_the_book(book: Book, task: Task) -> None:
    once = key()
    with book.database.writing() as session:
        from api.idempotency import fingerprint

        session.add(
            Command(
                practice_id=book.practice_id,
                idempotency_key=once["Idempotency-Key"],
                body_sha256=fingerprint("complete_task", task.id, [RECODED["resolution"], RECODED["values"]]),
                actor_id="somebody",
                name="complete_task",
                subject_id=task.subject_id,
                answer=Answer(done=True, code="done", message="done before").model_dump_json(),
                at=book.now,
            )
        )
    async with book.connect(Role.CODER) as coder:
        path = f"/api/v1/tasks/{task.id}/complete"
        same = await coder.post(path, json=RECODED, headers=once)
        other = await coder.post(path, json={"resolution": "recoded", "values": {}}, headers=once)
        shown = await coder.get(f"/api/v1/commands/{once['Idempotency-Key']}")

    assert same.json()["message"] == "done before"
    assert_is_problem(other, 422, "key-reused")
    assert shown.json()["answer"]["message"] == "done before"


async def test_all_faults_of_a_form_come_at_once_and_the_draft_is_kept(book: Book, encounter: Encounter) -> None:
    task = book.task(NewTask(TaskType.NO_RESPONSE, key="1", reason="silence"), subject_id=encounter.id)
    body = {"resolution": "status_known", "values": {"follow_up": "tomorrow", "other": "x"}}
    async with book.connect(Role.BILLER) as biller:
        response = await biller.post(f"/api/v1/tasks/{task.id}/complete", json=body, headers=key())
        shown = (await biller.get(f"/api/v1/tasks/{task.id}")).json()

    assert response.status_code == 422
    assert {fault["field"] for fault in response.json()["faults"]} == {"reference", "other", "follow_up"}
    drafts = {one["name"]: one["draft"] for one in shown["resolutions"][0]["fields"]}
    assert drafts["follow_up"] == "tomorrow"


async def test_a_task_of_another_role_is_refused(book: Book, task: Task) -> None:
    async with book.connect(Role.BILLER) as biller:
        response = await biller.post(f"/api/v1/tasks/{task.id}/complete", json=RECODED, headers=key())

    assert_is_problem(response, 403, "not-your-task")


async def test_some_ways_out_need_the_right_to_approve(book: Book, encounter: Encounter) -> None:
    task = book.task(NewTask(TaskType.CLAIM_EDIT_FAILED, key="1", reason="E1"), subject_id=encounter.id)
    body = {"resolution": "overridden", "values": {"reason": "known payer quirk"}}
    async with book.connect(Role.BILLER) as biller:
        response = await biller.post(f"/api/v1/tasks/{task.id}/complete", json=body, headers=key())

    assert_is_problem(response, 403, "needs-approval-right")


async def test_a_denial_is_voided_by_a_supervisor_alone(book: Book, encounter: Encounter) -> None:
    """A void takes the charge off the books as a write-off does, which takes a second person."""
    denial = book.task(
        NewTask(TaskType.DENIAL_REVIEW, key="2", reason="line 1: $150.00 CO-50"), subject_id=encounter.id
    )
    async with book.connect(Role.DENIALS) as client:
        response = await client.post(
            f"/api/v1/tasks/{denial.id}/complete",
            json={"resolution": "void", "values": {"reason": "not worth it"}},
            headers=key(),
        )
    assert_is_problem(response, 403, "needs-approval-right")


async def test_another_practice_finds_no_task(book: Book, task: Task) -> None:
    async with book.connect(token=book.stranger) as stranger:
        shown = await stranger.get(f"/api/v1/tasks/{task.id}")
        done = await stranger.post(f"/api/v1/tasks/{task.id}/complete", json=RECODED, headers=key())

    assert_is_problem(shown, 404, "not-found")
    assert_is_problem(done, 404, "not-found")


async def test_a_task_of_the_office_is_done_in_one_transaction(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    def complete(session: Any, *, task: Task, resolution: str, actor_id: str, at: Any, **_: Any) -> Answer:
        tasks.close_task(session, task, resolution=resolution, at=at, actor_id=actor_id)
        return Answer(done=True, code="done", message="closed")

    double = types.ModuleType("activities.office_tasks")
    double.complete_office_task = complete  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "activities.office_tasks", double)
    monkeypatch.setattr("activities.office_tasks", double, raising=False)
    task = book.task(NewTask(TaskType.INTAKE_ERROR, key="1", reason="x"), subject="message", subject_id="m" * 20)
    body = {"resolution": "handled", "values": {"reason": "sent again"}}
    once = key()
    async with book.connect(Role.EDI_ANALYST) as analyst:
        first = await analyst.post(f"/api/v1/tasks/{task.id}/complete", json=body, headers=once)
        second = await analyst.post(f"/api/v1/tasks/{task.id}/complete", json=body, headers=once)

    assert (first.status_code, first.text) == (200, second.text)
    with book.database.reading() as session:
        assert session.exec(select(Command.name)).all() == ["complete_task"]


async def test_an_encounter_is_held_and_released_once(
    book: Book, encounter: Encounter, running: WorkflowHandle[Any, Any]
) -> None:
    path = f"/api/v1/encounters/{encounter.id}"
    async with book.connect(Role.BILLER) as biller:
        past = await biller.post(f"{path}/hold", json={"until": "2026-03-02", "reason": "chart"}, headers=key())
        early = await biller.post(f"{path}/release", headers=key())
        held = await biller.post(f"{path}/hold", json={"until": "2026-03-09", "reason": "chart"}, headers=key())
        released = await biller.post(f"{path}/release", headers=key())

    assert_is_problem(past, 422, "invalid")
    assert_is_problem(early, 409, "not-on-hold")
    assert held.json()["message"] == "held until 2026-03-09T04:00:00+00:00"
    assert released.status_code == 200
