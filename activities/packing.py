"""Gathers what may go to a payer with a letter, and joins what a person chose into one PDF."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, tzinfo

from sqlmodel import Session, col, or_, select

from billing.attachments import WORDS, FileKind
from billing.claim import Claim
from billing.cms1500 import paper_claim
from billing.days import day_of
from billing.denial_codes import Category
from billing.filing_proof import proof_of_filing
from billing.letters import Letter as Content
from billing.packets import (
    Enclosure,
    EnclosureKind,
    Sheet,
    authorization_sheet,
    categories_of,
    claim_sheet,
    contract_sheet,
    has_contract,
    is_usual,
    note_sheet,
    remittance_sheet,
    sheet_of_letter,
)
from billing.remittance import ClaimPayment
from database import appeals, contracts, filing_proof, office, packets, records, remittances, requests
from database.attachments import FileSubject
from database.letters import content_of
from database.tables import (
    Attachment,
    AuthorizationRow,
    Denial,
    Encounter,
    Letter,
    Packet,
    RemittanceClaim,
    RemittanceFile,
    Submission,
    VisitNote,
)
from interchange.x12.coordination import read_other_payers
from templates import documents, rendering

Rows = list[tuple[str, int | None, str, str | None]]


class NotPacked(ValueError):
    """A letter that takes no enclosures, or one that is not there, with the reason."""


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that may be enclosed, and how it is made when it is chosen."""

    enclosure: Enclosure
    sheet: Callable[[], Sheet] | None = None
    file: Attachment | None = None


@dataclass(frozen=True, slots=True)
class _About:
    """What the letter is about."""

    session: Session
    encounter: Encounter
    claim: Claim
    control_number: str | None
    categories: frozenset[Category]
    zone: tzinfo
    today: date


def enclosures_for(session: Session, letter: Letter, *, at: datetime) -> list[Enclosure]:
    """What may be enclosed, in the order in which it would be sent. Raises NotPacked."""
    return [one.enclosure for one in found_for(session, letter, at=at)]


def pack(session: Session, letter: Letter, keys: Sequence[str], *, at: datetime, by: str) -> Packet:
    """Make the packet of the chosen enclosures, in the place of one that was made before.

    Raises NotPacked for what is not there, packets.PacketSent once the letter is on its way.
    """
    if letter.sent_at is not None and packets.of_letter(session, letter.id) is not None:
        raise packets.PacketSent(letter.id)
    found = {one.enclosure.key: one for one in found_for(session, letter, at=at)}
    unknown = [key for key in keys if key not in found]
    if unknown:
        raise NotPacked(f"{', '.join(unknown)} is not there to be enclosed; reload the page")
    return _join(session, letter, [one for key, one in found.items() if key in set(keys)], at=at, by=by)


def pack_alone(session: Session, letter: Letter, *, at: datetime, by: str) -> None:
    """Keep what was sent where nobody made a packet: the letter by itself."""
    if packets.of_letter(session, letter.id) is None:
        content = content_of(letter)
        assert isinstance(content, Content), "letters to payers are letters"
        body = documents.pdf("letters/letter", rendering.letter_content(content))
        pages = documents.pages_of(body, "application/pdf")
        packets.keep(session, letter, body=body, pages=pages, enclosures=[], apart=[], keys=[], at=at, by=by)


def _join(session: Session, letter: Letter, chosen: Sequence[Found], *, at: datetime, by: str) -> Packet:
    content = content_of(letter)
    assert isinstance(content, Content), "letters to payers are letters"
    files: dict[str, bytes] = {}
    parts, apart = [], []
    for one in chosen:
        if one.file is None:
            assert one.sheet is not None, "what is no file is a sheet"
            parts.append(
                {"title": one.enclosure.title, "sheet": asdict(one.sheet()), "pages": [], "file": "", "is_pdf": False}
            )
            continue
        try:
            pages = documents.pages_of(one.file.body, one.file.content_type)
        except documents.NotJoined as error:
            apart.append(f"{one.enclosure.title}: {error}")
            continue
        name = f"{len(files) + 1}.{documents.JOINED[one.file.content_type]}"
        files[name] = one.file.body
        is_pdf = one.file.content_type == "application/pdf"
        numbers = list(range(1, pages + 1))
        parts.append({"title": one.enclosure.title, "sheet": None, "pages": numbers, "file": name, "is_pdf": is_pdf})
    says = {
        "letter": json.loads(rendering.letter_content(content)),
        "mark": _mark(content),
        "enclosures": parts,
        "apart": apart,
    }
    body = documents.packet(json.dumps(says), files)
    titles = [str(one["title"]) for one in parts]
    keys = [one.enclosure.key for one in chosen]
    pages = documents.pages_of(body, "application/pdf", most=10 * documents.MOST_PAGES)
    return packets.keep(
        session, letter, body=body, pages=pages, enclosures=titles, apart=apart, keys=keys, at=at, by=by
    )


