"""How a workflow takes a step on our own database: a local activity, with a regular one as the way out."""

from collections.abc import Callable
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

from activities.messages import Message
from workflows.policies import DATABASE_AWAY, DATABASE_STEP

TROUBLE = (
    "## Stuck\n\nThe step *{summary}* does not succeed. It is tried until it does; the pending activity says why.\n\n"
    "{details}"
)
"""On the workflow's page in the Temporal UI, until the next verdict takes its place"""
Outcome = TypeVar("Outcome", bound=Message)


async def take_step(
    step: Callable[[Any, Any], Outcome], given: Message, result: type[Outcome], summary: str
) -> Outcome:
    """Run `step` in the worker at once; when it fails longer than a workflow task may wait (the database is away, or
    the step has a fault), hand it over to a regular activity, which shows why in the Temporal UI and is tried until it
    succeeds.

    `step` is a method of an activities class; `result` is its return type.
    """
    try:
        return await workflow.execute_local_activity_method(step, given, summary=summary, **DATABASE_STEP)
    except FailureError as error:  # a local activity's own error comes bare, its time-out as an ActivityError
        if is_cancelled_exception(error):
            raise
        workflow.logger.warning("the step did not succeed in time; it goes on as a regular activity")
        workflow.set_current_details(TROUBLE.format(summary=summary, details=workflow.get_current_details()))
        return await workflow.execute_activity_method(step, given, summary=summary, **DATABASE_AWAY)
