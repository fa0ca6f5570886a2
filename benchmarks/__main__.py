"""`python -m benchmarks [--open 100,1000,5000]`: what an encounter costs, beside what the bare engine costs.

Everything is measured in one run on one machine: the engine on a file with the office's settings, one worker
process, the clearinghouse in this process. CPU is read from /proc for the engine and the worker alone.
"""

import argparse
import asyncio
import functools
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import col, func, select
from temporalio.client import WorkflowHandle, WorkflowHistoryEventFilterType

from activities.dispatch import IN_FLIGHT
from activities.ids import encounter_workflow, mailbox_workflow
from activities.intake import import_file
from activities.messages import StartEncounter, StartMailbox
from activities.starting import first_attributes
from benchmarks.bench_office import Bench, cpu_of, open_office, say
from benchmarks.yardsticks import NoOp, RoundTrips
from database.columns import new_id
from database.tables import Encounter, Submission
from simulator import clinic
from temporal import worker_runtime

QUIET = 0.05
"""Seconds of CPU in half a second below which the worker is at rest"""


async def main(*, encounters: int, open_counts: list[int]) -> None:
    """The whole run."""
    with tempfile.TemporaryDirectory(prefix="zerobalance-bench-") as folder:
        async with AsyncExitStack() as stack:
            bench = await open_office(stack, Path(folder))
            await _warm_up(bench)
            no_op = await _measure(bench, encounters, lambda: _run_no_ops(bench, encounters))
            bare = await _measure(bench, encounters, lambda: _run_round_trips(bench, encounters))
            clean = await _measure(bench, encounters, lambda: _live_clean(bench, encounters, seed=2))
            events = await _events(bench)
            say(bench="no-op workflow", n=encounters, **no_op)
            say(bench="the same round trips, no work", n=encounters, **bare)
            say(
                bench="clean encounter",
                n=encounters,
                **clean,
                cpu_over_no_op=round(clean["cpu_ms"] / no_op["cpu_ms"], 2),
                cpu_over_round_trips=round(clean["cpu_ms"] / bare["cpu_ms"], 2),
                rate_over_round_trips=round(clean["per_second"] / bare["per_second"], 2),
                history_events=events,
            )
            await _grow(bench, open_counts)


async def _measure(bench: Bench, count: int, run: Callable[[], Awaitable[None]]) -> dict[str, float]:
    """CPU milliseconds of engine and worker for each of `count`, and how many a second."""
    server, worker, began = cpu_of(bench.server_pid), cpu_of(bench.worker_pid), time.monotonic()
    await run()
    server_ms = (cpu_of(bench.server_pid) - server) * 1000 / count
    worker_ms = (cpu_of(bench.worker_pid) - worker) * 1000 / count
    return {
        "cpu_ms": round(server_ms + worker_ms, 1),
        "server_ms": round(server_ms, 1),
        "worker_ms": round(worker_ms, 1),
        "per_second": round(count / (time.monotonic() - began), 1),
    }


async def _warm_up(bench: Bench) -> None:
    await _run_no_ops(bench, 20, prefix="warm")
    await _live_clean(bench, 5, seed=1)


async def _run_no_ops(bench: Bench, count: int, *, prefix: str = "noop") -> None:
    handles = await _start(bench, NoOp, [f"{prefix}/{number}" for number in range(count)])
    await asyncio.gather(*(handle.result() for handle in handles))


async def _run_round_trips(bench: Bench, count: int) -> None:
    """All are open at once and each fact comes for all of them, as from a payer's file."""
    handles = await _start(bench, RoundTrips, [f"trips/{number}" for number in range(count)])
    for _ in range(3):
        await _until_quiet(bench)
        await _in_flight([functools.partial(handle.signal, RoundTrips.wake) for handle in handles])
    await asyncio.gather(*(handle.result() for handle in handles))


async def _start(bench: Bench, workflow: type, ids: Sequence[str]) -> list[WorkflowHandle[Any, Any]]:
    """As the dispatcher starts encounters."""
    start = StartEncounter(practice_id=bench.practice_id, encounter_id=new_id())
    return await _in_flight(
        [
            functools.partial(
                bench.client.start_workflow,
                workflow.__name__,
                start,
                id=one,
                task_queue=bench.settings.task_queue,
                search_attributes=first_attributes(bench.practice_id),
                static_summary="One yardstick, started as an encounter is",
            )
            for one in ids
        ]
    )


