"""One office under measurement: the engine on a file with the office's settings, one worker process, the clearinghouse
in this process. CPU and memory are read from /proc for the engine and the worker alone.
"""

import json
import os
import sys
import threading
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from pydantic import SecretStr
from sqlmodel import Session
from temporalio.client import Client

import office_setup
from database.columns import new_id
from database.engine import Database
from database.tables import Partner
from settings import Settings, variable
from simulator.clearinghouse import Clock, create_app, open_store
from temporal import engine

TOKEN = "benchmark"
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Bench:
    """One office under measurement."""

    settings: Settings
    database: Database
    client: Client
    clock: Clock
    practice_id: str
    partner_id: str
    server_pid: int
    worker_pid: int = 0

    def memory_mb(self) -> dict[str, float]:
        return {"server_mb": memory_of(self.server_pid), "worker_mb": memory_of(self.worker_pid)}


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_of(pid: int, what: str = "VmRSS") -> float:
    """Megabytes of a process now; `VmHWM`: at its height."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(one for one in status.splitlines() if one.startswith(what))
    return round(int(line.split()[1]) / 1024, 1)


def say(**figures: Any) -> None:
    """One JSON object on a line."""
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()


async def open_office(stack: AsyncExitStack, folder: Path, *, is_working: bool = True) -> Bench:
    """The whole office at work; or without its worker, which may be started later."""
    settings = Settings(
        data_dir=folder,
        api_port=engine.free_port(),
        simulator_port=engine.free_port(),
        temporal_port=engine.free_port(),
        temporal_ui_port=engine.free_port(),
        partner_tokens={office_setup.PARTNER: SecretStr(TOKEN)},
    )
    database = office_setup.open_database(settings)
    office_setup.install(database, settings, practice="Benchmark", charges=None, at=datetime.now(UTC))
    practice_id, partner_id = office_setup.whose(database, settings, None, at=datetime.now(UTC))
    server = await stack.enter_async_context(engine.start_engine(settings, ui=False))
    await office_setup.prepare_engine(settings, database)
    clock = Clock(datetime.now(UTC))
    serve(create_app(open_store(folder), clock, token=TOKEN), settings.simulator_port)
    temporal = await office_setup.connected(settings, "bench")
    bench = Bench(settings, database, temporal, clock, practice_id, partner_id, server.pid)
    return await start_worker(stack, bench) if is_working else bench


async def start_worker(stack: AsyncExitStack, bench: Bench) -> Bench:
    """The office with a worker."""
    folder = bench.settings.data_dir
    environment = {
        variable("data_dir"): str(folder),
        variable("temporal_port"): str(bench.settings.temporal_port),
        variable("partner_tokens"): json.dumps({office_setup.PARTNER: TOKEN}),
        variable("dispatcher_interval_seconds"): "0.2",
        "PYTHONDONTWRITEBYTECODE": "",  # the sandbox would compile each workflow's file anew
    }
    worker = await stack.enter_async_context(
        office_setup.child("-m", "benchmarks.worker", environment=environment, log=folder / "worker.log")
    )
    return replace(bench, worker_pid=worker.pid)


def serve(app: Any, port: int) -> None:
    """The clearinghouse on a thread of its own."""
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)
    threading.Thread(target=uvicorn.Server(config).run, daemon=True).start()


def add_partner(session: Session) -> str:
    """A clearinghouse that nobody reaches, for books without an engine; its id."""
    partner = Partner(
        id=new_id(),
        name="bench",
        base_url="http://bench.test",
        secret_name="bench",
        sender_id="ZEROBALANCE",
        receiver_id="BENCH",
        submitter_name="ZERO BALANCE",
        submitter_contact="EDI DESK",
        submitter_telephone="5555550100",
    )
    session.add(partner)
    session.flush()
    return partner.id
