"""Configures the office: one typed object, read from the environment and from secret files.

Every field is read from the variable ``ZEROBALANCE_<FIELD>`` or, when ``ZEROBALANCE_SECRETS_DIR`` names a
directory, from the file ``zerobalance_<field>`` in it; the environment wins. How to reach Temporal (address, TLS,
API key) is read by Temporal's own profiles (``TEMPORAL_ADDRESS``, ``TEMPORAL_PROFILE``, ...; see
`temporal.client`) and only the default address stands here.
"""

import enum
import os
import socket
from pathlib import Path
from typing import Any, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SecretsSettingsSource, SettingsConfigDict

PREFIX = "ZEROBALANCE_"


class OperatorError(RuntimeError):
    """Something an operator must put right. The message says what and how, holds no data, and may be printed."""


class PortInUse(OperatorError):
    """Another program listens on a port of ours; the message names the variable that moves it."""


class Profile(enum.StrEnum):
    """How large the installation has grown."""

    EMBEDDED = "embedded"
    """One machine: SQLite and Temporal's development server; a missing encryption key is made and kept in the data
    directory.
    """

    GROWN = "grown"
    """PostgreSQL and a Temporal cluster; every secret must be given, none is ever invented."""


class Settings(BaseSettings):
    """All that an operator may set."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    profile: Profile = Profile.EMBEDDED
    """`embedded` (one machine, the default) or `grown` (cluster; secrets must be given)."""

    data_dir: Path = Path("var")
    """Directory of the embedded databases, the key file and the logs; made on first use."""

    database_url: str = Field(default_factory=lambda data: _database_url(data), repr=False)
    """SQLAlchemy address of the office's own database; by default a SQLite file in the data directory."""

    api_host: str = "127.0.0.1"
    """Address on which the API and the workbench listen."""

    api_port: int = Field(default=8000, ge=0, le=65535)
    """Port of the API and the workbench."""

    mllp_host: str = "127.0.0.1"
    """Address on which HL7 v2 messages are listened for: MLLP knows no passwords, so let only the sender reach it."""

    mllp_port: int = Field(default=0, ge=0, le=65535)
    """Port on which HL7 v2 messages are listened for over MLLP; 0: nobody listens."""

    mllp_practice: str = ""
    """Name of the practice whose messages come over MLLP; by default the first one."""

    simulator_port: int = Field(default=8001, ge=0, le=65535)
    """Port of the simulated clearinghouse."""

    temporal_port: int = Field(default=7233, ge=0, le=65535)
    """Port of the embedded engine; also the default address of the client when Temporal's own profile names none."""

    temporal_ui_port: int = Field(default=8233, ge=0, le=65535)
    """Port of the embedded engine's web interface."""

    namespace: str = "default"
    """Temporal namespace of this installation; `TEMPORAL_NAMESPACE` wins."""

    task_queue: str = "billing"
    """Task queue of the workflows and of the activities on our own database."""

    retention_days: int = Field(default=30, ge=1)
    """Days that Temporal keeps a closed workflow; the legal record is kept by our own database, not here."""

    payload_key_id: str | None = None
    """Name of the key that encrypts new payloads; must be one of `payload_keys`."""

    payload_keys: dict[str, SecretStr] = {}
    """Key ring as JSON, `{"name": "base64 of 32 bytes"}`: all keys that may still be needed to read a history."""

    public_url: str = Field(default_factory=lambda data: f"http://localhost:{data['api_port']}")
    """Address under which browsers reach the API and the workbench, without a slash at its end."""

    ui_origin: str = Field(default_factory=lambda data: data["public_url"])
    """Origin of Temporal's web interface, the only one that may ask the codec endpoint from a browser; by default the
    workbench's own, which shows the interface under `/temporal/`.
    """

    ui_address: str = Field(default_factory=lambda data: f"http://127.0.0.1:{data['temporal_ui_port']}")
    """Address at which the API finds Temporal's web interface, without a path."""

    metrics_port: int | None = Field(default=None, ge=0, le=65535)
    """Port on which the worker shows its Prometheus metrics; none when unset."""

    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    """DEBUG, INFO, WARNING or ERROR."""

    graceful_shutdown_seconds: int = Field(default=20, ge=0)
    """Seconds a stopping worker lets running activities finish; keep it below the orchestrator's kill time."""

    max_concurrent_activities: int = Field(default=100, ge=1)
    """Activities one worker runs at a time; each may need a database connection."""

    max_cached_workflows: int = Field(default=1000, ge=1)
    """Open workflows one worker keeps in memory, about 0.2 MB each."""

    deployment_name: str | None = None
    """Temporal worker deployment; together with `build_id` it switches worker versioning on."""

    build_id: str | None = None
    """Version of this build within the worker deployment."""

    partner_url: str = Field(default_factory=lambda data: f"http://127.0.0.1:{data['simulator_port']}")
    """Where the first trading partner is reached, for `zerobalance setup`; by default the simulator on this machine."""

    partner_tokens: dict[str, SecretStr] = {}
    """Bearer token, SFTP password or SFTP private key per trading partner as JSON, `{"clearinghouse": "token"}`."""

    webhook_secrets: dict[str, SecretStr] = {}
    """Webhook secret per trading partner as JSON; a notice without a fresh signature by it is refused."""

    card_processor_url: str | None = None
    """Address of the card processor's interface (docs/pay-page.md); unset: patients pay in other ways."""

    card_processor_token: SecretStr | None = None
    """Bearer token for the card processor."""

    card_processor_webhook_secret: SecretStr | None = None
    """Secret by which the card processor signs its notices (Standard Webhooks)."""

    smtp_host: str = ""
    """Mail server that statements by e-mail are handed over to; empty: every statement goes on paper."""

    smtp_port: int = Field(default=587, ge=1, le=65535)
    """Its port: 587 with `starttls`, 465 with `tls`."""

    smtp_security: str = Field(default="starttls", pattern="^(starttls|tls|none)$")
    """`starttls`, `tls`, or `none` for a server on this machine; certificates are checked."""

    smtp_user: str = ""
    """Whom the mail server knows; empty: it asks for no password."""

    smtp_password: SecretStr | None = None
    """Password of `smtp_user`."""

    smtp_sender: str = ""
    """Address that statements come from, such as `statements@clinic.example`."""

    oidc_issuer: str = ""
    """Issuer of the OpenID provider that people sign in by, as `https://id.clinic.example`; empty: by password."""

    oidc_client_id: str = ""
    """As which this office is registered with the provider; its redirect address is `<public_url>/sign-in/callback`."""

    oidc_client_secret: SecretStr | None = None
    """Secret of `oidc_client_id`."""

    oidc_name: str = "your organization's account"
    """What the way in by the provider is called on the sign-in page."""

    oidc_scopes: str = "openid profile email"
    """Scopes that are asked for."""

    oidc_login_claim: str = "preferred_username"
    """Claim of the ID token that is somebody's login here; `email` counts where the provider has verified it."""

    oidc_groups_claim: str = ""
    """Claim of the ID token that lists groups, by which roles are given at each sign-in; empty: roles are kept here."""

    oidc_roles: dict[str, list[str]] = {}
    """Group of the provider to roles as JSON, `{"billing": ["biller", "payment_poster"]}`."""

    oidc_new_users_practice: str = ""
    """Name of the practice in which whoever the provider vouches for is made a user; empty: nobody is made one."""

    oidc_only: bool = False
    """Let only who may manage users sign in by password: somebody must get in when the provider is away."""

    dispatcher_interval_seconds: float = Field(default=1.0, gt=0)
    """Seconds between two looks at the outbox."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        secrets = SecretsSettingsSource(settings_cls, secrets_dir=os.environ.get(f"{PREFIX}SECRETS_DIR"))
        return init_settings, env_settings, secrets

    @model_validator(mode="after")
    def _check_pairs(self) -> Self:
        if (self.deployment_name is None) != (self.build_id is None):
            raise ValueError(f"Set {PREFIX}DEPLOYMENT_NAME and {PREFIX}BUILD_ID together, or neither.")
        if self.payload_keys and self.payload_key_id not in self.payload_keys:
            raise ValueError(f"{PREFIX}PAYLOAD_KEY_ID must name one of the keys in {PREFIX}PAYLOAD_KEYS.")
        if self.smtp_host and "@" not in self.smtp_sender:
            raise ValueError(f"Set {PREFIX}SMTP_SENDER to the address that e-mail comes from, or no {PREFIX}SMTP_HOST.")
        if self.oidc_issuer and not (self.oidc_client_id and self.oidc_client_secret):
            raise ValueError(f"Set {PREFIX}OIDC_CLIENT_ID and {PREFIX}OIDC_CLIENT_SECRET with {PREFIX}OIDC_ISSUER.")
        if self.oidc_only and not self.oidc_issuer:
            raise ValueError(f"{PREFIX}OIDC_ONLY needs {PREFIX}OIDC_ISSUER: nobody could sign in.")
        if self.oidc_new_users_practice and not (self.oidc_groups_claim and self.oidc_roles):
            raise ValueError(f"{PREFIX}OIDC_NEW_USERS_PRACTICE needs {PREFIX}OIDC_GROUPS_CLAIM and {PREFIX}OIDC_ROLES.")
        return self


def variable(field: str) -> str:
    """The environment variable that sets `field`."""
    return f"{PREFIX}{field.upper()}"


def require_free_port(port: int, variable: str, host: str = "127.0.0.1") -> None:
    """Check that nothing listens on `port`; `variable` is the setting that moves it.

    Raises `PortInUse`. Port 0 (any free one) always passes.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortInUse(
                f"Port {port} on {host} cannot be used ({error.strerror}). "
                f"Stop the other program, or set {variable} to a free port."
            ) from error


def _database_url(fields: dict[str, Any]) -> str:
    return f"sqlite:///{fields['data_dir'] / 'office.sqlite3'}"
