"""What comes in from outside: files dropped by hand, and a partner's notice that there is mail."""

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from starlette.datastructures import UploadFile
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError

from activities import ids, intake
from activities.messages import StartMailbox
from api import actions, auth, encounter_workflow, errors, idempotency, partners
from api.auth import require
from api.errors import Problem
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.partners import NoticeRefused
from billing.roles import Permission
from database import office as office_rows
from database.access import Person
from database.tables import Partner
from interchange.fhir.nodes import looks_like_fhir
from temporal.client import START_TIMEOUT
from workflows.scheduled_runs import Mailbox

router = APIRouter(prefix="/api/v1/inbound", tags=["inbound"])

FHIR_BODY = {"requestBody": {"required": True, "content": {"application/fhir+json": {"schema": {"type": "object"}}}}}
"""How the reference describes it"""


@router.post("/files", response_model=dict[str, Any])
async def take_file(
    request: Request,
    key: IdempotencyKey,
    office: TheOffice,
    person: Annotated[Person, require(Permission.INTAKE)],
    partner: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """Take a file in: X12 as the body, or one file as multipart. Answers what became of each claim."""
    body = await _file_of(request)
    report = await run_in_threadpool(_take_in, office, person, body, partner, key)
    if "error" in report:
        raise Problem(422, "unreadable-file", "The file cannot be read", report["error"])
    return JSONResponse(report)


@router.post("/fhir", response_model=dict[str, Any], openapi_extra=FHIR_BODY)
async def take_fhir(
    request: Request,
    office: TheOffice,
    person: Annotated[Person, require(Permission.INTAKE)],
    partner: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """Take a FHIR R4 message in: a Bundle, the Parameters of `Claim/$submit`, or one Claim. Answers what became of each
    claim. It needs no Idempotency-Key: the same claim sent again is the same encounter.
    """
    body = await request.body()
    if not looks_like_fhir(body):
        raise Problem(422, "unreadable-file", "This is no FHIR resource in JSON", "Send application/fhir+json.")
    report = await run_in_threadpool(_take_fhir_in, office, person, body, partner)
    if "error" in report:
        raise Problem(422, "unreadable-file", "The message cannot be taken in", report["error"])
    return JSONResponse(report)


@router.post("/notify", status_code=202, response_model=dict[str, str])
async def take_notice(request: Request, office: TheOffice) -> Response:
    """A partner says there is mail. Signed by Standard Webhooks; it is the normal path, a schedule looks anyway."""
    body = await request.body()
    try:
        partner = await run_in_threadpool(_sender, office, request, body)
    except NoticeRefused as error:
        await run_in_threadpool(auth.refuse, request, "", auth.NOBODY, str(error))
        raise Problem(401, "signature-refused", "The notice is not signed by a partner, or not fresh") from error
    await _look_into_mailbox(office, partner)
    return JSONResponse({"status": "accepted"}, 202)


async def _file_of(request: Request) -> bytes:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        body = await request.body()
    else:
        async with request.form(max_files=1, max_fields=0) as form:
            files = [value for value in form.values() if isinstance(value, UploadFile)]
            body = await files[0].read() if files else b""
    if not body:
        raise errors.invalid([errors.Fault(field="body", message="holds no file")])
    return body


def _take_in(office: Office, person: Person, body: bytes, partner_name: str | None, key: str) -> dict[str, Any]:
    digest = hashlib.sha256(body).hexdigest()
    fingerprint = idempotency.fingerprint("import_file", digest, partner_name)
    earlier = idempotency.earlier_answer(office, person, key=key, body_sha256=fingerprint)
    if earlier is not None:
        return earlier
    with office.database.reading() as session:
        partner_id = actions.partner_for(session, partner_name).id
    report = intake.import_file(
        office.database, body, practice_id=person.practice_id, partner_id=partner_id, at=office.now()
    )
    # Taking the same bytes in again changes nothing, so the answer may be recorded after its effect.
    shown = report.as_json("upload")
    return idempotency.once(
        office,
        person,
        name="import_file",
        key=key,
        body_sha256=fingerprint,
        effect=lambda _: (digest[:20], shown),
    )


def _take_fhir_in(office: Office, person: Person, body: bytes, partner_name: str | None) -> dict[str, Any]:
    with office.database.reading() as session:
        partner_id = actions.partner_for(session, partner_name).id
    report = intake.import_file(
        office.database, body, practice_id=person.practice_id, partner_id=partner_id, at=office.now()
    )
    return report.as_json("message")


def _sender(office: Office, request: Request, body: bytes) -> Partner:
    """The partner whose fresh signature is on the notice. Raises NoticeRefused."""
    notice = partners.read_notice(body)
    with office.database.reading() as session:
        partner = office_rows.partner_named(session, notice.partner)
        secret = office.settings.webhook_secrets.get(partner.secret_name) if partner else None
        if partner is None or secret is None:
            raise NoticeRefused("no such partner, or no secret for it")
        partners.check_signature(request.headers, body, secret=secret.get_secret_value(), at=office.now())
        session.expunge(partner)
        return partner


async def _look_into_mailbox(office: Office, partner: Partner) -> None:
    if office.client is None:
        raise encounter_workflow.unavailable()
    try:
        await office.client.start_workflow(
            Mailbox.run,
            StartMailbox(partner_id=partner.id),
            id=ids.mailbox_workflow(partner.id),
            task_queue=office.settings.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal="mail_waiting",
            static_summary="Fetch the mailbox after a notice",
            rpc_timeout=START_TIMEOUT,
        )
    except RPCError as error:
        raise encounter_workflow.unavailable() from error