async def _in_flight(calls: Sequence[Callable[[], Awaitable[Any]]]) -> list[Any]:
    """As many at a time as the dispatcher sends."""
    at_once = asyncio.Semaphore(IN_FLIGHT)

    async def one(call: Callable[[], Awaitable[Any]]) -> Any:
        async with at_once:
            return await call()

    return await asyncio.gather(*(one(call) for call in calls))


async def _until_quiet(bench: Bench) -> None:
    """Until the worker has nothing to do for half a second."""
    busy = cpu_of(bench.worker_pid)
    while True:
        await asyncio.sleep(0.5)
        now = cpu_of(bench.worker_pid)
        if now - busy < QUIET:
            return
        busy = now


def _take_in(bench: Bench, count: int, *, seed: int) -> None:
    visits = clinic.clean_visits(count, seed=seed, today=datetime.now(UTC).date())
    body = clinic.file_of(visits, number=seed, at=bench.clock.now())
    report = import_file(
        bench.database,
        body,
        practice_id=bench.practice_id,
        partner_id=bench.partner_id,
        at=datetime.now(UTC),
    )
    assert report.created == count, report


async def _live_clean(bench: Bench, count: int, *, seed: int) -> None:
    """From the file to zero: intake, 270/271, 837P, 999, two 277CAs, 835, posted and closed."""
    before = _closed(bench)
    sent = _transmitted(bench)
    await asyncio.to_thread(_take_in, bench, count, seed=seed)
    await _until_transmitted(bench, sent + count)
    for delay in (timedelta(minutes=30), timedelta(days=1, hours=1), timedelta(days=14, hours=1)):
        bench.clock.move_to(bench.clock.now() + delay)
        await bench.client.execute_workflow(
            "Mailbox",
            StartMailbox(partner_id=bench.partner_id),
            id=mailbox_workflow(bench.partner_id) + f"/{seed}",
            task_queue=bench.settings.task_queue,
        )
        await asyncio.sleep(0.5)
    await _until(lambda: _closed(bench) == before + count)


def _closed(bench: Bench) -> int:
    with bench.database.reading() as session:
        return session.exec(select(func.count()).where(Encounter.stage == "closed")).one()


def _transmitted(bench: Bench) -> int:
    with bench.database.reading() as session:
        return session.exec(select(func.count()).where(col(Submission.transmitted_at).is_not(None))).one()


async def _until_transmitted(bench: Bench, count: int) -> None:
    await _until(lambda: _transmitted(bench) == count, seconds=3600)


async def _until(condition: Callable[[], bool], *, seconds: float = 900) -> None:
    deadline = time.monotonic() + seconds
    while not await asyncio.to_thread(condition):
        if time.monotonic() > deadline:
            raise TimeoutError("the office did not get there")
        await asyncio.sleep(0.2)


async def _events(bench: Bench) -> int:
    """The longest history among the clean encounters."""
    with bench.database.reading() as session:
        ids = session.exec(select(Encounter.id).where(Encounter.stage == "closed").limit(50)).all()
    longest = 0
    for encounter_id in ids:
        handle = bench.client.get_workflow_handle(encounter_workflow(bench.practice_id, encounter_id))
        history = await handle.fetch_history(event_filter_type=WorkflowHistoryEventFilterType.ALL_EVENT)
        longest = max(longest, len(history.events))
    return longest


async def _grow(bench: Bench, open_counts: list[int]) -> None:
    """Memory with more and more encounters open, each waiting for its payer."""
    opened = 0
    say(bench="open encounters", open=0, **bench.memory_mb())
    for count in open_counts:
        fresh = count - opened
        sent = _transmitted(bench)
        await asyncio.to_thread(_take_in, bench, fresh, seed=1000 + count)
        await _until_transmitted(bench, sent + fresh)
        opened = count
        await asyncio.sleep(3)
        say(bench="open encounters", open=count, **bench.memory_mb())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--encounters", type=int, default=300)
    parser.add_argument("--open", default="100,1000,5000", help="counts of open encounters; empty: none")
    return parser.parse_args()


if __name__ == "__main__":
    chosen = _arguments()
    counts = [int(one) for one in chosen.open.split(",") if one]
    worker_runtime.run_process(lambda: main(encounters=chosen.encounters, open_counts=counts))
