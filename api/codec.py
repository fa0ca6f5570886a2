"""The codec endpoint: turns the engine's encrypted payloads into text for somebody who may read them.

Temporal's web interface and its command line ask here (protobuf-JSON `Payloads`, header X-Namespace). Payloads hold
ids, amounts and states only; reading them still needs a permission, and every decode is written down. A browser on
another origin is answered only when it is the web interface's own.
"""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from google.protobuf import json_format
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from temporalio.api.common.v1 import Payload, Payloads

from api import auth
from api.auth import require
from api.errors import Problem
from api.office import TheOffice, office_of
from billing.roles import Permission
from database import audit
from database.access import Person
from temporal.encryption import DecryptionError
from temporal.engine import CODEC_PATH

ALLOWED_HEADERS = "content-type,x-namespace,authorization,authorization-extras"

router = APIRouter(prefix=CODEC_PATH, tags=["codec"])
Decoder = Annotated[Person, require(Permission.DECODE)]


@router.post("/decode")
async def decode(request: Request, office: TheOffice, person: Decoder) -> Response:
    """Decrypt payloads; those that are not encrypted come back as they are."""
    payloads = await _payloads_of(request)
    await run_in_threadpool(_write_down, request, person, len(payloads))
    try:
        return _answer(await office.codec.decode(payloads))
    except DecryptionError as error:
        raise Problem(422, "not-readable", "A payload cannot be decrypted", str(error)) from error


@router.post("/encode")
async def encode(request: Request, office: TheOffice, person: Decoder) -> Response:
    """Encrypt payloads, so that the web interface can send what a person typed into it."""
    return _answer(await office.codec.encode(await _payloads_of(request)))


class CodecCors:
    """Cross-origin answers of the codec endpoint, for one origin only, with its cookies."""

    def __init__(self, app: ASGIApp, *, origin: str) -> None:
        self.app = app
        self.origin = origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_ours = scope["type"] == "http" and scope["path"].startswith(CODEC_PATH + "/")
        if not is_ours or Headers(scope=scope).get("origin") != self.origin:
            await self.app(scope, receive, send)
            return

        async def send_admitted(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Access-Control-Allow-Origin"] = self.origin
                headers["Access-Control-Allow-Credentials"] = "true"
                headers["Vary"] = "Origin"
            await send(message)

        if scope["method"] == "OPTIONS":
            allowed = {
                "Access-Control-Allow-Methods": "POST",
                "Access-Control-Allow-Headers": ALLOWED_HEADERS,
                "Access-Control-Max-Age": "600",
            }
            await Response(status_code=204, headers=allowed)(scope, receive, send_admitted)
            return
        await self.app(scope, receive, send_admitted)


async def _payloads_of(request: Request) -> Sequence[Payload]:
    try:
        return json_format.Parse(await request.body(), Payloads()).payloads
    except (json_format.ParseError, UnicodeDecodeError) as error:
        raise Problem(400, "bad-request", "The body is not Payloads in protobuf-JSON") from error


def _answer(payloads: Sequence[Payload]) -> Response:
    return Response(json_format.MessageToJson(Payloads(payloads=payloads)), media_type="application/json")


def _write_down(request: Request, person: Person, count: int) -> None:
    office = office_of(request)
    namespace = request.headers.get("x-namespace", "")
    with office.database.writing() as session:
        audit.record(
            session,
            practice_id=person.practice_id,
            at=office.now(),
            actor_id=person.user_id,
            action="decode",
            subject="payloads",
            subject_id=request.headers.get("x-workflow-id", "")[:64],
            reason=f"{count} payloads of namespace {namespace[:60]}",
            source=auth.source_of(request),
        )
