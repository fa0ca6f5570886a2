"""Files: kept once by content, told by their bytes, shown without ever being run, and nobody else's."""

import re

import pytest

from billing.roles import Role
from database.columns import new_id
from database.tables import Encounter
from tests.api.conftest import Book

PICTURE = b"\x89PNG\r\n\x1a\n" + b"0" * 40
PAPER = b"%PDF-1.7 a record"


@pytest.fixture
def encounter(book: Book) -> Encounter:
    return book.encounter()


def upload(body: bytes, name: str = "card.png") -> dict[str, tuple[str, bytes, str]]:
    return {"file": (name, body, "text/html")}


async def test_a_card_is_kept_once_and_shown_on_the_patient(book: Book, encounter: Encounter) -> None:
    path = f"/files/patient/{encounter.patient_id}"
    async with book.signed_in(Role.FRONT_DESK) as client:
        for _ in range(2):
            kept = await client.post(path, files=upload(PICTURE, r"C:\scans\card.png"), data={"kind": "card_front"})
            assert (kept.status_code, kept.headers["location"]) == (303, f"/patients/{encounter.patient_id}?note=done")
        page = (await client.get(f"/patients/{encounter.patient_id}")).text
        [file] = (await client.get(f"/api/v1/files/patient/{encounter.patient_id}")).json()
        shown = await client.get(f"/files/{file['id']}")
    assert page.count("card.png</a>") == 1
    assert (file["name"], file["kind"]) == ("card.png", "card_front")
    assert (file["content_type"], file["size"]) == ("image/png", 48)
    assert shown.content == PICTURE
    assert shown.headers["content-type"] == "image/png", "told by the bytes, not by the sender"
    assert shown.headers["content-disposition"].startswith("inline")
    assert shown.headers["content-security-policy"].startswith("default-src 'none'")
    assert shown.headers["x-content-type-options"] == "nosniff"


async def test_a_record_on_a_visit_is_handed_over_and_taken_away(book: Book, encounter: Encounter) -> None:
    async with book.signed_in(Role.DENIALS) as client:
        kept = await client.post(
            f"/api/v1/files/encounter/{encounter.id}", files=upload(PAPER, 'no"te\r\n.pdf'), data={"kind": "record"}
        )
        file_id = kept.json()["file_id"]
        shown = await client.get(f"/files/{file_id}")
        removed = await client.post(f"/files/{file_id}/remove")
        again = await client.get(f"/files/{file_id}")
        page = (await client.get(f"/encounters/{encounter.id}")).text
    assert re.fullmatch(r'attachment; filename="[\w.-]+\.pdf"', shown.headers["content-disposition"])
    assert removed.status_code == 303, removed.text
    assert removed.headers["location"] == f"/encounters/{encounter.id}?note=done"
    assert again.status_code == 404
    assert "No files" in page


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (b"", "record", "choose a file|empty"),
        (b"<script>alert(1)</script>", "record", "no PNG, JPEG, TIFF or PDF"),
        (PAPER, "poem", "is none of"),
        (b"%PDF-" + b"0" * 10_000_000, "record", "10 MB"),
    ],
)
async def test_what_is_not_kept_says_why(body: bytes, kind: str, words: str, book: Book, encounter: Encounter) -> None:
    async with book.signed_in(Role.BILLER) as client:
        refused = await client.post(f"/api/v1/files/encounter/{encounter.id}", files=upload(body), data={"kind": kind})
        listed = (await client.get(f"/api/v1/files/encounter/{encounter.id}")).json()
    assert refused.status_code in {413, 422}
    assert any(word in refused.text for word in words.split("|")), refused.text
    assert listed == []


@pytest.mark.parametrize("subject", ["patient", "encounter"])
@pytest.mark.parametrize(
    ("files", "words"),
    [
        (upload(b""), "the file is empty"),
        (upload(b"<svg/>"), "this is no PNG, JPEG, TIFF or PDF"),
        (upload(b"%PDF-" + b"0" * 10_000_000), "above 10 MB"),
        ({"other": ("", b"", "text/html")}, "choose a file"),
    ],
)
async def test_a_refused_file_comes_back_to_its_page_with_the_reason_at_the_field(
    files: dict[str, tuple[str, bytes, str]], words: str, subject: str, book: Book, encounter: Encounter
) -> None:
    subject_id = encounter.patient_id if subject == "patient" else encounter.id
    async with book.signed_in(Role.FRONT_DESK) as browser:
        refused = await browser.post(f"/files/{subject}/{subject_id}", files=files, data={"kind": "card_back"})
    page = refused.text

    assert refused.status_code == 422
    assert re.search(rf'id="file-file-fault">[^<]*{words}', page)
    assert 'value="card_back" selected' in page
    assert "Zwiebelturm" in page
    assert f'action="/files/{subject}/{subject_id}"' in page


async def test_an_auditor_looks_and_a_stranger_finds_nothing(book: Book, encounter: Encounter) -> None:
    async with book.signed_in(Role.BILLER) as client:
        kept = await client.post(
            f"/api/v1/files/encounter/{encounter.id}", files=upload(PICTURE), data={"kind": "other"}
        )
    file_id = kept.json()["file_id"]
    async with book.signed_in(Role.AUDITOR) as client:
        assert (await client.get(f"/files/{file_id}")).status_code == 200
        refused = await client.post(f"/api/v1/files/encounter/{encounter.id}", files=upload(PAPER), data={})
        assert refused.status_code == 403
        assert "Add a file" not in (await client.get(f"/encounters/{encounter.id}")).text
    async with book.connect(token=book.stranger) as client:
        assert (await client.get(f"/api/v1/files/{file_id}")).status_code == 404
        assert (await client.get(f"/api/v1/files/encounter/{encounter.id}")).status_code == 404
        refused = await client.post(f"/api/v1/files/patient/{new_id()}", files=upload(PAPER), data={"kind": "other"})
        assert refused.status_code == 404
