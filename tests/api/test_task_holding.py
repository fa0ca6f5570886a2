"""Who is at a task: it is taken, given back and handed over, and a second click changes nothing."""

import re
from typing import Any

import httpx
import pytest
from sqlmodel import select

from billing.roles import Role
from billing.tasks import NewTask, TaskType
from database import tasks
from database.tables import AuditEvent, Task, User
from tests.api.conftest import Book

CODES = NewTask(TaskType.CODE_REVIEW, key="1", reason="missing")


@pytest.fixture
def task(book: Book) -> Task:
    return book.task(CODES, subject_id=book.encounter().id)


def user_id(book: Book, role: Role) -> str:
    with book.database.reading() as session:
        query = select(User.id).where(User.practice_id == book.practice_id, User.roles == role)
        return session.exec(query).one()


async def post(client: httpx.AsyncClient, task: Task, what: str, **body: Any) -> httpx.Response:
    return await client.post(f"/api/v1/tasks/{task.id}/{what}", json=body or None)


def noted(book: Book) -> list[tuple[str, str]]:
    with book.database.reading() as session:
        query = select(AuditEvent).where(AuditEvent.subject == "task", AuditEvent.action != "view")
        return [(one.action, one.reason) for one in session.exec(query.order_by(AuditEvent.id))]


async def test_a_task_is_taken_once_and_given_back_once(book: Book, task: Task) -> None:
    me = user_id(book, Role.CODER)
    async with book.connect(Role.CODER) as coder:
        taken = [(await post(coder, task, "take")).json() for _ in range(2)]
        mine = (await coder.get("/api/v1/tasks", params={"held": "me"})).json()["items"]
        nobodys = (await coder.get("/api/v1/tasks", params={"held": "nobody"})).json()["items"]
        back = [(await post(coder, task, "give-back")).json() for _ in range(2)]
        afterwards = (await coder.get("/api/v1/tasks", params={"held": "nobody"})).json()["items"]

    assert [one["assignee_id"] for one in taken] == [me, me]
    assert ([one["id"] for one in mine], nobodys) == ([task.id], [])
    assert [(one["assignee_id"], one["holder"]) for one in back] == [(None, None)] * 2
    assert [one["id"] for one in afterwards] == [task.id]
    name = taken[0]["holder"]
    assert noted(book) == [("take", f"from nobody to {name}"), ("give_back", f"from {name} to nobody")]


async def test_what_a_colleague_holds_is_taken_over_by_a_supervisor_alone(book: Book, task: Task) -> None:
    with book.database.writing() as session:
        session.get_one(User, user_id(book, Role.EDI_ANALYST)).roles = f"{Role.EDI_ANALYST},{Role.CODER}"
    async with book.connect(Role.EDI_ANALYST) as first, book.connect(Role.CODER) as second:
        await post(first, task, "take")
        refused = [await post(second, task, what) for what in ("take", "give-back")]
    async with book.connect(Role.SUPERVISOR) as supervisor:
        taken = (await post(supervisor, task, "take")).json()

    assert [(one.status_code, one.json()["title"]) for one in refused] == [(409, "A colleague holds this task")] * 2
    assert taken["assignee_id"] == user_id(book, Role.SUPERVISOR)


async def test_a_task_is_handed_to_who_may_work_it(book: Book, task: Task) -> None:
    coder, desk = user_id(book, Role.CODER), user_id(book, Role.FRONT_DESK)
    async with book.connect(Role.SUPERVISOR) as supervisor:
        handed = (await post(supervisor, task, "hand-over", user_id=coder)).json()
        wrong = [await post(supervisor, task, "hand-over", user_id=one) for one in (desk, "nobody")]
    async with book.connect(Role.CODER) as client:
        itself = await post(client, task, "hand-over", user_id=coder)

    assert handed["assignee_id"] == coder
    assert [(one.status_code, one.json()["faults"][0]["field"]) for one in wrong] == [(422, "user_id")] * 2
    assert itself.status_code == 403


async def test_neither_another_role_nor_another_practice_nor_an_ended_task(book: Book, task: Task) -> None:
    async with book.connect(Role.FRONT_DESK) as desk, book.connect(token=book.stranger) as stranger:
        statuses = [(await post(one, task, "take")).status_code for one in (desk, stranger)]
        statuses.append((await post(stranger, task, "give-back")).status_code)
    with book.database.writing() as session:
        tasks.close_task(session, session.get_one(Task, task.id), resolution="corrected", at=book.now, actor_id=None)
    async with book.connect(Role.CODER) as coder:
        over = await post(coder, task, "take")

    assert statuses == [403, 404, 404]
    assert (over.status_code, over.json()["title"]) == (409, "This task is not open any more")
    assert noted(book) == []


async def test_nobody_holds_the_tasks_of_who_comes_in_no_more(book: Book, task: Task) -> None:
    async with book.connect(Role.CODER) as coder, book.connect(Role.SUPERVISOR) as supervisor:
        await post(coder, task, "take")
        path = f"/api/v1/users/{user_id(book, Role.CODER)}/deactivate"
        answer = await supervisor.post(path, headers={"Idempotency-Key": "gone-0001"})
        held = (await supervisor.get(f"/api/v1/tasks/{task.id}")).json()["holder"]
        wrong = await post(supervisor, task, "hand-over", user_id=user_id(book, Role.CODER))

    assert (answer.status_code, held, wrong.status_code) == (200, None, 422)


