"""Prepares a Temporal namespace: itself, its search attributes, its schedules. Every step may be repeated at any
time.

`zerobalance setup` calls it. Workers only check: a worker that upserts an attribute which does not exist wedges
its workflow for ever, so `require_attributes` refuses to start one.
"""

import asyncio
import dataclasses
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from google.protobuf.duration_pb2 import Duration
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    RegisterNamespaceRequest,
    UpdateNamespaceRequest,
)
from temporalio.client import (
    Client,
    Schedule,
    ScheduleAlreadyRunningError,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError, RPCStatusCode

from settings import OperatorError, Settings
from temporal import attributes

SETTLE_SECONDS = 30.0
"""How long to wait until every part of the server has heard of a change."""


class AttributesMissing(OperatorError):
    """The namespace lacks search attributes; the message prints the commands that create them."""

    def __init__(self, namespace: str, missing: list[SearchAttributeKey[Any]]) -> None:
        names = ", ".join(key.name for key in missing)
        commands = "\n".join(
            f"  temporal operator search-attribute create --namespace {namespace} "
            f"--name {key.name} --type {attributes.type_name(key)}"
            for key in missing
        )
        super().__init__(
            f"The Temporal namespace {namespace!r} lacks the search attributes {names}. Create them with\n"
            f"  zerobalance setup\nor one by one with\n{commands}"
        )
        self.missing = missing


class AttributeTypeDiffers(OperatorError):
    """An attribute of our name exists with another type; only an operator may remove it."""


async def bootstrap(client: Client, settings: Settings, schedules: Mapping[str, Schedule] | None = None) -> None:
    """Make the client's namespace ready for workers: namespace, attributes, then `schedules` by their ids."""
    await ensure_namespace(client, retention=timedelta(days=settings.retention_days))
    await ensure_attributes(client)
    for schedule_id, schedule in (schedules or {}).items():
        await ensure_schedule(client, schedule_id, schedule)


async def ensure_namespace(client: Client, *, retention: timedelta) -> None:
    """Create the client's namespace, or give it this retention of closed workflows."""
    period = Duration()
    period.FromTimedelta(retention)
    try:
        await client.workflow_service.register_namespace(
            RegisterNamespaceRequest(namespace=client.namespace, workflow_execution_retention_period=period)
        )
    except RPCError as error:
        if error.status is not RPCStatusCode.ALREADY_EXISTS:
            raise
        config = NamespaceConfig(workflow_execution_retention_ttl=period)
        await client.workflow_service.update_namespace(
            UpdateNamespaceRequest(namespace=client.namespace, config=config)
        )
    await _settle(client)


async def ensure_attributes(client: Client) -> None:
    """Add the attributes that are missing and wait until they can be used. Raises `AttributeTypeDiffers`."""
    missing = await missing_attributes(client)
    if missing:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(
                namespace=client.namespace,
                search_attributes={key.name: key.indexed_value_type.value for key in missing},  # type: ignore[misc]
            ),
        )
    deadline = time.monotonic() + SETTLE_SECONDS
    while await missing_attributes(client) and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
    await require_attributes(client)


async def require_attributes(client: Client) -> None:
    """Raise `AttributesMissing` unless every attribute of ours exists."""
    missing = await missing_attributes(client)
    if missing:
        raise AttributesMissing(client.namespace, missing)


async def missing_attributes(client: Client) -> list[SearchAttributeKey[Any]]:
    """The attributes of ours that the namespace lacks. Raises `AttributeTypeDiffers`."""
    answer = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    for key in attributes.ALL:
        found = answer.custom_attributes.get(key.name)
        if found is not None and found != key.indexed_value_type.value:
            raise AttributeTypeDiffers(
                f"The search attribute {key.name} of {client.namespace!r} should be a {attributes.type_name(key)}. "
                f"Remove it (temporal operator search-attribute remove --name {key.name}) and run: zerobalance setup"
            )
    return [key for key in attributes.ALL if key.name not in answer.custom_attributes]


async def ensure_schedule(client: Client, schedule_id: str, schedule: Schedule) -> None:
    """Create the schedule, or change the existing one to it. An operator's pause and note stay."""
    try:
        await client.create_schedule(schedule_id, schedule)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(schedule_id).update(lambda current: _changed(current, schedule))


def _changed(current: ScheduleUpdateInput, schedule: Schedule) -> ScheduleUpdate:
    return ScheduleUpdate(dataclasses.replace(schedule, state=current.description.schedule.state))


async def _settle(client: Client) -> None:
    """Wait until the frontend has the namespace in its cache."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        try:
            await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))
            await client.operator_service.list_search_attributes(
                ListSearchAttributesRequest(namespace=client.namespace)
            )
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND or time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.1)
        else:
            return
