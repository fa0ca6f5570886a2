"""Builds a worker as measured, runs it until it is told to stop, and ends its process cleanly.

A Python process that ran a worker may abort while the interpreter shuts down (temporalio/sdk-python#300: up to a
third of the runs), so such a process is run by `run_process`, which ends it by `os._exit` after flushing.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, NoReturn

import uvloop
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.runtime import (
    LoggingConfig,
    LoggingFormat,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)
from temporalio.worker import PollerBehaviorAutoscaling, Worker, WorkerDeploymentConfig

import settings as configuration
from settings import OperatorError, Settings

logger = logging.getLogger(__name__)


def build_runtime(settings: Settings) -> Runtime:
    """The SDK's runtime for this process: its own logs as JSON, and Prometheus metrics when the settings name a port.

    Build one per process and give it to `connect`. Raises `PortInUse`.
    """
    metrics = None
    if settings.metrics_port is not None:
        configuration.require_free_port(settings.metrics_port, configuration.variable("metrics_port"), "0.0.0.0")
        metrics = PrometheusConfig(
            bind_address=f"0.0.0.0:{settings.metrics_port}",
            counters_total_suffix=True,
            unit_suffix=True,
            durations_as_seconds=True,
        )
    logs = LoggingConfig(TelemetryFilter(core_level="WARN", other_level="ERROR"), format=LoggingFormat.JSON)
    return Runtime(telemetry=TelemetryConfig(logging=logs, metrics=metrics))


def build_worker(
    client: Client,
    settings: Settings,
    *,
    workflows: Sequence[type] = (),
    activities: Sequence[Callable[..., Any]] = (),
    task_queue: str | None = None,
) -> Worker:
    """A worker on the office's queue. Workflows and activities add to those of the client's plugin.

    Call `bootstrap.require_attributes` first. Regular and local activities run on the same threads, which are
    enough for both.
    """
    at_once = settings.max_concurrent_activities
    return Worker(
        client,
        task_queue=task_queue or settings.task_queue,
        workflows=workflows,
        activities=activities,
        activity_executor=ThreadPoolExecutor(2 * at_once, thread_name_prefix="activity"),
        max_concurrent_activities=at_once,
        max_concurrent_local_activities=at_once,
        max_cached_workflows=settings.max_cached_workflows,
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
        graceful_shutdown_timeout=timedelta(seconds=settings.graceful_shutdown_seconds),
        deployment_config=deployment(settings),
    )


def deployment(settings: Settings) -> WorkerDeploymentConfig | None:
    """Worker versioning, if the settings name a deployment and a build.

    Open workflows stay with their build, whose workers must run until they are drained. The behaviour is set here
    and never in a workflow's decorator: on an unversioned worker the decorator wedges every workflow.
    """
    if settings.deployment_name is None or settings.build_id is None:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(deployment_name=settings.deployment_name, build_id=settings.build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.PINNED,
    )


async def run_until_stopped(worker: Worker, stop: asyncio.Event | None = None) -> None:
    """Run the worker until `stop` is set, by default by SIGTERM or SIGINT; then let its activities finish.

    Raises what made the worker fail.
    """
    stop = stop or stop_on_signals()
    running = asyncio.create_task(worker.run())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not running.done():
        logger.info("Stopping the worker")
        await worker.shutdown()
    await running


def stop_on_signals() -> asyncio.Event:
    """An event that the first SIGTERM or SIGINT sets; a second one ends the process at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def first() -> None:
        stop.set()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, first)
    return stop


def run_process(main: Callable[[], Coroutine[Any, Any, None]]) -> NoReturn:
    """Run `main` on uvloop and end the process: exit code 0, or 1 after telling the operator or the log why."""
    code = 1
    os.umask(0o077)  # also when no command line set it
    try:
        uvloop.run(main())
        code = 0
    except KeyboardInterrupt:
        code = 130
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except OperatorError as error:
        print(error, file=sys.stderr)  # noqa: T201
    except BaseException:
        logger.exception("The process failed")
    finally:
        end_process(code)


def end_process(code: int) -> NoReturn:
    """Flush what was written and leave without the interpreter's own shutdown."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