def _mark(content: Content) -> str:
    """What a loose page is put back by: what the letter calls the claim, and whose it is."""
    told = {one.label: one.value for one in content.facts}
    named = [f"{label} {told[label]}" for label in ("Claim", "Attachment control number") if label in told]
    return " · ".join((content.title, *named))


def found_for(session: Session, letter: Letter, *, at: datetime) -> list[Found]:
    """The same with how each is made. Raises NotPacked."""
    encounter = session.get(Encounter, letter.encounter_id) if letter.encounter_id else None
    if encounter is None:
        raise NotPacked("this letter is about several visits, or about none: print what belongs to it by itself")
    about = _about(session, letter, encounter, at=at)
    return [
        *_claims(about),
        *_answers(about),
        *_proofs(about),
        *_contracts(about),
        *_authorizations(about),
        *_notes(about),
        *_files(about),
    ]


def _about(session: Session, letter: Letter, encounter: Encounter, *, at: datetime) -> _About:
    appeal = appeals.of_letter(session, letter.id)
    request = requests.of_letter(session, letter.id)
    number = request.control_number if request else appeal.control_number if appeal else None
    if number is None or session.get(Submission, number) is None:
        number = filing_proof.newest_of(session, practice_id=letter.practice_id, encounter_id=encounter.id)
    reasons = session.exec(select(Denial.reason).where(Denial.encounter_id == encounter.id)).all()
    wanted = {Category.DOCUMENTATION} if request else set()
    zone = office.zone_of(session, letter.practice_id)
    submission = session.get(Submission, number) if number else None
    claim = records.load(Claim, submission.claim if submission else encounter.record)
    return _About(session, encounter, claim, number, categories_of(reasons) | wanted, zone, day_of(at, zone))


def _claims(about: _About) -> list[Found]:
    row = about.session.get(Submission, about.control_number) if about.control_number else None
    if row is None:
        return []

    def sheet() -> Sheet:
        paper = paper_claim(about.claim, read_other_payers(about.claim))
        sent_on = day_of(row.transmitted_at, about.zone) if row.transmitted_at else None
        return claim_sheet(about.claim, paper, sent_on=sent_on, payer_claim_number=row.payer_claim_number)

    return [Found(_enclosure(about, EnclosureKind.CLAIM, row.control_number, "Claim as it was sent"), sheet)]


def _answers(about: _About) -> list[Found]:
    rows = about.session.exec(
        select(RemittanceClaim, RemittanceFile)
        .join(RemittanceFile, col(RemittanceFile.id) == col(RemittanceClaim.remittance_id))
        .where(
            RemittanceClaim.encounter_id == about.encounter.id,
            RemittanceClaim.control_number == about.control_number,
            RemittanceClaim.state == "posted",
        )
        .order_by(col(RemittanceFile.received_at), RemittanceClaim.id)
    ).all()
    return [_answer(about, row, file, is_newest=number == len(rows)) for number, (row, file) in enumerate(rows, 1)]


def _answer(about: _About, row: RemittanceClaim, file: RemittanceFile, *, is_newest: bool) -> Found:
    def sheet() -> Sheet:
        payment = records.load(ClaimPayment, row.payment)
        return remittance_sheet(
            payment,
            payer=remittances.header(file).payer.name.last,
            trace=file.trace,
            paid_on=file.payment_date,
        )

    title = f"Remittance advice of {file.payment_date:%m/%d/%Y}, this claim only"
    return Found(_enclosure(about, EnclosureKind.REMITTANCE, row.id, title, is_wanted=is_newest), sheet)


