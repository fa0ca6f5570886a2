"""Appeals over HTTP: listed, decided once, and how their letters left."""

import hashlib
import re
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from billing.roles import Role
from database import visit_notes
from database.columns import new_id
from database.tables import Appeal, AuditEvent, Encounter, Fact, Letter, User
from tests.api.conftest import OPENED, Book
from tests.api.test_letters import queued


@pytest.fixture
def appeal(book: Book) -> Appeal:
    return filed(book)


def filed(book: Book) -> Appeal:
    """A letter that waits, and the appeal that it makes."""
    letter = queued(book, "The records show the need.")
    assert letter.encounter_id is not None
    with book.database.writing() as session:
        encounter = session.get_one(Encounter, letter.encounter_id)
        row = Appeal(
            id=new_id(),
            practice_id=book.practice_id,
            encounter_id=encounter.id,
            payer_id=encounter.payer_id,
            control_number="X",
            level=1,
            name="first-level appeal",
            letter_id=letter.id,
            amount_cents=15000,
            filed_at=OPENED,
            filed_by=new_id(),
        )
        session.add(row)
    return row


def key() -> dict[str, str]:
    return {"Idempotency-Key": new_id()}


async def test_a_decision_is_recorded_once(book: Book, appeal: Appeal) -> None:
    book.wait(days=3)
    form = {"outcome": "lost", "decided_on": "2026-03-04", "reference": "LTR-1"}
    async with book.connect(Role.DENIALS) as client:
        path = f"/api/v1/appeals/{appeal.id}/decision"
        late = await client.post(path, json=form | {"decided_on": "2026-03-09"}, headers=key())
        assert (late.status_code, late.json()["faults"][0]["field"]) == (422, "decided_on")
        odd = await client.post(path, json=form | {"outcome": "withdrawn"}, headers=key())
        assert odd.status_code == 422
        assert (await client.post(path, json=form, headers=key())).status_code == 202
        assert (await client.post(path, json=form, headers=key())).status_code == 409
        [seen] = (await client.get(f"/api/v1/encounters/{appeal.encounter_id}/appeals")).json()
        assert (seen["level"], seen["outcome_words"], seen["amount_cents"]) == (1, "undecided", 15000)
    with book.database.reading() as session:
        [fact] = session.exec(select(Fact).where(Fact.kind == "appeal_decided")).all()
        assert "LTR-1" in fact.body
        assert session.exec(select(AuditEvent).where(AuditEvent.subject == "appeal")).one()
    async with book.connect(token=book.stranger) as client:
        assert (await client.post(path, json=form, headers=key())).status_code == 404


async def test_the_visits_page_shows_the_levels_and_takes_the_decision(book: Book, appeal: Appeal) -> None:
    book.wait(days=3)
    async with book.signed_in(Role.DENIALS) as browser:
        page = await browser.get(f"/encounters/{appeal.encounter_id}")
        assert "first-level appeal" in page.text
        assert "Record what the payer decided on level 1" in page.text
        form = {"key": new_id(), "outcome": "won_in_part", "decided_on": "2026-03-04", "reference": "L", "amount": ""}
        refused = await browser.post(f"/appeals/{appeal.id}/decision", data=form)
        assert refused.status_code == 422
        assert "what will the payer pay?" in refused.text
        done = await browser.post(f"/appeals/{appeal.id}/decision", data=form | {"key": new_id(), "amount": "90"})
        assert done.status_code == 303


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"way": "fax"}, "number"),
        ({"way": "fax", "number": "1", "sent_on": "2026-03-20"}, "sent_on"),
        ({"way": "mail", "sent_on": "2026-03-01"}, "sent_on"),
        ({"way": "pigeon"}, "way"),
    ],
)
async def test_what_proves_nothing_is_no_proof_of_sending(
    book: Book, appeal: Appeal, form: dict[str, str], field: str
) -> None:
    async with book.connect(Role.DENIALS) as client:
        refused = await client.post(f"/api/v1/letters/{appeal.letter_id}/sent", json=form)
    assert (refused.status_code, refused.json()["faults"][0]["field"]) == (422, field)


