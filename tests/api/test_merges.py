"""Two patients are made one with everything that is theirs, found as one, and taken apart again."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import select

from billing.roles import Role
from database import registrations
from database.engine import Database
from database.merges import columns_of_patients
from database.tables import Attachment, Encounter, Note, Patient, PatientAccount
from tests.api import builders
from tests.api.conftest import OPENED, Book, open_book
from tests.api.page_forms import inputs_of
from tests.databases import empty, kind, postgres

__all__ = ["empty", "kind", "postgres"]

POLICY = {"payer": {"id": "NEW01", "name": "NEW HEALTH"}, "member_id": "N1", "filing_indicator": "CI"}


@pytest.fixture
def book(empty: Database, tmp_path: Path) -> Book:
    """The same office on either database."""
    return open_book(empty, tmp_path)


@pytest.fixture
async def chief(book: Book) -> AsyncIterator[httpx.AsyncClient]:
    async with book.connect(Role.SUPERVISOR) as client:
        yield client


@pytest.fixture
def encounter(book: Book) -> Encounter:
    return book.encounter()


def key(number: int) -> dict[str, str]:
    return {"Idempotency-Key": f"merge-key-{number:04}"}


async def twin_of(book: Book, chief: httpx.AsyncClient, encounter: Encounter) -> str:
    """The same person once more, with a policy, an appointment and a number."""
    with book.database.reading() as session:
        known = registrations.of_row(session.get_one(Patient, encounter.patient_id))
    body: dict[str, Any] = {"last_name": known.last_name, "first_name": known.first_name, "is_another_person": True}
    body |= {"birth_date": str(known.birth_date)}
    twin: str = (await chief.post("/api/v1/patients", json=body, headers=key(1))).json()["patient_id"]
    url = f"/api/v1/patients/{twin}/insurance"
    await chief.put(url, json={"version": 0, "policies": [POLICY]}, headers=key(2))
    form = {"patient_id": twin, "day": "2026-03-05", "at_time": "09:30", "provider": "Dr. Curie"}
    assert (await chief.post("/api/v1/appointments", json=form, headers=key(3))).status_code == 201
    return twin


async def test_everything_moves_and_comes_back(book: Book, chief: httpx.AsyncClient, encounter: Encounter) -> None:
    twin = await twin_of(book, chief, encounter)
    [found] = (await chief.get(f"/api/v1/patients/{twin}/duplicates")).json()
    assert (found["patient_id"], found["points"]) == (encounter.patient_id, 85)
    assert found["reasons"] == ["same birth date", "same last name", "same first name"]
    body = {"gone_id": encounter.patient_id, "reason": "same card"}
    merged = await chief.post(f"/api/v1/patients/{twin}/merge", json=body, headers=key(4))
    again = await chief.post(f"/api/v1/patients/{twin}/merge", json=body, headers=key(4))
    assert merged.status_code == again.status_code == 201
    assert merged.json() == again.json()
    kept = (await chief.get(f"/api/v1/patients/{twin}")).json()
    assert [one["id"] for one in kept["visits"]] == [encounter.id]
    assert [one["gone_id"] for one in kept["merges"]] == [encounter.patient_id]
    gone = (await chief.get(f"/api/v1/patients/{encounter.patient_id}")).json()
    assert (gone["merged_into"], gone["visits"]) == (twin, [])
    names = (await chief.get(f"/api/v1/patients?q={builders.SURNAME}")).json()["items"]
    assert [one["id"] for one in names] == [twin]
    with book.database.writing() as session:
        row, is_new = registrations.of_claim(session, builders.claim(), practice_id=encounter.practice_id, at=OPENED)
        assert (row.id, is_new) == (twin, False), "a visit under the old coverage is the kept patient's"
    undo = f"/api/v1/merges/{merged.json()['merge_id']}/undo"
    assert (await chief.post(undo, json={"reason": "twins"}, headers=key(5))).status_code == 200
    assert (await chief.post(undo, json={"reason": "twins"}, headers=key(6))).status_code == 409
    back = (await chief.get(f"/api/v1/patients/{encounter.patient_id}")).json()
    assert ([one["id"] for one in back["visits"]], back["merged_into"]) == ([encounter.id], None)
    left = (await chief.get(f"/api/v1/patients/{twin}")).json()
    assert left["visits"] == []
    assert len((await chief.get("/api/v1/appointments?day=2026-03-05")).json()) == 1


async def test_policies_of_the_kept_one_hold(book: Book, chief: httpx.AsyncClient, encounter: Encounter) -> None:
    twin = await twin_of(book, chief, encounter)
    url = f"/api/v1/patients/{encounter.patient_id}/insurance"
    version = (await chief.get(url)).json()["version"]
    mine = POLICY | {"member_id": "MINE"}
    await chief.put(url, json={"version": version, "policies": [mine]}, headers=key(7))
    body = {"gone_id": twin, "reason": "same card"}
    merged = await chief.post(f"/api/v1/patients/{encounter.patient_id}/merge", json=body, headers=key(8))
    held = (await chief.get(url)).json()["held"]
    assert [one["policy"]["coverage"]["member_id"] for one in held] == ["MINE"]
    await chief.post(f"/api/v1/merges/{merged.json()['merge_id']}/undo", json={"reason": "no"}, headers=key(9))
    held = (await chief.get(f"/api/v1/patients/{twin}/insurance")).json()["held"]
    assert [one["policy"]["coverage"]["member_id"] for one in held] == ["N1"]


async def test_not_itself_nobody_unknown_and_no_paused_account(
    book: Book, chief: httpx.AsyncClient, encounter: Encounter
) -> None:
    twin = await twin_of(book, chief, encounter)
    url = f"/api/v1/patients/{twin}/merge"
    itself = await chief.post(url, json={"gone_id": twin, "reason": "x"}, headers=key(10))
    unknown = await chief.post(url, json={"gone_id": "nobody", "reason": "x"}, headers=key(11))
    with book.database.writing() as session:
        session.add(
            PatientAccount(
                patient_id=encounter.patient_id,
                practice_id=encounter.practice_id,
                touched_at=OPENED,
                paused_until=OPENED.replace(year=2027),
            )
        )
    paused = await chief.post(url, json={"gone_id": encounter.patient_id, "reason": "x"}, headers=key(12))
    assert (itself.status_code, unknown.status_code, paused.status_code) == (422, 404, 409)
    assert "paused" in paused.json()["detail"]
    async with book.connect(Role.BILLER) as biller:
        body = {"gone_id": encounter.patient_id, "reason": "x"}
        assert (await biller.post(url, json=body, headers=key(13))).status_code == 403


async def test_on_the_page(book: Book, encounter: Encounter, chief: httpx.AsyncClient) -> None:
    twin = await twin_of(book, chief, encounter)
    url = f"/patients/{twin}/duplicates"
    async with book.signed_in(Role.SUPERVISOR) as client:
        assert "85 of 100 points" in (await client.get(url)).text
        empty = await client.post(url, data={"gone_id": encounter.patient_id, "reason": "", "key": "e" * 20})
        assert empty.status_code == 422
        form = {"gone_id": encounter.patient_id, "reason": "same card", "key": "m" * 20}
        assert (await client.post(url, data=form)).status_code == 303
        page = (await client.get(url)).text
        assert "Nobody else is likely the same person." in page
        assert "Take them apart" in page
        assert "another patient" in (await client.get(f"/patients/{encounter.patient_id}")).text
        refused = await client.get(f"/patients/{encounter.patient_id}/edit")
        assert refused.status_code == 410
    with book.database.reading() as session:
        assert session.exec(select(Encounter.patient_id)).all() == [twin]


def test_tables_are_found_by_what_they_refer_to() -> None:
    assert {"encounter", "letter", "appointment", "held_policy", "patient_alias"} <= set(columns_of_patients())


GONE = (
    "edit",
    "insurance",
    "authorizations",
    "estimates",
    "duplicates",
    "notices",
    "notices/1",
)


async def test_pages_of_who_is_gone_lead_to_who_was_kept(
    book: Book, chief: httpx.AsyncClient, encounter: Encounter
) -> None:
    twin = await twin_of(book, chief, encounter)
    body = {"gone_id": twin, "reason": "same card"}
    assert (await chief.post(f"/api/v1/patients/{encounter.patient_id}/merge", json=body, headers=key(4))).is_success
    form = {"patient_id": twin, "day": "2026-03-06", "at_time": "09:30", "provider": "Dr. Curie", "reason": "cough"}
    async with book.signed_in(Role.SUPERVISOR) as browser:
        pages = [await browser.get(f"/patients/{twin}/{name}") for name in GONE]
        others = (f"/visits/new?patient={twin}", f"/appointments?patient={twin}", f"/accounts/{twin}")
        pages += [await browser.get(url) for url in others]
        pages.append(await browser.post(f"/accounts/{twin}/resume", data={"key": "r" * 20}))
        assert "Add a file" not in (await browser.get(f"/patients/{twin}")).text
        assert "Add a file" in (await browser.get(f"/patients/{encounter.patient_id}")).text
        booking = await browser.post("/appointments", data=form | {"key": "k" * 20})
    for page in (*pages, booking):
        assert page.status_code == 410, page.url
        assert "This patient was merged into another one" in page.text
        assert f'<a href="/patients/{encounter.patient_id}">Go to the patient who was kept</a>' in page.text
    assert "reason: cough" in booking.text, "what was typed is kept"


async def test_what_was_typed_about_who_is_gone_is_not_lost(
    book: Book, chief: httpx.AsyncClient, encounter: Encounter
) -> None:
    twin = await twin_of(book, chief, encounter)
    async with book.signed_in(Role.SUPERVISOR) as browser:
        typed = inputs_of((await browser.get(f"/patients/{twin}/edit")).text)
        body = {"gone_id": twin, "reason": "same card"}
        merged = await chief.post(f"/api/v1/patients/{encounter.patient_id}/merge", json=body, headers=key(4))
        typed |= {"patient.address.street": "9 North St", "patient.birth_date": ""}
        refused = await browser.post(f"/patients/{twin}/edit", data=typed)
        visit = await browser.post(f"/visits/new?patient={twin}", data={"lines.0.procedure": "99213", "do": "open"})
    assert (merged.status_code, refused.status_code) == (201, 410)
    assert "<li>street: 9 North St</li>" in refused.text
    assert "<li>birth date: nothing</li>" in refused.text
    assert (visit.status_code, "procedure: 99213" in visit.text) == (410, True)
    assert builders.SURNAME not in refused.text, "what stood there already was not typed"


async def test_who_was_merged_is_found_by_what_they_were_known_as(
    book: Book, chief: httpx.AsyncClient, encounter: Encounter
) -> None:
    """Under the name and the birth date of either merge, first and second hand; not of one that was undone."""
    ids = []
    others = (("MEITNER", "1968-11-07"), ("CURIE", None))
    for number, (name, born) in enumerate(others, start=20):
        body = {"last_name": name, "first_name": "LISE"} | ({"birth_date": born} if born else {})
        ids.append((await chief.post("/api/v1/patients", json=body, headers=key(number))).json()["patient_id"])
    made = []
    for number, (kept, gone) in enumerate(((ids[1], ids[0]), (encounter.patient_id, ids[1])), start=30):
        body = {"gone_id": gone, "reason": "married"}
        merged = await chief.post(f"/api/v1/patients/{kept}/merge", json=body, headers=key(number))
        made.append(merged.json()["merge_id"])
    asked = {"lise meitner": ["MEITNER, LISE (born 1968-11-07)"], "11/7/1968": ["MEITNER, LISE (born 1968-11-07)"]}
    asked |= {"curie": ["CURIE, LISE"], builders.SURNAME: []}
    for said, names in asked.items():
        [found] = (await chief.get("/api/v1/patients", params={"q": said})).json()["items"]
        assert (found["id"], found["known_before"]) == (encounter.patient_id, names), said
    async with book.signed_in(Role.SUPERVISOR) as browser:
        pages = [(await browser.get(one)).text for one in ("/patients?q=Meitner", "/?q=Meitner")]
        assert all("known before as MEITNER, LISE" in page for page in pages)
        assert f'href="/encounters/{encounter.id}"' in pages[1]
        undo = f"/api/v1/merges/{made[1]}/undo"
        assert (await chief.post(undo, json={"reason": "twins"}, headers=key(40))).is_success
        assert f'href="/encounters/{encounter.id}"' not in (await browser.get("/?q=Meitner")).text
    [found] = (await chief.get("/api/v1/patients?q=Meitner")).json()["items"]
    assert found["id"] == ids[1]


async def test_programs_are_told_who_was_kept_through_every_merge(
    book: Book, chief: httpx.AsyncClient, encounter: Encounter
) -> None:
    twin = await twin_of(book, chief, encounter)
    other = {"last_name": "MEITNER", "first_name": "LISE"}
    last = (await chief.post("/api/v1/patients", json=other, headers=key(7))).json()["patient_id"]
    for number, (kept, gone) in enumerate(((encounter.patient_id, twin), (last, encounter.patient_id)), start=8):
        body = {"gone_id": gone, "reason": "same card"}
        assert (await chief.post(f"/api/v1/patients/{kept}/merge", json=body, headers=key(number))).is_success
    names = [f"patients/{twin}/{name}" for name in ("insurance", "authorizations", "duplicates", "notices")]
    names += [f"accounts/{twin}", f"notes/account/{twin}", f"files/patient/{twin}"]
    asked = [await chief.get(f"/api/v1/{name}") for name in names]
    put = {"version": 0, "policies": []}
    asked.append(await chief.put(f"/api/v1/patients/{twin}/insurance", json=put, headers=key(10)))
    again = {"gone_id": twin, "reason": "x"}
    asked.append(await chief.post(f"/api/v1/patients/{last}/merge", json=again, headers=key(11)))
    for one in asked:
        assert (one.status_code, one.json()["patient_id"]) == (410, last), one.url
        assert one.json()["type"].endswith("/merged")
    nobody = (await chief.get("/api/v1/patients/nobody/insurance")).json()
    assert (nobody["status"], "patient_id" in nobody) == (404, False)


async def test_nothing_is_written_for_who_is_gone(book: Book, chief: httpx.AsyncClient, encounter: Encounter) -> None:
    twin = await twin_of(book, chief, encounter)
    body = {"gone_id": twin, "reason": "same card"}
    assert (await chief.post(f"/api/v1/patients/{encounter.patient_id}/merge", json=body, headers=key(4))).is_success
    pause = {"until": "2026-12-31", "reason": "they dispute it"}
    card = {"file": ("card.pdf", b"%PDF-1.7 a card", "application/pdf")}
    told = [
        await chief.post(f"/api/v1/accounts/{twin}/pause", json=pause, headers=key(20)),
        await chief.post(f"/api/v1/accounts/{twin}/resume", headers=key(21)),
        await chief.post(f"/api/v1/notes/account/{twin}", json={"text": "called"}, headers=key(22)),
        await chief.post(f"/api/v1/files/patient/{twin}", files=card, data={"kind": "card_front"}),
        await chief.post(f"/api/v1/patients/{twin}/estimates/requests", json={}, headers=key(23)),
    ]
    async with book.signed_in(Role.SUPERVISOR) as browser:
        paused = await browser.post(f"/accounts/{twin}/pause", data=pause | {"key": "p" * 20})
        noted = await browser.post(f"/notes/account/{twin}", data={"text": "called", "key": "n" * 20})
        filed = await browser.post(f"/files/patient/{twin}", files=card, data={"kind": "card_front"})
    assert [one.json().get("patient_id") for one in told] == [encounter.patient_id] * len(told)
    assert [one.status_code for one in (*told, paused, noted, filed)] == [410] * (len(told) + 3)
    assert "reason: they dispute it" in paused.text, "what was typed is kept"
    assert "text: called" in noted.text
    with book.database.reading() as session:
        assert session.get(PatientAccount, twin) is None
        assert session.exec(select(Note)).all() == []
        assert session.exec(select(Attachment)).all() == []


async def test_the_later_merge_is_undone_before_the_earlier_one(
    book: Book, chief: httpx.AsyncClient, encounter: Encounter
) -> None:
    """Else who comes back would come without what is theirs: it went on to the third."""
    twin = await twin_of(book, chief, encounter)
    other = {"last_name": "MEITNER", "first_name": "LISE"}
    last = (await chief.post("/api/v1/patients", json=other, headers=key(7))).json()["patient_id"]
    made = []
    for number, (kept, gone) in enumerate(((twin, encounter.patient_id), (last, twin)), start=8):
        body = {"gone_id": gone, "reason": "same card"}
        merged = await chief.post(f"/api/v1/patients/{kept}/merge", json=body, headers=key(number))
        made.append(f"/api/v1/merges/{merged.json()['merge_id']}/undo")
    earlier, later = made
    early = await chief.post(earlier, json={"reason": "twins"}, headers=key(10))
    assert (early.status_code, "undo the later merge first" in early.text) == (409, True)
    assert (await chief.post(later, json={"reason": "twins"}, headers=key(11))).status_code == 200
    assert (await chief.post(earlier, json={"reason": "twins"}, headers=key(12))).status_code == 200
    back = (await chief.get(f"/api/v1/patients/{encounter.patient_id}")).json()
    assert [one["id"] for one in back["visits"]] == [encounter.id]
