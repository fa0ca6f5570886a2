"""A claim's status: what the payer was asked and said, asking it now, and the proof of timely filing."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from api import actions, auth, errors, idempotency
from api.actions import Done
from api.auth import Viewer, require
from api.errors import Problem
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.claims import claim_page
from api.routers.pages import answer, show, typed_into
from billing.filing_proof import proof_of_filing
from billing.letters import Letter
from billing.roles import Permission
from billing.submission import ON_ITS_WAY, SubmissionState
from database import filing_proof, status_inquiries, status_views
from database.access import Person
from database.status_views import StatusView
from database.tables import Submission
from templates import documents, rendering

api = APIRouter(prefix="/api/v1/claims", tags=["claims"])
pages = APIRouter(include_in_schema=False)

Worker = Annotated[Person, require(Permission.WORK)]


@api.get("/{control_number}/status-inquiries")
def list_inquiries(request: Request, control_number: str, office: TheOffice, person: Viewer) -> list[StatusView]:
    """What the payer was asked about the claim (276) and what it said (277), oldest first."""
    with office.database.reading() as session:
        told = status_views.of_claim(session, _claim(session, person, control_number))
    auth.seen(request, person, subject="claim", subject_id=control_number.upper())
    return told


@api.post("/{control_number}/status-inquiries", status_code=202)
def ask_now(control_number: str, key: IdempotencyKey, office: TheOffice, person: Worker) -> dict[str, Any]:
    """Ask the payer now what has become of the claim. One question at a time; the answer comes into the list."""
    return _ask(office, person, control_number, key=key).body


@pages.post("/claims/{control_number}/ask")
async def ask_from_page(request: Request, control_number: str, office: TheOffice, person: Worker) -> Response:
    """The same from the claim's page."""
    typed = await typed_into(request)

    async def act() -> Done:
        return await run_in_threadpool(_ask, office, person, control_number, key=typed["key"])

    return await answer(
        act,
        "ask",
        typed,
        f"/claims/{control_number}",
        lambda failed: claim_page(request, office, person, control_number, failed),
    )


@api.get("/{control_number}/proof-of-filing")
def show_proof(request: Request, control_number: str, office: TheOffice, person: Viewer) -> Letter:
    """The proof of timely filing: what was sent when, who took it, what is missing."""
    return _proof(request, office, person, control_number)


@api.get("/{control_number}/proof-of-filing.pdf", response_class=Response)
def show_proof_pdf(request: Request, control_number: str, office: TheOffice, person: Viewer) -> Response:
    """The proof as a tagged PDF."""
    return _pdf(_proof(request, office, person, control_number), control_number)


@pages.get("/claims/{control_number}/proof-of-filing")
def show_proof_page(request: Request, control_number: str, office: TheOffice, person: Viewer) -> Response:
    """The proof as a page."""
    content = _proof(request, office, person, control_number)
    unprinted = documents.without_glyph(rendering.letter_content(content))
    return show(
        request,
        "filing_proof.html",
        person,
        content=content,
        number=control_number.upper(),
        unprinted=unprinted,
        mark=documents.MARK,
    )


@pages.get("/claims/{control_number}/proof-of-filing.pdf")
def take_proof_pdf(request: Request, control_number: str, office: TheOffice, person: Viewer) -> Response:
    """The proof to print."""
    return _pdf(_proof(request, office, person, control_number), control_number)


@pages.get("/encounters/{encounter_id}/proof-of-filing")
def find_proof(encounter_id: str, office: TheOffice, person: Viewer) -> Response:
    """The proof of the visit's newest claim."""
    with office.database.reading() as session:
        number = filing_proof.newest_of(session, practice_id=person.practice_id, encounter_id=encounter_id)
    if number is None:
        raise errors.not_found("claim of this visit")
    return RedirectResponse(f"/claims/{number}/proof-of-filing", 303)


def _claim(session: Session, person: Person, control_number: str) -> Submission:
    row = session.get(Submission, control_number.upper())
    if row is None or row.practice_id != person.practice_id:
        raise errors.not_found("claim")
    return row


def _ask(office: Office, person: Person, control_number: str, *, key: str) -> Done:
    number = control_number.upper()
    sha256 = idempotency.fingerprint("ask_status", number, [])

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        row = _claim(session, person, number)
        if SubmissionState(row.state) not in ON_ITS_WAY or row.withdrawn_at is not None:
            raise Problem(
                409, "not-under-way", "This claim is not at a payer", "It was not sent yet, or it has its answer."
            )
        if status_inquiries.waiting(session, number) is not None or status_inquiries.is_wished(session, row):
            return row.encounter_id, {"code": "asked", "message": "The payer is asked already; its answer is awaited."}
        status_inquiries.ask_now(session, row, by=person.user_id, key=key, at=office.now())
        actions.updated(session, office, person, "claim", number, "the payer is asked for the claim's status")
        return row.encounter_id, {"code": "accepted", "message": "The payer is asked now."}

    body = idempotency.once(office, person, name="ask_status", key=key, body_sha256=sha256, effect=effect)
    return Done(body, 202, f"/api/v1/claims/{number}/status-inquiries")


def _proof(request: Request, office: Office, person: Person, control_number: str) -> Letter:
    number = control_number.upper()
    with office.database.reading() as session:
        found = filing_proof.evidence(session, practice_id=person.practice_id, control_number=number)
    if found is None:
        raise errors.not_found("claim")
    auth.seen(request, person, subject="claim", subject_id=number)
    evidence, zone = found
    return proof_of_filing(evidence, on=office.today(person), zone=zone)


def _pdf(content: Letter, control_number: str) -> Response:
    made = documents.pdf("letters/letter", rendering.letter_content(content))
    headers = {"Content-Disposition": f'inline; filename="proof-of-filing-{control_number.upper()}.pdf"'}
    return Response(made, media_type="application/pdf", headers=headers)
