"""The wire: a clearinghouse as any partner may stand on the other side, and the simulator's own control calls."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from interchange.x12.syntax import NotX12
from simulator.clearing import Clearing, KeyUsedForAnotherBody
from simulator.notices import Notifier
from simulator.store import Store

MOST_BYTES = 50 * 1024 * 1024
LOOK_EVERY_SECONDS = 1
X12 = "application/edi-x12"


class Clock:
    """The simulator's time: the wall's, or one that stands still until it is moved."""

    def __init__(self, standing_at: datetime | None = None) -> None:
        self._standing_at = standing_at

    @property
    def runs(self) -> bool:
        """Whether it is the wall's."""
        return self._standing_at is None

    def now(self) -> datetime:
        return self._standing_at or datetime.now(UTC)

    def move_to(self, instant: datetime) -> None:
        """Time never goes back."""
        self._standing_at = max(instant, self.now())


class Faults:
    """Calls that are to fail, by path: for proofs of what the office does then."""

    def __init__(self) -> None:
        self._left: dict[str, tuple[int, int]] = {}
        self._lock = threading.Lock()

    def plan(self, path: str, *, status: int, calls: int) -> None:
        with self._lock:
            self._left[path] = (status, calls)

    def take(self, path: str) -> int | None:
        """The status to fail with, if this call is to fail."""
        with self._lock:
            status, calls = self._left.get(path, (0, 0))
            if calls <= 0:
                return None
            self._left[path] = (status, calls - 1)
            return status


class ClockMove(BaseModel):
    """Move the clock forward."""

    now: datetime


class FaultPlan(BaseModel):
    """Make the next calls of a path fail."""

    path: str
    status: Annotated[int, Field(ge=400, le=599)] = 500
    calls: Annotated[int, Field(ge=0)] = 1


class Problem(Exception):
    """A refusal, answered as problem+json."""

    def __init__(self, status: int, title: str, **headers: str) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.headers = headers


