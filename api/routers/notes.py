"""Notes on visits, claims and accounts, replies on them, and questions to colleagues."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field
from sqlmodel import Session

from api import actions, auth, errors, idempotency, known_patient
from api.actions import Done
from api.auth import Viewer, require
from api.claim_form import Part
from api.errors import Fault, Problem
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.accounts import account_page
from api.routers.claims import claim_page
from api.routers.pages import Failed, answer, encounter_page, read, typed_into
from billing.days import business_day_before, start_of
from billing.roles import Permission
from database import notes, questions
from database.access import Person
from database.notes import NoteSubject, NoteView
from database.questions import NobodyToAsk, Questions, State
from database.tables import Note

api = APIRouter(prefix="/api/v1/notes", tags=["notes"])
questions_api = APIRouter(prefix="/api/v1/questions", tags=["notes"])
pages = APIRouter(prefix="/notes", include_in_schema=False)

_PAGES: dict[NoteSubject, Callable[..., Response]] = {
    NoteSubject.ENCOUNTER: encounter_page,
    NoteSubject.ACCOUNT: account_page,
    NoteSubject.CLAIM: claim_page,
}
Worker = Annotated[Person, require(Permission.WORK)]


class NoteForm(Part):
    """What a person writes; it is never changed afterwards."""

    text: Annotated[str, Field(min_length=1, max_length=4000)]
    asks: Annotated[str, Field(max_length=30)] = ""
    """A role, or a user's id: the note is a question until one of those replies; empty: it asks nobody"""


@api.get("/{subject}/{subject_id}")
def list_notes(
    request: Request, subject: NoteSubject, subject_id: str, office: TheOffice, person: Viewer
) -> list[NoteView]:
    """The notes on one visit, claim or account, the newest first."""
    with office.database.reading() as session:
        _require(session, person, subject, subject_id)
        found = notes.of(session, practice_id=person.practice_id, subject=subject, subject_id=subject_id)
    auth.seen(request, person, subject=subject, subject_id=subject_id)
    return found


@api.post("/{subject}/{subject_id}", status_code=201)
def write_note(
    subject: NoteSubject, subject_id: str, form: NoteForm, key: IdempotencyKey, office: TheOffice, person: Worker
) -> dict[str, Any]:
    """Add a note, which may be a question, or with the subject `note` a reply on a note. The first reply of somebody
    who was asked answers the question."""
    return _write(office, person, subject, subject_id, form, key=key).body


@pages.post("/{subject}/{subject_id}")
async def write_from_page(
    request: Request, subject: NoteSubject, subject_id: str, office: TheOffice, person: Worker
) -> Response:
    """Add a note or a reply from the page of the visit, the claim or the account."""
    typed = await typed_into(request)

    async def act() -> Done:
        form = read(NoteForm, typed)
        return await run_in_threadpool(_write, office, person, subject, subject_id, form, key=typed["key"])

    name = f"reply-{subject_id}" if subject is NoteSubject.NOTE else "note"
    return await _from_page(request, office, person, subject, subject_id, typed, act, name)


@questions_api.get("")
def list_questions(request: Request, office: TheOffice, person: Viewer) -> Questions:
    """What the caller is asked and has not answered, what they asked and wait for, and what was answered to them
    since the last day of work began."""
    return asked_of(request, office, person)


@questions_api.post("/{note_id}/withdraw")
def withdraw_question(note_id: str, office: TheOffice, person: Worker) -> NoteView:
    """Ask no longer; only who asked may. An answered question stays answered."""
    _withdraw(office, person, note_id)
    with office.database.reading() as session:
        root = session.get_one(Note, note_id)
        where = {"practice_id": person.practice_id, "subject_id": root.subject_id}
        found = notes.of(session, subject=NoteSubject(root.subject), **where)
    return next(one for one in found if one.id == note_id)


@pages.post("/note/{note_id}/withdraw")
async def withdraw_from_page(request: Request, note_id: str, office: TheOffice, person: Worker) -> Response:
    """Withdraw a question from the page that it stands on."""
    typed = await typed_into(request)

    async def act() -> Done:
        await run_in_threadpool(_withdraw, office, person, note_id)
        return Done({}, 200)

    return await _from_page(request, office, person, NoteSubject.NOTE, note_id, typed, act, f"reply-{note_id}")


