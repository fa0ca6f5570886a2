"""What supervisors see of an encounter in the Temporal UI: search attributes and current details, without PHI."""

from collections.abc import Sequence
from typing import Any

from temporalio.common import SearchAttributeUpdate

from activities.messages import Standing
from billing.deadlines import WORDS
from billing.money import format_dollars
from temporal import attributes


def attributes_of(standing: Standing, before: Standing | None) -> list[SearchAttributeUpdate[Any]]:
    """The search attributes that differ from those of the verdict before. One upsert per turn, none without cause."""
    shown = _shown(standing)
    if before is None:
        return list(shown.values())
    known = _shown(before)
    stage_moved = standing.stage != before.stage or standing.waiting_on != before.waiting_on
    changed = [update for name, update in shown.items() if known[name].value != update.value]
    only_figures = all(update.key in (attributes.NEXT_ACTION_AT, attributes.BALANCE_CENTS) for update in changed)
    return [] if only_figures and not stage_moved and before.open_tasks == standing.open_tasks else changed


def _shown(standing: Standing) -> dict[str, SearchAttributeUpdate[Any]]:
    item = standing.next_item
    escalation = max((task.escalation for task in standing.open_tasks), default=0)
    updates: list[SearchAttributeUpdate[Any]] = [
        attributes.PRACTICE_ID.value_set(standing.practice_id),
        attributes.PAYER_ID.value_set(standing.payer_id),
        attributes.BILLING_STAGE.value_set(standing.stage.value),
        attributes.WAITING_ON.value_set(standing.waiting_on),
        attributes.OPEN_TASKS.value_set([task.type.value for task in standing.open_tasks]),
        attributes.NEXT_ACTION_AT.value_unset() if item is None else attributes.NEXT_ACTION_AT.value_set(item.due_at),
        attributes.BALANCE_CENTS.value_set(standing.owed_cents),
        attributes.ESCALATION_LEVEL.value_set(escalation),
        attributes.ON_HOLD.value_set(standing.on_hold),
    ]
    return {update.key.name: update for update in updates}


def details_of(standing: Standing, story: Sequence[str]) -> str:
    """Markdown for the workflow's page: where it stands, who is waited for, what happens next, what happened last."""
    item = standing.next_item
    coming = (
        f"{WORDS[item.reason]}, on {item.due_at:%Y-%m-%d %H:%M} UTC ({item.owner.replace('_', ' ')})"
        if item is not None
        else "nothing is due"
    )
    lines = [
        f"## {standing.stage.replace('_', ' ').capitalize()}",
        "",
        f"- **Waiting on:** {standing.waiting_on}{' (on hold)' if standing.on_hold else ''}",
        f"- **Next, if nothing arrives:** {coming}",
        f"- **Owed:** {format_dollars(standing.owed_cents)}, of it by the patient "
        f"{format_dollars(standing.patient_owed_cents)}",
        f"- [Open this encounter in the workbench](/encounters/{standing.encounter_id})",
    ]
    if standing.open_tasks:
        lines += ["", "| open task | for | due |", "| --- | --- | --- |"]
        lines += [
            f"| {task.type.replace('_', ' ')} | {task.role.replace('_', ' ')} | {task.due_at:%Y-%m-%d %H:%M} |"
            for task in standing.open_tasks
        ]
    if story:
        lines += ["", "### Story", "", *(f"1. {text}" for text in story)]
    return "\n".join(lines)
