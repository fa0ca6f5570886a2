"""Letters: the print queue, each letter as page, JSON and PDF, and the word that it was sent or is not to be."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from sqlmodel import Session

from activities import account_decisions, packing, returned_mail
from api import actions, auth, errors
from api.actions import Done
from api.auth import Viewer, require
from api.claim_form import Part
from api.errors import Fault, Problem
from api.office import Office, TheOffice
from api.routers.pages import NOTES, Failed, answer, read, show, typed_into
from billing.days import day_of
from billing.dunning import Notice
from billing.letters import NUMBERS, TYPED_WAYS, WAYS, Way
from billing.letters import Letter as Content
from billing.packets import Enclosure
from billing.paper_claims import PaperClaim
from billing.roles import Permission
from billing.statements import Statement
from database import accounts, appeals, audit, crossings, letters, packets
from database.access import Person
from database.letters import LetterRow, QueueState, Sending
from database.packets import PacketView
from database.tables import Letter, PatientAccount
from templates import documents, papers

api = APIRouter(prefix="/api/v1/letters", tags=["letters"])
pages = APIRouter(prefix="/letters", include_in_schema=False)


class WithdrawalForm(Part):
    """Why a paper is not to be sent."""

    reason: Annotated[str, Field(min_length=1, max_length=200)]


class SendingForm(Part):
    """How a letter left: the proof of sending."""

    way: Way
    number: Annotated[str, Field(max_length=100)] = ""
    """Tracking number, confirmation of the fax, or the portal's reference"""
    sent_on: date | None = None
    """None: today"""


MOST_ENCLOSURES = 200
PICK = "pick."
"""Names of the inputs by which enclosures are chosen"""


class PacketForm(Part):
    """What goes with a letter."""

    keys: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=MOST_ENCLOSURES)] = []
    """As the list of enclosures names them; none: the letter alone"""


Worker = Annotated[Person, require(Permission.WORK)]
_PAGES: dict[type, str] = {Statement: "statement.html", PaperClaim: "paper_claim.html"}


@api.get("")
def list_letters(office: TheOffice, person: Viewer, state: QueueState = QueueState.WAITING) -> list[LetterRow]:
    """Letters that wait to be printed, the oldest first, or the newest sent or withdrawn; at most a hundred."""
    with office.database.reading() as session:
        return letters.page(session, practice_id=person.practice_id, state=state)


@api.get("/{letter_id}")
def show_letter(
    request: Request, letter_id: str, office: TheOffice, person: Viewer
) -> Content | PaperClaim | Statement:
    """What one letter, statement or paper claim (box by box) says."""
    return letters.content_of(_find(request, office, person, letter_id))


@api.get("/{letter_id}/letter.pdf", response_class=Response)
def show_pdf(request: Request, letter_id: str, office: TheOffice, person: Viewer) -> Response:
    """The letter as a tagged PDF."""
    return _pdf(_find(request, office, person, letter_id))


@api.get("/{letter_id}/enclosures")
def list_enclosures(request: Request, letter_id: str, office: TheOffice, person: Viewer) -> list[Enclosure]:
    """What may go to the payer with the letter, and what of it usually does."""
    letter = _find(request, office, person, letter_id)
    try:
        with office.database.reading() as session:
            return packing.enclosures_for(session, letter, at=office.now())
    except packing.NotPacked as error:
        raise Problem(409, "no-packet", "This letter takes no enclosures", f"{error}.") from error


@api.post("/{letter_id}/packet", status_code=201)
def make_packet(letter_id: str, form: PacketForm, office: TheOffice, person: Worker) -> PacketView:
    """Join the letter and the chosen enclosures into one PDF, in the place of one that was made before. Once the letter
    is sent it is kept as it was (409)."""
    return _pack(office, person, letter_id, form)


@api.get("/{letter_id}/packet.pdf", response_class=Response)
def show_packet(request: Request, letter_id: str, office: TheOffice, person: Viewer) -> Response:
    """The packet as it was made, byte for byte."""
    return _packet_bytes(request, office, person, letter_id)


@api.post("/{letter_id}/sent", status_code=204)
def mark_sent(
    request: Request, letter_id: str, office: TheOffice, person: Worker, form: SendingForm | None = None
) -> None:
    """The letter was printed and sent, with how, if that is to be proved. Saying it twice changes nothing, but how it
    left may be said afterwards; a withdrawn one is refused (409)."""
    _sent(request, office, person, letter_id, form)


