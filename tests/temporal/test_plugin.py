"""The plugin, end to end against the real server."""

import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryRequest
from temporalio.client import WorkflowHandle
from temporalio.worker import Replayer

from temporal.plugin import office_plugin
from tests.conftest import Engine
from tests.temporal.importing_sqlmodel import Careless
from tests.temporal.parcels import MARKER, Delivery, Parcel, Stamp, lose, weigh

PARCEL = Parcel(sender=MARKER, sent_on=date(2026, 2, 28), weight=Decimal("1.20"))


async def deliver(engine: Engine) -> tuple[WorkflowHandle, Parcel]:
    async with engine.worker([Delivery], [weigh, lose]) as queue:
        handle = await engine.client.start_workflow(
            Delivery.run,
            PARCEL,
            id=f"parcel/{uuid.uuid4()}",
            task_queue=queue,
            memo={"sender": MARKER},
            static_summary=f"from {MARKER}",
        )
        await handle.signal(Delivery.stamped, Stamp(MARKER))
        assert await engine.advance(handle, timedelta(days=30))
        return handle, await handle.result()


async def test_dates_and_decimals_survive_and_failures_come_back(engine: Engine) -> None:
    _, delivered = await deliver(engine)

    assert delivered == Parcel(sender=f"{MARKER}: ActivityError", sent_on=date(2026, 2, 28), weight=Decimal("1.30"))


async def test_the_raw_history_is_unreadable(engine: Engine) -> None:
    handle, _ = await deliver(engine)

    request = GetWorkflowExecutionHistoryRequest(namespace=engine.client.namespace)
    request.execution.workflow_id = handle.id
    raw = await engine.client.workflow_service.get_workflow_execution_history(request)
    description = await handle.describe()

    identities = {
        attributes.identity
        for event in raw.history.events
        for _, attributes in event.ListFields()
        if getattr(attributes, "identity", "")
    }

    assert len(raw.history.events) > 10
    assert MARKER.encode() not in raw.SerializeToString()
    assert {one.rpartition("-")[0] for one in identities} == {"test"}
    assert MARKER.encode() not in description.raw_description.SerializeToString()
    assert MARKER in await description.static_summary()


async def test_the_replayer_reads_encrypted_histories(engine: Engine) -> None:
    handle, _ = await deliver(engine)

    replayer = Replayer(workflows=[], plugins=[office_plugin(engine.keyring, [Delivery])])
    result = await replayer.replay_workflow(await handle.fetch_history())

    assert result.replay_failure is None


async def test_it_refuses_a_workflow_file_that_imports_more_than_it_says(engine: Engine) -> None:
    with pytest.raises(RuntimeError, match="Failed validating workflow Careless") as refusal:
        async with engine.worker([Careless]):
            pass

    assert "sqlmodel was not intentionally passed through" in str(refusal.value.__cause__)
