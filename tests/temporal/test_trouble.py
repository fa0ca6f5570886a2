"""A step that does not succeed says so on the workflow's page, is tried until it does, and then is forgotten."""

import asyncio

from temporalio import activity
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.exceptions import ApplicationError

from activities.messages import EncounterStep, Standing, StartEncounter
from billing.stages import Stage, Step
from tests.conftest import Engine
from workflows.encounter_billing import EncounterBilling


class Faulty:
    """Fails, first for good and then again and again, until it is mended."""

    def __init__(self) -> None:
        self.is_mended = False
        self.tries = 0

    @activity.defn(name="open_encounter")
    async def fail(self, step: EncounterStep) -> Standing:
        self.tries += 1
        if not self.is_mended:
            raise ApplicationError("the database is away", non_retryable=self.tries == 1)
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
        while faulty.tries < 2:
            await asyncio.sleep(0.05)
        told = await handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
        assert "Stuck" in told.current_details
        assert "Open the encounter" in told.current_details
        faulty.is_mended = True
        await asyncio.wait_for(handle.result(), 20)
        told = await handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    assert "Stuck" not in told.current_details
    assert "Closed" in told.current_details
