"""The visit's note: sent with the visit, pasted, uploaded; read by who works here, and every look written down."""

import pytest
from sqlmodel import select

from billing.roles import Role
from database.tables import AuditEvent, VisitNote
from tests.api import builders
from tests.api.conftest import Book
from tests.api.page_forms import faults_of

NOTE = {"text": "Cough for three days.\n<b>Lungs clear.</b>", "signed_by": "M. Curie, MD", "signed_on": "2026-03-01"}
PNG = b"\x89PNG\r\n\x1a\n" + b"scan"


def key(word: str) -> dict[str, str]:
    return {"Idempotency-Key": f"note-{word}"}


def looks(book: Book) -> int:
    with book.database.reading() as session:
        query = select(AuditEvent).where(AuditEvent.subject == "visit_note", AuditEvent.action == "view")
        return len(session.exec(query).all())


async def test_a_program_sends_the_note_with_the_visit_once(book: Book) -> None:
    body = builders.visit(note=NOTE)
    async with book.connect(Role.SUPERVISOR) as client:
        opened = [await client.post("/api/v1/encounters", json=body, headers=key(f"open-{n}")) for n in range(2)]
        found = (await client.get(f"/api/v1/encounters/{opened[0].json()['encounter_id']}/visit-notes")).json()
    assert [one.status_code for one in opened] == [201, 200]
    [note] = found["notes"]
    assert (note["text"], note["signed_by"], note["signed_on"]) == (NOTE["text"], "M. Curie, MD", "2026-03-01")
    assert looks(book) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"signed_on": "2026-03-03"}, "signed_on"),
        ({"signed_by": None}, "body"),
        ({"text": " "}, "text"),
        ({"text": "x" * 60_001}, "text"),
    ],
)
async def test_a_note_with_a_fault_is_refused_with_its_field(book: Book, change: dict[str, str], field: str) -> None:
    path = f"/api/v1/encounters/{book.encounter().id}/visit-notes"
    async with book.connect(Role.CODER) as coder:
        refused = await coder.post(path, json=NOTE | change, headers=key("refused"))
    assert refused.status_code == 422
    assert [one["field"] for one in refused.json()["faults"]] == [field]


async def test_a_person_pastes_the_note_and_reads_it_as_text(book: Book) -> None:
    path = f"/encounters/{book.encounter().id}/note"
    async with book.signed_in(Role.CODER) as browser:
        empty = (await browser.get(path)).text
        assert "There is no note of this visit here." in empty
        assert looks(book) == 0, "there was nothing to look at"
        for _ in range(2):
            done = await browser.post(path, data=NOTE | {"key": "paste-00001"})
            assert (done.status_code, done.headers["location"]) == (303, f"{path}?note=done")
        page = (await browser.get(path)).text
    assert "Signed by M. Curie, MD on 2026-03-01" in page
    assert page.count("&lt;b&gt;Lungs clear.&lt;/b&gt;") == 1
    assert looks(book) == 1


async def test_a_text_becomes_the_note_and_a_scan_a_record(book: Book) -> None:
    path = f"/encounters/{book.encounter().id}/note"
    async with book.signed_in(Role.CODER) as browser:
        for name, body in (("note.txt", b"\xef\xbb\xbfWheezing."), ("scan.png", PNG)):
            done = await browser.post(path, files={"file": (name, body)}, data={"text": ""})
            assert done.status_code == 303, name
        page = (await browser.get(path)).text
    assert 'class="words">Wheezing.</p>' in page
    assert "scan.png" in page
    assert "medical record" in page


@pytest.mark.parametrize(
    ("data", "file", "field"),
    [
        ({"text": " "}, None, "text"),
        ({"text": "both"}, ("note.txt", b"both"), "file"),
        ({}, ("note.doc", b"\xd0\xcf\x11\xe0\0\0"), "file"),
        ({"signed_by": "M. Curie"}, ("scan.png", PNG), "signed_by"),
        ({"text": "Rales.", "signed_by": "M. Curie", "signed_on": "yesterday"}, None, "signed_on"),
    ],
)
async def test_what_cannot_be_kept_comes_back_with_what_was_typed(
    book: Book, data: dict[str, str], file: tuple[str, bytes] | None, field: str
) -> None:
    path = f"/encounters/{book.encounter().id}/note"
    async with book.signed_in(Role.CODER) as browser:
        refused = await browser.post(path, data=data, files={"file": file} if file else None)
    assert refused.status_code == 422
    assert list(faults_of(refused.text)) == [f"visit-note-{field}"]
    assert data.get("text", "").strip() in refused.text
    with book.database.reading() as session:
        assert session.exec(select(VisitNote)).all() == []


async def test_a_note_is_nobody_elses(book: Book) -> None:
    encounter = book.encounter()
    path = f"/api/v1/encounters/{encounter.id}/visit-notes"
    async with book.connect(token=book.stranger) as stranger:
        assert (await stranger.get(path)).status_code == 404
        assert (await stranger.post(path, json=NOTE, headers=key("stranger"))).status_code == 404
    async with book.connect(Role.AUDITOR) as auditor:
        assert (await auditor.get(path)).status_code == 200
        assert (await auditor.post(path, json=NOTE, headers=key("auditor"))).status_code == 403
