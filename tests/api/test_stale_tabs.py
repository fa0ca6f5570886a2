"""A form that somebody else has made needless meanwhile: the page says so, and what was typed is not lost."""

import re
from typing import Any

import httpx
import pytest

from billing.roles import Role
from billing.tasks import NewTask, TaskType
from database import tasks
from tests.api.conftest import Book

DAY = "2026-03-02"


def said(response: httpx.Response) -> str:
    """What the page says of the refusal, without its markup."""
    found = re.search(r'id="refused">(.*?)</div>', response.text, re.DOTALL)
    assert found is not None
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


@pytest.mark.parametrize("subject", ["encounter", "message"])
async def test_a_task_that_somebody_finished_says_so_and_keeps_what_was_typed(subject: str, book: Book) -> None:
    encounter = book.encounter()
    kind, way, typed = (
        (TaskType.CODE_REVIEW, "recoded", {"value.corrections": "diagnoses = J06.9"})
        if subject == "encounter"
        else (TaskType.INTAKE_ERROR, "handled", {"value.reason": "sent <again>"})
    )
    new = NewTask(kind, key="1", reason="x")
    task = book.task(new, subject=subject, subject_id=encounter.id if subject == "encounter" else "m" * 20)
    with book.database.writing() as session:
        row = tasks.task(session, practice_id=book.practice_id, task_id=task.id)
        assert row is not None
        tasks.close_task(session, row, resolution=way, at=book.now, actor_id="other")
    async with book.signed_in(Role.SUPERVISOR) as browser:
        refused = await browser.post(f"/tasks/{task.id}/complete", data={"resolution": way, **typed})

    assert refused.status_code == 409
    assert said(refused).startswith("This task is not open any more. Somebody finished it before you. You had typed:")
    assert ("diagnoses = J06.9" in said(refused)) or ("sent &lt;again&gt;" in said(refused))
    assert "<nav" in refused.text


async def test_a_till_that_is_closed_already_keeps_what_was_counted(book: Book) -> None:
    encounter = book.encounter()
    body = {"amount": "20.00", "method": "cash", "received_on": DAY, "reference": ""}
    async with book.connect(Role.FRONT_DESK) as client:
        paid = f"/api/v1/encounters/{encounter.id}/payments"
        await client.post(paid, json=body, headers={"Idempotency-Key": "pay-00001"})
        [till] = (await client.get(f"/api/v1/tills/{DAY}")).json()
    path = f"/day-close/{DAY}/{till['user_id']}/close"
    counted: dict[str, Any] = {"cash": "20.00", "cheques": "0.00"}
    async with book.signed_in(Role.FRONT_DESK) as browser:
        done = await browser.post(path, data=counted)
        refused = await browser.post(path, data=counted | {"cash": "19.00", "reason": "wrong change"})
        again = await browser.get(f"/day-close?day={DAY}")

    assert (done.status_code, refused.status_code) == (303, 409)
    assert "This day is closed already. Look at the page again." in said(refused)
    assert "cash: 19.00" in said(refused)
    assert "reason: wrong change" in said(refused)
    assert 'id="refused"' not in again.text


async def test_a_refusal_stands_once_where_its_form_is(book: Book) -> None:
    encounter = book.encounter()
    async with book.signed_in(Role.FRONT_DESK) as browser:
        refused = await browser.post(f"/encounters/{encounter.id}/payments", data={"amount": "much"})

    assert refused.text.count('id="refused"') == 1
    assert "You had typed" not in refused.text
