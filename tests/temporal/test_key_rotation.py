"""A workflow that began under the old key goes on under the new one, and its history names both."""

import base64
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from temporalio.client import Client

from settings import Settings
from temporal import client, encryption
from tests.conftest import Engine
from tests.temporal.parcels import Delivery, Parcel, Stamp, lose, weigh

QUEUE = "key-rotation"


async def connected(engine: Engine, settings: Settings) -> Client:
    """As a process of the office connects when it starts."""
    keyring = encryption.load_or_create_keyring(settings)
    return await client.connect(
        settings, keyring, role="test", workflow_failure_types=[Exception], address=engine.address
    )


async def test_a_workflow_goes_on_after_its_key_was_replaced(engine: Engine, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, temporal_port=engine.settings.temporal_port)
    old = encryption.load_or_create_keyring(settings)
    before = replace(engine, client=await connected(engine, settings))
    parcel = Parcel(sender="Invented", sent_on=date(2026, 1, 1), weight=Decimal("1.50"))
    async with before.worker([Delivery], [weigh, lose], task_queue=QUEUE):
        handle = await before.client.start_workflow(Delivery.run, parcel, id=QUEUE, task_queue=QUEUE)
        assert await handle.query(Delivery.stamp_count) == 0
        await before.advance(handle, timedelta(days=1))

    new = encryption.rotate_keyring(settings)
    after = replace(engine, client=await connected(engine, settings))
    async with after.worker([Delivery], [weigh, lose], task_queue=QUEUE):
        handle = after.client.get_workflow_handle_for(Delivery.run, QUEUE)
        await handle.signal(Delivery.stamped, Stamp("after the rotation"))
        await after.advance(handle, timedelta(days=31))
        done = await handle.result()
    assert done.sender == "Invented: ActivityError"
    history = str((await handle.fetch_history()).to_json())
    assert named_keys(history, {old.active, new.active}) == {old.active, new.active}


def named_keys(history: str, keys: set[str]) -> set[str]:
    """The keys whose names stand beside payloads of the history, which are base64 there."""
    return {one for one in keys if base64.b64encode(one.encode()).decode() in history}
