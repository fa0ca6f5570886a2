"""One real Temporal server for the whole run: in memory, with time skipping, its ports free and its files in a
temporary directory.
"""

import contextlib
import gc
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings as trials
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import TimeSkipper
from temporalio.worker import Worker

from settings import Settings
from temporal import client, encryption
from temporal import engine as embedded
from temporal.encryption import KeyRing

trials.register_profile("house", deadline=None)
trials.load_profile("house")
"""No test fails for being slow: the machine may be busy"""

EARLY_CONTINUE_AS_NEW = {"limit.historyCount.suggestContinueAsNew": "60"}
"""Continue-as-new is suggested after 60 events instead of 4,096, so that stories exercise it."""


@dataclass(frozen=True)
class Engine:
    """The shared server. Tests keep apart by their own task queues and workflow ids."""

    settings: Settings
    keyring: KeyRing
    client: Client
    address: str

    @contextlib.asynccontextmanager
    async def worker(
        self,
        workflows: Sequence[type],
        activities: Sequence[Callable[..., Any]] = (),
        *,
        task_queue: str | None = None,
        **options: Any,
    ) -> AsyncIterator[str]:
        """A worker on a queue of its own, whose name is given; sync activities run on threads."""
        queue = task_queue or f"test-{uuid.uuid4()}"
        with ThreadPoolExecutor(10) as threads:
            # Without grace a running sync activity gets an exception thrown into its thread, in the middle of anything.
            grace = timedelta(seconds=10)
            options = {
                "max_concurrent_activities": 10,
                "activity_executor": threads,
                "graceful_shutdown_timeout": grace,
                **options,
            }
            async with Worker(self.client, task_queue=queue, workflows=workflows, activities=activities, **options):
                yield queue

    async def advance(self, handle: WorkflowHandle[Any, Any], duration: timedelta) -> bool:
        """Let `duration` pass for one workflow. False when it ended before."""
        return await TimeSkipper(self.client).fast_forward(handle, duration)


@pytest.fixture(scope="session")
async def engine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("engine"), temporal_port=embedded.free_port())
    keyring = encryption.load_or_create_keyring(settings)
    flags = {**embedded.TIME_SKIPPING, **EARLY_CONTINUE_AS_NEW}
    async with embedded.start_engine(settings, dynamic_config=flags, in_memory=True, ui=False) as server:
        connected = await client.connect(
            settings, keyring, role="test", workflow_failure_types=[Exception], address=server.address
        )
        yield Engine(settings, keyring, connected, server.address)


def pytest_unconfigure() -> None:
    """A process that ran a worker may abort at exit: free what the SDK holds and let its threads settle."""
    gc.collect()
    time.sleep(0.3)