async def test_it_is_taken_on_the_worklist_and_handed_over_on_its_page(book: Book, task: Task) -> None:
    asked = {"work": "mine", "held": "nobody", "order": "amount"}
    async with book.signed_in(Role.CODER) as browser:
        before = (await browser.get("/")).text
        taken = await browser.post(f"/tasks/{task.id}/take", data=asked)
        after = (await browser.get(taken.headers["location"])).text
        page = (await browser.get(f"/tasks/{task.id}")).text
    async with book.signed_in(Role.SUPERVISOR) as browser:
        lists = (await browser.get("/")).text
        choice = (await browser.get(f"/tasks/{task.id}")).text
        to = {"user_id": user_id(book, Role.SUPERVISOR)}
        handed = await browser.post(f"/tasks/{task.id}/hand-over", data=to)
        refused = await browser.post(f"/tasks/{task.id}/hand-over", data={"user_id": "x"})
        mine = (await browser.get("/?held=me")).text

    assert f'action="/tasks/{task.id}/take"' in before
    assert taken.headers["location"] == "/?work=mine&held=nobody&order=amount&note=done"
    assert "Somebody holds every open task here." in after
    assert "You hold this task." in page
    assert "hand-over" not in page
    assert re.search(r"<td>\w[\w ]+</td>\n<td class=\"amount\">", lists)
    assert "holds this task." in choice
    assert handed.status_code == 303
    assert (refused.status_code, "is nobody who comes in" in refused.text) == (422, True)
    assert "<td>me</td>" in mine


async def bulk(client: httpx.AsyncClient, ids: list[str], change: str, **body: Any) -> httpx.Response:
    return await client.post("/api/v1/task-holders", json={"task_ids": ids, "change": change} | body)


async def test_many_are_changed_each_by_itself(book: Book, task: Task) -> None:
    visit = task.subject_id
    theirs = book.task(NewTask(TaskType.NO_RESPONSE, key="1", reason="silent"), subject_id=visit)
    over = book.task(NewTask(TaskType.CODE_REVIEW, key="2", reason="missing"), subject_id=visit)
    with book.database.writing() as session:
        tasks.close_task(session, session.get_one(Task, over.id), resolution="gone", at=book.now, actor_id=None)
    ids = [task.id, theirs.id, over.id, "nothing", task.id]
    async with book.connect(Role.CODER) as coder, book.connect(Role.SUPERVISOR) as supervisor:
        taken = [(await bulk(coder, ids, "take")).json() for _ in range(2)]
        refused = await bulk(coder, [task.id], "hand_over", user_id=user_id(book, Role.SUPERVISOR))
        handed = (await bulk(supervisor, [task.id, theirs.id], "hand_over", user_id=user_id(book, Role.CODER))).json()
        back = (await bulk(supervisor, [task.id], "give_back")).json()
    async with book.connect(token=book.stranger) as stranger:
        strangers = (await bulk(stranger, [task.id], "take")).json()

    assert [(one["task_id"], one["is_done"]) for one in taken[0]] == [
        (task.id, True),
        (theirs.id, False),
        (over.id, False),
        ("nothing", False),
    ]
    assert taken[0][1]["words"] == "This task belongs to another role. It waits for the biller."
    assert taken[1] == taken[0]
    assert refused.status_code == 403
    assert [one["is_done"] for one in handed] == [True, False]
    assert "is nobody who comes in" in handed[1]["words"]
    assert [one["is_done"] for one in back] == [True]
    assert [one["is_done"] for one in strangers] == [False]


@pytest.mark.parametrize("body", [{"task_ids": [], "change": "take"}, {"task_ids": ["x"], "change": "delete"}])
async def test_a_wrong_bulk_changes_nothing(book: Book, body: dict[str, Any]) -> None:
    async with book.connect(Role.CODER) as coder:
        assert (await coder.post("/api/v1/task-holders", json=body)).status_code == 422
        too_many = await bulk(coder, [f"t{one}" for one in range(101)], "take")
    assert too_many.status_code == 422


async def test_many_are_chosen_on_the_worklist(book: Book, task: Task) -> None:
    other = book.task(NewTask(TaskType.CODE_REVIEW, key="3", reason="missing"), subject_id=task.subject_id)
    async with book.signed_in(Role.CODER) as browser:
        offered = (await browser.get("/")).text
        none = await browser.post("/task-holders", data={"change": "take", "work": "mine"})
        wrong = await browser.post("/task-holders", data={"change": "x", "task_id": task.id})
        null = await browser.post("/task-holders", data={"change": "take", "task_id": "\0"})
        unknown = await browser.post("/task-holders", data={"change": "take", "task_id": "gone"})
        form = {"change": "take", "work": "mine", "held": "nobody", "task_id": [task.id, other.id]}
        done = await browser.post("/task-holders", data=form)
        mine = (await browser.get("/?held=me")).text
    async with book.signed_in(Role.AUDITOR) as browser:
        read_only = (await browser.get("/?work=all")).text

    assert offered.count('name="task_id"') == 2
    assert "Hand them over" not in offered
    assert (none.status_code, "No task was chosen." in none.text) == (422, True)
    assert (wrong.status_code, null.status_code) == (422, 422)
    assert "0 of 1 are done." in unknown.text
    assert "2 of 2 are done." in done.text
    assert "/?work=mine&amp;held=nobody" in done.text
    assert mine.count('name="task_id"') == 2
    assert 'name="task_id"' not in read_only