@api.post("/{letter_id}/withdraw", status_code=204)
def withdraw(request: Request, letter_id: str, form: WithdrawalForm, office: TheOffice, person: Worker) -> None:
    """Nobody is to print this paper to a patient; one that was sent is refused (409). Twice is once."""
    _withdraw(request, office, person, letter_id, form)


@api.post("/{letter_id}/returned", status_code=204)
def mark_returned(request: Request, letter_id: str, office: TheOffice, person: Worker) -> None:
    """The mail brought a paper to a patient back: it counts for nothing, and nothing goes out on the account before the
    address changes. One that was not sent is refused (409). Twice is once."""
    _returned(request, office, person, letter_id)


@pages.get("")
def show_queue(request: Request, office: TheOffice, person: Viewer, state: QueueState = QueueState.WAITING) -> Response:
    """The print queue."""
    rows = list_letters(office, person, state)
    return show(request, "letters.html", person, letters=rows, state=state)


@pages.get("/{letter_id}")
def show_page(request: Request, letter_id: str, office: TheOffice, person: Viewer, note: str = "") -> Response:
    """One letter as it will be printed."""
    return _page(request, office, person, letter_id, Failed(), NOTES.get(note, ""))


def _page(request: Request, office: Office, person: Person, letter_id: str, failed: Failed, note: str = "") -> Response:
    letter = _find(request, office, person, letter_id)
    content = letters.content_of(letter)
    return show(
        request,
        _PAGES.get(type(content), "letter.html"),
        person,
        letter=letter,
        content=content,
        unprinted=documents.without_glyph(papers.printed(content)[1]),
        mark=documents.MARK,
        status=failed.status,
        failed=failed,
        key=failed.key_for("withdraw"),
        ways=TYPED_WAYS,
        today=office.today(person),
        how_sent=letters.how_sent(letter),
        is_to_payer=letter.kind in letters.TO_PAYERS,
        crossed_cents=_crossed(office, letter),
        **_packet_of(office, person, letter, failed),
        note=note,
        may_work=person.may(Permission.WORK),
        may_withdraw=person.may(Permission.WORK) and letter.kind in set(Notice),
    )


@pages.get("/{letter_id}/letter.pdf")
def take_pdf(request: Request, letter_id: str, office: TheOffice, person: Viewer) -> Response:
    """The letter to print."""
    return _pdf(_find(request, office, person, letter_id))


@pages.get("/{letter_id}/packet.pdf")
def take_packet(request: Request, letter_id: str, office: TheOffice, person: Viewer) -> Response:
    """The packet to send."""
    return _packet_bytes(request, office, person, letter_id)


@pages.post("/{letter_id}/packet")
async def pack_from_page(request: Request, letter_id: str, office: TheOffice, person: Worker) -> Response:
    """Join the letter and the ticked enclosures into one PDF."""
    typed = await typed_into(request, max_fields=MOST_ENCLOSURES + 50)

    async def act() -> Done:
        chosen = [name.removeprefix(PICK) for name in typed if name.startswith(PICK)]
        await run_in_threadpool(_pack, office, person, letter_id, PacketForm(keys=chosen[:MOST_ENCLOSURES]))
        return Done({})

    def page(failed: Failed) -> Response:
        return _page(request, office, person, letter_id, failed)

    return await answer(act, "packet", typed, f"/letters/{letter_id}", page)


@pages.post("/{letter_id}/sent")
async def say_sent(request: Request, letter_id: str, office: TheOffice, person: Worker) -> Response:
    """The letter was printed and sent."""
    typed = await typed_into(request)

    async def act() -> Done:
        said = {name: text for name, text in typed.items() if text.strip()}
        form = read(SendingForm, said) if "way" in typed else None
        await run_in_threadpool(_sent, request, office, person, letter_id, form)
        return Done({})

    def page(failed: Failed) -> Response:
        return _page(request, office, person, letter_id, failed)

    return await answer(act, "sent", typed, f"/letters/{letter_id}", page)


@pages.post("/{letter_id}/returned")
async def say_returned(request: Request, letter_id: str, office: TheOffice, person: Worker) -> Response:
    """The mail brought the paper back."""
    typed = await typed_into(request)

    async def act() -> Done:
        await run_in_threadpool(_returned, request, office, person, letter_id)
        return Done({})

    def page(failed: Failed) -> Response:
        return _page(request, office, person, letter_id, failed)

    return await answer(act, "returned", typed, f"/letters/{letter_id}", page)


