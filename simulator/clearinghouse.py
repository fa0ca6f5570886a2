"""The wire: a clearinghouse as any partner may stand on the other side, and the simulator's own control calls."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request, Response
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


class Letter(BaseModel):
    """A letter to a payer, as it reads."""

    text: str


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


@dataclass(frozen=True)
class House:
    """What stands behind the wire."""

    store: Store
    clock: Clock
    clearing: Clearing
    notifier: Notifier | None

    def let_happen(self) -> int:
        """What is due by now happens; returns how much did."""
        return self.clearing.advance(self.clock.now())

    def tell(self) -> bool:
        """Tell the office how far its mail goes, where somebody tells it; whether it heard."""
        return self.notifier is not None and self.notifier.tell(last_id=self.store.last_mail_id(), at=self.clock.now())

    def let_happen_and_tell(self) -> None:
        """What is due by now happens, and the office is told of what is new in its mail."""
        if self.let_happen():
            self.tell()


def create_app(
    store: Store, clock: Clock, *, token: str, notifier: Notifier | None = None, pace: timedelta = timedelta(days=1)
) -> FastAPI:
    """The clearinghouse as one application. `pace`: how long a simulated day lasts on the wall."""
    house = House(store, clock, Clearing(store, pace=pace), notifier)

    @asynccontextmanager
    async def watch_the_clock(app: FastAPI) -> AsyncIterator[None]:
        watch = asyncio.create_task(_let_time_pass(house))
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

    @app.get("/healthz")
    def is_alive() -> dict[str, str]:
        return {"status": "alive"}

    for router in (_wire(house), _control(house, faults)):
        app.include_router(router, prefix="/v1", dependencies=[Depends(signed_in)])
    return app


async def _body_of(request: Request) -> bytes:
    body = await request.body()
    if len(body) > MOST_BYTES:
        raise Problem(413, "at most 50 MB")
    return body


Body = Annotated[bytes, Depends(_body_of)]


def _wire(house: House) -> APIRouter:
    """What a partner is asked."""
    wire = APIRouter()

    @wire.post("/eligibility")
    def answer_eligibility(body: Body) -> Response:
        try:
            return Response(house.clearing.answer_eligibility(body, house.clock.now()), media_type=X12)
        except NotX12:
            raise Problem(400, "the body is no X12 interchange") from None

    @wire.post("/claim-status")
    def answer_status(body: Body) -> Response:
        house.let_happen()
        try:
            return Response(house.clearing.answer_status(body, house.clock.now()), media_type=X12)
        except NotX12:
            raise Problem(400, "the body is no X12 interchange") from None

    @wire.post("/claims", status_code=202)
    def take_claims(body: Body, idempotency_key: Annotated[str, Header(min_length=1)]) -> dict[str, str]:
        try:
            receipt = house.clearing.take_claims(body, key=idempotency_key, at=house.clock.now())
        except KeyUsedForAnotherBody:
            raise Problem(422, "the idempotency key was used for another body") from None
        except NotX12:
            raise Problem(400, "the body is no X12 interchange") from None
        house.let_happen_and_tell()
        return receipt

    @wire.get("/mailbox")
    def list_mail(
        after: Annotated[int, Query(ge=0)] = 0, limit: Annotated[int, Query(ge=1, le=500)] = 100
    ) -> dict[str, Any]:
        house.let_happen()
        return {
            "messages": [dict(row) for row in house.store.mail(after=after, limit=limit)],
            "last_id": house.store.last_mail_id(),
        }

    @wire.get("/mailbox/{mail_id}")
    def read_mail(mail_id: int) -> Response:
        row = house.store.row("SELECT body FROM mail WHERE id = ?", mail_id)
        if row is None:
            raise Problem(404, "no such message")
        return Response(row["body"], media_type=X12)

    @wire.get("/books")
    def show_books() -> dict[str, Any]:
        return house.clearing.books()

    return wire


def _control(house: House, faults: Faults) -> APIRouter:
    """The simulator's own calls: its clock, letters that come by mail, and faults to come."""
    control = APIRouter()

    def state() -> dict[str, Any]:
        next_due = house.store.next_due()
        return {
            "now": house.clock.now().isoformat(),
            "next_event_at": next_due.isoformat() if next_due else None,
            "last_mail_id": house.store.last_mail_id(),
        }

    @control.get("/clock")
    def show_clock() -> dict[str, Any]:
        return state()

    @control.post("/clock")
    def move_clock(move: ClockMove) -> dict[str, Any]:
        house.clock.move_to(move.now.astimezone(UTC))
        happened, told = house.let_happen(), house.tell()
        return state() | {"happened": happened, "told": told}

    @control.post("/letters")
    def read_letter(letter: Letter) -> dict[str, list[str]]:
        return {"answered": house.clearing.read_letter(letter.text, house.clock.now())}

    @control.post("/faults")
    def plan_faults(plan: FaultPlan) -> dict[str, Any]:
        faults.plan(plan.path, status=plan.status, calls=plan.calls)
        return plan.model_dump()

    return control


async def _let_time_pass(house: House) -> None:
    """What is due by the wall's clock happens, and the office is told, without anybody asking."""
    while True:
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        if house.clock.runs:
            await run_in_threadpool(house.let_happen_and_tell)


def _problem(status: int, title: str, headers: dict[str, str]) -> Response:
    body = {"type": "about:blank", "title": title, "status": status}
    return JSONResponse(body, status_code=status, media_type="application/problem+json", headers=headers)


def open_store(folder: Path) -> Store:
    """The simulator's memory in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    return Store(folder / "simulator.db")
