"""Letters: queued, shown, printed as tagged PDF with whatever was typed into them, sent once, and nobody else's."""

import json
import re
from dataclasses import asdict, replace
from datetime import date

import pytest
from sqlmodel import select

from billing.cms1500 import paper_claim
from billing.dunning import Notice
from billing.letters import Letter as Content
from billing.letters import appeal_letter, receipt
from billing.roles import Role
from billing.statements import ServiceRow, Statement, VisitPart
from database import letters, records
from database.columns import new_id
from database.tables import AuditEvent, Letter
from templates import documents, rendering, statement_view
from tests.api import builders
from tests.api.conftest import OPENED, Book

HOSTILE = '<b>#panic("typst")</b> $x^2$ *bold* "quoted" \\'


@pytest.fixture
def letter(book: Book) -> Letter:
    return queued(book, HOSTILE)


def queued(book: Book, argument: str) -> Letter:
    """An appeal that waits to be printed."""
    content = appeal_letter(
        builders.claim(),
        written_on=date(2026, 3, 2),
        payer_claim_number="ICN001",
        answered_on=date(2026, 2, 20),
        level=1,
        level_name="appeal",
        disputed=["99213 on 02/01/2026: $150.00"],
        amount_cents=15000,
        argument=argument,
    )
    row = Letter(
        id=new_id(),
        practice_id=book.practice_id,
        encounter_id=book.encounter().id,
        kind="appeal",
        content=records.dump(content),
        written_at=OPENED,
        written_by=new_id(),
    )
    with book.database.writing() as session:
        session.add(row)
    return row


async def test_a_letter_waits_is_read_and_is_sent_once(book: Book, letter: Letter) -> None:
    async with book.connect(Role.DENIALS) as client:
        [waiting] = (await client.get("/api/v1/letters")).json()
        assert (waiting["id"], waiting["title"]) == (letter.id, "Appeal of a claim decision")
        said = (await client.get(f"/api/v1/letters/{letter.id}")).json()
        assert HOSTILE in said["paragraphs"]
        for _ in range(2):
            assert (await client.post(f"/api/v1/letters/{letter.id}/sent")).status_code == 204
        assert (await client.get("/api/v1/letters")).json() == []
        assert len((await client.get("/api/v1/letters?state=sent")).json()) == 1
    with book.database.reading() as session:
        said_so = select(AuditEvent).where(AuditEvent.subject == "letter", AuditEvent.action == "update")
        assert len(session.exec(said_so).all()) == 1


async def test_what_was_typed_is_text_in_the_page_and_in_the_pdf(book: Book, letter: Letter) -> None:
    async with book.signed_in(Role.DENIALS) as browser:
        page = await browser.get(f"/letters/{letter.id}")
        assert "&lt;b&gt;#panic(" in page.text
        made = await browser.get(f"/letters/{letter.id}/letter.pdf")
    assert made.headers["content-type"] == "application/pdf"
    assert made.content.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in made.content


@pytest.mark.parametrize(
    "argument", ["李 asked for it", "\N{BELL}\N{ZERO WIDTH SPACE}한 😀 e\N{COMBINING ACUTE ACCENT}"]
)
async def test_a_character_that_no_font_shows_is_marked_and_never_lost(argument: str, book: Book) -> None:
    letter = queued(book, argument)
    async with book.signed_in(Role.DENIALS) as browser:
        page = (await browser.get(f"/letters/{letter.id}")).text
        made = await browser.get(f"/letters/{letter.id}/letter.pdf")
        said = (await browser.get(f"/api/v1/letters/{letter.id}")).json()

    assert made.content.startswith(b"%PDF-")
    assert argument in said["paragraphs"]
    assert argument in page
    assert re.search("fonts have no sign for [^:]*[李한]", page)


async def test_a_letter_that_every_font_shows_says_nothing_of_fonts(book: Book, letter: Letter) -> None:
    async with book.signed_in(Role.DENIALS) as browser:
        assert "fonts have no sign" not in (await browser.get(f"/letters/{letter.id}")).text


@pytest.mark.parametrize("template", ["letters/letter", "letters/paper_claim", "statements/statement"])
def test_no_paper_fails_on_a_name(template: str) -> None:
    claim = builders.claim()
    named = replace(claim, patient=replace(claim.patient, name=replace(claim.patient.name, last="李")))
    contents = {
        "letters/letter": rendering.letter_content(
            receipt(
                named,
                named.patient,
                number="1",
                visit="V",
                received_on=OPENED.date(),
                amount_cents=1,
                method="李",
                reference=None,
                is_self_pay=False,
            )
        ),
        "letters/paper_claim": json.dumps(asdict(paper_claim(named))),
        "statements/statement": statement_view.content(a_statement("李")),
    }
    assert documents.pdf(template, contents[template]).startswith(b"%PDF-")
    assert documents.without_glyph(contents[template]) == ["李"]


def a_statement(name: str) -> Statement:
    day = OPENED.date()
    row = ServiceRow(name, 100, 0, 0, 0, 100)
    visit = VisitPart("V", day, "Dr " + name, name, (row,), (name,), None)
    return Statement("S1", Notice.STATEMENT, day, day, (name,), (name, "Street"), (visit,), 100, (("new", 100),), name)