@pages.post("/{letter_id}/withdraw")
async def withdraw_from_page(request: Request, letter_id: str, office: TheOffice, person: Worker) -> Response:
    """Nobody is to print this paper to a patient."""
    typed = await typed_into(request)

    async def act() -> Done:
        await run_in_threadpool(_withdraw, request, office, person, letter_id, read(WithdrawalForm, typed))
        return Done({})

    def page(failed: Failed) -> Response:
        return _page(request, office, person, letter_id, failed)

    return await answer(act, "withdraw", typed, f"/letters/{letter_id}", page)


def _crossed(office: Office, letter: Letter) -> int:
    with office.database.reading() as session:
        return crossings.cents_of(session, letter.id)


def _packet_of(office: Office, person: Person, letter: Letter, failed: Failed) -> dict[str, Any]:
    """The appeal that the letter makes, what may go with it, and what was packed."""
    with office.database.reading() as session:
        appeal = appeals.of_letter(session, letter.id)
        row = packets.of_letter(session, letter.id)
        is_packed = letter.kind in letters.TO_PAYERS and letter.encounter_id is not None
        may_pack = is_packed and letter.sent_at is None and letter.withdrawn_at is None
        found = packing.enclosures_for(session, letter, at=office.now()) if may_pack else []
        packet = packets.view_of(row) if row else None
    keys = packet.keys if packet else [one.key for one in found if one.is_usual]
    if failed.form == "packet":
        keys = [name.removeprefix(PICK) for name in failed.typed if name.startswith(PICK)]
    view = appeals.view_of(appeal, "") if appeal else None
    return {"appeal": view, "enclosures": found, "packet": packet, "chosen": keys, "pick": PICK}


def _pack(office: Office, person: Person, letter_id: str, form: PacketForm) -> PacketView:
    with office.database.writing() as session:
        letter = letters.find(session, practice_id=person.practice_id, letter_id=letter_id)
        if letter is None:
            raise errors.not_found("letter")
        letters.hold(session, letter)
        if letter.kind not in letters.TO_PAYERS:
            raise Problem(409, "no-packet", "This letter takes no enclosures", "Only letters to payers do.")
        if letter.withdrawn_at is not None:
            detail = f"{letter.withdrawn_because}. Nothing goes with it."
            raise Problem(409, "withdrawn", "This letter was withdrawn", detail)
        try:
            row = packing.pack(session, letter, form.keys, at=office.now(), by=person.user_id)
        except packing.NotPacked as error:
            raise errors.invalid([Fault(field="keys", message=str(error))]) from error
        except packets.PacketSent as error:
            raise Problem(409, "sent", "This letter was sent", "What went with it is kept as it was.") from error
        made = packets.view_of(row)
        told = f"packed {made.pages} pages: {'; '.join(made.enclosures) or 'the letter alone'}"
        actions.updated(session, office, person, "letter", letter_id, told)
    return made


def _find(request: Request, office: Office, person: Person, letter_id: str) -> Letter:
    with office.database.reading() as session:
        letter = letters.find(session, practice_id=person.practice_id, letter_id=letter_id)
    if letter is None:
        raise errors.not_found("letter")
    auth.seen(request, person, subject="letter", subject_id=letter_id)
    return letter


def _pdf(letter: Letter) -> Response:
    made = documents.pdf(*papers.printed(letters.content_of(letter)))
    headers = {"Content-Disposition": f'inline; filename="{letter.kind}-{letter.id}.pdf"'}
    return Response(made, media_type="application/pdf", headers=headers)


def _packet_bytes(request: Request, office: Office, person: Person, letter_id: str) -> Response:
    _find(request, office, person, letter_id)
    with office.database.reading() as session:
        row = packets.of_letter(session, letter_id)
    if row is None:
        raise errors.not_found("packet of this letter")
    headers = {"Content-Disposition": f'inline; filename="packet-{letter_id}.pdf"'}
    return Response(row.body, media_type="application/pdf", headers=headers)


