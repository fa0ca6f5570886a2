"""Building, running and stopping a worker."""

import asyncio
import signal
import subprocess
import sys
import textwrap
import urllib.request
import uuid
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from temporalio.common import VersioningBehavior

from settings import PortInUse
from temporal import client, worker_runtime
from temporal import engine as embedded
from tests.conftest import Engine
from tests.temporal.parcels import Delivery, Parcel, lose, weigh

ROOT = Path(__file__).parents[2]


async def test_it_runs_until_it_is_told_to_stop(engine: Engine) -> None:
    queue, stop = f"test-{uuid.uuid4()}", asyncio.Event()
    worker = worker_runtime.build_worker(
        engine.client, engine.settings, workflows=[Delivery], activities=[weigh, lose], task_queue=queue
    )
    running = asyncio.create_task(worker_runtime.run_until_stopped(worker, stop))
    parcel = Parcel(sender="x", sent_on=date(2026, 1, 1), weight=Decimal(1))

    handle = await engine.client.start_workflow(Delivery.run, parcel, id=queue, task_queue=queue)
    assert await handle.query(Delivery.stamp_count) == 0
    stop.set()
    await running

    assert not worker.is_running
    await handle.terminate()


async def test_it_raises_what_made_the_worker_fail(engine: Engine) -> None:
    settings = engine.settings.model_copy(update={"namespace": "nowhere"})
    elsewhere = await client.connect(settings, engine.keyring, address=engine.address)
    worker = worker_runtime.build_worker(elsewhere, settings, workflows=[Delivery])

    with pytest.raises(RuntimeError, match="nowhere"):
        await worker_runtime.run_until_stopped(worker, asyncio.Event())


def test_versioning_is_on_only_when_a_deployment_is_named(engine: Engine) -> None:
    assert worker_runtime.deployment(engine.settings) is None

    named = engine.settings.model_copy(update={"deployment_name": "office", "build_id": "7"})
    config = worker_runtime.deployment(named)

    assert config
    assert config.use_worker_versioning
    assert config.default_versioning_behavior is VersioningBehavior.PINNED


async def test_metrics_are_served_and_an_occupied_port_is_named(engine: Engine) -> None:
    settings = engine.settings.model_copy(update={"metrics_port": embedded.free_port()})
    runtime = worker_runtime.build_runtime(settings)
    measured = await client.connect(settings, engine.keyring, address=engine.address, runtime=runtime)
    await measured.count_workflows()

    def scrape() -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{settings.metrics_port}/metrics") as answer:
            return answer.read().decode()

    assert "temporal_request_latency_seconds" in await asyncio.to_thread(scrape)
    with pytest.raises(PortInUse, match="ZEROBALANCE_METRICS_PORT"):
        worker_runtime.build_runtime(settings)


PROGRAM = """
import sys
from settings import PortInUse, Settings
from temporal import client, encryption, worker_runtime
from tests.temporal.parcels import Delivery

async def main():
    if sys.argv[1] == "refuse":
        raise PortInUse("Set ZEROBALANCE_API_PORT.")
    settings = Settings(data_dir=sys.argv[1])
    connected = await client.connect(settings, encryption.load_or_create_keyring(settings), address=sys.argv[2])
    worker = worker_runtime.build_worker(connected, settings, workflows=[Delivery], task_queue="signals")
    print("ready", flush=True)
    await worker_runtime.run_until_stopped(worker)
    print("done")

worker_runtime.run_process(main)
"""


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM), *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_the_process_cleanly(engine: Engine, number: signal.Signals) -> None:
    with start(str(engine.settings.data_dir), engine.address) as process:
        assert process.stdout
        await asyncio.to_thread(process.stdout.readline)
        await asyncio.sleep(0.5)
        process.send_signal(number)
        output, errors = await asyncio.to_thread(process.communicate)

    assert (process.returncode, output) == (0, "done\n"), errors


def test_an_operators_error_is_printed_without_a_traceback() -> None:
    with start("refuse") as process:
        output, errors = process.communicate()

    assert (process.returncode, output, errors) == (1, "", "Set ZEROBALANCE_API_PORT.\n")
