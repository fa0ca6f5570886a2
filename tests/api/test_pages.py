"""The workbench: pages that hold, escape, keep what was typed, and let a second click do nothing."""

import json
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from jinja2 import UndefinedError
from sqlmodel import select

from billing.roles import Role
from billing.stages import Stage
from billing.tasks import NewTask, TaskType
from database import access, messages
from database.columns import new_id
from database.tables import AuditEvent, Benefits, Encounter, PatientPayment, TaskForm
from templates import rendering
from tests.api import builders
from tests.api.conftest import Book
from tests.api.page_forms import inputs_of

HOSTILE = "<script>alert('x')</script>"


@pytest.fixture
def encounter(book: Book) -> Encounter:
    return book.encounter()


@pytest.fixture
async def browser(book: Book) -> AsyncIterator[httpx.AsyncClient]:
    async with book.signed_in(Role.SUPERVISOR) as client:
        yield client


def keys_of(page: str) -> list[str]:
    return re.findall(r'name="key" value="([^"]+)"', page)


async def test_empty_lists_say_so(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/")).text

    assert "No open tasks here." in page
    assert "No encounters here." in page


async def test_the_worklist_leads_to_tasks_and_encounters(
    book: Book, encounter: Encounter, browser: httpx.AsyncClient
) -> None:
    task = book.task(NewTask(TaskType.CODE_REVIEW, key="1", reason="missing"), subject_id=encounter.id)
    other = book.task(NewTask(TaskType.ERA_UNBALANCED, key="1", reason="off"), subject="remittance", subject_id="r")
    page = (await browser.get("/?work=all&stage=registration")).text

    assert f'href="/encounters/{encounter.id}"' in page
    assert f'href="/tasks/{task.id}"' in page
    assert f'href="/tasks/{other.id}"' in page


async def test_an_encounter_shows_everything_and_its_page_in_the_engine(
    book: Book, encounter: Encounter, browser: httpx.AsyncClient
) -> None:
    response = await browser.get(f"/encounters/{encounter.id}")
    page = response.text

    for text in ("Zwiebelturm, Ottilie", "front desk", "$150.00", "87880-QW", "Encounter opened"):
        assert text in page
    for text in ("Nothing waits for a person.", "No claim has been made yet.", "The payer has not answered yet."):
        assert text in page
    assert f"/temporal/namespaces/default/workflows/encounter%2F{book.practice_id}%2F{encounter.id}" in page
    nonce = re.search(r"script-src 'nonce-([^']+)'", response.headers["content-security-policy"])
    assert nonce is not None
    assert f'<script nonce="{nonce[1]}"' in page


async def test_whatever_came_from_outside_is_escaped(book: Book, browser: httpx.AsyncClient) -> None:
    person = {"last_name": HOSTILE, "first_name": "Ottilie"}
    encounter = book.encounter(builders.claim(patient=person))
    book.task(NewTask(TaskType.CODE_REVIEW, key="1", reason=HOSTILE), subject_id=encounter.id)
    for path in ("/", f"/encounters/{encounter.id}"):
        page = (await browser.get(path)).text

        assert HOSTILE not in page
        assert "&lt;script&gt;alert" in page


async def test_a_refused_task_keeps_what_was_typed_and_names_the_fault(
    book: Book, encounter: Encounter, browser: httpx.AsyncClient
) -> None:
    task = book.task(NewTask(TaskType.NO_RESPONSE, key="1", reason="silence"), subject_id=encounter.id)
    typed = {"key": "key-00000001", "resolution": "status_known", "value.reference": HOSTILE, "value.follow_up": "soon"}
    response = await browser.post(f"/tasks/{task.id}/complete", data=typed)

    assert response.status_code == 422
    assert "write the day as YYYY-MM-DD" in response.text
    assert 'value="soon"' in response.text
    assert "&lt;script&gt;" in response.text
    assert "key-00000001" not in keys_of(response.text)
    with book.database.reading() as session:
        assert json.loads(session.exec(select(TaskForm.values)).one())["follow_up"] == "soon"


async def test_without_an_engine_the_same_key_is_offered_again(
    book: Book, encounter: Encounter, browser: httpx.AsyncClient
) -> None:
    task = book.task(NewTask(TaskType.CODE_REVIEW, key="1", reason="missing"), subject_id=encounter.id)
    typed = {"key": "key-00000001", "resolution": "recoded", "value.corrections": "diagnoses = J06.9"}
    response = await browser.post(f"/tasks/{task.id}/complete", data=typed)

    assert response.status_code == 503
    assert "diagnoses = J06.9</textarea>" in response.text
    assert "key-00000001" in keys_of(response.text)


async def test_a_page_that_is_not_there_keeps_its_frame(browser: httpx.AsyncClient) -> None:
    response = await browser.get("/encounters/none")

    assert response.status_code == 404
    assert "Sign out" in response.text


async def test_a_task_about_a_file_leads_to_its_bytes(book: Book, browser: httpx.AsyncClient) -> None:
    body = b"ISA*00*whatever came~"
    with book.database.writing() as session:
        message, _ = messages.store_inbound(
            session, partner_id=book.partner_id, kind="unknown", body=body, received_at=book.now
        )
        message_id = message.id
    unasked = await browser.get(f"/messages/{message_id}")
    task = book.task(NewTask(TaskType.INTAKE_ERROR, key="1", reason="odd"), subject="message", subject_id=message_id)
    page = (await browser.get(f"/tasks/{task.id}")).text
    file = await browser.get(f"/messages/{message_id}")
    async with book.connect(token=book.stranger) as stranger:
        theirs = await stranger.get(f"/messages/{message_id}")

    assert f'href="/messages/{message_id}"' in page
    assert (file.status_code, file.content) == (200, body)
    assert file.headers["content-disposition"].startswith("attachment")
    assert (unasked.status_code, theirs.status_code) == (404, 404)


async def test_a_task_of_the_office_is_completed_on_its_own_page(book: Book, browser: httpx.AsyncClient) -> None:
    task = book.task(NewTask(TaskType.INTAKE_ERROR, key="1", reason="odd"), subject="message", subject_id="m")
    page = (await browser.get(f"/tasks/{task.id}")).text
    typed = {"key": keys_of(page)[0], "resolution": "handled", "value.reason": "sent again"}
    response = await browser.post(f"/tasks/{task.id}/complete", data=typed)
    after = (await browser.get(response.headers["location"])).text

    assert (response.status_code, response.headers["location"]) == (303, f"/tasks/{task.id}?note=done")
    assert "Ended 2026-03-02 04:00 EST by Supervisor: handled" in after
    assert "Reason: sent again" in after


async def test_a_second_click_pays_once(book: Book, encounter: Encounter, browser: httpx.AsyncClient) -> None:
    page = (await browser.get(f"/encounters/{encounter.id}")).text
    typed = {"key": keys_of(page)[0], "amount": "25.00", "method": "cash", "received_on": "2026-03-02"}
    responses = [await browser.post(f"/encounters/{encounter.id}/payments", data=typed) for _ in range(2)]

    assert [response.status_code for response in responses] == [303, 303]
    with book.database.reading() as session:
        assert session.exec(select(PatientPayment.amount_cents)).all() == [2500]


async def test_a_form_that_was_sent_with_something_else_in_it_says_so_in_a_persons_words(
    encounter: Encounter, browser: httpx.AsyncClient
) -> None:
    path = f"/encounters/{encounter.id}/payments"
    typed = {"key": "pay-key-0001", "amount": "25.00", "method": "cash", "received_on": "2026-03-02"}
    await browser.post(path, data=typed)
    refused = await browser.post(path, data=typed | {"amount": "26.00"})

    assert refused.status_code == 422
    assert "This form was sent already, with something else in it" in refused.text
    assert "Idempotency-Key" not in refused.text
    assert 'value="26.00"' in refused.text
    assert "pay-key-0001" not in refused.text


async def test_a_closed_visit_is_not_put_on_hold(book: Book, encounter: Encounter, browser: httpx.AsyncClient) -> None:
    before = (await browser.get(f"/encounters/{encounter.id}")).text
    with book.database.writing() as session:
        row = session.get_one(Encounter, encounter.id)
        row.stage = Stage.CLOSED
        session.add(row)
    after = (await browser.get(f"/encounters/{encounter.id}")).text
    assert "Put the visit on hold" in before
    assert "Put the visit on hold" not in after


async def test_what_the_payer_answered_scrolls_in_a_region_of_its_own(
    book: Book, encounter: Encounter, browser: httpx.AsyncClient
) -> None:
    """Else a narrow page is as wide as the table."""
    with book.database.writing() as session:
        session.add(
            Benefits(
                id=new_id(),
                practice_id=book.practice_id,
                encounter_id=encounter.id,
                answered_at=book.now,
                verdict="active",
                response="spoken with the payer",
            )
        )
    page = (await browser.get(f"/encounters/{encounter.id}")).text
    assert page.index('role="region" aria-label="Table: Eligibility"') < page.index("What the payer answered")


async def test_a_wrong_payment_comes_back_with_its_faults(
    book: Book, encounter: Encounter, browser: httpx.AsyncClient
) -> None:
    typed = {"key": "key-00000001", "amount": "1.234", "method": "card", "received_on": "2026-03-01"}
    response = await browser.post(f"/encounters/{encounter.id}/payments", data=typed)
    nonsense = await browser.post(f"/encounters/{encounter.id}/hold", data={"until": "soon"})

    assert (response.status_code, nonsense.status_code) == (422, 422)
    assert "amount has a fraction of a cent" in response.text
    assert 'value="1.234"' in response.text
    assert '<option value="card" selected>' in response.text
    assert 'value="soon"' in nonsense.text


async def test_a_payment_is_typed_as_money_is_written(
    book: Book, encounter: Encounter, browser: httpx.AsyncClient
) -> None:
    form = {"amount": "$20", "method": "cash", "received_on": "2026-03-02", "reference": ""}
    done = await browser.post(f"/encounters/{encounter.id}/payments", data=form)
    refused = await browser.post(f"/encounters/{encounter.id}/payments", data=form | {"amount": "1,5"})

    assert done.status_code == 303
    assert "$20.00 by cash" in (await browser.get(f"/encounters/{encounter.id}")).text
    assert "amount has a comma that is not before three digits" in refused.text


async def test_a_role_sees_only_the_forms_it_may_use(book: Book, encounter: Encounter) -> None:
    task = book.task(NewTask(TaskType.CODE_REVIEW, key="1", reason="missing"), subject_id=encounter.id)
    async with book.signed_in(Role.AUDITOR) as auditor:
        page = (await auditor.get(f"/encounters/{encounter.id}")).text
        refused = await auditor.post(f"/tasks/{task.id}/complete", data={"resolution": "recoded"})

    assert "<form" not in page.partition("<main")[2]
    assert "Another role works this task." in page
    assert refused.status_code == 403
    assert "Not with your roles" in refused.text


async def test_pages_of_another_practice_are_not_there(encounter: Encounter, book: Book) -> None:
    headers = {"Accept": "text/html"}
    async with book.connect(token=book.stranger, headers=headers) as stranger:
        response = await stranger.get(f"/encounters/{encounter.id}")

    assert response.status_code == 404
    assert "No such encounter" in response.text
    assert "Zwiebelturm" not in response.text


async def test_signing_in_and_out(book: Book) -> None:
    with book.database.writing() as session:
        first = access.install_first_access(session, practice_id=book.practice_id, login="lead", at=book.now)
    async with book.connect(headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}) as browser:
        sent_away = await browser.get("/")
        wrong = await browser.post("/sign-in", data={"login": "lead", "password": "guess"})
        right = await browser.post("/sign-in", data={"login": "lead", "password": first.password})
        cookie = right.headers["set-cookie"]
        inside = await browser.get("/")
        session_id = browser.cookies["zerobalance_session"]
        await browser.post("/sign-out")
        browser.cookies.set("zerobalance_session", session_id)
        outside = await browser.get("/")

    assert (sent_away.status_code, sent_away.headers["location"]) == (303, "/sign-in")
    assert (wrong.status_code, right.status_code, inside.status_code, outside.status_code) == (401, 303, 200, 303)
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    with book.database.reading() as session:
        actions = session.exec(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert actions == ["refuse", "sign_in", "refuse"]


async def test_a_guesser_is_held_off(book: Book) -> None:
    async with book.connect(headers={"Sec-Fetch-Site": "same-origin"}) as browser:
        statuses = []
        for _ in range(6):
            response = await browser.post("/sign-in", data={"login": "lead", "password": "guess"})
            statuses.append(response.status_code)
        book.wait(minutes=16)
        later = await browser.post("/sign-in", data={"login": "lead", "password": "guess"})

    assert statuses == [401] * 5 + [429]
    assert later.status_code == 401


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/code"])
async def test_a_forged_sign_in_is_refused(book: Book, path: str) -> None:
    async with book.connect(headers={"Sec-Fetch-Site": "cross-site"}) as browser:
        response = await browser.post(path, data={"login": "lead", "password": "x", "half": "x", "code": "123456"})

    assert response.status_code == 403


@pytest.mark.parametrize(
    "path", ["/sign-in", "/my-day", "/api/v1/tasks", "/nothing", "/pay/x", "/healthz", "/static/workbench.css"]
)
async def test_every_answer_tells_the_browser_what_it_may_not(book: Book, path: str) -> None:
    async with book.connect() as browser:
        headers = (await browser.get(path)).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "'unsafe" not in headers["content-security-policy"]
    assert headers["permissions-policy"].startswith("camera=()")
    assert ("cache-control" in headers) == (not path.startswith("/static/"))


async def test_styles_and_scripts_are_served_without_the_internet(book: Book) -> None:
    async with book.connect() as nobody:
        for name in ("vendor/pico-2.1.1.min.css", "workbench.css", "workbench.js"):
            assert (await nobody.get(f"/static/{name}")).status_code == 200


async def test_the_reference_lists_the_calls(browser: httpx.AsyncClient) -> None:
    assert "POST /api/v1/encounters/{encounter_id}/payments" in (await browser.get("/reference")).text


def test_a_missing_value_is_an_error_and_not_an_empty_place() -> None:
    with pytest.raises(UndefinedError):
        rendering.render("problem.html", nonce="", person=None)


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://office.test/tasks/x1", "/tasks/x1"),
        ("http://office.test/tasks/x1/codes", "/tasks/x1"),
        ("http://office.test/patients?q=zwie", "/patients"),
        ("http://evil.test/tasks/x1", ""),
        ("http://office.test//evil.test/", ""),
        (None, ""),
    ],
)
async def test_who_was_signed_out_comes_back_to_where_the_form_was(book: Book, referer: str | None, back: str) -> None:
    headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"} | ({"Referer": referer} if referer else {})
    async with book.connect(headers=headers) as browser:
        sent_away = await browser.post("/tasks/x1/codes", data={"code.line.1.units": "2"})
        page = (await browser.get(sent_away.headers["location"])).text
    assert sent_away.headers["location"] == "/sign-in" + (f"?back={back}" if back else "")
    assert inputs_of(page).get("back", "") == back


@pytest.mark.parametrize(
    ("back", "home"),
    [
        ("/tasks/x1", "/tasks/x1"),
        ("//evil.test", "/my-day"),
        ("/\\evil.test", "/my-day"),
        ("https://evil.test/", "/my-day"),
        ("", "/my-day"),
    ],
)
async def test_a_sign_in_leads_to_our_own_pages_alone(book: Book, back: str, home: str) -> None:
    with book.database.writing() as session:
        person = {"login": "lead", "password": "open sesame"}
        access.add_user(
            session, practice_id=book.practice_id, display_name="Lee Lead", roles=[Role.SUPERVISOR], **person
        )
    async with book.connect(headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}) as browser:
        wrong = await browser.post("/sign-in", data=person | {"password": "x", "back": back})
        right = await browser.post("/sign-in", data=person | {"back": inputs_of(wrong.text).get("back", back)})
    assert (right.status_code, right.headers["location"]) == (303, home)