def create_app(
    store: Store, clock: Clock, *, token: str, notifier: Notifier | None = None, pace: timedelta = timedelta(days=1)
) -> FastAPI:
    """The clearinghouse as one application. `pace`: how long a simulated day lasts on the wall."""
    clearing = Clearing(store, pace=pace)

    @asynccontextmanager
    async def watch_the_clock(app: FastAPI) -> AsyncIterator[None]:
        watch = asyncio.create_task(_let_time_pass(store, clock, clearing, notifier))
        try:
            yield
        finally:
            watch.cancel()

    app = FastAPI(title="Simulated clearinghouse", docs_url=None, redoc_url=None, lifespan=watch_the_clock)
    faults = Faults()

    @app.exception_handler(Problem)
    async def show_problem(request: Request, problem: Problem) -> Response:
        return _problem(problem.status, problem.title, problem.headers)

    @app.middleware("http")
    async def fail_when_told(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        status = faults.take(request.url.path)
        if status is not None:
            return _problem(status, "told to fail", {"Retry-After": "1"})
        return await call_next(request)

    def signed_in(authorization: Annotated[str, Header()] = "") -> None:
        if authorization != f"Bearer {token}":
            raise Problem(401, "a bearer token is needed")

    async def body_of(request: Request) -> bytes:
        body = await request.body()
        if len(body) > MOST_BYTES:
            raise Problem(413, "at most 50 MB")
        return body

    secured = [Depends(signed_in)]
    _add_wire(app, store, clock, clearing, notifier, secured, body_of)
    _add_control(app, store, clock, clearing, notifier, faults, secured)
    return app


def _add_wire(
    app: FastAPI,
    store: Store,
    clock: Clock,
    clearing: Clearing,
    notifier: Notifier | None,
    secured: list[Any],
    body_of: Callable[[Request], Awaitable[bytes]],
) -> None:
    Body = Annotated[bytes, Depends(body_of)]  # noqa: N806 - a type

    @app.post("/v1/eligibility", dependencies=secured)
    def answer_eligibility(body: Body) -> Response:
        try:
            return Response(clearing.answer_eligibility(body, clock.now()), media_type=X12)
        except NotX12:
            raise Problem(400, "the body is no X12 interchange") from None

    @app.post("/v1/claims", dependencies=secured, status_code=202)
    def take_claims(body: Body, idempotency_key: Annotated[str, Header(min_length=1)]) -> dict[str, str]:
        try:
            receipt = clearing.take_claims(body, key=idempotency_key, at=clock.now())
        except KeyUsedForAnotherBody:
            raise Problem(422, "the idempotency key was used for another body") from None
        except NotX12:
            raise Problem(400, "the body is no X12 interchange") from None
        _let_happen(store, clock, clearing, notifier)
        return receipt

    @app.get("/v1/mailbox", dependencies=secured)
    def list_mail(
        after: Annotated[int, Query(ge=0)] = 0, limit: Annotated[int, Query(ge=1, le=500)] = 100
    ) -> dict[str, Any]:
        _let_happen(store, clock, clearing, None)
        return {
            "messages": [dict(row) for row in store.mail(after=after, limit=limit)],
            "last_id": store.last_mail_id(),
        }

    @app.get("/v1/mailbox/{mail_id}", dependencies=secured)
    def read_mail(mail_id: int) -> Response:
        row = store.row("SELECT body FROM mail WHERE id = ?", mail_id)
        if row is None:
            raise Problem(404, "no such message")
        return Response(row["body"], media_type=X12)

    @app.get("/v1/books", dependencies=secured)
    def show_books() -> dict[str, Any]:
        return clearing.books()


def _add_control(
    app: FastAPI,
    store: Store,
    clock: Clock,
    clearing: Clearing,
    notifier: Notifier | None,
    faults: Faults,
    secured: list[Any],
) -> None:
    def state() -> dict[str, Any]:
        next_due = store.next_due()
        return {
            "now": clock.now().isoformat(),
            "next_event_at": next_due.isoformat() if next_due else None,
            "last_mail_id": store.last_mail_id(),
        }

    @app.get("/v1/clock", dependencies=secured)
    def show_clock() -> dict[str, Any]:
        return state()

    @app.post("/v1/clock", dependencies=secured)
    def move_clock(move: ClockMove) -> dict[str, Any]:
        clock.move_to(move.now.astimezone(UTC))
        happened = _let_happen(store, clock, clearing, None)
        told = notifier.tell(last_id=store.last_mail_id(), at=clock.now()) if notifier is not None else False
        return state() | {"happened": happened, "told": told}

    @app.post("/v1/faults", dependencies=secured)
    def plan_faults(plan: FaultPlan) -> dict[str, Any]:
        faults.plan(plan.path, status=plan.status, calls=plan.calls)
        return plan.model_dump()

    @app.get("/healthz")
    def is_alive() -> dict[str, str]:
        return {"status": "alive"}


async def _let_time_pass(store: Store, clock: Clock, clearing: Clearing, notifier: Notifier | None) -> None:
    """What is due by the wall's clock happens, and the office is told, without anybody asking."""
    while True:
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        if clock.runs:
            await run_in_threadpool(_let_happen, store, clock, clearing, notifier)


def _let_happen(store: Store, clock: Clock, clearing: Clearing, notifier: Notifier | None) -> int:
    happened = clearing.advance(clock.now())
    if happened and notifier is not None:
        notifier.tell(last_id=store.last_mail_id(), at=clock.now())
    return happened


def _problem(status: int, title: str, headers: dict[str, str]) -> Response:
    body = {"type": "about:blank", "title": title, "status": status}
    return JSONResponse(body, status_code=status, media_type="application/problem+json", headers=headers)


def open_store(folder: Path) -> Store:
    """The simulator's memory in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    return Store(folder / "simulator.db")