async def test_a_paper_claim_is_read_box_by_box_and_printed(book: Book) -> None:
    row = Letter(
        id=new_id(),
        practice_id=book.practice_id,
        encounter_id=book.encounter().id,
        kind=letters.PAPER_CLAIM,
        content=records.dump(paper_claim(builders.claim())),
        written_at=OPENED,
        written_by="office",
    )
    with book.database.writing() as session:
        session.add(row)
    async with book.signed_in(Role.BILLER) as browser:
        [form] = (await browser.get(f"/api/v1/letters/{row.id}")).json()["forms"]
        page = (await browser.get(f"/letters/{row.id}")).text
        made = await browser.get(f"/letters/{row.id}/letter.pdf")
    assert {"number": "1a", "about": "insured's member id", "value": builders.MEMBER_ID} in form["boxes"]
    assert builders.MEMBER_ID in page
    assert (made.content.startswith(b"%PDF-"), b"/StructTreeRoot" in made.content) == (True, True)


async def test_the_print_queue_leads_to_its_letters(book: Book, letter: Letter) -> None:
    async with book.signed_in(Role.DENIALS) as browser:
        assert f'href="/letters/{letter.id}"' in (await browser.get("/letters")).text
        sent = await browser.post(f"/letters/{letter.id}/sent")
        assert sent.headers["location"] == f"/letters/{letter.id}?note=done"
        assert "No letter waits." in (await browser.get("/letters")).text
        assert f'href="/letters/{letter.id}"' in (await browser.get("/letters?state=sent")).text


async def test_another_practice_sees_nothing_of_it(book: Book, letter: Letter) -> None:
    async with book.connect(token=book.stranger) as client:
        assert (await client.get("/api/v1/letters")).json() == []
        assert (await client.get(f"/api/v1/letters/{letter.id}")).status_code == 404
        assert (await client.get(f"/api/v1/letters/{letter.id}/letter.pdf")).status_code == 404
        assert (await client.post(f"/api/v1/letters/{letter.id}/sent")).status_code == 404


def test_a_second_appeal_says_its_level() -> None:
    letter = appeal_letter(
        builders.claim(),
        written_on=date(2026, 3, 2),
        payer_claim_number=None,
        answered_on=date(2026, 2, 20),
        level=2,
        level_name="appeal",
        disputed=[],
        amount_cents=1,
        argument="x",
    )
    assert isinstance(letter, Content)
    assert "level 2" in letter.paragraphs[0]


def notice(book: Book) -> Letter:
    """A statement that waits to be printed."""
    visit = VisitPart("V-1", date(2026, 2, 1), "DR CURIE", "A PLAN", (), (), None)
    content = Statement(
        "ABCDE-FGHJK",
        Notice.STATEMENT,
        OPENED.date(),
        OPENED.date(),
        (),
        ("A PATIENT",),
        (visit,),
        0,
        (),
        "",
        ("A", "B"),
    )
    row = Letter(
        id=new_id(),
        practice_id=book.practice_id,
        patient_id=book.encounter().patient_id,
        kind=Notice.STATEMENT,
        content=records.dump(content),
        written_at=OPENED,
        written_by="office",
    )
    with book.database.writing() as session:
        session.add(row)
    return row


async def test_a_statement_is_withdrawn_with_a_reason_and_is_not_sent_any_more(book: Book) -> None:
    row = notice(book)
    path = f"/letters/{row.id}"
    async with book.signed_in(Role.BILLER) as browser:
        silent = await browser.post(f"{path}/withdraw", data={"key": "key-00000001", "reason": " "})
        done = await browser.post(f"{path}/withdraw", data={"key": "key-00000001", "reason": "a wrong address"})
        again = await browser.post(f"{path}/withdraw", data={"key": "key-00000001", "reason": "a wrong address"})
        otherwise = await browser.post(f"{path}/withdraw", data={"key": "key-00000002", "reason": "a dispute"})
        page = (await browser.get(path)).text
        queue = (await browser.get("/letters")).text
        withdrawn = (await browser.get("/letters?state=withdrawn")).text
        sent = await browser.post(f"{path}/sent")

    assert silent.status_code == 422
    assert (done.status_code, again.status_code) == (303, 303)
    assert (otherwise.status_code, "a dispute" in otherwise.text) == (409, True)
    assert "a wrong address. It is not to be sent" in page
    assert "By cheque to A, B, with number" in page
    assert "You may ask for an itemised bill" in page
    assert "Printed and sent" not in page
    assert (path in queue, path in withdrawn, "a wrong address" in withdrawn) == (False, True, True)
    assert (sent.status_code, "was withdrawn" in sent.text) == (409, True)
    with book.database.reading() as session:
        told = select(AuditEvent.reason).where(AuditEvent.subject == "letter", AuditEvent.action == "update")
        assert session.exec(told).all() == ["withdrawn: a wrong address"]


async def test_what_was_sent_and_what_is_no_notice_is_not_withdrawn(book: Book, letter: Letter) -> None:
    row = notice(book)
    async with book.connect(Role.DENIALS) as client:
        await client.post(f"/api/v1/letters/{row.id}/sent")
        late = await client.post(f"/api/v1/letters/{row.id}/withdraw", json={"reason": "paid"})
        appeal = await client.post(f"/api/v1/letters/{letter.id}/withdraw", json={"reason": "paid"})
        nobodys = await client.post(f"/api/v1/letters/{new_id()}/withdraw", json={"reason": "paid"})

    assert (late.status_code, "sent already" in late.text) == (409, True)
    assert (appeal.status_code, "change or void the visit" in appeal.text) == (409, True)
    assert nobodys.status_code == 404
