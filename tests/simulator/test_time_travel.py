"""Time passes for a workflow that wakes on its way for as long as it gets on; one that stands still is told of."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from simulator.time_travel import Traveller

LOOK_SECONDS = 0.05


class Slow:
    """An engine in which a workflow takes several looks for its way, by `step` from look to look."""

    def __init__(self, step: timedelta) -> None:
        self.step = step
        self.at = datetime.now(UTC)

    async def fast_forward(self, _handle: object, duration: timedelta) -> bool:
        while self.step and datetime.now(UTC) + duration > self.at:
            await asyncio.sleep(0)
        await asyncio.sleep(0 if self.step else 60)
        return True

    async def get_current_time(self, _handle: object) -> datetime:
        self.at += self.step
        return self.at


def traveller(engine: Slow) -> Traveller:
    client = SimpleNamespace(get_workflow_handle=lambda workflow_id: workflow_id)
    world = cast(Any, None)
    return Traveller(cast(Any, client), world, look_seconds=LOOK_SECONDS, skipper=cast(Any, engine))


@pytest.mark.parametrize(("step", "moved"), [(timedelta(days=5), 1), (timedelta(), 0)])
async def test_it_waits_for_who_gets_on_and_tells_of_who_stands_still(
    step: timedelta, moved: int, caplog: pytest.LogCaptureFixture
) -> None:
    instant = datetime.now(UTC) + timedelta(days=14)
    with caplog.at_level(logging.WARNING):
        assert await traveller(Slow(step))._forward("batch/1", "run", instant) == moved
    assert [one.getMessage() for one in caplog.records] == ["a workflow could not be moved"][moved:]
