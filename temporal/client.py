"""Connects to Temporal, wherever it runs.

Where that is comes from Temporal's own profiles: `temporal.toml`, `TEMPORAL_PROFILE`, `TEMPORAL_ADDRESS`,
`TEMPORAL_NAMESPACE`, `TEMPORAL_TLS_*`, `TEMPORAL_API_KEY`. Without any of them it is the embedded engine of the
settings.
"""

import secrets
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.runtime import Runtime

from settings import OperatorError, Settings
from temporal.encryption import KeyRing
from temporal.plugin import office_plugin

CONNECT_TIMEOUT = timedelta(seconds=10)
"""How long a connection may take before the caller hears of it."""

START_TIMEOUT = timedelta(seconds=10)
"""`rpc_timeout` for starts, signals, describes and lists, retries included."""

ANSWER_TIMEOUT = timedelta(seconds=5)
"""`rpc_timeout` for updates and queries, which need a live worker: afterwards the API answers 202 or 503."""


class ServerUnreachable(OperatorError):
    """Temporal does not answer."""


async def connect(
    settings: Settings,
    keyring: KeyRing,
    *,
    role: str = "client",
    workflows: Sequence[type] = (),
    activities: Sequence[Callable[..., Any]] = (),
    workflow_failure_types: Sequence[type[BaseException]] = (),
    address: str | None = None,
    lazy: bool = False,
    runtime: Runtime | None = None,
) -> Client:
    """A client with the office's plugin.

    `role` (api, worker, ...) is all that Temporal learns about this process. `address` replaces the profile, for
    programs that started their own engine. With `lazy` the connection is made at the first call; a worker needs
    one that is not lazy. Raises `ServerUnreachable` when the server does not answer within `CONNECT_TIMEOUT`.
    """
    profile = ClientConnectConfig() if address else ClientConfig.load_client_connect_config()
    profile.setdefault("namespace", settings.namespace)
    profile.setdefault("target_host", address or f"127.0.0.1:{settings.temporal_port}")
    plugin = office_plugin(keyring, workflows, activities, workflow_failure_types=workflow_failure_types)
    try:
        return await Client.connect(
            **profile,
            plugins=[plugin],
            identity=identity(role),
            connect_timeout=CONNECT_TIMEOUT,
            lazy=lazy,
            runtime=runtime,
        )
    except RuntimeError as error:  # the SDK raises nothing more exact
        raise ServerUnreachable(
            f"Temporal does not answer at {profile['target_host']}. Start it, or set TEMPORAL_ADDRESS."
        ) from error


def identity(role: str) -> str:
    """A name for this process that histories may show: the SDK's own default would write the host's name into each
    event.
    """
    return f"{role}-{secrets.token_hex(4)}"
