"""Coding on the desk: questions to the provider, notes that are not signed, and a second look at some visits."""

import hashlib

from activities.desk import Desk
from activities.refusals import Refused, Values
from billing.code_tables import CodeTables
from billing.coding import PROVIDER_ANSWERED, PROVIDER_ASKED, coding_faults, table_faults
from billing.tasks import NewTask, TaskType
from database.tables import Task

SECOND_LOOK = "second_look"
"""Key of the task: a visit is looked at once more at most once"""


def is_note_awaited(desk: Desk) -> bool:
    """Whether the provider has yet to sign; then they are asked, once."""
    if not desk.encounter.note_unsigned:
        return False
    reason = "The note of this visit is not signed; nothing is coded or billed before it is."
    desk.open_task(NewTask(TaskType.NOTE_UNSIGNED, "note", reason, desk.encounter.charge_cents))
    return True


def is_looked_at_again(desk: Desk) -> bool:
    """Whether this visit is one of the sample that a coder looks at although nothing is wrong; asked once."""
    percent = desk.policy("second_look_percent")
    if not percent or _lot(desk.encounter.id) >= percent:
        return False
    before = len(desk.open_tasks())
    reason = f"A second look at the codes: one of the {percent} % that are drawn by lot."
    desk.open_task(NewTask(TaskType.CODE_REVIEW, SECOND_LOOK, reason, desk.encounter.charge_cents))
    return len(desk.open_tasks()) > before


def _lot(encounter_id: str) -> int:
    """0 to 99, always the same for a visit."""
    return int(hashlib.sha256(encounter_id.encode()).hexdigest(), 16) % 100


def ask_provider(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    """The coder waits for the provider's answer; the task is brought up again when it is late."""
    reason = f"The coder asks: {values['question']}"
    desk.open_task(NewTask(TaskType.CODING_QUERY, f"query:{task.id}", reason, desk.encounter.charge_cents))
    return PROVIDER_ASKED


def provider_answers(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    """The coder goes on with the answer."""
    question = task.reason.removeprefix("The coder asks: ")
    reason = f"The provider answers: {values['answer']} (asked: {question})"
    desk.open_task(NewTask(TaskType.CODE_REVIEW, f"answer:{task.id}", reason, desk.encounter.charge_cents))
    return PROVIDER_ANSWERED


def note_is_signed(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    """Coding goes on."""
    desk.encounter.note_unsigned = False
    return f"The note is signed, {values['reference']}"


def codes_are_right(desk: Desk, task: Task, values: Values, actor_id: str) -> str:
    """Looked at, and nothing is changed. Raises Refused while something is wrong with them."""
    tables: CodeTables = desk.code_tables
    faults = [*coding_faults(desk.claim), *table_faults(desk.claim, tables)]
    if faults:
        raise Refused("not_possible", f"something is wrong with them still: {'; '.join(faults)}")
    return "Looked at; the codes are right"
