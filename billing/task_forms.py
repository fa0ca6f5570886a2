"""What is wrong with the form of a task that a person filled in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from billing.characters import unsendable
from billing.task_types import Field
from billing.tasks import KINDS, TaskType


@dataclass(frozen=True, slots=True)
class FormFault:
    """What is wrong with what a person typed."""

    field: str
    message: str


def form_faults(task_type: TaskType, resolution: str, values: dict[str, str]) -> list[FormFault]:
    """Every fault of a filled-in resolution; empty when it can be acted on."""
    kind = KINDS[task_type]
    if resolution not in kind.resolutions:
        return [FormFault("resolution", f"is none of: {', '.join(sorted(kind.resolutions))}")]
    return field_faults(kind.resolutions[resolution].fields, values)


def field_faults(fields: Sequence[Field], values: dict[str, str]) -> list[FormFault]:
    """What is missing, not asked for, no day, or nothing that a payer can be sent."""
    faults = [
        FormFault(one.name, f"{one.label}: please fill in")
        for one in fields
        if one.required and not values.get(one.name, "").strip()
    ]
    known = {one.name for one in fields}
    faults += [FormFault(name, "is not asked for here") for name in sorted(values) if name not in known]
    for one in fields:
        text = values.get(one.name, "").strip()
        if one.kind == "date" and text and not _is_date(text):
            faults.append(FormFault(one.name, f"{one.label}: write the day as YYYY-MM-DD"))
        if len(text) > one.longest:
            faults.append(FormFault(one.name, _too_long(one, text)))
        if one.is_sent and (lost := unsendable(text)):
            faults.append(FormFault(one.name, f"{one.label}: {' '.join(lost)} cannot be sent to a payer"))
    return faults


def _too_long(one: Field, text: str) -> str:
    return f"{one.label}: {len(text):,} characters, and at most {one.longest:,} are taken; make it shorter"


def _is_date(text: str) -> bool:
    try:
        datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 - a calendar day has no zone
    except ValueError:
        return False
    return True
