"""The search attributes by which supervisors find workflows in Temporal: the one list that everything else reads.

Workflows set them, `temporal.bootstrap` creates and checks them, the embedded engine registers them. They are
stored unencrypted, so they hold opaque ids, stages, dates and amounts only. SQL visibility allows ten keywords and
three of each other type in a namespace. This module imports `temporalio.common` alone, so that a workflow may
import it.
"""

from typing import Any

from temporalio.common import SearchAttributeKey

PRACTICE_ID = SearchAttributeKey.for_keyword("PracticeId")
"""Opaque id of the practice."""

PAYER_ID = SearchAttributeKey.for_keyword("PayerId")
"""Our opaque id of the payer that owes the next answer."""

BILLING_STAGE = SearchAttributeKey.for_keyword("BillingStage")
"""Step of the encounter, in the office's words: coding, adjudication, patient_balance ..."""

WAITING_ON = SearchAttributeKey.for_keyword("WaitingOn")
"""Who must act next: payer, clearinghouse, patient, or a staff role."""

DENIAL_GROUP = SearchAttributeKey.for_keyword("DenialGroup")
"""Family of the denial under work."""

OPEN_TASKS = SearchAttributeKey.for_keyword_list("OpenTasks")
"""Types of the human tasks that are open."""

NEXT_ACTION_AT = SearchAttributeKey.for_datetime("NextActionAt")
"""Instant of the earliest entry on the agenda."""

BALANCE_CENTS = SearchAttributeKey.for_int("BalanceCents")
"""What is still owed, in cents."""

ESCALATION_LEVEL = SearchAttributeKey.for_int("EscalationLevel")
"""Highest escalation of the open tasks: 0 none, 1 reminder, 2 lead, 3 supervisor."""

ON_HOLD = SearchAttributeKey.for_bool("OnHold")
"""Whether a member of staff holds the workflow."""

ALL: tuple[SearchAttributeKey[Any], ...] = (
    PRACTICE_ID,
    PAYER_ID,
    BILLING_STAGE,
    WAITING_ON,
    DENIAL_GROUP,
    OPEN_TASKS,
    NEXT_ACTION_AT,
    BALANCE_CENTS,
    ESCALATION_LEVEL,
    ON_HOLD,
)
"""Every attribute of ours."""


def type_name(key: SearchAttributeKey[Any]) -> str:
    """The type of an attribute as Temporal's command line spells it: `Keyword`, `KeywordList`, `Datetime` ..."""
    return "".join(word.capitalize() for word in key.indexed_value_type.name.split("_"))
