"""Help with the bill over HTTP, on the office's pages and on the pay page: checked, once, and nobody else's."""

from collections.abc import AsyncIterator
from datetime import date

import httpx
import pytest
from sqlmodel import select

from billing.roles import Role
from database.columns import new_id
from database.tables import AssistanceApplication, Attachment, AuditEvent, Patient
from tests.api.conftest import Book
from tests.api.test_pay_page import FROM_HERE, House, opened

SCALE = {
    "effective_from": "2026-01-01",
    "region": "48",
    "bands": [
        {"up_to_percent": 100, "takes": "percent", "value": 100},
        {"up_to_percent": 200, "takes": "cap", "value": 2000},
    ],
    "documents": ["your last tax return"],
    "summary": "We help by income.",
    "web": "https://clinic.test/help",
}
POOR = {"applicant": "Jane Doe", "household_size": 1, "income": "15,000.00", "insurance": "none"}
TYPED = POOR | {"household_size": "1", "income_per": "year", "note": "I lost my work."}
PDF = b"%PDF-1.7 invented"


def key() -> dict[str, str]:
    return {"Idempotency-Key": new_id()}


async def with_scale(book: Book) -> None:
    async with book.connect(Role.SUPERVISOR) as client:
        made = await client.post("/api/v1/assistance-policy", json=SCALE, headers=key())
    assert made.status_code == 201, made.text


async def applied(book: Book, **said: object) -> tuple[str, str]:
    """(id of the application, patient)."""
    visit = book.encounter()
    async with book.connect(Role.ACCOUNT_REP) as client:
        path = f"/api/v1/accounts/{visit.patient_id}/assistance"
        made = await client.post(path, json=POOR | said, headers=key())
    assert made.status_code == 201, made.text
    return made.json()["application_id"], visit.patient_id


async def test_an_application_is_recorded_once_and_shows_how_the_scale_comes_to_its_help(book: Book) -> None:
    await with_scale(book)
    visit = book.encounter()
    path = f"/api/v1/accounts/{visit.patient_id}/assistance"
    async with book.connect(Role.ACCOUNT_REP) as client:
        again = key()
        said = [(await client.post(path, json=POOR, headers=again)).json() for _ in range(2)]
        assert said[0] == said[1]
        found = (await client.get(f"/api/v1/assistance/{said[0]['application_id']}")).json()
        assert (found["row"]["state"], found["proposed"], found["is_confirmed"]) == ("review", "100 percent off", False)
        assert "94 percent of it" in " ".join(found["reasoning"])
        [listed] = (await client.get("/api/v1/assistance")).json()
        assert listed["id"] == said[0]["application_id"]
        account = (await client.get(f"/api/v1/accounts/{visit.patient_id}")).json()
        assert ([one["kind"] for one in account["holds"]], len(account["assistance"])) == (["assistance"], 1)
        hold = f"/api/v1/accounts/{visit.patient_id}/holds/{account['holds'][0]['id']}/end"
        refused = await client.post(hold, json={"reason": "go on"}, headers=key())
        assert (refused.status_code, "application" in refused.json()["title"]) == (409, True)


async def test_it_is_decided_by_its_task_looked_at_again_and_taken_back_by_who_may(book: Book) -> None:
    await with_scale(book)
    application, _ = await applied(book)
    path = f"/api/v1/assistance/{application}"
    async with book.connect(Role.ACCOUNT_REP) as client, book.connect(Role.SUPERVISOR) as supervisor:
        await decide(client, application, "denied", {"reason": "no proof"})
        early = await supervisor.post(f"{path}/revoke", json={"reason": "no"}, headers=key())
        assert (early.status_code, early.json()["detail"]) == (409, "only help that was granted is taken back.")
        assert (await client.post(f"{path}/reopen", json={"reason": "an appeal"}, headers=key())).status_code == 200
        await decide(client, application, "granted", {})
        assert (await client.get(path)).json()["row"]["help"] == "100 percent off"
        assert (await client.post(f"{path}/revoke", json={"reason": "no"}, headers=key())).status_code == 403
        assert (await supervisor.post(f"{path}/revoke", json={"reason": "no"}, headers=key())).status_code == 200
        assert (await client.get("/api/v1/assistance?state=revoked")).json()[0]["id"] == application


