"""Logs as JSON lines that carry no patient data.

Three rules do it. Keys are allowed by name: a value under any other key is replaced. Messages of libraries, the
Temporal SDK first, appear as their templates, without the values put into them. Of an exception appear its type
and the places it passed, neither its message nor its arguments: the SDK logs failed activities with messages and
stacks, and databases repeat the parameters of a query. At DEBUG, which is for developers and invented patients
only, nothing is held back.

Own code logs with `structlog.get_logger()`; workflows and activities with the SDK's loggers, which know where they
run.
"""

import logging
import sys
import traceback
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict, Processor
from temporalio import activity, workflow

from settings import OperatorError, Settings

ALLOWED_KEYS = frozenset(
    {
        "event", "level", "logger", "timestamp", "exception",
        "practice_id", "encounter_id", "account_id", "claim_id", "remittance_id", "partner_id", "payer_id", "batch_id",
        "task_id", "task_type", "actor_id", "command_id", "message_id", "request_id", "schedule_id", "outbox_id",
        "workflow_id", "workflow_type", "workflow_run_id", "run_id", "activity_id", "activity_type", "attempt",
        "update_id", "update_name", "signal_name", "namespace", "task_queue", "deployment_name", "build_id",
        "address", "port", "variable", "role", "version", "stage", "kind", "method", "route", "status",
        "count", "bytes", "duration_seconds", "retry_after_seconds", "error_type", "code",
    }
)  # fmt: skip
"""Ids of ours are random and opaque; everything else here is a number, a code or a name of ours."""

QUIET_LOGGERS = ("asyncio", "httpcore", "httpx", "uvicorn.access")
"""Loggers whose information is an address with its query, or noise: only their warnings are kept."""

WITHHELD = "[withheld]"


def configure_logging(settings: Settings) -> None:
    """Send every log of this process to standard error as JSON lines."""
    show_all = settings.log_level == "DEBUG"
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    foreign: list[Processor] = [*shared, add_temporal_context]
    closing: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if show_all:
        closing += [structlog.processors.format_exc_info]
    else:
        foreign += [show_template_only]
        closing = [reduce_exception, *closing, withhold_unknown_keys]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=foreign, processors=[*closing, structlog.processors.JSONRenderer(default=str)]
        )
    )
    logging.basicConfig(handlers=[handler], level=settings.log_level, force=True)
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    workflow.logger.workflow_info_on_message = False
    activity.logger.activity_info_on_message = False
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def add_temporal_context(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Spread what the SDK's loggers know about the running workflow or activity over the event."""
    record = event["_record"]
    for name in ("temporal_workflow", "temporal_activity"):
        event.update(getattr(record, name, {}))
    return event


def show_template_only(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """A library's message before its values were put in."""
    event["event"] = str(event["_record"].msg)
    event.pop("stack_info", None)
    return event


def reduce_exception(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """An exception as its type, its causes' types and the places it passed."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["exception"] = {"types": _types(error), "places": _places(error.__traceback__)}
    if isinstance(error, OperatorError):
        event["exception"]["message"] = str(error)
    return event


def withhold_unknown_keys(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Keep the allowed keys; of the others the name alone, so that a developer sees what to add."""
    return {key: value if key in ALLOWED_KEYS else WITHHELD for key, value in event.items()}


def _types(error: BaseException | None) -> list[str]:
    types: list[str] = []
    while error is not None and len(types) < 10:
        types.append(str(getattr(error, "type", None) or type(error).__name__))
        error = error.__cause__ or error.__context__
    return types


def _places(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]
