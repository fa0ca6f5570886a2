"""A plan's card under the account's own workflow: charged on its days, asked again, forgotten, replayed."""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio.client import WorkflowHandle
from temporalio.worker import Replayer

import worker
from activities.ids import account_workflow
from temporal.plugin import office_plugin
from tests.office import Office
from tests.stories.kept_card_desk import FIRST_IN, PART, TOKEN, CardDesk, cards
from tests.stories.running import OtherSettings, Running, running

__all__ = ["cards"]


async def pass_days(desk: CardDesk, live: Running, handle: WorkflowHandle[Any, Any], days: int) -> None:
    """The account's workflow lives through them; the visit posts what came."""
    await live.advance_workflow(handle, timedelta(days=days))
    for _ in range(20):
        await live.dispatcher.send_waiting()
        await asyncio.sleep(0.1)


async def until(desk: CardDesk, count: int) -> None:
    for _ in range(200):
        if [one for _, _, one in desk.charges()].count("paid") >= count:
            return
        await asyncio.sleep(0.05)


async def test_an_accounts_workflow_charges_each_part_once(
    office: Office,
    engine: Any,
    cards: CardDesk,
) -> None:
    told = {"card_processor_url": cards.address, "card_processor_token": TOKEN}
    cards.processor.tells_charges = False
    cards.processor.lost_answers = 1
    cards.agree()
    cards.keep()
    with_card = OtherSettings(engine, engine.settings.model_copy(update=told))
    async with running(office, with_card) as live:
        await live.dispatcher.send_waiting()
        handle = live.client.get_workflow_handle(account_workflow(office.practice_id, cards.holder))
        await pass_days(cards, live, handle, FIRST_IN)
        assert cards.taken() == PART
        await pass_days(cards, live, handle, 1)
        await until(cards, 1)
        assert (cards.charges(), cards.taken()) == ([(1, PART, "paid")], PART)
        cards.stop()
        await pass_days(cards, live, handle, 1)
        replayer = Replayer(workflows=worker.WORKFLOWS, plugins=[office_plugin(engine.keyring)])
        names: list[str] = []
        async for run in live.client.list_workflows(f"WorkflowId = '{handle.id}'"):
            history = await live.client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
            await replayer.replay_workflow(history)
            names += [one.activity_task_scheduled_event_attributes.activity_type.name for one in history.events]
    assert names.count("run_card_errand") == 3, "one that was lost, one that was answered, and the card is let go"
    assert [one.is_forgotten for one in cards.processor.cards.values()] == [True]
