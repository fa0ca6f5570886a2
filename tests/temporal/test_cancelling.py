"""Somebody cancels a workflow in the Temporal UI: it ends, whatever it is waiting for."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import CancelledError

from activities.messages import EncounterStep, InquiryAnswer, InquiryStep, Standing, StartEncounter
from billing.stages import Stage, Step
from tests.conftest import Engine
from workflows.encounter_billing import EncounterBilling


class Slow:
    """Activities that say when they run, and would run for half a minute."""

    def __init__(self) -> None:
        self.running = asyncio.Event()

    async def _run(self) -> None:
        self.running.set()
        await asyncio.sleep(30)
        raise AssertionError("it was cancelled before")

    @activity.defn
    async def open_encounter(self, step: EncounterStep) -> Standing:
        await self._run()
        return to_be_verified(step)

    @activity.defn
    async def inquire_eligibility(self, step: InquiryStep) -> InquiryAnswer:
        await self._run()
        return InquiryAnswer()


@activity.defn(name="open_encounter")
def to_be_verified(step: EncounterStep) -> Standing:
    return Standing(
        practice_id=step.practice_id,
        encounter_id=step.encounter_id,
        version=1,
        stage=Stage.VERIFICATION,
        step=Step.VERIFY,
        waiting_on="payer",
        payer_id="payer",
        inquiry_id="inquiry",
    )


async def cancel_while_running(engine: Engine, slow: Slow, activities: Sequence[Callable[..., Any]]) -> None:
    at_once = timedelta(0)
    async with engine.worker([EncounterBilling], activities, graceful_shutdown_timeout=at_once) as queue:
        start = StartEncounter(practice_id="practice", encounter_id="encounter")
        handle = await engine.client.start_workflow("EncounterBilling", start, id=queue, task_queue=queue)
        await asyncio.wait_for(slow.running.wait(), 10)
        await handle.cancel()
        await asyncio.wait_for(handle.result(), 15)


async def test_it_ends_during_a_step_on_the_database(engine: Engine) -> None:
    slow = Slow()

    with pytest.raises(WorkflowFailureError) as ended:
        await cancel_while_running(engine, slow, [slow.open_encounter])

    assert isinstance(ended.value.cause, CancelledError)


async def test_it_ends_while_the_payer_is_asked(engine: Engine) -> None:
    slow = Slow()

    with pytest.raises(WorkflowFailureError) as ended:
        await cancel_while_running(engine, slow, [to_be_verified, slow.inquire_eligibility])

    assert isinstance(ended.value.cause, CancelledError)