def _sent(request: Request, office: Office, person: Person, letter_id: str, form: SendingForm | None) -> None:
    def act(session: Session, letter: Letter) -> bool:
        how = None if form is None else _sending(office, person, letter, form)
        try:
            if letter.kind in letters.TO_PAYERS and letter.withdrawn_at is None:
                packing.pack_alone(session, letter, at=office.now(), by=person.user_id)
            return letters.mark_sent(session, letter, at=office.now(), actor_id=person.user_id, how=how)
        except letters.LetterWithdrawn as error:
            raise Problem(409, "withdrawn", "This letter was withdrawn", f"{error}. Do not send it.") from error

    how = "" if form is None else f" {WAYS[form.way]} {form.number}".rstrip()
    _change(request, office, person, letter_id, act, told=f"marked as sent{how}")


def _sending(office: Office, person: Person, letter: Letter, form: SendingForm) -> Sending:
    """Raises Problem 422 where nothing would be proved by it."""
    today = office.today(person)
    sent_on = form.sent_on or today
    faults = []
    if NUMBERS[form.way] and not form.number.strip():
        faults.append(Fault(field="number", message=f"write down {NUMBERS[form.way]}: it proves that the letter left"))
    if sent_on > today:
        faults.append(Fault(field="sent_on", message="lies in the future; mark it once it has left"))
    elif sent_on < day_of(letter.written_at, person.zone):
        faults.append(Fault(field="sent_on", message="lies before the day on which the letter was written"))
    if faults:
        raise errors.invalid(faults)
    return Sending(form.way, form.number.strip(), sent_on)


def _withdraw(request: Request, office: Office, person: Person, letter_id: str, form: WithdrawalForm) -> None:
    def act(session: Session, letter: Letter) -> bool:
        if letter.kind not in set(Notice):
            detail = "An appeal or a paper claim goes with its claim: change or void the visit."
            raise Problem(409, "not-a-notice", "Only papers to a patient are withdrawn here", detail)
        account = _account(session, letter, at=office.now())  # before the letter, as its own workflow does
        try:
            is_new = letters.withdraw(session, letter, because=form.reason, at=office.now(), actor_id=person.user_id)
        except letters.LetterSent as error:
            raise Problem(409, "sent", "This letter was sent already", "It is on its way to the patient.") from error
        if not is_new and letter.withdrawn_because != form.reason:
            detail = f"The reason that was given: {letter.withdrawn_because}."
            raise Problem(409, "withdrawn", "This letter was withdrawn already", detail)
        if is_new and account is not None:
            _uncount(session, letter, account, at=office.now())
        return is_new

    _change(request, office, person, letter_id, act, told=f"withdrawn: {form.reason}")


def _returned(request: Request, office: Office, person: Person, letter_id: str) -> None:
    def act(session: Session, letter: Letter) -> bool:
        account = _account(session, letter, at=office.now())  # before the letter, as its own workflow does
        if letter.kind not in set(Notice) or account is None:
            raise Problem(409, "not-a-notice", "Only papers to a patient come back here", "It asks nobody for money.")
        try:
            return returned_mail.take_back(session, account, letter, at=office.now(), by=person.user_id)
        except letters.LetterNotSent as error:
            detail = "Mark it as sent first, or withdraw it."
            raise Problem(409, "not-sent", "This letter was not sent", detail) from error

    _change(request, office, person, letter_id, act, told="came back with the mail")


def _account(session: Session, letter: Letter, *, at: datetime) -> PatientAccount | None:
    """The account that the paper asks for, held."""
    if letter.patient_id is None:
        return None
    return accounts.lock(session, practice_id=letter.practice_id, patient_id=letter.patient_id, at=at)


def _uncount(session: Session, letter: Letter, account: PatientAccount, *, at: datetime) -> None:
    """The paper counts for nothing; the next one goes out a cycle from now."""
    accounts.uncount(session, account, letter)
    account.last_paper_at = at
    account_decisions.wake(session, account, at=at)


def _change(
    request: Request,
    office: Office,
    person: Person,
    letter_id: str,
    act: Callable[[Session, Letter], bool],
    *,
    told: str,
) -> None:
    """Do it once, and write it into the audit when it changed something. Raises Problem 404."""
    with office.database.writing() as session:
        letter = letters.find(session, practice_id=person.practice_id, letter_id=letter_id)
        if letter is None:
            raise errors.not_found("letter")
        if act(session, letter):
            audit.record(
                session,
                practice_id=person.practice_id,
                at=office.now(),
                actor_id=person.user_id,
                action="update",
                subject="letter",
                subject_id=letter_id,
                reason=told,
                source=auth.source_of(request),
            )
