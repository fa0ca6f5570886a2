"""The one place that says how this office uses Temporal: converter, encryption, sandbox, registry.

Clients, workers and the replayer take the same plugin, so that none can forget a part. A worker inherits it from
its client; do not list it again there.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from temporalio.client import ClientConfig
from temporalio.common import HeaderCodecBehavior
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import (
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    StorageDriverStoreContext,
)
from temporalio.plugin import SimplePlugin
from temporalio.worker import ReplayerConfig, WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.worker.workflow_sandbox._runner import _Instance
from temporalio.workflow import SandboxImportNotificationPolicy

from temporal.encryption import EncryptionCodec, KeyRing

NAME = "zerobalance.office"
_STORED_NOWHERE_ELSE = StorageDriverStoreContext(target=None)


class OfficePlugin(SimplePlugin):
    """A `SimplePlugin` that also sends headers through the codec."""

    def configure_client(self, config: ClientConfig) -> ClientConfig:
        config = super().configure_client(config)
        config["header_codec_behavior"] = HeaderCodecBehavior.CODEC
        return config

    def configure_replayer(self, config: ReplayerConfig) -> ReplayerConfig:
        config = super().configure_replayer(config)
        config["header_codec_behavior"] = HeaderCodecBehavior.CODEC
        return config


def office_plugin(
    keyring: KeyRing,
    workflows: Sequence[type] = (),
    activities: Sequence[Callable[..., Any]] = (),
    *,
    workflow_failure_types: Sequence[type[BaseException]] = (),
) -> OfficePlugin:
    """The plugin for one client (and its workers) or one replayer.

    `workflow_failure_types` is for tests only: with `[Exception]` a bug fails its workflow at once. In production
    it stays empty, so that a bug suspends the workflow, which goes on after the repair.
    """
    return OfficePlugin(
        NAME,
        data_converter=data_converter(keyring),
        workflows=list(workflows),
        activities=list(activities),
        workflow_runner=sandbox(),
        workflow_failure_exception_types=list(workflow_failure_types),
    )


def data_converter(keyring: KeyRing) -> DataConverter:
    """Pydantic's JSON (dates and decimals survive), then encryption; messages and stacks of failures are encrypted
    as well.
    """
    return DataConverter(
        payload_converter_class=PydanticPayloadConverter,
        payload_codec=EncryptionCodec(keyring),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


def sandbox() -> SandboxedWorkflowRunner:
    """A sandbox that refuses every import which a workflow file does not pass through on purpose.

    An unnoticed import is reloaded for each workflow (SQLModel costs a quarter of a second of CPU every time) and
    may reach the world.
    """
    restrictions = dataclasses.replace(
        SandboxRestrictions.default,
        import_notification_policy=SandboxImportNotificationPolicy.RAISE_ON_UNINTENTIONAL_PASSTHROUGH,
    )
    return OfficeSandbox(restrictions=restrictions)


class OfficeSandbox(SandboxedWorkflowRunner):
    """The SDK's sandbox, spared two walks into it for every payload.

    The SDK enters the sandbox for each payload to ask for its serialization context and for its external storage, a
    quarter of the event loop's CPU in `make bench`. Our converter and codec look at no context and nothing is stored
    elsewhere, so both answers are given outside: none.
    """

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """As the SDK's, with the answer built in."""
        return _ContextFreeInstance(det, self.runner_class, self.restrictions)


class _ContextFreeInstance(_Instance):
    def get_serialization_context(self, command_info: object) -> None:
        return None

    def get_external_store_context(self, command_info: object) -> StorageDriverStoreContext:
        return _STORED_NOWHERE_ELSE
