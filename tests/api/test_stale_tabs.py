"""A form that somebody else has made needless meanwhile: the page says so, and what was typed is not lost."""

import re
from typing import Any

import httpx
import pytest

from api.errors import Problem
from api.routers import pages
from billing.roles import Role
from billing.tasks import NewTask, TaskType
from database import tasks
from tests.api.conftest import Book
from tests.api.page_forms import inputs_of

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


async def test_the_faults_of_a_form_that_is_gone_name_their_fields(book: Book) -> None:
    visit = book.encounter()
    async with book.signed_in(Role.BILLER) as browser:
        refused = await browser.post(f"/encounters/{visit.id}/take-out", data={})
    assert "<li>reason: is needed</li>" in refused.text


def test_a_half_sentence_is_shown_as_a_whole_one() -> None:
    for words, shown in (("please correct the form", "Please correct the form."), ("Is it so?", "Is it so?"), ("", "")):
        assert pages.words_of(Problem(409, "refused", "Not done", words)) == ("Not done", shown)


async def test_a_refusal_stands_once_where_its_form_is(book: Book) -> None:
    encounter = book.encounter()
    async with book.signed_in(Role.FRONT_DESK) as browser:
        refused = await browser.post(f"/encounters/{encounter.id}/payments", data={"amount": "much"})

    assert refused.text.count('id="refused"') == 1
    assert "You had typed" not in refused.text


AUTHORIZATION = {"payer_number": "60054", "state": "requested", "note": "by telephone"}
NOTICE = {"procedures": "80061", "reason": "once in five years", "cost": "45.00"}
EDIT = {"severity": "E", "message": "this payer wants a note", "begins": "2020-01-01", "procedures": "99213"}
CONTRACT = {"name": "Plain Health", "begins": "2026-01-01", "basis": "schedule", "reason": "amendment 4"}
POLICY = {"policies.0.payer.name": "NEW", "policies.0.payer.id": "N1", "policies.0.member_id": "1"}


@pytest.mark.parametrize(
    ("page", "kept", "new", "changes", "slip"),
    [
        ("/patients/{patient}/authorizations", AUTHORIZATION, "", ("note", "in writing", "by fax"), ("units", "two")),
        ("/patients/{patient}/notices", NOTICE, "", ("note", "by hand", "by post"), ("cost", "much")),
        ("/setup/edits", EDIT, "/new", ("fix", "add it", "ask"), ("age_from", "old")),
        ("/setup/payers/{payer}", CONTRACT, "/contracts", ("name", "Gold", "Silver"), ("percent", "lots")),
        ("/patients/{patient}/insurance", POLICY, "", ("order_reason", "a court", "they say so"), ("wish", "none")),
    ],
    ids=["authorization", "notice", "edit", "contract", "insurance"],
)
async def test_a_slip_does_not_make_a_form_know_what_somebody_else_has_changed(
    page: str, kept: dict[str, str], new: str, changes: tuple[str, str, str], slip: tuple[str, str], book: Book
) -> None:
    visit = book.encounter()
    page = page.format(patient=visit.patient_id, payer=visit.payer_id)
    name, theirs, mine = changes
    async with book.signed_in(Role.SUPERVISOR) as browser:
        added = await browser.post(page + new, data=inputs_of((await browser.get(page + new)).text) | kept)
        form = await where_it_is_changed(browser, page, added)
        shown = inputs_of((await browser.get(form)).text) | {"reason": kept.get("reason", "")}
        first = await browser.post(form, data=shown | {name: theirs, "key": "first-of-them"})
        slipped = await browser.post(form, data=shown | {name: mine, slip[0]: slip[1], "key": "second-slips"})
        again = inputs_of(slipped.text) | {slip[0]: shown[slip[0]], "key": "second-mends-it"}
        overtaken = await browser.post(form, data=again)
        knowing = inputs_of(overtaken.text) | {"key": "second-knows-it"}
        done = await browser.post(form, data=knowing)

    assert (added.status_code, first.status_code) == (303, 303)
    assert (slipped.status_code, overtaken.status_code, done.status_code) == (422, 409, 303)
    assert (knowing[name], theirs in overtaken.text) == (mine, True)


async def test_a_change_says_which_version_it_stands_on(book: Book) -> None:
    patient = f"/api/v1/patients/{book.encounter().patient_id}"
    forms = (
        (f"{patient}/authorizations", AUTHORIZATION),
        (f"{patient}/notices", NOTICE),
        ("/api/v1/practice-edits", EDIT),
    )
    async with book.connect(Role.SUPERVISOR) as client:
        for number, (url, body) in enumerate(forms):
            await client.post(url, json=body, headers={"Idempotency-Key": f"kept-{number:04}"})
            [one] = (await client.get(url)).json()
            refused = await client.put(
                f"{url}/{one['id']}", json=body, headers={"Idempotency-Key": f"blind-{number:04}"}
            )
            assert [fault["field"] for fault in refused.json()["faults"]] == ["version"]


async def where_it_is_changed(browser: httpx.AsyncClient, page: str, added: httpx.Response) -> str:
    """The page with the form that changes what was just added."""
    home = added.headers["location"].partition("?")[0]
    link = re.search(rf'href="({page}\?change=\w+|/setup/edits/(?!new|effects)\w+)"', (await browser.get(home)).text)
    return link[1] if link else home
