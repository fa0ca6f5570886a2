"""Lets time pass for a whole office: the one helper by which demonstrations, stories and proofs skip days.

The engine's own time skipping moves each workflow; the office's API and the clearinghouse get the same instant.
Nothing is delivered to a workflow that lags behind, and no earlier next action is jumped over by the caller.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError
from temporalio.testing import TimeSkipper

logger = logging.getLogger(__name__)

TYPES = ("EncounterBilling", "PatientAccount", "SubmissionBatch", "RemittanceFile", "BulkResubmission", "CardRefund")
"""Workflows that wait for time; scheduled runs do not"""
AT_ONCE = 20
LONGEST_SKIP_SECONDS = 15.0
"""Between two looks whether a workflow gets on: one that wakes every few hours needs a while for a fortnight"""
CALM_LOOKS = 2
LOOK_EVERY_SECONDS = 0.15


class OfficeAndClearinghouse(Protocol):
    """What must come to rest, and whose clocks must be set."""

    def machine_work(self) -> int:
        """Work that the office still does by itself, unfetched mail counted in."""

    def set_clocks(self, instant: datetime) -> None:
        """The office's API first, then the clearinghouse, which lets everything due happen."""


class NeverAtRest(RuntimeError):
    """The office went on working longer than it may."""


class Traveller:
    """Knows each workflow's own time: its start on the wall, and what was skipped since."""

    def __init__(
        self,
        client: Client,
        world: OfficeAndClearinghouse,
        *,
        patience_seconds: float = 180,
        look_seconds: float = LONGEST_SKIP_SECONDS,
        skipper: TimeSkipper | None = None,
    ) -> None:
        self._client = client
        self._skipper = skipper or TimeSkipper(client)
        self._look_seconds = look_seconds
        self._world = world
        self._skipped: dict[str, timedelta] = {}
        self._patience_seconds = patience_seconds

    async def settle(self) -> None:
        """Wait until nothing is left to do without time or people. Raises NeverAtRest."""
        deadline = time.monotonic() + self._patience_seconds
        calm = 0
        while calm < CALM_LOOKS:
            work = await asyncio.to_thread(self._world.machine_work)
            calm = 0 if work else calm + 1
            if time.monotonic() > deadline:
                raise NeverAtRest(f"{work} pieces of work are left after {self._patience_seconds:.0f} seconds")
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def advance_to(self, instant: datetime) -> int:
        """Let it become `instant` for every open workflow, the office and the clearinghouse; returns how many moved."""
        await self.settle()
        moved = await self._forward_all(instant)
        await self.settle()
        await asyncio.to_thread(self._world.set_clocks, instant)
        await self.settle()
        return moved

    async def _forward_all(self, instant: datetime) -> int:
        at_once = asyncio.Semaphore(AT_ONCE)

        async def one(workflow_id: str, run_id: str) -> int:
            async with at_once:
                return await self._forward(workflow_id, run_id, instant)

        query = " OR ".join(f"WorkflowType='{name}'" for name in TYPES)
        running = [
            one(execution.id, execution.run_id)
            async for execution in self._client.list_workflows(f"ExecutionStatus='Running' AND ({query})")
        ]
        return sum(await asyncio.gather(*running))

    async def _forward(self, workflow_id: str, run_id: str, instant: datetime) -> int:
        key = f"{workflow_id} {run_id}"
        skipped = self._skipped.get(key, self._skipped.get(workflow_id, timedelta()))
        duration = instant - (datetime.now(UTC) + skipped)
        if duration <= timedelta(seconds=1):
            return 0
        try:
            moved = await self._skip(self._client.get_workflow_handle(workflow_id), instant - duration, duration)
        except (RPCError, RuntimeError):
            return 0  # it ended meanwhile
        except TimeoutError:
            logger.warning("a workflow could not be moved", extra={"workflow_id": workflow_id})
            return 0
        if moved:
            self._skipped[key] = skipped + duration
        return int(moved)

    async def _skip(self, handle: WorkflowHandle[Any, Any], at: datetime, duration: timedelta) -> bool:
        """Wait for as long as it gets on. Raises TimeoutError where its time goes no faster than the wall's."""
        forward = asyncio.ensure_future(self._skipper.fast_forward(handle, duration))
        try:
            while not (await asyncio.wait({forward}, timeout=self._look_seconds))[0]:
                reached = await self._skipper.get_current_time(handle)
                if reached - at < timedelta(seconds=2 * self._look_seconds):
                    raise TimeoutError
                at = reached
            return forward.result()
        finally:
            forward.cancel()


async def wait_for(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Whether `condition` became true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if await asyncio.to_thread(condition):
            return True
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    return False
