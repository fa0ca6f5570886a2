"""Runs of statements: begun by hand, looked at, their file taken, and the word that the post has it; e-mail that came
back.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import Field
from sqlmodel import Session

from activities import bounces, ids, posting_papers
from activities import statement_runs as running
from api import actions, auth, errors, idempotency
from api.actions import Done
from api.auth import Viewer, require
from api.claim_form import Part
from api.errors import Fault, Problem
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.pages import NOTES, Failed, answer, engine_page, read, show, typed_into
from billing.dunning import Notice
from billing.roles import Permission
from billing.statement_runs import RunState
from database import statement_run_views, statement_runs
from database.access import Person
from database.statement_run_views import RunRow, RunView
from database.tables import StatementRun
from interchange.delivery_status import NoReport

api = APIRouter(prefix="/api/v1", tags=["letters"])
pages = APIRouter(prefix="/letters/runs", include_in_schema=False)

Worker = Annotated[Person, require(Permission.WORK)]
After = Annotated[int, Query(ge=0, le=1_000_000)]
SHOWN = 100
RUNS_SHOWN = 20


class RunForm(Part):
    """Which papers a run takes."""

    kinds: Annotated[list[Notice], Field(max_length=3)] = []
    """None: every kind"""


class PostedForm(Part):
    """The printed file is at the post."""

    taken_out: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """How many papers were taken out of it: as many as the run lists under `take_out`"""


@api.get("/statement-runs")
def list_runs(office: TheOffice, person: Viewer) -> list[RunRow]:
    """Runs of statements, the newest first; at most twenty."""
    with office.database.reading() as session:
        return statement_run_views.newest(session, practice_id=person.practice_id, limit=RUNS_SHOWN)


@api.post("/statement-runs", status_code=201, response_model=dict[str, Any])
def begin_run(form: RunForm, key: IdempotencyKey, office: TheOffice, person: Worker) -> Response:
    """Begin a run over the papers to patients that wait. 409: one is at work."""
    done = _begin(office, person, form, key=key)
    return JSONResponse(done.body, 201, {"Location": f"/api/v1/statement-runs/{done.body['id']}"})


@api.get("/statement-runs/{run_id}")
def show_run(request: Request, run_id: str, office: TheOffice, person: Viewer, after: After = 0) -> RunView:
    """How far one run has come, with a page of its papers."""
    return _view(request, office, person, run_id, after)


@api.get("/statement-runs/{run_id}/file.pdf", response_class=Response)
def show_file(request: Request, run_id: str, office: TheOffice, person: Viewer) -> Response:
    """Every paper of the run as one PDF for the printing machine."""
    return _file(request, office, person, run_id)


@api.get("/statement-runs/{run_id}/manifest.csv", response_class=Response)
def show_manifest(request: Request, run_id: str, office: TheOffice, person: Viewer) -> Response:
    """The list of the file: a line a paper, and the sums."""
    return _manifest(request, office, person, run_id)


@api.post("/statement-runs/{run_id}/posted", response_model=dict[str, Any])
def mark_posted(run_id: str, form: PostedForm, key: IdempotencyKey, office: TheOffice, person: Worker) -> Response:
    """The post has the file's papers: from now on they count as sent. 409: other papers than `taken_out` says are not
    to go; look at the run again."""
    return JSONResponse(_posted(office, person, run_id, form, key=key).body)


@api.post("/statement-runs/{run_id}/discard", response_model=dict[str, Any])
def discard_run(run_id: str, key: IdempotencyKey, office: TheOffice, person: Worker) -> Response:
    """The file is not posted: its papers are in the print queue again."""
    return JSONResponse(_discard(office, person, run_id, key=key).body)


@api.post("/letters/bounces", response_model=dict[str, list[str]])
async def take_bounce(request: Request, office: TheOffice, person: Worker) -> Response:
    """A mail server says that an e-mail did not arrive: the message as it came (RFC 3464). The same one again changes
    nothing. 422: it is no such message."""
    body = await request.body()

    def fold() -> list[str]:
        with office.database.writing() as session:
            try:
                return bounces.take(session, body, practice_id=person.practice_id, at=office.now())
            except NoReport as error:
                raise errors.invalid([Fault(field="body", message=str(error))]) from error

    return JSONResponse({"did": await run_in_threadpool(fold)})


@pages.get("")
def show_runs(request: Request, office: TheOffice, person: Viewer, note: str = "") -> Response:
    """What waits, the button that begins a run, and the runs before."""
    return _runs_page(request, office, person, Failed(), NOTES.get(note, ""))


@pages.post("")
async def begin_by_form(request: Request, office: TheOffice, person: Worker) -> Response:
    """Begin a run."""
    typed = await typed_into(request)

    def act() -> Done:
        chosen = [one for one in Notice if typed.get(f"kind.{one}")]
        return _begin(office, person, RunForm(kinds=chosen), key=typed["key"])

    def page(failed: Failed) -> Response:
        return _runs_page(request, office, person, failed)

    return await answer(
        lambda: run_in_threadpool(act), "run", typed, lambda done: f"/letters/runs/{done.body['id']}", page
    )


@pages.get("/{run_id}")
def show_page(
    request: Request, run_id: str, office: TheOffice, person: Viewer, after: After = 0, note: str = ""
) -> Response:
    """One run."""
    return _page(request, office, person, run_id, Failed(), after, NOTES.get(note, ""))


@pages.get("/{run_id}/file.pdf")
def take_file(request: Request, run_id: str, office: TheOffice, person: Viewer) -> Response:
    """The file to print."""
    return _file(request, office, person, run_id)


@pages.get("/{run_id}/manifest.csv")
def take_manifest(request: Request, run_id: str, office: TheOffice, person: Viewer) -> Response:
    """The list of the file."""
    return _manifest(request, office, person, run_id)


@pages.post("/{run_id}/posted")
async def say_posted(request: Request, run_id: str, office: TheOffice, person: Worker) -> Response:
    """The post has it."""
    typed = await typed_into(request)

    def act() -> Done:
        return _posted(office, person, run_id, read(PostedForm, typed), key=typed["key"])

    return await _answer(request, office, person, run_id, "posted", typed, act)


@pages.post("/{run_id}/discard")
async def discard_by_form(request: Request, run_id: str, office: TheOffice, person: Worker) -> Response:
    """The file is not posted."""
    typed = await typed_into(request)
    return await _answer(
        request, office, person, run_id, "discard", typed, lambda: _discard(office, person, run_id, key=typed["key"])
    )


async def _answer(
    request: Request, office: Office, person: Person, run_id: str, form: str, typed: dict[str, str], act: Any
) -> Response:
    def page(failed: Failed) -> Response:
        return _page(request, office, person, run_id, failed, 0)

    return await answer(lambda: run_in_threadpool(act), form, typed, f"/letters/runs/{run_id}", page)


def _runs_page(request: Request, office: Office, person: Person, failed: Failed, note: str = "") -> Response:
    with office.database.reading() as session:
        waiting = {
            one: statement_runs.waiting_letters(session, practice_id=person.practice_id, kinds=[one]) for one in Notice
        }
    return show(
        request,
        "statement_runs.html",
        person,
        status=failed.status,
        waiting=waiting,
        runs=list_runs(office, person),
        has_mail=bool(office.settings.smtp_host),
        failed=failed,
        key=failed.key_for("run"),
        note=note,
        may_work=person.may(Permission.WORK),
    )


def _page(
    request: Request, office: Office, person: Person, run_id: str, failed: Failed, after: int, note: str = ""
) -> Response:
    return show(
        request,
        "statement_run.html",
        person,
        status=failed.status,
        found=_view(request, office, person, run_id, after),
        failed=failed,
        keys=failed.key_for,
        note=note,
        may_work=person.may(Permission.WORK),
        engine_page=engine_page(office, ids.statement_run_workflow(person.practice_id, run_id)),
    )


def _find(request: Request, session: Session, person: Person, run_id: str) -> StatementRun:
    row = statement_runs.find(session, practice_id=person.practice_id, run_id=run_id)
    if row is None:
        raise errors.not_found("run of statements")
    auth.seen(request, person, subject="statement_run", subject_id=run_id)
    return row


def _view(request: Request, office: Office, person: Person, run_id: str, after: int) -> RunView:
    with office.database.reading() as session:
        row = _find(request, session, person, run_id)
        return statement_run_views.view(session, row, after=after, limit=SHOWN)


def _file(request: Request, office: Office, person: Person, run_id: str) -> Response:
    with office.database.reading() as session:
        row = _find(request, session, person, run_id)
        body = statement_runs.file_of(session, row.id)
        if body is None:
            raise errors.not_found("file of this run")
        headers = {"Content-Disposition": f'attachment; filename="statements-{run_id}.pdf"'}
        return Response(body, media_type="application/pdf", headers=headers)


def _manifest(request: Request, office: Office, person: Person, run_id: str) -> Response:
    with office.database.reading() as session:
        row = _find(request, session, person, run_id)
        if not row.manifest:
            raise errors.not_found("file of this run")
        headers = {"Content-Disposition": f'attachment; filename="statements-{run_id}.csv"'}
        return Response(row.manifest, media_type="text/csv; charset=utf-8", headers=headers)


def _begin(office: Office, person: Person, form: RunForm, *, key: str) -> Done:
    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        kinds = tuple(form.kinds or Notice)
        whose = person.practice_id
        try:
            row = running.begin(session, practice_id=whose, kinds=kinds, at=office.now(), by=person.user_id)
        except statement_runs.RunAtWork as error:
            detail = f"Wait until it has ended: /letters/runs/{error}."
            raise Problem(409, "run-at-work", "A run of statements is at work", detail) from error
        actions.audited(session, office, person, action="create", subject="statement_run", subject_id=row.id)
        return row.id, {"id": row.id}

    sha256 = idempotency.fingerprint("begin_statement_run", "", form.model_dump(mode="json"))
    return Done(
        idempotency.once(office, person, name="begin_statement_run", key=key, body_sha256=sha256, effect=effect)
    )


def _posted(office: Office, person: Person, run_id: str, form: PostedForm, *, key: str) -> Done:
    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        row = _held(session, person, run_id)
        if row.state == RunState.DONE:
            return run_id, {"posted": 0, "take_out": form.taken_out}
        if row.state != RunState.READY:
            raise Problem(409, "not-ready", "This run has no file for the post", "Look at the run again.")
        take_out = posting_papers.look(session, row, at=office.now())
        if take_out != form.taken_out:
            return run_id, {"posted": None, "take_out": take_out}
        posted = posting_papers.hand_to_post(session, row, on=office.today(person), at=office.now(), by=person.user_id)
        told = f"{posted} papers handed to the post, {take_out} taken out"
        actions.updated(session, office, person, "statement_run", run_id, told)
        return run_id, {"posted": posted, "take_out": take_out}

    sha256 = idempotency.fingerprint("post_statement_run", run_id, form.model_dump())
    said = idempotency.once(office, person, name="post_statement_run", key=key, body_sha256=sha256, effect=effect)
    if said["posted"] is None:
        raise Problem(
            409,
            "take-out",
            "Other papers are not to be posted",
            f"Meanwhile {said['take_out']} papers of the file are not to go, and you took out {form.taken_out}. Take "
            "out what the run lists, then say it again.",
        )
    return Done(said)


def _discard(office: Office, person: Person, run_id: str, *, key: str) -> Done:
    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        row = _held(session, person, run_id)
        if row.state == RunState.DISCARDED:
            return run_id, {"back": 0}
        if row.state != RunState.READY:
            raise Problem(409, "not-ready", "This run has no file for the post", "Look at the run again.")
        back = posting_papers.discard(session, row, at=office.now(), by=person.user_id)
        actions.updated(session, office, person, "statement_run", run_id, f"thrown away, {back} papers wait again")
        return run_id, {"back": back}

    sha256 = idempotency.fingerprint("discard_statement_run", run_id, {})
    return Done(
        idempotency.once(office, person, name="discard_statement_run", key=key, body_sha256=sha256, effect=effect)
    )


def _held(session: Session, person: Person, run_id: str) -> StatementRun:
    row = statement_runs.hold(session, practice_id=person.practice_id, run_id=run_id)
    if row is None:
        raise errors.not_found("run of statements")
    return row