async def decide(client: httpx.AsyncClient, application: str, resolution: str, values: dict[str, str]) -> None:
    tasks = (await client.get("/api/v1/tasks")).json()["items"]
    [task] = [one["id"] for one in tasks if one["subject_id"] == application]
    body = {"resolution": resolution, "values": values}
    done = await client.post(f"/api/v1/tasks/{task}/complete", json=body, headers=key())
    assert done.status_code == 200, done.text


async def test_what_is_missing_is_awaited_and_noted_when_it_came(book: Book) -> None:
    await with_scale(book)
    application, patient = await applied(book, income="")
    path = f"/api/v1/assistance/{application}"
    async with book.connect(Role.ACCOUNT_REP) as client:
        found = (await client.get(path)).json()
        assert (found["row"]["state"], found["answer_by"]) == ("incomplete", "2026-04-01")
        assert (await client.post(f"{path}/documents-came", headers=key())).status_code == 409
        await client.post(f"/api/v1/accounts/{patient}/assistance", json={"income": "100"}, headers=key())
        assert (await client.get(path)).json()["row"]["state"] == "review"
        await decide(client, application, "incomplete", {"missing": "a pay stub"})
        assert (await client.post(f"{path}/documents-came", headers=key())).status_code == 200


async def test_another_practice_sees_and_changes_nothing(book: Book) -> None:
    await with_scale(book)
    application, patient = await applied(book)
    async with book.connect(token=book.stranger) as client:
        assert (await client.get(f"/api/v1/assistance/{application}")).status_code == 404
        assert (await client.get("/api/v1/assistance")).json() == []
        assert (await client.get("/api/v1/assistance-policy")).json() == []
        for path in (f"/api/v1/accounts/{patient}/assistance", f"/api/v1/assistance/{application}/documents-came"):
            assert (await client.post(path, json=POOR, headers=key())).status_code == 404
        answer = await client.post(f"/api/v1/assistance/{application}/reopen", json={"reason": "x"}, headers=key())
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"household_size": 0}, "household_size"),
        ({"household_size": 31}, "household_size"),
        ({"income": "a lot"}, "income"),
        ({"income": "-1"}, "income"),
        ({"income_per": "week"}, "income_per"),
        ({"received_on": "2026-03-03"}, "received_on"),
    ],
)
async def test_what_makes_no_sense_is_refused_at_its_field(book: Book, said: dict[str, object], field: str) -> None:
    visit = book.encounter()
    async with book.connect(Role.ACCOUNT_REP) as client:
        path = f"/api/v1/accounts/{visit.patient_id}/assistance"
        refused = await client.post(path, json=POOR | said, headers=key())
    assert (refused.status_code, refused.json()["faults"][0]["field"]) == (422, field)


@pytest.mark.parametrize(
    ("bands", "words"),
    [
        ("", "write at least one band"),
        ("200", "line 1: write the percent"),
        ("200: 75", "line 1: say what is taken off"),
        ("200: $x", "line 1: amount"),
        ("200: 75%\n100: 50%", "band 2 must reach higher"),
        ("100: 101%", "band 1 must take off"),
    ],
)
async def test_a_scale_that_cannot_be_read_says_where_and_keeps_what_was_typed(
    book: Book, bands: str, words: str
) -> None:
    typed = {"effective_from": "2026-03-02", "region": "48", "bands": bands, "web": "clinic.test", "key": new_id()}
    async with book.signed_in(Role.SUPERVISOR) as browser:
        refused = await browser.post("/setup/assistance", data=typed)
    assert (refused.status_code, words in refused.text, "clinic.test" in refused.text) == (422, True, True)


