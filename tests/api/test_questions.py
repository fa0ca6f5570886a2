"""Questions to colleagues: asked on a visit, an account or a claim, answered there, and seen on My day."""

from typing import Any

import httpx
import pytest

from billing.roles import Role
from database.columns import new_id
from database.tables import User
from tests.api.conftest import Book
from tests.api.test_task_holding import user_id

TEXT = "Was the knee imaged on both sides?"


async def write(client: httpx.AsyncClient, path: str, text: str, **more: Any) -> httpx.Response:
    headers = {"Idempotency-Key": new_id()}
    return await client.post(f"/api/v1/notes/{path}", json={"text": text, **more}, headers=headers)


async def mine(client: httpx.AsyncClient) -> dict[str, list[str]]:
    found = (await client.get("/api/v1/questions")).json()
    return {name: [one["text"] for one in rows] for name, rows in found.items()}


def only(**named: list[str]) -> dict[str, list[str]]:
    return {"for_me": [], "by_me": [], "answered": []} | named


async def test_a_role_is_asked_and_the_first_of_it_answers(book: Book) -> None:
    visit = book.encounter()
    async with (
        book.connect(Role.CODER) as coder,
        book.connect(Role.PROVIDER) as provider,
        book.connect(Role.BILLER) as biller,
    ):
        asked = await write(coder, f"encounter/{visit.id}", TEXT, asks="provider")
        note = asked.json()["note_id"]
        waiting = [await mine(one) for one in (coder, provider, biller)]
        comment = await write(biller, f"note/{note}", "The payer asks too.")
        after_comment = await mine(provider)
        book.wait(seconds=1)
        await write(provider, f"note/{note}", "Yes, both.")
        settled = [await mine(one) for one in (coder, provider, biller)]
        [shown] = (await coder.get(f"/api/v1/notes/encounter/{visit.id}")).json()

    assert (asked.status_code, comment.status_code) == (201, 201)
    assert waiting == [only(by_me=[TEXT]), only(for_me=[TEXT]), only()]
    assert after_comment == only(for_me=[TEXT])
    assert settled == [only(answered=[TEXT]), only(), only()]
    assert (shown["asks"], shown["question"]) == ("provider", "answered")
    assert [one["text"] for one in shown["replies"]] == ["The payer asks too.", "Yes, both."]


async def test_a_colleague_is_asked_and_a_supervisor_answers_for_who_left(book: Book) -> None:
    visit = book.encounter()
    provider = user_id(book, Role.PROVIDER)
    async with book.connect(Role.CODER) as coder, book.connect(Role.SUPERVISOR) as supervisor:
        note = (await write(coder, f"account/{visit.patient_id}", TEXT, asks=provider)).json()["note_id"]
        before = await mine(supervisor)
        left = await supervisor.post(f"/api/v1/users/{provider}/deactivate", headers={"Idempotency-Key": "gone-0001"})
        after = await mine(supervisor)
        await write(supervisor, f"note/{note}", "She left; the notes say both.")
        answered = await mine(coder)

    assert left.status_code == 200
    assert (before, after, answered) == (only(), only(for_me=[TEXT]), only(answered=[TEXT]))


async def test_who_asked_asks_no_longer(book: Book) -> None:
    visit = book.encounter()
    async with book.connect(Role.CODER) as coder, book.connect(Role.PROVIDER) as provider:
        note = (await write(coder, f"encounter/{visit.id}", TEXT, asks="provider")).json()["note_id"]
        refused = await provider.post(f"/api/v1/questions/{note}/withdraw")
        withdrawn = [(await coder.post(f"/api/v1/questions/{note}/withdraw")).json() for _ in range(2)]
        late = await write(provider, f"note/{note}", "Yes, both.")
        seen = [await mine(one) for one in (coder, provider)]
        unknown = await coder.post("/api/v1/questions/nothing/withdraw")

    assert refused.status_code == 403
    assert [one["question"] for one in withdrawn] == ["withdrawn"] * 2
    assert late.status_code == 201
    assert seen == [only(), only()]
    assert unknown.status_code == 404


@pytest.mark.parametrize("whom", ["nobody", "auditor", "integration"])
async def test_who_cannot_answer_is_not_asked(book: Book, whom: str) -> None:
    async with book.connect(Role.CODER) as coder:
        refused = await write(coder, f"encounter/{book.encounter().id}", TEXT, asks=whom)
        itself = await write(coder, f"encounter/{book.encounter().id}", TEXT, asks=user_id(book, Role.CODER))
    assert (refused.status_code, itself.status_code) == (422, 422)
    assert refused.json()["faults"][0]["field"] == "asks"


