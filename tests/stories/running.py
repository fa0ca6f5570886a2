"""An office under a real worker: the books of `tests.office`, the real engine, time that passes when told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle, WorkflowHistory
from temporalio.testing import TimeSkipper

import worker
from activities.dispatch import Dispatcher
from activities.ids import encounter_workflow
from activities.messages import Answer, CompleteTask, PlaceHold, ReleaseHold, Standing
from database import encounters, outbox
from database.columns import new_id
from database.outbox import OutboxKind
from tests.office import Office


@dataclass
class Running:
    """One office, one worker, one dispatcher that sends when asked."""

    office: Office
    client: Client
    dispatcher: Dispatcher

    def handle(self, encounter_id: str) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(encounter_workflow(self.office.practice_id, encounter_id))

    async def standing(self, encounter_id: str) -> Standing:
        return await self.handle(encounter_id).query("standing", result_type=Standing)

    async def tell(self, encounter_id: str) -> None:
        """What a remittance's fan-out does: one signal-with-start."""
        office = self.office
        with office.database.writing() as session:
            outbox.enqueue(
                session,
                OutboxKind.WAKE_ENCOUNTER,
                practice_id=office.practice_id,
                subject_id=encounter_id,
                fact_id=new_id(),
                at=office.now,
            )
        await self.settle(encounter_id)

    async def hold(self, encounter_id: str, *, days: int) -> Answer:
        command = PlaceHold(
            command_key=new_id(),
            body_sha256="0" * 64,
            actor_id=self.office.worker_id,
            until=self.office.now + timedelta(days=days),
            form_id=self.office.form({"reason": "asked by the clinic"}),
        )
        return await self.handle(encounter_id).execute_update("place_hold", command, result_type=Answer)

    async def release(self, encounter_id: str) -> Answer:
        command = ReleaseHold(command_key=new_id(), body_sha256="0" * 64, actor_id=self.office.worker_id)
        return await self.handle(encounter_id).execute_update("release_hold", command, result_type=Answer)

    async def complete(
        self,
        encounter_id: str,
        *,
        task_id: str | None = None,
        resolution: str = "",
        values: dict[str, str] | None = None,
        by: str | None = None,
    ) -> Answer:
        """Complete the encounter's only open task, or the one named."""
        actor = by or self.office.worker_id
        if task_id is None:
            [task] = (await self.standing(encounter_id)).open_tasks
            task_id = task.task_id
        command = CompleteTask(
            command_key=new_id(),
            body_sha256="0" * 64,
            actor_id=actor,
            task_id=task_id,
            form_id=self.office.form(values or {}, resolution=resolution, task_id=task_id, actor_id=actor),
        )
        answer = await self.handle(encounter_id).execute_update("complete_task", command, result_type=Answer)
        await self.settle(encounter_id)
        return answer

    async def all_workflow_ids(self) -> list[str]:
        """Every workflow of this practice."""
        return [
            execution.id async for execution in self.client.list_workflows() if self.office.practice_id in execution.id
        ]

    async def running_workflow_ids(self) -> set[str]:
        """Every workflow of this practice that the engine lists as running."""
        listed = self.client.list_workflows("ExecutionStatus='Running'")
        return {execution.id async for execution in listed if self.office.practice_id in execution.id}

    async def settle(self, encounter_id: str) -> None:
        """Send everything that waits, until neither the outbox nor the encounter has machine work left."""
        for _ in range(600):
            await self.dispatcher.send_waiting()
            with self.office.database.reading() as session:
                quiet = not outbox.pending(session)
                facts = [one for one in encounters.pending_facts(session, encounter_id) if one.verdict is None]
                encounter = encounters.find(session, practice_id=self.office.practice_id, encounter_id=encounter_id)
                sent = all(one.transmitted_at is not None for one in encounters.submissions(session, encounter_id))
            assert encounter is not None
            if quiet and sent and not facts and encounter.version > 0 and await self._is_idle(encounter_id):
                return
            await asyncio.sleep(0.02)
        raise AssertionError("the office does not settle")

    async def _is_idle(self, encounter_id: str) -> bool:
        description = await self.handle(encounter_id).describe()
        if description.status != WorkflowExecutionStatus.RUNNING:
            return True
        raw = description.raw_description
        return not raw.pending_activities and not raw.HasField("pending_workflow_task")

    async def advance(self, encounter_id: str, duration: timedelta) -> None:
        """Let time pass for one encounter and for the office."""
        await self._forward(self.handle(encounter_id), duration)
        await self.settle(encounter_id)

    async def advance_workflow(self, handle: WorkflowHandle[Any, Any], duration: timedelta) -> None:
        """Let time pass for one workflow and for the office, and wait until it has nothing left to do at once."""
        await self._forward(handle, duration)
        for _ in range(200):
            raw = (await handle.describe()).raw_description
            if not raw.pending_activities and not raw.HasField("pending_workflow_task"):
                return
            await asyncio.sleep(0.02)

    async def _forward(self, handle: WorkflowHandle[Any, Any], duration: timedelta) -> None:
        """Skip, and wait until every timer due by then has fired.

        The engine fires a timer that is due at the very end of a skip a few milliseconds after it. Told to skip again
        before that, it forgets the timer for good, and the workflow waits for ever.
        """
        await TimeSkipper(self.client).fast_forward(handle, duration)
        self.office.now += duration
        for _ in range(200):
            if not timers_due(await handle.fetch_history()):
                return
            await asyncio.sleep(0.02)
        raise AssertionError("a timer is due and the engine does not fire it")


def timers_due(history: WorkflowHistory) -> set[int]:
    """The started events of timers that should have fired by the workflow's own time after its last skip."""
    waiting: dict[int, datetime] = {}
    now: datetime | None = None
    for event in history.events:
        if event.HasField("timer_started_event_attributes"):
            lasts = event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
            waiting[event.event_id] = event.event_time.ToDatetime() + lasts
        elif event.HasField("timer_fired_event_attributes"):
            waiting.pop(event.timer_fired_event_attributes.started_event_id, None)
        elif event.HasField("timer_canceled_event_attributes"):
            waiting.pop(event.timer_canceled_event_attributes.started_event_id, None)
        elif event.HasField("workflow_execution_time_skipping_transitioned_event_attributes"):
            target = event.workflow_execution_time_skipping_transitioned_event_attributes.target_time
            now = target.ToDatetime()
    return {started for started, due in waiting.items() if now and due <= now}


class OtherSettings:
    """The shared engine with other settings."""

    def __init__(self, engine: Any, settings: Any) -> None:
        self._engine = engine
        self.settings = settings

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


@asynccontextmanager
async def running(office: Office, engine: Any) -> AsyncIterator[Running]:
    """The office at work. Its clock begins at the engine's now: workflows live by it."""
    office.now = datetime.now(tz=office.now.tzinfo)
    queue = f"office-{office.practice_id}"
    tokens = {"clearinghouse": SecretStr(office.secret)}
    settings = engine.settings.model_copy(update={"partner_tokens": tokens, "task_queue": queue})
    activities = worker.activities_of(office.database, engine.client, settings, office.http)
    async with engine.worker(worker.WORKFLOWS, activities, task_queue=queue):
        dispatcher = Dispatcher(office.database, engine.client, task_queue=queue, interval_seconds=0.05)
        yield Running(office, engine.client, dispatcher)