async def test_how_a_letter_left_is_said_with_it_or_once_afterwards(book: Book, appeal: Appeal) -> None:
    async with book.connect(Role.DENIALS) as client:
        path = f"/api/v1/letters/{appeal.letter_id}/sent"
        assert (await client.post(path)).status_code == 204
        for number in ("7012", "9999"):
            assert (await client.post(path, json={"way": "certified_mail", "number": number})).status_code == 204
    with book.database.reading() as session:
        letter = session.get_one(Letter, appeal.letter_id)
        assert (letter.sent_how, letter.sent_number, letter.sent_on) == ("certified_mail", "7012", OPENED.date())
        [fact] = session.exec(select(Fact).where(Fact.kind == "appeal_sent")).all()
        assert fact.subject_id == appeal.letter_id
    async with book.signed_in(Role.DENIALS) as browser:
        page = (await browser.get(f"/letters/{appeal.letter_id}")).text
        assert "by certified mail (number 7012) on 2026-03-02" in page
        story = (await browser.get(f"/encounters/{appeal.encounter_id}")).text
        assert "it was sent by certified mail (number 7012)" in story


async def test_the_letters_page_asks_how_it_left(book: Book, appeal: Appeal) -> None:
    book.now += timedelta(hours=1)
    async with book.signed_in(Role.DENIALS) as browser:
        page = await browser.get(f"/letters/{appeal.letter_id}")
        assert "How it left" in page.text
        refused = await browser.post(f"/letters/{appeal.letter_id}/sent", data={"way": "portal", "number": ""})
        assert "reference: it proves" in refused.text
        done = await browser.post(f"/letters/{appeal.letter_id}/sent", data={"way": "mail", "number": ""})
        assert done.status_code == 303


async def test_a_packet_is_made_taken_and_kept_as_it_was_sent(book: Book, appeal: Appeal) -> None:
    api = f"/api/v1/letters/{appeal.letter_id}"
    async with book.connect(Role.DENIALS) as client:
        assert (await client.get(f"{api}/packet.pdf")).status_code == 404
        unknown = await client.post(f"{api}/packet", json={"keys": ["note:nobodys"]})
        assert (unknown.status_code, unknown.json()["faults"][0]["field"]) == (422, "keys")
        made = await client.post(f"{api}/packet", json={"keys": []})
        assert (made.status_code, made.json()["pages"], made.json()["enclosures"]) == (201, 2, [])
        bytes_sent = (await client.get(f"{api}/packet.pdf")).content
        assert hashlib.sha256(bytes_sent).hexdigest() == made.json()["sha256"]
        assert (await client.post(f"{api}/sent", json={"way": "mail"})).status_code == 204
        assert (await client.post(f"{api}/packet", json={"keys": []})).status_code == 409
        assert (await client.get(f"{api}/packet.pdf")).content == bytes_sent
    async with book.connect(token=book.stranger) as client:
        assert (await client.get(f"{api}/packet.pdf")).status_code == 404
        assert (await client.get(f"{api}/enclosures")).status_code == 404


async def test_a_letter_that_goes_alone_is_kept_byte_for_byte(book: Book, appeal: Appeal) -> None:
    async with book.connect(Role.DENIALS) as client:
        await client.post(f"/api/v1/letters/{appeal.letter_id}/sent")
        kept = await client.get(f"/api/v1/letters/{appeal.letter_id}/packet.pdf")
    assert kept.content.startswith(b"%PDF-")


async def test_the_letters_page_packs_what_is_ticked(book: Book, appeal: Appeal) -> None:
    with book.database.writing() as session:
        row = session.get_one(Encounter, appeal.encounter_id)
        visit_notes.add(session, row, text="Seen.", signed_by=None, signed_on=None, at=book.now, by=_somebody(session))
    async with book.signed_in(Role.DENIALS) as browser:
        page = (await browser.get(f"/letters/{appeal.letter_id}")).text
        [ticked] = re.findall(r'name="(pick\.note:\w+)"', page)
        assert (await browser.post(f"/letters/{appeal.letter_id}/packet", data={ticked: "yes"})).status_code == 303
        page = (await browser.get(f"/letters/{appeal.letter_id}")).text
    assert "The packet: 3 pages in one PDF" in page
    assert "<li>Note of the visit, not signed</li>" in page


def _somebody(session: Session) -> str:
    return session.exec(select(User.id)).first() or ""
