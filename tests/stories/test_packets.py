"""What goes to a payer with an appeal: gathered from the visit, joined into one PDF, and kept as it was sent."""

import base64
from datetime import date

import pytest
import typst

from activities import packing
from billing.attachments import FileKind
from billing.packets import EnclosureKind
from database import attachments, encounters, letters, packets, visit_notes
from database.attachments import FileSubject
from database.tables import Letter, Packet
from templates import documents
from tests.office import Office
from tests.stories.test_appeals import appealed
from tests.stories.test_denials import answered, sent

BOTH_DATABASES = True
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def a_pdf(pages: int) -> bytes:
    """A payer's or a hospital's own PDF."""
    text = "#set page(width: 10cm, height: 10cm)\n" + "#pagebreak()\n".join(f"Report {n}\n" for n in range(pages))
    made: bytes = typst.compile(text.encode())
    return made


def a_file(office: Office, encounter: str, body: bytes, content_type: str, name: str, kind: FileKind) -> None:
    with office.database.writing() as session:
        attachments.add(
            session,
            practice_id=office.practice_id,
            subject=FileSubject.ENCOUNTER,
            subject_id=encounter,
            kind=kind,
            name=name,
            content_type=content_type,
            body=body,
            at=office.now,
            by=office.worker_id,
        )


def a_note(office: Office, encounter: str) -> None:
    with office.database.writing() as session:
        row = encounters.lock(session, practice_id=office.practice_id, encounter_id=encounter)
        visit_notes.add(
            session,
            row,
            text="Chest pain since two days.\nThe ECG is normal.",
            signed_by="Ann Smith, MD",
            signed_on=date(2026, 10, 21),
            at=office.now,
            by=office.worker_id,
        )


def letter_of(office: Office, encounter: str) -> Letter:
    appeal = appealed(office, encounter)
    with office.database.reading() as session:
        return session.get_one(Letter, appeal.letter_id)


def offered(office: Office, letter: Letter) -> dict[str, bool]:
    """Titles of what may be enclosed, and whether it usually is."""
    with office.database.reading() as session:
        found = packing.enclosures_for(session, letter, at=office.now)
    return {one.title: one.is_usual for one in found}


def packed(office: Office, letter: Letter, *, everything: bool = False) -> Packet:
    with office.database.writing() as session:
        found = packing.enclosures_for(session, letter, at=office.now)
        keys = [one.key for one in found if everything or one.is_usual]
        row = session.get_one(Letter, letter.id)
        return packing.pack(session, row, keys, at=office.now, by=office.worker_id)


def test_a_medical_appeal_takes_the_note_and_the_records_along(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "50", 15000))
    a_note(office, encounter)
    a_file(office, encounter, a_pdf(3), "application/pdf", "ecg.pdf", FileKind.RECORD)
    a_file(office, encounter, PICTURE, "image/png", "card.png", FileKind.CARD_FRONT)
    a_file(office, encounter, b"II*\0rest", "image/tiff", "scan.tif", FileKind.RECORD)
    letter = letter_of(office, encounter)
    assert offered(office, letter) == {
        "Claim as it was sent": True,
        "Remittance advice of 11/16/2026, this claim only": True,
        "Proof of timely filing": False,
        "Note of the visit, signed by Ann Smith, MD": True,
        "Medical record: ecg.pdf": True,
        "Insurance card, front: card.png": False,
        "Medical record: scan.tif": True,
    }
    row = packed(office, letter)
    held = packets.view_of(row)
    assert held.enclosures == [
        "Claim as it was sent",
        "Remittance advice of 11/16/2026, this claim only",
        "Note of the visit, signed by Ann Smith, MD",
        "Medical record: ecg.pdf",
    ]
    assert held.apart == ["Medical record: scan.tif: it is neither a PDF nor a PNG or JPEG picture"]
    assert row.body.startswith(b"%PDF-")
    assert row.pages == documents.pages_of(row.body, "application/pdf") >= 2 + 1 + 1 + 1 + 3


def test_a_filing_denial_takes_the_proof_along_and_nothing_clinical(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "29", 15000))
    a_note(office, encounter)
    usual = {title for title, is_usual in offered(office, letter_of(office, encounter)).items() if is_usual}
    assert usual == {
        "Claim as it was sent",
        "Remittance advice of 11/16/2026, this claim only",
        "Proof of timely filing",
    }


def test_the_excerpt_of_a_remittance_names_no_other_patient(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "50", 15000))
    letter = letter_of(office, encounter)
    with office.database.reading() as session:
        [one] = [
            one
            for one in packing.found_for(session, letter, at=office.now)
            if one.enclosure.kind == EnclosureKind.REMITTANCE
        ]
        assert one.sheet is not None
        sheet = one.sheet()
        number = office.submission(encounter).control_number
    facts = {fact.label: fact.value for fact in sheet.facts}
    assert facts["Our control number"] == number
    [lines, codes] = sheet.tables
    assert [row[4] for row in lines.rows] == ["CO-50 $150.00"]
    assert codes.rows == (("50", "not medically necessary"),)


def test_a_packet_without_other_peoples_pdfs_is_tagged(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "50", 15000))
    a_file(office, encounter, PICTURE, "image/png", "photo.png", FileKind.RECORD)
    assert b"/StructTreeRoot" in packed(office, letter_of(office, encounter), everything=True).body


def test_a_packet_is_made_anew_until_it_is_sent_and_kept_from_then_on(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "50", 15000))
    letter = letter_of(office, encounter)
    first = packed(office, letter)
    a_note(office, encounter)
    second = packed(office, letter)
    assert (first.id, first.sha256 == second.sha256) == (second.id, False)
    with office.database.writing() as session:
        row = session.get_one(Letter, letter.id)
        letters.mark_sent(session, row, at=office.now, actor_id=office.worker_id)
        with pytest.raises(packets.PacketSent):
            packing.pack(session, row, [], at=office.now, by=office.worker_id)


def test_what_is_not_the_visits_own_cannot_be_enclosed(office: Office) -> None:
    encounter = sent(office)
    answered(office, encounter, ("CO", "50", 15000))
    letter = letter_of(office, encounter)
    with office.database.writing() as session, pytest.raises(packing.NotPacked, match="not there to be enclosed"):
        packing.pack(session, letter, ["file:someoneelses"], at=office.now, by=office.worker_id)


@pytest.mark.parametrize(
    ("body", "content_type", "words"),
    [
        (b"%PDF-1.7 broken", "application/pdf", "locked or damaged"),
        (b"\x89PNG\r\n\x1a\n broken", "image/png", "locked or damaged"),
        (b"MM\0*", "image/tiff", "neither a PDF nor"),
    ],
)
def test_a_file_that_cannot_be_joined_says_why(body: bytes, content_type: str, words: str) -> None:
    with pytest.raises(documents.NotJoined, match=words):
        documents.pages_of(body, content_type)


@pytest.mark.parametrize("pages", [1, 2, 3, 7])
def test_the_pages_of_a_pdf_are_counted(pages: int) -> None:
    assert documents.pages_of(a_pdf(pages), "application/pdf") == pages


def test_a_pdf_beyond_the_most_pages_goes_apart() -> None:
    with pytest.raises(documents.NotJoined, match="more than 5 pages"):
        documents.pages_of(a_pdf(6), "application/pdf", most=5)
