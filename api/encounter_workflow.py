"""Calls to the running encounter: the only place of the API that speaks to its workflow.

An update has five seconds. Accepted but not finished: the caller looks at the command later (202). Not even
accepted: no worker listens, and the same key may be sent again without harm (503).
"""

import asyncio
import time
from typing import Any

from temporalio.client import (
    Client,
    WorkflowUpdateFailedError,
    WorkflowUpdateHandle,
    WorkflowUpdateRPCTimeoutOrCancelledError,
    WorkflowUpdateStage,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities import ids
from activities.messages import Answer, CompleteTask, PlaceHold, ReleaseHold
from api.errors import Problem
from database.access import Person
from temporal.client import ANSWER_TIMEOUT
from workflows.encounter_billing import EncounterBilling

StaffCommand = CompleteTask | PlaceHold | ReleaseHold

REFUSALS = {
    "TaskNotOpen": ("task-not-open", "This task is not open any more"),
    "StaleVersion": ("stale", "The encounter has moved on since this page was made"),
    "AlreadyOnHold": ("already-on-hold", "The encounter is on hold already"),
    "NotOnHold": ("not-on-hold", "The encounter is not on hold"),
}
"""What the workflow's validators say, by the type of their error"""

UPDATES: dict[type, Any] = {
    CompleteTask: EncounterBilling.complete_task,
    PlaceHold: EncounterBilling.place_hold,
    ReleaseHold: EncounterBilling.release_hold,
}

RETRY_AFTER_SECONDS = "5"


class StillWorking(Exception):
    """The workflow has accepted the update and not answered yet."""


async def send(
    client: Client | None,
    message: StaffCommand,
    *,
    person: Person,
    encounter_id: str,
) -> Answer:
    """Update the encounter and give its answer. Raises StillWorking, or Problem when it cannot or will not."""
    if client is None:
        raise unavailable()
    started = time.monotonic()
    handle = await _accepted(client, ids.encounter_workflow(person.practice_id, encounter_id), message)
    left = max(0.1, ANSWER_TIMEOUT.total_seconds() - (time.monotonic() - started))
    try:
        return await asyncio.wait_for(handle.result(), left)
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
        raise StillWorking from error
    except WorkflowUpdateFailedError as error:
        raise refusal(error) from error


async def _accepted(client: Client, workflow_id: str, message: StaffCommand) -> WorkflowUpdateHandle[Answer]:
    """The update once the workflow's worker has it, refused or not."""
    try:
        return await client.get_workflow_handle(workflow_id).start_update(
            UPDATES[type(message)],
            message,
            id=message.command_key,
            wait_for_stage=WorkflowUpdateStage.ACCEPTED,
            result_type=Answer,
            rpc_timeout=ANSWER_TIMEOUT,
        )
    except WorkflowUpdateFailedError as error:
        raise refusal(error) from error
    except WorkflowUpdateRPCTimeoutOrCancelledError as error:
        raise unavailable() from error
    except RPCError as error:
        raise _unreachable(error) from error


def refusal(error: WorkflowUpdateFailedError) -> Problem:
    """What the workflow refused, as 409; a failure that is no refusal is a bug and goes on as it is."""
    cause = error.cause
    if isinstance(cause, ApplicationError) and cause.type in REFUSALS:
        name, title = REFUSALS[cause.type]
        return Problem(409, name, title, "Look at the encounter again; nothing was changed.")
    raise error


def unavailable() -> Problem:
    """Nobody listens right now."""
    return Problem(
        503,
        "engine-unavailable",
        "The office's engine does not answer now",
        "What you typed is kept. Send the same request with the same Idempotency-Key again: it is done once.",
        headers={"Retry-After": RETRY_AFTER_SECONDS},
    )


def _unreachable(error: RPCError) -> Problem:
    if error.status == RPCStatusCode.NOT_FOUND:
        return Problem(
            409,
            "encounter-not-running",
            "The encounter is not running",
            "It is closed, or it was opened a moment ago. Look at it again; nothing was changed.",
            headers={"Retry-After": RETRY_AFTER_SECONDS},
        )
    return unavailable()
