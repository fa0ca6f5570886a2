"""Two builds side by side: open workflows stay with theirs, and go to the new one when they are told of it."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from temporalio import activity
from temporalio.api.workflowservice.v1 import SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError

from activities.messages import (
    AccountStanding,
    AccountStep,
    ComingVisitStanding,
    ComingVisitStep,
    EncounterStep,
    Message,
    Standing,
    StartAccount,
    StartComingVisit,
    StartEncounter,
)
from billing.stages import Stage, Step
from temporal import worker_runtime
from tests.conftest import Engine
from workflows.coming_visit import ComingVisit
from workflows.encounter_billing import EncounterBilling
from workflows.patient_account import PatientAccount


def waiting(step: EncounterStep) -> Standing:
    return Standing(
        practice_id=step.practice_id,
        encounter_id=step.encounter_id,
        version=1,
        stage=Stage.ADJUDICATION,
        step=Step.WAIT,
        waiting_on="payer",
        payer_id="payer",
    )


@activity.defn
def open_encounter(step: EncounterStep) -> Standing:
    return waiting(step)


@activity.defn
def absorb_facts(step: EncounterStep) -> Standing:
    return waiting(step)


@activity.defn
def look_after_account(step: AccountStep) -> AccountStanding:
    return AccountStanding(version=1, owed_cents=100)


@activity.defn
def look_ahead(step: ComingVisitStep) -> ComingVisitStanding:
    return ComingVisitStanding(day="2026-03-20")


@contextlib.asynccontextmanager
async def build(engine: Engine, name: str, queue: str) -> AsyncIterator[None]:
    """A worker of one build, which new workflows get from now on."""
    settings = engine.settings.model_copy(update={"deployment_name": queue, "build_id": name})
    worker = worker_runtime.build_worker(
        engine.client,
        settings,
        workflows=[EncounterBilling, PatientAccount, ComingVisit],
        activities=[open_encounter, absorb_facts, look_after_account, look_ahead],
        task_queue=queue,
    )
    async with worker:
        await make_current(engine, name, queue)
        yield


async def make_current(engine: Engine, name: str, queue: str) -> None:
    request = SetWorkerDeploymentCurrentVersionRequest(
        namespace=engine.client.namespace, deployment_name=queue, build_id=name
    )
    for _ in range(100):
        try:
            await engine.client.workflow_service.set_worker_deployment_current_version(request)
            return
        except RPCError:
            await asyncio.sleep(0.1)
    raise AssertionError("the server never heard of the build")


async def build_of(handle: WorkflowHandle[Any, Any]) -> str:
    versioning = (await handle.describe()).raw_description.workflow_execution_info.versioning_info
    return versioning.deployment_version.build_id


async def goes_to(handle: WorkflowHandle[Any, Any], name: str, *, hearing: str) -> bool:
    """Whether the workflow's newest run is soon with the build: the queue learns of that a little later."""
    for _ in range(50):
        await handle.signal(hearing, {"at": None})
        await asyncio.sleep(0.2)
        if await build_of(handle) == name:
            return True
    return False


@pytest.mark.parametrize(
    ("workflow_type", "start", "news"),
    [
        ("EncounterBilling", StartEncounter(practice_id="practice", encounter_id="encounter"), "facts_arrived"),
        ("PatientAccount", StartAccount(practice_id="practice", patient_id="patient"), "balance_changed"),
        (
            "ComingVisit",
            StartComingVisit(practice_id="practice", appointment_id="appointment"),
            "appointment_changed",
        ),
    ],
)
async def test_an_open_workflow_goes_to_the_new_build(
    engine: Engine, workflow_type: str, start: Message, news: str
) -> None:
    queue = f"test-{uuid.uuid4()}"
    async with build(engine, "old", queue):
        handle = await engine.client.start_workflow(workflow_type, start, id=queue, task_queue=queue)
        await handle.query("standing")
        async with build(engine, "new", queue):
            assert await goes_to(handle, "new", hearing=news)
            assert await handle.query("standing") is not None
            await handle.terminate()
