"""A step that does not succeed says so on the workflow's page, is tried until it does, and then is forgotten."""

import asyncio

from temporalio import activity
from temporalio.api.sdk.v1 import WorkflowMetadata

from activities.messages import EncounterStep, Standing, StartEncounter
from billing.stages import Stage, Step
from tests.conftest import Engine
from workflows.encounter_billing import EncounterBilling


class Faulty:
    """Fails in the worker's own process, and again as a regular activity, until it is mended."""

    def __init__(self) -> None:
        self.is_mended = False
        self.has_left_the_task = False

    @activity.defn(name="open_encounter")
    async def fail(self, step: EncounterStep) -> Standing:
        self.has_left_the_task = not activity.info().is_local
        if not self.is_mended:
            raise ConnectionError("the database is away")
        return Standing(
            practice_id=step.practice_id,
            encounter_id=step.encounter_id,
            version=1,
            stage=Stage.CLOSED,
            step=Step.WAIT,
            waiting_on="nobody",
            payer_id="payer",
        )


async def test_a_step_that_fails_is_shown_until_it_succeeds(engine: Engine) -> None:
    faulty = Faulty()
    async with engine.worker([EncounterBilling], [faulty.fail]) as queue:
        start = StartEncounter(practice_id="practice", encounter_id="encounter")
        handle = await engine.client.start_workflow("EncounterBilling", start, id=queue, task_queue=queue)
        async with asyncio.timeout(20):
            while not faulty.has_left_the_task:
                await asyncio.sleep(0.05)
        told = await handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
        assert "Stuck" in told.current_details
        assert "Open the encounter" in told.current_details
        faulty.is_mended = True
        await asyncio.wait_for(handle.result(), 20)
        told = await handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    assert "Stuck" not in told.current_details
    assert "Closed" in told.current_details