async def test_the_scale_is_typed_and_a_guideline_confirmed_on_the_page(book: Book) -> None:
    typed = {"effective_from": "2026-03-02", "region": "AK", "bands": "100: 100%\nup to 250%: $20.50", "key": new_id()}
    async with book.signed_in(Role.SUPERVISOR) as browser:
        assert (await browser.post("/setup/assistance", data=typed)).status_code == 303
        page = (await browser.get("/setup/assistance")).text
        assert "up to 250 percent of the poverty level: at most $20.50 a visit" in page
        assert "250: $20.5" in page
        told = {"year": "2026", "region": "AK", "effective_from": "2026-01-13", "first": "$19,950.00"}
        told |= {"each_more": "$7,100.00", "source": "HHS 2026", "key": new_id()}
        assert (await browser.post("/setup/assistance/guidelines", data=told)).status_code == 303
        refused = await browser.post("/setup/assistance/guidelines", data=told | {"first": "0", "key": new_id()})
        assert (refused.status_code, "must be more than 0.00" in refused.text) == (422, True)
    async with book.connect(Role.AUDITOR) as client:
        found = (await client.get("/api/v1/poverty-guidelines")).json()
        assert [one["is_confirmed"] for one in found if (one["year"], one["region"]) == (2026, "AK")] == [True]
        assert (await client.post("/api/v1/assistance-policy", json=SCALE, headers=key())).status_code == 403


async def test_the_pages_show_what_there_is_and_keep_a_document(book: Book) -> None:
    await with_scale(book)
    application, patient = await applied(book, income="")
    async with book.signed_in(Role.ACCOUNT_REP) as browser:
        assert "something is missing" in (await browser.get("/assistance")).text
        assert (await browser.get("/assistance?state=nonsense")).status_code == 200
        assert f"/assistance/{application}" in (await browser.get(f"/accounts/{patient}")).text
        form = {"income": "lots", "key": new_id()}
        refused = await browser.post(f"/accounts/{patient}/assistance", data=form)
        assert (refused.status_code, "lots" in refused.text) == (422, True)
        sent = {"file": ("stub.pdf", PDF, "application/pdf")}
        kept = await browser.post(f"/files/assistance/{application}", data={"kind": "proof_of_need"}, files=sent)
        assert (kept.status_code, kept.headers["location"]) == (303, f"/assistance/{application}?note=done")
        page = (await browser.get(f"/assistance/{application}")).text
        assert "stub.pdf" in page
        assert "the income of your household" in page
        assert (await browser.get("/assistance/nosuch")).status_code == 404


@pytest.fixture
def house(book: Book) -> House:
    """The pay page without a card processor."""
    visit = book.encounter()
    with book.database.writing() as session:
        session.get_one(Patient, visit.patient_id).birth_date = date(1980, 1, 1)
    made = House(book, None, visit, "")  # type: ignore[arg-type]
    made.owes(8000)
    return made


