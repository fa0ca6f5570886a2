"""Pages of the claims and the remittances: what went out, what came back, and what became of each line of it."""

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from activities.claim_forms import form_as_sent
from api import auth, errors
from api.actions import Done
from api.auth import Viewer
from api.office import Office, TheOffice
from api.routers.pages import NOTES, Failed, answer, read, show, typed_into
from api.routers.paper import Poster, TakeBackForm, take_back_paper
from billing.attachments import WORDS
from billing.claim import PURPOSES
from billing.paper_claims import PaperClaim
from billing.roles import Permission
from database import (
    attachments,
    calls,
    claim_timeline,
    claim_views,
    messages,
    notes,
    questions,
    remittance_views,
    worklists,
)
from database.access import Person
from database.attachments import FileSubject
from database.calls import Sought
from database.claim_timeline import Told
from database.claim_views import ClaimView
from database.notes import NoteSubject

api = APIRouter(prefix="/api/v1/claims", tags=["claims"])
pages = APIRouter(include_in_schema=False)

PAGE = 50


@api.get("/{control_number}/as-sent")
def show_claim(request: Request, control_number: str, office: TheOffice, person: Viewer) -> ClaimView:
    """One claim as it was sent, who acknowledged it, and what was answered, line by line."""
    return _claim(request, office, person, control_number)


@api.get("/{control_number}/timeline")
def show_timeline(request: Request, control_number: str, office: TheOffice, person: Viewer) -> list[Told]:
    """What we say, the clearinghouse says, the payer says and the ledger says of one claim, in order of time."""
    with office.database.reading() as session:
        found = claim_timeline.of_claim(session, practice_id=person.practice_id, control_number=control_number)
    if found is None:
        raise errors.not_found("claim")
    auth.seen(request, person, subject="claim", subject_id=control_number)
    return found


@api.get("/{control_number}/form")
def show_form(request: Request, control_number: str, office: TheOffice, person: Viewer) -> PaperClaim:
    """What the claim's paper form would say, box by box: the CMS-1500, or the UB-04 of an institutional claim."""
    return _form(request, office, person, control_number)


@pages.get("/claims/{control_number}/form")
def show_form_page(request: Request, control_number: str, office: TheOffice, person: Viewer) -> Response:
    """The same as a page."""
    return show(request, "claim_form.html", person, content=_form(request, office, person, control_number))


@pages.get("/claims/{control_number}")
def show_claim_page(
    request: Request, control_number: str, office: TheOffice, person: Viewer, note: str = ""
) -> Response:
    """The same as a page."""
    return claim_page(request, office, person, control_number, Failed(), NOTES.get(note, ""))


def claim_page(
    request: Request, office: Office, person: Person, control_number: str, failed: Failed, note: str = ""
) -> Response:
    """The claim's page, with the refused form if there is one."""
    claim = _claim(request, office, person, control_number)
    where = {"practice_id": person.practice_id, "subject_id": claim.submission.control_number}
    with office.database.reading() as session:
        written = notes.of(session, subject=NoteSubject.CLAIM, **where)
        askable = questions.who_may_be_asked(session, practice_id=person.practice_id)
        files = attachments.of(session, subject=FileSubject.CLAIM, **where)
        timeline = claim_timeline.of_claim(
            session, practice_id=person.practice_id, control_number=claim.submission.control_number
        )
        called = calls.found(session, Sought(person.practice_id, control_number=where["subject_id"]), limit=PAGE)
    return show(
        request,
        "claim.html",
        person,
        status=failed.status,
        claim=claim,
        timeline=timeline,
        purposes=PURPOSES,
        written=written,
        askable=askable,
        files=files,
        calls=called,
        file_kinds=WORDS,
        may_work=person.may(Permission.WORK),
        failed=failed,
        keys=failed.key_for,
        note=note,
    )


@pages.get("/remittances")
def show_remittances(
    request: Request, office: TheOffice, person: Viewer, trace: str = "", before: str | None = None
) -> Response:
    """Remittances, the newest first, or those with a trace number that begins so."""
    with office.database.reading() as session:
        rows = remittance_views.newest_remittances(
            session, practice_id=person.practice_id, trace=trace.strip(), before=before, limit=PAGE + 1
        )
    more = rows[PAGE - 1].id if len(rows) > PAGE else None
    return show(request, "remittances.html", person, remittances=rows[:PAGE], trace=trace, more=more)


@pages.get("/remittances/{remittance_id}")
def show_remittance(
    request: Request, remittance_id: str, office: TheOffice, person: Viewer, note: str = ""
) -> Response:
    """One remittance: its money, each claim payment with what became of it, and the tasks about it."""
    return _remittance_page(request, office, person, remittance_id, Failed(), NOTES.get(note, ""))


@pages.post("/remittances/{remittance_id}/take-back")
async def take_back(request: Request, remittance_id: str, office: TheOffice, person: Poster) -> Response:
    """Undo a paper remittance that was mistyped."""
    typed = await typed_into(request)

    async def act() -> Done:
        form = read(TakeBackForm, typed)
        return await run_in_threadpool(take_back_paper, office, person, remittance_id, form, key=typed["key"])

    def page(failed: Failed) -> Response:
        return _remittance_page(request, office, person, remittance_id, failed)

    return await answer(act, "take-back", typed, lambda done: f"/remittances/{done.body['remittance_id']}", page)


def _remittance_page(
    request: Request, office: Office, person: Person, remittance_id: str, failed: Failed, note: str = ""
) -> Response:
    with office.database.reading() as session:
        found = remittance_views.remittance(session, practice_id=person.practice_id, remittance_id=remittance_id)
        tasks = worklists.tasks_of(session, practice_id=person.practice_id, subject_id=remittance_id)
    if found is None:
        raise errors.not_found("remittance")
    auth.seen(request, person, subject="remittance", subject_id=remittance_id)
    return show(
        request,
        "remittance.html",
        person,
        status=failed.status,
        view=found,
        tasks=tasks,
        failed=failed,
        key=failed.key_for("take-back"),
        note=note,
        may_take_back=person.may(Permission.POST_REMITTANCE) and found.may_be_taken_back,
    )


@pages.get("/remittances/{remittance_id}/file")
def take_file(request: Request, remittance_id: str, office: TheOffice, person: Viewer) -> Response:
    """The 835 as it came."""
    with office.database.reading() as session:
        message = messages.of_remittance(session, practice_id=person.practice_id, remittance_id=remittance_id)
    if message is None:
        raise errors.not_found("remittance whose file is this practice's alone")
    auth.seen(request, person, subject="message", subject_id=message.id)
    headers = {"Content-Disposition": f'attachment; filename="{remittance_id}.835"'}
    return Response(message.body, media_type="application/edi-x12", headers=headers)


def _form(request: Request, office: TheOffice, person: Viewer, control_number: str) -> PaperClaim:
    with office.database.reading() as session:
        found = form_as_sent(session, practice_id=person.practice_id, control_number=control_number.upper())
    if found is None:
        raise errors.not_found("claim")
    auth.seen(request, person, subject="claim", subject_id=found.control_number)
    return found


def _claim(request: Request, office: TheOffice, person: Viewer, control_number: str) -> ClaimView:
    with office.database.reading() as session:
        found = claim_views.claim(session, practice_id=person.practice_id, control_number=control_number.upper())
    if found is None:
        raise errors.not_found("claim")
    auth.seen(request, person, subject="claim", subject_id=found.submission.control_number)
    return found
