"""The claim's and the remittance's pages: what went out, what came back, and nobody else's."""

from collections.abc import Iterator

import httpx
import pytest
from httpx import ASGITransport

from api.app import create_app
from billing.roles import Role
from database import access
from database.engine import Database
from database.setup import upgrade
from settings import Settings
from tests.api.conftest import KEYRING
from tests.builders import a_277ca, a_claim, a_payment, an_835, an_837p
from tests.office import Office

SURNAME = "DOE"


@pytest.fixture
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('books') / 'office.sqlite3'}")
    upgrade(database)
    yield Office(database)
    database.close()


@pytest.fixture
def encounter(office: Office) -> str:
    """Sent, accepted by both, paid in part, and one line refused."""
    office.take_in(an_837p(a_claim()))
    [opened] = office.encounter_ids()
    office.go_on(opened)
    office.send_claims()
    number = office.submission(opened).control_number
    for who, place in (("AY", 1), ("PR", 2)):
        office.let_pass(minutes=1)
        office.deliver(a_277ca(number, sender=who, number=place))
    office.deliver_835(an_835(a_payment(number, paid=4000, adjustments=(("CO", "45", 5000), ("CO", "50", 6000)))))
    office.go_on(opened)
    return opened


def browser(office: Office, role: Role) -> httpx.AsyncClient:
    with office.database.writing() as session:
        tokens = access.install_staff(session, practice_id=office.practice_id, prefix=f"p-{role}", at=office.now)
        person = access.person_of_token(session, tokens[role], at=office.now)
        assert person is not None
        cookie = access.open_session(session, user_id=person.user_id, at=office.now)
    app = create_app(Settings(), office.database, keyring=KEYRING, clock=lambda: office.now)
    headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
    cookies = {"zerobalance_session": cookie}
    return httpx.AsyncClient(
        transport=ASGITransport(app), base_url="http://office.test", headers=headers, cookies=cookies
    )


async def test_a_claim_is_shown_as_sent_as_acknowledged_and_as_answered(office: Office, encounter: str) -> None:
    number = office.submission(encounter).control_number
    async with browser(office, Role.BILLER) as client:
        page = (await client.get(f"/claims/{number}")).text
        shown = (await client.get(f"/api/v1/claims/{number}/as-sent")).json()
        visit = (await client.get(f"/encounters/{encounter}")).text
    assert f'href="/claims/{number}"' in visit
    assert [one["who"] for one in shown["verdicts"]] == ["clearinghouse", "payer"]
    [answer] = shown["answers"]
    assert (answer["paid_cents"], answer["state"], answer["payer_claim_number"]) == (4000, "posted", "ICN001")
    codes = [one["code"] for one in answer["lines"][0]["adjustments"]]
    assert codes == ["CO-45", "CO-50"]
    for words in ("277CA: accepted", "$150.00", "CO-50 $60.00", "J06.9", "ICN001"):
        assert words in page.replace("  ", " "), words


async def test_every_document_of_a_claims_story_opens(office: Office, encounter: str) -> None:
    number = office.submission(encounter).control_number
    call = {"whom": "payer", "said": "it is being worked on", "control_number": number}
    async with browser(office, Role.BILLER) as client:
        logged = await client.post(
            f"/api/v1/encounters/{encounter}/calls", json=call, headers={"Idempotency-Key": "call-key-01"}
        )
        assert logged.status_code == 201, logged.text
        page = (await client.get(f"/claims/{number}")).text
        told = (await client.get(f"/api/v1/claims/{number}/timeline")).json()
        documents = {one["document"] for one in told if one["document"]}
        assert {one.split("/")[1] for one in documents} == {"messages", "remittances", "encounters"}
        for path in documents:
            assert f'href="{path}"' in page
            assert (await client.get(path.partition("#")[0])).status_code == 200, path
    async with browser(Office(office.database), Role.SUPERVISOR) as client:
        for path in documents:
            assert (await client.get(path.partition("#")[0])).status_code == 404, path


async def test_remittances_are_listed_found_by_trace_and_shown_row_by_row(office: Office, encounter: str) -> None:
    number = office.submission(encounter).control_number
    async with browser(office, Role.POSTER) as client:
        [row] = (await client.get("/api/v1/remittances")).json()["items"]
        listed = (await client.get("/remittances")).text
        found = (await client.get("/remittances?trace=EFT0")).text
        nothing = (await client.get("/remittances?trace=%25")).text
        page = (await client.get(f"/remittances/{row['id']}")).text
        file = await client.get(f"/remittances/{row['id']}/file")
    assert f'href="/remittances/{row["id"]}"' in listed
    assert row["trace"] in found
    assert "No remittance has a trace number that begins so." in nothing
    assert f'href="/claims/{number}"' in page
    assert "$40.00" in page
    assert file.content.startswith(b"ISA*")


async def test_the_payer_is_named_and_a_conflict_leads_to_its_remittance(office: Office, encounter: str) -> None:
    number = office.submission(encounter).control_number
    office.deliver_835(an_835(a_payment(number, paid=9000, adjustments=(("CO", "45", 6000),))))
    async with browser(office, Role.POSTER) as client:
        tasks = (await client.get("/api/v1/tasks?type=remittance_conflict")).json()["items"]
        [task] = tasks
        asked = (await client.get(f"/tasks/{task['id']}")).text
        listed = (await client.get("/remittances")).text
        page = (await client.get(f"/remittances/{task['subject_id']}")).text
        [row, _] = (await client.get("/api/v1/remittances")).json()["items"]
    assert f'About <a href="/remittances/{task["subject_id"]}">a remittance</a>' in asked
    assert f"<td>{row['payer']} <span" in listed
    assert f"<dd>{row['payer']} ({row['payer_number']})</dd>" in page
    assert row["payer"] not in {"", row["payer_number"]}


async def test_an_empty_house_says_so(office: Office) -> None:
    async with browser(office, Role.POSTER) as client:
        assert "No remittance has come in yet." in (await client.get("/remittances")).text


async def test_another_practice_finds_none_of_it(office: Office, encounter: str) -> None:
    number = office.submission(encounter).control_number
    async with browser(office, Role.BILLER) as client:
        [row] = (await client.get("/api/v1/remittances")).json()["items"]
    stranger = Office(office.database)
    async with browser(stranger, Role.SUPERVISOR) as client:
        for path in (
            f"/claims/{number}",
            f"/api/v1/claims/{number}/as-sent",
            f"/remittances/{row['id']}",
            f"/remittances/{row['id']}/file",
        ):
            assert (await client.get(path)).status_code == 404, path
        assert row["trace"] not in (await client.get("/remittances")).text


async def test_notes_and_files_stand_on_a_claim(office: Office, encounter: str) -> None:
    number = office.submission(encounter).control_number
    picture = {"file": ("records.pdf", b"%PDF-1.7 the records", "application/pdf")}
    async with browser(office, Role.BILLER) as client:
        note = await client.post(f"/notes/claim/{number}", data={"text": "asked for records", "key": "note-key-01"})
        silent = await client.post(f"/notes/claim/{number}", data={"text": " ", "key": "note-key-02"})
        kept = await client.post(f"/files/claim/{number}", data={"kind": "record"}, files=picture)
        page = (await client.get(note.headers["location"])).text
        nobodys = await client.post("/notes/claim/ZNOBODYS00000001", data={"text": "x", "key": "note-key-03"})
    assert (note.headers["location"], silent.status_code, nobodys.status_code) == (
        f"/claims/{number}?note=done",
        422,
        404,
    )
    assert kept.status_code == 303, kept.text
    assert "asked for records" in page
    assert "records.pdf" in page