def _proofs(about: _About) -> list[Found]:
    number = about.control_number
    if number is None:
        return []

    def sheet() -> Sheet:
        found = filing_proof.evidence(about.session, practice_id=about.encounter.practice_id, control_number=number)
        assert found is not None, "the claim is the practice's"
        return sheet_of_letter(proof_of_filing(found[0], on=about.today, zone=found[1]))

    return [Found(_enclosure(about, EnclosureKind.PROOF_OF_FILING, number, "Proof of timely filing"), sheet)]


def _contracts(about: _About) -> list[Found]:
    number = about.control_number or ""
    expected = contracts.expected_lines(about.session, practice_id=about.encounter.practice_id, control_number=number)
    services = ["-".join((line.called, *line.modifiers)) for line in about.claim.lines]
    rows: Rows = [
        (service, one.expected_cents, one.words, one.contract) for service, one in zip(services, expected, strict=False)
    ]
    if not has_contract(rows):
        return []
    made = _enclosure(about, EnclosureKind.CONTRACT, number, "What the contract says, line by line")
    return [Found(made, lambda: contract_sheet(rows))]


def _authorizations(about: _About) -> list[Found]:
    payer = about.claim.coverage.payer.id or ""
    rows = about.session.exec(
        select(AuthorizationRow)
        .where(AuthorizationRow.patient_id == about.encounter.patient_id, AuthorizationRow.payer_number == payer)
        .order_by(col(AuthorizationRow.said_at), AuthorizationRow.id)
    )
    day = about.claim.service_from
    return [_authorization(about, one) for one in rows if one.number == about.claim.authorization or _covers(one, day)]


def _covers(row: AuthorizationRow, day: date) -> bool:
    return (row.valid_from or date.min) <= day <= (row.valid_to or date.max)


def _authorization(about: _About, row: AuthorizationRow) -> Found:
    def sheet() -> Sheet:
        return authorization_sheet(
            number=row.number,
            state=row.state,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            procedures=row.procedures,
            units=row.units,
            note=row.note,
        )

    title = f"Authorization {row.number}".rstrip()
    return Found(_enclosure(about, EnclosureKind.AUTHORIZATION, row.id, title), sheet)


def _notes(about: _About) -> list[Found]:
    rows = about.session.exec(
        select(VisitNote).where(VisitNote.encounter_id == about.encounter.id).order_by(col(VisitNote.added_at))
    )
    return [_note(about, one) for one in rows]


def _note(about: _About, row: VisitNote) -> Found:
    def sheet() -> Sheet:
        return note_sheet(about.claim, row.text, signed_by=row.signed_by, signed_on=row.signed_on)

    signed = f", signed by {row.signed_by}" if row.signed_by else ", not signed"
    return Found(_enclosure(about, EnclosureKind.NOTE, row.id, f"Note of the visit{signed}"), sheet)


def _files(about: _About) -> list[Found]:
    rows = about.session.exec(
        select(Attachment)
        .where(
            Attachment.practice_id == about.encounter.practice_id,
            or_(
                (Attachment.subject == FileSubject.ENCOUNTER) & (Attachment.subject_id == about.encounter.id),
                (Attachment.subject == FileSubject.CLAIM) & (Attachment.subject_id == (about.control_number or "")),
            ),
            col(Attachment.removed_at).is_(None),
        )
        .order_by(col(Attachment.added_at), Attachment.id)
    )
    return [_file(about, one) for one in rows]


def _file(about: _About, row: Attachment) -> Found:
    kind = FileKind(row.kind)
    title = f"{WORDS[kind].capitalize()}: {row.name}"
    apart = "" if row.content_type in documents.JOINED else "it is neither a PDF nor a PNG or JPEG picture"
    usual = is_usual(EnclosureKind.FILE, about.categories, file=kind)
    return Found(Enclosure(f"{EnclosureKind.FILE}:{row.id}", EnclosureKind.FILE, title, usual, apart), file=row)


def _enclosure(about: _About, kind: EnclosureKind, id_: str, title: str, *, is_wanted: bool = True) -> Enclosure:
    return Enclosure(f"{kind}:{id_}", kind, title, is_wanted and is_usual(kind, about.categories))