async def test_a_reply_stands_on_a_note_of_the_practice_and_asks_nobody(book: Book) -> None:
    visit = book.encounter()
    async with book.connect(Role.CODER) as coder, book.connect(token=book.stranger) as stranger:
        note = (await write(coder, f"encounter/{visit.id}", TEXT, asks="provider")).json()["note_id"]
        reply = (await write(coder, f"note/{note}", "Asked by telephone too.")).json()["note_id"]
        statuses = [
            (await write(coder, f"note/{reply}", "a reply on a reply")).status_code,
            (await write(coder, f"note/{note}", "again", asks="provider")).status_code,
            (await write(stranger, f"note/{note}", "not mine")).status_code,
            (await stranger.post(f"/api/v1/questions/{note}/withdraw")).status_code,
        ]
        strangers = await mine(stranger)
    assert statuses == [404, 422, 404, 404]
    assert strangers == only()


async def test_it_is_asked_and_answered_on_pages(book: Book) -> None:
    visit = book.encounter()
    page = f"/encounters/{visit.id}"
    async with book.signed_in(Role.CODER) as coder, book.signed_in(Role.PROVIDER) as provider:
        offered = (await coder.get(page)).text
        wrong = await coder.post(f"/notes/encounter/{visit.id}", data={"text": TEXT, "asks": "auditor"})
        await coder.post(f"/notes/encounter/{visit.id}", data={"text": TEXT, "asks": "provider", "key": "ask-00001"})
        day = (await provider.get("/my-day")).text
        [note] = (await provider.get(f"/api/v1/notes/encounter/{visit.id}")).json()
        empty = await provider.post(f"/notes/note/{note['id']}", data={"text": ""})
        answered = await provider.post(f"/notes/note/{note['id']}", data={"text": "Yes, both.", "key": "answer-0001"})
        after = (await coder.get("/my-day")).text
        thread = (await coder.get(page)).text

    assert '<option value="provider">' in offered
    assert '<option value="auditor">' not in offered
    assert (wrong.status_code, TEXT in wrong.text) == (422, True)
    assert f"{page}#note-{note['id']}" in day
    assert (empty.status_code, "reply" in empty.text) == (422, True)
    assert answered.headers["location"] == f"{page}?note=done"
    assert "Answered to me since" in after
    assert "asked, and answered by" in thread
    assert "Yes, both." in thread


async def test_a_question_is_withdrawn_on_its_page(book: Book) -> None:
    visit = book.encounter()
    async with book.signed_in(Role.CODER) as coder:
        await coder.post(f"/notes/encounter/{visit.id}", data={"text": TEXT, "asks": "provider", "key": "ask-00002"})
        [note] = (await coder.get(f"/api/v1/notes/encounter/{visit.id}")).json()
        before = (await coder.get(f"/encounters/{visit.id}")).text
        done = await coder.post(f"/notes/note/{note['id']}/withdraw")
        after = (await coder.get(f"/encounters/{visit.id}")).text

    assert "Ask no longer" in before
    assert done.status_code == 303
    assert "Ask no longer" not in after


async def test_who_asked_does_not_answer_by_a_remark(book: Book) -> None:
    visit = book.encounter()
    with book.database.writing() as session:
        session.get_one(User, user_id(book, Role.EDI_ANALYST)).roles = f"{Role.EDI_ANALYST},{Role.CODER}"
    async with book.connect(Role.CODER) as coder, book.connect(Role.EDI_ANALYST) as colleague:
        note = (await write(coder, f"encounter/{visit.id}", TEXT, asks="coder")).json()["note_id"]
        await write(coder, f"note/{note}", "The payer called again.")
        waiting = [await mine(one) for one in (coder, colleague)]
        await write(colleague, f"note/{note}", "Both sides.")
        settled = await mine(coder)

    assert waiting == [only(by_me=[TEXT]), only(for_me=[TEXT])]
    assert settled == only(answered=[TEXT])


async def test_what_nobody_is_left_to_answer_waits_for_the_supervisors(book: Book) -> None:
    visit = book.encounter()
    async with book.connect(Role.CODER) as coder, book.connect(Role.SUPERVISOR) as supervisor:
        note = (await write(coder, f"encounter/{visit.id}", TEXT, asks="provider")).json()["note_id"]
        before = await mine(supervisor)
        with book.database.writing() as session:
            session.get_one(User, user_id(book, Role.PROVIDER)).roles = Role.AUDITOR
        after = await mine(supervisor)
        await write(supervisor, f"note/{note}", "Both sides.")
        settled = await mine(coder)

    assert (before, after, settled) == (only(), only(for_me=[TEXT]), only(answered=[TEXT]))
