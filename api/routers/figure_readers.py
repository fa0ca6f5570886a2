"""Who of another practice may read this one's figures: given and ended by whoever manages its users."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import AfterValidator
from sqlmodel import Session

from api import actions, errors
from api.actions import Done
from api.claim_form import Part
from api.errors import Fault
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.pages import NOTES, Failed, answer, read, show, typed_into
from api.routers.users import Manager, login_of
from database import figure_readers
from database.access import Person
from database.figure_readers import NoSuchReader, ReaderView, ReadsAlready

api = APIRouter(prefix="/api/v1/figure-readers", tags=["users"])
pages = APIRouter(prefix="/setup/figure-readers", include_in_schema=False)

GIVE = "reader"


class ReaderForm(Part):
    """Whom to let read the figures."""

    login: Annotated[str, AfterValidator(login_of)]
    """Of somebody of another practice of this installation"""


class NothingElse(Part):
    """The row stands in the address."""


@api.get("")
def list_readers(office: TheOffice, person: Manager) -> list[ReaderView]:
    """Everybody of another practice who may read this one's figures, or might before."""
    with office.database.reading() as session:
        return figure_readers.of_practice(session, practice_id=person.practice_id)


@api.post("", status_code=201)
def add_reader(form: ReaderForm, key: IdempotencyKey, office: TheOffice, person: Manager) -> dict[str, Any]:
    """Let somebody of another practice read the figures of a month: sums alone, no patient and no visit."""
    return _give(office, person, form, key=key).body


@api.post("/{reader_id}/end")
def end_reader(reader_id: str, key: IdempotencyKey, office: TheOffice, person: Manager) -> dict[str, Any]:
    """They read the figures no more, from their next request on."""
    return _end(office, person, reader_id, key=key).body


@pages.get("")
def show_page(request: Request, office: TheOffice, person: Manager, note: str = "") -> Response:
    """Who may, and the form that lets somebody."""
    return _page(request, office, person, Failed(), NOTES.get(note, ""))


@pages.post("")
async def add_from_page(request: Request, office: TheOffice, person: Manager) -> Response:
    """Let somebody read the figures."""
    typed = await typed_into(request)

    def act() -> Done:
        return _give(office, person, read(ReaderForm, typed), key=typed["key"])

    def page(failed: Failed) -> Response:
        return _page(request, office, person, failed)

    return await answer(lambda: run_in_threadpool(act), GIVE, typed, "/setup/figure-readers", page)


@pages.post("/{reader_id}/end")
async def end_from_page(request: Request, reader_id: str, office: TheOffice, person: Manager) -> Response:
    """End it."""
    typed = await typed_into(request)

    def act() -> Done:
        return _end(office, person, reader_id, key=typed["key"])

    def page(failed: Failed) -> Response:
        return _page(request, office, person, failed)

    return await answer(lambda: run_in_threadpool(act), f"end-{reader_id}", typed, "/setup/figure-readers", page)


def _page(request: Request, office: Office, person: Person, failed: Failed, note: str = "") -> Response:
    return show(
        request,
        "figure_readers.html",
        person,
        status=failed.status,
        readers=list_readers(office, person),
        failed=failed,
        typed=failed.typed if failed.form == GIVE else {},
        keys=failed.key_for,
        note=note,
    )


def _give(office: Office, person: Person, form: ReaderForm, *, key: str) -> Done:
    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        try:
            row = figure_readers.give(
                session, practice_id=person.practice_id, login=form.login, at=office.now(), actor_id=person.user_id
            )
        except (NoSuchReader, ReadsAlready) as error:
            raise errors.invalid([Fault(field="login", message=str(error))]) from error
        said = f"may read the figures: user {row.user_id}"
        actions.audited(
            session, office, person, action="create", subject="figure_reader", subject_id=row.id, reason=said
        )
        return row.id, {"figure_reader_id": row.id}

    return actions.kept_once(office, person, "add_figure_reader", "", form, effect, key=key)


def _end(office: Office, person: Person, reader_id: str, *, key: str) -> Done:
    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        row = figure_readers.find(session, practice_id=person.practice_id, reader_id=reader_id)
        if row is None:
            raise errors.not_found("reader")
        if row.ended_at is None:
            figure_readers.end(session, row, at=office.now(), actor_id=person.user_id)
            said = f"reads the figures no more: user {row.user_id}"
            actions.updated(session, office, person, "figure_reader", row.id, said)
        return row.id, {"figure_reader_id": row.id}

    return actions.kept_once(office, person, "end_figure_reader", reader_id, NothingElse(), effect, key=key)
