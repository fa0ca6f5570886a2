"""Temporal's web interface under our own origin, for people who signed in.

The embedded interface has no login, and on a port of its own the browser would not send our cookie with its calls
to the codec endpoint. Behind this proxy both are of one origin: the session opens the pages, and decodes what they
show. It is for looking: staff act in the workbench, under their roles and with an audit.
"""

import re
from collections.abc import Iterable
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse, StreamingResponse
from starlette.background import BackgroundTask

from api import auth, errors
from api.auth import require
from api.errors import Problem
from billing.roles import Permission
from database.access import Person
from temporal.engine import CODEC_PATH, UI_PATH

HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade", "host"}
)
"""RFC 9110 7.6.1: these concern one connection only"""
OURS = frozenset({"authorization", "cookie", "content-length"})
"""Written anew: our own credentials stay here"""

_WORKFLOW_OF_PRACTICE = re.compile(r"\b(?:encounter|account|batch|remittance)(?:/|%2F)([0-9a-z]{20})\b", re.IGNORECASE)

router = APIRouter(include_in_schema=False)


@router.get("/temporal")
def open_interface(person: Annotated[Person, require(Permission.VIEW)]) -> Response:
    """The interface's first page."""
    return RedirectResponse(UI_PATH + "/")


@router.get("/temporal/api/v1/settings")
async def show_settings(request: Request, person: Annotated[Person, require(Permission.VIEW)]) -> Response:
    """The interface's own settings, so that it decodes at this origin by whatever name the browser calls it, and
    shows no buttons that `pass_on` would refuse.
    """
    interface: httpx.AsyncClient = request.app.state.temporal_ui
    try:
        answer = await interface.get(UI_PATH + "/api/v1/settings")
        settings: dict[str, Any] = answer.raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        raise _away() from error
    codec = settings.get("Codec") or {}
    return JSONResponse(settings | {"DisableWriteActions": True, "Codec": codec | {"Endpoint": CODEC_PATH}})


@router.api_route("/temporal/{path:path}", methods=["GET", "HEAD", "POST"])
async def pass_on(request: Request, path: str, person: Annotated[Person, require(Permission.VIEW)]) -> Response:
    """Hand the request to the interface and its answer back, piece by piece."""
    _check(request, path, person)
    interface: httpx.AsyncClient = request.app.state.temporal_ui
    raw_path: bytes = request.scope.get("raw_path") or request.url.path.encode()
    query: bytes = request.scope["query_string"]
    url = interface.base_url.copy_with(raw_path=raw_path + (b"?" + query if query else b""))
    onward = interface.build_request(
        request.method, url, headers=_request_headers(request), content=await request.body() or None
    )
    try:
        answer = await interface.send(onward, stream=True)
    except httpx.TransportError as error:
        raise _away() from error
    response = StreamingResponse(
        answer.aiter_raw(), status_code=answer.status_code, background=BackgroundTask(answer.aclose)
    )
    response.raw_headers = _kept(answer.headers.raw)
    return response


def _check(request: Request, path: str, person: Person) -> None:
    """Another practice's workflows look as if they were not there, and nobody acts past the workbench."""
    for practice_id in _WORKFLOW_OF_PRACTICE.findall(path):
        if practice_id != person.practice_id:
            raise errors.not_found("workflow")
    if request.method == "POST" and "/query/" not in path:
        raise Problem(403, "read-only", "This interface is for looking", "Act on encounters in the workbench.")


def _away() -> Problem:
    title = "The engine's web interface does not answer"
    return Problem(503, "engine-unavailable", title, headers={"Retry-After": "5"})


def _request_headers(request: Request) -> list[tuple[bytes, bytes]]:
    headers = [(name, value) for name, value in _kept(request.headers.raw) if name.decode().lower() not in OURS]
    cookies = [f"{name}={value}" for name, value in request.cookies.items() if name != auth.COOKIE]
    return [*headers, (b"cookie", "; ".join(cookies).encode())] if cookies else headers


def _kept(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower(), value) for name, value in headers if name.decode().lower() not in HOP_BY_HOP]
