"""A refund to a card under its own workflow: asked of the processor over a socket, settled by its notice, replayed."""

import asyncio
from datetime import timedelta
from typing import Any

from sqlmodel import select
from temporalio.client import WorkflowExecutionStatus
from temporalio.testing import ActivityEnvironment
from temporalio.worker import Replayer

import worker
from activities.ids import card_refund_workflow
from activities.messages import ReconcileStep
from activities.reconcile import ReconcileActivities
from database.tables import Outbox
from temporal.plugin import office_plugin
from tests.office import Office
from tests.stories.running import OtherSettings, running
from tests.stories.test_patient_refunds import TOKEN, House, house  # noqa: F401 - a fixture


async def test_a_processor_that_was_away_is_asked_again_and_silence_is_looked_for(
    office: Office,
    engine: Any,
    house: House,  # noqa: F811
) -> None:
    told = {"card_processor_url": house.address, "card_processor_token": TOKEN}
    house.processor.is_away = True
    house.complete("credit_balance", "refund_card")
    refund = house.refund()
    with_card = OtherSettings(engine, engine.settings.model_copy(update=told))
    async with running(office, with_card) as live:
        await live.dispatcher.send_waiting()
        handle = live.client.get_workflow_handle(card_refund_workflow(office.practice_id, refund.id))
        await asyncio.sleep(1)
        assert house.refund().state == "under_way"
        house.processor.is_away = False
        await live.advance_workflow(handle, timedelta(minutes=1))
        for _ in range(200):
            if house.refund().processor_id:
                break
            await asyncio.sleep(0.05)
        await live.advance_workflow(handle, timedelta(days=6))
        await handle.result()
        replayer = Replayer(workflows=worker.WORKFLOWS, plugins=[office_plugin(engine.keyring)])
        await replayer.replay_workflow(await handle.fetch_history())
    assert (house.refund().state, len(house.processor.refunds)) == ("paid", 1)
    assert house.look_for_silence() == []


async def test_a_refund_whose_workflow_was_lost_is_started_anew_and_one_that_ended_is_not(
    office: Office,
    engine: Any,
    house: House,  # noqa: F811
) -> None:
    told = {"card_processor_url": house.address, "card_processor_token": TOKEN}
    house.processor.is_away = True
    house.complete("credit_balance", "refund_card")
    workflow = card_refund_workflow(office.practice_id, house.refund().id)
    with_card = OtherSettings(engine, engine.settings.model_copy(update=told))
    async with running(office, with_card) as live:
        await live.dispatcher.send_waiting()
        await live.client.get_workflow_handle(workflow).terminate("the engine's database was lost")
        house.processor.is_away = False
        reconcile = ReconcileActivities(office.database, live.client).reconcile
        for is_lost in (True, False):
            await ActivityEnvironment().run(reconcile, ReconcileStep(at=office.now + timedelta(minutes=6)))
            with office.database.reading() as session:
                assert ("start_card_refund" in set(session.exec(select(Outbox.kind)))) is is_lost
            await live.dispatcher.send_waiting()
        handle = live.client.get_workflow_handle(workflow)
        for _ in range(200):
            if house.refund().processor_id:
                break
            await asyncio.sleep(0.05)
        if (await handle.describe()).status == WorkflowExecutionStatus.RUNNING:
            await live.advance_workflow(handle, timedelta(days=6))
        await handle.result()
    assert (house.refund().state, len(house.processor.refunds)) == ("paid", 1)
