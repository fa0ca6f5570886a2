"""The coder's page: the note beside the codes, findings at their fields before anything is sent, nothing lost."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from sqlmodel import select

from activities.messages import Answer
from api import coding_desk, idempotency
from billing.roles import Role
from billing.tasks import NewTask, TaskType
from database import commands, encounters, tasks
from database.tables import AuditEvent, EditRun, Encounter, Task, TaskForm, TimelineEvent
from tests.api.conftest import Book
from tests.api.encounter_double import EncounterDouble
from tests.api.page_forms import faults_of, inputs_of
from tests.api.test_tasks import key, start
from tests.conftest import Engine

REVIEW = NewTask(TaskType.CODE_REVIEW, key="1", reason="A second look at the codes.")
WRONG = "line.1.modifiers = 25 59\nline.2.pointers = 7\nline.2.units = many"


@pytest.fixture
def encounter(book: Book) -> Encounter:
    return book.encounter()


@pytest.fixture
def task(book: Book, encounter: Encounter) -> Task:
    return book.task(REVIEW, subject_id=encounter.id)


@pytest.fixture
async def coder(book: Book) -> AsyncIterator[httpx.AsyncClient]:
    async with book.signed_in(Role.CODER) as browser:
        yield browser


def stored(book: Book) -> list[int]:
    """How many rows there are of what a completion or a run would leave, and the claim."""
    with book.database.reading() as session:
        counts = [len(session.exec(select(table)).all()) for table in (TaskForm, EditRun, TimelineEvent)]  # type: ignore[call-overload]
        return [
            *counts,
            session.exec(select(Encounter.version)).one(),
            hash(session.exec(select(Encounter.record)).one()),
        ]


async def test_the_api_checks_and_stores_nothing(book: Book, task: Task) -> None:
    before = stored(book)
    async with book.connect(Role.CODER) as client:
        answer = await client.post(f"/api/v1/tasks/{task.id}/check", json={"values": {"corrections": WRONG}})
    found = answer.json()
    assert answer.status_code == 200
    at = {(one["path"], one["severity"]): one for one in found["findings"]}
    assert at["line.2.pointers", "E"]["edit"] == "C01"
    assert at["line.2.units", "E"]["edit"] == ""
    assert "number" in at["line.2.units", "E"]["message"]
    assert all(one["fix"] for one in found["findings"] if one["edit"])
    assert found["edits"] > 80
    assert stored(book) == before
    with book.database.reading() as session:
        event = session.exec(select(AuditEvent).where(AuditEvent.action == "check")).one()
    assert (event.subject, event.subject_id) == ("task", task.id)


async def test_the_claim_as_it_stands_is_checked_without_corrections(book: Book, task: Task) -> None:
    async with book.connect(Role.CODER) as client:
        answer = await client.post(f"/api/v1/tasks/{task.id}/check", json={})
    assert not [one for one in answer.json()["findings"] if one["path"].startswith("line.")]


@pytest.mark.parametrize("text", ["line.1.units 2", "line.1.units = 1\nline.1.units = 2"])
async def test_corrections_that_are_none_are_refused(book: Book, task: Task, text: str) -> None:
    async with book.connect(Role.CODER) as client:
        refused = await client.post(f"/api/v1/tasks/{task.id}/check", json={"values": {"corrections": text}})
    assert (refused.status_code, refused.json()["faults"][0]["field"]) == (422, "values.corrections")


async def test_only_an_open_task_that_corrects_a_claim_is_checked(book: Book, encounter: Encounter, task: Task) -> None:
    query = book.task(NewTask(TaskType.CODING_QUERY, key="q", reason="asks"), subject_id=encounter.id)
    with book.database.writing() as session:
        session.get_one(Task, task.id).state = "done"
    async with book.connect(Role.SUPERVISOR) as client:
        answers = [await client.post(f"/api/v1/tasks/{one}/check", json={}) for one in (query.id, task.id, "x" * 20)]
    assert [one.status_code for one in answers] == [409, 409, 404]
    async with book.connect(token=book.stranger) as stranger:
        assert (await stranger.post(f"/api/v1/tasks/{query.id}/check", json={})).status_code == 404
    async with book.connect(Role.AUDITOR) as auditor:
        assert (await auditor.post(f"/api/v1/tasks/{query.id}/check", json={})).status_code == 403


async def test_the_page_shows_note_and_codes_side_by_side(coder: httpx.AsyncClient, task: Task) -> None:
    page = (await coder.get(f"/tasks/{task.id}")).text
    inputs = inputs_of(page)
    assert "There is no note of this visit here." in page
    assert (inputs["code.diagnoses.1"], inputs["code.line.2.modifiers"]) == ("J06.9", "QW")
    assert (inputs["code.line.1.charge"], inputs["code.line.3.procedure"]) == ("150.00", "")
    assert f'formaction="/tasks/{task.id}/check"' in page


async def test_check_without_a_script_keeps_what_was_typed(book: Book, coder: httpx.AsyncClient, task: Task) -> None:
    before = stored(book)
    form = inputs_of((await coder.get(f"/tasks/{task.id}")).text) | {
        "code.line.2.pointers": "7",
        "code.line.1.units": "",
    }
    page = (await coder.post(f"/tasks/{task.id}/check", data=form)).text
    assert inputs_of(page)["code.line.2.pointers"] == "7"
    [slot] = [part for part in page.split("data-findings=") if part.startswith('"line.2.pointers"')]
    assert "C01 holds the claim" in slot.split("</td>")[0]
    assert "write a value" in page
    assert "Nothing was saved." in page
    assert "data-unsaved" in page
    assert stored(book) == before


async def test_a_script_is_given_the_findings_alone(coder: httpx.AsyncClient, task: Task) -> None:
    form = inputs_of((await coder.get(f"/tasks/{task.id}")).text) | {"code.line.2.pointers": "7"}
    part = (await coder.post(f"/tasks/{task.id}/check?part=findings", data=form)).text
    assert '<span data-findings="line.2.pointers" data-holds>' in part
    assert "<form" not in part


async def test_a_finding_that_names_its_diagnosis_stands_at_its_box(coder: httpx.AsyncClient, task: Task) -> None:
    form = inputs_of((await coder.get(f"/tasks/{task.id}")).text) | {"code.diagnoses.2": "HELLO"}
    page = (await coder.post(f"/tasks/{task.id}/check", data=form)).text
    [slot] = [one for one in page.split("data-findings=") if one.startswith('"diagnoses.2"')]
    assert "D02 holds the claim" in slot.split("</div>")[0]
    [box] = re.findall(r'<input name="code.diagnoses.2"[^>]*>', page)
    assert 'aria-invalid="true"' in box


async def test_what_is_not_on_the_form_is_found_elsewhere(coder: httpx.AsyncClient, task: Task) -> None:
    form = inputs_of((await coder.get(f"/tasks/{task.id}")).text) | {"value.corrections": "patient.sex = X\nbroken"}
    part = (await coder.post(f"/tasks/{task.id}/check?part=findings", data=form)).text
    [slot] = [one for one in part.split("data-findings=") if one.startswith('"elsewhere"')]
    assert "write `field = value`" in slot


async def test_sending_is_refused_at_the_fields_and_nothing_is_lost(coder: httpx.AsyncClient, task: Task) -> None:
    form = inputs_of((await coder.get(f"/tasks/{task.id}")).text)
    same = await coder.post(f"/tasks/{task.id}/codes", data=form)
    assert same.status_code == 422
    assert "Nothing is changed here" in same.text
    wrong = await coder.post(
        f"/tasks/{task.id}/codes",
        data=form | {"code.line.1.units": "x", "code.diagnoses.3": "Z23", "code.line.3.procedure": "99213"},
    )
    assert wrong.status_code == 422
    assert set(faults_of(wrong.text)) == {"codes-line.1.units", "codes-diagnoses.2"}
    assert inputs_of(wrong.text)["code.line.1.units"] == "x"
    assert inputs_of(wrong.text)["code.line.3.procedure"] == "99213"


async def test_codes_that_were_changed_meanwhile_are_not_overwritten_unseen(
    book: Book, coder: httpx.AsyncClient, encounter: Encounter, task: Task
) -> None:
    mine = {"code.line.1.units": "2", "code.line.1.modifiers": "25"}
    form = inputs_of((await coder.get(f"/tasks/{task.id}")).text) | mine
    with book.database.writing() as session:
        row = session.get_one(Encounter, encounter.id)
        claim = encounters.claim_of(row)
        lines = (replace(claim.lines[0], modifiers=("24",)), replace(claim.lines[1], modifiers=("59",)))
        encounters.keep_claim(session, row, replace(claim, lines=lines))
    checked = await coder.post(f"/tasks/{task.id}/check", data=form)
    refused = await coder.post(f"/tasks/{task.id}/codes", data=inputs_of(checked.text))
    assert refused.status_code == 409
    assert "the claim says something else here now: 24" in faults_of(refused.text)["codes-line.1.modifiers"]
    assert "was changed meanwhile, and says 59 now" in faults_of(refused.text)["codes-line.2.modifiers"]
    again = inputs_of(refused.text)
    assert {name: again[name] for name in mine} == mine
    assert again["code.line.2.modifiers"] == "59", "nobody typed there: the other person's stands"
    with book.database.reading() as session:
        claim = encounters.claim_of(session.get_one(Encounter, encounter.id))
    assert coding_desk.corrections(claim, again) == "line.1.modifiers = 25\nline.1.units = 2"


async def test_the_form_is_sent_as_corrections(book: Book, engine: Engine, encounter: Encounter, task: Task) -> None:
    book.open(engine.client)
    async with engine.worker([EncounterDouble]) as queue, book.signed_in(Role.CODER) as coder:
        await start(book, engine, encounter, queue)
        form = inputs_of((await coder.get(f"/tasks/{task.id}")).text)
        done = await coder.post(f"/tasks/{task.id}/codes", data=form | {"code.line.1.modifiers": "25"})
    assert (done.status_code, done.headers["location"]) == (303, f"/encounters/{encounter.id}?note=done")
    with book.database.reading() as session:
        sent = session.exec(select(TaskForm)).one()
    assert (sent.resolution, sent.values) == ("recoded", '{"corrections": "line.1.modifiers = 25"}')


async def test_the_same_form_sent_twice_is_answered_twice_the_same(
    book: Book, coder: httpx.AsyncClient, encounter: Encounter, task: Task
) -> None:
    form = inputs_of((await coder.get(f"/tasks/{task.id}")).text) | {"code.line.1.modifiers": "25"}
    sent = ["recoded", {"corrections": "line.1.modifiers = 25"}]
    with book.database.writing() as session:
        row = session.get_one(Encounter, encounter.id)
        claim = encounters.claim_of(row)
        recoded = (replace(claim.lines[0], modifiers=("25",)), claim.lines[1])
        encounters.keep_claim(session, row, replace(claim, lines=recoded))
        tasks.close_task(session, session.get_one(Task, task.id), resolution="recoded", at=book.now, actor_id="me")
        commands.record(
            session,
            practice_id=book.practice_id,
            key=form["key"],
            body_sha256=idempotency.fingerprint("complete_task", task.id, sent),
            actor_id="me",
            name="complete_task",
            subject_id=encounter.id,
            answer=Answer(done=True, code="done", message="Done.").model_dump_json(),
            at=book.now,
        )
    again = await coder.post(f"/tasks/{task.id}/codes", data=form)
    other = await coder.post(f"/tasks/{task.id}/codes", data=form | {"code.line.1.modifiers": "26"})
    assert (again.status_code, again.headers.get("location")) == (303, f"/encounters/{encounter.id}?note=done")
    assert (other.status_code, "This form was sent already, with something else in it" in other.text) == (422, True)


async def test_a_task_that_is_over_keeps_what_was_typed_above_the_page(
    book: Book, coder: httpx.AsyncClient, task: Task
) -> None:
    form = inputs_of((await coder.get(f"/tasks/{task.id}")).text) | {"code.line.1.units": "2"}
    with book.database.writing() as session:
        session.get_one(Task, task.id).state = "done"
    late = await coder.post(f"/tasks/{task.id}/codes", data=form)
    assert late.status_code == 409
    assert "line.1.units = 2" in late.text
    assert "code.line.2" not in late.text


async def test_a_task_that_an_amendment_ended_says_so_and_names_its_successor(
    book: Book, coder: httpx.AsyncClient, encounter: Encounter, task: Task
) -> None:
    form = inputs_of((await coder.get(f"/tasks/{task.id}")).text) | {"code.line.1.units": "2"}
    with book.database.writing() as session:
        row = session.get_one(Encounter, encounter.id)
        claim = encounters.claim_of(row)
        lines = (replace(claim.lines[0], modifiers=("25",)), claim.lines[1])
        encounters.keep_claim(session, row, replace(claim, lines=lines))
        tasks.close_task(session, session.get_one(Task, task.id), resolution="amended", at=book.now, actor_id=None)
    new = book.task(NewTask(TaskType.CODE_REVIEW, key="2", reason="Anew."), subject_id=encounter.id)
    late = await coder.post(f"/tasks/{task.id}/codes", data=form)
    assert late.status_code == 409
    assert "The visit was changed meanwhile, and the task ended by that" in late.text
    assert "before you" not in late.text
    assert f'<a href="/tasks/{new.id}">' in late.text
    assert ("line.1.units = 2" in late.text, "line.1.modifiers" in late.text) == (True, False)


@pytest.mark.parametrize(
    ("data", "file", "field"),
    [
        ({"text": " "}, None, "text"),
        ({"text": "both"}, ("note.txt", b"both"), "file"),
        ({}, ("note.doc", b"\xd0\xcf\x11\xe0\0\0"), "file"),
        ({"text": "Rales.", "signed_by": "M. Curie", "signed_on": "2026-12-31"}, None, "signed_on"),
    ],
)
async def test_a_refused_note_is_mended_at_the_task(
    coder: httpx.AsyncClient, task: Task, data: dict[str, str], file: tuple[str, bytes] | None, field: str
) -> None:
    action = f"/tasks/{task.id}/note"
    assert f'action="{action}"' in (await coder.get(f"/tasks/{task.id}")).text
    refused = await coder.post(action, data=data, files={"file": file} if file else None)
    assert (refused.status_code, list(faults_of(refused.text))) == (422, [f"visit-note-{field}"])
    assert (f'action="{action}"' in refused.text, 'id="codes"' in refused.text) == (True, True)
    done = await coder.post(action, data={"text": "Rales."})
    assert (done.status_code, done.headers["location"]) == (303, f"/tasks/{task.id}?note=done")


async def test_another_role_reads_and_cannot_type(book: Book, task: Task) -> None:
    async with book.signed_in(Role.BILLER) as biller:
        page = (await biller.get(f"/tasks/{task.id}")).text
    assert "Another role works this task." in page
    assert "<fieldset disabled>" in page
    assert "formaction" not in page


async def test_a_question_too_long_is_refused_with_its_length(book: Book, task: Task) -> None:
    body = {"resolution": "ask_provider", "values": {"question": "x" * 1001}}
    async with book.connect(Role.CODER) as client:
        refused = await client.post(f"/api/v1/tasks/{task.id}/complete", json=body, headers=key())
    assert refused.status_code == 422
    assert "1,001 characters, and at most 1,000" in refused.json()["faults"][0]["message"]
    async with book.signed_in(Role.CODER) as coder:
        page = (await coder.get(f"/tasks/{task.id}")).text
        assert 'name="value.question" maxlength="1000" data-counts' in page
        form = {"resolution": "ask_provider", "value.question": "y" * 1001, "is_desk": "yes"}
        again = (await coder.post(f"/tasks/{task.id}/complete", data=form)).text
    assert "1,001 characters" in again
    assert "There is no note of this visit here." in again


async def test_a_task_about_a_visit_says_so(book: Book, encounter: Encounter) -> None:
    query = book.task(NewTask(TaskType.CODING_QUERY, key="q", reason="asks"), subject_id=encounter.id)
    async with book.signed_in(Role.PROVIDER) as provider:
        page = (await provider.get(f"/tasks/{query.id}")).text
    assert f'About <a href="/encounters/{encounter.id}">the visit</a> of Zwiebelturm, Ottilie on 2026-03-01' in page