def asked_of(request: Request, office: Office, person: Person) -> Questions:
    """The questions of the day of a person; looks at patients' names are recorded."""
    since = start_of(business_day_before(office.today(person)), person.zone)
    with office.database.reading() as session:
        found = questions.of_person(session, person, since=since)
    if found.for_me or found.by_me or found.answered:
        auth.seen(request, person, subject="questions", subject_id="mine")
    return found


async def _from_page(
    request: Request,
    office: Office,
    person: Person,
    subject: NoteSubject,
    subject_id: str,
    typed: dict[str, str],
    act: Callable[[], Awaitable[Done]],
    name: str,
) -> Response:
    """Do it, and show the page that the note, or the note that was replied on, stands on."""
    if subject is NoteSubject.NOTE:
        root = await run_in_threadpool(_root, office, person, subject_id)
        subject, subject_id = NoteSubject(root.subject), root.subject_id

    def page(failed: Failed) -> Response:
        return _PAGES[subject](request, office, person, subject_id, failed)

    return await answer(act, name, typed, f"/{subject}s/{subject_id}", page)


def _root(office: Office, person: Person, note_id: str) -> Note:
    with office.database.reading() as session:
        _require(session, person, NoteSubject.NOTE, note_id)
        return session.get_one(Note, note_id)


def _withdraw(office: Office, person: Person, note_id: str) -> None:
    with office.database.writing() as session:
        _require(session, person, NoteSubject.NOTE, note_id)
        question = questions.lock(session, practice_id=person.practice_id, note_id=note_id)
        if question is None:
            raise errors.not_found("question")
        if session.get_one(Note, note_id).written_by != person.user_id:
            raise Problem(403, "not-your-question", "A colleague asked this", "Only who asked may withdraw it.")
        if question.state == State.OPEN:
            questions.settle(session, question, State.WITHDRAWN, at=office.now(), user_id=person.user_id)
            actions.audited(session, office, person, action="withdraw", subject="note", subject_id=note_id)


def _write(office: Office, person: Person, subject: NoteSubject, subject_id: str, form: NoteForm, *, key: str) -> Done:
    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        _require(session, person, subject, subject_id, writing=True)
        note = notes.add(
            session,
            practice_id=person.practice_id,
            subject=subject,
            subject_id=subject_id,
            text=form.text,
            at=office.now(),
            author_id=person.user_id,
        )
        _ask_or_answer(session, office, person, note, form.asks)
        actions.audited(session, office, person, action="create", subject="note", subject_id=note.id)
        return subject_id, {"note_id": note.id}

    sha256 = idempotency.fingerprint("write_note", f"{subject}:{subject_id}", form.model_dump(mode="json"))
    return Done(idempotency.once(office, person, name="write_note", key=key, body_sha256=sha256, effect=effect), 201)


def _require(session: Session, person: Person, subject: NoteSubject, subject_id: str, *, writing: bool = False) -> None:
    if not notes.exists(session, practice_id=person.practice_id, subject=subject, subject_id=subject_id):
        raise errors.not_found(subject)
    if subject is NoteSubject.NOTE:
        root = session.get_one(Note, subject_id)
        subject, subject_id = NoteSubject(root.subject), root.subject_id
    known_patient.require_behind(session, person, subject, subject_id, writing=writing)


def _ask_or_answer(session: Session, office: Office, person: Person, note: Note, asks: str) -> None:
    """Let the note ask, or answer what its root asks. Raises Problem 422 for a reply that asks, or an unknown whom."""
    if note.subject != NoteSubject.NOTE:
        try:
            if asks:
                questions.ask(session, note, whom=asks)
        except NobodyToAsk as error:
            words = "is neither a role that somebody has nor a colleague who comes in"
            raise errors.invalid([Fault(field="asks", message=words)]) from error
        return
    if asks:
        raise errors.invalid([Fault(field="asks", message="a reply asks nobody; ask by a note of its own")])
    question = questions.lock(session, practice_id=person.practice_id, note_id=note.subject_id)
    is_own = session.get_one(Note, note.subject_id).written_by == person.user_id
    if question is None or question.state != State.OPEN or is_own:
        return
    if questions.is_asked(session, question, person):
        questions.settle(session, question, State.ANSWERED, at=office.now(), user_id=person.user_id)
