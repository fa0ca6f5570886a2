"""Who saw and changed what, as an auditor reads it."""

import csv
import io
from datetime import timedelta

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

import cli
from audit_commands import ChainBroken
from billing.roles import Role
from database.tables import Encounter
from tests.api.conftest import Book


@pytest.fixture
def encounter(book: Book) -> Encounter:
    return book.encounter()


async def looked(book: Book, encounter: Encounter) -> None:
    async with book.connect(Role.BILLER) as client:
        assert (await client.get(f"/api/v1/encounters/{encounter.id}")).status_code == 200
    book.wait(days=1)
    async with book.connect(Role.CODER) as client:
        assert (await client.get(f"/api/v1/patients/{encounter.patient_id}")).status_code == 200


async def test_an_auditor_asks_by_record_person_kind_and_day(book: Book, encounter: Encounter) -> None:
    first = book.now.date()
    await looked(book, encounter)
    async with book.connect(Role.AUDITOR) as client:

        async def found(**wanted: str) -> list[tuple[str, str]]:
            answer = await client.get("/api/v1/audit/events", params=wanted)
            assert answer.status_code == 200, answer.text
            return [(one["subject"], one["subject_id"]) for one in answer.json()["items"]]

        every = await found()
        assert every[0] == ("audit", "events")
        assert every.index(("patient", encounter.patient_id)) < every.index(("encounter", encounter.id))
        assert await found(record=encounter.id) == [("encounter", encounter.id)]
        assert await found(kind="patient") == [("patient", encounter.patient_id)]
        assert ("encounter", encounter.id) in await found(last=first.isoformat())
        assert await found(first=(first + timedelta(days=1)).isoformat(), kind="encounter") == []
        answer = await client.get("/api/v1/audit/events", params={"first": "yesterday"})
        assert answer.status_code == 422


async def test_pages_follow_one_another_without_a_gap(
    book: Book, encounter: Encounter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.routers.audit.A_PAGE", 2)
    await looked(book, encounter)
    async with book.connect(Role.AUDITOR) as client:
        numbers: list[int] = []
        before: int | None = None
        while not numbers or before is not None:
            params = {} if before is None else {"before": before}
            page = (await client.get("/api/v1/audit/events", params=params)).json()
            numbers += [one["id"] for one in page["items"]]
            before = page["next_before"]
    assert numbers == sorted(set(numbers), reverse=True)
    assert numbers[-1] == 1


async def test_the_file_has_every_chosen_event(book: Book, encounter: Encounter) -> None:
    await looked(book, encounter)
    async with book.connect(Role.AUDITOR) as client:
        text = (await client.get("/api/v1/audit/events.csv", params={"kind": "encounter"})).text
    [row] = csv.DictReader(io.StringIO(text))
    assert (row["record"], row["did"]) == (encounter.id, "view")


async def test_who_may_come_in_stands_with_what_they_may(book: Book, encounter: Encounter) -> None:
    async with book.signed_in(Role.AUDITOR) as browser:
        page = (await browser.get("/audit/access")).text
        listed = (await browser.get("/api/v1/audit/access")).json()
    auditor = next(one for one in listed if one["roles"] == ["auditor"])
    assert auditor["permissions"] == ["audit", "decode", "read_figures", "view"]
    assert (auditor["open_sessions"], auditor["is_active"]) == (1, True)
    assert "never in a browser" in page


async def test_the_page_keeps_what_was_chosen_and_says_what_it_cannot_read(book: Book, encounter: Encounter) -> None:
    await looked(book, encounter)
    async with book.signed_in(Role.AUDITOR) as browser:
        page = await browser.get("/audit", params={"record": encounter.id, "first": ""})
        wrong = await browser.get("/audit", params={"first": "1/2/2026"})
        none = await browser.get("/audit", params={"record": "nothing"})
    assert f'<a href="/encounters/{encounter.id}">' in page.text
    assert f"/audit/events.csv?record={encounter.id}" in page.text
    assert wrong.status_code == 422
    assert "From:" in wrong.text
    assert "No such event" in none.text


async def test_a_wrong_password_is_seen_by_the_auditor_of_its_owner(book: Book) -> None:
    async with book.connect() as client:
        login = {"login": "first-coder", "password": "wrong-wrong-wrong"}
        await client.post("/sign-in", data=login, headers={"Sec-Fetch-Site": "same-origin"})
    async with book.connect(Role.AUDITOR) as client:
        events = (await client.get("/api/v1/audit/events", params={"did": "refuse"})).json()["items"]
    assert events[0]["reason"].startswith("wrong password of ")
    assert (events[0]["actor"], events[0]["subject_id"]) == ("unknown", "POST /sign-in")


async def test_another_practice_and_other_roles_see_nothing_of_it(book: Book, encounter: Encounter) -> None:
    await looked(book, encounter)
    async with book.connect(token=book.stranger) as client:
        items = (await client.get("/api/v1/audit/events")).json()["items"]
    assert [one["subject"] for one in items] == ["audit"]
    async with book.connect(Role.BILLER) as client:
        assert (await client.get("/api/v1/audit/events")).status_code == 403


async def test_the_command_reads_the_chain(book: Book, encounter: Encounter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZEROBALANCE_DATABASE_URL", str(book.database.engine.url))
    monkeypatch.setenv("ZEROBALANCE_DATA_DIR", str(book.settings.data_dir))
    monkeypatch.setattr("office_setup.upgrade", lambda database: None)
    await looked(book, encounter)

    def run(*arguments: str) -> str:
        return CliRunner().invoke(cli.app, ["audit", *arguments], catch_exceptions=False).output.strip()

    noted = run("head")
    assert run("verify") == "2 events; the chain is whole"
    assert run("verify", "--noted", noted) == "2 events; the chain is whole, and the noted event is in it"
    with pytest.raises(ChainBroken, match="no event has the noted hash"):
        run("verify", "--noted", "0" * 64)
    with book.database.writing() as session:
        session.execute(sa.text("UPDATE audit_event SET reason = 'nothing' WHERE id = 1"))
    with pytest.raises(ChainBroken, match="broken at 1 of 2 events: 1"):
        run("verify")