@pytest.fixture
async def browser(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with house.book.connect(headers=FROM_HERE) as client:
        yield client


def applications(book: Book) -> list[AssistanceApplication]:
    with book.database.reading() as session:
        found = list(session.exec(select(AssistanceApplication)))
        session.expunge_all()
        return found


async def test_a_patient_applies_on_the_pay_page_once_and_sends_a_document(
    house: House, browser: httpx.AsyncClient
) -> None:
    await with_scale(house.book)
    closed = await browser.get(f"{await house.link()}/help")
    assert "birth" in closed.text
    path = await opened(house, browser)
    assert "Apply for help" in (await browser.get(path)).text
    assert "your last tax return" not in (await browser.get(f"{path}/help")).text
    for _ in range(2):
        assert (await browser.post(f"{path}/help", data=TYPED)).status_code == 303
    [row] = applications(house.book)
    assert (row.way, row.received_by, row.rounds, row.income_cents) == ("page", "patient", 1, 1_500_000)
    page = (await browser.get(f"{path}/help")).text
    assert "to be looked at" in page
    assert "your last tax return" in page
    sent = await browser.post(f"{path}/help/files", files={"file": ("stub.pdf", PDF, "application/pdf")})
    assert sent.status_code == 303
    assert "stub.pdf" in (await browser.get(f"{path}/help")).text
    with house.book.database.reading() as session:
        assert session.exec(select(Attachment.added_by)).one() is None
        told = select(AuditEvent).where(AuditEvent.actor_id == "patient", AuditEvent.action == "create")
        assert len(session.exec(told).all()) == 2
    async with house.book.signed_in(Role.ACCOUNT_REP) as staff:
        assert "stub.pdf" in (await staff.get(f"/assistance/{row.id}")).text


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"household_size": ""}, "please fill this in"),
        ({"household_size": "many"}, "household_size-fault"),
        ({"income": "lots"}, "income-fault"),
        ({"applicant": ""}, "please fill this in"),
    ],
)
async def test_a_patient_is_told_what_is_wrong_and_keeps_what_was_typed(
    house: House, browser: httpx.AsyncClient, said: dict[str, str], words: str
) -> None:
    await with_scale(house.book)
    path = await opened(house, browser)
    refused = await browser.post(f"{path}/help", data=TYPED | said)
    assert (refused.status_code, words in refused.text, "I lost my work." in refused.text) == (422, True, True)
    assert applications(house.book) == []


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"file": ("stub.exe", b"MZ....", "application/pdf")}, "this is no PNG"),
        ({"file": ("stub.pdf", b"", "application/pdf")}, "the file is empty"),
        ({"file": ("big.pdf", PDF + b"x" * 10_000_000, "application/pdf")}, "above 10 MB"),
        ({}, "choose a file first"),
    ],
)
async def test_a_file_that_is_not_kept_says_why(
    house: House, browser: httpx.AsyncClient, files: dict[str, tuple[str, bytes, str]], words: str
) -> None:
    await with_scale(house.book)
    path = await opened(house, browser)
    await browser.post(f"{path}/help", data=TYPED)
    refused = await browser.post(f"{path}/help/files", files=files)
    assert (refused.status_code, words in refused.text) == (422, True)


async def test_ten_documents_fit_and_one_without_an_application_does_not(
    house: House, browser: httpx.AsyncClient
) -> None:
    await with_scale(house.book)
    path = await opened(house, browser)
    early = await browser.post(f"{path}/help/files", files={"file": ("a.pdf", PDF, "application/pdf")})
    assert (early.status_code, "fill in the form first" in early.text) == (422, True)
    await browser.post(f"{path}/help", data=TYPED)
    answers = [
        await browser.post(f"{path}/help/files", files={"file": ("a.pdf", PDF + bytes([number]), "application/pdf")})
        for number in range(11)
    ]
    assert [one.status_code for one in answers] == [303] * 10 + [422]


async def test_without_a_policy_the_pay_page_offers_no_application(house: House, browser: httpx.AsyncClient) -> None:
    path = await opened(house, browser)
    assert "Apply for help" not in (await browser.get(path)).text
    assert "call us about help" in (await browser.get(f"{path}/help")).text
    await browser.post(f"{path}/help", data=TYPED)
    assert applications(house.book) == []


async def test_a_question_that_is_answered_leaves_an_open_application_alone(
    house: House, browser: httpx.AsyncClient
) -> None:
    await with_scale(house.book)
    path = await opened(house, browser)
    await browser.post(f"{path}/help", data=TYPED)
    await browser.post(f"{path}/ask", data={"about": "assistance", "text": "When?", "key": new_id()})
    async with house.book.connect(Role.ACCOUNT_REP) as client:
        tasks = (await client.get("/api/v1/tasks")).json()["items"]
        [task] = [one["id"] for one in tasks if one["type"] == "patient_question"]
        body = {"resolution": "answered", "values": {"reason": "soon"}}
        assert (await client.post(f"/api/v1/tasks/{task}/complete", json=body, headers=key())).status_code == 200
        account = (await client.get(f"/api/v1/accounts/{house.visit.patient_id}")).json()
        assert [(one["kind"], one["ended_at"], one["until"]) for one in account["holds"]] == [
            ("assistance", None, None)
        ]
