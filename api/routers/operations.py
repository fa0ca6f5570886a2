"""For operators: is it alive, is it ready, what is pending, and its figures."""

import asyncio
from datetime import timedelta
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from temporalio.service import RPCError

from api.auth import require
from api.errors import Problem
from api.metrics import Metrics
from api.office import Office, TheOffice
from billing.roles import Permission
from database import worklists
from database.access import Person
from database.engine import DatabaseMissing
from database.worklists import Pending

router = APIRouter(tags=["operations"])

Operator = Annotated[Person, require(Permission.OPERATE)]
HEALTH_TIMEOUT = timedelta(seconds=3)


@router.get("/healthz")
async def is_alive() -> dict[str, str]:
    """The process answers; says nothing about what it needs."""
    return {"status": "alive"}


@router.get("/readyz", response_model=dict[str, str])
async def is_ready(office: TheOffice) -> Response:
    """Database and engine answer. 503 names the part that does not."""
    database, engine = await asyncio.gather(_database(office), _engine(office))
    parts = {"database": database, "engine": engine}
    failing = [name for name, state in parts.items() if state != "ready"]
    if failing:
        raise Problem(503, "not-ready", "Not ready", f"No answer from: {', '.join(failing)}.")
    return JSONResponse(parts)


@router.get("/api/v1/operations/pending")
def show_pending(office: TheOffice, person: Operator) -> Pending:
    """Work of the machine that is not done; all zero: it waits for people or for time."""
    with office.database.reading() as session:
        return worklists.pending(session)


@router.get("/metrics", response_class=PlainTextResponse)
def show_metrics(request: Request, office: TheOffice, person: Operator) -> Response:
    """Prometheus figures."""
    metrics: Metrics = request.app.state.metrics
    with office.database.reading() as session:
        pending = worklists.pending(session)
    metrics.outbox_rows.set(pending.outbox_rows)
    metrics.unabsorbed_facts.set(pending.unabsorbed_facts)
    return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)


@router.get("/api/v1/openapi.json", include_in_schema=False)
def show_openapi(
    request: Request, person: Annotated[Person, require(Permission.VIEW, Permission.INTAKE)]
) -> dict[str, Any]:
    """The description of this API (OpenAPI 3.1)."""
    description: dict[str, Any] = request.app.openapi()
    return description


async def _database(office: Office) -> str:
    try:
        await run_in_threadpool(office.database.check)
    except DatabaseMissing:
        structlog.get_logger().warning("not ready", kind="database")
        return "missing"
    return "ready"


async def _engine(office: Office) -> str:
    if office.client is None:
        return "not connected"
    try:
        await office.client.service_client.check_health(timeout=HEALTH_TIMEOUT)
    except RPCError as error:
        structlog.get_logger().warning("not ready", kind="engine", code=error.status.name)
        return "no answer"
    return "ready"
