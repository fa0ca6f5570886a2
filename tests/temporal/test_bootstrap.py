"""Namespaces, search attributes and schedules against the real server."""

import uuid
from datetime import timedelta

import pytest
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleIntervalSpec,
    ScheduleSpec,
)
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from temporal import attributes, bootstrap, client
from tests.conftest import Engine

TWO_MINUTES, AN_HOUR = timedelta(minutes=2), timedelta(hours=1)


@pytest.fixture
async def fresh(engine: Engine) -> Client:
    """A client of a namespace that does not exist yet."""
    settings = engine.settings.model_copy(update={"namespace": f"practice-{uuid.uuid4()}"})
    return await client.connect(settings, engine.keyring, role="setup", address=engine.address)


def every(interval: timedelta) -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow("Reconcile", id="reconcile", task_queue="billing"),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=interval)]),
    )


async def test_setup_may_be_repeated_and_its_attributes_work_at_once(fresh: Client, engine: Engine) -> None:
    settings = engine.settings.model_copy(update={"retention_days": 45})

    await bootstrap.bootstrap(fresh, settings, {"reconcile": every(TWO_MINUTES)})
    await bootstrap.bootstrap(fresh, settings, {"reconcile": every(AN_HOUR)})

    namespace = await fresh.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=fresh.namespace))
    schedule = (await fresh.get_schedule_handle("reconcile").describe()).schedule
    handle = await fresh.start_workflow(
        "Anything",
        id="anything",
        task_queue="nobody",
        search_attributes=TypedSearchAttributes([SearchAttributePair(attributes.BALANCE_CENTS, 1250)]),
    )
    assert namespace.config.workflow_execution_retention_ttl.ToTimedelta() == timedelta(days=45)
    assert [interval.every for interval in schedule.spec.intervals] == [AN_HOUR]
    assert (await handle.describe()).typed_search_attributes[attributes.BALANCE_CENTS] == 1250


async def test_a_changed_schedule_stays_paused_when_an_operator_paused_it(fresh: Client) -> None:
    await bootstrap.ensure_namespace(fresh, retention=timedelta(days=1))
    await bootstrap.ensure_schedule(fresh, "sweep", every(TWO_MINUTES))
    await fresh.get_schedule_handle("sweep").pause(note="the clearinghouse is moving")

    await bootstrap.ensure_schedule(fresh, "sweep", every(AN_HOUR))

    schedule = (await fresh.get_schedule_handle("sweep").describe()).schedule
    assert [interval.every for interval in schedule.spec.intervals] == [AN_HOUR]
    assert (schedule.state.paused, schedule.state.note) == (True, "the clearinghouse is moving")


async def test_missing_attributes_are_named_with_the_commands_that_create_them(fresh: Client) -> None:
    await bootstrap.ensure_namespace(fresh, retention=timedelta(days=1))

    with pytest.raises(bootstrap.AttributesMissing) as error:
        await bootstrap.require_attributes(fresh)

    assert error.value.missing == list(attributes.ALL)
    assert "\n  zerobalance setup\n" in str(error.value)
    assert (
        f"temporal operator search-attribute create --namespace {fresh.namespace} --name OpenTasks --type KeywordList"
        in str(error.value)
    )


async def test_an_attribute_of_another_type_is_not_taken_for_ours(fresh: Client) -> None:
    await bootstrap.ensure_namespace(fresh, retention=timedelta(days=1))
    await fresh.operator_service.add_search_attributes(
        AddSearchAttributesRequest(namespace=fresh.namespace, search_attributes={"OnHold": 3})
    )

    with pytest.raises(bootstrap.AttributeTypeDiffers, match=r"OnHold .* should be a Bool"):
        await bootstrap.ensure_attributes(fresh)


async def test_the_embedded_engine_starts_with_all_attributes(engine: Engine) -> None:
    assert await bootstrap.missing_attributes(engine.client) == []


def test_attributes_fit_what_sql_visibility_offers() -> None:
    types = [attributes.type_name(key) for key in attributes.ALL]

    assert types.count("Keyword") <= 10
    assert all(types.count(name) <= 3 for name in set(types) - {"Keyword"})
    assert len({key.name for key in attributes.ALL}) == len(attributes.ALL)
