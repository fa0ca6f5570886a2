"""The office's worker with the yardsticks beside its workflows, in a process of its own: its cost can be read alone."""

import asyncio

import httpx

import worker
from activities.dispatch import Dispatcher
from benchmarks.yardsticks import NoOp, RoundTrips, Told, do_nothing
from database.engine import Database
from settings import Settings
from temporal import client, encryption, logs, worker_runtime


async def main() -> None:
    """As `worker.main`, with more on the list."""
    settings = Settings()
    logs.configure_logging(settings)
    database = Database(settings.database_url)
    temporal = await client.connect(settings, encryption.load_or_create_keyring(settings), role="benchmark")
    with httpx.Client() as http:
        built = worker_runtime.build_worker(
            temporal,
            settings,
            workflows=[*worker.WORKFLOWS, NoOp, RoundTrips, Told],
            activities=[*worker.activities_of(database, temporal, settings, http), do_nothing],
        )
        dispatcher = Dispatcher(
            database, temporal, task_queue=settings.task_queue, interval_seconds=settings.dispatcher_interval_seconds
        )
        sending = asyncio.create_task(dispatcher.run())
        await worker_runtime.run_until_stopped(built)
        sending.cancel()


if __name__ == "__main__":
    worker_runtime.run_process(main)
