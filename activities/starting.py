"""How an encounter's workflow is started, whoever starts it: what lists show of it at once, and its fair share."""

from typing import TypedDict

from temporalio.common import Priority, SearchAttributePair, TypedSearchAttributes

from activities.ids import encounter_workflow
from billing.stages import Stage
from temporal import attributes


class StartOptions(TypedDict):
    """Options of `start_workflow` that every start of a workflow has."""

    id: str
    task_queue: str
    search_attributes: TypedSearchAttributes
    static_summary: str
    static_details: str
    priority: Priority


def of_encounter(practice_id: str, encounter_id: str, *, task_queue: str) -> StartOptions:
    """The options for `EncounterBilling`."""
    return StartOptions(
        id=encounter_workflow(practice_id, encounter_id),
        task_queue=task_queue,
        search_attributes=first_attributes(practice_id),
        static_summary="One encounter, from registration to a zero balance",
        static_details=f"[Open it in the workbench](/encounters/{encounter_id})",
        priority=Priority(fairness_key=practice_id),
    )


def first_attributes(practice_id: str) -> TypedSearchAttributes:
    """What a list of workflows shows of an encounter before its first turn has ended."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(attributes.PRACTICE_ID, practice_id),
            SearchAttributePair(attributes.BILLING_STAGE, Stage.REGISTRATION.value),
        ]
    )
